// JSON text put together piece by piece, and pieces that go from one text to another. A part of
// Program.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "mapping/program_reader.h"

namespace navette::program {

// A text that is written over and over, with room behind it so that whole blocks can be copied.
class Piece {
 public:
  Piece() = default;
  explicit Piece(std::string_view text) : bytes_(text), size_(text.size()) {
    bytes_.resize((size_ + 15) / 16 * 16);
  }
  std::string_view text() const { return std::string_view(bytes_).substr(0, size_); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // REQUIRES: room for up to 15 bytes more. The end of the copy.
  char* copy_to(char* to) const {
    const char* const from = bytes_.data();
    for (std::size_t at = 0; at < size_; at += 16) std::memcpy(to + at, from + at, 16);
    return to + size_;
  }

 private:
  std::string bytes_;
  std::size_t size_ = 0;
};

// Room that grows and is kept. Whoever writes asks for room first; some bytes more are always
// there.
class Output {
 public:
  static constexpr std::size_t kSlack = 64;

  void clear() { at_ = begin_.get(); }
  // Room for so many bytes, beside the slack.
  void reserve(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes + kSlack) grow(bytes);
  }
  void put(std::string_view text) {
    reserve(text.size());
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void put(const Piece& piece) {
    reserve(piece.size());
    at_ = piece.copy_to(at_);
  }
  void put(char c) {
    reserve(1);
    *at_++ = c;
  }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_.get()); }
  void cut(std::size_t size) { at_ = begin_.get() + size; }
  char& back() { return at_[-1]; }
  std::string_view text() const { return {begin_.get(), size()}; }

  // REQUIRES: reserve() for what is written before take().
  char* at() { return at_; }
  void take(char* end) { at_ = end; }

 private:
  void grow(std::size_t bytes);

  std::unique_ptr<char[]> begin_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

// What a JSON text between quotes becomes when clean_text() has seen it: escapes in the spelling in
// which Json::dump() writes them, line ends as LF. False: something must be taken out, or is no
// escape; what was written so far is to be cut. `readable`: how far beyond the text bytes may be
// read.
bool put_clean(std::string_view text, const char* readable, Output& out);
// The same between quotes. False: nothing was written.
bool put_clean_text(std::string_view text, const char* readable, Output& out);

// A number that Json::dump() would print just like this.
bool is_plain_number(std::string_view text);

// A list or an object, compact, as Json::dump() would print it. False: it takes a whole reading to
// know (duplicate members, unusual escapes or numbers, deep nesting), or its grammar is wrong.
bool put_tree(const Reader& reader, const Slot& tree, Output& out);

// The text that Json::dump() makes of a string, without quotes.
std::string escaped(std::string_view text);

void put_integer(std::int64_t number, Output& out);

}  // namespace navette::program
