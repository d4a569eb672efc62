#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "mapping/jsonata/jsonata.h"

namespace navette::jsonata {
namespace {

Json parse(std::string_view text) {
  auto json = Json::parse(text);
  EXPECT_TRUE(json);
  return json ? *json : Json();
}

Outcome evaluate(std::string_view source, std::string_view input = "null",
                 const Limits& limits = {}, const Bindings& bindings = {}) {
  const auto compiled = Expression::compile(source);
  if (!compiled) return Outcome{std::nullopt, compiled.error()};
  const Json document = parse(input);
  return compiled->evaluate(&document, bindings, limits);
}

std::string text_of(const Outcome& outcome) {
  if (outcome.error) return outcome.error->code;
  return outcome.value ? outcome.value->dump() : "undefined";
}

std::string run(std::string_view source, std::string_view input = "null") {
  return text_of(evaluate(source, input));
}

TEST(Jsonata, MissingNullAndEmptyAreThreeThings) {
  EXPECT_EQ(run("a", "{}"), "undefined");
  EXPECT_EQ(run("a", R"({"a":null})"), "null");
  EXPECT_EQ(run("a", R"({"a":[]})"), "[]");
  EXPECT_EQ(run(R"({"x": a, "y": b})", R"({"b":null})"), R"({"y":null})");
}

TEST(Jsonata, OneItemUnwrapsUnlessAskedNotTo) {
  EXPECT_EQ(run("a[b=1]", R"({"a":[{"b":1},{"b":2}]})"), R"({"b":1})");
  EXPECT_EQ(run("a[b=1][]", R"({"a":[{"b":1},{"b":2}]})"), R"([{"b":1}])");
  EXPECT_EQ(run("a", R"({"a":[1]})"), "[1]");
}

TEST(Jsonata, ErrorsCarryCodePositionTokenAndValue) {
  const Outcome outcome = evaluate("1 + $uppercase(5)");
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, "T0410");
  EXPECT_EQ(outcome.error->position, 15);
  EXPECT_EQ(*outcome.error->token, Json("uppercase"));
  EXPECT_EQ(*outcome.error->value, Json(5));
  EXPECT_FALSE(outcome.error->message.empty());
}

TEST(Jsonata, SyntaxErrorsAreFoundBeforeAnythingRuns) {
  const auto compiled = Expression::compile("a.(b");
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().code, "S0203");
  EXPECT_EQ(compiled.error().position, 4);
}

TEST(Jsonata, TimeZoneOfTheProcessDoesNotMatter) {
  setenv("TZ", "America/New_York", 1);
  EXPECT_EQ(run(R"($toMillis("2024-03-18T21:19:47"))"), "1710796787000");
  EXPECT_EQ(run(R"($fromMillis(0))"), R"("1970-01-01T00:00:00.000Z")");
  unsetenv("TZ");
}

TEST(Jsonata, OffsetsOfTimeStampsCount) {
  EXPECT_EQ(run(R"($toMillis("2024-03-18T21:19:47+0100"))"), "1710793187000");
  EXPECT_EQ(run(R"($toMillis("2024-03-18T21:19:47-05:00"))"), "1710814787000");
}

TEST(Jsonata, OffsetsWestOfGreenwichHaveMinutesToo) {
  EXPECT_EQ(run(R"($fromMillis(0, "[D] [H01]:[m01] [Z]", "-0330"))"), R"("31 20:30 -03:30")");
  EXPECT_EQ(run(R"($fromMillis(0, "[H01]:[m01] [Z0]", "-0044"))"), R"("23:16 -0:44")");
  EXPECT_EQ(run(R"($toMillis("1970 -03:30", "[Y] [Z]"))"), "12600000");
  EXPECT_EQ(run(R"($toMillis("1970 -0030", "[Y] [Z0001]"))"), "1800000");
  EXPECT_EQ(run(R"($toMillis("1970 GMT+05:30", "[Y] [z]"))"), "-19800000");
}

TEST(Jsonata, AnOffsetThatLeavesTheCalendarIsRefused) {
  EXPECT_EQ(run(R"($fromMillis(0, "[Y]", "+0536666666666666666"))"), "D1001");
  EXPECT_EQ(run(R"($fromMillis(8.64e15, "[Y]", "+0100"))"), "D1001");
}

TEST(Jsonata, AWidthThatIsNoNumberIsNone) {
  EXPECT_EQ(run(R"($fromMillis(0, "[Y,1-x] [M,x]"))"), R"("1970 1")");
  EXPECT_EQ(run(R"($fromMillis(0, "[Y,1--99999999999] [Mn,1-99999999999]"))"), R"("1970 january")");
}

// Only years are cut to a width, and a fraction is read as one whatever its presentation.
TEST(Jsonata, PicturesOfDatesMeanWhatTheReferenceSays) {
  EXPECT_EQ(run(R"($fromMillis(1988122027391, "[Y0001,1-2] [M0001,1-2] [D001,1-2]"))"),
            R"("32 0012 031")");
  EXPECT_EQ(run(R"($toMillis("1970-1-1 0:0:0.5", "[Y]-[M]-[D] [H]:[m]:[s].[fn]"))"), "500");
  EXPECT_EQ(run(R"($toMillis("x", "[fn]"))"), "undefined");
  EXPECT_EQ(run(R"($fromMillis(1751449817509, "[Yw,2] [YI,2]"))"),
            R"("two thousand and twenty-five MMXXV")");
}

TEST(Jsonata, EachHalfOfANumberPictureHasItsOwnPoint) {
  EXPECT_EQ(run(R"($formatNumber(1e21, "##e00;0.#"))"), R"("1.e21")");
  EXPECT_EQ(run(R"($formatNumber(5, "##e00;x0.##"))"), R"("0.e01")");
}

TEST(Jsonata, NotOfAListOfNothingIsTrue) {
  EXPECT_EQ(run("$not(d[true][])"), "true");
  EXPECT_EQ(run("$not(d)"), "undefined");
}

TEST(Jsonata, ClockIsWhatTheCallerSays) {
  Bindings bindings;
  bindings.now = std::chrono::system_clock::time_point(std::chrono::milliseconds(1234));
  EXPECT_EQ(text_of(evaluate("$millis()", "null", {}, bindings)), "1234");
  EXPECT_EQ(text_of(evaluate("$now()", "null", {}, bindings)), R"("1970-01-01T00:00:01.234Z")");
}

TEST(Jsonata, BindingsAreVariables) {
  Bindings bindings;
  bindings.values.emplace_back("who", Json("Ada"));
  EXPECT_EQ(text_of(evaluate(R"("hello " & $who)", "null", {}, bindings)), R"("hello Ada")");
  EXPECT_EQ(text_of(evaluate(R"($eval("$who"))", "null", {}, bindings)), R"("Ada")");
}

TEST(Jsonata, HostFunctionsAreCheckedAndCalled) {
  Bindings bindings;
  bindings.functions.push_back(
      {"twice", "<n:n>", 1, [](const std::vector<std::optional<Json>>& given) {
         return Result<std::optional<Json>>(Json(given[0]->as_double() * 2));
       }});
  bindings.functions.push_back(
      {"fails", "", 0, [](const std::vector<std::optional<Json>>&) {
         return Result<std::optional<Json>>(Error{Fault::kRejected, "no such user"});
       }});
  EXPECT_EQ(text_of(evaluate("[1, 2].$twice($)", "null", {}, bindings)), "[2,4]");
  EXPECT_EQ(text_of(evaluate(R"($twice("x"))", "null", {}, bindings)), "T0410");
  const Outcome failed = evaluate("$fails()", "null", {}, bindings);
  ASSERT_TRUE(failed.error);
  EXPECT_EQ(failed.error->code, "U1003");
  EXPECT_EQ(failed.error->message, "no such user");
}

TEST(Jsonata, FunctionsPrintAsEmptyText) {
  EXPECT_EQ(run(R"({"f": function($x){$x}, "n": 1})"), R"({"f":"","n":1})");
  EXPECT_EQ(run("$sum"), R"("")");
}

TEST(Jsonata, ResultsAreProperUtf8) {
  EXPECT_EQ(run(R"($split("😀", ""))"), "[\"\uFFFD\",\"\uFFFD\"]");
  EXPECT_EQ(run(R"($join($split("😀", "")))"), R"("😀")");
}

TEST(JsonataLimits, EndlessRecursionEnds) {
  EXPECT_EQ(run("($f := function($n) { 1 + $f($n) }; $f(1))"), "U1001");
}

TEST(JsonataLimits, EndlessLoopEndsInTime) {
  Limits limits;
  limits.time_max = std::chrono::milliseconds(50);
  EXPECT_EQ(text_of(evaluate("($f := function() { $f() }; $f())", "null", limits)), "U1001");
}

TEST(JsonataLimits, StepsAreCounted) {
  Limits limits;
  limits.steps_max = 1000;
  EXPECT_EQ(text_of(evaluate("$sum([1..10].($ * 2))", "null", limits)), "110");
  EXPECT_EQ(text_of(evaluate("$sum([1..5000].($ * 2))", "null", limits)), "U1001");
}

TEST(JsonataLimits, DoublingTextEndsAtTheMemoryLimit) {
  Limits limits;
  limits.memory_bytes_max = 8 << 20;
  const Outcome outcome = evaluate(
      R"($reduce([1..64], function($a, $b) { $a & $a }, "xxxxxxxxxxxxxxxx"))", "null", limits);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, "U1001");
  EXPECT_NE(outcome.error->message.find("memory"), std::string::npos);
}

TEST(JsonataLimits, CatastrophicRegexEnds) {
  Limits limits;
  limits.regex_steps_max = 1'000'000;
  EXPECT_EQ(text_of(evaluate(R"($contains("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", /^(a+)+$/))",
                             "null", limits)),
            "U1002");
}

// Goal: whatever asks for more than the machine has ends at a limit, and the message names it.
struct Bomb {
  const char* source;
  const char* code;
  const char* named;  // in the message
};
const Bomb kBombs[] = {
    {R"($match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", /(a*)*c/))", "U1002", "regular expression"},
    {R"($replace("aaaaaaaaaaaaaaaaaaaaaaaaaaaaab", /(a|aa)+$/, "x"))", "U1002",
     "regular expression"},
    {R"($split("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy", /(x+x+)+z/))", "U1002",
     "regular expression"},
    {"($f := function($n) { $n = 0 ? 1 : $f($n - 1) + $f($n - 1) }; $f(60))", "U1001", "steps"},
    {"($f := function($n) { $n = 0 ? [1] : $append($f($n - 1), $f($n - 1)) }; $f(40))", "U1001",
     "memory"},
    {"$map([1..5000], function($a) { $map([1..5000], function($b) { $a * $b }) })", "U1001",
     "memory"},
    {"($f := function($n) { [$f($n + 1)] }; $f(0))", "U1001", "depth"},
    {"$pad(\"x\", 1000000000)", "U1001", "memory"},
    {"$formatInteger(5, $pad(\"0\", 1000000000, \"0\"))", "U1001", "memory"},
};

TEST(JsonataLimits, BombsEndAtTheLimitThatTheMessageNames) {
  for (const Bomb& bomb : kBombs) {
    SCOPED_TRACE(bomb.source);
    Limits limits;
    limits.steps_max = 3'000'000;
    limits.depth_max = 500;
    limits.memory_bytes_max = bomb.named == std::string_view("steps") ? 512U << 20 : 16U << 20;
    limits.regex_steps_max = 1'000'000;
    limits.time_max = std::chrono::minutes(5);  // so that it is not the machine's speed
    const Outcome outcome = evaluate(bomb.source, "null", limits);
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->code, bomb.code) << outcome.error->message;
    EXPECT_NE(outcome.error->message.find(bomb.named), std::string::npos) << outcome.error->message;
  }
}

TEST(JsonataLimits, DeepTextAndDeepValuesAreNoCrash) {
  EXPECT_EQ(run(std::string(100'000, '(')), "U1001");
  EXPECT_EQ(run(std::string(100'000, '-') + "1"), "U1001");
  std::string chain = "1";
  for (int i = 0; i < 100'000; ++i) chain += "+1";
  EXPECT_EQ(run(chain), "U1001");
  for (const char* use :
       {"$string($x)", "$x", "$x = $x", "$x = $y", "$clone($x)", "$x.**", "$distinct([$x, $y])"}) {
    const std::string source =
        "($d := function() { $reduce([1..50000], function($a, $b) { {\"a\": $a} }, 1) };"
        " $x := $d(); $y := $d(); " +
        std::string(use) + ")";
    const std::string found = run(source);
    EXPECT_TRUE(found == "U1001" || found == "true") << use << " " << found.substr(0, 80);
  }
}

TEST(Jsonata, TailCallsDoNotGrowTheStack) {
  EXPECT_EQ(run("($f := function($n) { $n = 0 ? \"done\" : $f($n - 1) }; $f(200000))"),
            R"("done")");
}

TEST(Jsonata, OneExpressionServesManyThreads) {
  const auto compiled = Expression::compile(
      "$sum(a.b[c > 1].c) & \":\" & $join($sort(a.n), \",\") & $replace(\"x-y\", /-/, \"+\")");
  ASSERT_TRUE(compiled);
  const Json input = parse(R"({"a":{"b":[{"c":1},{"c":2},{"c":3}],"n":["z","a"]}})");
  std::vector<int> wrong(4, 0);
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < wrong.size(); ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 200; ++i) {
          const Outcome outcome = compiled->evaluate(&input);
          if (text_of(outcome) != R"("5:a,zx+y")") ++wrong[t];
        }
      });
    }
  }
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

struct RegexCase {
  const char* source;
  const char* found;
};

TEST(JsonataRegex, FollowsTheRulesOfJavaScript) {
  const RegexCase cases[] = {
      {R"($match("aXbX", /(?=X)X/).index)", "[1,3]"},
      {R"($match("price 10 eur", /(?<=price )\d+/).match)", R"("10")"},
      {R"($match("abab", /(ab)\1/).match)", R"("abab")"},
      {R"($replace("aaa", /a{2}?/, "b"))", R"("ba")"},
      {R"($match("foo.bar", /\w+\b/).match)", R"(["foo","bar"])"},
      {R"($contains("ÄÖ", /äö/i))", "true"},
      {R"($match("a\nb", /^b$/m).index)", "2"},
      {R"($match("abc", /(?:(a)|b|c)+/).groups)", "[null]"},
      {R"($match("x😀y", /y/).index)", "3"},
      {R"($split("a1b22c", /\d+/))", R"(["a","b","c"])"},
      {R"($match("2024-03-18", /(?<year>\d{4})-(\d\d)/).groups)", R"(["2024","03"])"},
      {R"($contains("a]b", /[\]]/))", "true"},
      {R"($replace("abc", /x*?b/, "-"))", R"("a-c")"},
  };
  for (const RegexCase& test : cases) EXPECT_EQ(run(test.source), test.found) << test.source;
}

TEST(JsonataRegex, WhatIsNoRegexIsASyntaxError) {
  for (const char* source : {"/(a/", "/a)/", "/*a/", "/a{2,1}/", "/[b-a]/"}) {
    const auto compiled = Expression::compile(source);
    EXPECT_FALSE(compiled) << source;
  }
}

}  // namespace
}  // namespace navette::jsonata
