// Short texts looked at several bytes at a time, for loops in which a call would cost more.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace navette {

inline std::uint64_t load8(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, 8);
  return word;
}

inline std::uint32_t load4(const char* at) {
  std::uint32_t word = 0;
  std::memcpy(&word, at, 4);
  return word;
}

// Whether so many bytes are the same.
inline bool same_bytes(const char* a, const char* b, std::size_t size) {
  if (size >= 8) {
    std::size_t at = 0;
    for (; at + 8 <= size; at += 8) {
      if (load8(a + at) != load8(b + at)) return false;
    }
    return load8(a + size - 8) == load8(b + size - 8);
  }
  if (size >= 4) return load4(a) == load4(b) && load4(a + size - 4) == load4(b + size - 4);
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

// The first eight bytes, zeros for what is missing.
inline std::uint64_t head_of(std::string_view text) {
  std::uint64_t word = 0;
  std::memcpy(&word, text.data(), text.size() < 8 ? text.size() : 8);
  return word;
}

// The same. REQUIRES: eight bytes can be read from its start on.
inline std::uint64_t head_in_place(std::string_view text) {
  const std::uint64_t word = load8(text.data());
  if (text.size() >= 8) return word;
  return word & ((std::uint64_t{1} << (text.size() * 8)) - 1);
}

inline bool same_text(std::string_view a, std::string_view b) {
  return a.size() == b.size() && same_bytes(a.data(), b.data(), a.size());
}

// Not zero when one of the eight bytes is `sign`.
inline std::uint64_t with_byte(std::uint64_t word, unsigned char sign) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  word ^= kOnes * sign;
  return (word - kOnes) & ~word & kHighs;
}

inline bool has_backslash(std::string_view text) {
  const char* at = text.data();
  std::size_t size = text.size();
  if (size >= 8) {
    for (; size > 8; size -= 8, at += 8) {
      if (with_byte(load8(at), '\\') != 0) return true;
    }
    return with_byte(load8(at + size - 8), '\\') != 0;
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (at[i] == '\\') return true;
  }
  return false;
}

// A name, ready to be compared with many: its ends hold all of it up to sixteen bytes.
struct NameKey {
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  std::size_t size = 0;

  // `readable`: how far bytes may be read. Without a branch that depends on the name.
  static NameKey of(std::string_view name, const char* readable) {
    NameKey key;
    key.size = name.size();
    if (readable - name.data() < 8) {  // at the very end of a text
      key.head = head_of(name);
      key.tail = key.head;
      return key;
    }
    const std::size_t some = key.size < 8 ? key.size : 8;
    const std::uint64_t mask = ~std::uint64_t{0} >> ((8 - some) * 8 & 63);
    const std::uint64_t any = key.size == 0 ? 0 : mask;
    key.head = load8(name.data()) & any;
    key.tail = load8(name.data() + (key.size - some)) & any;
    return key;
  }
  bool operator==(const NameKey& other) const {
    return ((head ^ other.head) | (tail ^ other.tail) | (size ^ other.size)) == 0;
  }
  // Of the head and the size only: the tail is for the comparison.
  std::uint64_t hash() const { return (head ^ size << 59) * 0x9E3779B97F4A7C15; }
  bool has_backslash(std::string_view name) const {
    if ((with_byte(head, '\\') | with_byte(tail, '\\')) != 0) return true;
    return size > 16 && navette::has_backslash(name);
  }
};

// A whole number of at most 15 digits, without a sign but '-'. False: it is none, or it is -0,
// which no integer is.
inline bool small_integer(std::string_view text, std::int64_t* number) {
  constexpr std::size_t kDigitsMax = 15;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > kDigitsMax || (text[0] == '0' && text.size() > 1)) return false;
  std::int64_t sum = 0;
  for (const char c : text) {
    const int digit = c - '0';
    if (digit < 0 || digit > 9) return false;
    sum = sum * 10 + digit;
  }
  *number = negative ? -sum : sum;
  return !negative || sum != 0;
}

}  // namespace navette
