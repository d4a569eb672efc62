// English names of months and days, and the parts of a time that pictures name.

#pragma once

#include <string_view>

namespace navette::jsonata {

inline constexpr std::string_view kMonthNames[] = {"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
inline constexpr std::string_view kDayNames[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                 "Friday", "Saturday", "Sunday"};

// The value of a component letter (Y, M, D, H, ...) at that time.
double date_component(double millis, char component);

}  // namespace navette::jsonata
