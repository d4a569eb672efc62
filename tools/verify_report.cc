#include "tools/verify_report.h"

#include <map>

#include "tools/exit.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

constexpr std::size_t kSentence = 300;

std::string ticket_text(const Json& finding) {
  std::string out;
  for (const char* side : {"client", "provider"}) {
    const std::string id = finding.at(side).text();
    if (id.empty()) continue;
    out += (out.empty() ? "" : " <-> ") + std::string(side) + ":" + brief(Json(id));
  }
  return out;
}

std::string headline(const Json& finding) {
  const std::string what = finding.at("what").text();
  const std::string system = brief(finding.at("system"));
  if (what == "field") return brief(finding.at("name"));
  if (what == "missing") return "the ticket of " + system + " is missing";
  if (what == "intake") return "no twin on " + system;
  if (what == "doubled") return "doubled on " + system;
  if (what == "removed") return brief(finding.at("name")) + ", twin removed on " + system;
  return brief(finding.at("name")) + " is not on " + system;
}

std::string finding_text(const Json& finding) {
  std::string out = "  " + finding.at("state").text() + ": " + ticket_text(finding) + ": " +
                    headline(finding) + "\n";
  if (finding.find("client_value") != nullptr) {
    out += "      client:   " + brief(finding.at("client_value")) + "\n";
    out += "      provider: " + brief(finding.at("provider_value")) + "\n";
  }
  if (finding.find("wanted") != nullptr) {
    out += "      due on " + finding.at("side").text() + ": " + brief(finding.at("wanted")) + "\n";
  }
  if (!finding.at("why").text().empty())
    out += "      why: " + brief(finding.at("why"), kSentence) + "\n";
  if (finding.find("dead_letter") != nullptr)
    out += "      dead letter " + finding.at("dead_letter").text() + "\n";
  if (finding.find("since") != nullptr)
    out += "      held back since " + finding.at("since").text() + "\n";
  if (finding.find("agreed_until") != nullptr)
    out += "      both agreed until " + finding.at("agreed_until").text() + "\n";
  return out;
}

std::string counts_text(const Json& flow) {
  std::map<std::string, std::int64_t> counts;
  for (const Json& finding : flow.at("findings").items()) ++counts[finding.at("state").text()];
  std::string out;
  for (const char* state : {"diverged", "dead", "parked", "pending", "agreed"}) {
    if (counts[state] == 0) continue;
    out += ", " + std::to_string(counts[state]) + " " + state;
  }
  return out;
}

std::string flow_text(const Json& flow, bool all) {
  std::string out = brief(flow.at("flow")) + ": " + flow.at("links").text() + " links, " +
                    flow.at("equal").text() + " equal";
  if (flow.at("by_digest").as_int() > 0)
    out += " (" + flow.at("by_digest").text() + " by their digests)";
  out += counts_text(flow) + "; " + flow.at("listed").at("client").text() + " and " +
         flow.at("listed").at("provider").text() + " tickets listed\n";
  for (const Json& finding : flow.at("findings").items()) {
    if (all || finding.at("state").as_string() != "agreed") out += finding_text(finding);
  }
  if (flow.at("left_out").as_int() > 0)
    out += "  " + flow.at("left_out").text() + " more findings are not shown\n";
  if (const Json* stopped = flow.find("stopped")) {
    out += "  stopped: " + stopped->at("absent").text() + " of " + stopped->at("links").text() +
           ": " + brief(stopped->at("why"), kSentence) +
           ".\n  When they are really gone, say --accept-absence.\n";
  }
  if (const Json* failed = flow.find("failed"))
    out += "  failed: " + brief(*failed, kSentence) + "\n";
  return out;
}

}  // namespace

int verify_exit(const Json& report, bool strict) {
  int code = kOk;
  for (const Json& flow : report.at("flows").items()) {
    if (flow.find("failed") != nullptr || flow.find("stopped") != nullptr) return kFailed;
    if (flow.at("left_out").as_int() > 0) code = kBad;
    for (const Json& finding : flow.at("findings").items()) {
      const std::string state = finding.at("state").text();
      if (state == "diverged" || (strict && state != "pending")) code = kBad;
    }
  }
  return code;
}

std::string verify_text(const Json& report, bool all) {
  std::string out;
  for (const Json& flow : report.at("flows").items()) out += flow_text(flow, all);
  return out + report.at("calls").text() + " calls\n";
}

}  // namespace navette::tools
