#include "mapping/jsonata/picture_number.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <vector>

#include "mapping/jsonata/number_round.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

using Text = std::u16string;
using View = std::u16string_view;
constexpr auto kNone = View::npos;
constexpr int kShiftsMax = 2000;

bool contains(View text, View what) {
  return text.find(what) != kNone;
}

// One half of a picture, taken apart.
struct Parts {
  Text whole;
  Text prefix;
  Text suffix;
  Text active;
  Text mantissa;
  Text exponent;
  bool has_exponent = false;
  Text integer;
  Text fraction;
};

struct Layout {
  std::vector<std::size_t> integer_groups;
  std::size_t regular = 0;
  std::vector<std::size_t> fraction_groups;
  std::size_t integer_min = 0;
  std::size_t scaling = 0;
  std::size_t fraction_min = 0;
  std::size_t fraction_max = 0;
  std::size_t exponent_min = 0;
  Text prefix;
  Text suffix;
  Text picture;
};

class Formatter {
 public:
  explicit Formatter(const NumberSymbols& symbols) : symbols_(symbols) {}

  const char* run(double value, View picture, Text& out) {
    std::vector<Text> halves = split(picture);
    if (halves.size() > 2) return "D3080";
    std::vector<Layout> layouts;
    layouts.reserve(2);
    std::vector<Parts> parts;
    parts.reserve(halves.size());
    for (const Text& half : halves) parts.push_back(take_apart(half));
    for (const Parts& part : parts) {
      if (const char* code = check(part); code != nullptr) return code;
    }
    for (const Parts& part : parts) layouts.push_back(analyse(part));
    if (layouts.size() == 1) {
      layouts.push_back(layouts[0]);
      layouts[1].prefix = symbols_.minus + layouts[1].prefix;
    }
    return write(value, layouts[value >= 0 ? 0 : 1], out);
  }

 private:
  bool is_digit(char16_t c) const {
    const unsigned zero = symbols_.zero.empty() ? u'0' : symbols_.zero[0];
    return c >= zero && c < zero + 10;
  }
  bool is_optional(char16_t c) const { return View(&c, 1) == symbols_.digit; }
  bool is_active(char16_t c) const {
    const View unit(&c, 1);
    return is_digit(c) || unit == symbols_.decimal || unit == symbols_.exponent ||
           unit == symbols_.grouping || unit == symbols_.digit || unit == symbols_.separator;
  }
  std::size_t digits(View text) const {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [this](char16_t c) { return is_digit(c); }));
  }
  std::size_t places(View text) const {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [this](char16_t c) { return is_digit(c) || is_optional(c); }));
  }

  std::vector<Text> split(View picture) const {
    std::vector<Text> out;
    std::size_t at = 0;
    while (!symbols_.separator.empty()) {
      const std::size_t found = picture.find(symbols_.separator, at);
      if (found == kNone) break;
      out.emplace_back(picture.substr(at, found - at));
      at = found + symbols_.separator.size();
    }
    out.emplace_back(picture.substr(at));
    return out;
  }

  Parts take_apart(const Text& half) const;
  const char* check(const Parts& parts) const;
  Layout analyse(const Parts& parts) const;
  std::vector<std::size_t> groups(View part, bool from_left, View integer) const;
  Text digits_of(double value, std::size_t places) const;
  const char* write(double value, const Layout& layout, Text& out) const;
  void insert_groups(const Layout& layout, Text& text) const;

  const NumberSymbols& symbols_;
};

Parts Formatter::take_apart(const Text& half) const {
  const auto bounds = [this](char16_t c) {
    return is_active(c) && View(&c, 1) != symbols_.exponent;
  };
  Parts parts;
  parts.whole = half;
  parts.active = half;
  const auto first = std::find_if(half.begin(), half.end(), bounds);
  if (first != half.end()) {
    const auto last = std::find_if(half.rbegin(), half.rend(), bounds);
    parts.prefix.assign(half.begin(), first);
    parts.suffix.assign(last.base(), half.end());
    parts.active.assign(first, last.base());
  }
  parts.mantissa = parts.active;
  const std::size_t exponent = half.find(symbols_.exponent, parts.prefix.size());
  if (exponent != kNone && exponent <= half.size() - parts.suffix.size()) {
    parts.has_exponent = true;
    parts.mantissa = parts.active.substr(0, exponent);
    if (exponent < parts.active.size()) parts.exponent = parts.active.substr(exponent + 1);
  }
  const std::size_t point = parts.mantissa.find(symbols_.decimal);
  parts.integer = parts.mantissa.substr(0, point);
  parts.fraction = point == kNone ? parts.suffix : parts.mantissa.substr(point + 1);
  return parts;
}

// What is found last is what is reported.
const char* Formatter::check(const Parts& parts) const {
  const View whole = parts.whole;
  const char* code = nullptr;
  const auto twice = [whole](View what) { return whole.find(what) != whole.rfind(what); };
  const bool scaled = contains(whole, symbols_.percent) || contains(whole, symbols_.per_mille);
  if (twice(symbols_.decimal)) code = "D3081";
  if (twice(symbols_.percent)) code = "D3082";
  if (twice(symbols_.per_mille)) code = "D3083";
  if (contains(whole, symbols_.percent) && contains(whole, symbols_.per_mille)) code = "D3084";
  if (places(parts.mantissa) == 0) code = "D3085";
  if (!std::all_of(parts.active.begin(), parts.active.end(),
                   [this](char16_t c) { return is_active(c); })) {
    code = "D3086";
  }
  const std::size_t point = whole.find(symbols_.decimal);
  const auto is_grouping = [this, whole](std::size_t at) {
    return at < whole.size() && whole.substr(at, 1) == symbols_.grouping;
  };
  if (point != kNone) {
    if ((point > 0 && is_grouping(point - 1)) || is_grouping(point + 1)) code = "D3087";
  } else if (!parts.integer.empty() &&
             View(parts.integer).substr(parts.integer.size() - 1) == symbols_.grouping) {
    code = "D3088";
  }
  if (contains(whole, symbols_.grouping + symbols_.grouping)) code = "D3089";
  const std::size_t first = parts.integer.find(symbols_.digit);
  if (first != kNone && digits(View(parts.integer).substr(0, first)) > 0) code = "D3090";
  const std::size_t last = parts.fraction.rfind(symbols_.digit);
  if (last != kNone && digits(View(parts.fraction).substr(last)) > 0) code = "D3091";
  if (parts.has_exponent && !parts.exponent.empty() && scaled) code = "D3092";
  if (parts.has_exponent &&
      (parts.exponent.empty() || digits(parts.exponent) != parts.exponent.size())) {
    code = "D3093";
  }
  return code;
}

// How many digit places stand to the right (or left) of each grouping separator. Separators after
// the first are looked for in the whole part, whichever part is asked about.
std::vector<std::size_t> Formatter::groups(View part, bool from_left, View integer) const {
  std::vector<std::size_t> out;
  for (std::size_t at = part.find(symbols_.grouping); at != kNone;
       at = integer.find(symbols_.grouping, at + 1)) {
    const std::size_t cut = std::min(at, part.size());
    out.push_back(places(from_left ? part.substr(0, cut) : part.substr(cut)));
  }
  return out;
}

Layout Formatter::analyse(const Parts& parts) const {
  Layout out;
  out.integer_groups = groups(parts.integer, false, parts.integer);
  std::size_t distance = 0;
  for (const std::size_t position : out.integer_groups) distance = std::gcd(distance, position);
  bool regular = distance > 0;
  for (std::size_t i = 1; i <= out.integer_groups.size(); ++i) {
    regular = regular &&
              std::count(out.integer_groups.begin(), out.integer_groups.end(), i * distance) > 0;
  }
  out.regular = regular ? distance : 0;
  out.fraction_groups = groups(parts.fraction, true, parts.integer);
  out.integer_min = digits(parts.integer);
  out.scaling = out.integer_min;
  out.fraction_min = digits(parts.fraction);
  out.fraction_max = places(parts.fraction);
  if (out.integer_min == 0 && out.fraction_max == 0) {
    if (parts.has_exponent) {
      out.fraction_min = 1;
      out.fraction_max = 1;
    } else {
      out.integer_min = 1;
    }
  }
  if (parts.has_exponent && out.integer_min == 0 && contains(parts.integer, symbols_.digit)) {
    out.integer_min = 1;
  }
  if (out.integer_min == 0 && out.fraction_min == 0) out.fraction_min = 1;
  out.exponent_min = parts.has_exponent ? digits(parts.exponent) : 0;
  out.prefix = parts.prefix;
  out.suffix = parts.suffix;
  out.picture = parts.whole;
  return out;
}

// The magnitude with a fixed number of decimal places, in the picture's digits.
Text Formatter::digits_of(double value, std::size_t places) const {
  value = std::fabs(value);
  Text out;
  if (value >= 1e21 || !std::isfinite(value)) {
    out = to_utf16(number_text(value));
  } else {
    std::array<char, 160> text;
    const int length = std::snprintf(text.data(), text.size(), "%.*f",
                                     static_cast<int>(std::min<std::size_t>(places, 100)), value);
    out.assign(text.begin(), text.begin() + length);
  }
  if (symbols_.zero == u"0" || symbols_.zero.empty()) return out;
  for (char16_t& c : out) {
    if (c >= u'0' && c <= u'9') c = static_cast<char16_t>(c - u'0' + symbols_.zero[0]);
  }
  return out;
}

void Formatter::insert_groups(const Layout& layout, Text& text) const {
  std::size_t point = text.find(symbols_.decimal);
  if (point == kNone) return;
  if (layout.regular > 0) {
    const std::size_t count = point == 0 ? 0 : (point - 1) / layout.regular;
    for (std::size_t group = 1; group <= count; ++group) {
      text.insert(point - group * layout.regular, symbols_.grouping);
    }
  } else {
    for (const std::size_t position : layout.integer_groups) {
      text.insert(point >= position ? point - position : 0, symbols_.grouping);
      ++point;
    }
  }
  point = text.find(symbols_.decimal);
  for (const std::size_t position : layout.fraction_groups) {
    text.insert(std::min(position + point + 1, text.size()), symbols_.grouping);
  }
}

const char* Formatter::write(double value, const Layout& layout, Text& out) const {
  if (contains(layout.picture, symbols_.percent)) {
    value *= 100;
  } else if (contains(layout.picture, symbols_.per_mille)) {
    value *= 1000;
  }
  double mantissa = value;
  int exponent = 0;
  if (layout.exponent_min > 0) {
    const double most = std::pow(10, static_cast<double>(layout.scaling));
    const double least = std::pow(10, static_cast<double>(layout.scaling) - 1);
    mantissa = std::fabs(value);
    while (mantissa != 0 && mantissa < least && exponent > -kShiftsMax) {
      mantissa *= 10;
      --exponent;
    }
    while (mantissa > most && exponent < kShiftsMax) {
      mantissa /= 10;
      ++exponent;
    }
  }
  Text text = digits_of(round_half_even(mantissa, static_cast<double>(layout.fraction_max)),
                        layout.fraction_max);
  const std::size_t dot = text.find(u'.');
  if (dot == kNone) {
    text += symbols_.decimal;
  } else {
    text.replace(dot, 1, symbols_.decimal);
  }
  const char16_t zero = symbols_.zero.empty() ? u'0' : symbols_.zero[0];
  text.erase(0, std::min(text.find_first_not_of(zero), text.size()));
  while (!text.empty() && text.back() == zero) text.pop_back();
  const std::size_t point = std::min(text.find(symbols_.decimal), text.size());
  const std::size_t after = text.size() - std::min(text.size(), point + 1);
  if (layout.fraction_min > after) text.append(layout.fraction_min - after, zero);
  if (layout.integer_min > point) text.insert(0, layout.integer_min - point, zero);
  insert_groups(layout, text);
  if (!text.empty() && (!contains(layout.picture, symbols_.decimal) ||
                        text.find(symbols_.decimal) == text.size() - 1)) {
    text.pop_back();
  }
  if (layout.exponent_min > 0) {
    Text power = digits_of(exponent, 0);
    if (power.size() < layout.exponent_min) {
      power.insert(0, layout.exponent_min - power.size(), zero);
    }
    text += symbols_.exponent + (exponent < 0 ? symbols_.minus : Text()) + power;
  }
  out = layout.prefix + text + layout.suffix;
  return nullptr;
}

}  // namespace

void NumberSymbols::set(std::string_view name, std::string_view value) {
  Text* const target = name == "decimal-separator"    ? &decimal
                       : name == "grouping-separator" ? &grouping
                       : name == "exponent-separator" ? &exponent
                       : name == "minus-sign"         ? &minus
                       : name == "percent"            ? &percent
                       : name == "per-mille"          ? &per_mille
                       : name == "zero-digit"         ? &zero
                       : name == "digit"              ? &digit
                       : name == "pattern-separator"  ? &separator
                                                      : nullptr;
  if (target != nullptr) *target = to_utf16(value);
}

const char* format_number(double value, std::string_view picture, const NumberSymbols& symbols,
                          std::string& out) {
  Text text;
  const char* code = Formatter(symbols).run(value, to_utf16(picture), text);
  out = to_utf8(text);
  return code;
}

}  // namespace navette::jsonata
