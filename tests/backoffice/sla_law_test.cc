// Goal: clocks are right for any history, and what is no difference makes none. Method: histories
// at random near the days on which clocks change; a second implementation counts their minutes.
// NAVETTE_SEED repeats a run; NAVETTE_SLA_HISTORIES says how many (100000 take a minute or two).

#include <algorithm>
#include <cstdio>
#include <sstream>

#include <gtest/gtest.h>

#include "backoffice/sla_compare.h"
#include "tests/backoffice/naive_clock.h"
#include "tests/backoffice/sla_random.h"

namespace navette::backoffice::test {
namespace {

// Counting minutes is what a sanitizer makes slow: a tenth is left for it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kHistories = 500;
#else
constexpr int kHistories = 5000;
#endif

using std::chrono::minutes;
using std::chrono::sys_days;

std::uint64_t seed() {
  static const std::uint64_t kSeed = [] {
    const std::uint64_t seed = number_from("NAVETTE_SEED", 20261128);
    std::printf("NAVETTE_SEED=%llu\n", static_cast<unsigned long long>(seed));
    return seed;
  }();
  return kSeed;
}

int histories() {
  return static_cast<int>(number_from("NAVETTE_SLA_HISTORIES", kHistories));
}

Calendar must(Result<Calendar> calendar) {
  if (!calendar) throw std::runtime_error(calendar.error().message);
  return *std::move(calendar);
}

// French holidays of the years in the tests, from the calendar on the wall.
std::vector<sys_days> french_days(bool alsace) {
  struct Year {
    int year, good_friday_month, good_friday, monday_month, monday;
    int ascension_month, ascension, whit_month, whit;
  };
  constexpr std::array<Year, 3> kYears = {Year{2026, 4, 3, 4, 6, 5, 14, 5, 25},
                                          Year{2027, 3, 26, 3, 29, 5, 6, 5, 17},
                                          Year{2028, 4, 14, 4, 17, 5, 25, 6, 5}};
  std::vector<sys_days> out;
  for (const Year& of : kYears) {
    const auto add = [&](int month, int day) {
      out.emplace_back(std::chrono::year(of.year) / month / day);
    };
    add(1, 1), add(5, 1), add(5, 8), add(7, 14), add(8, 15), add(11, 1), add(11, 11), add(12, 25);
    add(of.monday_month, of.monday);
    add(of.ascension_month, of.ascension);
    add(of.whit_month, of.whit);
    if (!alsace) continue;
    add(12, 26);
    add(of.good_friday_month, of.good_friday);
  }
  return out;
}

class World {
 public:
  enum class With : unsigned char { kCalendars, kMinutesToo };
  World(Dice& dice, int count, With with = With::kCalendars) {
    for (int i = 0; i < count; ++i) {
      const std::string name = "c" + std::to_string(i);
      const CalendarRules rules = random_calendar(dice, name);
      std::vector<sys_days> off = rules.closed;
      if (!rules.holidays.empty()) {
        const auto days = french_days(rules.holidays.size() > french_holidays().size());
        off.insert(off.end(), days.begin(), days.end());
      }
      calendars.emplace(name, must(Calendar::make(rules)));
      if (with == With::kCalendars) continue;
      naive_.push_back(std::make_unique<MinuteCalendar>(rules, off));
      by_minute[name] = naive_.back().get();
    }
  }

  std::map<std::string, Calendar> calendars;
  MinuteCalendars by_minute;

 private:
  std::vector<std::unique_ptr<MinuteCalendar>> naive_;
};

std::string shown(const std::optional<TimePoint>& time) {
  return time ? to_rfc3339(*time) : "never";
}

std::string shown(const History& history) {
  std::ostringstream out;
  for (const TicketEvent& event : history.events) {
    out << event.id << ' ' << to_text(event.side) << ' ' << to_rfc3339(event.at) << " seen "
        << shown(event.seen) << (event.opened ? " opened" : "")
        << (event.answered ? " answered" : "") << ' ' << event.status.value_or("-") << ' '
        << event.priority.value_or("-") << '\n';
  }
  out << "now " << to_rfc3339(history.now);
  return out.str();
}

void expect_same(const GoalState& state, const NaiveState& counted) {
  EXPECT_STREQ(to_text(state.verdict), to_text(counted.verdict));
  if (counted.verdict == Verdict::kNone) return;
  EXPECT_EQ(state.used, counted.used);
  EXPECT_EQ(state.paused, counted.paused);
  EXPECT_EQ(shown(state.met), shown(counted.met));
  // Beyond the minutes that were counted, the clock may know more.
  if (counted.deadline || !state.deadline || *state.deadline < kEnd) {
    EXPECT_EQ(shown(state.deadline), shown(counted.deadline));
  }
}

TEST(SlaLaw, CountingMinutesGivesTheSame) {
  Dice dice(seed());
  World world(dice, 48, World::With::kMinutesToo);
  std::array<int, 4> verdicts{};
  for (int round = 0; round < histories(); ++round) {
    const History history = random_history(dice);
    for (const Party side : {Party::kClient, Party::kProvider}) {
      const SlaContract contract = random_contract(dice, side, world.calendars);
      ASSERT_TRUE(check(contract));
      const SlaState state = evaluate(history.events, contract, history.now);
      for (const Goal goal : kAllGoals) {
        expect_same(state.of(goal),
                    naive(history.events, contract, world.by_minute, goal, history.now));
        ++verdicts[static_cast<std::size_t>(state.of(goal).verdict)];
        ASSERT_FALSE(::testing::Test::HasFailure())
            << "history " << round << ", " << to_text(side) << ", " << to_text(goal) << "\n"
            << shown(history);
      }
    }
  }
  std::printf("%d histories: none %d, pending %d, kept %d, missed %d\n", histories(), verdicts[0],
              verdicts[1], verdicts[2], verdicts[3]);
  for (const int count : verdicts) EXPECT_GT(count, histories() / 50);
}

TEST(SlaLaw, OpenTimeIsTheSameByDayAndByMinute) {
  Dice dice(seed() + 1);
  World world(dice, 48, World::With::kMinutesToo);
  for (int round = 0; round < 4000; ++round) {
    auto one = world.calendars.begin();
    std::advance(one, dice.below(static_cast<int>(world.calendars.size())));
    const TimePoint from = random_day(dice) + minutes(dice.below(1440));
    const TimePoint to = from + minutes(dice.below(dice.one_in(4) ? 20000 : 3000));
    const MinuteCalendar& naive = *world.by_minute[one->first];
    const auto open = one->second.open_between(from, to);
    ASSERT_EQ(open, naive.open_between(from, to)) << one->first << ' ' << to_rfc3339(from);
    ASSERT_EQ(one->second.is_open(from), naive.is_open(from)) << to_rfc3339(from);
    if (open.count() == 0) continue;
    const auto reached = one->second.after(from, open);
    ASSERT_TRUE(reached);
    ASSERT_LE(*reached, to);
    ASSERT_EQ(one->second.open_between(from, *reached), open);
    ASSERT_EQ(*reached, naive.after(from, std::chrono::floor<minutes>(open)));
    // By milliseconds, too: a sum does not depend on where it is cut.
    const TimePoint cut = from + std::chrono::milliseconds(dice.below(86'400'000));
    if (cut >= to) continue;
    ASSERT_EQ(one->second.open_between(from, cut) + one->second.open_between(cut, to), open);
  }
}

// ---- what is no difference ---------------------------------------------------------------------

// What a report would judge by.
std::string judged(const SlaState& state) {
  std::string out = state.status + " " + state.priority;
  for (const Goal goal : kAllGoals) {
    const GoalState& of = state.of(goal);
    out += std::string("; ") + to_text(goal) + " " + to_text(of.verdict) + " used " +
           std::to_string(of.used.count()) + " met " + shown(of.met) + " deadline " +
           shown(of.deadline) + " started " + shown(of.started) + (of.paused ? " paused" : "");
  }
  return out;
}

std::vector<TicketEvent> shuffled(std::vector<TicketEvent> events, Dice& dice) {
  for (std::size_t i = events.size(); i > 1; --i) {
    std::swap(events[i - 1], events[static_cast<std::size_t>(dice.below(static_cast<int>(i)))]);
  }
  return events;
}

// Each of the things that an event says as an event of its own.
std::vector<TicketEvent> divided(const std::vector<TicketEvent>& events) {
  std::vector<TicketEvent> out;
  for (const TicketEvent& event : events) {
    TicketEvent part = event;
    part.opened = false;
    part.answered = false;
    part.status.reset();
    part.priority.reset();
    const auto add = [&](const char* name, auto member) {
      TicketEvent one = part;
      one.*member = event.*member;
      one.id += name;
      if (one != part) out.push_back(std::move(one));
    };
    add("/o", &TicketEvent::opened);
    add("/a", &TicketEvent::answered);
    add("/s", &TicketEvent::status);
    add("/p", &TicketEvent::priority);
  }
  return out;
}

// Neighbours of one moment and side that say different things, as one event.
std::vector<TicketEvent> merged(const std::vector<TicketEvent>& events) {
  std::vector<TicketEvent> out;
  for (const TicketEvent& event : events) {
    TicketEvent* const last = out.empty() ? nullptr : &out.back();
    if (last == nullptr || last->at != event.at || last->seen != event.seen ||
        last->side != event.side || (last->status && event.status) ||
        (last->priority && event.priority)) {
      out.push_back(event);
      continue;
    }
    last->opened = last->opened || event.opened;
    last->answered = last->answered || event.answered;
    if (event.status) last->status = event.status;
    if (event.priority) last->priority = event.priority;
  }
  return out;
}

TEST(SlaLaw, SplittingMergingReorderingAndRepeatingChangeNothing) {
  Dice dice(seed() + 2);
  World world(dice, 12);
  int fewer = 0;
  for (int round = 0; round < 4000; ++round) {
    const History history = random_history(dice);
    const Party side = dice.one_in(2) ? Party::kClient : Party::kProvider;
    const SlaContract contract = random_contract(dice, side, world.calendars);
    const auto of = [&](const std::vector<TicketEvent>& events) {
      return judged(evaluate(events, contract, history.now));
    };
    const std::string expected = of(history.events);
    std::vector<TicketEvent> twice = history.events;
    twice.insert(twice.end(), history.events.begin(), history.events.end());
    const auto one = merged(history.events);
    fewer += one.size() < history.events.size() ? 1 : 0;
    SCOPED_TRACE(shown(history));
    ASSERT_EQ(of(shuffled(history.events, dice)), expected);
    ASSERT_EQ(of(shuffled(divided(history.events), dice)), expected);
    ASSERT_EQ(of(shuffled(one, dice)), expected);
    ASSERT_EQ(of(shuffled(twice, dice)), expected);
  }
  EXPECT_GT(fewer, 500);
}

// A verdict of the past is what it was: later events do not reach back.
TEST(SlaLaw, LaterEventsChangeNoEarlierVerdict) {
  Dice dice(seed() + 3);
  World world(dice, 12);
  for (int round = 0; round < 4000; ++round) {
    const History history = random_history(dice);
    const SlaContract contract = random_contract(dice, Party::kClient, world.calendars);
    const auto& event = dice.pick(history.events);
    const TimePoint now = event.at + minutes(dice.below(600));
    std::vector<TicketEvent> known;
    for (const TicketEvent& one : history.events) {
      const auto time = time_for(contract, one);
      if (time && *time <= now) known.push_back(one);
    }
    ASSERT_EQ(evaluate(history.events, contract, now), evaluate(known, contract, now));
  }
}

// The stretches are the whole life of the clock, and their sum is what was used.
TEST(SlaLaw, StretchesHaveNoGapsAndAddUp) {
  Dice dice(seed() + 4);
  World world(dice, 12);
  for (int round = 0; round < 4000; ++round) {
    const History history = random_history(dice);
    const SlaContract contract = random_contract(dice, Party::kProvider, world.calendars);
    const SlaState state = evaluate(history.events, contract, history.now);
    for (const GoalState& goal : state.goals) {
      std::chrono::milliseconds used{0};
      for (std::size_t i = 0; i < goal.stretches.size(); ++i) {
        const Stretch& stretch = goal.stretches[i];
        used += stretch.used;
        ASSERT_LE(stretch.begin, stretch.end);
        ASSERT_EQ(stretch.end,
                  i + 1 < goal.stretches.size() ? goal.stretches[i + 1].begin : history.now);
        ASSERT_TRUE(stretch.counts || stretch.used.count() == 0);
      }
      ASSERT_EQ(used, goal.used);
    }
  }
}

// ---- two contracts -----------------------------------------------------------------------------

TEST(SlaLaw, EveryDifferenceHasACause) {
  Dice dice(seed() + 5);
  World world(dice, 12);
  std::array<int, 6> kinds{};
  for (int round = 0; round < 3000; ++round) {
    const History history = random_history(dice);
    const SlaContract client = random_contract(dice, Party::kClient, world.calendars);
    SlaContract provider = random_contract(dice, Party::kProvider, world.calendars);
    if (dice.one_in(2)) {  // the same promises, seen from the other side
      provider = client;
      provider.side = Party::kProvider;
    }
    const SlaState one = evaluate(history.events, client, history.now);
    const SlaState two = evaluate(history.events, provider, history.now);
    std::size_t expected = 0;
    for (const Goal goal : kAllGoals) {
      expected += one.of(goal).verdict != two.of(goal).verdict ? 1U : 0U;
    }
    const auto found = compare(history.events, client, provider, history.now);
    ASSERT_EQ(found.size(), expected) << shown(history);
    for (const Difference& difference : found) {
      ASSERT_FALSE(difference.ways.empty());
      ASSERT_EQ(explain(difference, client, provider).size(), difference.ways.size());
      for (const auto& way : difference.ways) {
        ASSERT_FALSE(way.empty());
        for (const Cause& cause : way) ++kinds[static_cast<std::size_t>(cause.kind)];
      }
    }
    ASSERT_TRUE(compare(history.events, client, client, history.now).empty());
  }
  for (const int count : kinds) EXPECT_GT(count, 0);
}

}  // namespace
}  // namespace navette::backoffice::test
