#include "base/clock.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>

namespace navette {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view suffix;
  std::int64_t millis;
};
// Longest first: to_text() takes the first that divides.
constexpr std::array kUnits = {Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                               Unit{"s", 1000}, Unit{"ms", 1}};

// Longer durations are mistakes, and time points plus a duration must not overflow.
constexpr std::int64_t kDurationMillisMax = 100LL * 366 * 86'400'000;

// Reads fixed-width fields off the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }

  // Exactly `digits` decimal digits.
  std::optional<int> number(std::size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  bool take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // The digits after the point, as milliseconds; what is finer is cut. Nothing without a digit.
  std::optional<int> fraction() {
    int value = 0;
    std::size_t count = 0;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      if (count < 3) value = value * 10 + (rest_.front() - '0');
      ++count;
      rest_.remove_prefix(1);
    }
    if (count == 0) return std::nullopt;
    for (; count < 3; ++count) value *= 10;
    return value;
  }

  char front() const { return rest_.empty() ? '\0' : rest_.front(); }

 private:
  std::string_view rest_;
};

std::optional<std::chrono::sys_days> scan_date(Scanner& scan) {
  const auto year = scan.number(4);
  if (!year || !scan.take("-")) return std::nullopt;
  const auto month = scan.number(2);
  if (!month || !scan.take("-")) return std::nullopt;
  const auto day = scan.number(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date};
}

std::optional<milliseconds> scan_time_of_day(Scanner& scan) {
  const auto hour = scan.number(2);
  if (!hour || *hour > 23 || !scan.take(":")) return std::nullopt;
  const auto minute = scan.number(2);
  if (!minute || *minute > 59 || !scan.take(":")) return std::nullopt;
  const auto second = scan.number(2);
  if (!second || *second > 60) return std::nullopt;  // 60: a leap second
  int millis = 0;
  if (scan.take(".")) {
    const auto fraction = scan.fraction();
    if (!fraction) return std::nullopt;
    millis = *fraction;
  }
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second) +
         milliseconds(millis);
}

std::optional<milliseconds> scan_offset(Scanner& scan) {
  if (scan.take("Zz")) return milliseconds(0);
  const bool west = scan.front() == '-';
  if (!scan.take("+-")) return std::nullopt;
  const auto hour = scan.number(2);
  if (!hour || *hour > 23 || !scan.take(":")) return std::nullopt;
  const auto minute = scan.number(2);
  if (!minute || *minute > 59) return std::nullopt;
  const milliseconds offset = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  return west ? -offset : offset;
}

}  // namespace

TimePoint SystemClock::now() const {
  return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

milliseconds SystemClock::steady() const {
  return std::chrono::floor<milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

std::string to_rfc3339(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 64> text{};
  const auto millis = static_cast<int>(clock.subseconds().count());
  const char* form =
      millis == 0 ? "%04d-%02u-%02uT%02d:%02d:%02dZ" : "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ";
  std::snprintf(text.data(), text.size(), form, static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), millis);
  return text.data();
}

std::optional<TimePoint> parse_rfc3339(std::string_view text) {
  Scanner scan(text);
  const auto day = scan_date(scan);
  if (!day) return std::nullopt;
  if (scan.done()) return TimePoint(*day);
  if (!scan.take("Tt ")) return std::nullopt;
  const auto time = scan_time_of_day(scan);
  if (!time) return std::nullopt;
  const auto offset = scan_offset(scan);
  if (!offset || !scan.done()) return std::nullopt;
  return TimePoint(*day) + *time - *offset;
}

std::optional<milliseconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, count);
  if (failure != std::errc{} || count < 0 || text.front() == '-') return std::nullopt;
  const std::string_view suffix(stop, static_cast<std::size_t>(end - stop));
  for (const Unit& unit : kUnits) {
    if (unit.suffix != suffix) continue;
    if (count > kDurationMillisMax / unit.millis) return std::nullopt;
    return milliseconds(count * unit.millis);
  }
  return std::nullopt;
}

std::string to_text(milliseconds duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  for (const Unit& unit : kUnits) {
    if (count % unit.millis == 0) {
      return std::to_string(count / unit.millis).append(unit.suffix);
    }
  }
  return std::to_string(count) + "ms";
}

}  // namespace navette
