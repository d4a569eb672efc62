#include "tools/test_report.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

using Kind = CoveragePoint::Kind;

std::string line_of(const Place& place) {
  return place.file + ":" + std::to_string(place.line);
}
std::string place_of(const Place& place) {
  return line_of(place) + ":" + std::to_string(place.column);
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// Each line behind the margin, made printable.
std::string behind(const std::string& margin, const std::string& text) {
  std::string out;
  for (const std::string& line : split(text, '\n')) {
    if (!line.empty()) out += margin + printable(line) + "\n";
  }
  return out;
}

std::string value_text(const std::optional<Json>& value) {
  constexpr std::size_t kValueMax = 160;
  return value ? brief(Json(value->dump()), kValueMax) : "nothing";
}

std::string field_text(const FieldDifference& field) {
  std::string out =
      field.field + ": expected " + value_text(field.expected) + ", got " + value_text(field.got);
  if (field.rule.empty()) return out + "; no rule writes it";
  out += "; rule " + field.rule + ", " + place_of(field.place);
  return field.why.empty() ? out : out + "; " + field.why;
}

std::string failure_text(const CaseFailure& failure) {
  std::string out = failure.what + "\n" + failure.diff;
  for (const FieldDifference& field : failure.fields) out += field_text(field) + "\n";
  return out;
}

std::string case_text(const TestedCase& one) {
  if (one.ok())
    return "  " + std::string(one.updated ? "updated  " : "ok       ") + printable(one.said.name) +
           "\n";
  std::string out =
      "  FAILED   " + printable(one.said.name) + "   (" + place_of(one.said.place) + ")\n";
  for (const CaseFailure& failure : one.result.failures) {
    out += behind("    ", failure_text(failure));
  }
  return out;
}

std::string ratio(const CoverageCount& count) {
  return std::to_string(count.hit) + "/" + std::to_string(count.all);
}

std::string way(Side from) {
  return std::string(to_text(from)) + " to " + to_text(other(from));
}

std::string coverage_text(const TestedFlow& flow, bool uncovered) {
  const Coverage& coverage = flow.coverage;
  std::string out = "coverage of " + printable(flow.flow) + ": rules " +
                    ratio(coverage.count(Kind::kRule)) + ", table rows " +
                    ratio(coverage.count(Kind::kRow)) + ", branches " +
                    ratio(coverage.count(Kind::kBranch)) + " (" +
                    std::to_string(coverage.total().percent()) + " %)\n";
  if (!uncovered) return out;
  for (const CoveragePoint& point : coverage.points()) {
    if (point.hit) continue;
    out += "  " + line_of(point.place) + ": " + printable(point.what) + ": never, " +
           way(point.from) + "\n";
  }
  return out;
}

Json place_json(const Place& place, Json out) {
  out.set("file", place.file);
  out.set("line", place.line);
  out.set("column", place.column);
  return out;
}

Json failure_json(const CaseFailure& failure) {
  Json out = Json::object();
  out.set("what", failure.what);
  if (!failure.diff.empty()) out.set("diff", failure.diff);
  Json fields = Json::array();
  for (const FieldDifference& field : failure.fields) {
    Json& one = fields.push(Json::object());
    one.set("field", field.field);
    if (field.expected) one.set("expected", *field.expected);
    if (field.got) one.set("got", *field.got);
    if (field.rule.empty()) continue;
    one.set("rule", field.rule);
    one = place_json(field.place, std::move(one));
    if (!field.why.empty()) one.set("why", field.why);
  }
  if (fields.size() > 0) out.set("fields", std::move(fields));
  return out;
}

Json coverage_json(const Coverage& coverage) {
  Json out = Json::object();
  const auto count = [&out](const char* name, const CoverageCount& one) {
    out.set(name, Json(Json::Object{{"hit", static_cast<std::int64_t>(one.hit)},
                                    {"all", static_cast<std::int64_t>(one.all)}}));
  };
  count("rules", coverage.count(Kind::kRule));
  count("rows", coverage.count(Kind::kRow));
  count("branches", coverage.count(Kind::kBranch));
  out.set("percent", coverage.total().percent());
  Json& missing = out.set("missing", Json::array());
  for (const CoveragePoint& point : coverage.points()) {
    if (point.hit) continue;
    Json one = Json::object();
    one.set("what", point.what);
    one.set("from", to_text(point.from));
    missing.push(place_json(point.place, std::move(one)));
  }
  return out;
}

// For texts and attributes alike. What XML 1.0 cannot hold at all becomes U+FFFD.
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : to_utf8(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        out +=
            static_cast<unsigned char>(c) < 0x20 ? std::string("\xEF\xBF\xBD") : std::string(1, c);
    }
  }
  return out;
}

// The content of an element: its line ends may stand as they are.
std::string xml_lines(const std::string& text) {
  std::vector<std::string> lines = split(text, '\n');
  for (std::string& line : lines) line = xml(line);
  return join(lines, "\n");
}

std::string case_junit(const TestedFlow& flow, const TestedCase& one) {
  std::string out = "    <testcase classname=\"" + xml(flow.flow) + "\" name=\"" +
                    xml(one.said.name) + "\" file=\"" + xml(one.said.place.file) + "\" line=\"" +
                    std::to_string(one.said.place.line) + "\"";
  if (one.ok()) return out + "/>\n";
  std::string message;
  std::string body;
  for (const CaseFailure& failure : one.result.failures) {
    message += (message.empty() ? "" : "; ") + failure.what;
    body += failure_text(failure);
  }
  return out + ">\n      <failure message=\"" + xml(message) + "\" type=\"mapping\">" +
         xml_lines(body) + "</failure>\n    </testcase>\n";
}

}  // namespace

TestCount count_cases(const std::vector<TestedFlow>& flows) {
  TestCount count;
  for (const TestedFlow& flow : flows) {
    for (const TestedCase& one : flow.cases) {
      ++count.all;
      if (!one.ok()) ++count.failed;
      if (one.updated) ++count.updated;
    }
  }
  return count;
}

std::string test_text(const std::vector<TestedFlow>& flows, bool uncovered) {
  std::string out;
  for (const TestedFlow& flow : flows) {
    out += printable(flow.case_file) + (flow.has_cases ? "" : ": is not there; no tests") + "\n";
    for (const TestedCase& one : flow.cases) out += case_text(one);
  }
  const TestCount count = count_cases(flows);
  out += counted(count.all, "case") + ": " + std::to_string(count.all - count.failed) +
         " passed, " + std::to_string(count.failed) + " failed";
  if (count.updated > 0) out += ", " + std::to_string(count.updated) + " updated";
  out += "\n";
  for (const TestedFlow& flow : flows) out += coverage_text(flow, uncovered);
  return out;
}

Json test_json(const std::vector<TestedFlow>& flows) {
  const TestCount count = count_cases(flows);
  Json out = Json::object();
  out.set("ok", count.failed == 0);
  out.set("cases", static_cast<std::int64_t>(count.all));
  out.set("failed", static_cast<std::int64_t>(count.failed));
  Json& list = out.set("flows", Json::array());
  for (const TestedFlow& flow : flows) {
    Json& one = list.push(Json::object());
    one.set("flow", flow.flow);
    one.set("file", flow.flow_file);
    one.set("tests", flow.has_cases ? Json(flow.case_file) : Json());
    Json& cases = one.set("cases", Json::array());
    for (const TestedCase& tested : flow.cases) {
      Json& line = cases.push(Json::object());
      line.set("name", tested.said.name);
      line = place_json(tested.said.place, std::move(line));
      line.set("from", to_text(tested.said.from));
      line.set("ok", tested.ok());
      if (tested.updated) line.set("updated", true);
      if (tested.ok()) continue;
      Json& failures = line.set("failures", Json::array());
      for (const CaseFailure& failure : tested.result.failures) {
        failures.push(failure_json(failure));
      }
    }
    one.set("coverage", coverage_json(flow.coverage));
  }
  return out;
}

std::string test_junit(const std::vector<TestedFlow>& flows) {
  const TestCount total = count_cases(flows);
  const auto counts = [](const TestCount& count) {
    return " tests=\"" + std::to_string(count.all) + "\" failures=\"" +
           std::to_string(count.failed) + "\" errors=\"0\" skipped=\"0\"";
  };
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"navette\"" +
                    counts(total) + ">\n";
  for (const TestedFlow& flow : flows) {
    out += "  <testsuite name=\"" + xml(flow.flow) + "\"" + counts(count_cases({flow})) +
           " file=\"" + xml(flow.case_file) + "\">\n";
    for (const TestedCase& one : flow.cases) out += case_junit(flow, one);
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace navette::tools
