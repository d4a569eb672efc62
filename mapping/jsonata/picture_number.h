// Number pictures, as XPath's format-number has them: "#,##0.00;(#,##0.00)".

#pragma once

#include <string>
#include <string_view>

namespace navette::jsonata {

// The characters with a meaning in pictures; an option of $formatNumber may change each.
struct NumberSymbols {
  std::u16string decimal = u".";
  std::u16string grouping = u",";
  std::u16string exponent = u"e";
  std::u16string minus = u"-";
  std::u16string percent = u"%";
  std::u16string per_mille = u"\u2030";
  std::u16string zero = u"0";
  std::u16string digit = u"#";
  std::u16string separator = u";";

  // Change the one of that name ("decimal-separator"); other names change nothing.
  void set(std::string_view name, std::string_view value);
};

// nullptr, or the code of what is wrong.
const char* format_number(double value, std::string_view picture, const NumberSymbols& symbols,
                          std::string& out);

}  // namespace navette::jsonata
