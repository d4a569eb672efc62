// Pictures for whole numbers, as XPath's format-integer has them: "#,##0", "w", "Ww;o", "I", "a".

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace navette::jsonata {

struct IntegerPicture {
  enum class Primary : unsigned char { kDecimal, kLetters, kRoman, kWords, kSequence };
  enum class Case : unsigned char { kUpper, kLower, kTitle };
  struct Separator {
    int position;  // digits to its right
    std::string text;
  };
  Primary primary = Primary::kDecimal;
  Case letter_case = Case::kLower;
  bool ordinal = false;
  std::uint32_t zero = 0x30;
  int mandatory_digits = 0;
  int optional_digits = 0;
  int regular = 0;  // every so many digits a separator; 0: where `separators` says
  std::vector<Separator> separators;
  int parse_width = 0;  // digits to read; 0: as many as there are
  std::string token;    // kSequence: what was asked for
};

// nullptr, or the code of what is wrong with the picture.
const char* analyse_integer_picture(std::string_view text, IntegerPicture& picture);

// False: the number cannot be written that way (kSequence).
bool format_integer(double value, const IntegerPicture& picture, std::string& out);

// The pattern that text of this picture matches; empty for kSequence.
std::string integer_pattern(const IntegerPicture& picture);
// What text of this picture means; NaN when it means nothing.
double parse_integer(std::string_view text, const IntegerPicture& picture);

// The digits at the start of the text, after blanks and a sign, as a number; NaN without any.
double leading_integer(std::string_view text);

}  // namespace navette::jsonata
