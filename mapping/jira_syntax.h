// What reader and writer of Jira's wiki markup must agree on.

#pragma once

#include <cstddef>
#include <string_view>

namespace navette {

// Takes its meaning from a sign that stands behind a backslash.
bool is_jira_escapable(char c);

// Whether a span may open after this text, or close before it: at its ends, blanks and punctuation.
bool opens_jira_span_after(std::string_view before);
bool closes_jira_span_before(std::string_view rest);

// Size of the address (http://..., mailto:...) that begins at `at`; 0: none. Nothing is markup
// inside one, but brackets, braces, pipes and backslashes end it.
std::size_t jira_url_size(std::string_view text, std::size_t at);

// Whether it begins with a scheme, whatever that is.
bool has_url_scheme(std::string_view url);

// Size of the emoticon in brackets, "(x)", "(*r)", that `text` begins with; 0: none.
std::size_t jira_icon_size(std::string_view text);

// Number of signs at the beginning of a list item's line: "*" "##" "#*" "-"; 0: no item.
std::size_t jira_bullets_size(std::string_view line);
// 1 to 6 for "h1. " and so on; 0: no heading.
int jira_heading_level(std::string_view line);
bool is_jira_rule(std::string_view line);

struct JiraMacro {
  std::string_view name;
  bool block;  // its content stands on lines of its own
};
// Of those that readers take away and keep what is inside; nullptr: none of them.
const JiraMacro* find_jira_macro(std::string_view lower_name);

}  // namespace navette
