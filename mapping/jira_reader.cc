// A tree out of Jira's wiki markup: blocks.

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <string>
#include <utility>

#include "base/text.h"
#include "mapping/document.h"
#include "mapping/jira_inline.h"
#include "mapping/jira_syntax.h"
#include "mapping/text.h"

namespace navette {
namespace {

using Lines = std::vector<std::string>;

// A macro's tag: "{code:java|title=x}".
struct Tag {
  std::string name;  // in lower case
  std::string_view settings;
  std::size_t size = 0;
};

// The tag at the beginning of `text`; size 0: none.
Tag tag_at(std::string_view text) {
  constexpr std::size_t kSizeMax = 300;
  std::size_t at = 1;
  while (at < text.size() && std::isalpha(static_cast<unsigned char>(text[at])) != 0) ++at;
  if (at == 1 || at >= text.size() || (text[at] != '}' && text[at] != ':')) return {};
  const std::string_view near = text.substr(0, kSizeMax);
  const std::size_t end = near.find_first_of("}\n", at);
  if (end == std::string_view::npos || near[end] != '}') return {};
  Tag tag = {.name = lower_ascii(text.substr(1, at - 1)), .settings = {}, .size = end + 1};
  if (text[at] == ':') tag.settings = text.substr(at + 1, end - at - 1);
  return tag;
}

// The setting of that name; without a name the one that has none.
std::string setting(std::string_view settings, std::string_view name) {
  for (const std::string& one : split(settings, '|')) {
    const std::size_t equals = one.find('=');
    if (equals == std::string::npos ? name.empty() : one.substr(0, equals) == name) {
      return std::string(trim(equals == std::string::npos ? one : one.substr(equals + 1)));
    }
  }
  return {};
}

bool is_table_row(std::string_view line) {
  line = trim(line);
  return line.starts_with('|') && line.find_first_not_of('|') != std::string_view::npos;
}

bool is_quote_line(std::string_view line) {
  return line.starts_with("bq. ") || line == "bq.";
}

class Reader {
 public:
  explicit Reader(Losses* losses) : losses_(losses) {}

  std::vector<Block> read(std::string_view text) {
    std::vector<Block> out;
    paragraphs(without_macros(text), &out);
    return out;
  }

 private:
  // ---- macros ----

  // Cuts code and quotes out; of other macros only what is inside stays.
  std::string without_macros(std::string_view text) {
    const std::string lower = lower_ascii(text);
    std::string out;
    std::string outside;  // of the quote that is open
    bool quoted = false;
    for (std::size_t at = 0; at < text.size();) {
      if (text[at] == '\\' && at + 1 < text.size()) {
        const std::size_t size = is_jira_escapable(text[at + 1]) ? 2 : 1;
        out += text.substr(at, size);
        at += size;
        continue;
      }
      if (text.substr(at).starts_with("{{")) {
        out += "{{";
        at += 2;
        continue;
      }
      const Tag tag = text[at] == '{' ? tag_at(text.substr(at)) : Tag();
      if (tag.name == "code" || tag.name == "noformat") {
        const std::size_t end = close_of(lower, at + tag.size, tag.name);
        if (end != std::string::npos) {
          out += cut(code(text.substr(at + tag.size, end - at - tag.size), tag));
          at = end + tag.name.size() + 2;
          continue;
        }
      } else if (tag.name == "quote") {
        if (quoted) {
          out = cut(quote(out)).insert(0, outside);
          quoted = false;
          at += tag.size;
          continue;
        }
        if (close_of(lower, at + tag.size, tag.name) != std::string::npos) {
          outside = std::exchange(out, {});
          quoted = true;
          at += tag.size;
          continue;
        }
      } else if (const JiraMacro* macro = find_jira_macro(tag.name); macro != nullptr) {
        drop(*macro, tag, &out);
        at += tag.size;
        while (macro->block && at < text.size() && text[at] == '\n') ++at;
        continue;
      }
      out += text[at++];
    }
    // Only an escaped end tag is left for it.
    return quoted ? outside + out : out;
  }

  void drop(const JiraMacro& macro, const Tag& tag, std::string* out) {
    add_loss(losses_, "the macro {" + std::string(macro.name) + "} was dropped, not its content");
    std::string title = setting(tag.settings, "title");
    if (title.empty() && macro.name == "expand") title = setting(tag.settings, "");
    if (!macro.block) {
      *out += title;
      return;
    }
    out->resize(out->find_last_not_of('\n') + 1);
    if (!out->empty()) *out += "\n\n";
    if (!title.empty()) *out += title + '\n';
  }

  // Where the end tag stands after `from`; npos: nowhere. Looks no further once there is none.
  std::size_t close_of(const std::string& lower, std::size_t from, const std::string& name) {
    std::size_t& none_after = none_after_[name == "code" ? 0U : name == "quote" ? 1U : 2U];
    if (from >= none_after) return std::string::npos;
    const std::size_t end = lower.find("{" + name + "}", from);
    if (end == std::string::npos) none_after = from;
    return end;
  }

  std::string cut(Block block) {
    cut_.push_back(std::move(block));
    return jira_cut(cut_.size() - 1);
  }

  Block code(std::string_view content, const Tag& tag) {
    Block block;
    block.kind = Block::Kind::kCode;
    if (content.starts_with('\n')) content.remove_prefix(1);
    if (content.ends_with('\n')) content.remove_suffix(1);
    block.text = std::string(content);
    if (tag.name == "code") {
      block.language = setting(tag.settings, "");
      if (block.language.empty()) block.language = setting(tag.settings, "language");
    }
    if (!setting(tag.settings, "title").empty()) {
      add_loss(losses_, "a code block's title was dropped");
    }
    return block;
  }

  Block quote(const std::string& content) {
    Block block;
    block.kind = Block::Kind::kQuote;
    paragraphs(outer_trimmed(content), &block.children);
    return block;
  }

  // ---- lines ----

  void paragraphs(const std::string& text, std::vector<Block>* out) {
    Lines group;
    int blank = 0;
    const auto close = [&] {
      if (group.empty()) return;
      const std::size_t first = out->size();
      this->group(group, out);
      if (first > 0 && first < out->size()) (*out)[first].gap = std::max(0, blank - 1);
      group.clear();
      blank = 0;
    };
    for (std::string& line : split(text, '\n')) {
      if (trim(line).empty()) {
        close();
        ++blank;
      } else {
        // Blanks before a list, heading or quote do not count.
        const std::string_view bare = std::string_view(line).substr(line.find_first_not_of(" \t"));
        const bool block =
            jira_bullets_size(bare) > 0 || jira_heading_level(bare) > 0 || is_quote_line(bare);
        group.push_back(block ? std::string(bare) : std::move(line));
      }
    }
    close();
  }

  std::vector<Inline> inlines(std::string_view text) {
    return read_jira_inlines(text, cut_, losses_);
  }

  // Lines without a blank one among them.
  void group(const Lines& lines, std::vector<Block>* out) {
    std::string paragraph;
    const auto close = [&] {
      if (!paragraph.empty()) flow(std::exchange(paragraph, {}), out);
    };
    for (std::size_t at = 0; at < lines.size();) {
      const std::string& line = lines[at];
      if (jira_heading_level(line) > 0) {
        close();
        Block block;
        block.kind = Block::Kind::kHeading;
        block.level = jira_heading_level(line);
        block.inlines = inlines(trim(std::string_view(line).substr(3)));
        out->push_back(std::move(block));
        ++at;
      } else if (is_quote_line(line)) {
        close();
        Block block;
        block.kind = Block::Kind::kQuote;
        for (; at < lines.size() && is_quote_line(lines[at]); ++at) {
          flow(std::string(trim(std::string_view(lines[at]).substr(3))), &block.children);
        }
        out->push_back(std::move(block));
      } else if (is_jira_rule(line)) {
        close();
        out->push_back({.kind = Block::Kind::kRule});
        ++at;
      } else if (jira_bullets_size(line) > 0) {
        close();
        at = list(lines, at, out);
      } else if (is_table_row(line)) {
        close();
        at = table(lines, at, out);
      } else {
        if (!paragraph.empty()) paragraph += '\n';
        paragraph += line;
        ++at;
      }
    }
    close();
  }

  // A paragraph; what was cut out of it divides it.
  void flow(std::string_view text, std::vector<Block>* out) {
    const auto paragraph = [this, out](std::string_view part) {
      if (part.starts_with('\n')) part.remove_prefix(1);
      if (part.ends_with('\n')) part.remove_suffix(1);
      if (trim(part).empty()) return;
      Block block;
      block.inlines = inlines(part);
      out->push_back(std::move(block));
    };
    std::size_t begin = 0;
    for (std::size_t at = text.find(kJiraCut); at != std::string_view::npos;
         at = text.find(kJiraCut, at)) {
      std::size_t number = 0;
      const std::size_t size = jira_cut_size(text.substr(at), &number);
      if (size == 0 || number >= cut_.size()) {
        ++at;
        continue;
      }
      paragraph(text.substr(begin, at - begin));
      out->push_back(std::move(cut_[number]));
      cut_[number] = Block();
      at = begin = at + size;
    }
    paragraph(text.substr(begin));
  }

  std::size_t list(const Lines& lines, std::size_t at, std::vector<Block>* out) {
    struct Entry {
      std::string bullets;
      std::string text;
    };
    std::vector<Entry> entries;
    for (; at < lines.size(); ++at) {
      const std::string& line = lines[at];
      const std::size_t size = jira_bullets_size(line);
      if (size > 0) {
        entries.push_back({.bullets = line.substr(0, std::min<std::size_t>(size, kMarkupDepthMax)),
                           .text = std::string(trim(std::string_view(line).substr(size)))});
      } else if (is_table_row(line) || is_quote_line(line) || jira_heading_level(line) > 0) {
        break;
      } else {
        entries.back().text += "\n" + line;
      }
    }
    const std::size_t first = out->size();
    for (const Entry& entry : entries) {
      flow(entry.text, level_of(entry.bullets, first, out));
    }
    return at;
  }

  // The new item that those bullets stand for: "#*" is a bullet inside a numbered item.
  static std::vector<Block>* level_of(std::string_view bullets, std::size_t first,
                                      std::vector<Block>* out) {
    std::vector<Block>* level = out;
    for (std::size_t i = 0; i < bullets.size(); ++i) {
      const bool ordered = bullets[i] == '#';
      const bool last = i + 1 == bullets.size();
      const bool fresh = level->size() == (i == 0 ? first : 0) ||
                         level->back().kind != Block::Kind::kList ||
                         (last && level->back().ordered != ordered);
      if (fresh) level->push_back({.kind = Block::Kind::kList, .ordered = ordered});
      Block& list = level->back();
      if (last || list.children.empty()) list.children.push_back({.kind = Block::Kind::kItem});
      level = &list.children.back().children;
    }
    return level;
  }

  // ---- tables ----

  std::size_t table(const Lines& lines, std::size_t at, std::vector<Block>* out) {
    Block table;
    table.kind = Block::Kind::kTable;
    while (at < lines.size() && is_table_row(lines[at])) {
      std::string row(trim(lines[at++]));
      // A cell may go over lines: the row ends with a pipe.
      while (!row.ends_with('|') && at < lines.size() && !is_table_row(lines[at])) {
        row += "\n" + lines[at++];
      }
      table.children.push_back(this->row(trim(row)));
    }
    out->push_back(std::move(table));
    return at;
  }

  Block row(std::string_view text) {
    Block row;
    row.kind = Block::Kind::kRow;
    for (std::size_t at = 0; at < text.size();) {
      const bool header = text.substr(at).starts_with("||");
      const std::size_t begin = at + (header ? 2 : 1);
      if (begin >= text.size()) break;
      const std::size_t end = cell_end(text, begin);
      Block cell;
      cell.kind = Block::Kind::kCell;
      cell.header = header;
      cell.inlines = inlines(trim(text.substr(begin, end - begin)));
      row.children.push_back(std::move(cell));
      at = end;
    }
    return row;
  }

  // The pipe that ends the cell: none inside a link or an image.
  static std::size_t cell_end(std::string_view text, std::size_t at) {
    std::size_t pipe = std::string_view::npos;  // the first of those that a link may hold
    char open = '\0';
    for (; at < text.size(); ++at) {
      const char c = text[at];
      if (c == '\\' && at + 1 < text.size() && is_jira_escapable(text[at + 1])) {
        ++at;
      } else if (c == '|' && open == '\0') {
        return at;
      } else if (c == '|' && pipe == std::string_view::npos) {
        pipe = at;
      } else if (open != '\0' && (c == '\n' || (open == '!' && c == ' ') || c == '[')) {
        // It was no link.
        if (pipe != std::string_view::npos) return pipe;
        open = c == '[' ? '[' : '\0';
      } else if ((open == '[' && c == ']') || (open == '!' && c == '!')) {
        open = '\0';
        pipe = std::string_view::npos;
      } else if (open == '\0' &&
                 (c == '[' || (c == '!' && opens_jira_span_after(text.substr(0, at))))) {
        open = c;
      }
    }
    return pipe != std::string_view::npos ? pipe : text.size();
  }

  Losses* losses_;
  std::vector<Block> cut_;
  std::array<std::size_t, 3> none_after_ = {std::string::npos, std::string::npos,
                                            std::string::npos};
};

}  // namespace

Document read_jira(std::string_view text, Losses* losses) {
  Document document;
  document.blocks = Reader(losses).read(outer_trimmed(text));
  return document;
}

}  // namespace navette
