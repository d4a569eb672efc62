#include "tools/status_report.h"

#include <algorithm>

#include "sync/write_limits.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

Json flow_line(const FlowCounts& counts) {
  Json line = Json::object();
  line.set("flow", counts.flow);
  line.set("accepted", counts.accepted);
  std::int64_t sum = 0;
  for (int i = 0; i < kDispositionCount; ++i) {
    line.set(to_text(static_cast<Disposition>(i)), counts.by[i]);
    sum += counts.by[i];
  }
  line.set("difference", counts.accepted - sum);
  line.set("pruned", counts.pruned);
  line.set("links", counts.links);
  line.set("parked_fields", counts.parked_fields);
  line.set("open_commands", counts.open_commands);
  line.set("oldest_pending", moment(counts.oldest_pending_at));
  return line;
}

std::string count_of(const Json& line, std::string_view name) {
  return std::to_string(line.at(name).as_int());
}

}  // namespace

Result<Json> status_report(Store& store, TimePoint now) {
  auto counts = store.counts();
  if (!counts) return counts.error();
  auto waiting = store.waiting();
  if (!waiting) return waiting.error();
  Json report = Json::object();
  report.set("at", to_rfc3339(now));
  Json& flows = report.set("flows", Json::array());
  for (const FlowCounts& one : *counts) {
    auto hold = hold_of(store, one.flow);
    if (!hold) return hold.error();
    flows.push(flow_line(one)).set("held", hold->text(one.flow));
  }
  Json& reasons = report.set("waiting", Json::array());
  for (const WaitingReason& one : *waiting) {
    const auto since = std::chrono::milliseconds(one.since);
    Json& line = reasons.push(Json::object());
    line.set("flow", one.flow);
    line.set("reason", one.reason);
    line.set("changes", one.changes);
    line.set("since", moment(one.since));
    line.set("for", human(now.time_since_epoch() - since));
  }
  return report;
}

bool balances(const Json& report) {
  const auto& flows = report.at("flows").items();
  return std::all_of(flows.begin(), flows.end(),
                     [](const Json& line) { return line.at("difference").as_int() == 0; });
}

bool keep_flow(Json& report, const std::string& flow) {
  for (const char* part : {"flows", "waiting"}) {
    std::erase_if(report.find(part)->items(),
                  [&](const Json& line) { return line.at("flow").as_string() != flow; });
  }
  return report.at("flows").size() > 0;
}

std::string status_text(const Json& report) {
  if (report.at("flows").size() == 0) return "Nothing came in yet.\n";
  Table table({"flow", "accepted", "pending", "delivered", "unchanged", "filtered", "parked",
               "dead", "difference", "links"});
  std::string notes;
  for (const Json& line : report.at("flows").items()) {
    const std::string flow = line.at("flow").text();
    table.add({flow, count_of(line, "accepted"), count_of(line, "pending"),
               count_of(line, "delivered"), count_of(line, "unchanged"), count_of(line, "filtered"),
               count_of(line, "parked"), count_of(line, "dead"), count_of(line, "difference"),
               count_of(line, "links")});
    if (line.at("parked_fields").as_int() > 0) {
      notes += brief(flow) + ": " + count_of(line, "parked_fields") +
               " parked fields; see `navette links --parked`\n";
    }
    if (!line.at("held").text().empty()) {
      notes += brief(flow) + " writes nothing: " + brief(line.at("held"), 500) + "\n";
    }
    if (line.at("difference").as_int() != 0) {
      notes += brief(flow) + ": the sum is not what came in; please report it as a defect\n";
    }
  }
  std::string out = table.text();
  if (!report.at("store_trouble").text().empty()) {
    out += "\nThe store can't be written: " + brief(report.at("store_trouble"), 300) + "\n";
  }
  for (const Json& line : report.at("waiting").items()) {
    out += out.find("\nWaiting\n") == std::string::npos ? "\nWaiting\n" : "";
    out += "  " + brief(line.at("flow")) + ": " + count_of(line, "changes") +
           (line.at("changes").as_int() == 1 ? " change for " : " changes for ") +
           line.at("for").text() + ": " + brief(line.at("reason"), 300) + "\n";
  }
  return notes.empty() ? out : out + "\n" + notes;
}

}  // namespace navette::tools
