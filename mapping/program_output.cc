#include "mapping/program_output.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace navette::program {
namespace {

// What put_clean() must look at more closely: a backslash, DEL, and the first byte of C1 controls.
bool is_special(char c) {
  return c == '\\' || c == '\x7F' || c == '\xC2';
}

using Block = unsigned char __attribute__((vector_size(16)));
using Halves = std::uint64_t __attribute__((vector_size(16)));

struct Copied {
  const char* at;
  char* to;
};

// Copies until something special or the end.
inline Copied copy_plain(const char* at, const char* end, const char* readable, char* to) {
  // Whole blocks, as long as nothing beyond `readable` is touched.
  while (at < end && readable - at >= 16) {
    Block block;
    std::memcpy(&block, at, 16);
    std::memcpy(to, &block, 16);
    const Block special = (block == '\\') | (block == 0x7F) | (block == 0xC2);
    Halves halves;
    std::memcpy(&halves, &special, 16);
    if ((halves[0] | halves[1]) != 0) {
      const std::ptrdiff_t before =
          halves[0] != 0 ? __builtin_ctzll(halves[0]) / 8 : 8 + __builtin_ctzll(halves[1]) / 8;
      const std::ptrdiff_t step = std::min(before, end - at);
      return {at + step, to + step};
    }
    at += 16;
    to += 16;
  }
  if (at > end) return {end, to - (at - end)};
  while (at < end && !is_special(*at)) *to++ = *at++;
  return {at, to};
}

int hex4(const char* at, const char* end) {
  int code = 0;
  if (end - at < 4) return -1;
  const auto [stop, error] = std::from_chars(at, at + 4, code, 16);
  return error == std::errc{} && stop == at + 4 && *at != '-' ? code : -1;
}

char* put_utf8(std::uint32_t code, char* to) {
  const auto byte = [&to](std::uint32_t bits) { *to++ = static_cast<char>(bits); };
  if (code < 0x800) {
    byte(0xC0 | (code >> 6));
  } else if (code < 0x10000) {
    byte(0xE0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3F));
  } else {
    byte(0xF0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3F));
    byte(0x80 | ((code >> 6) & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
  return to;
}

// \uXXXX and its second half. False for what is ASCII, a control character or half a pair: rare.
bool put_unicode(const char*& at, const char* end, char*& to) {
  const int code = hex4(at + 2, end);
  if (code < 0xA0) return false;
  at += 6;
  if (code < 0xD800 || code > 0xDFFF) {
    to = put_utf8(static_cast<std::uint32_t>(code), to);
    return true;
  }
  if (code > 0xDBFF || end - at < 6 || at[0] != '\\' || at[1] != 'u') return false;
  const int low = hex4(at + 2, end);
  if (low < 0xDC00 || low > 0xDFFF) return false;
  at += 6;
  to = put_utf8(static_cast<std::uint32_t>(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)), to);
  return true;
}

// The escape at `at`.
bool put_escape(const char*& at, const char* end, char*& to) {
  switch (at[1]) {
    case '"':
    case '\\':
    case 'n':
    case 't':
      *to++ = *at++;
      *to++ = *at++;
      return true;
    case '/':
      *to++ = '/';
      at += 2;
      return true;
    case 'r':
      at += 2;
      if (end - at >= 2 && at[0] == '\\' && at[1] == 'n') return true;
      *to++ = '\\';
      *to++ = 'n';
      return true;
    case 'u':
      return put_unicode(at, end, to);
    default:
      return false;
  }
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

void Output::grow(std::size_t bytes) {
  const std::size_t used = size();
  const std::size_t room = std::max<std::size_t>((used + bytes + kSlack) * 2, 8192);
  auto larger = std::make_unique<char[]>(room);
  if (used > 0) std::memcpy(larger.get(), begin_.get(), used);
  begin_ = std::move(larger);
  at_ = begin_.get() + used;
  end_ = begin_.get() + room;
}

namespace {

// The end of what was written; null: something must be taken out.
char* copy_clean(std::string_view text, const char* readable, char* to) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    const Copied copied = copy_plain(at, end, readable, to);
    at = copied.at;
    to = copied.to;
    if (at == end) return to;
    if (*at == '\\') {
      if (!put_escape(at, end, to)) return nullptr;
    } else if (*at == '\xC2' && static_cast<unsigned char>(at[1]) >= 0xA0) {
      *to++ = *at++;
      *to++ = *at++;
    } else {
      return nullptr;
    }
  }
}

}  // namespace

bool put_clean(std::string_view text, const char* readable, Output& out) {
  out.reserve(text.size());
  char* const end = copy_clean(text, readable, out.at());
  if (end != nullptr) out.take(end);
  return end != nullptr;
}

bool put_clean_text(std::string_view text, const char* readable, Output& out) {
  out.reserve(text.size());
  char* const at = out.at();
  *at = '"';
  char* const end = copy_clean(text, readable, at + 1);
  if (end == nullptr) return false;
  *end = '"';
  out.take(end + 1);
  return true;
}

bool is_plain_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::size_t at = 0;
  while (at < text.size() && is_digit(text[at])) ++at;
  if (at == 0 || (text[0] == '0' && at > 1)) return false;
  if (at == text.size()) return !(negative && text[0] == '0');
  // A fraction: few digits, none of them for nothing.
  constexpr std::size_t kSizeMax = 16;
  if (text[at] != '.' || text.size() > kSizeMax || text.back() == '0') return false;
  if (at + 1 == text.size() || (text[0] == '0' && text[at + 1] == '0')) return false;
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at) + 1, text.end(), is_digit);
}

void put_integer(std::int64_t number, Output& out) {
  out.reserve(24);
  out.take(std::to_chars(out.at(), out.at() + 24, number).ptr);
}

std::string escaped(std::string_view text) {
  const std::string quoted = Json(text).dump();
  return quoted.substr(1, quoted.size() - 2);
}

namespace {

// One walk over the tokens of a list or an object.
class TreeCopy {
 public:
  TreeCopy(const Reader& reader, const Slot& tree, Output& out)
      : reader_(reader), next_(reader.tokens() + tree.first), out_(out) {}

  bool value(int depth) {
    constexpr int kDepthMax = 16;
    if (depth > kDepthMax) return false;
    switch (peek()) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
        return text(nullptr);
      default:
        return scalar();
    }
  }

 private:
  char peek() const { return reader_.begin()[*next_]; }
  // The characters of the token there, up to the next one; the walk goes on.
  std::string_view token() {
    const char* const start = reader_.begin() + *next_++;
    const char* end = reader_.begin() + *next_;
    while (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r' || end[-1] == '\t') --end;
    return {start, static_cast<std::size_t>(end - start)};
  }

  // Escapes stay as they are when Json::dump() writes the same.
  bool text(std::string_view* name) {
    const std::string_view quoted = token();
    for (std::size_t at = quoted.find('\\'); at != std::string_view::npos;
         at = quoted.find('\\', at + 2)) {
      constexpr std::string_view kSame = "\"\\ntrbf";
      if (kSame.find(quoted[at + 1]) == std::string_view::npos) return false;
    }
    out_.put(quoted);
    if (name != nullptr) *name = quoted;
    return true;
  }

  bool scalar() {
    const std::string_view found = token();
    const bool known = found == "null" || found == "true" || found == "false";
    if (!known && !is_plain_number(found)) return false;
    out_.put(found);
    return true;
  }

  bool array(int depth) {
    out_.put('[');
    ++next_;
    if (peek() == ']') return end(']');
    for (;;) {
      if (!value(depth + 1)) return false;
      if (peek() == ']') return end(']');
      if (peek() != ',') return false;
      out_.put(',');
      ++next_;
    }
  }

  bool object(int depth) {
    const std::size_t before = names_;
    out_.put('{');
    ++next_;
    if (peek() == '}') return end('}');
    for (;;) {
      if (peek() != '"' || !name(before) || peek() != ':') return false;
      out_.put(':');
      ++next_;
      if (!value(depth + 1)) return false;
      if (peek() == '}') break;
      if (peek() != ',') return false;
      out_.put(',');
      ++next_;
    }
    names_ = before;
    return end('}');
  }

  bool name(std::size_t before) {
    if (names_ == known_.size()) return false;
    std::string_view& name = known_[names_];
    if (!text(&name)) return false;
    // {"markup", "text"} is rich text, which rules look into.
    if (before == 0 && name == "\"markup\"") return false;
    const auto begin = known_.begin();
    const auto found = std::find(begin + static_cast<std::ptrdiff_t>(before),
                                 begin + static_cast<std::ptrdiff_t>(names_), name);
    if (found != begin + static_cast<std::ptrdiff_t>(names_)) return false;
    ++names_;
    return true;
  }

  bool end(char bracket) {
    out_.put(bracket);
    ++next_;
    return true;
  }

  const Reader& reader_;
  const std::uint32_t* next_;
  Output& out_;
  std::array<std::string_view, 64> known_;
  std::size_t names_ = 0;
};

}  // namespace

bool put_tree(const Reader& reader, const Slot& tree, Output& out) {
  return TreeCopy(reader, tree, out).value(0);
}

}  // namespace navette::program
