// HTML out of a tree. Every text is escaped; no attribute comes from outside but href, src, alt and
// a language's name.

#include <algorithm>
#include <cctype>
#include <string>

#include "base/html.h"
#include "mapping/document.h"
#include "mapping/text.h"

namespace navette {
namespace {

class Writer {
 public:
  std::string blocks(const std::vector<Block>& blocks) {
    std::string out;
    for (const Block& block : blocks) {
      if (!out.empty()) out += '\n';
      for (int i = 0; i < block.gap; ++i) out += "<br />";
      out += this->block(block);
    }
    return out;
  }

 private:
  // Blanks that HTML would swallow are written as &nbsp;; a tab needs a style.
  std::string text(const std::string& text, bool line_start, bool line_end) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == ' ') {
        const bool swallowed = (i == 0 && line_start) || (i > 0 && text[i - 1] == ' ') ||
                               (i + 1 == text.size() && line_end) ||
                               (i + 1 < text.size() && text[i + 1] == '\t');
        out += swallowed ? "&nbsp;" : " ";
      } else if (c == '\t') {
        out += "<span style=\"white-space: pre\">\t</span>";
      } else if (c == '\n') {
        out += "<br />";
      } else {
        out += escape_html(text.substr(i, 1));
      }
    }
    return out;
  }

  std::string inlines(const std::vector<Inline>& inlines) {
    std::string out;
    for (std::size_t i = 0; i < inlines.size(); ++i) {
      const bool start = i == 0 || inlines[i - 1].kind == Inline::Kind::kBreak;
      const bool end = i + 1 == inlines.size() || inlines[i + 1].kind == Inline::Kind::kBreak;
      out += one(inlines[i], start, end);
    }
    return out;
  }

  std::string wrapped(const std::string& tag, const Inline& item) {
    return "<" + tag + ">" + inlines(item.children) + "</" + tag + ">";
  }

  std::string one(const Inline& item, bool start, bool end) {
    switch (item.kind) {
      case Inline::Kind::kText:
        return text(item.text, start, end);
      case Inline::Kind::kBreak:
        return "<br />";
      case Inline::Kind::kBold:
        return wrapped("strong", item);
      case Inline::Kind::kItalic:
        return wrapped("em", item);
      case Inline::Kind::kStrike:
        return wrapped("del", item);
      case Inline::Kind::kCode:
        return "<code>" + text(item.text, true, true) + "</code>";
      case Inline::Kind::kLink:
        if (!is_safe_url(item.url)) return inlines(item.children);
        return "<a href=\"" + escape_html(item.url) + "\">" + inlines(item.children) + "</a>";
      case Inline::Kind::kImage:
        if (!is_safe_url(item.url)) return escape_html(item.text);
        return "<img src=\"" + escape_html(item.url) + "\" alt=\"" + escape_html(item.text) +
               "\" />";
    }
    return {};
  }

  std::string item(const Block& item) {
    // A lone paragraph needs no <p>: that is how people write lists.
    if (!item.children.empty() && item.children.front().kind == Block::Kind::kParagraph) {
      std::string out = inlines(item.children.front().inlines);
      const std::vector<Block> rest(item.children.begin() + 1, item.children.end());
      return rest.empty() ? out : out + "\n" + blocks(rest);
    }
    return blocks(item.children);
  }

  std::string table(const Block& block) {
    std::string out = "<table>\n";
    for (const Block& row : block.children) {
      out += "<tr>";
      for (const Block& cell : row.children) {
        const std::string tag = cell.header ? "th" : "td";
        out += "<" + tag + ">" + inlines(cell.inlines) + "</" + tag + ">";
      }
      out += "</tr>\n";
    }
    return out + "</table>";
  }

  std::string block(const Block& block) {
    switch (block.kind) {
      case Block::Kind::kParagraph:
      case Block::Kind::kCell:
        return "<p>" + inlines(block.inlines) + "</p>";
      case Block::Kind::kHeading: {
        const std::string tag = "h" + std::to_string(std::clamp(block.level, 1, 6));
        return "<" + tag + ">" + inlines(block.inlines) + "</" + tag + ">";
      }
      case Block::Kind::kList: {
        const std::string tag = block.ordered ? "ol" : "ul";
        std::string out = "<" + tag + ">\n";
        for (const Block& child : block.children) out += "<li>" + item(child) + "</li>\n";
        return out + "</" + tag + ">";
      }
      case Block::Kind::kItem:
      case Block::Kind::kRow:
        return blocks(block.children);
      case Block::Kind::kQuote:
        return "<blockquote>\n" + blocks(block.children) + "\n</blockquote>";
      case Block::Kind::kCode: {
        const bool named =
            !block.language.empty() &&
            std::all_of(block.language.begin(), block.language.end(), [](char c) {
              return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
            });
        return "<pre><code" + (named ? " class=\"language-" + block.language + "\"" : "") + ">" +
               escape_html(block.text) + "</code></pre>";
      }
      case Block::Kind::kTable:
        return table(block);
      case Block::Kind::kRule:
        return "<hr />";
    }
    return {};
  }
};

}  // namespace

std::string write_html(const Document& document, Losses* losses) {
  std::string out = Writer().blocks(document.blocks);
  if (replace_noncharacters(&out)) add_loss(losses, kNoncharacterLoss);
  return out;
}

}  // namespace navette
