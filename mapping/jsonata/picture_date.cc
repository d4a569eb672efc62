#include "mapping/jsonata/picture_date.h"

#include <algorithm>
#include <cmath>

#include "mapping/jsonata/calendar.h"
#include "mapping/jsonata/date_names.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

bool one_of(char c, std::string_view set) {
  return c != '\0' && set.find(c) != std::string_view::npos;
}

// How a component is shown when the picture does not say; empty: there is no such component.
std::string_view default_presentation(char component) {
  switch (component) {
    case 'Y':
    case 'M':
    case 'D':
    case 'd':
    case 'W':
    case 'w':
    case 'X':
    case 'x':
    case 'H':
    case 'h':
    case 'f':
      return "1";
    case 'F':
    case 'P':
    case 'C':
    case 'E':
      return "n";
    case 'm':
    case 's':
      return "01";
    case 'Z':
    case 'z':
      return "01:01";
    default:
      return {};
  }
}

bool refuse(PictureError& error, const char* code) {
  error.code = code;
  return false;
}

bool refuse(PictureError& error, const char* code, std::string value) {
  error.value = std::move(value);
  error.shown = PictureError::Shown::kText;
  return refuse(error, code);
}

class Reader {
 public:
  Reader(std::string_view text, DatePicture& picture, PictureError& error)
      : text_(text), picture_(picture), error_(error) {}

  bool run() {
    std::size_t start = 0;
    std::size_t at = 0;
    while (at < text_.size()) {
      if (text_[at] != '[') {
        ++at;
        continue;
      }
      literal(start, at);
      if (at + 1 < text_.size() && text_[at + 1] == '[') {
        add_literal("[");
        at += 2;
        start = at;
        continue;
      }
      const std::size_t end = text_.find(']', at);
      if (end == std::string_view::npos) return refuse(error_, "D3135");
      if (!marker(text_.substr(at + 1, end - at - 1))) return false;
      at = end + 1;
      start = at;
    }
    literal(start, at);
    return true;
  }

 private:
  void add_literal(std::string text) {
    DatePart part;
    part.literal = std::move(text);
    picture_.push_back(std::move(part));
  }

  // The text between markers; ]] stands for one ].
  void literal(std::size_t from, std::size_t to) {
    if (to <= from) return;
    std::string text(text_.substr(from, to - from));
    for (std::size_t at = 0; (at = text.find("]]", at)) != std::string::npos; ++at)
      text.erase(at, 1);
    add_literal(std::move(text));
  }

  static std::optional<double> width(std::string_view text) {
    if (text == "*") return std::nullopt;
    constexpr double kMost = 1e6;
    const double value = leading_integer(text);
    if (std::isnan(value)) return std::nullopt;
    return std::clamp(value, -kMost, kMost);
  }

  bool marker(std::string_view text) {
    std::string tight;
    for (const char c : text) {
      if (c != ' ' && (c < '\t' || c > '\r')) tight += c;
    }
    DatePart part;
    part.component = tight.empty() ? '\0' : tight[0];
    std::size_t at = 0;
    if (!tight.empty()) next_code_point(tight, at);
    part.marker = tight.substr(0, at);
    std::string modifiers = tight.empty() ? "" : tight.substr(at);
    if (const std::size_t comma = modifiers.rfind(','); comma != std::string::npos) {
      const std::string widths = modifiers.substr(comma + 1);
      const std::size_t dash = widths.find('-');
      part.width_min = width(widths.substr(0, dash));
      if (dash != std::string::npos) part.width_max = width(widths.substr(dash + 1));
      modifiers.resize(comma);
    }
    part.presentation = default_presentation(part.component);
    if (modifiers.size() > 1 && one_of(modifiers.back(), "atco")) {
      part.modifier = modifiers.back();
      modifiers.pop_back();
      part.presentation = modifiers;
    } else if (!modifiers.empty()) {
      part.presentation = modifiers;
    }
    if (part.presentation.empty()) return refuse(error_, "D3132", part.marker);
    return present(part);
  }

  bool present(DatePart& part) {
    if (part.presentation[0] == 'n') {
      part.names = DatePart::Names::kLower;
    } else if (part.presentation[0] == 'N') {
      const bool title = part.presentation.size() > 1 && part.presentation[1] == 'n';
      part.names = title ? DatePart::Names::kTitle : DatePart::Names::kUpper;
    } else if (one_of(part.component, "YMDdFWwXxHhmsf")) {
      if (!integer(part)) return false;
    }
    if (part.component == 'Z' || part.component == 'z') {
      part.has_integer = true;
      if (const char* code = analyse_integer_picture(part.presentation, part.integer)) {
        return refuse(error_, code);
      }
    }
    picture_.push_back(std::move(part));
    return true;
  }

  bool integer(DatePart& part) {
    std::string picture = part.presentation;
    if (part.modifier != '\0') picture += std::string(";") + part.modifier;
    if (const char* code = analyse_integer_picture(picture, part.integer)) {
      return refuse(error_, code);
    }
    part.has_integer = true;
    IntegerPicture& integer = part.integer;
    const bool digits = integer.primary == IntegerPicture::Primary::kDecimal;
    if (digits && part.width_min && integer.mandatory_digits < *part.width_min) {
      integer.mandatory_digits = static_cast<int>(*part.width_min);
    }
    if (part.component == 'Y') {
      if (part.width_max && *part.width_max >= 0) {
        part.year_digits = static_cast<int>(*part.width_max);
        integer.mandatory_digits = part.year_digits;
      } else if (integer.mandatory_digits + integer.optional_digits >= 2) {
        part.year_digits = integer.mandatory_digits + integer.optional_digits;
      }
    }
    // Numbers that follow each other directly are told apart by their widths.
    if (!picture_.empty() && picture_.back().has_integer) {
      picture_.back().integer.parse_width = picture_.back().integer.mandatory_digits;
    }
    return true;
  }

  std::string_view text_;
  DatePicture& picture_;
  PictureError& error_;
};

std::string cased(std::string_view text, DatePart::Names names) {
  if (names == DatePart::Names::kUpper) return to_upper(text);
  return names == DatePart::Names::kLower ? to_lower(text) : std::string(text);
}

class Writer {
 public:
  Writer(double millis, double offset, PictureError& error)
      : millis_(millis), offset_(offset), error_(error), time_(calendar_time(millis)) {}

  bool part(const DatePart& part, std::string& out) {
    switch (part.component) {
      case '\0':
        out += part.literal;
        return true;
      case 'Z':
      case 'z':
        return zone(part, out);
      case 'P':
        out += cased(time_.hour >= 12 ? "pm" : "am", part.names == DatePart::Names::kUpper
                                                         ? DatePart::Names::kUpper
                                                         : DatePart::Names::kTitle);
        return true;
      case 'C':
      case 'E':
        out += "ISO";
        return true;
      case 'f':
        return integer(time_.milli, part, out);
      default:
        break;
    }
    if (default_presentation(part.component).empty()) return refuse(error_, "D3132", part.marker);
    double value = date_component(millis_, part.component);
    if (part.component == 'Y' && part.year_digits != -1) {
      value = std::fmod(value, std::pow(10, part.year_digits));
    }
    if (part.names == DatePart::Names::kNone) return integer(value, part, out);
    std::string name;
    if (part.component == 'M' || part.component == 'x') {
      name = kMonthNames[static_cast<std::size_t>(value) - 1];
    } else if (part.component == 'F') {
      name = kDayNames[static_cast<std::size_t>(value) - 1];
    } else {
      return refuse(error_, "D3133", part.marker);
    }
    name = cased(name, part.names);
    if (part.width_max && static_cast<double>(name.size()) > *part.width_max) {
      name.resize(static_cast<std::size_t>(std::max(0.0, *part.width_max)));
    }
    out += name;
    return true;
  }

 private:
  bool integer(double value, const DatePart& part, std::string& out) {
    return integer(value, part.integer, out);
  }
  bool integer(double value, const IntegerPicture& picture, std::string& out) {
    std::string text;
    if (!format_integer(value, picture, text)) return refuse(error_, "D3130", picture.token);
    out += text;
    return true;
  }

  bool zone(const DatePart& part, std::string& out) {
    const double hours = std::trunc(offset_ / 100);
    const double minutes = std::fmod(offset_, 100);
    const double offset = hours * 100 + minutes;
    std::string text;
    const int digits = part.integer.mandatory_digits;
    if (part.integer.regular > 0 || digits == 3 || digits == 4) {
      if (!integer(offset, part.integer, text)) return false;
    } else if (digits == 1 || digits == 2) {
      if (hours == 0 && offset < 0) text = '-';
      if (!integer(hours, part.integer, text)) return false;
      if (minutes != 0) {
        IntegerPicture two;
        analyse_integer_picture("00", two);
        text += ':';
        if (!integer(std::fabs(minutes), two, text)) return false;
      }
    } else {
      error_.number = digits;
      if (digits > 0) error_.shown = PictureError::Shown::kNumber;
      return refuse(error_, "D3134");
    }
    if (offset == 0 && part.modifier == 't') {
      out += 'Z';
      return true;
    }
    if (part.component == 'z') out += "GMT";
    if (offset >= 0) out += '+';
    out += text;
    return true;
  }

  double millis_;
  double offset_;
  PictureError& error_;
  CalendarTime time_;
};

}  // namespace

double date_component(double millis, char component) {
  const CalendarTime time = calendar_time(millis);
  switch (component) {
    case 'Y':
      return time.year;
    case 'M':
      return time.month;
    case 'D':
      return time.day;
    case 'd':
      return day_of_year(millis);
    case 'F':
      return time.weekday;
    case 'W':
      return week_of_year(millis);
    case 'w':
      return week_of_month(millis);
    case 'X':
      return year_of_week(millis);
    case 'x':
      return month_of_week(millis);
    case 'H':
      return time.hour;
    case 'h':
      return time.hour % 12 == 0 ? 12 : time.hour % 12;
    case 'm':
      return time.minute;
    case 's':
      return time.second;
    case 'f':
      return time.milli;
    case 'P':
      return time.hour >= 12 ? 1 : 0;
    default:
      return 0;
  }
}

bool analyse_date_picture(std::string_view text, DatePicture& picture, PictureError& error) {
  return Reader(text, picture, error).run();
}

bool format_date(double millis, const DatePicture& picture, double offset, std::string& out,
                 PictureError& error) {
  const double hours = std::trunc(offset / 100);
  const double minutes = std::fmod(offset, 100);
  const double shown = std::trunc(millis + (60 * hours + minutes) * 60 * 1000);
  if (!(std::fabs(shown) <= kTimeMax)) {
    error.shown = PictureError::Shown::kNumber;
    error.number = shown;
    return refuse(error, "D1001");
  }
  Writer writer(shown, offset, error);
  return std::all_of(picture.begin(), picture.end(),
                     [&](const DatePart& part) { return writer.part(part, out); });
}

}  // namespace navette::jsonata
