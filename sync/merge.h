// The three-way merge: what each mapped field of a linked pair needs. Pure: reads values, decides,
// writes nothing.
//
// For each rule there are four values: the base of either side (what both last agreed on) and what
// either side holds now. A side changed when its value is no longer the base. One changed: the
// other follows. Both changed to the same: they agree. Both changed differently: the policy
// decides. A change is told by value, never by who made it: our own write coming back is no change.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "navette/connector.h"

#include "config/model.h"
#include "mapping/mapping.h"
#include "sync/link_state.h"

namespace navette {

struct FieldDecision {
  enum class Action : unsigned char {
    kNone,   // nothing new
    kAgree,  // the values agree: they become the base
    kWrite,  // `target` gets `value`
    kPark,   // held back, for `reason`
  };
  std::size_t rule = 0;
  Action action = Action::kNone;
  Side target = Side::kProvider;
  Json value;             // kWrite
  Sides<Json> now;        // what the sides hold
  std::string reason;     // kPark; kWrite: what decided, when it was a conflict
  bool conflict = false;  // both sides had changed
  std::vector<std::string> losses;
};

struct MergeInput {
  const FlowConfig& flow;
  const Mapping& mapping;
  const LinkState& state;
  const Record& client;
  const Record& provider;
  std::int64_t now = 0;  // ms since 1970
};

// What a read of both sides tells of the writes that were open, and of the base therefore.
struct OpenSettled {
  bool wait = false;                 // it may be too early to see one of them
  std::vector<std::string> dropped;  // rules whose value a system said it took, and did not
  // Rules of which a new ticket holds another value than it was to be made with, and it was never
  // told whether that was taken: not taken then, or changed by somebody since.
  std::vector<std::string> unclear;
};
// `early`: the last write is so young that what was read may be of before it.
OpenSettled settle_open(const Mapping& mapping, LinkState& state, const Record& client,
                        const Record& provider, bool early);

// One decision a rule, in the rules' order. Marks come last: they are ours, and are put back.
std::vector<FieldDecision> merge_fields(const MergeInput& input);

// What a new ticket on `target` is made with.
struct CreatePlan {
  std::vector<FieldWrite> fields;
  std::vector<FieldDecision> decisions;  // one a rule; kPark where a value can't be carried over
};
CreatePlan plan_create(const FlowConfig& flow, const Mapping& mapping, Side source,
                       const Record& record);

// How a record looks to this flow: equal digests mean that nothing which is synced differs.
std::string digest_of(const Mapping& mapping, Side side, const Record& record);

// Remember a write, and say whether the field swings: the same value written to the same side for
// the fourth time within ten minutes, with another one between.
bool note_write(LinkState& state, const std::string& rule, Side side, const Json& value,
                std::int64_t now);

// The path of a rule on a side.
inline const std::string& path_of(const FieldRule& rule, Side side) {
  return side == Side::kClient ? rule.client : rule.provider;
}

}  // namespace navette
