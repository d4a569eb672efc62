// Goal: a case passes when what it says holds, and only then; otherwise the rule at fault is named.

#include "mapping/cases/run_case.h"

#include <gmock/gmock.h>

#include "tests/mapping/flow_text.h"

namespace navette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kFlow =
    "zone: Europe/Paris\n"
    "fields:\n"
    "  - {client: Subject, provider: title}\n"
    "  - {client: Status, provider: state, table: states}\n"
    "  - {client: Due, provider: due, date: [datetime, date]}\n"
    "  - {client: Owner, provider: owner, people: people.yaml, direction: to-provider}\n"
    "  - {client: Made, provider: made, direction: to-provider, when: create,"
    " expr: {provider: $now()}}\n"
    "  - client: notes\n"
    "    provider: journals\n"
    "    each: [{client: body, provider: text}, {client: kind, provider: type, table: states}]\n"
    "tables: {states: {new: New, open: In Progress}}\n";

Json json(const std::string& text) {
  auto value = Json::parse(text);
  EXPECT_TRUE(value) << text;
  return value ? *value : Json();
}

MappingCase a_case(const std::string& input) {
  MappingCase one;
  one.name = "one";
  one.input = json(input);
  one.creating = false;
  return one;
}

class Cases : public testing::Test {
 protected:
  Cases() : flow_(flow_of(kFlow)) {}

  // What did not hold, one a line; "ok" when all did.
  std::string run(const MappingCase& one) {
    auto runner = CaseRunner::compile(flow_);
    EXPECT_TRUE(runner);
    const auto result = runner->run(one);
    if (!result) return result.error().message;
    last_ = *result;
    std::string out;
    for (const CaseFailure& failure : result->failures) out += failure.what + "\n";
    return out.empty() ? "ok" : out;
  }

  FlowConfig flow_;
  CaseResult last_;
};

TEST_F(Cases, TheWholeOutputOrAPartOfIt) {
  MappingCase one = a_case(R"({"Subject":"a","Status":"open"})");
  one.expect = json(R"({"state":"In Progress","title":"a"})");
  EXPECT_EQ(run(one), "ok");
  one.expect = json(R"({"title":"a"})");
  EXPECT_EQ(run(one), "the output differs\n");
  EXPECT_TRUE(last_.failures[0].of_expect);
  one.expect.reset();
  one.contains = json(R"({"title":"a"})");
  EXPECT_EQ(run(one), "ok");
  one.contains = json(R"({"title":"a","other":null})");
  EXPECT_EQ(run(one), "the output does not contain this\n");
}

TEST_F(Cases, WhatDiffersIsShownWithItsRule) {
  MappingCase one =
      a_case(R"({"Subject":"a","Status":"open","notes":[{"body":"x","kind":"new"}]})");
  one.expect = json(
      R"({"title":"b","state":"In Progress","owner":"ann","extra":1,
          "journals":[{"text":"x","type":"Old"}]})");
  run(one);
  ASSERT_EQ(last_.failures.size(), 1U);
  EXPECT_THAT(last_.failures[0].diff, HasSubstr("-  \"title\": \"b\"\n+  \"title\": \"a\"\n"));
  std::vector<std::string> said;
  for (const FieldDifference& field : last_.failures[0].fields) {
    said.push_back(field.field + "|" + field.rule + "|" + std::to_string(field.place.line) + "|" +
                   field.why);
  }
  EXPECT_THAT(said, ElementsAre("title|Subject~title|6|",
                                "owner|Owner~owner|9|it wrote nothing: nothing there",
                                "journals[0].type|notes~journals[0].kind~type|13|", "extra||0|"));
}

TEST_F(Cases, PeopleZoneAndTimeStandInForTheOutside) {
  MappingCase one = a_case(R"({"Owner":"ann","Due":"2026-03-01T23:30:00Z"})");
  one.creating = true;
  one.now = std::chrono::sys_days{std::chrono::year{2026} / 3 / 1};
  one.people = std::vector<PersonPair>{{{{{"name", "ann"}}, {{"name", "Anna"}}}}};
  one.zone = "UTC";
  one.expect = json(R"({"owner":"Anna","due":"2026-03-01","made":"2026-03-01T00:00:00.000Z"})");
  EXPECT_EQ(run(one), "ok");
  one.people.reset();
  one.zone.clear();
  one.input = json(R"({"Owner":"camille","Due":"2026-03-01T23:30:00Z"})");
  one.expect = json(R"({"owner":"12","due":"2026-03-02","made":"2026-03-01T00:00:00.000Z"})");
  EXPECT_EQ(run(one), "ok");
  one.zone = "Europe/Pariss";
  EXPECT_THAT(run(one), HasSubstr("use case \"one\""));
}

TEST_F(Cases, TheOtherSidesDocumentStaysAroundTheFields) {
  MappingCase one = a_case(R"({"Subject":"a"})");
  one.existing = json(R"({"title":"old","mine":1})");
  one.expect = json(R"({"title":"a","mine":1})");
  EXPECT_EQ(run(one), "ok");
}

TEST_F(Cases, RefusalsAreThoseThatAreNamed) {
  MappingCase one = a_case(R"({"Status":"closed","Subject":"a"})");
  one.contains = Json::object();
  EXPECT_THAT(run(one), HasSubstr("the input was rejected: rule Status~state ("));
  one.contains.reset();
  for (const char* name : {"Status~state", "Status", "state"}) {
    one.rejects = {name};
    EXPECT_EQ(run(one), "ok") << name;
  }
  one.rejects = {"Subject"};
  EXPECT_THAT(run(one), HasSubstr(":6:5) does not refuse the input\nrule Status~state ("));
  EXPECT_THAT(run(one), HasSubstr("refuses the input too"));
  one.rejects = {"Status", "Statuz~state"};
  EXPECT_THAT(run(one), HasSubstr("no rule has the name or path \"Statuz~state\"; did you mean "
                                  "\"Status~state\"?"));
}

TEST_F(Cases, ACheckIsTrueOrTheCaseFails) {
  MappingCase one = a_case(R"({"Subject":"a"})");
  one.check = "title = $input.Subject";
  EXPECT_EQ(run(one), "ok");
  one.check = "title";
  EXPECT_EQ(run(one), "the check title is \"a\", not true\n");
  one.check = "nothing";
  EXPECT_EQ(run(one), "the check nothing is undefined, not true\n");
  one.check = "title + 1";
  EXPECT_THAT(run(one), HasSubstr("the check title + 1 fails: T2001"));
  one.check = "(";
  one.check_place = {"f.test.yaml", 3, 9};
  EXPECT_THAT(run(one), HasSubstr("f.test.yaml:3:9: read check: S0203 at character 1"));
}

TEST_F(Cases, BackTheOutputLeavesTheInputAsItIs) {
  MappingCase one = a_case(
      R"({"Subject":"a","Status":"open","Due":"2026-03-01T10:00:00Z","own":1,"Owner":"camille"})");
  one.back = true;
  EXPECT_EQ(run(one), "ok");
  flow_ =
      flow_of("fields: [{client: s, provider: t, expr: {provider: $uppercase(s), client: t}}]\n");
  one.input = json(R"({"s":"a"})");
  EXPECT_EQ(run(one), "back: the output, put onto the input, changes it\n");
  ASSERT_EQ(last_.failures[0].fields.size(), 1U);
  EXPECT_EQ(last_.failures[0].fields[0].field, "s");
  EXPECT_EQ(last_.failures[0].fields[0].got, Json("A"));
}

}  // namespace
}  // namespace navette
