// Holidays as rules, so that a calendar holds for every year.
//
// Thread safety: pure functions, safe from any thread.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace navette::backoffice {

// A day of each year: a date, or a number of days from Easter Sunday.
struct HolidayRule {
  std::string name;
  int month = 0;  // 1 to 12; 0: `day` counts from Easter Sunday, and may be negative
  int day = 0;
  int since = 0;  // the first year
};

// Of the western churches. REQUIRES: a year of the Gregorian calendar (1583 and later).
std::chrono::sys_days easter_sunday(std::chrono::year year);

// Nothing in years before the rule, and for a date that the year does not have (February 29th).
std::optional<std::chrono::sys_days> holiday_in(const HolidayRule& rule, std::chrono::year year);

// The eleven of article L3133-1 of the Code du travail. Whit Monday is one of them, though many
// firms work on it (the day of solidarity): such a firm leaves it out of its calendar.
std::vector<HolidayRule> french_holidays();

// The same with Good Friday and December 26th (article L3134-13). Good Friday is a holiday only in
// places that have a Protestant church or a mixed one: elsewhere it is to be left out.
std::vector<HolidayRule> alsace_moselle_holidays();

}  // namespace navette::backoffice
