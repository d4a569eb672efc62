#include "mapping/jsonata/reader.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

#include <simdjson.h>

#include "mapping/jsonata/print.h"

namespace navette::jsonata {
namespace {

constexpr int kDepthMax = 512;

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::uint64_t filter_bit(std::string_view name) {
  const std::size_t first = name.empty() ? 0 : static_cast<unsigned char>(name[0]);
  return std::uint64_t{1} << ((name.size() * 7 + first) & 63);
}

// -1: not four hexadecimal digits.
int hex4(const char* at, const char* end) {
  if (end - at < 4) return -1;
  int code = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = at[i];
    const char lower = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      code = code * 16 + (c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      code = code * 16 + (lower - 'a' + 10);
    } else {
      return -1;
    }
  }
  return code;
}

char* put_utf8(char* out, std::uint32_t code) {
  const auto byte = [&out](std::uint32_t bits) { *out++ = static_cast<char>(bits); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | (code >> 6));
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3F));
    byte(0x80 | ((code >> 6) & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
  return out;
}

// What the letter after a backslash stands for, '\0' when it stands for nothing.
char escaped(char letter) {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
  const std::size_t at = kNames.find(letter);
  return at == std::string_view::npos ? '\0' : kValues[at];
}

// The grammar of RFC 8259: no leading zero, no plus, digits on both sides of the point.
bool is_number(std::string_view token) {
  std::size_t at = token.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < token.size() && is_digit(token[at])) ++at;
    return at - from;
  };
  const bool zero = at < token.size() && token[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < token.size() && token[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < token.size() && (token[at] | 0x20) == 'e') {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == token.size();
}

double to_double(std::string_view token) {
  double number = 0;
  const auto [stop, error] = std::from_chars(token.data(), token.data() + token.size(), number);
  if (error != std::errc::result_out_of_range) return number;
  return std::strtod(std::string(token).c_str(), nullptr);  // infinite, or 0
}

// How many bytes of `text` are well-formed UTF-8.
std::size_t well_formed_bytes(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xC2 && lead < 0xE0 ? 2
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0 || at + length > text.size()) return at;
    for (std::size_t i = 1; i < length; ++i) {
      if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) return at;
    }
    const unsigned second = length > 1 ? static_cast<unsigned char>(text[at + 1]) : 0;
    const bool wrong = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) ||
                       (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90);
    if (wrong) return at;
    at += length;
  }
  return at;
}

// Where a control character stands within a text.
std::size_t unescaped_at(std::string_view text) {
  bool inside = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (inside && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      inside = !inside;
    } else if (inside && static_cast<unsigned char>(text[at]) < 0x20) {
      return at;
    }
  }
  return text.size();
}

}  // namespace

Wanted::Wanted(const std::vector<Read>& reads) {
  for (const Read& read : reads) add(read, 0);
}

void Wanted::add(const Read& read, std::size_t depth) {
  if (depth == read.names.size()) {
    whole_ = whole_ || read.whole;
    return;
  }
  const std::string& name = read.names[depth];
  auto found = std::find_if(children_.begin(), children_.end(),
                            [&name](const Child& child) { return *child.name == name; });
  if (found == children_.end()) {
    children_.push_back({std::make_unique<std::string>(name), Value(), std::make_unique<Wanted>()});
    Child& child = children_.back();
    child.key =
        is_plain(name) ? Value::plain_text(*child.name) : Value(std::string_view(*child.name));
    found = children_.end() - 1;
    filter_ |= filter_bit(name);
  }
  found->below->add(read, depth + 1);
}

const Wanted::Child* Wanted::search(std::string_view name, std::uint64_t head, std::size_t nth) {
  const Child* found = nullptr;
  if ((filter_ & filter_bit(name)) != 0) {
    for (const Child& child : children_) {
      if (!same_text(child.key.text(), name)) continue;
      found = &child;
      break;
    }
  }
  // Documents whose members have no order of their own are not worth learning.
  constexpr std::size_t kMissesMax = 4096;
  constexpr std::size_t kGuessesMax = 256;
  constexpr std::size_t kNameMax = 256;
  if (misses_ >= kMissesMax || name.size() > kNameMax) return found;
  ++misses_;
  if (nth < guesses_.size()) {
    guesses_[nth] = {head, std::string(name), found};
  } else if (nth == guesses_.size() && nth < kGuessesMax) {
    guesses_.push_back({head, std::string(name), found});
  }
  return found;
}

struct Reader::Tokens {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  std::size_t capacity = 0;
};

Reader::Reader(Surrogates surrogates)
    : surrogates_(surrogates), tokens_(std::make_unique<Tokens>()) {}
Reader::~Reader() = default;

// Find the places of all tokens. False: trouble_ and offset_ are set.
bool Reader::scan(std::string_view text) {
  simdjson::error_code error = simdjson::SUCCESS;
  if (text.size() >= std::numeric_limits<std::uint32_t>::max() - 64) {
    error = simdjson::CAPACITY;
  } else if (text.size() > tokens_->capacity || tokens_->parser == nullptr) {
    tokens_->capacity = std::max<std::size_t>(text.size() + text.size() / 2, 8192);
    tokens_->parser.reset();
    error = simdjson::get_active_implementation()->create_dom_parser_implementation(
        tokens_->capacity, 16, tokens_->parser);
  }
  if (error == simdjson::SUCCESS) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
    error = tokens_->parser->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                    simdjson::stage1_mode::regular);
  }
  if (error == simdjson::SUCCESS) return true;
  trouble_ = simdjson::error_message(error);
  offset_ = error == simdjson::UTF8_ERROR        ? well_formed_bytes(text)
            : error == simdjson::UNESCAPED_CHARS ? unescaped_at(text)
            : error == simdjson::EMPTY           ? 0
                                                 : text.size();
  return false;
}

// One walk over the tokens of one text. Each step of it takes the token to start with and gives the
// one after it; null: it failed.
class Reader::Walk {
 public:
  Walk(Reader& reader, std::string_view text, Arena& arena)
      : reader_(reader),
        text_(text),
        bytes_(text.data()),
        arena_(arena),
        begin_(reader.tokens_->parser->structural_indexes.get()),
        end_(begin_ + reader.tokens_->parser->n_structural_indexes) {}

  bool document(Wanted* wanted, Value& out) {
    const At at = value(wanted, begin_, out);
    if (at == nullptr) return false;
    return at == end_ || fail(at, "nothing more may follow") != nullptr;
  }

 private:
  using At = const std::uint32_t*;

  At fail(At at, const char* trouble) {
    reader_.trouble_ = trouble;
    reader_.offset_ = at < end_ ? *at : text_.size();
    return nullptr;
  }

  // The first character of a token, '\0' at the end.
  char sign(At at) const { return at < end_ ? bytes_[*at] : '\0'; }

  // The text of a token, up to the next one.
  std::string_view token(At at) const {
    const char* end = at + 1 < end_ ? bytes_ + at[1] : bytes_ + text_.size();
    const char* const start = bytes_ + *at;
    while (end > start && is_space(end[-1])) --end;
    return {start, static_cast<std::size_t>(end - start)};
  }

  At value(Wanted* wanted, At at, Value& out) {
    switch (sign(at)) {
      case '{':
        return object(wanted, at, out);
      case '[':
        return array(wanted, at, out);
      case '"': {
        const std::string_view whole = token(at);
        return text(whole.substr(1, whole.size() - 2), out) ? at + 1 : nullptr;
      }
      case '\0':
        return fail(at, at < end_ ? "no value starts like this" : "the text ends too early");
      default:
        return scalar(at, out);
    }
  }

  At object(Wanted* wanted, At at, Value& out) {
    if (++depth_ > kDepthMax) return fail(at, "nested too deeply");
    ++at;
    Object* object = arena_.make<Object>();
    out = Value(object);
    if (sign(at) == '}') {
      --depth_;
      return at + 1;
    }
    const bool all = wanted == nullptr || wanted->whole();
    if (!all && wanted->size() > 0) object->reserve(arena_, wanted->size());
    std::uint64_t seen = 0;
    for (std::size_t nth = 0;; ++nth) {
      if (sign(at) != '"') return fail(at, "expected the name of a member");
      if (sign(at + 1) != ':') return fail(at + 1, "expected ':'");
      const std::string_view quoted = token(at);
      const std::string_view raw = quoted.substr(1, quoted.size() - 2);
      at = all ? any_member(raw, at + 2, *object)
               : wanted_member(*wanted, raw, nth, at + 2, *object, seen);
      if (at == nullptr) return nullptr;
      const char after = sign(at);
      if (after != ',' && after != '}') return fail(at, "expected ',' or '}'");
      ++at;
      if (after == '}') break;
    }
    --depth_;
    return at;
  }

  At any_member(std::string_view raw, At at, Object& object) {
    Value name;
    Value member;
    if (!text(raw, name)) return nullptr;
    at = value(nullptr, at, member);
    if (at != nullptr) object.set(arena_, name, member);
    return at;
  }

  At wanted_member(Wanted& wanted, std::string_view raw, std::size_t nth, At at, Object& object,
                   std::uint64_t& seen) {
    const bool near_end = bytes_ + text_.size() - raw.data() < 8;
    const std::uint64_t head = near_end ? head_of(raw) : head_in_place(raw);
    const Wanted::Child* child = nullptr;
    if (!wanted.guessed(raw, head, nth, &child) && !look_up(wanted, raw, head, nth, &child)) {
      return nullptr;
    }
    if (child == nullptr) return skip(at);
    Value member;
    at = value(child->below.get(), at, member);
    if (at == nullptr) return nullptr;
    const std::size_t index = wanted.index_of(child);
    const Value& name = child->key;
    if (index < 64 && (seen >> index & 1) == 0) {
      seen |= std::uint64_t{1} << index;
      object.add(arena_, name, member);
    } else {
      object.set(arena_, name, member);
    }
    return at;
  }

  bool look_up(Wanted& wanted, std::string_view raw, std::uint64_t head, std::size_t nth,
               const Wanted::Child** child) {
    if (!has_backslash(raw)) {
      *child = wanted.search(raw, head, nth);
      return true;
    }
    Value name;
    if (!text(raw, name)) return false;
    // Not worth learning: the guess is about names as they are written.
    *child = wanted.search(name.text(), head_of(name.text()), kNeverGuessed);
    return true;
  }

  At array(Wanted* wanted, At at, Value& out) {
    if (++depth_ > kDepthMax) return fail(at, "nested too deeply");
    ++at;
    Array* array = new_array(arena_);
    out = Value(array);
    if (sign(at) == ']') {
      --depth_;
      return at + 1;
    }
    for (;;) {
      Value item;
      at = value(wanted, at, item);
      if (at == nullptr) return nullptr;
      array->push(arena_, item);
      const char after = sign(at);
      if (after != ',' && after != ']') return fail(at, "expected ',' or ']'");
      ++at;
      if (after == ']') break;
    }
    --depth_;
    return at;
  }

  // Step over a value.
  At skip(At at) {
    const char first = sign(at);
    if (first == '\0' || first == ',' || first == ':' || first == '}' || first == ']') {
      return fail(at, "expected a value");
    }
    ++at;
    if (first != '{' && first != '[') return at;
    for (int open = 1; open > 0;) {
      if (at == end_) return fail(at, "the text ends too early");
      // '[' and '{', ']' and '}' differ in one bit only, and nothing else looks like them.
      const char kind = static_cast<char>(bytes_[*at++] | 0x20);
      open += kind == '{' ? 1 : 0;
      open -= kind == '}' ? 1 : 0;
    }
    return at;
  }

  At scalar(At at, Value& out) {
    const std::string_view found = token(at);
    const char first = found[0];
    if (is_digit(first) || first == '-') {
      if (whole_number(found, out)) return at + 1;
      if (is_number(found)) {
        out = Value(to_double(found));
        return at + 1;
      }
    } else if (found == "true" || found == "false") {
      out = Value(first == 't');
      return at + 1;
    } else if (found == "null") {
      out = Value::null();
      return at + 1;
    }
    return fail(at, "this is no value");
  }

  // The common case: few digits, nothing else.
  static bool whole_number(std::string_view token, Value& out) {
    std::int64_t number = 0;
    if (!small_integer(token, &number)) return false;
    out = Value(static_cast<double>(number));
    return true;
  }

  bool text(std::string_view raw, Value& out) {
    if (!has_backslash(raw)) {
      out = Value::plain_text(raw);
      return true;
    }
    const std::size_t escape = raw.find('\\');
    char* const room = arena_.array<char>(raw.size() + 8);
    std::memcpy(room, raw.data(), escape);
    char* to = room + escape;
    const char* at = raw.data() + escape;
    const char* const end = raw.data() + raw.size();
    while (at < end) {
      if (*at != '\\') {
        const void* next = std::memchr(at, '\\', static_cast<std::size_t>(end - at));
        const char* const stop = next == nullptr ? end : static_cast<const char*>(next);
        std::memcpy(to, at, static_cast<std::size_t>(stop - at));
        to += stop - at;
        at = stop;
        continue;
      }
      if (at[1] != 'u') {
        const char meant = escaped(at[1]);
        if (meant == '\0') return bad_escape(at);
        *to++ = meant;
        at += 2;
        continue;
      }
      if (!unicode(at, end, to)) return bad_escape(at);
    }
    out = Value(std::string_view(room, static_cast<std::size_t>(to - room)));
    return true;
  }

  bool bad_escape(const char* at) {
    reader_.trouble_ = "this is no escape sequence";
    reader_.offset_ = static_cast<std::size_t>(at - bytes_);
    return false;
  }

  // \uXXXX, and the one after it when they are a pair.
  bool unicode(const char*& at, const char* end, char*& to) const {
    const int code = hex4(at + 2, end);
    if (code < 0) return false;
    at += 6;
    if (code < 0xD800 || code > 0xDFFF) {
      to = put_utf8(to, static_cast<std::uint32_t>(code));
      return true;
    }
    if (code < 0xDC00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
      const int low = hex4(at + 2, end);
      if (low >= 0xDC00 && low <= 0xDFFF) {
        const int pair = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        to = put_utf8(to, static_cast<std::uint32_t>(pair));
        at += 6;
        return true;
      }
    }
    const bool keep = reader_.surrogates_ == Surrogates::kKeep;
    to = put_utf8(to, keep ? static_cast<std::uint32_t>(code) : 0xFFFD);
    return true;
  }

  static constexpr std::size_t kNeverGuessed = static_cast<std::size_t>(-1);

  Reader& reader_;
  std::string_view text_;
  const char* bytes_;
  Arena& arena_;
  At begin_;
  At end_;
  int depth_ = 0;
};

bool Reader::read(std::string_view text, Wanted* wanted, Arena& arena, Value& out) {
  return scan(text) && Walk(*this, text, arena).document(wanted, out);
}

}  // namespace navette::jsonata
