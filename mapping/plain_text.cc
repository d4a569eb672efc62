// Plain text: what a tree looks like without any markup, and paragraphs out of lines.

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"
#include "mapping/document.h"
#include "mapping/text.h"

namespace navette {
namespace {

bool is_blank(std::string_view line) {
  return trim(line).empty();
}

class Writer {
 public:
  explicit Writer(Losses* losses) : losses_(losses) {}

  std::string blocks(const std::vector<Block>& blocks, bool tight) {
    std::string out;
    bool first = true;
    for (const Block& block : blocks) {
      const std::string text = this->block(block);
      if (!first) {
        out += tight ? "\n" : "\n\n" + std::string(static_cast<std::size_t>(block.gap), '\n');
      }
      first = false;
      out += text;
    }
    return out;
  }

 private:
  std::string inlines(const std::vector<Inline>& inlines) {
    std::string out;
    for (const Inline& item : inlines) out += one(item);
    return out;
  }

  std::string one(const Inline& item) {
    switch (item.kind) {
      case Inline::Kind::kText:
        return item.text;
      case Inline::Kind::kBreak:
        return "\n";
      case Inline::Kind::kBold:
      case Inline::Kind::kItalic:
      case Inline::Kind::kStrike:
        add_loss(losses_, "emphasis was dropped");
        return inlines(item.children);
      case Inline::Kind::kCode:
        return item.text;
      case Inline::Kind::kLink: {
        const std::string text = inlines(item.children);
        const bool shown = text == item.url || "mailto:" + text == item.url;
        return shown || item.url.empty() ? text : text + " <" + item.url + ">";
      }
      case Inline::Kind::kImage:
        return "[" + (item.text.empty() ? item.url : item.text + ": " + item.url) + "]";
    }
    return {};
  }

  // The first line begins with `first`, the others with `rest`.
  static std::string indented(const std::string& text, const std::string& first,
                              const std::string& rest) {
    std::string out;
    for (const std::string& line : split(text, '\n')) {
      if (!out.empty()) out += "\n" + (line.empty() ? std::string(trim(rest)) : rest);
      if (out.empty()) out = first;
      out += line;
    }
    return out;
  }

  std::string list(const Block& block) {
    std::string out;
    int number = 0;
    for (const Block& item : block.children) {
      ++number;
      const std::string bullet = block.ordered ? std::to_string(number) + ". " : "* ";
      if (!out.empty()) out += '\n';
      out += indented(blocks(item.children, true), bullet, std::string(bullet.size(), ' '));
    }
    return out;
  }

  std::string table(const Block& block) {
    add_loss(losses_, "a table was written as lines");
    std::string out;
    for (const Block& row : block.children) {
      std::vector<std::string> cells;
      for (const Block& cell : row.children) {
        std::string text = inlines(cell.inlines);
        std::replace(text.begin(), text.end(), '\n', ' ');
        cells.push_back(std::move(text));
      }
      if (!out.empty()) out += '\n';
      out += "| " + join(cells, " | ") + " |";
    }
    return out;
  }

  std::string block(const Block& block) {
    switch (block.kind) {
      case Block::Kind::kHeading:
        add_loss(losses_, "a heading was written as a line");
        return inlines(block.inlines);
      case Block::Kind::kParagraph:
      case Block::Kind::kCell:
        return inlines(block.inlines);
      case Block::Kind::kList:
        return list(block);
      case Block::Kind::kItem:
      case Block::Kind::kRow:
        return blocks(block.children, true);
      case Block::Kind::kQuote:
        return indented(blocks(block.children, false), "> ", "> ");
      case Block::Kind::kCode:
        return block.text;
      case Block::Kind::kTable:
        return table(block);
      case Block::Kind::kRule:
        return "----";
    }
    return {};
  }

  Losses* losses_;
};

}  // namespace

Document read_text(std::string_view text) {
  Document document;
  std::string paragraph;
  int blank = 0;
  const auto close = [&document, &paragraph](int gap) {
    Block block;
    block.gap = gap;
    append_lines(paragraph, &block.inlines);
    document.blocks.push_back(std::move(block));
    paragraph.clear();
  };
  int gap = 0;
  bool open = false;
  for (const std::string& line : split(outer_trimmed(text), '\n')) {
    if (is_blank(line)) {
      if (open) {
        close(gap);
        open = false;
        blank = 0;
      }
      ++blank;
      continue;
    }
    if (open) {
      paragraph += '\n';
    } else {
      gap = std::max(0, blank - 1);
    }
    paragraph += line;
    open = true;
  }
  if (open) close(gap);
  return document;
}

std::string write_text(const Document& document, Losses* losses) {
  return Writer(losses).blocks(document.blocks, false);
}

}  // namespace navette
