#include <string>

#include "mapping/jsonata/builtins.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
constexpr std::string_view kReserved = ";/?:@&=+$,#";

bool has_lone_surrogate(std::string_view text) {
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    if (text[at] == '\xED' && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
  }
  return false;
}

Value encode(const Call& call, Value text, std::string_view also_kept) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  if (text.undefined()) return text;
  if (has_lone_surrogate(text.text())) return call.run.fail("D3140", text);
  std::string out;
  for (const char c : text.text()) {
    if (kLetters.find(c) != std::string_view::npos || also_kept.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return new_text(call.run.arena(), out);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The byte that "%XX" at `at` stands for; -1 when there is none.
int escaped_byte(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size() || text[at] != '%') return -1;
  const int high = hex_digit(text[at + 1]);
  const int low = hex_digit(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// One escaped character of several bytes; false when it is not proper UTF-8.
bool decode_character(std::string_view text, std::size_t& at, std::string& out) {
  const int lead = escaped_byte(text, at);
  const int more = lead >= 0xF0 && lead <= 0xF7 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
  if (lead < 0xC0 || lead > 0xF7) return false;
  std::uint32_t code = static_cast<std::uint32_t>(lead) & (0x3FU >> more);
  at += 3;
  for (int i = 0; i < more; ++i, at += 3) {
    const int byte = escaped_byte(text, at);
    if (byte < 0 || (byte & 0xC0) != 0x80) return false;
    code = (code << 6) | (static_cast<std::uint32_t>(byte) & 0x3F);
  }
  const std::uint32_t least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
  if (code < least || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
  append_utf8(out, code);
  return true;
}

Value decode(const Call& call, Value text, std::string_view still_escaped) {
  if (text.undefined()) return text;
  const std::string_view from = text.text();
  std::string out;
  for (std::size_t at = 0; at < from.size();) {
    if (from[at] != '%') {
      out += from[at++];
      continue;
    }
    const int byte = escaped_byte(from, at);
    if (byte < 0) return call.run.fail("D3140", text);
    if (byte >= 0x80) {
      if (!decode_character(from, at, out)) return call.run.fail("D3140", text);
      continue;
    }
    const char c = static_cast<char>(byte);
    if (still_escaped.find(c) != std::string_view::npos) {
      out += from.substr(at, 3);
    } else {
      out += c;
    }
    at += 3;
  }
  return new_text(call.run.arena(), out);
}

}  // namespace

// Each UTF-16 unit counts as the byte of its lower half.
Value builtin_base64_encode(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  const std::u16string units = to_utf16(arguments[0].text());
  std::string out;
  for (std::size_t at = 0; at < units.size(); at += 3) {
    unsigned bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = (bits << 8) | (at + i < units.size() ? units[at + i] & 0xFFU : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      const bool filled = at + i <= units.size();
      out += filled ? kBase64[(bits >> (18 - 6 * i)) & 63] : '=';
    }
  }
  return new_text(call.run.arena(), out);
}

Value builtin_base64_decode(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char16_t unit : to_utf16(arguments[0].text())) {
    char c = static_cast<char>(unit & 0xFF);
    if (c == '=') break;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
    const std::size_t value = kBase64.find(c);
    if (value == std::string_view::npos) continue;
    bits = (bits << 6) | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    append_utf8(out, (bits >> count) & 0xFF);
  }
  return new_text(call.run.arena(), out);
}

Value builtin_encode_url_component(const Call& call, Arguments arguments) {
  return encode(call, arguments[0], {});
}

Value builtin_encode_url(const Call& call, Arguments arguments) {
  return encode(call, arguments[0], kReserved);
}

Value builtin_decode_url_component(const Call& call, Arguments arguments) {
  return decode(call, arguments[0], {});
}

Value builtin_decode_url(const Call& call, Arguments arguments) {
  return decode(call, arguments[0], kReserved);
}

}  // namespace navette::jsonata
