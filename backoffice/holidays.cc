#include "backoffice/holidays.h"

namespace navette::backoffice {

// The method of Meeus, Jones and Butcher: the golden number and the century's corrections give the
// full moon of spring, and the Sunday after it is Easter.
std::chrono::sys_days easter_sunday(std::chrono::year year) {
  const int y = static_cast<int>(year);
  const int golden = y % 19;
  const int century = y / 100;
  const int in_century = y % 100;
  const int moon_correction = (century - (century + 8) / 25 + 1) / 3;
  const int epact = (19 * golden + century - century / 4 - moon_correction + 15) % 30;
  const int sunday = (32 + 2 * (century % 4) + 2 * (in_century / 4) - epact - in_century % 4) % 7;
  const int late = (golden + 11 * epact + 22 * sunday) / 451;
  const int days = epact + sunday - 7 * late + 114;
  return std::chrono::sys_days(year / (days / 31) / (days % 31 + 1));
}

std::optional<std::chrono::sys_days> holiday_in(const HolidayRule& rule, std::chrono::year year) {
  if (static_cast<int>(year) < rule.since) return std::nullopt;
  if (rule.month == 0) return easter_sunday(year) + std::chrono::days(rule.day);
  const std::chrono::year_month_day date = year / rule.month / rule.day;
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::vector<HolidayRule> french_holidays() {
  return {
      {.name = "Jour de l'an", .month = 1, .day = 1},
      {.name = "Lundi de Pâques", .month = 0, .day = 1},
      {.name = "Fête du Travail", .month = 5, .day = 1},
      {.name = "Victoire 1945", .month = 5, .day = 8, .since = 1982},
      {.name = "Ascension", .month = 0, .day = 39},
      {.name = "Lundi de Pentecôte", .month = 0, .day = 50},
      {.name = "Fête nationale", .month = 7, .day = 14},
      {.name = "Assomption", .month = 8, .day = 15},
      {.name = "Toussaint", .month = 11, .day = 1},
      {.name = "Armistice 1918", .month = 11, .day = 11},
      {.name = "Noël", .month = 12, .day = 25},
  };
}

std::vector<HolidayRule> alsace_moselle_holidays() {
  std::vector<HolidayRule> rules = french_holidays();
  rules.push_back({.name = "Vendredi saint", .month = 0, .day = -2});
  rules.push_back({.name = "Saint-Étienne", .month = 12, .day = 26});
  return rules;
}

}  // namespace navette::backoffice
