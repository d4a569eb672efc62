// Goal: calendars and clocks give what a person with a pencil would, and say why two contracts
// differ. Method: the cases of sla_table.txt, which another program holds against a model of its
// own, and examples of what is not a table.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backoffice/sla_compare.h"
#include "tests/backoffice/sla_table.h"

namespace navette::backoffice::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::sys_days;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TimePoint at(const std::string& text) {
  return parse_rfc3339(text).value();
}

TEST(SlaTable, EveryCaseIsRight) {
  const SlaTable table(NAVETTE_SOURCE_DIR "/tests/backoffice/sla_table.txt");
  EXPECT_GE(table.cases().size(), 300U);
  for (const TableCase& one : table.cases()) {
    EXPECT_EQ(table.answer(one), one.expected) << "sla_table.txt:" << one.line << ": " << one.asked;
  }
}

// ---- calendars ---------------------------------------------------------------------------------

std::string refusal(const CalendarRules& rules) {
  const auto made = Calendar::make(rules);
  if (made) return "made";
  EXPECT_EQ(made.error().fault, Fault::kMisconfigured);
  return made.error().message;
}

TEST(CalendarTest, WhatIsWrongIsSaidWithItsName) {
  CalendarRules rules = around_the_clock("acme");
  rules.zone = "Europe/Pari";
  EXPECT_THAT(refusal(rules), HasSubstr("\"acme\": there is no time zone \"Europe/Pari\""));
  EXPECT_THAT(refusal(weekdays("acme", "", {{hours(24), hours(24)}})), HasSubstr("hours begin"));
  EXPECT_THAT(refusal(weekdays("acme", "", {{hours(8), hours(0)}})), HasSubstr("hours end"));
  rules = around_the_clock("acme");
  rules.special[sys_days(std::chrono::year(2026) / 5 / 1)] = {{hours(1), hours(25)}};
  EXPECT_THAT(refusal(rules), HasSubstr("hours end"));
  rules = around_the_clock("acme");
  rules.holidays.push_back({.name = "never", .month = 2, .day = 30});
  EXPECT_THAT(refusal(rules), HasSubstr("\"never\" is no day"));
}

TEST(CalendarTest, ACalendarWithoutHoursNeverEndsACount) {
  CalendarRules rules;
  rules.name = "none";
  const auto none = Calendar::make(rules);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->after(at("2026-01-01"), minutes(1)), std::nullopt);
  EXPECT_EQ(none->open_between(at("2026-01-01"), at("2036-01-01")).count(), 0);
  EXPECT_FALSE(none->is_open(at("2026-01-01")));
}

TEST(CalendarTest, MillisecondsAreKept) {
  const auto office = Calendar::make(weekdays("office", "Europe/Paris", {{hours(9), hours(18)}}));
  ASSERT_TRUE(office);
  const TimePoint end = at("2026-03-02T18:00:00+01:00");
  EXPECT_TRUE(office->is_open(end - std::chrono::milliseconds(1)));
  EXPECT_FALSE(office->is_open(end));
  EXPECT_EQ(office->open_between(end - std::chrono::milliseconds(7), end + hours(3)).count(), 7);
  EXPECT_EQ(office->after(end - std::chrono::milliseconds(7), std::chrono::milliseconds(8)),
            at("2026-03-03T09:00:00.001+01:00"));
}

// ---- two contracts -----------------------------------------------------------------------------

class CompareTest : public ::testing::Test {
 protected:
  CompareTest() {
    client_ = contract("acme", Party::kClient);
    provider_ = contract("desk", Party::kProvider);
    events_ = {event("c1", Party::kClient, "2026-11-23T09:00:00+01:00", 0),
               event("p1", Party::kProvider, "2026-11-24T17:58:00+01:00", 6)};
    events_[0].opened = true;
    events_[0].priority = "P2";
    events_[0].status = "new";
    events_[1].status = "resolved";
  }

  static SlaContract contract(const std::string& name, Party side) {
    SlaContract out;
    out.name = name;
    out.side = side;
    out.calendars.emplace("office", office({}));
    out.targets["P2"][index_of(Goal::kResolution)] = Target{hours(18) - minutes(1), "office"};
    out.statuses["resolved"].meets[index_of(Goal::kResolution)] = true;
    return out;
  }

  static Calendar office(std::vector<sys_days> closed) {
    CalendarRules rules = weekdays("office", "Europe/Paris", {{hours(9), hours(18)}});
    rules.closed = std::move(closed);
    return *Calendar::make(rules);
  }

  static TicketEvent event(std::string id, Party side, const std::string& time, int seen_after) {
    TicketEvent out;
    out.id = std::move(id);
    out.side = side;
    out.at = at(time);
    out.seen = out.at + minutes(seen_after);
    return out;
  }

  std::vector<std::string> told() const {
    std::vector<std::string> out;
    for (const auto& one : compare(events_, client_, provider_, now_)) {
      for (const auto& text : explain(one, client_, provider_)) out.push_back(text);
    }
    return out;
  }

  SlaContract client_;
  SlaContract provider_;
  std::vector<TicketEvent> events_;
  TimePoint now_ = at("2026-11-26T12:00:00+01:00");
};

// Resolved at 17:58 at the provider's, seen at 18:04 by the client; the window closes at 18:00.
TEST_F(CompareTest, ADelayIsNamedWithItsEvent) {
  EXPECT_THAT(told(), ElementsAre("resolution: \"acme\" missed, \"desk\" kept: event \"p1\" counts "
                                  "from 2026-11-24T17:04:00Z for \"acme\" and from "
                                  "2026-11-24T16:58:00Z for \"desk\" (6m)"));
}

TEST_F(CompareTest, AnEventThatIsNotSeenYetIsNamed) {
  events_[1].seen.reset();
  EXPECT_THAT(told(), ElementsAre(HasSubstr("event \"p1\" counts not yet for \"acme\" and from")));
}

TEST_F(CompareTest, AHolidayIsNamedWithItsHours) {
  client_.counts_seen_time = false;
  events_[1].at = at("2026-11-25T09:30:00+01:00");
  provider_.calendars.at("office") = office({sys_days(std::chrono::year(2026) / 11 / 24)});
  EXPECT_THAT(told(), ElementsAre("resolution: \"acme\" missed, \"desk\" kept: the hours differ: "
                                  "2026-11-24T08:00:00Z to 2026-11-24T17:00:00Z counts for "
                                  "\"acme\" only"));
}

TEST_F(CompareTest, APromiseIsNamedWithBothTimes) {
  client_.counts_seen_time = false;
  client_.targets["P2"][index_of(Goal::kResolution)]->time = hours(4);
  EXPECT_THAT(told(), ElementsAre("resolution: \"acme\" missed, \"desk\" kept: \"acme\" promises "
                                  "4h, \"desk\" 1079m"));
  client_.targets.clear();
  EXPECT_THAT(told(), ElementsAre("resolution: \"acme\" none, \"desk\" kept: \"acme\" promises "
                                  "nothing, \"desk\" 1079m"));
}

TEST_F(CompareTest, AStatusThatPausesForOneIsNamed) {
  client_.counts_seen_time = false;
  events_[1] = event("p1", Party::kProvider, "2026-11-23T12:00:00+01:00", 0);
  events_[1].status = "vendor";
  provider_.statuses["vendor"].pauses.fill(true);
  provider_.statuses["vendor"].waits_for = "third party";
  provider_.statuses["unused"].pauses.fill(true);
  EXPECT_THAT(told(), ElementsAre("resolution: \"acme\" missed, \"desk\" pending: the status "
                                  "\"vendor\" means something else"));
}

TEST_F(CompareTest, TwoCausesThatOnlyTogetherMakeItAreOneWay) {
  provider_.calendars.at("office") = office({sys_days(std::chrono::year(2026) / 11 / 24)});
  // Of 17 h 59, the client counts 9 + 9 + 9 h; without the delay 9 + 9 + 0.5, without the day in
  // between 9 + 9 + 0.5, without both 9 + 0.5.
  events_[1] = event("p1", Party::kProvider, "2026-11-25T09:30:00+01:00", 24 * 60);
  events_[1].status = "resolved";
  const auto found = compare(events_, client_, provider_, now_);
  ASSERT_THAT(found, SizeIs(1));
  ASSERT_THAT(found[0].ways, SizeIs(1));
  EXPECT_EQ(found[0].ways[0].size(), 2U);
}

TEST_F(CompareTest, SeveralEventsAreNamedOnlyWhenAllAreNeeded) {
  events_[1] = event("p1", Party::kProvider, "2026-11-23T10:00:00+01:00", 30);
  events_[1].answered = true;
  events_.push_back(event("p2", Party::kProvider, "2026-11-24T17:58:00+01:00", 6));
  events_.back().status = "resolved";
  EXPECT_THAT(told(), ElementsAre(HasSubstr("event \"p2\"")));
}

TEST(SlaCheck, ATargetWithoutTimeOrHoursIsRefused) {
  SlaContract contract;
  contract.name = "acme";
  contract.targets["P1"][0] = Target{hours(1), "nights"};
  EXPECT_THAT(check(contract).error().message,
              HasSubstr("the response of priority \"P1\" names the calendar \"nights\""));
  contract.calendars.emplace("nights", *Calendar::make(around_the_clock("nights")));
  EXPECT_TRUE(check(contract));
  contract.targets["P1"][0]->time = minutes(0);
  EXPECT_THAT(check(contract).error().message, HasSubstr("has no time"));
}

TEST_F(CompareTest, AStretchSaysForWhomTheClockWaits) {
  provider_.statuses["waiting"].pauses.fill(true);
  provider_.statuses["waiting"].waits_for = "client";
  events_[1].at = at("2026-11-23T12:00:00+01:00");
  events_[1].status = "waiting";
  const SlaState state = evaluate(events_, provider_, now_);
  const GoalState& goal = state.of(Goal::kResolution);
  ASSERT_THAT(goal.stretches, SizeIs(2));
  EXPECT_EQ(goal.stretches[0].because, "c1");
  EXPECT_EQ(goal.stretches[0].used, hours(3));
  EXPECT_EQ(goal.stretches[1].kind, Stretch::Kind::kPaused);
  EXPECT_EQ(goal.stretches[1].because, "p1");
  EXPECT_EQ(goal.stretches[1].waits_for, "client");
  EXPECT_EQ(goal.deadline, std::nullopt);
  EXPECT_TRUE(goal.paused);
}

}  // namespace
}  // namespace navette::backoffice::test
