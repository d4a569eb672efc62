// A tree out of Markdown, by libcmark-gfm's core: CommonMark. A line end is a line break, as the
// trackers that take Markdown show it.

#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include <cmark-gfm.h>

#include "mapping/document.h"
#include "mapping/text.h"

namespace navette {
namespace {

// Inlines may nest in blocks that nest: both count.
constexpr int kNestingMax = 2 * kMarkupDepthMax;

std::string literal(cmark_node* node) {
  const char* text = cmark_node_get_literal(node);
  return text == nullptr ? std::string() : std::string(text);
}

// &nbsp; stands for a blank that Markdown would drop.
std::string without_hard_blanks(std::string text) {
  constexpr std::string_view kHardBlank = "\u00A0";
  for (std::size_t at = text.find(kHardBlank); at != std::string::npos;
       at = text.find(kHardBlank, at + 1)) {
    text.replace(at, kHardBlank.size(), " ");
  }
  return text;
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
    } else {
      return html(node, out);
    }
    block.gap = out->empty() ? 0 : gap_;
    gap_ = 0;
    out->push_back(std::move(block));
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
    } else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK) {
      out->push_back({.kind = Inline::Kind::kBreak});
    } else if (type == CMARK_NODE_CODE) {
      out->push_back({.kind = Inline::Kind::kCode, .text = literal(node)});
    } else if (type == CMARK_NODE_EMPH || type == CMARK_NODE_STRONG) {
      Inline item = {.kind = type == CMARK_NODE_EMPH ? Inline::Kind::kItalic : Inline::Kind::kBold};
      inlines(node, depth + 1, &item.children);
      out->push_back(std::move(item));
    } else if (type == CMARK_NODE_LINK) {
      link(node, depth, out);
    } else if (type == CMARK_NODE_IMAGE) {
      image(node, out);
    } else if (const std::string tag = literal(node); tag.starts_with("<br")) {
      out->push_back({.kind = Inline::Kind::kBreak});
    } else {
      add_loss(losses_, "HTML inside Markdown was dropped");
    }
  }

  void link(cmark_node* node, int depth, std::vector<Inline>* out) {
    Inline item = {.kind = Inline::Kind::kLink, .url = cmark_node_get_url(node)};
    inlines(node, depth + 1, &item.children);
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

}  // namespace

Document read_markdown(std::string_view text, Losses* losses) {
  Document document;
  const std::unique_ptr<cmark_node, decltype(&cmark_node_free)> root(
      cmark_parse_document(text.data(), text.size(), CMARK_OPT_DEFAULT), cmark_node_free);
  if (root == nullptr) return read_text(text);
  Reader(losses).blocks(root.get(), 0, &document.blocks);
  return document;
}

}  // namespace navette
