// Goal: credit comes out as the contract says, for the cases that people have been bitten by.

#include "backoffice/credit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backoffice/credit_ledger.h"

namespace navette::backoffice::test {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::sys_days;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Amount kHour = 60 * kAMinute;

sys_days day(int month, int of_month) {
  return sys_days(std::chrono::year(2026) / month / of_month);
}

CreditBlock block(const std::string& id, int first_month, int last_month, Amount size) {
  CreditBlock out;
  out.id = id;
  out.from = day(first_month, 1);
  out.to = sys_days(std::chrono::year(2026) / last_month / std::chrono::last);
  out.size = size;
  return out;
}

TimeEntry entry(const std::string& id, const std::string& ticket, sys_days worked, int time) {
  TimeEntry out;
  out.id = id;
  out.ticket = ticket;
  out.worked = worked;
  out.entered = worked;
  out.time = minutes(time);
  return out;
}

class CreditTest : public ::testing::Test {
 protected:
  CreditTest() {
    contract_.id = "acme";
    contract_.blocks = {block("2026", 1, 12, 100 * kHour)};
  }

  void enter(const std::vector<TimeEntry>& entries) {
    ledger_ = make();
    for (const TimeEntry& one : entries) EXPECT_EQ(ledger_->take(one), CreditLedger::Taken::kNew);
    events_ = ledger_->settle(today_);
  }

  std::optional<CreditLedger> make() const {
    auto made = CreditLedger::make(contract_);
    if (made) return *std::move(made);
    ADD_FAILURE() << made.error().message;
    return std::nullopt;
  }

  Amount left(const std::string& block) const { return ledger_->balance("block/" + block); }
  Amount used_minutes() const { return ledger_->balance("used") / kAMinute; }
  std::string refusal() const { return check(contract_).error().message; }

  CreditContract contract_;
  sys_days today_ = day(6, 30);
  std::optional<CreditLedger> ledger_;
  std::vector<CreditEvent> events_;
};

// ---- rounding ----------------------------------------------------------------------------------

// 45 + 45 + 5 min by the hour: 3 h by entry, 2 h by ticket or by day.
TEST_F(CreditTest, TheScopeOfRoundingIsTheContracts) {
  const std::vector<TimeEntry> entries = {entry("1", "12", day(3, 2), 45),
                                          entry("2", "12", day(3, 2), 45),
                                          entry("3", "12", day(3, 2), 5)};
  contract_.rounding.step = minutes(60);
  for (const auto& [scope, expected] :
       std::vector<std::pair<Rounding::Scope, Amount>>{{Rounding::Scope::kEntry, 180},
                                                       {Rounding::Scope::kTicket, 120},
                                                       {Rounding::Scope::kTicketDay, 120},
                                                       {Rounding::Scope::kDay, 120}}) {
    contract_.rounding.scope = scope;
    enter(entries);
    EXPECT_EQ(used_minutes(), expected);
    EXPECT_EQ(left("2026"), 100 * kHour - expected * kAMinute);
  }
}

TEST_F(CreditTest, DaysAndTicketsAreRoundedApart) {
  const std::vector<TimeEntry> entries = {
      entry("1", "12", day(3, 2), 10), entry("2", "13", day(3, 2), 10),
      entry("3", "12", day(3, 3), 10), entry("4", "12", day(3, 3), 10)};
  contract_.rounding.step = minutes(15);
  for (const auto& [scope, expected] :
       std::vector<std::pair<Rounding::Scope, Amount>>{{Rounding::Scope::kEntry, 60},
                                                       {Rounding::Scope::kTicket, 45},
                                                       {Rounding::Scope::kTicketDay, 60},
                                                       {Rounding::Scope::kDay, 60}}) {
    contract_.rounding.scope = scope;
    enter(entries);
    EXPECT_EQ(used_minutes(), expected);
  }
}

// 10 min spent, 30 counted; both can be told.
TEST_F(CreditTest, AUnitOfHalfAnHourCountsItWhole) {
  contract_.rounding.step = minutes(30);
  enter({entry("1", "12", day(3, 2), 10)});
  const auto why = ledger_->explain("1");
  ASSERT_TRUE(why);
  EXPECT_EQ(why->time, minutes(10));
  EXPECT_EQ(why->amount, 30 * kAMinute);
}

TEST_F(CreditTest, DirectionsAndMinimum) {
  const auto used = [this](Rounding::Direction direction, int minimum, int time) {
    contract_.rounding.step = minutes(15);
    contract_.rounding.direction = direction;
    contract_.rounding.minimum = minutes(minimum);
    enter({entry("1", "12", day(3, 2), time)});
    return used_minutes();
  };
  using Direction = Rounding::Direction;
  EXPECT_EQ(used(Direction::kUp, 0, 16), 30);
  EXPECT_EQ(used(Direction::kUp, 0, 15), 15);
  EXPECT_EQ(used(Direction::kDown, 0, 29), 15);
  EXPECT_EQ(used(Direction::kDown, 0, 14), 0);
  EXPECT_EQ(used(Direction::kNearest, 0, 22), 15);
  EXPECT_EQ(used(Direction::kNearest, 0, 23), 30);
  EXPECT_EQ(used(Direction::kUp, 60, 5), 60);
  EXPECT_EQ(used(Direction::kUp, 60, 61), 75);
  EXPECT_EQ(used(Direction::kUp, 60, 0), 0);
}

// ---- rates -------------------------------------------------------------------------------------

// Points are quarters of an hour, begun, times a rate by the kind of work: 50 min of an engineer at
// 33 are 4 x 33, and on a holiday at 58 they are 4 x 58.
TEST_F(CreditTest, PointsByQuarterAndRate) {
  contract_.rounding.step = minutes(15);
  contract_.holidays = french_holidays();
  contract_.blocks[0].size = 1000 * 15 * kAMinute;
  contract_.rates = {{.name = "engineer", .percent = 3300, .levels = {"ING"}},
                     {.name = "technician", .percent = 2800, .levels = {"TECH"}},
                     {.name = "holiday", .percent = 5800, .holidays_only = true}};
  TimeEntry engineer = entry("1", "12", day(3, 2), 50);
  engineer.level = "ING";
  TimeEntry technician = entry("2", "12", day(3, 2), 50);
  technician.level = "TECH";
  TimeEntry holiday = entry("3", "12", day(5, 1), 50);
  holiday.level = "ING";
  enter({engineer, technician, holiday});
  const auto points = [this](const char* id) {
    return ledger_->explain(id)->amount / (15 * kAMinute);
  };
  EXPECT_EQ(points("1"), 4 * 33);
  EXPECT_EQ(points("2"), 4 * 28);
  EXPECT_EQ(points("3"), 4 * 58);
}

TEST_F(CreditTest, NightWeekEndAndLevelCombineAsTheContractSays) {
  contract_.rates = {
      {.name = "senior", .percent = 200, .levels = {"senior"}},
      {.name = "intern", .percent = 50, .levels = {"intern"}},
      {.name = "week-end", .percent = 150, .weekdays = {6, 7}},
      {.name = "night", .percent = 133, .started = std::pair{minutes(22 * 60), minutes(6 * 60)}}};
  TimeEntry one = entry("1", "12", day(3, 7), 7);  // a Saturday
  one.level = "senior";
  one.started = minutes(23 * 60);
  const auto amount = [&](CreditContract::Rates combine) {
    contract_.combine = combine;
    enter({one});
    return ledger_->balance("used");
  };
  EXPECT_EQ(amount(CreditContract::Rates::kFirst), 14 * kAMinute);
  EXPECT_EQ(amount(CreditContract::Rates::kHighest), 14 * kAMinute);
  EXPECT_EQ(amount(CreditContract::Rates::kProduct), 279'300);  // 7 x 2 x 1.5 x 1.33 min
  EXPECT_THAT(ledger_->explain("1")->rates, ElementsAre("senior", "week-end", "night"));
  one.level = "intern";
  one.started = minutes(6 * 60);
  one.worked = day(3, 9);
  EXPECT_EQ(amount(CreditContract::Rates::kHighest), 35'000);
  one.level.clear();
  one.started.reset();
  EXPECT_EQ(amount(CreditContract::Rates::kHighest), 7 * kAMinute);
}

// ---- blocks ------------------------------------------------------------------------------------

// Time written down after its block ran out, or ended, still is that block's.
TEST_F(CreditTest, BackdatedTimeDrawsOnTheBlockOfItsDay) {
  contract_.blocks = {block("spring", 1, 3, kHour), block("summer", 4, 6, kHour)};
  TimeEntry late = entry("3", "12", day(2, 1), 30);
  late.entered = day(6, 20);
  const std::vector<TimeEntry> entries = {entry("1", "12", day(3, 1), 30),
                                          entry("2", "12", day(5, 1), 60), late};
  enter(entries);
  EXPECT_EQ(ledger_->explain("3")->parts[0].block, "spring");
  EXPECT_EQ(ledger_->balance("held"), 0);
  contract_.order = CreditContract::Order::kEntered;
  enter(entries);
  EXPECT_EQ(ledger_->explain("3")->draw, Draw::kHeld);
  EXPECT_EQ(ledger_->balance("held"), 30 * kAMinute);
  EXPECT_EQ(ledger_->balance("lost"), 30 * kAMinute);
}

TEST_F(CreditTest, AnEntryIsSplitAtTheLimitOrNot) {
  contract_.blocks = {block("small", 1, 12, kHour), block("large", 1, 12, 2 * kHour)};
  contract_.blocks[1].rank = 1;
  enter({entry("1", "12", day(3, 1), 90), entry("2", "12", day(3, 2), 120)});
  EXPECT_THAT(ledger_->explain("1")->parts,
              ElementsAre(DrawPart{"small", kHour, kHour, 0},
                          DrawPart{"large", kHour / 2, 2 * kHour, 3 * kHour / 2}));
  EXPECT_EQ(ledger_->explain("2")->draw, Draw::kHeld);
  EXPECT_EQ(ledger_->balance("held"), kHour / 2);
  contract_.split = false;
  contract_.beyond = CreditContract::Beyond::kRefuse;
  enter({entry("1", "12", day(3, 1), 90), entry("2", "12", day(3, 2), 120),
         entry("3", "12", day(3, 3), 90)});
  EXPECT_EQ(ledger_->explain("2")->draw, Draw::kRefused);
  EXPECT_EQ(ledger_->balance("refused"), 2 * kHour);
  EXPECT_EQ(left("large"), 0);
}

TEST_F(CreditTest, SomePercentMayBeOverdrawn) {
  contract_.blocks = {block("2026", 1, 12, 10 * kHour)};
  contract_.blocks[0].overrun_percent = 10;
  enter({entry("1", "12", day(3, 1), 650), entry("2", "12", day(3, 2), 30)});
  EXPECT_EQ(left("2026"), -kHour);
  EXPECT_EQ(ledger_->balance("held"), 20 * kAMinute);
  EXPECT_EQ(ledger_->explain("1")->parts.size(), 1U);
  EXPECT_EQ(ledger_->explain("2")->parts[0].after, -kHour);
  // A top-up covers what was overdrawn, and what was held.
  contract_.blocks[0].top_ups = {{"june", 2 * kHour}};
  ASSERT_TRUE(ledger_->change(contract_));
  ledger_->settle(today_);
  EXPECT_EQ(left("2026"), 40 * kAMinute);
  EXPECT_EQ(ledger_->balance("held"), 0);
}

TEST_F(CreditTest, WhatIsLeftIsLostOrCarried) {
  using Carry = CreditBlock::Carry;
  contract_.blocks = {block("spring", 1, 3, 2 * kHour), block("summer", 4, 6, 2 * kHour)};
  contract_.blocks[0].overrun_percent = 50;
  contract_.blocks[0].carry_to = "summer";
  const auto summer = [this](Carry carry, int time) {
    contract_.blocks[0].carry = carry;
    enter({entry("1", "12", day(3, 1), time)});
    return left("summer") / kAMinute;
  };
  EXPECT_EQ(summer(Carry::kNothing, 90), 120);
  EXPECT_EQ(ledger_->balance("lost"), 30 * kAMinute);
  EXPECT_EQ(summer(Carry::kRest, 90), 150);
  EXPECT_EQ(left("spring"), 0);
  EXPECT_EQ(summer(Carry::kRest, 150), 120);
  EXPECT_EQ(left("spring"), -30 * kAMinute);
  EXPECT_EQ(summer(Carry::kRestAndOverrun, 150), 90);
  EXPECT_EQ(left("spring"), 0);
  today_ = day(3, 31);  // its last day
  EXPECT_EQ(summer(Carry::kRest, 90), 120);
  EXPECT_EQ(left("spring"), 30 * kAMinute);
}

TEST_F(CreditTest, EnvelopesAndNamedBlocks) {
  contract_.blocks = {block("run", 1, 12, kHour), block("build", 1, 12, kHour)};
  contract_.blocks[0].activities = {"support"};
  contract_.blocks[1].activities = {"development"};
  TimeEntry support = entry("1", "12", day(3, 1), 90);
  support.activity = "support";
  TimeEntry named = entry("2", "12", day(3, 1), 10);
  named.activity = "support";
  named.block = "build";
  TimeEntry lost = entry("3", "12", day(3, 1), 10);
  lost.block = "nothing";
  enter({support, named, lost});
  EXPECT_EQ(left("run"), 0);
  EXPECT_EQ(left("build"), 50 * kAMinute);
  EXPECT_EQ(ledger_->balance("held"), 40 * kAMinute);
}

TEST_F(CreditTest, WhatDoesNotCountDrawsOnNothingAndIsMarked) {
  TimeEntry project = entry("1", "12", day(3, 1), 60);
  project.in_perimeter = false;
  TimeEntry gift = entry("2", "12", day(3, 1), 60);
  gift.billable = false;
  TimeEntry draft = entry("3", "12", day(3, 1), 60);
  draft.approved = false;
  enter({project, gift, draft});
  EXPECT_EQ(used_minutes(), 0);
  EXPECT_EQ(ledger_->explain("1")->draw, Draw::kOutOfPerimeter);
  EXPECT_EQ(ledger_->explain("2")->draw, Draw::kNotBillable);
  EXPECT_EQ(ledger_->explain("3")->draw, Draw::kNotApproved);
  EXPECT_THAT(ledger_->explain("1")->parts, IsEmpty());
  EXPECT_THAT(ledger_->transactions(), SizeIs(1));  // the block's size
}

// ---- limits ------------------------------------------------------------------------------------

TEST_F(CreditTest, LimitsAreToldOnceWithTheEntryThatReachedThem) {
  contract_.blocks = {block("2026", 1, 12, 10 * kHour)};
  enter({entry("1", "12", day(3, 1), 479), entry("2", "12", day(3, 2), 1)});
  using Kind = CreditEvent::Kind;
  EXPECT_THAT(events_, ElementsAre(CreditEvent{Kind::kUsed, "2026", 80, "2"}));
  EXPECT_THAT(ledger_->settle(today_), IsEmpty());
  ledger_->take(entry("3", "12", day(3, 3), 120));
  EXPECT_THAT(ledger_->settle(today_), ElementsAre(CreditEvent{Kind::kUsed, "2026", 95, "3"},
                                                   CreditEvent{Kind::kUsed, "2026", 100, "3"}));
  // An earlier one does not tell them again; taken back and reached again, they are told again.
  ledger_->take(entry("0", "12", day(1, 5), 1));
  EXPECT_THAT(ledger_->settle(today_), IsEmpty());
  TimeEntry gone = entry("3", "12", day(3, 3), 120);
  gone.revision = 2;
  gone.deleted = true;
  ledger_->take(gone);
  EXPECT_THAT(ledger_->settle(today_), IsEmpty());
  ledger_->take(entry("4", "12", day(3, 3), 119));
  EXPECT_THAT(ledger_->settle(today_), SizeIs(2));
}

TEST_F(CreditTest, AnEndThatComesNearIsToldWhileSomethingIsLeft) {
  contract_.warn_days = {30, 7};
  contract_.warn_percents = {};
  enter({entry("1", "12", day(3, 1), 60)});
  EXPECT_THAT(events_, IsEmpty());
  using Kind = CreditEvent::Kind;
  EXPECT_THAT(ledger_->settle(day(11, 30)), IsEmpty());
  EXPECT_THAT(ledger_->settle(day(12, 1)), ElementsAre(CreditEvent{Kind::kEnds, "2026", 30, ""}));
  EXPECT_THAT(ledger_->settle(day(12, 31)), ElementsAre(CreditEvent{Kind::kEnds, "2026", 7, ""}));
  EXPECT_THAT(ledger_->settle(day(12, 31) + days(1)), IsEmpty());
}

// ---- the ledger --------------------------------------------------------------------------------

TEST_F(CreditTest, ACorrectionIsAReversalAndANewPosting) {
  enter({entry("1", "12", day(3, 2), 60)});
  TimeEntry shorter = entry("1", "12", day(3, 2), 45);
  shorter.revision = 2;
  EXPECT_EQ(ledger_->take(shorter), CreditLedger::Taken::kNew);
  ledger_->settle(day(7, 1));
  ASSERT_THAT(ledger_->transactions(), SizeIs(4));
  const Transaction& first = ledger_->transactions()[1];
  const Transaction& reversal = ledger_->transactions()[2];
  const Transaction& second = ledger_->transactions()[3];
  EXPECT_EQ(first.key, "entry/1");
  EXPECT_EQ(reversal.reverses, first.number);
  EXPECT_EQ(reversal.revision, 1);
  EXPECT_EQ(reversal.day, day(7, 1));
  EXPECT_EQ(second.revision, 2);
  EXPECT_THAT(second.legs,
              ElementsAre(Leg{"block/2026", -45 * kAMinute}, Leg{"used", 45 * kAMinute}));
  EXPECT_EQ(used_minutes(), 45);
}

TEST_F(CreditTest, RepetitionsAndOldStatesChangeNothingAndConflictsAreSaid) {
  TimeEntry second = entry("1", "12", day(3, 2), 45);
  second.revision = 2;
  enter({second});
  using Taken = CreditLedger::Taken;
  EXPECT_EQ(ledger_->take(second), Taken::kKnown);
  EXPECT_EQ(ledger_->take(entry("1", "12", day(3, 2), 60)), Taken::kKnown);
  second.time = minutes(50);
  EXPECT_EQ(ledger_->take(second), Taken::kConflict);
  EXPECT_EQ(ledger_->take(entry("9", "12", day(3, 2), -1)), Taken::kConflict);
  ledger_->settle(today_);
  EXPECT_EQ(used_minutes(), 45);
  EXPECT_THAT(ledger_->transactions(), SizeIs(2));
}

// After a contract is extended, what had no block finds one; the preview says so before.
TEST_F(CreditTest, AnExtensionIsPreviewedAndThenCoversWhatWasHeld) {
  contract_.blocks = {block("spring", 1, 3, 10 * kHour)};
  enter({entry("1", "12", day(3, 30), 60), entry("2", "12", day(4, 2), 60)});
  EXPECT_EQ(ledger_->balance("held"), kHour);
  CreditContract longer = contract_;
  longer.blocks[0].to = day(6, 30);
  const std::size_t posted = ledger_->transactions().size();
  const Preview preview = ledger_->preview(longer, today_);
  ASSERT_THAT(preview.moves, SizeIs(1));
  EXPECT_EQ(preview.moves[0].entry, "2");
  EXPECT_EQ(preview.moves[0].before->draw, Draw::kHeld);
  EXPECT_EQ(preview.moves[0].after.draw, Draw::kDrawn);
  EXPECT_EQ(preview.after.at("spring").left, 8 * kHour);
  EXPECT_EQ(ledger_->transactions().size(), posted);
  EXPECT_EQ(ledger_->balance("held"), kHour);
  ASSERT_TRUE(ledger_->change(longer));
  ledger_->settle(today_);
  EXPECT_EQ(ledger_->balance("held"), 0);
  EXPECT_EQ(left("spring"), 8 * kHour);
}

TEST_F(CreditTest, AnAmountIsExplainedInASentence) {
  contract_.rounding.step = minutes(60);
  contract_.rounding.scope = Rounding::Scope::kTicket;
  contract_.rates = {{.name = "week-end", .percent = 150, .weekdays = {6, 7}}};
  enter({entry("1", "12", day(3, 7), 45), entry("2", "12", day(3, 7), 45)});
  EXPECT_EQ(to_text(*ledger_->explain("2")),
            "entry 2, revision 1: 45 min, drawn; ticket 12 had 45 min, counted as 60 min, and has "
            "90 min, counted as 120 min: 60 min more; at 150 % (week-end); 1:30 in all; 1:30 on "
            "2026, which had 98:30 and has 97:00");
  EXPECT_EQ(ledger_->explain("9"), std::nullopt);
}

TEST(CreditText, HoursAndDays) {
  EXPECT_EQ(to_hours(0), "0:00");
  EXPECT_EQ(to_hours(90 * kAMinute), "1:30");
  EXPECT_EQ(to_hours(-75'000), "-0:07.5");
  EXPECT_EQ(to_hours(100 * kHour + 5 * kAMinute), "100:05");
  EXPECT_EQ(to_days(7 * kHour, minutes(420)), "1 d");
  EXPECT_EQ(to_days(105 * kAMinute, minutes(420)), "0.25 d");
  EXPECT_EQ(to_days(-735 * kAMinute, minutes(420)), "-1.75 d");
}

TEST_F(CreditTest, WhatIsWrongInAContractIsSaid) {
  contract_.blocks.push_back(contract_.blocks[0]);
  EXPECT_THAT(refusal(), HasSubstr("\"acme\": the block \"2026\" comes twice"));
  contract_.blocks.pop_back();
  contract_.blocks[0].carry = CreditBlock::Carry::kRest;
  contract_.blocks[0].carry_to = "2027";
  EXPECT_THAT(refusal(), HasSubstr("carries to \"2027\""));
  contract_.blocks[0].carry = CreditBlock::Carry::kNothing;
  contract_.rounding.step = minutes(0);
  EXPECT_THAT(refusal(), HasSubstr("less than a minute"));
  contract_.rounding.step = minutes(1);
  contract_.blocks[0].to = contract_.blocks[0].from - days(1);
  EXPECT_THAT(refusal(), HasSubstr("ends before it begins"));
}

}  // namespace
}  // namespace navette::backoffice::test
