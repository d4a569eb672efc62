// Why a field of a ticket holds what it holds, or why nothing was written to it.

#pragma once

#include <string>

#include "navette/json.h"
#include "navette/result.h"

#include "config/model.h"
#include "store/store.h"
#include "tools/ticket.h"

namespace navette::tools {

// From the field back to where its value came from: {"flow", "ticket", "field", "answer": a
// sentence, "rule": {"name", "at", "client", "provider"}, "agreed": [client, provider],
// "parked": {...}, "written": what was written there last, "sent": its attempts and answers,
// "change": the event that it began with}. What does not apply is missing. `flow`: as it is
// configured now; null: the configuration is not at hand, and rules are known by the journal only.
// Null when this flow never saw the ticket.
Result<Json> field_story(Store& store, const FlowConfig* flow, const FlowTicket& ticket,
                         const std::string& field);

}  // namespace navette::tools
