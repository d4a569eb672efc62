// How the flows stand: what `navette status` and the console's /status say.

#pragma once

#include <string>

#include "navette/json.h"
#include "navette/result.h"

#include "base/clock.h"
#include "store/store.h"

namespace navette::tools {

// {"at", "flows": [{"flow", "accepted", "pending", "delivered", "unchanged", "filtered", "parked",
// "dead", "difference", "pruned", "links", "parked_fields", "open_commands", "oldest_pending",
// "held"}], "waiting": [{"flow", "reason", "changes", "since", "for"}]} "held": why the flow writes
// nothing until somebody lets it go on; empty: it is not. "store_trouble" comes from who asks: why
// the store can't be written, when it can't. "difference" is accepted less the sum of the six, and
// never anything but 0.
Result<Json> status_report(Store& store, TimePoint now);

// Whether every difference is 0.
bool balances(const Json& report);

// The report as a table and sentences.
std::string status_text(const Json& report);

// Without the other flows. Says whether this one is there.
bool keep_flow(Json& report, const std::string& flow);

}  // namespace navette::tools
