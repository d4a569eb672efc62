// Markdown out of a tree: CommonMark with GitHub's tables and ~~strike~~.

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "base/text.h"
#include "mapping/document.h"
#include "mapping/text.h"

namespace navette {
namespace {

bool is_alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// Signs as themselves: a backslash before what Markdown would see, &nbsp; for blanks that it would
// drop. LF begins a new line.
class Escaper {
 public:
  Escaper(std::string_view text, bool line_start, bool line_end)
      : text_(text), line_start_(line_start), line_end_(line_end) {}

  std::string run() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      const bool start = at_ == 0 ? line_start_ : text_[at_ - 1] == '\n';
      if (start) leading_ = digits_ = true;
      if (c == '\n') {
        out_ += start ? "&nbsp;  \n" : "  \n";
      } else if (c == ' ' || c == '\t') {
        blank(c);
      } else {
        if (begins_block() || means_something(c)) out_ += '\\';
        out_ += c;
        leading_ = false;
        digits_ = digits_ && std::isdigit(static_cast<unsigned char>(c)) != 0;
      }
    }
    return std::move(out_);
  }

 private:
  char after() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }
  char before() const { return at_ > 0 ? text_[at_ - 1] : '\0'; }

  void blank(char c) {
    if (next_ <= at_) next_ = std::min(text_.find_first_not_of(" \t", at_), text_.size());
    const bool trailing = next_ == text_.size() ? line_end_ : text_[next_] == '\n';
    if (!leading_ && !trailing) {
      out_ += c;
    } else {
      out_ += c == ' ' ? "&nbsp;" : "&#9;";
    }
  }

  bool begins_block() const {
    const char c = text_[at_];
    if (leading_ && std::string_view("#+->=:").find(c) != std::string_view::npos) return true;
    // "12." begins a list: its dot is what to escape.
    const bool digits = before() != '\0' && std::isdigit(static_cast<unsigned char>(before())) != 0;
    return digits_ && digits && (c == '.' || c == ')');
  }

  bool means_something(char c) const {
    switch (c) {
      case '`':
      case '[':
      case ']':
      case '<':
      case '|':
        return true;
      case '*':
        return !(before() == ' ' && after() == ' ');
      case '_':
        return !(is_alnum(before()) && is_alnum(after()));
      case '~':
        // At an end too: marks beside it are judged by what stands beyond it.
        return after() == '~' || before() == '~' || leading_ || before() == '\0' || after() == '\0';
      case '\\':
        return !is_alnum(after());
      case '&':
        return after() == '#' || is_alnum(after()) || after() == '\0';
      case '!':
        return after() == '[' || after() == '\0';
      default:
        return false;
    }
  }

  std::string_view text_;
  bool line_start_;
  bool line_end_;
  std::size_t next_ = 0;  // the sign after the blanks under way
  bool leading_ = false;  // only blanks so far in this line
  bool digits_ = false;   // only blanks, then digits
  std::size_t at_ = 0;
  std::string out_;
};

class Writer {
 public:
  explicit Writer(Losses* losses) : losses_(losses) {}

  std::string blocks(const std::vector<Block>& blocks) {
    std::string out;
    const Block* last = nullptr;
    for (const Block& block : blocks) {
      const std::string text = this->block(block);
      if (text.empty()) continue;
      if (last != nullptr) {
        out += "\n\n";
        // Two lists, or a list and code, would run together.
        if (last->kind == Block::Kind::kList && block.kind == Block::Kind::kList) {
          out += "<!-- -->\n\n";
        }
        for (int i = 0; i < block.gap; ++i) out += "&nbsp;\n\n";
      }
      out += text;
      last = &block;
    }
    return out;
  }

 private:
  // `before` and `after`: the signs next to them; '\0': the line's end.
  std::string inlines(const std::vector<Inline>& inlines, bool one_line, char before = '\0',
                      char after = '\0') {
    std::string out;
    for (std::size_t i = 0; i < inlines.size(); ++i) {
      const Inline& item = inlines[i];
      const char last = out.empty() ? before : out.back();
      const bool start = last == '\0' || last == '\n';
      const bool ends = i + 1 == inlines.size();
      if (item.kind == Inline::Kind::kBreak) {
        if (one_line) {
          out += in_cell_ ? "<br>" : " ";
        } else {
          out += start ? "&nbsp;  \n" : "  \n";
        }
      } else if (item.kind == Inline::Kind::kText) {
        const bool end = ends ? after == '\0' : inlines[i + 1].kind == Inline::Kind::kBreak;
        out += Escaper(item.text, start, end).run();
      } else if (is_span(item.kind)) {
        out += span(item, one_line, last, ends ? after : first_sign(inlines[i + 1]));
      } else if (item.kind == Inline::Kind::kCode) {
        // Marks side by side would run together.
        std::string text = item.text;
        while (i + 1 < inlines.size() && inlines[i + 1].kind == Inline::Kind::kCode) {
          text += inlines[++i].text;
        }
        std::replace(text.begin(), text.end(), '\n', ' ');
        if (last == '`' && !text.empty()) {
          add_loss(losses_, "code inside a word was written as text");
          out += Escaper(text, false, false).run();
        } else if (in_cell_ && !fits_cell(text)) {
          add_loss(losses_, "code with \\| in a table was written as text");
          out += Escaper(text, false, false).run();
        } else if (!text.empty()) {
          out += in_cell_ ? with_bars_escaped(code(text)) : code(text);
        }
      } else {
        out += one(item);
      }
    }
    return out;
  }

  static bool is_span(Inline::Kind kind) {
    return kind == Inline::Kind::kBold || kind == Inline::Kind::kItalic ||
           kind == Inline::Kind::kStrike;
  }

  // Stands for a sign that is not known before it is written.
  static constexpr char kUnsure = '\x01';

  static char first_sign(const Inline& item) {
    switch (item.kind) {
      case Inline::Kind::kText:
        return item.text.empty() ? kUnsure : item.text.front();
      case Inline::Kind::kBreak:
        return '\n';
      case Inline::Kind::kCode:
        return '`';
      default:
        return kUnsure;
    }
  }

  static bool is_punct(char c) { return std::ispunct(static_cast<unsigned char>(c)) != 0; }
  // Certainly neither letter nor digit, and nothing that would join with `mark`. A tilde is what
  // stands beyond it.
  static bool is_apart(char c, char mark) {
    if (c == '~') return false;
    return c == '\0' || c == '\n' || c == ' ' || c == '\t' || (is_punct(c) && c != mark);
  }

  // Whether Markdown sees the span in "<before>MARKcoreMARK<after>".
  static bool is_seen(std::string_view core, char mark, char before, char after) {
    if (core.front() == mark || core.back() == mark || before == mark || after == mark) {
      return false;
    }
    const bool word = mark == '_';  // does not work inside words
    return (is_apart(before, mark) || (is_alnum(core.front()) && !word)) &&
           (is_apart(after, mark) || (is_alnum(core.back()) && !word));
  }

  std::string span(const Inline& item, bool one_line, char before, char after) {
    const std::size_t kind = item.kind == Inline::Kind::kBold     ? 0
                             : item.kind == Inline::Kind::kItalic ? 1
                                                                  : 2;
    constexpr std::array<std::string_view, 3> kMarks = {"**", "*", "~~"};
    if (!open_[kind]) {
      open_[kind] = true;
      for (std::string mark : {std::string(kMarks[kind]), std::string(kMarks[kind].size(), '_')}) {
        if (mark.front() == '_' && kind == 2) break;
        // Marks must touch what they hold: blanks go outside.
        const std::string text = inlines(item.children, one_line, mark.front(), mark.front());
        const std::string_view core = trim(text);
        const std::size_t first = core.empty() ? 0 : text.find(core.front());
        const std::size_t end = first + core.size();
        if (core.empty() || !is_seen(core, mark.front(), first > 0 ? ' ' : before,
                                     end < text.size() ? ' ' : after)) {
          continue;
        }
        open_[kind] = false;
        std::string lead = text.substr(0, first);
        if (before == '\0' || before == '\n') {
          // Blanks at a line's beginning would make code of it, a line end an empty line.
          if (lead.find('\n') != std::string::npos) lead.clear();
          std::string hard;
          for (std::size_t i = 0; i < lead.size(); ++i) hard += "&nbsp;";
          lead = hard;
        }
        return lead + mark + std::string(core) + mark + text.substr(end);
      }
      open_[kind] = false;
      if (!trim(inner_text(item.children)).empty()) {
        add_loss(losses_, "emphasis inside a word was dropped");
      }
    }
    return inlines(item.children, one_line, before, after);
  }

  // A bar ends a cell, in code too, unless a backslash escapes it; that one is taken away before
  // anything else is read.
  static std::string with_bars_escaped(std::string text) {
    for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
      text.insert(at, "\\");
    }
    return text;
  }

  // Whether the bars of code can be escaped: no backslash before one would escape the new one.
  static bool fits_cell(std::string_view code) {
    std::size_t backslashes = 0;
    for (const char c : code) {
      if (c == '|' && backslashes % 2 != 0) return false;
      backslashes = c == '\\' ? backslashes + 1 : 0;
    }
    return true;
  }

  std::string target(const std::string& url) const {
    std::string out = "<";
    for (const char c : url) {
      if (c == '<' || c == '>' || c == '\\') out += '\\';
      out += c == '&' && url.find(';') != std::string::npos ? "&amp;" : std::string(1, c);
    }
    out += ">";
    return in_cell_ ? with_bars_escaped(out) : out;
  }

  static std::string code(const std::string& text) {
    std::size_t longest = 0;
    std::size_t run = 0;
    for (const char c : text) {
      run = c == '`' ? run + 1 : 0;
      longest = std::max(longest, run);
    }
    const std::string fence(longest + 1, '`');
    const bool padded = text.starts_with('`') || text.ends_with('`') ||
                        (text.starts_with(' ') && text.ends_with(' '));
    return fence + (padded ? " " : "") + text + (padded ? " " : "") + fence;
  }

  std::string one(const Inline& item) {
    switch (item.kind) {
      case Inline::Kind::kLink:
        if (!is_safe_url(item.url)) return inlines(item.children, true);
        return "[" + inlines(item.children, true, '[', ']') + "](" + target(item.url) + ")";
      case Inline::Kind::kImage:
        if (!is_safe_url(item.url)) return Escaper(item.text, false, false).run();
        return "![" + Escaper(item.text, false, false).run() + "](" + target(item.url) + ")";
      default:
        return {};
    }
  }

  static std::string indented(const std::string& text, const std::string& first,
                              const std::string& rest) {
    std::string out = first;
    bool begun = false;
    for (const std::string& line : split(text, '\n')) {
      if (begun) out += "\n" + (line.empty() ? std::string(trim(rest)) : rest);
      out += line;
      begun = true;
    }
    return out;
  }

  std::string list(const Block& block) {
    std::string out;
    int number = 0;
    for (const Block& item : block.children) {
      ++number;
      const std::string bullet = block.ordered ? std::to_string(number) + ". " : "- ";
      if (!out.empty()) out += '\n';
      ++items_;
      std::string text = blocks(item.children);
      --items_;
      // "- - -" is a rule.
      if (text.empty()) text = "&nbsp;";
      out += indented(text, bullet, std::string(bullet.size(), ' '));
    }
    return out;
  }

  static std::string code_block(const Block& block) {
    std::size_t longest = 2;
    std::size_t run = 0;
    for (const char c : block.text) {
      run = c == '`' ? run + 1 : 0;
      longest = std::max(longest, run);
    }
    const std::string fence(longest + 1, '`');
    const bool named = std::all_of(block.language.begin(), block.language.end(), [](char c) {
      return is_alnum(c) || c == '_' || c == '-' || c == '+';
    });
    return fence + (named ? block.language : "") + "\n" + block.text + "\n" + fence;
  }

  std::string lines(const std::vector<Block>& rows) {
    std::vector<Inline> all;
    for (const Block& row : rows) {
      if (!all.empty()) all.push_back({.kind = Inline::Kind::kBreak});
      for (const Block& cell : row.children) {
        if (&cell != &row.children.front()) append_text(" ", &all);
        all.insert(all.end(), cell.inlines.begin(), cell.inlines.end());
      }
    }
    return inlines(all, false);
  }

  std::string table(const Block& block) {
    std::size_t width = 0;
    for (const Block& row : block.children) width = std::max(width, row.children.size());
    constexpr std::size_t kColumnsMax = 500;
    if (width > kColumnsMax) {
      add_loss(losses_, "a very wide table was written as lines");
      return lines(block.children);
    }
    std::string out;
    bool head = true;
    in_cell_ = true;
    for (const Block& row : block.children) {
      out += out.empty() ? "|" : "\n|";
      for (std::size_t i = 0; i < width; ++i) {
        const std::string cell =
            i < row.children.size() ? inlines(row.children[i].inlines, true) : std::string();
        out += " " + cell + " |";
      }
      if (!head) continue;
      head = false;
      if (std::any_of(row.children.begin(), row.children.end(),
                      [](const Block& cell) { return !cell.header; })) {
        add_loss(losses_, "a table's first row became its head");
      }
      out += "\n|";
      for (std::size_t i = 0; i < width; ++i) out += " --- |";
    }
    in_cell_ = false;
    return out;
  }

  std::string heading(const Block& block) {
    std::string text = inlines(block.inlines, true);
    // Signs like the first ones at the end would be taken for their like.
    if (text.ends_with('#')) {
      const std::size_t run = text.find_last_not_of('#') + 1;
      if (run == 0 || text[run - 1] != '\\') text.insert(run, "\\");
    }
    return std::string(static_cast<std::size_t>(std::clamp(block.level, 1, 6)), '#') + " " + text;
  }

  std::string block(const Block& block) {
    switch (block.kind) {
      case Block::Kind::kParagraph:
      case Block::Kind::kCell:
        return inlines(block.inlines, false);
      case Block::Kind::kHeading:
        return heading(block);
      case Block::Kind::kList:
        return list(block);
      case Block::Kind::kItem:
      case Block::Kind::kRow:
        return blocks(block.children);
      case Block::Kind::kQuote:
        return indented(blocks(block.children), "> ", "> ");
      case Block::Kind::kCode:
        return code_block(block);
      case Block::Kind::kTable:
        return table(block);
      case Block::Kind::kRule:
        return items_ > 0 ? "***" : "---";  // "- ---" is one rule
    }
    return {};
  }

  Losses* losses_;
  int items_ = 0;                  // of lists that are open
  bool in_cell_ = false;           // of a table: a line there
  std::array<bool, 3> open_ = {};  // bold, italic, struck: a span in its like says no more
};

}  // namespace

std::string write_markdown(const Document& document, Losses* losses) {
  return Writer(losses).blocks(document.blocks);
}

}  // namespace navette
