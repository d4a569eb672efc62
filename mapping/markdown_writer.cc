// Markdown out of a tree: CommonMark with GitHub's tables and ~~strike~~.

#include <algorithm>
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
      if (start) leading_ = true;
      if (c == '\n') {
        out_ += start ? "&nbsp;  \n" : "  \n";
      } else if (c == ' ' || c == '\t') {
        blank(c);
      } else {
        if ((leading_ && begins_block()) || means_something(c)) out_ += '\\';
        out_ += c;
        // "12." begins a list; its dot is what to escape, so digits leave the state as it is.
        leading_ = leading_ && std::isdigit(static_cast<unsigned char>(c)) != 0;
      }
    }
    return std::move(out_);
  }

 private:
  char after() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }
  char before() const { return at_ > 0 ? text_[at_ - 1] : '\0'; }

  void blank(char c) {
    const std::size_t next = text_.find_first_not_of(" \t", at_);
    const bool trailing = next == std::string_view::npos ? line_end_ : text_[next] == '\n';
    if (!leading_ && !trailing) {
      out_ += c;
    } else {
      out_ += c == ' ' ? "&nbsp;" : "&#9;";
    }
  }

  bool begins_block() const {
    const char c = text_[at_];
    if (std::string_view("#+->=:").find(c) != std::string_view::npos) return true;
    const bool digits = before() != '\0' && std::isdigit(static_cast<unsigned char>(before())) != 0;
    return (c == '.' || c == ')') && digits;
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
        return after() == '~' || before() == '~' || leading_;
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
  bool leading_ = false;  // only blanks and digits so far in this line
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
  std::string inlines(const std::vector<Inline>& inlines, bool one_line) {
    std::string out;
    for (std::size_t i = 0; i < inlines.size(); ++i) {
      const Inline& item = inlines[i];
      const bool start = out.empty() || out.back() == '\n';
      if (item.kind == Inline::Kind::kBreak) {
        if (one_line) {
          out += in_cell_ ? "<br>" : " ";
        } else {
          out += start ? "&nbsp;  \n" : "  \n";
        }
      } else if (item.kind == Inline::Kind::kText) {
        const bool end = i + 1 == inlines.size() || inlines[i + 1].kind == Inline::Kind::kBreak;
        out += Escaper(item.text, start, end).run();
      } else {
        out += one(item);
      }
    }
    return out;
  }

  // Marks must touch what they hold: blanks go outside.
  std::string marked(const std::string& mark, const Inline& item) {
    const std::string text = inlines(item.children, true);
    const std::string_view core = trim(text);
    if (core.empty()) return text;
    const std::size_t first = text.find(core);
    return text.substr(0, first) + mark + std::string(core) + mark +
           text.substr(first + core.size());
  }

  static std::string target(const std::string& url) {
    std::string out = "<";
    for (const char c : url) {
      if (c == '<' || c == '>' || c == '\\') out += '\\';
      out += c;
    }
    return out + ">";
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
      case Inline::Kind::kBold:
        return marked("**", item);
      case Inline::Kind::kItalic:
        return marked("*", item);
      case Inline::Kind::kStrike:
        return marked("~~", item);
      case Inline::Kind::kCode: {
        std::string text = item.text;
        std::replace(text.begin(), text.end(), '\n', ' ');
        return text.empty() ? text : code(text);
      }
      case Inline::Kind::kLink:
        if (!is_safe_url(item.url)) return inlines(item.children, true);
        return "[" + inlines(item.children, true) + "](" + target(item.url) + ")";
      case Inline::Kind::kImage:
        if (!is_safe_url(item.url)) return Escaper(item.text, false, false).run();
        return "![" + Escaper(item.text, false, false).run() + "](" + target(item.url) + ")";
      case Inline::Kind::kText:
      case Inline::Kind::kBreak:
        break;
    }
    return {};
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
      out += indented(blocks(item.children), bullet, std::string(bullet.size(), ' '));
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

  std::string table(const Block& block) {
    std::size_t width = 0;
    for (const Block& row : block.children) width = std::max(width, row.children.size());
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

  std::string block(const Block& block) {
    switch (block.kind) {
      case Block::Kind::kParagraph:
      case Block::Kind::kCell:
        return inlines(block.inlines, false);
      case Block::Kind::kHeading:
        return std::string(static_cast<std::size_t>(std::clamp(block.level, 1, 6)), '#') + " " +
               inlines(block.inlines, true);
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
        return "---";
    }
    return {};
  }

  Losses* losses_;
  bool in_cell_ = false;  // of a table: a line there
};

}  // namespace

std::string write_markdown(const Document& document, Losses* losses) {
  return Writer(losses).blocks(document.blocks);
}

}  // namespace navette
