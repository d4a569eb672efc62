// Expressions, templates and the reading of catalog files.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/yaml.h"
#include "connectors/declarative/expression.h"
#include "connectors/declarative/functions.h"
#include "connectors/declarative/spec.h"
#include "connectors/declarative/template.h"

namespace navette::declarative {
namespace {

using testing::HasSubstr;

Json evaluate(const std::string& text, const std::string& scope_json = "{}") {
  const Result<Json> names = Json::parse(scope_json);
  EXPECT_TRUE(names) << names.error().message;
  Scope scope;
  for (const auto& [name, value] : names->members()) scope.set(name, value);
  const Result<Expression> expression = Expression::parse(text);
  EXPECT_TRUE(expression) << expression.error().message;
  return expression ? expression->evaluate(scope) : Json();
}

TEST(Expression, ReadsMembersItemsAndFilters) {
  const std::string scope = R"({"t":{"Queue":{"Name":"Helpdesk"},"odd name":1},
    "rows":[{"id":1,"n":"a","tags":["x"]},{"id":2,"n":"","tags":["x","y"]},{"id":3}]})";
  EXPECT_EQ(evaluate("t.Queue.Name", scope).text(), "Helpdesk");
  EXPECT_EQ(evaluate("t.'odd name'", scope), Json(1));
  EXPECT_EQ(evaluate("t['odd name']", scope), Json(1));
  EXPECT_EQ(evaluate("rows[1].id", scope), Json(2));
  EXPECT_EQ(evaluate("rows.id", scope).dump(), "[1,2,3]");
  EXPECT_EQ(evaluate("rows[? item.n == ''].id", scope).dump(), "[2]");
  EXPECT_EQ(evaluate("rows[? 'y' in item.tags].id", scope).dump(), "[2]");
  EXPECT_EQ(evaluate("rows[? item.id in [1, 3]].id", scope).dump(), "[1,3]");
  EXPECT_TRUE(evaluate("rows[7].id", scope).is_null());
  EXPECT_TRUE(evaluate("nothing.at.all", scope).is_null());
}

TEST(Expression, ComputesAndChooses) {
  EXPECT_EQ(evaluate("1 + 2 - 4"), Json(-1));
  EXPECT_EQ(evaluate("'RT-' & 7").text(), "RT-7");
  EXPECT_EQ(evaluate("null ?? 'x'").text(), "x");
  EXPECT_EQ(evaluate("1 < 2 and not (2 <= 1) ? 'yes' : 'no'").text(), "yes");
  EXPECT_EQ(evaluate("'a' < 'b' or missing"), Json(true));
  EXPECT_EQ(evaluate("1 < 'b'"), Json(false));
  EXPECT_TRUE(evaluate("9223372036854775807 + 1").is_null());
}

TEST(Expression, MistakesAreToldWithTheirColumn) {
  for (const auto& [text, expected] :
       std::vector<std::pair<std::string, std::string>>{{"a.", "column 3"},
                                                        {"nope(1)", "a function that exists"},
                                                        {"lower()", "another number of arguments"},
                                                        {"a ? b", "':'"},
                                                        {"'open", "a closing '"},
                                                        {"a b", "the end of the expression"},
                                                        {std::string(200, '('), "fewer parts"}}) {
    const Result<Expression> expression = Expression::parse(text);
    ASSERT_FALSE(expression) << text;
    EXPECT_THAT(expression.error().message, HasSubstr(expected));
  }
}

TEST(Functions, QuoteForTheLanguagesOfPeers) {
  EXPECT_EQ(evaluate("ticket_sql('l\\'été \\\\')").text(), "'l\\'été \\\\'");
  EXPECT_EQ(evaluate("url('a b/é&=')").text(), "a%20b%2F%C3%A9%26%3D");
  EXPECT_EQ(evaluate("rfc2047('été.txt')").text(), "=?UTF-8?B?w6l0w6kudHh0?=");
  EXPECT_EQ(evaluate("rfc2047('plain.txt')").text(), "plain.txt");
  EXPECT_EQ(evaluate("file_name('../a\\\\b')").text(), ".._a_b");
  EXPECT_EQ(evaluate("lines('a\r\nb\rc')").text(), "a\nb\nc");
}

TEST(Functions, CarryEveryByteThroughBase64) {
  for (const std::size_t size : {0U, 1U, 2U, 3U, 255U, 256U}) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i);
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
  }
  EXPECT_EQ(base64_decode("YWJj\nZGVm\n"), "abcdef");
}

TEST(Functions, WriteTimesAsPeersReadThem) {
  EXPECT_EQ(evaluate("time('2026-12-01T11:00:00+01:00', 'sql')").text(), "2026-12-01 10:00:00");
  EXPECT_EQ(evaluate("time('2026-12-01', 'rfc3339')").text(), "2026-12-01T00:00:00Z");
  EXPECT_EQ(evaluate("time('2026-12-01T23:00:00Z', 'date')").text(), "2026-12-01");
  EXPECT_TRUE(evaluate("time('haute', 'sql')").is_null());
  EXPECT_EQ(evaluate("time_add('2026-03-01T00:00:00Z', 0 - 86400)").text(), "2026-02-28T00:00:00Z");
}

TEST(Functions, AreTotal) {
  const std::vector<Json> odd = {nullptr,
                                 true,
                                 7,
                                 -0.5,
                                 "text",
                                 Json::array(),
                                 Json::object(),
                                 Json(Json::BigNumber{"123456789012345678901234567890"})};
  for (const Function& function : functions()) {
    for (const Json& first : odd) {
      for (const Json& second : odd) {
        std::vector<Json> arguments(function.arguments_max, second);
        arguments[0] = first;
        function.call(arguments);
      }
    }
  }
}

TEST(Functions, ReadHttpDates) {
  const auto date = parse_http_date("Tue, 24 Nov 2026 02:18:22 GMT");
  ASSERT_TRUE(date);
  EXPECT_EQ(date->time_since_epoch().count(), 1795486702);
  EXPECT_FALSE(parse_http_date("soon"));
}

Json fill(const std::string& yaml, const std::string& scope_json) {
  std::vector<Diagnostic> diagnostics;
  const auto node = parse_yaml("t.yaml", yaml, diagnostics);
  EXPECT_TRUE(node) << render(diagnostics);
  const Result<Template> made = Template::read(*node);
  EXPECT_TRUE(made) << made.error().message;
  const Result<Json> names = Json::parse(scope_json);
  Scope scope;
  for (const auto& [name, value] : names->members()) scope.set(name, value);
  return made ? made->evaluate(scope) : Json();
}

TEST(Template, KeepsTypesAndLeavesOutWhatIsNull) {
  EXPECT_EQ(fill("{a: '${n}', b: 'n=${n}', 'c?': '${none}', '${k}': true}", R"({"n":5,"k":"key"})")
                .dump(),
            R"({"a":5,"b":"n=5","key":true})");
}

TEST(Template, MakesListsAndObjectsFromLists) {
  const std::string scope = R"({"rows":[{"n":"a","v":1},{"n":"b","v":2}]})";
  EXPECT_EQ(fill("{$each: rows, $when: item.v > 1, $value: '${item.n}'}", scope).dump(),
            R"(["b"])");
  EXPECT_EQ(fill("{$each: rows, $name: '${item.n}', $value: '${item.v}'}", scope).dump(),
            R"({"a":1,"b":2})");
  EXPECT_EQ(fill("{$if: rows, $then: yes there, $else: none}", scope).text(), "yes there");
}

constexpr const char* kBroken = R"(
connector: broken
version: "1"
settings:
  url: {kind: urll, about: x}
http:
  base: ${nope(1)}
  errors:
    - {status: 500, verdict: terrible}
connect:
  steps:
    - {id: a, reqest: {path: /}}
    - {id: b, request: {path: /, method: FETCH}}
    - {id: c, lookup: {table: nowhere, key: x}}
  self: {id: x}
entities:
  ticket:
    fields:
      x: {about: x}
    poll:
      cursor: guess
      changes: {request: {path: /}, items: "a[", row: x}
    fetch: {record: x}
)";

TEST(Spec, EveryMistakeIsToldAtOnceWithItsPlace) {
  const auto spec = read_spec("broken.yaml", kBroken);
  ASSERT_FALSE(spec);
  const std::string& message = spec.error().message;
  for (const char* expected :
       {"broken.yaml:5:", "urll", "nope(1)", "terrible", "\"request\" perhaps", "FETCH",
        "table \"nowhere\"", "cursor \"guess\"", "no \"newest\""}) {
    EXPECT_THAT(message, HasSubstr(expected));
  }
}

}  // namespace
}  // namespace navette::declarative
