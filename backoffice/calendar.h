// Working hours: when a clock of an agreement counts.
//
// A moment is open when a clock in the calendar's zone then shows a time of the hours of that day.
// So an hour that the clocks skip counts for nothing, and one that comes twice counts twice.
//
// Hours that go over midnight belong to the day on which they begin: when that day is a holiday all
// of them fall away, and when the next one is they stay. Who wants them cut at midnight writes two:
// until 24:00, and from 00:00 of the day after. Hours that overlap count once.

#pragma once

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "navette/result.h"

#include "backoffice/holidays.h"
#include "base/clock.h"
#include "mapping/zone.h"

namespace navette::backoffice {

// From `from` to before `to`, on the clock there. `to` is 24:00 at most; at or before `from` it is
// a time of the day after: 22:00 to 06:00. A whole day is 00:00 to 24:00.
struct Hours {
  std::chrono::minutes from{0};
  std::chrono::minutes to{0};
};

struct CalendarRules {
  std::string name;                        // for messages
  std::string zone;                        // "Europe/Paris"; empty is UTC
  std::array<std::vector<Hours>, 7> week;  // Monday first; an empty day is closed
  std::vector<HolidayRule> holidays;
  std::vector<std::chrono::sys_days> closed;  // single days, beside the rules
  // Days with hours of their own, whatever the week, the rules and `closed` say.
  std::map<std::chrono::sys_days, std::vector<Hours>> special;
};

// Every day of the week, the whole day. Without holidays and in UTC, until these are filled in.
CalendarRules around_the_clock(std::string name);
// Monday to Friday, these hours.
CalendarRules weekdays(std::string name, std::string zone, std::vector<Hours> hours);

// Threads: immutable, safe from any. Copies are cheap and share what they read.
class Calendar {
 public:
  // Errors: kMisconfigured, with the calendar's name: a zone that is not known, hours out of range,
  // a holiday that is no day of any year.
  static Result<Calendar> make(CalendarRules rules);

  const std::string& name() const { return data_->rules.name; }
  const CalendarRules& rules() const { return data_->rules; }

  bool is_open(TimePoint time) const;

  // Open time from `from` to before `to`; 0 when `to` is not after `from`. Takes time by the day.
  std::chrono::milliseconds open_between(TimePoint from, TimePoint to) const;

  // The first moment by which that much open time has passed since `from`: the end of Friday's
  // hours rather than the beginning of Monday's, and `from` itself for 0 or less. Nothing when that
  // is not within kYearsMax.
  static constexpr int kYearsMax = 20;
  std::optional<TimePoint> after(TimePoint from, std::chrono::milliseconds open) const;

  struct Opening {
    TimePoint begin;
    TimePoint end;
  };
  class Walk;

 private:
  using Pieces = std::vector<Hours>;  // of one day, in order and apart; `to` is after `from`
  struct Data {
    CalendarRules rules;
    Zone zone;
    // By weekday, whether it is off, whether the day before it is off.
    std::array<Pieces, 28> days;
  };
  explicit Calendar(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  static Pieces pieces_of(const std::vector<Hours>& today, const std::vector<Hours>& yesterday);

  std::shared_ptr<const Data> data_;  // shared by the copies of a calendar: no one of them owns it
};

// The openings of a calendar in their order; none is empty. Two may touch: at midnight, or where
// the clocks change. Threads: one.
class Calendar::Walk {
 public:
  // What is open from that moment on. REQUIRES: the calendar lives as long.
  Walk(const Calendar& calendar, TimePoint from);

  // The next opening that begins before `limit`; what reaches beyond it is not cut.
  std::optional<Opening> next(TimePoint limit);

 private:
  bool is_off(std::chrono::sys_days day);
  const std::vector<Hours>& hours_of(std::chrono::sys_days day);
  void enter_day(std::chrono::sys_days day);
  TimePoint midnight() const { return TimePoint(day_) - span_.offset; }

  const Data& data_;
  TimePoint from_;
  Zone::Span span_{};
  std::chrono::sys_days day_;
  Pieces special_;  // of `day_`, when it or the one before it has hours of its own
  const Pieces* pieces_ = nullptr;
  std::size_t piece_ = 0;
  std::chrono::year year_{};  // whose holidays these are
  std::vector<std::chrono::sys_days> off_;
};

}  // namespace navette::backoffice
