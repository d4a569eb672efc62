// What stands inside a paragraph of Jira's wiki markup.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/document.h"

namespace navette {

// A block that was cut out of a text leaves a mark in its place: kJiraCut, its number, kJiraCutEnd.
// Both are control characters, which no text that comes from outside holds.
inline constexpr char kJiraCut = '\x02';
inline constexpr char kJiraCutEnd = '\x03';
std::string jira_cut(std::size_t number);
// The number in the mark at the beginning of `text` and the mark's size; 0: no mark.
std::size_t jira_cut_size(std::string_view text, std::size_t* number);

// `cut`: what the marks in the text stand for; code among it becomes a part of the line.
std::vector<Inline> read_jira_inlines(std::string_view text, const std::vector<Block>& cut,
                                      Losses* losses);

}  // namespace navette
