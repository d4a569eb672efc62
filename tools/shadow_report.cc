#include "tools/shadow_report.h"

#include "tools/exit.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

constexpr std::size_t kSentence = 300;

std::string value_text(const Json& sample, const char* name) {
  const Json* value = sample.find(name);
  return value == nullptr ? "(not written)" : brief(*value);
}

std::string group_text(const Json& group) {
  std::string out = brief(group.at("flow")) + ": " + group.at("kind").text() + ": ";
  out += group.find("path") != nullptr ? brief(group.at("system")) + " " + brief(group.at("path"))
                                       : "tickets of " + brief(group.at("system"));
  out += ": " + group.at("count").text();
  for (const char* what : {"overwrites", "deletes"}) {
    if (group.at(what).as_int() > 0) out += ", " + group.at(what).text() + " " + what;
  }
  if (group.find("at") != nullptr) out += "  (" + brief(group.at("at")) + ")";
  out += "\n";
  for (const Json& sample : group.at("samples").items()) {
    out += "    " + brief(sample.at("ticket"));
    if (group.find("path") != nullptr) {
      out += ": " + value_text(sample, "before") + " -> " + value_text(sample, "after");
    }
    if (!sample.at("reason").text().empty())
      out += "\n        " + brief(sample.at("reason"), kSentence);
    out += "\n";
  }
  return out;
}

}  // namespace

int shadow_exit(const Json& report) {
  if (report.find("failed") != nullptr) return kFailed;
  const bool all = report.at("not_compared").size() == 0 && report.at("left_out").as_int() == 0;
  return report.at("groups").size() == 0 && all ? kOk : kBad;
}

std::string shadow_text(const Json& report) {
  std::string out;
  for (const Json& group : report.at("groups").items()) out += group_text(group);
  if (report.at("groups").size() == 0) out += "No difference.\n";
  if (report.at("not_compared").size() > 0) {
    out += "Not compared\n";
    for (const auto& [why, times] : report.at("not_compared").members())
      out += "  " + times.text() + ": " + brief(Json(why), kSentence) + "\n";
  }
  if (report.at("left_out").as_int() > 0)
    out += report.at("left_out").text() + " tickets more than --limit were not looked at\n";
  if (report.find("failed") != nullptr)
    out += "Failed: " + brief(report.at("failed"), kSentence) + "\n";
  return out + report.at("changes").text() + " changes, " + report.at("compared").text() +
         " tickets compared, " + report.at("same").text() + " under the same configuration; " +
         report.at("overwrites").text() + " values would be overwritten, " +
         report.at("deletes").text() + " emptied. Nothing was sent.\n";
}

}  // namespace navette::tools
