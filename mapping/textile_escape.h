// Makes signs mean themselves in Redmine's Textile.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace navette {

struct TextilePlace {
  bool line_start = true;   // the text begins a line
  char before = '\0';       // the sign before it; 0: none
  bool more = false;        // markup follows right after it
  bool in_cell = false;     // of a table
  std::string active = {};  // marks of the spans that it stands in: "*_"
};

// The text such that Redmine shows every character of it literally and read_textile() gives it
// back. Only signs that would mean something where they stand are escaped, as entities: people
// read and edit the result. LF begins a new line.
std::string escape_textile(std::string_view text, const TextilePlace& place);

// Every sign that may mean something, wherever it stands: inside @code@ and link texts.
std::string escape_textile_fully(std::string_view text);

// Whether `text` could end a <pre> block or be changed inside one.
bool breaks_out_of_pre(std::string_view text);

// ---- what reader and writer must agree on ------------------------------------------------------

// How far a sign that closes something is looked for, from the one that opens it.
inline constexpr std::size_t kTextileSpanMax = 4000;
bool is_textile_mark(char c);  // * _ - + ^ ~ %
// Whether a span may open after this sign; 0: beginning of a line.
bool opens_span_after(char before);
// Whether a span may close before this sign; 0: end of the text.
bool closes_span_before(char after);
// Where the span closes that the mark (one or two signs) at `at` opens; npos: nowhere.
std::size_t span_end(std::string_view text, std::size_t at, std::string_view mark);
// Length of "p", "bq", "h1".."h6", "fn1" at the beginning of a line, when its modifiers and a dot
// follow; 0: none.
std::size_t block_tag_size(std::string_view line);
// Whether the line is a rule: three or more of one of - * _, with blanks.
bool is_textile_rule(std::string_view line);

}  // namespace navette
