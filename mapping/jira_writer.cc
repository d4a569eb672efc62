// Jira's wiki markup out of a tree.

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <utility>

#include "base/text.h"
#include "mapping/document.h"
#include "mapping/jira_escape.h"
#include "mapping/jira_syntax.h"
#include "mapping/text.h"

namespace navette {
namespace {

using Kind = Inline::Kind;
using Inlines = std::vector<Inline>;

bool is_plain(const Inline& item) {
  return item.kind == Kind::kText || item.kind == Kind::kBreak;
}

char mark_of(Kind kind) {
  return kind == Kind::kBold ? '*' : kind == Kind::kItalic ? '_' : '-';
}

// Where a line stands: what ends it, what a line end in it becomes.
enum class Line { kParagraph, kHeading, kCell };

// One paragraph, cell, item or heading.
class LineWriter {
 public:
  LineWriter(Losses* losses, Line line) : losses_(losses), line_(line) {}

  std::string write(const Inlines& inlines) {
    append(inlines, line_ == Line::kCell ? '|' : '\0');
    return std::move(out_);
  }

 private:
  // What the next sign will be: '\0' the line's end, kUnsure something.
  static constexpr char kUnsure = '\x01';

  void append(const Inlines& inlines, char end) {
    for (std::size_t i = 0; i < inlines.size();) {
      if (is_plain(inlines[i])) {
        std::string run;
        while (i < inlines.size() && is_plain(inlines[i])) run += text_of(inlines[i++]);
        append_runs(run, i < inlines.size() || end != '\0');
        continue;
      }
      append_one(inlines[i], i + 1 < inlines.size() ? first_sign(inlines[i + 1]) : end);
      ++i;
    }
  }

  static std::string text_of(const Inline& item) {
    return item.kind == Kind::kText ? item.text : std::string("\n");
  }

  static char first_sign(const Inline& item) {
    if (item.kind == Kind::kBreak) return '\n';
    return item.kind == Kind::kText && !item.text.empty() ? item.text.front() : kUnsure;
  }

  // Only a paragraph has lines.
  void append_runs(const std::string& run, bool more) {
    if (line_ == Line::kParagraph && !in_link_) return append_run(run, more);
    bool begun = false;
    const std::vector<std::string> lines = split(run, '\n');
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (begun) out_ += line_ == Line::kCell && !in_link_ ? " \\\\ " : " ";
      begun = true;
      append_run(lines[i], more || i + 1 < lines.size());
    }
  }

  void append_run(const std::string& run, bool more) {
    if (run.empty()) return;
    JiraPlace place;
    place.line_start = (out_.empty() && line_ != Line::kHeading) || out_.ends_with('\n');
    place.before = out_;
    place.more = more;
    place.in_cell = line_ == Line::kCell;
    place.in_link = in_link_;
    place.active = active_;
    const std::string escaped = escape_jira(run, place);
    in_url_ =
        ends_in_url(escaped) || (in_url_ && escaped.find_first_of(" \t\n") == std::string::npos);
    out_ += escaped;
  }

  // Marks right after an address would be taken for a part of it.
  static bool ends_in_url(std::string_view text) {
    const std::size_t blank = text.find_last_of(" \t\n");
    const std::string_view word = text.substr(blank == std::string_view::npos ? 0 : blank + 1);
    return word.find("://") != std::string_view::npos || word.find("mailto:") != std::string::npos;
  }

  void append_one(const Inline& item, char after) {
    switch (item.kind) {
      case Kind::kBold:
      case Kind::kItalic:
      case Kind::kStrike:
        return append_lines_of_span(item, after);
      case Kind::kCode:
        return append_code(item, after);
      case Kind::kLink:
        return append_link(item);
      case Kind::kImage:
        return append_image(item, after);
      case Kind::kText:
      case Kind::kBreak:
        return;
    }
  }

  // ---- spans ----

  // A span can't go over a line's end: each line gets its own.
  void append_lines_of_span(const Inline& item, char after) {
    Inline part = {.kind = item.kind};
    for (std::size_t i = 0; i <= item.children.size(); ++i) {
      const bool last = i == item.children.size();
      if (!last && item.children[i].kind != Kind::kBreak) {
        part.children.push_back(item.children[i]);
        continue;
      }
      append_span(&part, last ? after : '\n');
      part.children.clear();
      if (!last) append_runs("\n", true);
    }
  }

  // Blanks at the edges of a span stay outside.
  static std::string take_blanks(Inlines* inlines, bool front) {
    if (inlines->empty()) return {};
    Inline& edge = front ? inlines->front() : inlines->back();
    if (edge.kind != Kind::kText) {
      const bool span =
          edge.kind == Kind::kBold || edge.kind == Kind::kItalic || edge.kind == Kind::kStrike;
      const std::string blanks = span ? take_blanks(&edge.children, front) : std::string();
      if (!span || !edge.children.empty()) return blanks;
      inlines->erase(front ? inlines->begin() : inlines->end() - 1);  // it holds nothing more
      return front ? blanks + take_blanks(inlines, front) : take_blanks(inlines, front) + blanks;
    }
    const std::string text = edge.text;
    const std::string_view core = trim(text);
    if (core.empty()) {
      inlines->erase(front ? inlines->begin() : inlines->end() - 1);
      return front ? text + take_blanks(inlines, front) : take_blanks(inlines, front) + text;
    }
    const std::size_t begin = text.find(core.front());
    const std::size_t end = text.find_last_of(core.back()) + 1;
    edge.text = front ? text.substr(begin) : text.substr(0, end);
    return front ? text.substr(0, begin) : text.substr(end);
  }

  void append_span(Inline* item, char after) {
    const char mark = mark_of(item->kind);
    const std::string before = take_blanks(&item->children, true);
    const std::string behind = take_blanks(&item->children, false);
    append_runs(before, true);
    const std::string text = inner_text(item->children);
    if (text.empty() || active_.find(mark) != std::string::npos ||
        text.find('\n') != std::string::npos || in_link_) {
      if (text.find('\n') != std::string::npos || (in_link_ && !text.empty())) {
        add_loss(losses_, "emphasis over lines or inside a link was dropped");
      }
      append(item->children, after == '\0' && behind.empty() ? '\0' : kUnsure);
      return append_runs(behind, after != '\0');
    }
    if (!behind.empty()) after = ' ';
    const bool line_start = out_.empty() || out_.ends_with('\n');
    const bool bullets =
        line_start && std::string_view("*#-").find(text.front()) != std::string_view::npos;
    const bool apart = !in_url_ && opens_jira_span_after(out_) && !out_.ends_with('{') &&
                       !bullets && after != kUnsure &&
                       closes_jira_span_before(std::string_view(&after, 1));
    out_ += apart ? std::string(1, mark) : std::string("{") + mark + "}";
    in_url_ = false;
    active_ += mark;
    append(item->children, mark);
    active_.pop_back();
    out_ += apart && !in_url_ ? std::string(1, mark) : std::string("{") + mark + "}";
    in_url_ = false;
    append_runs(behind, after != '\0');
  }

  void append_code(const Inline& item, char after) {
    std::string text = item.text;
    std::replace(text.begin(), text.end(), '\n', ' ');
    if (text.empty()) return;
    if (in_link_ || !opens_jira_span_after(out_) || out_.ends_with('{') || after == kUnsure ||
        !closes_jira_span_before(std::string_view(&after, 1)) || after == '}') {
      add_loss(losses_, "code inside a word was written as text");
      return append_run(text, after != '\0');
    }
    JiraPlace place;
    place.before = "{";
    place.more = true;
    place.in_cell = line_ == Line::kCell;
    place.in_code = true;
    place.active = active_;
    std::string code = escape_jira(text, place);
    if (code.ends_with(' ')) code.replace(code.size() - 1, 1, "&nbsp;");
    out_ += "{{" + code + "}}";
    in_url_ = false;
  }

  // ---- links and images ----

  // Signs that would end the link are written the way an address may always have them.
  std::string target_of(const std::string& url) const {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    if (!is_safe_url(url) || url.starts_with('#')) return {};
    const bool address = url.starts_with('/') || has_url_scheme(url);
    std::string out = address ? "" : "^";
    for (const char c : url) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::string_view("|[]{}\\\"<>^!").find(c) != std::string_view::npos ||
          active_.find(c) != std::string::npos) {
        out += '%';
        out += kHex[byte >> 4U];
        out += kHex[byte & 0xFU];
      } else if (c == '&') {
        out += "&amp;";
      } else {
        out += c;
      }
    }
    return out;
  }

  void append_link(const Inline& item) {
    const std::string target = in_link_ ? std::string() : target_of(item.url);
    const std::string text = inner_text(item.children);
    if (target.empty()) {
      if (!in_link_) add_loss(losses_, "a link was written as text");
      append(item.children, kUnsure);
      return;
    }
    out_ += '[';
    const bool same = target.find('%') == item.url.find('%');
    const bool shown = text.empty() || (same && (text == item.url || "mailto:" + text == item.url));
    const bool image = text.empty() && !item.children.empty();
    if (!shown || image) {
      in_link_ = true;
      append(item.children, '|');
      in_link_ = false;
      out_ += '|';
    }
    out_ += target + "]";
    in_url_ = false;
  }

  void append_image(const Inline& item, char after) {
    constexpr std::size_t kNameMin = 5;
    const bool name = item.url.size() >= kNameMin && is_safe_url(item.url) &&
                      item.url.find_first_of("!|{}[]\\*_^") == std::string::npos &&
                      item.url.front() != ')' && item.url.find('.') != std::string::npos;
    const bool apart = !in_url_ && opens_jira_span_after(out_) && after != kUnsure &&
                       closes_jira_span_before(std::string_view(&after, 1));
    if (!name || !apart || in_link_) {
      add_loss(losses_, "an image was written as text");
      return append_run("[" + (item.text.empty() ? item.url : item.text + ": " + item.url) + "]",
                        after != '\0');
    }
    out_ += "!" + item.url;
    if (!item.text.empty()) out_ += "|alt=" + setting(item.text);
    out_ += "!";
    in_url_ = false;
  }

  static std::string setting(std::string_view text) {
    std::string out;
    for (const char c : text) {
      const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                         static_cast<unsigned char>(c) >= 0x80 || c == ' ' || c == '.';
      out += plain ? std::string(1, c) : c == '\n' ? " " : jira_entity(c);
    }
    return out;
  }

  Losses* losses_;
  Line line_;
  std::string out_;
  std::string active_;  // marks of the spans that are open
  bool in_link_ = false;
  bool in_url_ = false;  // an address was written last
};

class Writer {
 public:
  explicit Writer(Losses* losses) : losses_(losses) {}

  std::string blocks(const std::vector<Block>& blocks, int quotes) {
    std::string out;
    bool first = true;
    for (const Block& block : blocks) {
      const std::string text = this->block(block, quotes);
      if (text.empty()) continue;
      if (!first) out += "\n\n" + std::string(static_cast<std::size_t>(block.gap), '\n');
      first = false;
      out += text;
    }
    return out;
  }

 private:
  std::string line(const Inlines& inlines, Line kind) {
    return LineWriter(losses_, kind).write(inlines);
  }

  std::string block(const Block& block, int quotes) {
    switch (block.kind) {
      case Block::Kind::kParagraph:
      case Block::Kind::kCell:
        return line(block.inlines, Line::kParagraph);
      case Block::Kind::kHeading:
        return heading(block);
      case Block::Kind::kList:
        return list(block, "", quotes);
      case Block::Kind::kItem:
      case Block::Kind::kRow:
        return blocks(block.children, quotes);
      case Block::Kind::kQuote:
        return quote(block, quotes);
      case Block::Kind::kCode:
        return code(block, quotes > 0);
      case Block::Kind::kTable:
        return table(block);
      case Block::Kind::kRule:
        return "----";
    }
    return {};
  }

  std::string heading(const Block& block) {
    const std::string text = line(block.inlines, Line::kHeading);
    if (trim(text).empty()) return {};
    return "h" + std::to_string(std::clamp(block.level, 1, 6)) + ". " + text;
  }

  // {quote} can't hold another: inner ones are single lines.
  std::string quote(const Block& block, int quotes) {
    const bool lines =
        std::all_of(block.children.begin(), block.children.end(),
                    [](const Block& b) { return b.kind == Block::Kind::kParagraph && b.gap == 0; });
    if (lines && (quotes > 0 || block.children.size() == 1)) {
      std::string out;
      for (const Block& child : block.children) {
        const std::string text = line(child.inlines, Line::kHeading);
        if (quotes == 0 && text != line(child.inlines, Line::kParagraph)) break;
        if (!out.empty()) out += '\n';
        out += "bq. " + text;
      }
      if (!out.empty()) return out;
    }
    if (quotes > 0) {
      add_loss(losses_, "a quote inside a quote was dropped, not its content");
      return blocks(block.children, quotes);
    }
    return "{quote}\n" + blocks(block.children, quotes + 1) + "\n{quote}";
  }

  std::string code(const Block& block, bool in_quote) {
    const std::string lower = lower_ascii(block.text);
    const auto holds = [&lower](std::string_view tag) {
      return lower.find(tag) != std::string::npos;
    };
    const bool named = !block.language.empty() &&
                       std::all_of(block.language.begin(), block.language.end(), [](char c) {
                         return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                                std::string_view("_+-.").find(c) != std::string_view::npos;
                       });
    const bool as_code = !holds("{code");
    const bool plain = !holds("{noformat");
    if ((in_quote && holds("{quote")) || (!as_code && !plain)) {
      add_loss(losses_, "a code block was written as text");
      Inlines lines;
      append_lines(block.text, &lines);
      return line(lines, Line::kParagraph);
    }
    if (as_code && (named || !plain)) {
      return (named ? "{code:" + block.language + "}" : std::string("{code}")) + "\n" + block.text +
             "\n{code}";
    }
    if (named) add_loss(losses_, "a code block's language was dropped");
    return "{noformat}\n" + block.text + "\n{noformat}";
  }

  // Everything in an item but its nested lists. Lines of text come together; code stands for
  // itself.
  std::string item(const std::vector<Block>& blocks, int quotes) {
    std::string out;
    Inlines lines;
    const auto close = [&] {
      if (lines.empty()) return;
      const std::string text = line(std::exchange(lines, {}), Line::kParagraph);
      out += (out.empty() ? "" : "\n") + text;
    };
    for (const Block& block : blocks) {
      if (block.kind == Block::Kind::kList) continue;
      if (block.kind == Block::Kind::kCode) {
        close();
        out += (out.empty() ? "" : "\n") + code(block, quotes > 0);
      } else {
        if (block.kind != Block::Kind::kParagraph) {
          add_loss(losses_, "a heading, quote or table inside a list was written as lines");
        }
        add_lines(block, &lines);
      }
    }
    close();
    return out;
  }

  void add_lines(const Block& block, Inlines* out) {
    if (block.kind == Block::Kind::kCode) {
      add_loss(losses_, "a code block was written as text");
    }
    if (!block.inlines.empty() || !block.text.empty()) {
      if (!out->empty()) out->push_back({.kind = Kind::kBreak});
      append_lines(block.text, out);
      out->insert(out->end(), block.inlines.begin(), block.inlines.end());
    }
    for (const Block& child : block.children) add_lines(child, out);
  }

  std::string list(const Block& block, const std::string& above, int quotes) {
    const std::string bullets = above + (block.ordered ? '#' : '*');
    std::string out;
    for (const Block& item : block.children) {
      std::string text = this->item(item.children, quotes);
      if (follows_list(item.children)) add_loss(losses_, kMovedBeforeList);
      if (text.empty()) text = "&nbsp;";
      if (!out.empty()) out += '\n';
      out.append(bullets).append(" ").append(text);
      for (const Block& inner : item.children) {
        if (inner.kind == Block::Kind::kList) out.append("\n").append(list(inner, bullets, quotes));
      }
    }
    return out;
  }

  std::string table(const Block& block) {
    std::string out;
    for (const Block& row : block.children) {
      if (row.children.empty()) continue;
      if (!out.empty()) out += '\n';
      for (const Block& cell : row.children) {
        const std::string text = line(cell.inlines, Line::kCell);
        out += (cell.header ? "||" : "|") + (text.empty() ? std::string(" ") : text);
      }
      out += row.children.back().header ? "||" : "|";
    }
    return out;
  }

  Losses* losses_;
};

}  // namespace

std::string write_jira(const Document& document, Losses* losses) {
  return Writer(losses).blocks(document.blocks, 0);
}

}  // namespace navette
