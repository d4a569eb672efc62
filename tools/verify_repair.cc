#include "tools/verify_repair.h"

#include <map>
#include <utility>

#include "tools/ask_hub.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

// So many tickets an order: a hub takes them in one transaction.
constexpr std::size_t kTicketsAtOnce = 200;

std::string sentence_of(const Json& finding) {
  const std::string what = finding.at("what").text();
  const std::string name = finding.at("name").text();
  const std::string system = finding.at("system").text();
  if (what == "missing") {
    return "the ticket on " + system +
           " is read again; while it is gone the link is parked, and nothing is deleted";
  }
  if (what == "intake") return "it gets a twin on " + system;
  if (what == "doubled") return "it gets a twin of its own, and its mark is corrected";
  if (what == "comment" || what == "file") return name + " is copied to " + system;
  if (finding.find("wanted") != nullptr) {
    return name + ": " + brief(finding.at("wanted")) + " is written to " + system;
  }
  return name + ": both sides are merged anew; on " + system + " it may be emptied or parked";
}

// The ticket of a finding that the engine is to look at.
std::string side_to_read(const Json& finding) {
  return finding.at("client").text().empty() ? "provider" : "client";
}

}  // namespace

Json repair_plan(const Json& report) {
  Json plan = Json::array();
  for (const Json& flow : report.at("flows").items()) {
    if (flow.find("stopped") != nullptr || flow.find("failed") != nullptr) continue;
    std::map<std::string, std::size_t> known;
    for (const Json& finding : flow.at("findings").items()) {
      if (finding.at("state").as_string() != "diverged") continue;
      const std::string side = side_to_read(finding);
      const std::string id = finding.at(side).text();
      const auto [at, fresh] = known.emplace(side + ":" + id, plan.size());
      if (fresh) {
        Json& entry = plan.push(Json::object());
        entry.set("flow", flow.at("flow"));
        entry.set("side", side);
        entry.set("id", id);
        for (const char* one : {"client", "provider"}) {
          if (!finding.at(one).text().empty()) entry.set(one, finding.at(one));
        }
        entry.set("will", Json::array());
      }
      plan.items()[at->second].find("will")->push(sentence_of(finding));
    }
  }
  return plan;
}

std::string plan_text(const Json& plan) {
  std::string out;
  for (const Json& entry : plan.items()) {
    out += brief(entry.at("flow")) + ":";
    for (const char* side : {"client", "provider"}) {
      if (entry.find(side) != nullptr) out += std::string(" ") + side + ":" + brief(entry.at(side));
    }
    out += "\n";
    for (const Json& will : entry.at("will").items()) out += "  " + brief(will, 300) + "\n";
  }
  return out;
}

Result<Json> carry_out_plan(const ConfigOption& config, const Json& plan) {
  StoreHolder holder{{config, {}}};
  std::int64_t journalled = 0;
  for (std::size_t at = 0; at < plan.size();) {
    Json tickets = Json::array();
    for (; at < plan.size() && tickets.size() < kTicketsAtOnce; ++at) {
      Json& ticket = tickets.push(Json::object());
      for (const char* part : {"flow", "side", "id"}) ticket.set(part, plan.items()[at].at(part));
    }
    auto done = give_order(holder, {"POST", "repair", Json(Json::Object{{"tickets", tickets}})});
    if (!done) return done.error();
    journalled += done->at("journalled").as_int();
  }
  Json out = Json::object();
  out.set("journalled", journalled);
  out.set("by_hub", holder.by_hub);
  return out;
}

}  // namespace navette::tools
