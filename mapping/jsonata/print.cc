#include "mapping/jsonata/print.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

constexpr int kDepthMax = 1000;
constexpr std::size_t kBlock = 16;
constexpr std::size_t kEscapeMax = 6;  // bytes that one character may become

using Block = unsigned char __attribute__((vector_size(16)));
using Halves = std::uint64_t __attribute__((vector_size(16)));
bool is_awkward(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == '\xED';
}

}  // namespace

bool is_plain(std::string_view text) {
  return std::none_of(text.begin(), text.end(), is_awkward);
}

void Printer::grow(std::size_t bytes) {
  constexpr std::size_t kRoomMin = 4096;
  const auto used = static_cast<std::size_t>(at_ - room_.get());
  const auto size = static_cast<std::size_t>(end_ - room_.get());
  const std::size_t wanted = std::max({kRoomMin, size * 2, used + bytes});
  std::unique_ptr<char[]> room(new char[wanted]);
  if (used > 0) std::memcpy(room.get(), room_.get(), used);
  room_ = std::move(room);
  at_ = room_.get() + used;
  end_ = room_.get() + wanted;
}

bool Printer::print(Value from, std::string_view& text) {
  at_ = room_.get();
  if (!value(from, 0)) return false;
  text = {room_.get(), static_cast<std::size_t>(at_ - room_.get())};
  return true;
}

void Printer::literal(std::string_view text) {
  reserve(text.size());
  std::memcpy(at_, text.data(), text.size());
  at_ += text.size();
}

bool Printer::value(Value from, int depth) {
  switch (from.tag()) {
    case Tag::kBool:
      literal(from.flag() ? "true" : "false");
      return true;
    case Tag::kNumber:
      number(from.number());
      return true;
    case Tag::kString:
      string(from);
      return true;
    case Tag::kArray:
      return array(*from.array(), depth + 1);
    case Tag::kObject:
      return object(*from.object(), depth + 1);
    case Tag::kTuple:
      return depth < kDepthMax && value(from.tuple()->context, depth + 1);
    case Tag::kFunction:
    case Tag::kTail:
      literal("\"\"");
      return true;
    default:
      literal("null");
      return true;
  }
}

void Printer::number(double number) {
  if (!std::isfinite(number)) {
    literal("null");
    return;
  }
  reserve(40);
  at_ += write_number(number, at_);
}

bool Printer::array(const Array& array, int depth) {
  if (depth > kDepthMax) return false;
  put('[');
  for (std::uint32_t i = 0; i < array.size; ++i) {
    if (i > 0) put(',');
    if (!value(array.items[i], depth)) return false;
  }
  put(']');
  return true;
}

bool Printer::object(const Object& object, int depth) {
  if (depth > kDepthMax) return false;
  put('{');
  bool first = true;
  for (const Member& member : object) {
    if (member.value.undefined()) continue;
    if (!first) put(',');
    first = false;
    string(member.key);
    put(':');
    if (!value(member.value, depth)) return false;
  }
  put('}');
  return true;
}

// Copy up to the first character that needs more than that; how many that were.
std::size_t Printer::plain_run(const char* from, std::size_t size) {
  const char* const start = from;
  const char* const end = from + size;
  char* to = at_;
  while (static_cast<std::size_t>(end - from) >= kBlock) {
    Block block;
    std::memcpy(&block, from, kBlock);
    std::memcpy(to, &block, kBlock);
    // A control character, a quote, a backslash, or the lead byte of what may be a surrogate.
    const Block awkward = (block < 0x20) | (block == '"') | (block == '\\') | (block == 0xED);
    Halves halves;
    std::memcpy(&halves, &awkward, kBlock);
    if ((halves[0] | halves[1]) != 0) {
      const auto plain = static_cast<std::size_t>(
          halves[0] != 0 ? __builtin_ctzll(halves[0]) / 8 : 8 + __builtin_ctzll(halves[1]) / 8);
      at_ = to + plain;
      return static_cast<std::size_t>(from - start) + plain;
    }
    from += kBlock;
    to += kBlock;
  }
  while (from < end && !is_awkward(*from)) *to++ = *from++;
  at_ = to;
  return static_cast<std::size_t>(from - start);
}

void Printer::string(Value value) {
  const std::string_view text = value.text();
  reserve(text.size() * kEscapeMax + 2);
  *at_++ = '"';
  if (value.is_plain()) {
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  } else {
    for (std::size_t at = 0;;) {
      at += plain_run(text.data() + at, text.size() - at);
      if (at == text.size()) break;
      at += awkward(text.substr(at));
    }
  }
  *at_++ = '"';
}

// The character at the start of the rest of a text, as an escape sequence; its length.
std::size_t Printer::awkward(std::string_view rest) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
  const std::size_t named = kNamed.find(rest[0]);
  if (named != std::string_view::npos) {
    *at_++ = '\\';
    *at_++ = "\"\\bfnrt"[named];
    return 1;
  }
  std::uint32_t unit = static_cast<unsigned char>(rest[0]);
  std::size_t length = 1;
  if (unit == 0xED) {
    length = std::min<std::size_t>(3, rest.size());
    const bool surrogate = length == 3 && static_cast<unsigned char>(rest[1]) >= 0xA0;
    if (!surrogate || surrogates_ == LoneSurrogates::kReplace) {
      const std::string_view shown = surrogate ? "\xEF\xBF\xBD" : rest.substr(0, length);
      at_ = std::copy(shown.begin(), shown.end(), at_);
      return length;
    }
    std::size_t next = 0;
    unit = next_code_point(rest, next);
  }
  *at_++ = '\\';
  *at_++ = 'u';
  for (int shift = 12; shift >= 0; shift -= 4) *at_++ = kHex[(unit >> shift) & 15];
  return length;
}

}  // namespace navette::jsonata
