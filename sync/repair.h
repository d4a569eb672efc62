// Gives tickets to the engine to look at, without anything having been seen of them by a poll: what
// `navette verify --repair` does, and the hub's HTTP API, whoever has the store.
//
// Nothing is written past the engine: each ticket becomes a pending change like any other, of
// origin "repair", and its run reads both sides, merges and writes what differs.
//
// Threads: the store's.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "navette/result.h"

#include "config/model.h"
#include "store/store.h"

namespace navette {

struct RepairTicket {
  std::string flow;
  Side side = Side::kClient;
  std::string id;
  std::string config_hash;  // of the flow as it is now
};

// Journals a change for each, durably and all or nothing, and forgets how the sides of its link
// last looked, so that both are read. One that has a pending change already is left to it. Says how
// many were journalled. Errors: as Store::commit().
Result<std::int64_t> begin_repair(Store& store, const std::vector<RepairTicket>& tickets,
                                  std::int64_t now);

}  // namespace navette
