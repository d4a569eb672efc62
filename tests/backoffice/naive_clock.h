// The clocks of backoffice/sla.h once more, by counting minutes one after the other: slow, short,
// and made of nothing that it checks. Everything happens on whole minutes, from kBegin to before
// kEnd.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backoffice/sla.h"

namespace navette::backoffice::test {

constexpr TimePoint kBegin{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};
constexpr TimePoint kEnd{std::chrono::sys_days(std::chrono::year(2028) / 7 / 1)};

// Whether each minute is open, by asking what the clock on the wall shows.
class MinuteCalendar {
 public:
  // `off`: every closed day from kBegin to kEnd, whatever the rules' holidays and `closed` say.
  MinuteCalendar(const CalendarRules& rules, const std::vector<std::chrono::sys_days>& off);

  bool is_open(TimePoint minute) const {
    return open_[static_cast<std::size_t>((minute - kBegin) / std::chrono::minutes(1))];
  }
  // Both by counting. Nothing when it is not before kEnd.
  std::chrono::minutes open_between(TimePoint from, TimePoint to) const;
  std::optional<TimePoint> after(TimePoint from, std::chrono::minutes open) const;

 private:
  std::vector<bool> open_;
};

struct NaiveState {
  Verdict verdict = Verdict::kNone;
  std::chrono::minutes used{0};
  bool paused = false;
  std::optional<TimePoint> met;
  std::optional<TimePoint> deadline;
};

using MinuteCalendars = std::map<std::string, const MinuteCalendar*>;

NaiveState naive(const std::vector<TicketEvent>& events, const SlaContract& contract,
                 const MinuteCalendars& calendars, Goal goal, TimePoint now);

}  // namespace navette::backoffice::test
