// Goal: expressions know the clocks of places by name, wherever Navette evaluates them, and what no
// other JSONata would know is listed. The dates themselves: tests/mapping/date_corpus.py.

#include "mapping/extensions.h"

#include <gmock/gmock.h>

#include "mapping/mapper.h"
#include "tests/mapping/flow_text.h"

namespace navette {
namespace {

using ::testing::HasSubstr;

// The result as JSON text, or "CODE: message".
std::string run(const std::string& source) {
  const auto compiled = jsonata::Expression::compile(source);
  if (!compiled) return compiled.error().code;
  jsonata::Bindings bindings;
  bindings.functions = expression_extensions();
  const jsonata::Outcome outcome = compiled->evaluate(nullptr, bindings);
  if (outcome.error) return outcome.error->code + ": " + outcome.error->message;
  return outcome.value ? outcome.value->dump() : "undefined";
}

std::vector<std::string> used(const std::string& source) {
  const auto compiled = jsonata::Expression::compile(source);
  std::vector<std::string> names;
  for (const auto& use : extensions_used(*compiled)) {
    names.push_back(use.name + "@" + std::to_string(use.start));
  }
  return names;
}

TEST(Extensions, TellAndReadTheClockOfAPlace) {
  EXPECT_EQ(run(R"($toZone(1782900000123, "Europe/Paris"))"), R"("2026-07-01T12:00:00.123+02:00")");
  EXPECT_EQ(
      run(R"($toZone("2026-01-01T00:30:00+0100", "America/St_Johns", "[D]/[M]/[Y] [H01]:[m]"))"),
      R"("31/12/2025 20:00")");
  EXPECT_EQ(run(R"($fromZone("2026-07-01T12:00:00.123", "Europe/Paris"))"), "1782900000123");
  EXPECT_EQ(run(R"($fromZone("1 July 2026 15:45", "Asia/Kathmandu", "[D] [MNn] [Y] [H]:[m]"))"),
            "1782900000000");
}

TEST(Extensions, UndefinedStaysUndefined) {
  EXPECT_EQ(run(R"($toZone(nothing, "Europe/Paris"))"), "undefined");
  EXPECT_EQ(run(R"($fromZone(nothing, "Europe/Paris"))"), "undefined");
}

TEST(Extensions, SayWhatIsWrong) {
  EXPECT_THAT(run(R"($toZone(0, "Europe/Pariss"))"), HasSubstr("did you mean \"Europe/Paris\"?"));
  EXPECT_THAT(run(R"($toZone(0, "Europe/Paris", "[Q]"))"), HasSubstr("U1003: found date \"[Q]\""));
  EXPECT_THAT(run(R"($toZone("soon", "UTC"))"), HasSubstr("U1003: $toZone: \"soon\" is no time"));
  EXPECT_THAT(run(R"($toZone(1e300, "UTC"))"), HasSubstr("U1003: $toZone: 1e"));
  EXPECT_THAT(run(R"($fromZone("soon", "UTC"))"), HasSubstr("\"soon\" is no date of the form"));
  EXPECT_THAT(run(R"($toZone(true, "UTC"))"), HasSubstr("T0410"));
}

TEST(Extensions, AreBoundInRules) {
  const auto mapper = Mapper::compile(
      flow_of("fields:\n"
              "  - {provider: a, expr: \"$toZone(t, 'Asia/Tokyo')\"}\n"
              "  - {provider: b, expr: \"$eval('$fromZone(\\\"1970-01-02\\\", \\\"UTC\\\")')\"}\n"),
      Side::kClient);
  ASSERT_TRUE(mapper) << mapper.error().message;
  const Mapped mapped = mapper->map(Json(Json::Object{{"t", Json(0)}}));
  EXPECT_EQ(mapped.document.dump(), R"({"a":"1970-01-01T09:00:00+09:00","b":86400000})");
}

TEST(Extensions, AreListedForWhoeverWantsPortableExpressions) {
  EXPECT_EQ(used(R"(a & $toZone(b, "UTC") & $map(c, $fromZone(?, "UTC")))"),
            (std::vector<std::string>{"toZone@4", "fromZone@32"}));
  EXPECT_TRUE(used("$fromMillis(0) & $eval(a)").empty());
  EXPECT_TRUE(is_expression_extension("fromZone"));
  EXPECT_FALSE(is_expression_extension("fromMillis"));
}

}  // namespace
}  // namespace navette
