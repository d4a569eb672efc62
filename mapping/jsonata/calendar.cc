#include "mapping/jsonata/calendar.h"

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>

namespace navette::jsonata {
namespace {

constexpr double kTimeMax = 8.64e15;

std::int64_t floor_divide(std::int64_t number, std::int64_t by) {
  return (number >= 0 ? number : number - by + 1) / by;
}

struct YearMonth {
  double year;
  int month;  // 0 to 11
  double start() const {
    return static_cast<double>(days_to_month(static_cast<std::int64_t>(year), month)) * kDayMillis;
  }
  YearMonth next_month() const {
    return month == 11 ? YearMonth{year + 1, 0} : YearMonth{year, month + 1};
  }
  YearMonth previous_month() const {
    return month == 0 ? YearMonth{year - 1, 11} : YearMonth{year, month - 1};
  }
  YearMonth next_year() const { return {year + 1, month}; }
  YearMonth previous_year() const { return {year - 1, month}; }
};

int weekday_of(double millis) {
  const double days = std::floor(millis / kDayMillis);
  const double weekday = days + 3 - std::floor((days + 3) / 7) * 7;  // 0: Monday
  return static_cast<int>(weekday) + 1;
}

// The Monday of the week that holds the first Thursday.
double first_week(YearMonth from) {
  const double start = from.start();
  const int weekday = weekday_of(start);
  return weekday > 4 ? start + (8 - weekday) * kDayMillis : start - (weekday - 1) * kDayMillis;
}

double weeks_between(double start, double end) {
  return (end - start) / (kDayMillis * 7) + 1;
}

double today(double millis) {
  return std::floor(millis / kDayMillis) * kDayMillis;
}

}  // namespace

std::int64_t days_to_month(std::int64_t year, int month) {
  // Years start in March here, so that the leap day is the last one.
  const std::int64_t y = month < 2 ? year - 1 : year;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t in_era = y - era * 400;
  const int shifted = (month + 10) % 12;
  const std::int64_t day_of_era =
      in_era * 365 + in_era / 4 - in_era / 100 + (153 * shifted + 2) / 5;
  return era * 146097 + day_of_era - 719468;
}

CalendarTime calendar_time(double millis) {
  constexpr std::int64_t kDay = 86'400'000;
  const auto whole = static_cast<std::int64_t>(std::floor(millis));
  const std::int64_t days = floor_divide(whole, kDay);
  auto rest = static_cast<int>(whole - days * kDay);
  // Count from March of year 0, in eras of 400 years.
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = floor_divide(shifted, 146097);
  const auto day_of_era = static_cast<int>(shifted - era * 146097);
  const int year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int month = (5 * day_of_year + 2) / 153;  // 0: March
  CalendarTime out{};
  out.day = day_of_year - (153 * month + 2) / 5 + 1;
  out.month = month < 10 ? month + 3 : month - 9;
  out.year = static_cast<double>(year_of_era + era * 400 + (out.month <= 2 ? 1 : 0));
  out.hour = rest / 3'600'000;
  rest %= 3'600'000;
  out.minute = rest / 60'000;
  rest %= 60'000;
  out.second = rest / 1000;
  out.milli = rest % 1000;
  out.weekday = static_cast<int>(days + 3 - floor_divide(days + 3, 7) * 7) + 1;
  return out;
}

double utc_millis(double year, double month, double day, double hour, double minute, double second,
                  double milli) {
  for (double* part : {&year, &month, &day, &hour, &minute, &second, &milli}) {
    if (!std::isfinite(*part)) return std::numeric_limits<double>::quiet_NaN();
    *part = std::trunc(*part);
  }
  if (year >= 0 && year <= 99) year += 1900;
  const double years = std::floor(month / 12);
  if (std::fabs(year + years) > 400'000) return std::numeric_limits<double>::quiet_NaN();
  const auto first =
      days_to_month(static_cast<std::int64_t>(year + years), static_cast<int>(month - years * 12));
  const double days = static_cast<double>(first) + day - 1;
  const double millis =
      days * kDayMillis + hour * 3'600'000 + minute * 60'000 + second * 1000 + milli;
  return std::fabs(millis) <= kTimeMax ? millis : std::numeric_limits<double>::quiet_NaN();
}

double day_of_year(double millis) {
  const double start = YearMonth{calendar_time(millis).year, 0}.start();
  return std::floor((today(millis) - start) / kDayMillis) + 1;
}

double week_of_year(double millis) {
  const YearMonth year{calendar_time(millis).year, 0};
  const double day = today(millis);
  double week = weeks_between(first_week(year), day);
  if (week > 52) {
    if (day >= first_week(year.next_year())) week = 1;
  } else if (week < 1) {
    week = weeks_between(first_week(year.previous_year()), day);
  }
  return std::floor(week);
}

double week_of_month(double millis) {
  const CalendarTime time = calendar_time(millis);
  const YearMonth month{time.year, time.month - 1};
  const double day = today(millis);
  double week = weeks_between(first_week(month), day);
  if (week > 4) {
    if (day >= first_week(month.next_month())) week = 1;
  } else if (week < 1) {
    week = weeks_between(first_week(month.previous_month()), day);
  }
  return std::floor(week);
}

double year_of_week(double millis) {
  const YearMonth year{calendar_time(millis).year, 0};
  if (millis < first_week(year)) return year.year - 1;
  return millis >= first_week(year.next_year()) ? year.year + 1 : year.year;
}

double month_of_week(double millis) {
  const CalendarTime time = calendar_time(millis);
  const YearMonth month{time.year, time.month - 1};
  if (millis < first_week(month)) return month.previous_month().month + 1;
  return millis >= first_week(month.next_month()) ? month.next_month().month + 1 : time.month;
}

}  // namespace navette::jsonata
