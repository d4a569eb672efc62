// A tree out of Markdown, by libcmark-gfm: CommonMark with GitHub's tables and ~~strike~~. A line
// end is a line break, as the trackers that take Markdown show it.

#include <algorithm>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include "base/text.h"
#include "mapping/document.h"
#include "mapping/text.h"

namespace navette {
namespace {

// Inlines may nest in lists that nest: lists, items and inlines count.
constexpr int kNestingMax = 3 * kMarkupDepthMax;

std::string literal(cmark_node* node) {
  const char* text = cmark_node_get_literal(node);
  return text == nullptr ? std::string() : std::string(text);
}

// &nbsp; stands for a blank that Markdown would drop.
std::string without_hard_blanks(std::string_view text) {
  constexpr std::string_view kHardBlank = "\u00A0";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = text.find(kHardBlank, at);
    out += text.substr(at, next == std::string_view::npos ? next : next - at);
    if (next == std::string_view::npos) break;
    out += ' ';
    at = next + kHardBlank.size();
  }
  return out;
}

// The extensions' node types are variables that older releases of the library do not export: their
// names are what all have.
std::string_view name_of(cmark_node* node) {
  return cmark_node_get_type_string(node);
}

// All text under a node that is nested too deep to be walked.
std::string flat_text(cmark_node* node) {
  std::string out;
  const std::unique_ptr<cmark_iter, decltype(&cmark_iter_free)> iter(cmark_iter_new(node),
                                                                     cmark_iter_free);
  while (cmark_iter_next(iter.get()) != CMARK_EVENT_DONE) {
    cmark_node* at = cmark_iter_get_node(iter.get());
    if (cmark_node_get_literal(at) != nullptr) out += literal(at);
  }
  return out;
}

class Reader {
 public:
  explicit Reader(Losses* losses) : losses_(losses) {}

  void blocks(cmark_node* parent, int depth, std::vector<Block>* out) {
    for (cmark_node* node = cmark_node_first_child(parent); node != nullptr;
         node = cmark_node_next(node)) {
      if (depth >= kNestingMax) {
        Block block;
        append_lines(flat_text(node), &block.inlines);
        out->push_back(std::move(block));
      } else {
        block(node, depth, out);
      }
    }
  }

 private:
  void block(cmark_node* node, int depth, std::vector<Block>* out) {
    Block block;
    const cmark_node_type type = cmark_node_get_type(node);
    if (type == CMARK_NODE_PARAGRAPH) {
      inlines(node, depth, &block.inlines);
      // A paragraph of one hard blank is an empty line: see the writer.
      if (block.inlines.size() == 1 && block.inlines.front().text == " ") {
        ++gap_;
        return;
      }
    } else if (type == CMARK_NODE_HEADING) {
      block.kind = Block::Kind::kHeading;
      block.level = cmark_node_get_heading_level(node);
      inlines(node, depth, &block.inlines);
    } else if (type == CMARK_NODE_LIST) {
      block.kind = Block::Kind::kList;
      block.ordered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
      blocks(node, depth + 1, &block.children);
    } else if (type == CMARK_NODE_ITEM) {
      block.kind = Block::Kind::kItem;
      blocks(node, depth + 1, &block.children);
    } else if (type == CMARK_NODE_BLOCK_QUOTE) {
      block.kind = Block::Kind::kQuote;
      blocks(node, depth + 1, &block.children);
    } else if (type == CMARK_NODE_CODE_BLOCK) {
      block.kind = Block::Kind::kCode;
      block.text = literal(node);
      if (block.text.ends_with('\n')) block.text.pop_back();
      const std::string info = cmark_node_get_fence_info(node);
      block.language = info.substr(0, info.find(' '));
    } else if (type == CMARK_NODE_THEMATIC_BREAK) {
      block.kind = Block::Kind::kRule;
    } else if (name_of(node) == "table") {
      table(node, depth, &block);
    } else {
      return html(node, out);
    }
    block.gap = out->empty() ? 0 : gap_;
    gap_ = 0;
    out->push_back(std::move(block));
  }

  void table(cmark_node* node, int depth, Block* table) {
    table->kind = Block::Kind::kTable;
    for (cmark_node* line = cmark_node_first_child(node); line != nullptr;
         line = cmark_node_next(line)) {
      Block row;
      row.kind = Block::Kind::kRow;
      for (cmark_node* at = cmark_node_first_child(line); at != nullptr; at = cmark_node_next(at)) {
        Block cell;
        cell.kind = Block::Kind::kCell;
        cell.header = name_of(line) == "table_header";
        inlines(at, depth + 1, &cell.inlines);
        row.children.push_back(std::move(cell));
      }
      table->children.push_back(std::move(row));
    }
  }

  void html(cmark_node* node, std::vector<Block>* out) {
    Document inner = read_html(literal(node), losses_);
    for (Block& block : inner.blocks) out->push_back(std::move(block));
  }

  void inlines(cmark_node* parent, int depth, std::vector<Inline>* out) {
    for (cmark_node* node = cmark_node_first_child(parent); node != nullptr;
         node = cmark_node_next(node)) {
      if (depth >= kNestingMax) {
        append_text(flat_text(node), out);
      } else {
        one(node, depth, out);
      }
    }
  }

  void one(cmark_node* node, int depth, std::vector<Inline>* out) {
    const cmark_node_type type = cmark_node_get_type(node);
    if (type == CMARK_NODE_TEXT) {
      append_text(without_hard_blanks(literal(node)), out);
    } else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK ||
               (type == CMARK_NODE_HTML_INLINE && literal(node).starts_with("<br"))) {
      out->push_back({.kind = Inline::Kind::kBreak});
    } else if (type == CMARK_NODE_CODE) {
      out->push_back({.kind = Inline::Kind::kCode, .text = literal(node)});
    } else if (type == CMARK_NODE_EMPH || type == CMARK_NODE_STRONG) {
      Inline item = {.kind = type == CMARK_NODE_EMPH ? Inline::Kind::kItalic : Inline::Kind::kBold};
      inlines(node, depth + 1, &item.children);
      out->push_back(std::move(item));
    } else if (name_of(node) == "strikethrough") {
      Inline item = {.kind = Inline::Kind::kStrike};
      inlines(node, depth + 1, &item.children);
      out->push_back(std::move(item));
    } else if (type == CMARK_NODE_LINK) {
      link(node, depth, out);
    } else if (type == CMARK_NODE_IMAGE) {
      image(node, out);
    } else {
      add_loss(losses_, "HTML inside Markdown was dropped");
    }
  }

  void link(cmark_node* node, int depth, std::vector<Inline>* out) {
    Inline item = {.kind = Inline::Kind::kLink, .url = cmark_node_get_url(node)};
    inlines(node, depth + 1, &item.children);
    if (item.children.empty()) append_text(item.url, &item.children);
    if (is_safe_url(item.url)) {
      out->push_back(std::move(item));
      return;
    }
    add_loss(losses_, "an unsafe link was dropped");
    std::move(item.children.begin(), item.children.end(), std::back_inserter(*out));
  }

  void image(cmark_node* node, std::vector<Inline>* out) {
    Inline item = {.kind = Inline::Kind::kImage, .url = cmark_node_get_url(node)};
    item.text = flat_text(node);
    if (is_safe_url(item.url)) {
      out->push_back(std::move(item));
      return;
    }
    add_loss(losses_, "an unsafe image was dropped");
    append_text(item.text, out);
  }

  Losses* losses_;
  int gap_ = 0;
};

// The library fills a table's short rows up with empty cells: a wide head and many short rows would
// make far more of it than was given.
bool has_reasonable_tables(std::string_view text) {
  constexpr std::size_t kCellsMax = 100'000;
  constexpr std::size_t kColumnsMax = 1000;
  std::size_t widest = 0;
  std::size_t lines = 0;
  std::size_t pipes = 0;
  for (const char c : text) {
    if (c == '|') widest = std::max(widest, ++pipes);
    if (c == '\n') ++lines, pipes = 0;
  }
  return widest <= kColumnsMax && (widest + 1) * (lines + 1) <= std::max(kCellsMax, text.size());
}

using Node = std::unique_ptr<cmark_node, decltype(&cmark_node_free)>;

Node parse(std::string_view text, bool tables) {
  // While it reads with extensions the library writes to tables that all threads share.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  cmark_gfm_core_extensions_ensure_registered();
  const std::unique_ptr<cmark_parser, decltype(&cmark_parser_free)> parser(
      cmark_parser_new(CMARK_OPT_STRIKETHROUGH_DOUBLE_TILDE), cmark_parser_free);
  for (const char* name : {"table", "strikethrough"}) {
    cmark_syntax_extension* extension = cmark_find_syntax_extension(name);
    if (extension == nullptr || (name == std::string_view("table") && !tables)) continue;
    cmark_parser_attach_syntax_extension(parser.get(), extension);
  }
  cmark_parser_feed(parser.get(), text.data(), text.size());
  return {cmark_parser_finish(parser.get()), cmark_node_free};
}

}  // namespace

Document read_markdown(std::string_view text, Losses* losses) {
  Document document;
  const bool tables = has_reasonable_tables(text);
  if (!tables) add_loss(losses, "tables beyond a reasonable size were taken as text");
  const Node root = parse(text, tables);
  if (root == nullptr) return read_text(text);
  Reader(losses).blocks(root.get(), 0, &document.blocks);
  return document;
}

}  // namespace navette
