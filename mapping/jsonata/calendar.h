// Days, weeks and months of the proleptic Gregorian calendar, in UTC.

#pragma once

#include <cstdint>

namespace navette::jsonata {

inline constexpr double kDayMillis = 86'400'000;

struct CalendarTime {
  double year;
  int month;  // 1 to 12
  int day;
  int hour;
  int minute;
  int second;
  int milli;
  int weekday;  // 1 Monday to 7 Sunday
};

// REQUIRES: |millis| <= 1e16.
CalendarTime calendar_time(double millis);

// Days from 1970-01-01 to the first of that month (0 to 11). REQUIRES: |year| <= 1'000'000.
std::int64_t days_to_month(std::int64_t year, int month);

// As JavaScript's Date.UTC: the parts may be out of range and carry over; years 0 to 99 are 1900
// and after. `month` counts from 0.
double utc_millis(double year, double month, double day, double hour, double minute, double second,
                  double milli);

// Day and week numbers as pictures show them.
double day_of_year(double millis);
double week_of_year(double millis);
double week_of_month(double millis);
double year_of_week(double millis);
double month_of_week(double millis);

}  // namespace navette::jsonata
