// Gives an order about dead letters or replays to whoever has the store: the hub that runs on it,
// or nobody, and then this process takes it for the moment.

#pragma once

#include <string>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

#include "tools/letters.h"
#include "tools/options.h"

namespace navette::tools {

// The name of the file beside the store that says where the hub that runs listens.
inline constexpr const char* kHubAddressFile = "hub.address";

struct StoreHolder {
  StoreOption option;
  bool by_hub = false;  // set by give_order(): a hub has taken it, or will find it
};

// What answer_letters() says, here or there. What only reads never needs the hub.
// Errors: as answer_letters(); kRetryLater when a hub has the store and does not answer.
Result<Json> give_order(StoreHolder& holder, const LetterOrder& order);

// The flows of the configuration; none when there is none to read.
std::vector<FlowSides> flows_of(const StoreOption& option);

}  // namespace navette::tools
