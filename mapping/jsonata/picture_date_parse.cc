#include <array>
#include <cmath>
#include <limits>

#include "mapping/jsonata/calendar.h"
#include "mapping/jsonata/date_names.h"
#include "mapping/jsonata/picture_date.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool refuse(PictureError& error, const char* code, const std::string& value = {}) {
  error.code = code;
  error.value = value;
  if (!value.empty()) error.shown = PictureError::Shown::kText;
  return false;
}

std::string quoted(std::string_view literal) {
  std::string out;
  for (const char c : literal) {
    if (std::string_view(".*+?^${}()|[]\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// The separator between hours and minutes of an offset, when it is an even one.
const IntegerPicture::Separator* zone_separator(const DatePart& part) {
  return part.integer.regular > 0 ? &part.integer.separators[0] : nullptr;
}

bool pattern_of(const DatePart& part, std::string& out, PictureError& error) {
  if (part.component == '\0') {
    out = quoted(part.literal);
  } else if (part.component == 'Z' || part.component == 'z') {
    out = part.component == 'z' ? "GMT[-+][0-9]+" : "[-+][0-9]+";
    if (const auto* separator = zone_separator(part)) out += quoted(separator->text) + "[0-9]+";
  } else if (part.component == 'f') {
    out = "[0-9]+";
  } else if (part.has_integer) {
    out = integer_pattern(part.integer);
    if (out.empty()) return refuse(error, "D3130", part.integer.token);
  } else if (part.component == 'M' || part.component == 'x' || part.component == 'F' ||
             part.component == 'P') {
    out = "[a-zA-Z]+";
  } else {
    return refuse(error, "D3133", part.marker);
  }
  return true;
}

double zone_minutes(std::string_view text, const DatePart& part) {
  if (part.component == 'z') text.remove_prefix(3);
  std::size_t cut = 3;
  std::size_t after = 3;
  if (const auto* separator = zone_separator(part)) {
    cut = text.find(separator->text);
    if (cut == std::string_view::npos) return kNaN;
    after = cut + 1;
  } else if (text.size() <= 3) {
    return leading_integer(text) * 60;
  }
  const double minutes = leading_integer(text.substr(after));
  return leading_integer(text.substr(0, cut)) * 60 + (text[0] == '-' ? -minutes : minutes);
}

// The number of a month or day by its name, spelt exactly as the picture would write it in title
// case; nothing for other words.
std::optional<double> named(std::string_view text, const DatePart& part) {
  if (part.component == 'P') {
    if (text == "am" || text == "AM") return 0;
    return text == "pm" || text == "PM" ? std::optional<double>(1) : std::nullopt;
  }
  const bool day = part.component == 'F';
  const std::size_t count = day ? std::size(kDayNames) : std::size(kMonthNames);
  std::optional<double> found;
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view name = day ? kDayNames[i] : kMonthNames[i];
    if (part.width_max && *part.width_max > 0) {
      name = name.substr(0, static_cast<std::size_t>(*part.width_max));
    }
    if (name == text) found = static_cast<double>(i + 1);
  }
  return found;
}

// What was read, by component letter.
class Components {
 public:
  void set(char letter, std::optional<double> value) {
    known_ = true;
    values_[static_cast<unsigned char>(letter)] = value;
  }
  bool any() const { return known_; }
  bool has(char letter) const { return values_[static_cast<unsigned char>(letter)].has_value(); }
  double get(char letter) const {
    return values_[static_cast<unsigned char>(letter)].value_or(kNaN);
  }
  // One bit for each letter whose value is neither missing nor zero; the first is the highest.
  unsigned mask(std::string_view letters) const {
    unsigned out = 0;
    for (const char letter : letters) {
      const double value = get(letter);
      out = out * 2 + (has(letter) && value != 0 && !std::isnan(value) ? 1 : 0);
    }
    return out;
  }

 private:
  bool known_ = false;
  std::array<std::optional<double>, 128> values_;
};

bool within(unsigned mask, unsigned type) {
  return mask != 0 && (mask & ~type) == 0;
}

// The ways to give a date: year-month-day, year-day, weeks of a month, weeks of a year.
enum class DateWay { kMonths, kDays, kMonthWeeks, kWeeks };

DateWay date_way(const Components& components) {
  const unsigned mask = components.mask("YXMxWwdD");
  if (within(mask, 0xA1)) return DateWay::kMonths;
  if (within(mask, 0x82)) return DateWay::kDays;
  if (within(mask, 0x54)) return DateWay::kMonthWeeks;
  return within(mask, 0x48) ? DateWay::kWeeks : DateWay::kMonths;
}

// What is missing before the first known part is taken from now, what is missing after the last
// one is the least; what is missing in between is an error.
bool complete(Components& components, const std::string& letters, double now, PictureError& error) {
  bool started = false;
  bool ended = false;
  for (const char letter : letters) {
    if (components.has(letter)) {
      started = true;
      if (ended) return refuse(error, "D3136");
    } else if (started) {
      const bool counts_from_one = letter == 'M' || letter == 'D' || letter == 'd';
      components.set(letter, counts_from_one ? 1 : 0);
      ended = true;
    } else {
      components.set(letter, date_component(now, letter));
    }
  }
  return true;
}

std::optional<double> to_millis(Components& components, double now, PictureError& error) {
  const DateWay way = date_way(components);
  const unsigned time = components.mask("PHhmsf");
  const bool half_days = !within(time, 0x17) && within(time, 0x2F);
  std::string letters = way == DateWay::kDays
                            ? "YB"  // a day of the year stands in no order with the rest
                        : way == DateWay::kMonthWeeks ? "XxwF"
                        : way == DateWay::kWeeks      ? "XWF"
                                                      : "YMD";
  letters += half_days ? "Phmsf" : "Hmsf";
  if (!complete(components, letters, now, error)) return std::nullopt;
  if (way == DateWay::kMonthWeeks || way == DateWay::kWeeks) {
    refuse(error, "D3136");
    return std::nullopt;
  }
  double month = components.has('M') && components.get('M') > 0 ? components.get('M') - 1 : 0;
  double day = components.get('D');
  if (way == DateWay::kDays) {
    const double start = utc_millis(components.get('Y'), 0, 1, 0, 0, 0, 0);
    const CalendarTime derived = calendar_time(start + (components.get('d') - 1) * kDayMillis);
    month = derived.month - 1;
    day = derived.day;
  }
  double hour = components.get('H');
  if (half_days) {
    hour = components.get('h') == 12 ? 0 : components.get('h');
    if (components.get('P') == 1) hour += 12;
  }
  double millis = utc_millis(components.get('Y'), month, day, hour, components.get('m'),
                             components.get('s'), components.get('f'));
  for (const char letter : {'Z', 'z'}) {
    const double offset = components.get(letter);
    if (components.has(letter) && offset != 0 && !std::isnan(offset)) {
      millis -= offset * 60 * 1000;
      break;
    }
  }
  return millis;
}

}  // namespace

std::optional<double> parse_date(std::string_view text, const DatePicture& picture, double now,
                                 RegexBudget& budget, PictureError& error) {
  std::string pattern = "^";
  for (const DatePart& part : picture) {
    std::string own;
    if (!pattern_of(part, own, error)) return std::nullopt;
    pattern += "(" + own + ")";
  }
  Arena arena;
  const Regex* regex = compile_regex(pattern + "$", "i", arena);
  if (regex == nullptr) return std::nullopt;
  const Subject subject(text, arena);
  std::vector<Span> groups;
  if (!find_match(*regex, subject, 0, budget, groups)) return std::nullopt;
  Components components;
  for (std::size_t i = 0; i < picture.size(); ++i) {
    const DatePart& part = picture[i];
    if (part.component == '\0') continue;
    const std::string_view found =
        subject.slice(static_cast<std::size_t>(groups[i + 1].begin),
                      static_cast<std::size_t>(groups[i + 1].end), arena);
    if (part.component == 'Z' || part.component == 'z') {
      components.set(part.component, zone_minutes(found, part));
    } else if (part.component == 'f') {
      components.set('f', leading_integer((std::string(found) + "00").substr(0, 3)));
    } else if (part.has_integer) {
      const bool lower_roman = part.integer.primary == IntegerPicture::Primary::kRoman;
      components.set(
          part.component,
          parse_integer(lower_roman ? to_upper(found) : std::string(found), part.integer));
    } else {
      components.set(part.component, named(found, part));
    }
  }
  if (!components.any()) return std::nullopt;
  return to_millis(components, now, error);
}

}  // namespace navette::jsonata
