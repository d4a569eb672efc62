// How a user names a ticket: "client:12", "provider:7", or "SYSTEM:12".

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "navette/result.h"

#include "config/model.h"

namespace navette::tools {

struct TicketName {
  std::string of;  // "client", "provider" or a system
  std::string id;
};

// One ticket of one flow.
struct FlowTicket {
  std::string flow;
  Side side = Side::kClient;
  std::string id;
};

// Errors: kMisconfigured when it is not of that form.
Result<TicketName> parse_ticket(const std::string& text);

// The side that the name says by itself: "client" or "provider". Nothing for a system.
std::optional<Side> side_of(const TicketName& name);

// Every flow that may mean this ticket; only `flow` unless that is empty.
// Errors: kMisconfigured (no such flow, no flow with that system), with what there is.
Result<std::vector<FlowTicket>> tickets_of(const TicketName& name, const std::string& flow,
                                           const std::vector<FlowConfig>& flows);

}  // namespace navette::tools
