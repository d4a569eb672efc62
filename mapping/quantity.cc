#include "mapping/quantity.h"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/text.h"
#include "mapping/text.h"

namespace navette {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr double kMillisecondsMax = 9e15;  // whole numbers up to here are exact in a double

std::optional<Json> number_of(const Json& value) {
  if (value.is_number()) return value;
  if (!value.is_string()) return std::nullopt;
  const std::string_view text = trim(value.as_string());
  if (!is_numeral(text)) return std::nullopt;
  auto number = Json::parse(text);
  if (!number || !number->is_number()) return std::nullopt;
  return std::move(*number);
}

bool is_whole(const Json& number) {
  if (number.is_int()) return true;
  if (number.is_double()) return std::floor(number.as_double()) == number.as_double();
  return number.text().find_first_of(".eE") == std::string::npos;
}

std::optional<std::int64_t> scaled(const Json& number, std::int64_t unit) {
  const double milliseconds = std::round(number.as_double() * static_cast<double>(unit));
  if (!(std::abs(milliseconds) <= kMillisecondsMax)) return std::nullopt;
  return static_cast<std::int64_t>(milliseconds);
}

// A run of digits, at most nine of them.
std::optional<std::int64_t> take_digits(std::string_view* text) {
  std::int64_t number = 0;
  const char* begin = text->data();
  const auto [end, failure] = std::from_chars(begin, begin + text->size(), number);
  const auto size = static_cast<std::size_t>(end - begin);
  if (failure != std::errc() || number < 0 || size > 9 || begin[0] == '-') return std::nullopt;
  text->remove_prefix(size);
  return number;
}

std::optional<std::int64_t> read_clock(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto hours = take_digits(&text);
  if (!hours || !text.starts_with(':')) return std::nullopt;
  text.remove_prefix(1);
  if (text.size() < 2) return std::nullopt;
  std::string_view two = text.substr(0, 2);
  const auto minutes = take_digits(&two);
  if (!minutes || !two.empty() || *minutes > 59) return std::nullopt;
  text.remove_prefix(2);
  std::int64_t total = *hours * kHour + *minutes * kMinute;
  if (text.starts_with(':')) {
    text.remove_prefix(1);
    const auto seconds = take_digits(&text);
    if (!seconds || *seconds > 59) return std::nullopt;
    total += *seconds * kSecond;
  }
  if (!text.empty()) return std::nullopt;
  return negative ? -total : total;
}

std::optional<std::int64_t> iso_unit(char letter, bool time) {
  if (time) return letter == 'H' ? kHour : letter == 'M' ? kMinute : letter == 'S' ? kSecond : 0;
  return letter == 'W' ? 7 * kDay : letter == 'D' ? kDay : 0;
}

// ISO 8601 without years and months, whose length is not known.
std::optional<std::int64_t> read_iso(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (!text.starts_with('P') || text.size() < 3) return std::nullopt;
  text.remove_prefix(1);
  bool time = false;
  double total = 0;
  std::int64_t last = 8 * kDay;
  while (!text.empty()) {
    if (text.front() == 'T') {
      if (time || text.size() == 1) return std::nullopt;
      time = true;
      text.remove_prefix(1);
      continue;
    }
    const std::size_t end = text.find_first_not_of("0123456789.,");
    if (end == 0 || end == std::string_view::npos) return std::nullopt;
    std::string digits(text.substr(0, end));
    if (const std::size_t comma = digits.find(','); comma != std::string::npos) digits[comma] = '.';
    double number = 0;
    const auto [stop, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const std::int64_t unit = *iso_unit(text[end], time);
    if (failure != std::errc() || stop != digits.data() + digits.size() || unit == 0 ||
        unit >= last) {
      return std::nullopt;
    }
    last = unit;
    total += number * static_cast<double>(unit);
    text.remove_prefix(end + 1);
  }
  total = std::round(total);
  if (!(total <= kMillisecondsMax)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? -total : total);
}

Json in_units(std::int64_t milliseconds, std::int64_t unit) {
  if (milliseconds % unit == 0) return Json(milliseconds / unit);
  return Json(static_cast<double>(milliseconds) / static_cast<double>(unit));
}

std::string iso_text(std::int64_t milliseconds) {
  std::string out = milliseconds < 0 ? "-PT" : "PT";
  const std::int64_t rest = std::abs(milliseconds);
  const std::int64_t hours = rest / kHour;
  const std::int64_t minutes = rest % kHour / kMinute;
  const std::int64_t seconds = rest % kMinute / kSecond;
  const std::int64_t fraction = rest % kSecond;
  if (hours != 0) out += std::to_string(hours) + "H";
  if (minutes != 0) out += std::to_string(minutes) + "M";
  if (fraction != 0) {
    char text[16];
    std::snprintf(text, sizeof text, ".%03d", static_cast<int>(fraction));
    std::string digits = text;
    while (digits.back() == '0') digits.pop_back();
    out += std::to_string(seconds) + digits + "S";
  } else if (seconds != 0 || rest < kMinute) {
    out += std::to_string(seconds) + "S";
  }
  return out;
}

}  // namespace

bool is_number_form(std::string_view form) {
  return form == "number" || form == "integer" || form == "text";
}

std::optional<Json> to_number_form(const Json& value, std::string_view form) {
  auto number = number_of(value);
  if (!number) return std::nullopt;
  if (form == "text") return Json(number->text());
  if (form == "integer") {
    if (!is_whole(*number)) return std::nullopt;
    constexpr double kExactMax = 9'007'199'254'740'992.0;
    if (number->is_double() && std::abs(number->as_double()) <= kExactMax) {
      return Json(static_cast<std::int64_t>(number->as_double()));
    }
  }
  return number;
}

bool is_duration_form(std::string_view form) {
  return form == "seconds" || form == "minutes" || form == "hours" || form == "h:mm" ||
         form == "iso";
}

std::optional<std::int64_t> read_duration(const Json& value, std::string_view form) {
  if (value.is_string()) {
    const std::string_view text = trim(value.as_string());
    if (const auto clock = read_clock(text)) return clock;
    if (const auto iso = read_iso(text)) return iso;
  }
  const auto number = number_of(value);
  if (!number) return std::nullopt;
  if (form == "seconds") return scaled(*number, kSecond);
  if (form == "minutes") return scaled(*number, kMinute);
  if (form == "hours") return scaled(*number, kHour);
  return std::nullopt;
}

Json write_duration(std::int64_t milliseconds, std::string_view form,
                    std::vector<std::string>* losses) {
  if (form == "seconds") return in_units(milliseconds, kSecond);
  if (form == "minutes") return in_units(milliseconds, kMinute);
  if (form == "hours") return in_units(milliseconds, kHour);
  if (form == "iso") return Json(iso_text(milliseconds));
  const std::int64_t whole = std::abs(milliseconds);
  const std::int64_t minutes = (whole + kMinute / 2) / kMinute;
  if (whole % kMinute != 0) add_loss(losses, "rounded to whole minutes");
  char text[32];
  std::snprintf(text, sizeof text, "%s%lld:%02d", milliseconds < 0 && minutes != 0 ? "-" : "",
                static_cast<long long>(minutes / 60), static_cast<int>(minutes % 60));
  return Json(std::string(text));
}

}  // namespace navette
