// What the store has on record of tickets that are not the same.

#pragma once

#include <cstdint>
#include <string>

#include "navette/json.h"
#include "navette/result.h"

#include "config/model.h"
#include "store/store.h"
#include "sync/digest.h"

namespace navette::tools {

struct Recorded {
  bool pending = false;
  std::int64_t dead_letter = 0;  // the newest; 0: none
  std::string waits_for;         // of the pending one
  std::string dead_reason;
  Disposition last = Disposition::kPending;  // how the newest change that ended did
  std::string last_reason;
  std::int64_t last_at = 0;       // when; 0: none ever did
  std::int64_t agreed_until = 0;  // when a run last saw both sides agree; 0: never
};

// Of both tickets of a link, or of one ticket. What can't be read counts as not there.
Recorded recorded_of(Store& store, const LinkRow& link);
Recorded recorded_of(Store& store, const std::string& flow, Side side, const std::string& id);

// "diverged", "pending", "parked", "dead", "agreed".
const char* state_of(PairDifference::Known known, const Recorded& recorded);

// "why", "agreed_until", "since" and "dead_letter" of a finding.
void add_record(Json& finding, const PairDifference& difference, const Recorded& recorded);

// Where a list of what a flow's filter finds begins: its `since`, or when its first change came in.
// Empty: nothing ever came in.
Result<std::string> list_since(Store& store, const FlowConfig& flow);

}  // namespace navette::tools
