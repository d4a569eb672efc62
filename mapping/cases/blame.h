// Which rules are to blame when an output is not what was expected.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "navette/json.h"

#include "mapping/mapper.h"

namespace navette {

struct FieldDifference {
  std::string field;             // path in the output: "status", "notes[2].body"
  std::optional<Json> expected;  // nothing: not there
  std::optional<Json> got;
  std::string rule;  // that writes the field; empty: none does
  Place place;       // of that rule
  std::string why;   // the rule wrote nothing: what became of it instead
};

// In the order of the rules, then what no rule writes. `traces`: of the map() that made `got`.
std::vector<FieldDifference> blame(const Json& expected, const Json& got,
                                   const std::vector<FieldTrace>& traces);

// `got` with nothing but what `wanted` mentions: members of objects at every depth; lists item by
// item when they are as long.
Json mentioned(const Json& wanted, const Json& got);

// Members in the order of their names, at every depth.
Json sorted(const Json& value);

}  // namespace navette
