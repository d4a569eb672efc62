#include "mapping/jsonata/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace navette::jsonata {
namespace {

bool is_high(std::uint32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low(std::uint32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// Digits without point or trailing zeros, and the power of ten of the first one.
struct Decimal {
  std::array<char, 24> digits;
  int count;
  int exponent;
};

Decimal shortest(double magnitude) {
  std::array<char, 40> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), magnitude,
                                 std::chars_format::scientific)
                       .ptr;
  Decimal out{};
  const char* p = text.data();
  for (; p != end && *p != 'e'; ++p) {
    if (*p != '.') out.digits[static_cast<std::size_t>(out.count++)] = *p;
  }
  ++p;
  const bool negative = *p == '-';
  int exponent = 0;
  for (++p; p != end; ++p) exponent = exponent * 10 + (*p - '0');
  out.exponent = negative ? -exponent : exponent;
  return out;
}

char* put(char* out, const char* from, int count) {
  std::memcpy(out, from, static_cast<std::size_t>(count));
  return out + count;
}

char* zeros(char* out, int count) {
  std::memset(out, '0', static_cast<std::size_t>(count));
  return out + count;
}

char* write_scientific(const Decimal& decimal, char* out) {
  *out++ = decimal.digits[0];
  if (decimal.count > 1) {
    *out++ = '.';
    out = put(out, decimal.digits.data() + 1, decimal.count - 1);
  }
  *out++ = 'e';
  *out++ = decimal.exponent < 0 ? '-' : '+';
  return std::to_chars(out, out + 4, std::abs(decimal.exponent)).ptr;
}

}  // namespace

void append_utf8(std::string& out, std::uint32_t c) {
  const auto byte = [&out](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | (c >> 6));
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | (c >> 12));
    byte(0x80 | ((c >> 6) & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | (c >> 18));
    byte(0x80 | ((c >> 12) & 0x3F));
    byte(0x80 | ((c >> 6) & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  const unsigned lead = byte_at(text, at++);
  if (lead < 0xC0) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  std::uint32_t code = lead & (0x3FU >> more);
  for (int i = 0; i < more && at < text.size(); ++i)
    code = (code << 6) | (byte_at(text, at++) & 0x3F);
  return code;
}

std::u16string to_utf16(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t code = next_code_point(text, at);
    if (code < 0x10000) {
      out.push_back(static_cast<char16_t>(code));
    } else {
      out.push_back(static_cast<char16_t>(0xD7C0 + (code >> 10)));
      out.push_back(static_cast<char16_t>(0xDC00 | (code & 0x3FF)));
    }
  }
  return out;
}

std::string to_utf8(std::u16string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::uint32_t unit = text[at];
    if (is_high(unit) && at + 1 < text.size() && is_low(text[at + 1])) {
      append_utf8(out, 0x10000 + ((unit - 0xD800) << 10) + (text[++at] - 0xDC00U));
    } else {
      append_utf8(out, unit);
    }
  }
  return out;
}

bool is_ascii(std::string_view text) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    if ((word & 0x8080808080808080ULL) != 0) return false;
  }
  for (; at < text.size(); ++at) {
    if (byte_at(text, at) >= 0x80) return false;
  }
  return true;
}

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::size_t offset_of(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  while (index > 0 && at < text.size()) {
    for (++at; at < text.size() && (byte_at(text, at) & 0xC0) == 0x80;) ++at;
    --index;
  }
  return at;
}

int compare_utf16(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  std::size_t at = 0;
  while (at < common && a[at] == b[at]) ++at;
  if (at == common) return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
  if (byte_at(a, at) < 0x80 || byte_at(b, at) < 0x80) {
    return byte_at(a, at) < byte_at(b, at) ? -1 : 1;
  }
  while (at > 0 && (byte_at(a, at) & 0xC0) == 0x80) --at;
  std::size_t at_b = at;
  const std::uint32_t x = next_code_point(a, at);
  const std::uint32_t y = next_code_point(b, at_b);
  const auto first_unit = [](std::uint32_t c) { return c < 0x10000 ? c : 0xD7C0 + (c >> 10); };
  if (first_unit(x) != first_unit(y)) return first_unit(x) < first_unit(y) ? -1 : 1;
  return x < y ? -1 : 1;
}

bool ends_in_surrogate(std::string_view text) {
  const std::size_t n = text.size();
  return n >= 3 && byte_at(text, n - 3) == 0xED && byte_at(text, n - 2) >= 0xA0 &&
         byte_at(text, n - 2) < 0xB0;
}

std::string join_text(std::string_view a, std::string_view b) {
  std::string out(a);
  if (ends_in_surrogate(a) && b.size() >= 3 && byte_at(b, 0) == 0xED && byte_at(b, 1) >= 0xB0) {
    std::size_t at = a.size() - 3;
    const std::uint32_t high = next_code_point(a, at);
    at = 0;
    const std::uint32_t low = next_code_point(b, at);
    out.resize(a.size() - 3);
    append_utf8(out, 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
    b.remove_prefix(3);
  }
  out.append(b);
  return out;
}

void append_text(std::string& out, std::string_view part) {
  if (ends_in_surrogate(out)) {
    out = join_text(out, part);
  } else {
    out.append(part);
  }
}

std::size_t write_number(double number, char* out) {
  char* const start = out;
  if (number == 0) {
    *out = '0';
    return 1;
  }
  if (number < 0) *out++ = '-';
  const double magnitude = std::fabs(number);
  if (magnitude < 1e15 && magnitude == std::floor(magnitude)) {
    out = std::to_chars(out, out + 20, static_cast<std::int64_t>(magnitude)).ptr;
    return static_cast<std::size_t>(out - start);
  }
  if (std::isnan(number)) return static_cast<std::size_t>(put(start, "NaN", 3) - start);
  if (std::isinf(number)) return static_cast<std::size_t>(put(out, "Infinity", 8) - start);
  const Decimal decimal = shortest(magnitude);
  const int point = decimal.exponent + 1;  // digits before the decimal point
  if (point > 21 || point < -5) {
    out = write_scientific(decimal, out);
  } else if (point <= 0) {
    out = zeros(put(out, "0.", 2), -point);
    out = put(out, decimal.digits.data(), decimal.count);
  } else if (point >= decimal.count) {
    out = zeros(put(out, decimal.digits.data(), decimal.count), point - decimal.count);
  } else {
    out = put(out, decimal.digits.data(), point);
    *out++ = '.';
    out = put(out, decimal.digits.data() + point, decimal.count - point);
  }
  return static_cast<std::size_t>(out - start);
}

std::string number_text(double number) {
  std::array<char, 40> text;
  return {text.data(), write_number(number, text.data())};
}

double round_to_15_digits(double number) {
  if (number == std::floor(number)) return number;  // whole numbers keep what they have
  if (shortest(std::fabs(number)).count <= 15) return number;
  // Ties go away from zero, so the exact digits behind the fifteenth decide, not printf's rounding.
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%.40e", std::fabs(number));
  std::string digits(text.data(), 16);  // "d." and fourteen more
  const bool up = text[16] >= '5';
  if (up) {
    std::size_t at = digits.size();
    while (at-- > 0) {
      if (digits[at] == '.') continue;
      if (digits[at] != '9') {
        ++digits[at];
        break;
      }
      digits[at] = '0';
      if (at == 0) digits.insert(digits.begin(), '1');  // 9.99.. became 10.00..
    }
  }
  digits += std::strchr(text.data(), 'e');
  return std::copysign(std::strtod(digits.c_str(), nullptr), number);
}

namespace {

std::optional<double> parse_radix(std::string_view text) {
  if (text.size() < 3 || text[0] != '0') return std::nullopt;
  const char kind = static_cast<char>(text[1] | 0x20);
  const int radix = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
  if (radix == 0) return std::nullopt;
  double number = 0;
  for (const char c : text.substr(2)) {
    int digit = 99;
    if (c >= '0' && c <= '9') digit = c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') digit = (c | 0x20) - 'a' + 10;
    if (digit >= radix) return std::nullopt;
    number = number * radix + digit;
  }
  return number;
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  return at;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  if (const auto radix = parse_radix(text)) return radix;
  const std::size_t start = !text.empty() && text[0] == '-' ? 1 : 0;
  std::size_t at = skip_digits(text, start);
  if (at == start) return std::nullopt;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = at + 1;
    at = skip_digits(text, fraction);
    if (at == fraction) return std::nullopt;
  }
  if (at < text.size() && (text[at] | 0x20) == 'e') {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = at;
    at = skip_digits(text, exponent);
    if (at == exponent) return std::nullopt;
  }
  if (at != text.size()) return std::nullopt;
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{}) return number;
  const std::string copy(text);  // from_chars gives no value when out of range
  number = std::strtod(copy.c_str(), nullptr);
  if (!std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace navette::jsonata
