// Calendars, contracts and histories made at random, on whole minutes, near the days on which
// clocks change and around holidays.

#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "backoffice/sla.h"
#include "base/random.h"

namespace navette::backoffice::test {

inline std::uint64_t number_from(const char* variable, std::uint64_t fallback) {
  const char* said = std::getenv(variable);
  return said != nullptr ? std::strtoull(said, nullptr, 10) : fallback;
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  int below(int bound) {
    return static_cast<int>(random_.below(static_cast<std::uint64_t>(bound)));
  }
  bool one_in(int of) { return below(of) == 0; }
  template <class T>
  const T& pick(const std::vector<T>& list) {
    return list[static_cast<std::size_t>(below(static_cast<int>(list.size())))];
  }

 private:
  Random random_;
};

inline std::vector<Hours> random_hours(Dice& dice) {
  using std::chrono::minutes;
  std::vector<Hours> out;
  for (int count = 1 + dice.below(3); count > 0; --count) {
    const int from = dice.one_in(3) ? dice.below(1440) : 30 * dice.below(48);
    const int to = dice.one_in(3) ? 1 + dice.below(1440) : 30 * (1 + dice.below(48));
    out.push_back({minutes(from), minutes(to)});
  }
  return out;
}

inline CalendarRules random_calendar(Dice& dice, const std::string& name) {
  using std::chrono::minutes;
  static const std::vector<std::string> kZones = {
      "Europe/Paris",        "Europe/Paris",        "Europe/Paris",      "America/New_York",
      "America/St_Johns",    "Australia/Lord_Howe", "Asia/Kolkata",      "Asia/Kathmandu",
      "America/Sao_Paulo",   "Pacific/Auckland",    "Africa/Casablanca", "",
      "America/Los_Angeles", "Pacific/Chatham",     "Europe/London",     "Africa/Cairo"};
  CalendarRules rules = around_the_clock(name);
  rules.zone = dice.pick(kZones);
  if (!dice.one_in(4)) {
    for (auto& day : rules.week) day = dice.one_in(4) ? std::vector<Hours>() : random_hours(dice);
  } else if (dice.one_in(2)) {
    rules = weekdays(name, rules.zone, {{minutes(540), minutes(1080)}});
  }
  if (dice.one_in(2)) {
    rules.holidays = dice.one_in(2) ? french_holidays() : alsace_moselle_holidays();
  }
  for (int count = dice.below(30); count > 0; --count) {
    const auto day =
        std::chrono::sys_days(std::chrono::year(2026) / 1 / 1) + std::chrono::days(dice.below(900));
    if (dice.one_in(3)) rules.special[day] = random_hours(dice);
    rules.closed.push_back(day);
  }
  return rules;
}

// Days near which something happens to clocks or hours; any other day now and then.
inline TimePoint random_day(Dice& dice) {
  using std::chrono::year;
  static const std::vector<std::chrono::year_month_day> kDays = {
      year(2026) / 3 / 8,   year(2026) / 3 / 29, year(2026) / 4 / 5,  year(2026) / 5 / 1,
      year(2026) / 10 / 25, year(2026) / 11 / 1, year(2026) / 7 / 14, year(2026) / 12 / 25,
      year(2027) / 1 / 1,   year(2027) / 3 / 28, year(2027) / 4 / 4,  year(2027) / 5 / 8,
      year(2027) / 10 / 31, year(2026) / 9 / 27, year(2027) / 2 / 28, year(2027) / 8 / 15};
  const int any = 30 + dice.below(600);
  if (dice.one_in(3)) {
    return TimePoint(std::chrono::sys_days(year(2026) / 1 / 1) + std::chrono::days(any));
  }
  return TimePoint(std::chrono::sys_days(dice.pick(kDays)) - std::chrono::days(dice.below(3)));
}

inline SlaContract random_contract(Dice& dice, Party side,
                                   const std::map<std::string, Calendar>& calendars) {
  SlaContract out;
  out.name = to_text(side);
  out.side = side;
  out.counts_seen_time = !dice.one_in(3);
  out.on_priority = static_cast<OnPriority>(dice.below(3));
  out.on_reopen = static_cast<OnReopen>(dice.below(3));
  std::vector<std::string> names;
  for (int count = 0; count < 2; ++count) {
    auto one = calendars.begin();
    std::advance(one, dice.below(static_cast<int>(calendars.size())));
    out.calendars.insert(*one);
    names.push_back(one->first);
  }
  for (const char* priority : {"P1", "P2", ""}) {
    if (dice.one_in(6)) continue;
    for (const Goal goal : kAllGoals) {
      if (dice.one_in(6)) continue;
      const int time = dice.one_in(2) ? 1 + dice.below(240) : 60 * (1 + dice.below(24));
      out.targets[priority][index_of(goal)] = Target{std::chrono::minutes(time), dice.pick(names)};
    }
  }
  for (const char* status : {"waiting", "planned", "answered", "bypassed", "resolved", "closed"}) {
    StatusRule& rule = out.statuses[status];
    const std::string name = status;
    const bool odd = dice.one_in(8);  // a contract that sees it in its own way
    for (const Goal goal : kAllGoals) {
      rule.pauses[index_of(goal)] =
          name == "waiting" || (name == "planned" && !dice.one_in(3)) || (odd && dice.one_in(2));
    }
    rule.meets[0] = name == "answered" || (odd && dice.one_in(3));
    rule.meets[1] = name == "bypassed" || (odd && dice.one_in(3));
    rule.meets[2] = name == "resolved" || name == "closed";
  }
  return out;
}

struct History {
  std::vector<TicketEvent> events;
  TimePoint now;
};

inline History random_history(Dice& dice) {
  using std::chrono::minutes;
  static const std::vector<std::string> kStatuses = {"new",      "working",  "waiting",  "planned",
                                                     "answered", "bypassed", "resolved", "closed"};
  static const std::vector<std::string> kPriorities = {"P1", "P2", "P3"};
  History out;
  TimePoint time = random_day(dice) + minutes(dice.below(1440));
  const int count = 1 + dice.below(9);
  for (int i = 0; i < count; ++i) {
    TicketEvent event;
    event.id = "e" + std::to_string(i);
    event.side = dice.one_in(3) ? Party::kClient : Party::kProvider;
    event.at = time;
    event.order = i;
    if (!dice.one_in(12)) {
      event.seen = time + minutes(dice.one_in(2) ? dice.below(4) : dice.below(180));
    }
    if (i > 0 && out.events.back().at == time && !dice.one_in(3)) {  // the same change's next line
      event.side = out.events.back().side;
      event.seen = out.events.back().seen;
    }
    event.opened = i == 0 || dice.one_in(20);
    if (i == 0 || !dice.one_in(3)) event.status = dice.pick(kStatuses);
    if (i == 0 || dice.one_in(4)) event.priority = dice.pick(kPriorities);
    event.answered = dice.one_in(6);
    out.events.push_back(std::move(event));
    const int kind = dice.below(4);
    if (kind == 1) time += minutes(dice.below(90));
    if (kind == 2) time += minutes(dice.below(1440));
    if (kind == 3) time += minutes(dice.below(2880));
  }
  out.now = time + minutes(dice.one_in(2) ? dice.below(240) : dice.below(2880));
  return out;
}

}  // namespace navette::backoffice::test
