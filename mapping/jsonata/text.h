// Text the way the language sees it: lengths in code points, comparison and match positions in
// UTF-16 units, numbers written as JavaScript writes them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace navette::jsonata {

// Lone surrogates pass through in both directions; a pair becomes one code point.
std::u16string to_utf16(std::string_view text);
std::string to_utf8(std::u16string_view text);
void append_utf8(std::string& out, std::uint32_t code_point);

// The code point that starts at `at`, which moves behind it. REQUIRES: at < text.size().
std::uint32_t next_code_point(std::string_view text, std::size_t& at);

bool is_ascii(std::string_view text);
std::size_t count_code_points(std::string_view text);
// Byte offset of the code point with that index, text.size() when there are fewer.
std::size_t offset_of(std::string_view text, std::size_t index);
// Negative, 0 or positive: order by UTF-16 units.
int compare_utf16(std::string_view a, std::string_view b);
// a followed by b; a surrogate pair that meets at the seam becomes one code point.
std::string join_text(std::string_view a, std::string_view b);
void append_text(std::string& out, std::string_view part);  // the same, in place
// Whether text ends in a lone leading surrogate: only then must joining look at the seam.
bool ends_in_surrogate(std::string_view text);

// 1e21 -> "1e+21", 0.000001 -> "0.000001", -0 -> "0". Room for 32 characters is enough.
std::size_t write_number(double number, char* out);
std::string number_text(double number);
// The number rounded to 15 significant digits; whole numbers stay as they are.
double round_to_15_digits(double number);
// What $number makes of text; nothing when it is no number.
std::optional<double> parse_number(std::string_view text);

// Full Unicode case mapping, final sigma included.
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
// The same for ASCII only, into room of the size of the text; false when it is not all ASCII.
bool ascii_upper(std::string_view text, char* out);
bool ascii_lower(std::string_view text, char* out);
// Mapping of one UTF-16 unit onto one unit, as case-insensitive regular expressions use it.
char16_t fold_unit(char16_t unit);

}  // namespace navette::jsonata
