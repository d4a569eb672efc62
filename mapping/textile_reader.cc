// A tree out of Redmine's Textile: blocks.

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "base/text.h"
#include "mapping/document.h"
#include "mapping/text.h"
#include "mapping/textile_escape.h"
#include "mapping/textile_inline.h"

namespace navette {
namespace {

using Lines = std::vector<std::string>;

std::size_t bullet_size(std::string_view line) {
  std::size_t size = 0;
  while (size < line.size() && (line[size] == '*' || line[size] == '#')) ++size;
  return size > 0 && size < line.size() && line[size] == ' ' ? size : 0;
}

bool is_table_row(std::string_view line) {
  line = trim(line);
  return line.size() > 1 && line.starts_with('|') && line.ends_with('|');
}

class Reader {
 public:
  explicit Reader(Losses* losses) : losses_(losses) {}

  // <pre> blocks are cut out first: nothing inside them is markup.
  void read(const std::string& text, int depth, std::vector<Block>* out) {
    const std::string lower = lower_ascii(text);
    std::size_t at = 0;
    std::size_t look = 0;
    while (depth < kMarkupDepthMax) {
      const std::size_t open = lower.find("<pre", look);
      if (open == std::string::npos) break;
      const std::size_t body = lower.find('>', open);
      const char sign = open + 4 < lower.size() ? lower[open + 4] : '\0';
      if (body == std::string::npos || (sign != '>' && sign != ' ')) {
        look = open + 4;
        continue;
      }
      std::size_t close = lower.find("</pre>", body);
      const std::size_t after = close == std::string::npos ? text.size() : close + 6;
      if (close == std::string::npos) close = text.size();
      paragraphs(text.substr(at, open - at), depth, out);
      out->push_back(code(text.substr(body + 1, close - body - 1)));
      // The end of its line is no blank line.
      at = look = after < text.size() && text[after] == '\n' ? after + 1 : after;
    }
    paragraphs(text.substr(at), depth, out);
  }

 private:
  static Block code(std::string_view content) {
    Block block;
    block.kind = Block::Kind::kCode;
    if (const std::string_view trimmed = trim(content);
        trimmed.starts_with("<code") && trimmed.ends_with("</code>")) {
      const std::size_t end = trimmed.find('>');
      const std::string_view tag = trimmed.substr(0, end);
      if (const std::size_t name = tag.find("class="); name != std::string_view::npos) {
        const std::string_view value = tag.substr(name + 7);
        block.language = std::string(value.substr(0, value.find_first_of("\"'")));
      }
      content = trimmed.substr(end + 1, trimmed.size() - end - 1 - 7);
    }
    if (content.starts_with('\n')) content.remove_prefix(1);
    if (content.ends_with('\n')) content.remove_suffix(1);
    block.text = std::string(content);
    return block;
  }

  void paragraphs(const std::string& text, int depth, std::vector<Block>* out) {
    Lines group;
    int blank = 0;
    const auto close = [&] {
      if (group.empty()) return;
      const std::size_t first = out->size();
      this->group(group, depth, out);
      if (first > 0 && first < out->size()) (*out)[first].gap = std::max(0, blank - 1);
      group.clear();
      blank = 0;
    };
    for (std::string& line : split(text, '\n')) {
      if (trim(line).empty()) {
        close();
        ++blank;
      } else {
        group.push_back(std::move(line));
      }
    }
    close();
  }

  std::vector<Inline> inlines(const std::string& text) {
    return read_textile_inlines(text, losses_);
  }

  // Lines without a blank one among them.
  void group(const Lines& lines, int depth, std::vector<Block>* out) {
    if (prefixed(lines, out)) return;
    std::size_t at = 0;
    std::string paragraph;
    const auto close = [&] {
      if (paragraph.empty()) return;
      Block block;
      block.inlines = inlines(paragraph);
      out->push_back(std::move(block));
      paragraph.clear();
    };
    while (at < lines.size()) {
      const std::string& line = lines[at];
      const bool deep = depth >= kMarkupDepthMax;
      if (line.starts_with('>') && !deep) {
        close();
        at = quote(lines, at, depth, out);
      } else if (bullet_size(line) > 0) {
        close();
        at = list(lines, at, out);
      } else if (is_table_row(line)) {
        close();
        at = table(lines, at, out);
      } else if (is_textile_rule(line)) {
        close();
        out->push_back({.kind = Block::Kind::kRule});
        ++at;
      } else {
        paragraph += (paragraph.empty() ? "" : "\n") + line;
        ++at;
      }
    }
    close();
  }

  // "h1. ", "bq. ", "p. " and their modifiers; the whole group is theirs.
  bool prefixed(const Lines& lines, std::vector<Block>* out) {
    const std::string& line = lines.front();
    const std::size_t tag = block_tag_size(line);
    if (tag == 0) return false;
    const std::size_t dot = modifiers_end(line, tag);
    if (dot == std::string::npos) return false;
    std::size_t start = dot + 1;
    if (start < line.size() && line[start] == ':') start = line.find(' ', start);  // bq.:source
    if (start >= line.size() || line[start] != ' ') return false;
    std::string text = line.substr(start + 1);
    for (std::size_t i = 1; i < lines.size(); ++i) text += "\n" + lines[i];
    Block block;
    block.inlines = inlines(text);
    if (line.front() == 'h') {
      block.kind = Block::Kind::kHeading;
      block.level = line[1] - '0';
    } else if (line.starts_with("bq")) {
      Block quote;
      quote.kind = Block::Kind::kQuote;
      quote.children.push_back(std::move(block));
      block = std::move(quote);
    }
    out->push_back(std::move(block));
    return true;
  }

  // Where the dot stands after "(class)", "{style}", "[lang]", "<>", "=", "(", ")".
  static std::size_t modifiers_end(const std::string& line, std::size_t at) {
    while (at < line.size() && line[at] != '.') {
      const char open = line[at];
      const char close = open == '(' ? ')' : open == '{' ? '}' : open == '[' ? ']' : '\0';
      const std::size_t end = close == '\0' ? std::string::npos : line.find(close, at);
      if (end != std::string::npos) {
        at = end + 1;
      } else if (std::string_view("<>=()-^~").find(open) != std::string_view::npos) {
        ++at;
      } else {
        return std::string::npos;
      }
    }
    return at < line.size() ? at : std::string::npos;
  }

  std::size_t quote(const Lines& lines, std::size_t at, int depth, std::vector<Block>* out) {
    std::string text;
    for (; at < lines.size() && lines[at].starts_with('>'); ++at) {
      std::string_view line = std::string_view(lines[at]).substr(1);
      if (line.starts_with(' ')) line.remove_prefix(1);
      text += std::string(line) + "\n";
    }
    Block block;
    block.kind = Block::Kind::kQuote;
    read(text, depth + 1, &block.children);
    out->push_back(std::move(block));
    return at;
  }

  std::size_t list(const Lines& lines, std::size_t at, std::vector<Block>* out) {
    struct Entry {
      std::string bullets;
      std::string text;
    };
    std::vector<Entry> entries;
    for (; at < lines.size(); ++at) {
      const std::size_t size = std::min<std::size_t>(bullet_size(lines[at]), kMarkupDepthMax);
      if (size > 0) {
        entries.push_back(
            {lines[at].substr(0, size), lines[at].substr(bullet_size(lines[at]) + 1)});
      } else if (lines[at].starts_with('>') || is_table_row(lines[at])) {
        break;
      } else {
        entries.back().text += "\n" + lines[at];
      }
    }
    const std::size_t first = out->size();
    for (const Entry& entry : entries) {
      std::vector<Block>* level = out;
      for (std::size_t i = 0; i < entry.bullets.size(); ++i) {
        const bool ordered = entry.bullets[i] == '#';
        const bool last = i + 1 == entry.bullets.size();
        // The outermost list is this call's own, even where another stands right before it.
        const bool fresh = level->size() == (i == 0 ? first : 0) ||
                           level->back().kind != Block::Kind::kList ||
                           (last && level->back().ordered != ordered);
        if (fresh) level->push_back({.kind = Block::Kind::kList, .ordered = ordered});
        Block& list = level->back();
        if (last || list.children.empty()) list.children.push_back({.kind = Block::Kind::kItem});
        level = &list.children.back().children;
      }
      Block paragraph;
      paragraph.inlines = inlines(entry.text);
      level->push_back(std::move(paragraph));
    }
    return at;
  }

  std::size_t table(const Lines& lines, std::size_t at, std::vector<Block>* out) {
    Block table;
    table.kind = Block::Kind::kTable;
    for (; at < lines.size() && is_table_row(lines[at]); ++at) {
      const std::string_view line = trim(lines[at]);
      Block row;
      row.kind = Block::Kind::kRow;
      for (std::string& text : split(line.substr(1, line.size() - 2), '|')) {
        Block cell;
        cell.kind = Block::Kind::kCell;
        std::string_view content = text;
        const std::size_t dot = content.find(". ");
        if (dot != std::string_view::npos && is_modifier(content.substr(0, dot))) {
          cell.header = content.front() == '_';
          content.remove_prefix(dot + 2);
        }
        cell.inlines = inlines(std::string(trim(content)));
        row.children.push_back(std::move(cell));
      }
      table.children.push_back(std::move(row));
    }
    out->push_back(std::move(table));
    return at;
  }

  static bool is_modifier(std::string_view text) {
    return !text.empty() &&
           std::string_view("_\\/=<>-^~({[").find(text.front()) != std::string_view::npos &&
           text.find(' ') == std::string_view::npos;
  }

  Losses* losses_;
};

}  // namespace

Document read_textile(std::string_view text, Losses* losses) {
  Document document;
  Reader(losses).read(outer_trimmed(text), 0, &document.blocks);
  return document;
}

}  // namespace navette
