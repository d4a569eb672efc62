// Redmine's Textile out of a tree.

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include "base/text.h"
#include "mapping/document.h"
#include "mapping/text.h"
#include "mapping/textile_escape.h"

namespace navette {
namespace {

using Kind = Inline::Kind;

// Stands for a neighbour whose first sign is not known before it is written.
constexpr char kUnsure = '\x01';

bool is_plain(const Inline& item) {
  return item.kind == Kind::kText || item.kind == Kind::kBreak;
}

// One paragraph, cell, item or heading.
class LineWriter {
 public:
  LineWriter(Losses* losses, bool one_line, bool in_cell)
      : losses_(losses), one_line_(one_line), in_cell_(in_cell) {}

  std::string write(const std::vector<Inline>& inlines) {
    append(inlines, "", '\0');
    return std::move(out_);
  }

 private:
  // `end`: what follows the last of them; 0: nothing.
  void append(const std::vector<Inline>& inlines, const std::string& active, char end) {
    const bool open_end = end == '\0';
    for (std::size_t i = 0; i < inlines.size();) {
      if (is_plain(inlines[i])) {
        std::string run;
        while (i < inlines.size() && is_plain(inlines[i])) run += text_of(inlines[i++]);
        append_run(run, active, i < inlines.size() || !open_end);
        continue;
      }
      char after = i + 1 < inlines.size() ? first_sign(inlines[i + 1]) : end;
      if (inlines[i].kind == Kind::kLink && !ends_link(inlines, i + 1, open_end)) after = kUnsure;
      append_one(inlines[i], active, after);
      ++i;
    }
  }

  std::string text_of(const Inline& item) const {
    if (item.kind == Kind::kText) return item.text;
    return one_line_ ? " " : "\n";
  }

  // What the neighbour will begin with.
  static char first_sign(const Inline& item) {
    if (item.kind == Kind::kBreak) return '\n';
    if (item.kind == Kind::kText && !item.text.empty()) return item.text.front();
    return kUnsure;
  }

  // A link's target goes on to the next blank: only a sentence's signs may stand before that.
  static bool ends_link(const std::vector<Inline>& inlines, std::size_t next, bool open_end) {
    if (next == inlines.size()) return open_end;
    if (inlines[next].kind == Kind::kBreak) return true;
    if (inlines[next].kind != Kind::kText) return false;
    const std::string& text = inlines[next].text;
    const std::size_t at = text.find_first_not_of(".,;:!?");
    if (at != std::string::npos) return text[at] == ' ' || text[at] == '\t';
    return next + 1 == inlines.size() ? open_end : inlines[next + 1].kind == Kind::kBreak;
  }

  char last_sign() const { return out_.empty() || out_.back() == '\n' ? '\0' : out_.back(); }

  void append_run(const std::string& run, const std::string& active, bool more) {
    TextilePlace place;
    place.line_start = last_sign() == '\0';
    place.before = last_sign();
    place.more = more;
    place.in_cell = in_cell_;
    place.active = active;
    std::string escaped = escape_textile(run, place);
    // A span's content that begins with brackets would be read as its class or style.
    if (!active.empty() && out_.ends_with(active.back()) && !escaped.empty() &&
        std::string_view("({[").find(escaped.front()) != std::string_view::npos) {
      escaped = escape_textile_fully(escaped.substr(0, 1)) + escaped.substr(1);
    }
    out_ += escaped;
  }

  void append_plain(const std::string& text, const std::string& active) {
    append_run(text, active, true);
  }

  void append_one(const Inline& item, const std::string& active, char after) {
    switch (item.kind) {
      case Kind::kBold:
        return append_span(item, '*', active, after);
      case Kind::kItalic:
        return append_span(item, '_', active, after);
      case Kind::kStrike:
        return append_span(item, '-', active, after);
      case Kind::kCode:
        return append_code(item, active, after);
      case Kind::kLink:
        return append_link(item, active, after);
      case Kind::kImage:
        return append_image(item, active, after);
      case Kind::kText:
      case Kind::kBreak:
        return;
    }
  }

  void append_span(const Inline& item, char mark, const std::string& active, char after) {
    const std::string text = inner_text(item.children);
    const bool inside = !active.empty() && out_.ends_with(active.back());
    // "*#" would begin a list; a single sign is no content; '&' is written as letters for a while.
    const bool begins_list = last_sign() == '\0' && mark == '*' && text.find_first_of("*#") == 0;
    const bool too_short =
        text.size() == 1 && std::isalnum(static_cast<unsigned char>(text.front())) == 0;
    const bool possible = !begins_list && !too_short && after != '&' && !text.empty() &&
                          trim(text).size() == text.size() &&
                          text.find('\n') == std::string::npos &&
                          active.find(mark) == std::string::npos &&
                          (opens_span_after(last_sign()) || inside) && closes_span_before(after);
    if (!possible) {
      if (!trim(text).empty()) add_loss(losses_, "emphasis inside a word was dropped");
      return append(item.children, active, after == '\0' ? '\0' : kUnsure);
    }
    const std::size_t start = out_.size();
    out_ += mark;
    append(item.children, active + mark, mark);
    out_ += mark;
    if (out_.size() - start <= kTextileSpanMax) return;
    add_loss(losses_, "emphasis of a very long text was dropped");
    out_.resize(start);
    append(item.children, active, after);
  }

  void append_code(const Inline& item, const std::string& active, char after) {
    const char before = last_sign();
    const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    if (item.text.empty() || item.text.find('\n') != std::string::npos || is_word(before) ||
        before == '_' || is_word(after) || after == '_' || after == '&' || after == kUnsure) {
      add_loss(losses_, "code inside a word was written as text");
      return append_plain(item.text, active);
    }
    const std::string code = "@" + escape_textile_fully(item.text) + "@";
    if (code.size() > kTextileSpanMax) {
      add_loss(losses_, "very long code was written as text");
      return append_plain(item.text, active);
    }
    out_ += code;
  }

  // What a link's target must look like for Textile to see it.
  static std::string linkable(const std::string& url) {
    if (!is_safe_url(url)) return {};
    const std::string lower = lower_ascii(url);
    const bool known = lower.starts_with("http://") || lower.starts_with("https://") ||
                       lower.starts_with("ftp://") || lower.starts_with("mailto:") ||
                       (lower.size() > 1 && lower.front() == '/' &&
                        std::isalnum(static_cast<unsigned char>(lower[1])) != 0);
    std::string out;
    for (const char c : url) {
      constexpr std::string_view kHex = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      if (std::string_view("\"<>|`\\^{};*!'[]").find(c) != std::string_view::npos) {
        out += '%';
        out += kHex[byte >> 4U];
        out += kHex[byte & 0xFU];
      } else {
        out += c;
      }
    }
    const bool ends = !out.empty() && (std::isalnum(static_cast<unsigned char>(out.back())) != 0 ||
                                       out.back() == '/' || out.back() == '=');
    const bool leads = !lower.ends_with("://") && lower != "mailto:";
    return known && leads && ends && url.find('(') == std::string::npos ? out : std::string();
  }

  void append_link(const Inline& item, const std::string& active, char after) {
    std::string text = inner_text(item.children);
    std::replace(text.begin(), text.end(), '\n', ' ');
    if (trim(text).empty()) text = item.url;
    if (text == item.url || "mailto:" + text == item.url) {
      return append_run(text, active, after != '\0' && after != ' ' && after != '\n');
    }
    const std::string url = linkable(item.url);
    const bool room = after == '\0' || after == ' ' || after == '\n' ||
                      (std::string_view(".,;:!?").find(after) != std::string_view::npos);
    const std::string shown = "\"" + escape_textile_fully(std::string(trim(text))) + "\":" + url;
    if (url.empty() || !room || !active.empty() || shown.size() > kTextileSpanMax) {
      add_loss(losses_, "a link was written as text");
      return append_plain(text + " <" + item.url + ">", active);
    }
    if (std::any_of(item.children.begin(), item.children.end(),
                    [](const Inline& child) { return child.kind == Kind::kImage; })) {
      add_loss(losses_, "an image was written as text");
    }
    if (inner_text(item.children).size() != item.children.front().text.size()) {
      add_loss(losses_, "emphasis inside a link was dropped");
    }
    out_ += shown;
  }

  void append_image(const Inline& item, const std::string& active, char after) {
    const bool name = !item.url.empty() && is_safe_url(item.url) &&
                      item.url.find_first_of(" ()!|<>\"") == std::string::npos;
    const bool alternative = item.text.find_first_of("()!\n") == std::string::npos;
    if (!name || !opens_span_after(last_sign()) || last_sign() == '(' ||
        !closes_span_before(after) || after == ':') {
      add_loss(losses_, "an image was written as text");
      return append_plain("[" + (item.text.empty() ? item.url : item.text + ": " + item.url) + "]",
                          active);
    }
    out_ += "!" + item.url;
    if (alternative && !item.text.empty()) out_ += "(" + escape_textile_fully(item.text) + ")";
    out_ += "!";
  }

  Losses* losses_;
  bool one_line_;
  bool in_cell_;
  std::string out_;
};

class Writer {
 public:
  explicit Writer(Losses* losses) : losses_(losses) {}

  std::string blocks(const std::vector<Block>& blocks, bool in_quote) {
    std::string out;
    bool first = true;
    for (const Block& block : blocks) {
      const std::string text = this->block(block, in_quote);
      if (text.empty()) continue;
      if (!first) out += "\n\n" + std::string(static_cast<std::size_t>(block.gap), '\n');
      first = false;
      out += text;
    }
    return out;
  }

 private:
  std::string line(const std::vector<Inline>& inlines, bool one_line, bool in_cell = false) {
    return LineWriter(losses_, one_line, in_cell).write(inlines);
  }

  std::string block(const Block& block, bool in_quote) {
    switch (block.kind) {
      case Block::Kind::kParagraph:
      case Block::Kind::kCell:
        return line(block.inlines, false);
      case Block::Kind::kHeading:
        return heading(block);
      case Block::Kind::kList:
        return list(block, "");
      case Block::Kind::kItem:
      case Block::Kind::kRow:
        return blocks(block.children, in_quote);
      case Block::Kind::kQuote:
        return quote(block);
      case Block::Kind::kCode:
        return code(block, in_quote);
      case Block::Kind::kTable:
        return table(block);
      case Block::Kind::kRule:
        return "---";
    }
    return {};
  }

  std::string heading(const Block& block) {
    const std::string text = line(block.inlines, true);
    if (trim(text).empty()) return {};
    return "h" + std::to_string(std::clamp(block.level, 1, 6)) + ". " + text;
  }

  std::string quote(const Block& block) {
    if (quotes_ >= kMarkupDepthMax) {
      add_loss(losses_, "a quote too deep inside others was dropped, not its content");
      return blocks(block.children, true);
    }
    ++quotes_;
    std::string out;
    for (const std::string& line : split(blocks(block.children, true), '\n')) {
      if (!out.empty()) out += '\n';
      out += line.empty() ? ">" : (line.starts_with('>') ? ">" : "> ") + line;
    }
    --quotes_;
    return out;
  }

  std::string code(const Block& block, bool in_quote) {
    if (in_quote || breaks_out_of_pre(block.text)) {
      add_loss(losses_, "a code block was written as text");
      std::vector<Inline> lines;
      append_lines(block.text, &lines);
      return line(lines, false);
    }
    const bool named = !block.language.empty() &&
                       std::all_of(block.language.begin(), block.language.end(), [](char c) {
                         return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
                       });
    if (named) {
      return "<pre><code class=\"" + block.language + "\">\n" + block.text + "\n</code></pre>";
    }
    return "<pre>\n" + block.text + "\n</pre>";
  }

  // Everything in an item but its nested lists, as lines.
  void item_lines(const std::vector<Block>& blocks, bool outermost, std::vector<Inline>* out) {
    for (const Block& block : blocks) {
      if (block.kind == Block::Kind::kList && outermost) continue;
      if (!out->empty()) out->push_back({.kind = Kind::kBreak});
      if (block.kind == Block::Kind::kCode) {
        add_loss(losses_, "a code block was written as text");
        append_lines(block.text, out);
      } else {
        out->insert(out->end(), block.inlines.begin(), block.inlines.end());
        std::vector<Inline> inner;
        item_lines(block.children, false, &inner);
        out->insert(out->end(), inner.begin(), inner.end());
      }
    }
  }

  std::string list(const Block& block, const std::string& above) {
    const std::string bullet = above + (block.ordered ? '#' : '*');
    std::string out;
    for (const Block& item : block.children) {
      std::vector<Inline> lines;
      item_lines(item.children, true, &lines);
      if (follows_list(item.children)) add_loss(losses_, kMovedBeforeList);
      std::string text = line(lines, false);
      if (text.empty()) text = "&nbsp;";
      if (!out.empty()) out += '\n';
      out.append(bullet).append(" ").append(text);
      for (const Block& inner : item.children) {
        if (inner.kind == Block::Kind::kList) out.append("\n").append(list(inner, bullet));
      }
    }
    return out;
  }

  std::string table(const Block& block) {
    std::string out;
    for (const Block& row : block.children) {
      if (!out.empty()) out += '\n';
      out += '|';
      for (const Block& cell : row.children) {
        std::string text = line(cell.inlines, true, true);
        // "_.", "\2.", "(x)." at the beginning of a cell are its modifiers.
        if (!text.empty() &&
            std::string_view("_\\/=<>-^~(){[.").find(text.front()) != std::string_view::npos &&
            text.find('.') != std::string::npos) {
          if (cell.inlines.front().kind == Kind::kText) {
            text = escape_modifier(text.front()) + text.substr(1);
          } else {
            text.insert(0, " ");  // the mark of a span: "_. x_"
          }
        }
        out += (cell.header ? "_. " : "") + (text.empty() ? std::string(" ") : text) + "|";
      }
    }
    return out;
  }

  static std::string escape_modifier(char c) {
    return "&#" + std::to_string(static_cast<int>(static_cast<unsigned char>(c))) + ";";
  }

  Losses* losses_;
  int quotes_ = 0;  // that are open
};

}  // namespace

std::string write_textile(const Document& document, Losses* losses) {
  return Writer(losses).blocks(document.blocks, false);
}

}  // namespace navette
