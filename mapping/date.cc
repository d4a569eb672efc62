#include "mapping/date.h"

#include <chrono>
#include <string>

#include "base/clock.h"
#include "base/text.h"
#include "mapping/text.h"

namespace navette {
namespace {

std::optional<TimePoint> read_date(const Json& value) {
  if (value.is_int()) {
    // Beyond the year 9999 it is no date, and multiplying would overflow.
    constexpr std::int64_t kSecondsMax = 253'402'300'799;
    const std::int64_t seconds = value.as_int();
    if (seconds > kSecondsMax || seconds < -kSecondsMax) return std::nullopt;
    return TimePoint(std::chrono::seconds(seconds));
  }
  if (!value.is_string()) return std::nullopt;
  std::string text(trim(value.as_string()));
  constexpr std::size_t kDateSize = 10;
  constexpr std::size_t kSecondsSize = 19;
  if (text.size() > kDateSize && text[kDateSize] == ' ') text[kDateSize] = 'T';
  if (text.size() >= kSecondsSize &&
      text.find_first_of("Zz+-", kSecondsSize) == std::string::npos) {
    text += 'Z';
  }
  if (auto time = parse_rfc3339(text)) return time;
  // "20261201" and shorter are days or years that somebody wrote, not seconds.
  if (!is_numeral(text) || text.size() <= 8) return std::nullopt;
  const auto number = Json::parse(text);
  return number && number->is_int() ? read_date(*number) : std::nullopt;
}

}  // namespace

bool is_date_form(std::string_view form) {
  return form == "date" || form == "datetime" || form == "epoch";
}

std::optional<Json> to_date_form(const Json& value, std::string_view form) {
  const auto time = read_date(value);
  if (!time) return std::nullopt;
  if (form == "epoch") {
    return Json(std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count());
  }
  const std::string text = to_rfc3339(*time);
  return Json(form == "date" ? text.substr(0, text.find('T')) : text);
}

bool same_day(const Json& a, const Json& b) {
  const auto left = to_date_form(a, "date");
  const auto right = to_date_form(b, "date");
  return left && right && *left == *right;
}

}  // namespace navette
