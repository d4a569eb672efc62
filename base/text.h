// Small things about texts: blanks, UTF-8, spelling.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace navette {

// Without blanks (space, tab, CR, LF, VT, FF) at both ends.
std::string_view trim(std::string_view text);

// The pieces between the separators; one piece when there is none. No piece is dropped.
std::vector<std::string> split(std::string_view text, char separator);

std::string join(const std::vector<std::string>& pieces, std::string_view separator);

// ASCII letters in lower case, everything else as it is.
std::string lower_ascii(std::string_view text);

// Whether it is well-formed UTF-8 (no overlong form, no surrogate, nothing above U+10FFFF).
bool is_utf8(std::string_view text);

// What follows the byte order mark, where a text begins with one: JSON has none, and some programs
// write it still (RFC 8259, 8.1).
std::string_view without_byte_order_mark(std::string_view text);

// Number of code points. Bytes that are not UTF-8 count one each.
std::size_t utf8_length(std::string_view text);

// The longest beginning that has at most this many bytes (code points) and cuts no character.
std::string_view utf8_prefix_bytes(std::string_view text, std::size_t bytes_max);
std::string_view utf8_prefix(std::string_view text, std::size_t characters_max);

// Every byte that is not UTF-8 replaced by U+FFFD.
std::string to_utf8(std::string_view text);

// Fewest insertions, deletions, replacements and swaps of neighbours that make b out of a.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The known word that was most likely meant by `word`; nothing when none is near. Case and the
// difference between '-', '_' and ' ' count little.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace navette
