#include "mapping/jsonata/calendar.h"

#include <cmath>
#include <initializer_list>
#include <limits>

namespace navette::jsonata {
namespace {

constexpr double kTimeMax = 8.64e15;

// Days from 1970-01-01 to the first of that month (0 to 11).
double days_to_month(double year, int month) {
  // Years start in March here, so that the leap day is the last one.
  const double y = month < 2 ? year - 1 : year;
  const double era = std::floor(y / 400);
  const double in_era = y - era * 400;
  const int shifted = (month + 10) % 12;
  const double day_of_year = std::floor((153.0 * shifted + 2) / 5);
  const double day_of_era =
      in_era * 365 + std::floor(in_era / 4) - std::floor(in_era / 100) + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

struct YearMonth {
  double year;
  int month;  // 0 to 11
  double start() const { return days_to_month(year, month) * kDayMillis; }
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

CalendarTime calendar_time(double millis) {
  const double days = std::floor(millis / kDayMillis);
  double rest = millis - days * kDayMillis;
  double year = std::floor(days / 365.2425) + 1970;
  while (days_to_month(year, 0) > days) --year;
  while (days_to_month(year + 1, 0) <= days) ++year;
  int month = 11;
  while (days_to_month(year, month) > days) --month;
  CalendarTime out{};
  out.year = year;
  out.month = month + 1;
  out.day = static_cast<int>(days - days_to_month(year, month)) + 1;
  out.hour = static_cast<int>(rest / 3'600'000);
  rest -= out.hour * 3'600'000.0;
  out.minute = static_cast<int>(rest / 60'000);
  rest -= out.minute * 60'000.0;
  out.second = static_cast<int>(rest / 1000);
  out.milli = static_cast<int>(rest - out.second * 1000.0);
  out.weekday = weekday_of(millis);
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
  const double days = days_to_month(year + years, static_cast<int>(month - years * 12)) + day - 1;
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
