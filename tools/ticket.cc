#include "tools/ticket.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace navette::tools {
namespace {

Error unknown(const std::string& what, const std::string& word,
              const std::set<std::string>& known) {
  const std::vector<std::string> names(known.begin(), known.end());
  std::string message = "find " + what + " '" + word + "': ";
  if (names.empty()) return {Fault::kMisconfigured, message + "none is configured"};
  message += "there are " + join(names, ", ");
  if (const auto meant = nearest(word, names)) message += "; did you mean '" + *meant + "'?";
  return {Fault::kMisconfigured, message};
}

}  // namespace

Result<TicketName> parse_ticket(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) {
    return Error{
        Fault::kMisconfigured,
        "read ticket '" + text + "': expected client:ID, provider:ID or SYSTEM:ID, e.g. client:12"};
  }
  return TicketName{text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<Side> side_of(const TicketName& name) {
  if (name.of == "client") return Side::kClient;
  if (name.of == "provider") return Side::kProvider;
  return std::nullopt;
}

Result<std::vector<FlowTicket>> tickets_of(const TicketName& name, const std::string& flow,
                                           const std::vector<FlowConfig>& flows) {
  std::set<std::string> names;
  std::set<std::string> systems;
  std::vector<FlowTicket> found;
  bool flow_known = flow.empty();
  for (const FlowConfig& one : flows) {
    names.insert(one.name);
    if (!flow.empty() && one.name != flow) continue;
    flow_known = true;
    for (const Side side : {Side::kClient, Side::kProvider}) {
      systems.insert(one.side(side).system);
      if (side_of(name) ? *side_of(name) == side : one.side(side).system == name.of) {
        found.push_back({one.name, side, name.id});
      }
    }
  }
  if (!flow_known) return unknown("flow", flow, names);
  if (!found.empty()) return found;
  return side_of(name) ? unknown("flow", flow, names) : unknown("system", name.of, systems);
}

}  // namespace navette::tools
