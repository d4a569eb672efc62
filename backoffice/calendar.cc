#include "backoffice/calendar.h"

#include <algorithm>
#include <utility>

namespace navette::backoffice {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::sys_days;

constexpr minutes kDay{24 * 60};

std::size_t monday_first(sys_days day) {
  return std::chrono::weekday(day).iso_encoding() - 1;
}

std::string wrong_hours(const std::vector<Hours>& list) {
  for (const Hours& hours : list) {
    if (hours.from < minutes(0) || hours.from >= kDay) return "hours begin from 00:00 to 23:59";
    if (hours.to <= minutes(0) || hours.to > kDay) return "hours end from 00:01 to 24:00";
  }
  return {};
}

std::string wrong(const CalendarRules& rules) {
  constexpr std::chrono::year kLeapYear{2024};
  for (const auto& list : rules.week) {
    if (const std::string why = wrong_hours(list); !why.empty()) return why;
  }
  for (const auto& [day, list] : rules.special) {
    if (const std::string why = wrong_hours(list); !why.empty()) return why;
  }
  for (const HolidayRule& rule : rules.holidays) {
    const bool near_easter = rule.month == 0 && std::abs(rule.day) < 366;
    const bool date = rule.month > 0 && rule.day > 0 && (kLeapYear / rule.month / rule.day).ok();
    if (!near_easter && !date) return "the holiday \"" + rule.name + "\" is no day of any year";
  }
  return {};
}

}  // namespace

CalendarRules around_the_clock(std::string name) {
  CalendarRules rules;
  rules.name = std::move(name);
  rules.week.fill({Hours{minutes(0), kDay}});
  return rules;
}

CalendarRules weekdays(std::string name, std::string zone, std::vector<Hours> hours) {
  CalendarRules rules;
  rules.name = std::move(name);
  rules.zone = std::move(zone);
  for (std::size_t day = 0; day < 5; ++day) rules.week[day] = hours;
  return rules;
}

// What is open of one day: its own hours until midnight, and the end of what began the day before.
Calendar::Pieces Calendar::pieces_of(const std::vector<Hours>& today,
                                     const std::vector<Hours>& yesterday) {
  Pieces all;
  for (const Hours& hours : today) {
    all.push_back({hours.from, hours.to > hours.from ? hours.to : kDay});
  }
  for (const Hours& hours : yesterday) {
    if (hours.to <= hours.from) all.push_back({minutes(0), hours.to});
  }
  std::sort(all.begin(), all.end(), [](const Hours& a, const Hours& b) { return a.from < b.from; });
  Pieces apart;
  for (const Hours& piece : all) {
    if (!apart.empty() && piece.from <= apart.back().to) {
      apart.back().to = std::max(apart.back().to, piece.to);
    } else {
      apart.push_back(piece);
    }
  }
  return apart;
}

Result<Calendar> Calendar::make(CalendarRules rules) {
  const auto error = [&rules](const std::string& why) {
    return Error{Fault::kMisconfigured, "read calendar \"" + rules.name + "\": " + why};
  };
  if (const std::string why = wrong(rules); !why.empty()) return error(why);
  const auto zone = Zone::find(rules.zone);
  if (!zone) return error("there is no time zone \"" + rules.zone + "\"");
  auto data = std::make_shared<Data>();
  std::sort(rules.closed.begin(), rules.closed.end());
  data->rules = std::move(rules);
  data->zone = *zone;
  const std::vector<Hours> off;
  for (std::size_t day = 0; day < 7; ++day) {
    const std::vector<Hours>& today = data->rules.week[day];
    const std::vector<Hours>& yesterday = data->rules.week[(day + 6) % 7];
    for (std::size_t flags = 0; flags < 4; ++flags) {
      data->days[day * 4 + flags] =
          pieces_of((flags & 1) != 0 ? off : today, (flags & 2) != 0 ? off : yesterday);
    }
  }
  return Calendar(std::move(data));
}

bool Calendar::is_open(TimePoint time) const {
  const auto opening = Walk(*this, time).next(time + milliseconds(1));
  return opening.has_value();
}

milliseconds Calendar::open_between(TimePoint from, TimePoint to) const {
  milliseconds sum{0};
  Walk walk(*this, from);
  while (const auto opening = walk.next(to)) sum += std::min(opening->end, to) - opening->begin;
  return sum;
}

std::optional<TimePoint> Calendar::after(TimePoint from, milliseconds open) const {
  if (open <= milliseconds(0)) return from;
  const TimePoint limit = from + days(366 * kYearsMax);
  Walk walk(*this, from);
  while (const auto opening = walk.next(limit)) {
    const milliseconds here = opening->end - opening->begin;
    if (here >= open) return opening->begin + open;
    open -= here;
  }
  return std::nullopt;
}

// ---- Walk --------------------------------------------------------------------------------------

Calendar::Walk::Walk(const Calendar& calendar, TimePoint from)
    : data_(*calendar.data_), from_(from), span_(data_.zone.span(from)) {
  enter_day(std::chrono::floor<days>(from + span_.offset));
}

bool Calendar::Walk::is_off(sys_days day) {
  const auto year = std::chrono::year_month_day(day).year();
  if (year != year_) {
    year_ = year;
    off_.clear();
    // A rule that counts from Easter may reach into a neighbouring year.
    for (int near = -1; near <= 1; ++near) {
      for (const HolidayRule& rule : data_.rules.holidays) {
        const auto date = holiday_in(rule, year + std::chrono::years(near));
        if (date && std::chrono::year_month_day(*date).year() == year) off_.push_back(*date);
      }
    }
  }
  return std::find(off_.begin(), off_.end(), day) != off_.end() ||
         std::binary_search(data_.rules.closed.begin(), data_.rules.closed.end(), day);
}

const std::vector<Hours>& Calendar::Walk::hours_of(sys_days day) {
  static const std::vector<Hours> kOff;
  const auto special = data_.rules.special.find(day);
  if (special != data_.rules.special.end()) return special->second;
  return is_off(day) ? kOff : data_.rules.week[monday_first(day)];
}

void Calendar::Walk::enter_day(sys_days day) {
  day_ = day;
  piece_ = 0;
  const auto& special = data_.rules.special;
  const sys_days before = day - days(1);
  if (!special.empty() && (special.count(day) != 0 || special.count(before) != 0)) {
    special_ = pieces_of(hours_of(day), hours_of(before));
    pieces_ = &special_;
    return;
  }
  const std::size_t flags = (is_off(before) ? 2U : 0U) + (is_off(day) ? 1U : 0U);
  pieces_ = &data_.days[monday_first(day) * 4 + flags];
}

std::optional<Calendar::Opening> Calendar::Walk::next(TimePoint limit) {
  for (;;) {
    for (; piece_ < pieces_->size(); ++piece_) {
      const Hours& piece = (*pieces_)[piece_];
      const TimePoint begin = std::max({midnight() + piece.from, span_.begin, from_});
      const TimePoint end = std::min(midnight() + piece.to, span_.end);
      if (begin >= end) continue;
      if (begin >= limit) return std::nullopt;
      ++piece_;
      return Opening{begin, end};
    }
    const TimePoint tomorrow = midnight() + days(1);
    if (std::min(tomorrow, span_.end) >= limit) return std::nullopt;
    if (tomorrow < span_.end) {
      enter_day(day_ + days(1));
    } else {
      span_ = data_.zone.span(span_.end);
      enter_day(std::chrono::floor<days>(span_.begin + span_.offset));
    }
  }
}

}  // namespace navette::backoffice
