#include "mapping/jsonata/picture_integer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "mapping/jsonata/number_words.h"
#include "mapping/jsonata/text.h"
#include "mapping/jsonata/unicode_case.h"

namespace navette::jsonata {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kLettersMax = 1'000'000;

// The scripts that have their own digits.
constexpr std::uint32_t kZeros[] = {0x30,   0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6,
                                    0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0,
                                    0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80,
                                    0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900,
                                    0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10};

std::optional<std::uint32_t> zero_of(std::uint32_t code) {
  for (const std::uint32_t zero : kZeros) {
    if (code >= zero && code <= zero + 9) return zero;
  }
  return std::nullopt;
}

// The distance of separators that are all alike and evenly spaced; else 0.
int regular_distance(const std::vector<IntegerPicture::Separator>& separators) {
  if (separators.empty()) return 0;
  int distance = 0;
  for (const auto& separator : separators) {
    if (separator.text != separators[0].text) return 0;
    distance = std::gcd(distance, separator.position);
  }
  for (std::size_t i = 1; i <= separators.size(); ++i) {
    const int wanted = static_cast<int>(i) * distance;
    const bool there =
        std::any_of(separators.begin(), separators.end(),
                    [wanted](const auto& separator) { return separator.position == wanted; });
    if (!there) return 0;
  }
  return distance;
}

const char* analyse_digits(std::string_view text, IntegerPicture& picture) {
  std::vector<std::uint32_t> codes;
  for (std::size_t at = 0; at < text.size();) codes.push_back(next_code_point(text, at));
  std::reverse(codes.begin(), codes.end());
  int position = 0;
  std::optional<std::uint32_t> zero;
  for (const std::uint32_t code : codes) {
    if (const auto own = zero_of(code)) {
      if (zero && *zero != *own) return "D3131";
      zero = own;
      ++picture.mandatory_digits;
      ++position;
    } else if (code == '#') {
      ++picture.optional_digits;
      ++position;
    } else {
      std::string separator;
      append_utf8(separator, code);
      picture.separators.push_back({position, separator});
    }
  }
  if (!zero) {
    picture.primary = IntegerPicture::Primary::kSequence;
    picture.token = text;
    return nullptr;
  }
  picture.zero = *zero;
  picture.regular = regular_distance(picture.separators);
  return nullptr;
}

std::string letters_of(double value, char a) {
  std::string out;
  while (value > 0 && out.size() < kLettersMax) {
    out += static_cast<char>(a + static_cast<int>(std::fmod(value - 1, 26)));
    value = std::floor((value - 1) / 26);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

struct Numeral {
  int value;
  std::string_view text;
};
constexpr Numeral kRoman[] = {{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"},
                              {90, "xc"},  {50, "l"},   {40, "xl"}, {10, "x"},   {9, "ix"},
                              {5, "v"},    {4, "iv"},   {1, "i"}};

std::string roman_of(double value) {
  std::string out;
  for (const Numeral& numeral : kRoman) {
    while (value >= numeral.value && out.size() < kLettersMax) {
      out += numeral.text;
      value -= numeral.value;
    }
  }
  return out;
}

double roman_value(std::string_view text, bool upper) {
  double total = 0;
  int most = 1;
  for (std::size_t at = text.size(); at-- > 0;) {
    int value = 0;
    for (const Numeral& numeral : kRoman) {
      const bool same = numeral.text.size() == 1 && numeral.text[0] == (text[at] | 0x20);
      if (same && (!upper || (text[at] & 0x20) == 0)) value = numeral.value;
    }
    if (value == 0) return kNaN;
    if (value < most) {
      total -= value;
    } else {
      most = value;
      total += value;
    }
  }
  return total;
}

std::u16string decimal_of(double value, const IntegerPicture& picture) {
  std::u16string digits = to_utf16(number_text(value));
  const auto wanted = static_cast<std::size_t>(std::max(0, picture.mandatory_digits));
  if (digits.size() < wanted) digits.insert(0, wanted - digits.size(), u'0');
  if (picture.zero != 0x30) {
    for (char16_t& c : digits) c = static_cast<char16_t>(c - 0x30 + picture.zero);
  }
  // A place before the first digit counts from the end for what stands to the right of it.
  const auto insert = [&digits](std::int64_t position, const std::string& separator) {
    const auto size = static_cast<std::int64_t>(digits.size());
    const auto head = static_cast<std::size_t>(std::max<std::int64_t>(0, position));
    const auto tail = static_cast<std::size_t>(
        std::max<std::int64_t>(0, position < 0 ? position + size : position));
    digits = digits.substr(0, head) + to_utf16(separator) + digits.substr(tail);
  };
  const auto length = static_cast<std::int64_t>(digits.size());
  if (picture.regular > 0) {
    // From the left: what stands to the right of a separator does not change any more.
    for (std::int64_t n = (length - 1) / picture.regular; n > 0; --n) {
      const auto right = n * picture.regular;
      const auto unseparated = static_cast<std::int64_t>(digits.size());
      insert(unseparated - right, picture.separators[0].text);
    }
  } else {
    for (auto it = picture.separators.rbegin(); it != picture.separators.rend(); ++it) {
      insert(static_cast<std::int64_t>(digits.size()) - it->position, it->text);
    }
  }
  if (!picture.ordinal) return digits;
  const char16_t last = digits.back();
  std::u16string suffix = last == u'1'   ? u"st"
                          : last == u'2' ? u"nd"
                          : last == u'3' ? u"rd"
                                         : u"th";
  if (digits.size() > 1 && digits[digits.size() - 2] == u'1') suffix = u"th";
  return digits + suffix;
}

}  // namespace

const char* analyse_integer_picture(std::string_view text, IntegerPicture& picture) {
  picture = IntegerPicture{};
  if (const std::size_t semicolon = text.rfind(';'); semicolon != std::string_view::npos) {
    picture.ordinal = text.substr(semicolon + 1, 1) == "o";
    text = text.substr(0, semicolon);
  }
  using Primary = IntegerPicture::Primary;
  using Case = IntegerPicture::Case;
  const auto is = [&picture](Primary primary, Case letter_case) {
    picture.primary = primary;
    picture.letter_case = letter_case;
    return nullptr;
  };
  if (text == "A") return is(Primary::kLetters, Case::kUpper);
  if (text == "a") return is(Primary::kLetters, Case::kLower);
  if (text == "I") return is(Primary::kRoman, Case::kUpper);
  if (text == "i") return is(Primary::kRoman, Case::kLower);
  if (text == "W") return is(Primary::kWords, Case::kUpper);
  if (text == "Ww") return is(Primary::kWords, Case::kTitle);
  if (text == "w") return is(Primary::kWords, Case::kLower);
  return analyse_digits(text, picture);
}

bool format_integer(double value, const IntegerPicture& picture, std::string& out) {
  using Primary = IntegerPicture::Primary;
  using Case = IntegerPicture::Case;
  const bool negative = value < 0;
  value = std::fabs(value);
  switch (picture.primary) {
    case Primary::kLetters:
      out = letters_of(value, picture.letter_case == Case::kUpper ? 'A' : 'a');
      break;
    case Primary::kRoman:
      out = roman_of(value);
      if (picture.letter_case == Case::kUpper) out = to_upper(out);
      break;
    case Primary::kWords:
      out = number_in_words(value, picture.ordinal);
      if (picture.letter_case == Case::kUpper) out = to_upper(out);
      if (picture.letter_case == Case::kLower) out = to_lower(out);
      break;
    case Primary::kDecimal:
      out = to_utf8(decimal_of(value, picture));
      break;
    case Primary::kSequence:
      return false;
  }
  if (negative) out.insert(out.begin(), '-');
  return true;
}

std::string integer_pattern(const IntegerPicture& picture) {
  using Primary = IntegerPicture::Primary;
  const bool upper = picture.letter_case == IntegerPicture::Case::kUpper;
  switch (picture.primary) {
    case Primary::kLetters:
      return upper ? "[A-Z]+" : "[a-z]+";
    case Primary::kRoman:
      return upper ? "[MDCLXVI]+" : "[mdclxvi]+";
    case Primary::kWords:
      return number_words_pattern();
    case Primary::kDecimal: {
      std::string out = "[0-9]";
      out += picture.parse_width > 0 ? "{" + std::to_string(picture.parse_width) + "}" : "+";
      if (picture.ordinal) out += "(?:th|st|nd|rd)";
      return out;
    }
    case Primary::kSequence:
      break;
  }
  return {};
}

double leading_integer(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r'))) ++at;
  const bool negative = at < text.size() && text[at] == '-';
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  std::size_t end = at;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  if (end == at) return kNaN;
  const double value = parse_number(text.substr(at, end - at)).value_or(HUGE_VAL);
  return negative ? -value : value;
}

double parse_integer(std::string_view text, const IntegerPicture& picture) {
  using Primary = IntegerPicture::Primary;
  switch (picture.primary) {
    case Primary::kLetters: {
      const char a = picture.letter_case == IntegerPicture::Case::kUpper ? 'A' : 'a';
      double value = 0;
      const std::u16string letters = to_utf16(text);
      for (std::size_t i = 0; i < letters.size(); ++i) {
        value += (letters[letters.size() - 1 - i] - a + 1) * std::pow(26, static_cast<double>(i));
      }
      return value;
    }
    case Primary::kRoman:
      return roman_value(text, picture.letter_case == IntegerPicture::Case::kUpper);
    case Primary::kWords:
      return words_value(to_lower(text));
    default:
      break;
  }
  std::u16string digits = to_utf16(text);
  if (picture.ordinal) digits.resize(digits.size() - std::min<std::size_t>(2, digits.size()));
  const auto remove = [&digits](std::u16string_view mark) {
    for (std::size_t at = 0; (at = digits.find(mark, at)) != std::u16string::npos;) {
      digits.erase(at, mark.size());
    }
  };
  if (picture.regular > 0) {
    remove(u",");
  } else {
    for (const auto& separator : picture.separators) remove(to_utf16(separator.text));
  }
  if (picture.zero != 0x30) {
    for (char16_t& c : digits) c = static_cast<char16_t>(c - picture.zero + 0x30);
  }
  return leading_integer(to_utf8(digits));
}

}  // namespace navette::jsonata
