#include "mapping/zone_rule.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <system_error>

namespace navette {
namespace {

constexpr const char* kFolder = "/usr/share/zoneinfo";

// The last line of a zone's file, when it is one.
std::string footer_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (!text.starts_with("TZif") || !text.ends_with('\n')) return {};
  const std::size_t start = text.rfind('\n', text.size() - 2);
  return start == std::string::npos ? "" : text.substr(start + 1, text.size() - start - 2);
}

using Rules = std::map<std::string, ZoneRule, std::less<>>;

Rules read_rules() {
  Rules rules;
  std::error_code error;
  const std::filesystem::path folder = kFolder;
  std::filesystem::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().lexically_relative(folder).generic_string();
    if (name == "right" || name == "posix") entry.disable_recursion_pending();
    if (!entry->is_regular_file(error)) continue;
    if (const auto rule = ZoneRule::parse(footer_of(entry->path()))) rules.emplace(name, *rule);
  }
  return rules;
}

}  // namespace

class ZoneRule::Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  bool run(ZoneRule* out) {
    if (!name() || !offset(&out->standard_) || !name()) return false;
    out->summer_ = out->standard_ + std::chrono::hours(1);
    if (!rest_.starts_with(',') && !offset(&out->summer_)) return false;
    return take(',') && change(&out->start_) && take(',') && change(&out->end_) && rest_.empty();
  }

 private:
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool name() {
    if (take('<')) {
      const std::size_t end = rest_.find('>');
      if (end == std::string_view::npos) return false;
      rest_.remove_prefix(end + 1);
      return true;
    }
    std::size_t size = 0;
    while (size < rest_.size() && ((rest_[size] | 0x20) >= 'a' && (rest_[size] | 0x20) <= 'z')) {
      ++size;
    }
    rest_.remove_prefix(size);
    return size > 0;
  }

  bool number(int* out) {
    constexpr std::size_t kDigitsMax = 4;
    std::size_t size = 0;
    *out = 0;
    while (size < rest_.size() && size < kDigitsMax && rest_[size] >= '0' && rest_[size] <= '9') {
      *out = *out * 10 + (rest_[size++] - '0');
    }
    rest_.remove_prefix(size);
    return size > 0;
  }

  // [+-]h[:m[:s]]
  bool clock(std::chrono::seconds* out) {
    const bool negative = take('-');
    if (!negative) (void)take('+');
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    if (!number(&hours)) return false;
    if (take(':') && !number(&minutes)) return false;
    if (take(':') && !number(&seconds)) return false;
    *out =
        std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
    if (negative) *out = -*out;
    return true;
  }

  // POSIX counts westwards.
  bool offset(std::chrono::seconds* out) {
    if (!clock(out)) return false;
    *out = -*out;
    return true;
  }

  bool change(Change* out) {
    if (take('M')) {
      if (!number(&out->month) || !take('.') || !number(&out->week) || !take('.') ||
          !number(&out->day)) {
        return false;
      }
      if (out->month < 1 || out->month > 12 || out->week < 1 || out->week > 5 || out->day > 6) {
        return false;
      }
    } else {
      out->without_leap_days = take('J');
      if (!number(&out->day)) return false;
      if (out->without_leap_days) --out->day;
    }
    return !take('/') || clock(&out->clock);
  }

  std::string_view rest_;
};

std::optional<ZoneRule> ZoneRule::parse(std::string_view text) {
  ZoneRule rule;
  if (!Parser(text).run(&rule)) return std::nullopt;
  return rule;
}

const ZoneRule* ZoneRule::find(std::string_view zone) {
  static const Rules kRules = read_rules();
  const auto found = kRules.find(zone);
  return found == kRules.end() ? nullptr : &found->second;
}

// Since 1970 on a clock of before the change.
std::chrono::seconds ZoneRule::Change::in(std::chrono::year year) const {
  using std::chrono::days;
  using std::chrono::sys_days;
  sys_days date = year / std::chrono::January / 1;
  if (month == 0) {
    constexpr int kEndOfFebruary = 59;
    const bool later = without_leap_days && year.is_leap() && day >= kEndOfFebruary;
    date += days(day + (later ? 1 : 0));
  } else {
    const auto of_month = year / std::chrono::month(static_cast<unsigned>(month));
    const std::chrono::weekday wanted(static_cast<unsigned>(day));
    date = week == 5 ? sys_days(of_month / std::chrono::weekday_last(wanted))
                     : sys_days(of_month / wanted[static_cast<unsigned>(week)]);
  }
  return date.time_since_epoch() + clock;
}

ZoneRule::Span ZoneRule::span(TimePoint time) const {
  const auto now = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
  const std::chrono::sys_days day{std::chrono::floor<std::chrono::days>(now + standard_)};
  const auto year = std::chrono::year_month_day(day).year();
  const std::chrono::seconds start = start_.in(year)-standard_;
  const std::chrono::seconds end = end_.in(year)-summer_;
  const bool summer = start < end ? start <= now && now < end : start <= now || now < end;
  Span out{
      std::chrono::sys_days(year / 1 / 1).time_since_epoch() - standard_,
      std::chrono::sys_days((year + std::chrono::years(1)) / 1 / 1).time_since_epoch() - standard_,
      summer ? summer_ : standard_};
  for (const std::chrono::seconds change : {start, end}) {
    if (change <= now) out.begin = std::max(out.begin, change);
    if (change > now) out.end = std::min(out.end, change);
  }
  return out;
}

}  // namespace navette
