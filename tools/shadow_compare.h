// What two configurations of a flow make of the same ticket. Pure.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "navette/connector.h"
#include "navette/json.h"

#include "config/model.h"
#include "sync/core.h"

namespace navette::tools {

// What a configuration makes of one field of the other side.
struct ShadowValue {
  enum class Kind : unsigned char {
    kWritten,  // `value`; null empties the field
    kLeft,     // it is left as it is
    kRefused,  // the field is held back, for `reason`
  };
  Kind kind = Kind::kLeft;
  Json value;
  std::string reason;
  std::string rule;
  Place place;
};

// By the path of the field. `linked`: the twin is there, else it would be made.
std::map<std::string, ShadowValue> shadow_values(const Flow& flow, Side source,
                                                 const Record& record, bool linked);

struct ShadowDifference {
  enum class Kind : unsigned char {
    kChanged,    // another value
    kWrites,     // a value where nothing was written
    kLeaves,     // nothing where a value was written
    kError,      // refused, and was not
    kErrorGone,  // not refused any more
  };
  Kind kind = Kind::kChanged;
  std::string path;
  std::string rule;
  Place place;
  std::optional<Json> before;  // none: nothing is written
  std::optional<Json> after;
  std::string reason;  // kError, kErrorGone
  // What the twin holds now would be lost: the new value is another one, or none.
  bool overwrites = false;
  bool deletes = false;
};
const char* to_text(ShadowDifference::Kind kind);

// `twin`: the other ticket as it is now; null: there is none.
std::vector<ShadowDifference> shadow_compare(const Flow& then, const Flow& now, Side source,
                                             const Record& record, const Record* twin);

}  // namespace navette::tools
