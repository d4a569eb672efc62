// What happens to a text on its way between systems: made clean, compared, cut.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/model.h"

namespace navette {

// Says what a value lost; the same sentence once.
void add_loss(std::vector<std::string>* losses, std::string sentence);

// CRLF and CR become LF.
std::string unix_lines(std::string_view text);

// Line ends as LF, bytes that are not UTF-8 replaced, control characters other than LF and tab
// removed; the last two are reported.
std::string clean_text(std::string_view text, std::vector<std::string>* losses);

// Code points that are no characters (U+FFFE, U+FFFF and their like, U+FDD0 to U+FDEF), which HTML
// cannot hold: each becomes U+FFFD. Says whether there was one. REQUIRES: well-formed UTF-8.
bool replace_noncharacters(std::string* text);
inline constexpr const char* kNoncharacterLoss = "code points that are no characters were replaced";

// A text of many lines without what systems take away: line ends as LF, no blank lines at the
// beginning, no blanks at the end.
std::string outer_trimmed(std::string_view text);
// outer_trimmed() without blanks at the end of each line either.
std::string blanks_trimmed(std::string_view text);

// Whether it is a JSON number and nothing else: "42", "-1.5e3"; not "007", " 1", "1 2".
bool is_numeral(std::string_view text);

bool fits(std::string_view text, const TextLimit& limit);

// The longest beginning within the limit, with an ellipsis when there is room for one; never cuts a
// character from its combining marks. A text that fits comes back as it is.
std::string cut_text(std::string_view text, const TextLimit& limit);
// "200 bytes", "255 characters".
std::string to_text(const TextLimit& limit);

}  // namespace navette
