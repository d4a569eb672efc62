#include "tests/backoffice/naive_clock.h"

#include <algorithm>
#include <tuple>

#include <date/tz.h>

namespace navette::backoffice::test {
namespace {

using std::chrono::minutes;
using std::chrono::sys_days;

constexpr minutes kMinute{1};

bool shows(const std::vector<Hours>& list, minutes clock, bool of_the_day_before) {
  return std::any_of(list.begin(), list.end(), [&](const Hours& hours) {
    const bool overnight = hours.to <= hours.from;
    if (of_the_day_before) return overnight && clock < hours.to;
    return clock >= hours.from && (overnight || clock < hours.to);
  });
}

}  // namespace

MinuteCalendar::MinuteCalendar(const CalendarRules& rules, const std::vector<sys_days>& off) {
  const date::time_zone* zone = date::locate_zone(rules.zone.empty() ? "UTC" : rules.zone);
  const std::vector<Hours> none;
  const auto hours_of = [&](sys_days day) -> const std::vector<Hours>& {
    const auto special = rules.special.find(day);
    if (special != rules.special.end()) return special->second;
    if (std::count(off.begin(), off.end(), day) > 0) return none;
    return rules.week[(std::chrono::weekday(day).c_encoding() + 6) % 7];
  };
  date::sys_info info{};
  sys_days day{};
  const std::vector<Hours>* today = &none;
  const std::vector<Hours>* yesterday = &none;
  for (TimePoint minute = kBegin; minute < kEnd; minute += kMinute) {
    const auto second = std::chrono::floor<std::chrono::seconds>(minute);
    if (second >= info.end || second < info.begin) info = zone->get_info(second);
    const TimePoint local = minute + info.offset;
    if (const auto shown = std::chrono::floor<std::chrono::days>(local); shown != day) {
      day = shown;
      today = &hours_of(day);
      yesterday = &hours_of(day - std::chrono::days(1));
    }
    const auto clock = std::chrono::floor<minutes>(local - day);
    open_.push_back(shows(*today, clock, false) || shows(*yesterday, clock, true));
  }
}

minutes MinuteCalendar::open_between(TimePoint from, TimePoint to) const {
  minutes sum{0};
  for (TimePoint minute = from; minute < to; minute += kMinute) {
    if (is_open(minute)) sum += kMinute;
  }
  return sum;
}

std::optional<TimePoint> MinuteCalendar::after(TimePoint from, minutes open) const {
  TimePoint minute = from;
  for (minutes sum{0}; sum < open; minute += kMinute) {
    if (minute >= kEnd) return std::nullopt;
    if (is_open(minute)) sum += kMinute;
  }
  return minute;
}

namespace {

using Timed = std::pair<TimePoint, const TicketEvent*>;

std::vector<Timed> known(const std::vector<TicketEvent>& events, const SlaContract& contract) {
  std::vector<Timed> out;
  for (const TicketEvent& event : events) {
    if (event.side == contract.side || !contract.counts_seen_time) {
      out.emplace_back(event.at, &event);
    } else if (event.seen) {
      out.emplace_back(std::max(event.at, *event.seen), &event);
    }
  }
  std::sort(out.begin(), out.end(), [](const Timed& a, const Timed& b) {
    const auto key = [](const Timed& of) {
      return std::make_tuple(of.first, of.second->at, of.second->side, of.second->order,
                             of.second->id);
    };
    return key(a) < key(b);
  });
  return out;
}

class Counter {
 public:
  Counter(const SlaContract& contract, const MinuteCalendars& calendars, Goal goal)
      : contract_(contract), calendars_(calendars), goal_(goal) {}

  NaiveState run(const std::vector<Timed>& events, TimePoint now) {
    std::size_t next = 0;
    const TimePoint first = events.empty() ? now : events.front().first;
    for (TimePoint minute = first; minute <= now; minute += kMinute) {
      bool visited = false;  // a status that meets the goal, if only for this moment
      bool news = false;
      for (; next < events.size() && events[next].first == minute; ++next) {
        visited = take(*events[next].second) || visited;
        news = true;
      }
      if (!open_) continue;
      if (news) change(visited);
      if (minute < now) live(minute);
    }
    return result(now);
  }

 private:
  const StatusRule& rule() const { return rule_; }
  bool meets() const { return rule().meets[index_of(goal_)] || rule().meets[2]; }

  bool take(const TicketEvent& event) {
    open_ = open_ || event.opened;
    if (event.priority) ticket_priority_ = number_of(*event.priority);
    if (event.status) {
      const auto found = contract_.statuses.find(*event.status);
      rule_ = found == contract_.statuses.end() ? StatusRule{} : found->second;
    }
    if (goal_ == Goal::kResolution) return false;
    return (goal_ == Goal::kResponse && event.answered) ||
           (event.status && rule().meets[index_of(goal_)]);
  }

  void change(bool visited) {
    if (!started_) clock_priority_ = ticket_priority_;
    started_ = true;
    if (met_ && goal_ == Goal::kResolution && !meets()) {
      met_ = false;
      if (contract_.on_reopen == OnReopen::kRestart) counted_.clear();
      if (contract_.on_reopen == OnReopen::kCountAll) {
        counted_.insert(counted_.end(), while_met_.begin(), while_met_.end());
      }
    }
    if (!met_ && (visited || meets())) {
      met_ = true;
      met_now_ = true;
      while_met_.clear();
    }
    if (met_ || clock_priority_ == ticket_priority_) return;
    clock_priority_ = ticket_priority_;
    if (contract_.on_priority == OnPriority::kRestart) counted_.clear();
  }

  void live(TimePoint minute) {
    if (met_now_) met_at_ = minute;
    met_now_ = false;
    if (met_) {
      while_met_.emplace_back(minute, clock_priority_);
      return;
    }
    paused_ = rule().pauses[index_of(goal_)];
    if (!paused_) counted_.emplace_back(minute, clock_priority_);
  }

  std::size_t number_of(const std::string& priority) {
    const auto found = std::find(priorities_.begin(), priorities_.end(), priority);
    if (found == priorities_.end()) return priorities_.push_back(priority), priorities_.size() - 1;
    return static_cast<std::size_t>(found - priorities_.begin());
  }

  std::optional<Target> target(std::size_t priority) const {
    auto found = contract_.targets.find(priorities_[priority]);
    if (found == contract_.targets.end()) found = contract_.targets.find("");
    if (found == contract_.targets.end()) return std::nullopt;
    return found->second[index_of(goal_)];
  }

  NaiveState result(TimePoint now) {
    NaiveState out;
    const auto wanted = started_ ? target(clock_priority_) : std::nullopt;
    if (!wanted) return out;
    if (met_now_) met_at_ = now;
    if (met_) out.met = met_at_;
    // Of the last minute that was lived before it was met; at the very end, of the status.
    out.paused = !met_ && rule().pauses[index_of(goal_)];
    const auto time = std::chrono::floor<minutes>(wanted->time);
    std::vector<const MinuteCalendar*> hours;
    for (std::size_t i = 0; i < priorities_.size(); ++i) {
      const auto by = contract_.on_priority == OnPriority::kKeepUsed ? target(i) : wanted;
      hours.push_back(by ? calendars_.at(by->calendar) : nullptr);
    }
    for (const auto& [minute, priority] : counted_) {
      if (hours[priority] == nullptr || !hours[priority]->is_open(minute)) continue;
      out.used += kMinute;
      if (out.used == time) out.deadline = minute + kMinute;
    }
    out.verdict = out.used > time ? Verdict::kMissed : met_ ? Verdict::kKept : Verdict::kPending;
    const bool ran = met_ ? !paused_ : !out.paused;
    if (!out.deadline && ran) {
      const TimePoint from = met_ ? met_at_ : now;
      out.deadline = calendars_.at(wanted->calendar)->after(from, time - out.used);
    }
    return out;
  }

  const SlaContract& contract_;
  const MinuteCalendars& calendars_;
  const Goal goal_;
  StatusRule rule_;  // of the ticket's status
  std::vector<std::string> priorities_ = {""};
  std::size_t ticket_priority_ = 0;
  std::size_t clock_priority_ = 0;
  bool open_ = false;
  bool started_ = false;
  bool met_ = false;
  bool met_now_ = false;
  bool paused_ = false;
  TimePoint met_at_{};
  std::vector<std::pair<TimePoint, std::size_t>> counted_;
  std::vector<std::pair<TimePoint, std::size_t>> while_met_;
};

}  // namespace

NaiveState naive(const std::vector<TicketEvent>& events, const SlaContract& contract,
                 const MinuteCalendars& calendars, Goal goal, TimePoint now) {
  return Counter(contract, calendars, goal).run(known(events, contract), now);
}

}  // namespace navette::backoffice::test
