#include "mapping/entities.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace navette {
namespace {

struct Named {
  std::string_view name;
  std::string_view text;
};
constexpr std::array kNamed = {
    Named{"amp", "&"},        Named{"lt", "<"},          Named{"gt", ">"},
    Named{"quot", "\""},      Named{"apos", "'"},        Named{"nbsp", " "},
    Named{"copy", "\u00A9"},  Named{"reg", "\u00AE"},    Named{"trade", "\u2122"},
    Named{"euro", "\u20AC"},  Named{"hellip", "\u2026"}, Named{"ndash", "\u2013"},
    Named{"mdash", "\u2014"}, Named{"laquo", "\u00AB"},  Named{"raquo", "\u00BB"},
    Named{"deg", "\u00B0"},   Named{"rarr", "\u2192"},   Named{"larr", "\u2190"},
};

void append_utf8(std::uint32_t c, std::string* out) {
  const auto byte = [out](std::uint32_t value) { *out += static_cast<char>(value); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xC0 | (c >> 6U));
  } else {
    if (c < 0x10000) {
      byte(0xE0 | (c >> 12U));
    } else {
      byte(0xF0 | (c >> 18U));
      byte(0x80 | ((c >> 12U) & 0x3FU));
    }
    byte(0x80 | ((c >> 6U) & 0x3FU));
  }
  byte(0x80 | (c & 0x3FU));
}

bool is_character(std::uint32_t c) {
  if (c == '\t') return true;
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return false;
  return c <= 0x10FFFF && !(c >= 0xD800 && c <= 0xDFFF);
}

}  // namespace

std::size_t decode_entity(std::string_view rest, std::string* out) {
  constexpr std::size_t kLengthMax = 12;
  const std::size_t end = rest.substr(0, kLengthMax).find(';');
  if (!rest.starts_with('&') || end == std::string_view::npos) return 0;
  std::string_view body = rest.substr(1, end - 1);
  if (body.starts_with('#')) {
    body.remove_prefix(1);
    const bool hex = body.starts_with('x') || body.starts_with('X');
    if (hex) body.remove_prefix(1);
    std::uint32_t c = 0;
    const char* const last = body.data() + body.size();
    const auto [stop, fault] = std::from_chars(body.data(), last, c, hex ? 16 : 10);
    if (fault != std::errc() || stop != last || !is_character(c)) return 0;
    append_utf8(c == 0xA0 ? ' ' : c, out);
    return end + 1;
  }
  const auto* const named =
      std::find_if(kNamed.begin(), kNamed.end(), [body](const Named& n) { return n.name == body; });
  if (named == kNamed.end()) return 0;
  *out += named->text;
  return end + 1;
}

}  // namespace navette
