// A rich text as a tree: what the readers of all markups make and the writers of all take.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace navette {

struct Inline {
  enum class Kind : unsigned char {
    kText,    // text; holds no line end
    kBreak,   // line break
    kBold,    // children
    kItalic,  // children
    kStrike,  // children
    kCode,    // text, as it is
    kLink,    // url, children
    kImage,   // url (or the name of an attachment), text: what to show instead
  };
  Kind kind = Kind::kText;
  std::string text = {};
  std::string url = {};
  std::vector<Inline> children = {};
};

struct Block {
  enum class Kind : unsigned char {
    kParagraph,  // inlines
    kHeading,    // inlines, level 1..6
    kList,       // children: items; ordered
    kItem,       // children: blocks
    kQuote,      // children: blocks
    kCode,       // text, language
    kTable,      // children: rows
    kRow,        // children: cells
    kCell,       // inlines; header
    kRule,
  };
  Kind kind = Kind::kParagraph;
  int level = 0;
  bool ordered = false;
  bool header = false;
  int gap = 0;  // blank lines before it beyond the one that separates blocks
  std::string text = {};
  std::string language = {};
  std::vector<Inline> inlines = {};
  std::vector<Block> children = {};
};

struct Document {
  std::vector<Block> blocks;
};

// Deeper trees are flattened by the readers: no input may exhaust the stack.
inline constexpr int kMarkupDepthMax = 24;

// Text with line ends as text nodes and breaks.
void append_lines(std::string_view text, std::vector<Inline>* out);
// Appends to the last text node or makes a new one.
void append_text(std::string_view text, std::vector<Inline>* out);
// All text in them, breaks as LF.
std::string inner_text(const std::vector<Inline>& inlines);

// Whether something else comes after a list among an item's blocks: markups of lines can't say
// that.
bool follows_list(const std::vector<Block>& blocks);
inline constexpr const char* kMovedBeforeList =
    "what followed a list inside an item was moved before it";

// Whether a link or image may lead there: http, https, mailto, ftp, or relative.
bool is_safe_url(std::string_view url);

// ---- one pair a markup; see markup.h -----------------------------------------------------------

using Losses = std::vector<std::string>;

// Paragraphs are separated by blank lines; every other line end is a break. What differs only in
// kinds of line end, blank lines at the beginning, blanks at the end, and blanks on blank lines
// counts as the same text.
Document read_text(std::string_view text);
std::string write_text(const Document& document, Losses* losses);
Document read_textile(std::string_view text, Losses* losses);
std::string write_textile(const Document& document, Losses* losses);
Document read_jira(std::string_view text, Losses* losses);
std::string write_jira(const Document& document, Losses* losses);
Document read_html(std::string_view text, Losses* losses);
std::string write_html(const Document& document, Losses* losses);
Document read_markdown(std::string_view text, Losses* losses);
std::string write_markdown(const Document& document, Losses* losses);

}  // namespace navette
