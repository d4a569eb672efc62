#include "mapping/jsonata/print.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

constexpr int kDepthMax = 1000;
constexpr std::size_t kWord = 8;
constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;

// A word in which the high bit of a byte is set where the byte of `word` is zero; bits above the
// first such byte may be wrong.
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - kOnes) & ~word & kHighs;
}

// Whether eight bytes hold one that cannot be copied as it is: a control character, a quote, a
// backslash, or the lead byte of what may be a surrogate.
bool has_awkward(std::uint64_t word) {
  const std::uint64_t control = (word - kOnes * 0x20) & ~word & kHighs;
  return (control | zero_bytes(word ^ (kOnes * '"')) | zero_bytes(word ^ (kOnes * '\\')) |
          zero_bytes(word ^ (kOnes * 0xED))) != 0;
}

bool is_awkward(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == '\xED';
}

}  // namespace

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
      string(from.text());
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
  reserve(2);
  *at_++ = '[';
  for (std::uint32_t i = 0; i < array.size; ++i) {
    if (i > 0) literal(",");
    if (!value(array.items[i], depth)) return false;
  }
  literal("]");
  return true;
}

bool Printer::object(const Object& object, int depth) {
  if (depth > kDepthMax) return false;
  reserve(2);
  *at_++ = '{';
  bool first = true;
  for (const Member& member : object) {
    if (member.value.undefined()) continue;
    if (!first) literal(",");
    first = false;
    string(member.key.text());
    literal(":");
    if (!value(member.value, depth)) return false;
  }
  literal("}");
  return true;
}

void Printer::string(std::string_view text) {
  reserve(text.size() + 2 + kWord);
  *at_++ = '"';
  const char* from = text.data();
  std::size_t left = text.size();
  while (left >= kWord) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, kWord);
    if (has_awkward(word)) break;
    std::memcpy(at_, &word, kWord);
    at_ += kWord;
    from += kWord;
    left -= kWord;
  }
  if (left < kWord) {
    for (; left > 0 && !is_awkward(*from); --left) *at_++ = *from++;
  }
  if (left > 0) awkward(text, text.size() - left);
  literal("\"");
}

// The rest of a text, with its escape sequences.
void Printer::awkward(std::string_view text, std::size_t at) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
  constexpr std::size_t kEscapeMax = 6;
  reserve((text.size() - at) * kEscapeMax + 2);
  while (at < text.size()) {
    const char c = text[at];
    if (!is_awkward(c)) {
      *at_++ = c;
      ++at;
      continue;
    }
    std::uint32_t unit = static_cast<unsigned char>(c);
    const std::size_t named = kNamed.find(c);
    if (named != std::string_view::npos) {
      *at_++ = '\\';
      *at_++ = "\"\\bfnrt"[named];
      ++at;
      continue;
    }
    std::size_t length = 1;
    if (unit == 0xED) {
      const bool surrogate =
          at + 2 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0;
      if (!surrogate || surrogates_ == LoneSurrogates::kReplace) {
        const std::string_view as_is =
            surrogate ? "\xEF\xBF\xBD"
                      : text.substr(at, std::min<std::size_t>(3, text.size() - at));
        at_ = std::copy(as_is.begin(), as_is.end(), at_);
        at += as_is.size();
        continue;
      }
      std::size_t next = at;
      unit = next_code_point(text, next);
      length = next - at;
    }
    *at_++ = '\\';
    *at_++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) *at_++ = kHex[(unit >> shift) & 15];
    at += length;
  }
}

}  // namespace navette::jsonata
