// Numbers in English words, both ways.

#pragma once

#include <string>
#include <string_view>

namespace navette::jsonata {

// "One Thousand, Two Hundred and Thirty-Four"; ordinal: "... Thirty-Fourth".
std::string number_in_words(double value, bool ordinal);

// A pattern that text of such words matches.
std::string number_words_pattern();

// The number that lower-case words mean, ordinals too; NaN for other words.
double words_value(std::string_view text);

}  // namespace navette::jsonata
