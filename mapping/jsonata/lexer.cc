#include "mapping/jsonata/lexer.h"

#include <cmath>
#include <cstdlib>
#include <utility>

#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

struct OpName {
  std::string_view text;
  Op op;
};

// Longer ones first.
constexpr OpName kOps[] = {
    {"..", Op::kDotDot},       {":=", Op::kAssign},     {"!=", Op::kNotEqual},
    {">=", Op::kGreaterEqual}, {"<=", Op::kLessEqual},  {"**", Op::kStarStar},
    {"~>", Op::kApply},        {"?:", Op::kElvis},      {"??", Op::kCoalesce},
    {".", Op::kDot},           {"[", Op::kOpenBracket}, {"]", Op::kCloseBracket},
    {"{", Op::kOpenBrace},     {"}", Op::kCloseBrace},  {"(", Op::kOpenParen},
    {")", Op::kCloseParen},    {",", Op::kComma},       {"@", Op::kAt},
    {"#", Op::kHash},          {";", Op::kSemicolon},   {":", Op::kColon},
    {"?", Op::kQuestion},      {"+", Op::kPlus},        {"-", Op::kMinus},
    {"*", Op::kStar},          {"/", Op::kSlash},       {"%", Op::kPercent},
    {"|", Op::kBar},           {"=", Op::kEqual},       {"<", Op::kLess},
    {">", Op::kGreater},       {"^", Op::kCaret},       {"&", Op::kAmpersand},
    {"!", Op::kBang},          {"~", Op::kTilde},       {"and", Op::kAnd},
    {"or", Op::kOr},           {"in", Op::kIn},         {"(end)", Op::kEnd},
};

bool is_blank(char16_t c) {
  return c == u' ' || c == u'\t' || c == u'\n' || c == u'\r' || c == u'\v';
}

bool is_digit(char16_t c) {
  return c >= u'0' && c <= u'9';
}

int hex_digit(char16_t c) {
  if (is_digit(c)) return c - u'0';
  const char16_t lower = c | 0x20;
  return lower >= u'a' && lower <= u'f' ? lower - u'a' + 10 : -1;
}

bool ends_name(char16_t c) {
  constexpr std::u16string_view kStops = u".[]{}(),@#;:?+-*/%|=<>^&!~";
  return is_blank(c) || kStops.find(c) != std::u16string_view::npos;
}

}  // namespace

std::string_view op_text(Op op) {
  for (const OpName& name : kOps) {
    if (name.op == op) return name.text;
  }
  return {};
}

Lexer::Lexer(std::string_view source, Arena& arena) : source_(to_utf16(source)), arena_(&arena) {}

bool Lexer::fail(Failure& failure, const char* code, std::size_t position, Value token) {
  failure.code = code;
  failure.position = static_cast<int>(position);
  failure.token = token;
  return false;
}

Value Lexer::text(std::u16string_view units) {
  return new_text(*arena_, to_utf8(units));
}

bool Lexer::skip_blanks(Failure& failure) {
  for (;;) {
    while (position_ < source_.size() && is_blank(source_[position_])) ++position_;
    if (at(position_) != u'/' || at(position_ + 1) != u'*') return true;
    const std::size_t end = source_.find(u"*/", position_ + 2);
    if (end == std::u16string::npos) return fail(failure, "S0106", position_);
    position_ = end + 2;
  }
}

bool Lexer::next(bool operand_before, Token& token, Failure& failure) {
  token = Token{};
  if (!skip_blanks(failure)) return false;
  bool ok = true;
  token.start = static_cast<int>(position_);
  if (position_ >= source_.size()) {
    token.value = Value(op_text(Op::kEnd));
  } else if (const char16_t c = source_[position_]; c == u'/' && !operand_before) {
    ok = scan_regex(token, failure);
  } else if (scan_operator(token)) {
  } else if (c == u'"' || c == u'\'') {
    ok = scan_string(token, failure);
  } else if (is_digit(c)) {
    ok = scan_number(token, failure);
  } else if (c == u'`') {
    ok = scan_quoted_name(token, failure);
  } else {
    scan_name(token);
  }
  token.position = static_cast<int>(position_);
  return ok;
}

bool Lexer::scan_operator(Token& token) {
  for (const OpName& name : kOps) {
    if (name.op == Op::kAnd) return false;  // words are names first
    if (at(position_) != static_cast<char16_t>(name.text[0])) continue;
    if (name.text.size() == 2 && at(position_ + 1) != static_cast<char16_t>(name.text[1])) continue;
    position_ += name.text.size();
    token.op = name.op;
    token.value = Value(name.text);
    return true;
  }
  return false;
}

bool Lexer::scan_regex(Token& token, Failure& failure) {
  const std::size_t start = ++position_;
  int depth = 0;
  for (; position_ < source_.size(); ++position_) {
    const char16_t c = source_[position_];
    const bool escaped = source_[position_ - 1] == u'\\';
    if (c == u'/' && !escaped && depth == 0) {
      if (position_ == start) return fail(failure, "S0301", position_);
      token.op = Op::kRegex;
      token.value = text(std::u16string_view(source_).substr(start, position_ - start));
      const std::size_t flags = ++position_;
      while (at(position_) == u'i' || at(position_) == u'm') ++position_;
      token.flags = text(std::u16string_view(source_).substr(flags, position_ - flags)).text();
      return true;
    }
    if ((c == u'(' || c == u'[' || c == u'{') && !escaped) ++depth;
    if ((c == u')' || c == u']' || c == u'}') && !escaped) --depth;
  }
  return fail(failure, "S0302", position_);
}

bool Lexer::scan_escape(std::u16string& out, Failure& failure) {
  constexpr std::u16string_view kNames = u"\"\\/bfnrt";
  constexpr std::u16string_view kMeanings = u"\"\\/\b\f\n\r\t";
  const char16_t c = at(position_);
  if (const std::size_t found = kNames.find(c);
      found != std::u16string_view::npos && position_ < source_.size()) {
    out.push_back(kMeanings[found]);
    return true;
  }
  if (c != u'u' || position_ >= source_.size()) {
    const auto rest = std::u16string_view(source_).substr(std::min(position_, source_.size()));
    return fail(failure, "S0103", position_, text(rest.substr(0, 1)));
  }
  unsigned unit = 0;
  for (std::size_t i = 1; i <= 4; ++i) {
    const int digit = hex_digit(at(position_ + i));
    if (digit < 0) return fail(failure, "S0104", position_);
    unit = unit * 16 + static_cast<unsigned>(digit);
  }
  position_ += 4;
  out.push_back(static_cast<char16_t>(unit));
  return true;
}

bool Lexer::scan_string(Token& token, Failure& failure) {
  const char16_t quote = source_[position_++];
  std::u16string out;
  for (; position_ < source_.size(); ++position_) {
    const char16_t c = source_[position_];
    if (c == quote) {
      ++position_;
      token.op = Op::kLiteral;
      token.value = text(out);
      return true;
    }
    if (c != u'\\') {
      out.push_back(c);
      continue;
    }
    ++position_;
    if (!scan_escape(out, failure)) return false;
  }
  return fail(failure, "S0101", position_);
}

std::size_t Lexer::skip_digits(std::size_t index) const {
  while (is_digit(at(index))) ++index;
  return index;
}

bool Lexer::scan_number(Token& token, Failure& failure) {
  const std::size_t start = position_;
  std::size_t end = source_[start] == u'0' ? start + 1 : skip_digits(start);
  if (at(end) == u'.' && is_digit(at(end + 1))) end = skip_digits(end + 1);
  if ((at(end) | 0x20) == u'e') {
    const std::size_t digits = end + (at(end + 1) == u'+' || at(end + 1) == u'-' ? 2 : 1);
    if (is_digit(at(digits))) end = skip_digits(digits);
  }
  const std::string written(source_.begin() + static_cast<std::ptrdiff_t>(start),
                            source_.begin() + static_cast<std::ptrdiff_t>(end));
  const double number = std::strtod(written.c_str(), nullptr);
  if (!std::isfinite(number)) return fail(failure, "S0102", start, new_text(*arena_, written));
  position_ = end;
  token.op = Op::kLiteral;
  token.value = Value(number);
  return true;
}

bool Lexer::scan_quoted_name(Token& token, Failure& failure) {
  const std::size_t start = position_ + 1;
  const std::size_t end = source_.find(u'`', start);
  if (end == std::u16string::npos) {
    position_ = source_.size();
    return fail(failure, "S0105", position_);
  }
  position_ = end + 1;
  token.op = Op::kName;
  token.value = text(std::u16string_view(source_).substr(start, end - start));
  return true;
}

void Lexer::scan_name(Token& token) {
  const std::size_t start = position_;
  while (position_ < source_.size() && !ends_name(source_[position_])) ++position_;
  const auto units = std::u16string_view(source_).substr(start, position_ - start);
  token.op = Op::kName;
  token.value = text(units);
  const std::string_view name = token.value.text();
  if (name.front() == '$') {
    token.variable = true;
    token.value = Value(name.substr(1));
  } else if (name == "and" || name == "or" || name == "in") {
    token.op = name == "and" ? Op::kAnd : name == "or" ? Op::kOr : Op::kIn;
  } else if (name == "true" || name == "false" || name == "null") {
    token.op = Op::kLiteral;
    token.value = name == "null" ? Value::null() : Value(name == "true");
  }
}

}  // namespace navette::jsonata
