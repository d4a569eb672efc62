// Cuts an expression into tokens, one at a time, since a slash is a division or the start of a
// regular expression depending on what stood before it.

#pragma once

#include <string>
#include <string_view>

#include "mapping/jsonata/arena.h"
#include "mapping/jsonata/failure.h"
#include "mapping/jsonata/value.h"

namespace navette::jsonata {

enum class Op : unsigned char {
  kNone,
  kEnd,
  kName,     // names, variables
  kLiteral,  // text, numbers, true, false, null
  kRegex,
  kDot,
  kOpenBracket,
  kCloseBracket,
  kOpenBrace,
  kCloseBrace,
  kOpenParen,
  kCloseParen,
  kComma,
  kAt,
  kHash,
  kSemicolon,
  kColon,
  kQuestion,
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kBar,
  kEqual,
  kLess,
  kGreater,
  kCaret,
  kStarStar,
  kDotDot,
  kAssign,
  kNotEqual,
  kLessEqual,
  kGreaterEqual,
  kApply,
  kElvis,
  kCoalesce,
  kAnd,
  kOr,
  kIn,
  kAmpersand,
  kBang,
  kTilde,
};

// The text of an operator, e.g. ":=".
std::string_view op_text(Op op);

struct Token {
  Op op = Op::kEnd;
  bool variable = false;     // kName: written with a leading $
  Value value;               // what an error shows as the token
  std::string_view flags{};  // kRegex; `value` is the pattern
  int start = 0;             // UTF-16 units up to the start of the token
  int position = 0;          // UTF-16 units up to its end
};

class Lexer {
 public:
  // `arena` keeps the texts of the tokens.
  Lexer(std::string_view source, Arena& arena);

  // The next token, or false when `failure` is set. `operand_before`: a slash divides.
  bool next(bool operand_before, Token& token, Failure& failure);
  int length() const { return static_cast<int>(source_.size()); }

 private:
  bool fail(Failure& failure, const char* code, std::size_t position, Value token = Value());
  bool skip_blanks(Failure& failure);
  bool scan_operator(Token& token);
  bool scan_regex(Token& token, Failure& failure);
  bool scan_string(Token& token, Failure& failure);
  bool scan_escape(std::u16string& text, Failure& failure);
  bool scan_number(Token& token, Failure& failure);
  bool scan_quoted_name(Token& token, Failure& failure);
  void scan_name(Token& token);
  std::size_t skip_digits(std::size_t at) const;
  char16_t at(std::size_t index) const { return index < source_.size() ? source_[index] : u'\0'; }
  Value text(std::u16string_view units);

  std::u16string source_;
  std::size_t position_ = 0;
  Arena* arena_;
};

}  // namespace navette::jsonata
