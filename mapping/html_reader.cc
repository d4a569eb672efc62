// A tree out of HTML, by libgumbo. Only what the tree can say comes through; scripts, styles, event
// handlers and unsafe targets stay behind.

#include <algorithm>
#include <cctype>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <gumbo.h>

#include "base/text.h"
#include "mapping/document.h"
#include "mapping/entities.h"
#include "mapping/text.h"

namespace navette {
namespace {

// Elements nested deeper are an attack; libgumbo and we walk them recursively.
constexpr int kNestingMax = 500;

std::string_view attribute(const GumboNode* node, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&node->v.element.attributes, name);
  return found == nullptr ? std::string_view() : found->value;
}

const GumboVector& children_of(const GumboNode* node) {
  return node->v.element.children;
}

const GumboNode* child(const GumboVector& children, unsigned index) {
  return static_cast<const GumboNode*>(children.data[index]);
}

std::string raw_text(const GumboNode* node) {
  if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE ||
      node->type == GUMBO_NODE_CDATA) {
    return node->v.text.text;
  }
  if (node->type != GUMBO_NODE_ELEMENT) return {};
  if (node->v.element.tag == GUMBO_TAG_BR) return "\n";
  std::string out;
  for (unsigned i = 0; i < children_of(node).length; ++i) {
    out += raw_text(child(children_of(node), i));
  }
  return out;
}

class Reader {
 public:
  explicit Reader(Losses* losses) : losses_(losses) {}

  std::vector<Block> read(const GumboNode* root) {
    std::vector<Block> out;
    Flow flow{&out, {}};
    children(root, &flow);
    flush(&flow);
    return out;
  }

 private:
  // Where text goes: the line under way, and the blocks before it.
  struct Flow {
    std::vector<Block>* blocks;
    std::vector<Inline> line;
    int gap = 0;
  };

  // ---- text ----

  void blank() {
    if (!swallow_) pending_ = true;
  }
  void emit(std::string_view text, std::vector<Inline>* line) {
    if (pending_) append_text(" ", line);
    pending_ = false;
    swallow_ = false;
    append_text(text, line);
  }
  // Nothing of a blank is left at the beginning of a line.
  void line_start() {
    pending_ = false;
    swallow_ = true;
  }

  void text(std::string_view text, std::vector<Inline>* line) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        blank();
      } else if (text.substr(i).starts_with("\u00A0")) {
        emit(" ", line);
        ++i;
      } else {
        emit(text.substr(i, 1), line);
      }
    }
  }

  void line_break(std::vector<Inline>* line) {
    line->push_back({.kind = Inline::Kind::kBreak});
    line_start();
  }

  static bool is_text(const std::vector<Inline>& inlines) {
    return inlines.size() == 1 && inlines.front().kind == Inline::Kind::kText;
  }
  static bool is_break(const Inline& item) { return item.kind == Inline::Kind::kBreak; }

  // The line under way becomes paragraphs: two breaks and more are the end of one.
  void flush(Flow* flow) {
    line_start();
    std::vector<Inline> line = std::move(flow->line);
    flow->line.clear();
    Block block;
    const auto close = [&] {
      // Outlook's empty lines hold a hard blank; its paragraphs are apart without them.
      if (trim(inner_text(block.inlines)).empty() && is_text(block.inlines)) block.inlines.clear();
      if (block.inlines.empty()) return;
      block.gap = flow->blocks->empty() ? 0 : flow->gap;
      flow->gap = 0;
      flow->blocks->push_back(std::move(block));
      block = Block();
    };
    for (std::size_t i = 0; i < line.size();) {
      if (!is_break(line[i])) {
        block.inlines.push_back(std::move(line[i++]));
        continue;
      }
      std::size_t breaks = 0;
      while (i < line.size() && is_break(line[i])) ++i, ++breaks;
      if (block.inlines.empty()) {
        flow->gap += static_cast<int>(breaks);
      } else if (i == line.size()) {
        close();
        flow->gap = static_cast<int>(breaks) - 1;
      } else if (breaks == 1) {
        block.inlines.push_back({.kind = Inline::Kind::kBreak});
      } else {
        close();
        flow->gap = static_cast<int>(breaks) - 2;
      }
    }
    close();
  }

  void push(Block block, Flow* flow) {
    block.gap = flow->blocks->empty() ? 0 : flow->gap;
    flow->gap = 0;
    flow->blocks->push_back(std::move(block));
  }

  // ---- elements ----

  void children(const GumboNode* node, Flow* flow) {
    const GumboVector& all = children_of(node);
    for (unsigned i = 0; i < all.length; ++i) this->node(child(all, i), flow);
  }

  void node(const GumboNode* node, Flow* flow) {
    switch (node->type) {
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_WHITESPACE:
      case GUMBO_NODE_CDATA:
        return text(node->v.text.text, &flow->line);
      case GUMBO_NODE_ELEMENT:
        break;
      default:
        return;
    }
    handlers(node);
    if (depth_ >= kNestingMax) return text(raw_text(node), &flow->line);
    ++depth_;
    if (!dropped(node->v.element.tag) && !inline_element(node, flow)) block_element(node, flow);
    --depth_;
  }

  void handlers(const GumboNode* node) {
    const GumboVector& all = node->v.element.attributes;
    for (unsigned i = 0; i < all.length; ++i) {
      const auto* entry = static_cast<const GumboAttribute*>(all.data[i]);
      if (lower_ascii(entry->name).starts_with("on")) {
        add_loss(losses_, "an event handler was dropped");
      }
    }
  }

  bool dropped(GumboTag tag) {
    switch (tag) {
      case GUMBO_TAG_SCRIPT:
        add_loss(losses_, "a script was dropped");
        return true;
      case GUMBO_TAG_IFRAME:
      case GUMBO_TAG_OBJECT:
      case GUMBO_TAG_EMBED:
      case GUMBO_TAG_APPLET:
      case GUMBO_TAG_SVG:
      case GUMBO_TAG_MATH:
      case GUMBO_TAG_VIDEO:
      case GUMBO_TAG_AUDIO:
      case GUMBO_TAG_CANVAS:
        add_loss(losses_, "an embedded object was dropped");
        return true;
      case GUMBO_TAG_STYLE:
      case GUMBO_TAG_TITLE:
      case GUMBO_TAG_TEMPLATE:
      case GUMBO_TAG_NOSCRIPT:
      case GUMBO_TAG_NOFRAMES:
        return true;
      default:
        return false;
    }
  }

  bool inline_element(const GumboNode* node, Flow* flow) {
    switch (node->v.element.tag) {
      case GUMBO_TAG_BR:
        line_break(&flow->line);
        return true;
      case GUMBO_TAG_B:
      case GUMBO_TAG_STRONG:
        wrap({.kind = Inline::Kind::kBold}, node, flow);
        return true;
      case GUMBO_TAG_I:
      case GUMBO_TAG_EM:
      case GUMBO_TAG_CITE:
        wrap({.kind = Inline::Kind::kItalic}, node, flow);
        return true;
      case GUMBO_TAG_S:
      case GUMBO_TAG_STRIKE:
      case GUMBO_TAG_DEL:
        wrap({.kind = Inline::Kind::kStrike}, node, flow);
        return true;
      case GUMBO_TAG_CODE:
      case GUMBO_TAG_TT:
      case GUMBO_TAG_KBD:
      case GUMBO_TAG_SAMP:
        code(node, flow);
        return true;
      case GUMBO_TAG_A:
        link(node, flow);
        return true;
      case GUMBO_TAG_IMG:
        image(node, flow);
        return true;
      case GUMBO_TAG_SPAN:
        if (attribute(node, "style").find("white-space: pre") != std::string_view::npos) {
          emit("", &flow->line);
          std::string raw = raw_text(node);
          append_lines(raw, &flow->line);
          return true;
        }
        children(node, flow);
        return true;
      case GUMBO_TAG_U:
      case GUMBO_TAG_INS:
      case GUMBO_TAG_SUB:
      case GUMBO_TAG_SUP:
        add_loss(losses_, "a style was dropped");
        children(node, flow);
        return true;
      default:
        return false;
    }
  }

  // The element's own content as one line; blocks inside end up in `flow` and are no part of it.
  void wrap(Inline item, const GumboNode* node, Flow* flow) {
    if (pending_) {  // a blank before it stays outside
      append_text(" ", &flow->line);
      pending_ = false;
      swallow_ = true;
    }
    std::vector<Block> blocks;
    Flow inner{&blocks, {}};
    children(node, &inner);
    if (!blocks.empty()) {
      add_loss(losses_, "emphasis or a link around blocks was dropped");
      flush(&inner);
      flush(flow);
      for (Block& block : blocks) push(std::move(block), flow);
      return;
    }
    if (inner.line.empty()) return;
    item.children = std::move(inner.line);
    flow->line.push_back(std::move(item));
  }

  void code(const GumboNode* node, Flow* flow) {
    std::vector<Inline> inner;
    if (pending_) append_text(" ", &flow->line);
    pending_ = false;
    swallow_ = true;
    text(raw_text(node), &inner);
    if (!inner.empty()) {
      flow->line.push_back({.kind = Inline::Kind::kCode, .text = inner_text(inner)});
    }
  }

  void link(const GumboNode* node, Flow* flow) {
    const std::string url(trim(attribute(node, "href")));
    if (!url.empty() && !is_safe_url(url)) add_loss(losses_, "an unsafe link was dropped");
    if (url.empty() || !is_safe_url(url) || url.starts_with('#')) return children(node, flow);
    wrap({.kind = Inline::Kind::kLink, .url = url}, node, flow);
  }

  void image(const GumboNode* node, Flow* flow) {
    Inline item = {.kind = Inline::Kind::kImage,
                   .text = std::string(attribute(node, "alt")),
                   .url = std::string(trim(attribute(node, "src")))};
    std::replace(item.text.begin(), item.text.end(), '\n', ' ');
    emit("", &flow->line);
    if (is_safe_url(item.url)) {
      flow->line.push_back(std::move(item));
      return;
    }
    add_loss(losses_, "an embedded or unsafe image was dropped");
    append_text(item.text, &flow->line);
  }

  void block_element(const GumboNode* node, Flow* flow) {
    const GumboTag tag = node->v.element.tag;
    switch (tag) {
      case GUMBO_TAG_H1:
      case GUMBO_TAG_H2:
      case GUMBO_TAG_H3:
      case GUMBO_TAG_H4:
      case GUMBO_TAG_H5:
      case GUMBO_TAG_H6:
        return heading(node, tag - GUMBO_TAG_H1 + 1, flow);
      case GUMBO_TAG_UL:
      case GUMBO_TAG_OL:
        return list(node, tag == GUMBO_TAG_OL, flow);
      case GUMBO_TAG_BLOCKQUOTE:
        return nested({.kind = Block::Kind::kQuote}, node, flow);
      case GUMBO_TAG_PRE:
        return pre(node, flow);
      case GUMBO_TAG_TABLE:
        return table(node, flow);
      case GUMBO_TAG_HR:
        flush(flow);
        return push({.kind = Block::Kind::kRule}, flow);
      case GUMBO_TAG_DIV:
      case GUMBO_TAG_TR:
      case GUMBO_TAG_TD:
      case GUMBO_TAG_TH:
      case GUMBO_TAG_DT:
      case GUMBO_TAG_DD:
        // Mail programs make a <div> of each line.
        end_line(flow);
        children(node, flow);
        return end_line(flow);
      case GUMBO_TAG_P:
      case GUMBO_TAG_SECTION:
      case GUMBO_TAG_ARTICLE:
      case GUMBO_TAG_HEADER:
      case GUMBO_TAG_FOOTER:
      case GUMBO_TAG_MAIN:
      case GUMBO_TAG_ADDRESS:
      case GUMBO_TAG_DETAILS:
      case GUMBO_TAG_SUMMARY:
      case GUMBO_TAG_CENTER:
      case GUMBO_TAG_DL:
      case GUMBO_TAG_FIELDSET:
      case GUMBO_TAG_LI:
        flush(flow);
        children(node, flow);
        return flush(flow);
      default:
        return children(node, flow);
    }
  }

  void end_line(Flow* flow) {
    if (!flow->line.empty() && !is_break(flow->line.back())) line_break(&flow->line);
  }

  void heading(const GumboNode* node, int level, Flow* flow) {
    flush(flow);
    std::vector<Block> blocks;
    Flow inner{&blocks, {}};
    children(node, &inner);
    flush(&inner);
    Block heading;
    heading.kind = Block::Kind::kHeading;
    heading.level = level;
    for (Block& block : blocks) {
      if (!heading.inlines.empty()) append_text(" ", &heading.inlines);
      std::move(block.inlines.begin(), block.inlines.end(), std::back_inserter(heading.inlines));
    }
    if (!heading.inlines.empty()) push(std::move(heading), flow);
  }

  // A block that holds blocks.
  void nested(Block block, const GumboNode* node, Flow* flow) {
    flush(flow);
    if (levels_ >= kMarkupDepthMax) {
      children(node, flow);
      return flush(flow);
    }
    ++levels_;
    Flow inner{&block.children, {}};
    children(node, &inner);
    flush(&inner);
    --levels_;
    if (!block.children.empty() || block.kind == Block::Kind::kItem) {
      push(std::move(block), flow);
    }
  }

  void list(const GumboNode* node, bool ordered, Flow* flow) {
    flush(flow);
    if (levels_ >= kMarkupDepthMax) {  // too deep for items: their content as it comes
      children(node, flow);
      return flush(flow);
    }
    Block list;
    list.kind = Block::Kind::kList;
    list.ordered = ordered;
    Flow items{&list.children, {}};
    const GumboVector& all = children_of(node);
    for (unsigned i = 0; i < all.length; ++i) {
      const GumboNode* entry = child(all, i);
      if (entry->type != GUMBO_NODE_ELEMENT) continue;
      if (entry->v.element.tag == GUMBO_TAG_LI) {
        nested({.kind = Block::Kind::kItem}, entry, &items);
      } else {
        // <ul><ul>: it belongs to the item before it.
        if (list.children.empty()) list.children.push_back({.kind = Block::Kind::kItem});
        Flow inner{&list.children.back().children, {}};
        this->node(entry, &inner);
        flush(&inner);
      }
    }
    if (!list.children.empty()) push(std::move(list), flow);
  }

  void pre(const GumboNode* node, Flow* flow) {
    flush(flow);
    Block block;
    block.kind = Block::Kind::kCode;
    block.text = raw_text(node);
    std::string_view name = attribute(node, "class");
    const GumboVector& all = children_of(node);
    if (all.length == 1 && child(all, 0)->type == GUMBO_NODE_ELEMENT && name.empty()) {
      name = attribute(child(all, 0), "class");
    }
    if (name.starts_with("language-")) block.language = std::string(name.substr(9));
    if (!block.text.empty()) push(std::move(block), flow);
  }

  // ---- tables ----

  static void rows_of(const GumboNode* node, std::vector<const GumboNode*>* rows, bool* layout) {
    const GumboVector& all = children_of(node);
    for (unsigned i = 0; i < all.length; ++i) {
      const GumboNode* entry = child(all, i);
      if (entry->type != GUMBO_NODE_ELEMENT) continue;
      const GumboTag tag = entry->v.element.tag;
      if (tag == GUMBO_TAG_TABLE) *layout = true;
      if (tag == GUMBO_TAG_TR) rows->push_back(entry);
      if (tag != GUMBO_TAG_TABLE) rows_of(entry, rows, layout);
    }
  }

  void table(const GumboNode* node, Flow* flow) {
    std::vector<const GumboNode*> rows;
    bool layout = false;
    rows_of(node, &rows, &layout);
    Block table;
    table.kind = Block::Kind::kTable;
    std::size_t widest = 0;
    if (!layout) {
      for (const GumboNode* row : rows) {
        Block cells = this->row(row);
        if (cells.children.empty()) continue;
        table.children.push_back(std::move(cells));
        widest = std::max(widest, table.children.back().children.size());
      }
    }
    flush(flow);
    if (widest > 1) return push(std::move(table), flow);
    // Mails are laid out with tables; what stands in them is text.
    children(node, flow);
    flush(flow);
  }

  Block row(const GumboNode* node) {
    Block row;
    row.kind = Block::Kind::kRow;
    const GumboVector& all = children_of(node);
    for (unsigned i = 0; i < all.length; ++i) {
      const GumboNode* entry = child(all, i);
      if (entry->type != GUMBO_NODE_ELEMENT) continue;
      std::vector<Block> blocks;
      Flow inner{&blocks, {}};
      line_start();
      children(entry, &inner);
      flush(&inner);
      Block cell;
      cell.kind = Block::Kind::kCell;
      cell.header = entry->v.element.tag == GUMBO_TAG_TH;
      flatten(blocks, &cell.inlines);
      row.children.push_back(std::move(cell));
    }
    return row;
  }

  static void flatten(std::vector<Block>& blocks, std::vector<Inline>* out) {
    for (Block& block : blocks) {
      if (!out->empty()) out->push_back({.kind = Inline::Kind::kBreak});
      append_lines(block.text, out);
      std::move(block.inlines.begin(), block.inlines.end(), std::back_inserter(*out));
      flatten(block.children, out);
    }
  }

  Losses* losses_;
  bool pending_ = false;  // a blank was seen and not yet written
  bool swallow_ = true;   // a blank here is not seen
  int depth_ = 0;
  int levels_ = 0;  // of nested blocks
};

// More than the deepest nesting that the tags can make: those that nothing closes.
int nesting(std::string_view html) {
  int depth = 0;
  int deepest = 0;
  for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at + 1)) {
    const char next = at + 1 < html.size() ? html[at + 1] : '\0';
    if (next == '/') {
      depth = std::max(0, depth - 1);
      continue;
    }
    const std::string name = lower_ascii(html.substr(at + 1, 3));
    const bool closes_itself = name.starts_with("br") || name == "img" || name.starts_with("hr") ||
                               name.starts_with("p>") || name.starts_with("p ") ||
                               name.starts_with("li") || name == "met" || name == "inp" ||
                               name.starts_with("td") || name.starts_with("tr") ||
                               name.starts_with("th") || name == "col" || next == '!';
    if (!closes_itself && std::isalpha(static_cast<unsigned char>(next)) != 0) ++depth;
    deepest = std::max(deepest, depth);
  }
  return deepest;
}

}  // namespace

Document read_html(std::string_view text, Losses* losses) {
  constexpr int kTagsOpenMax = 5000;
  if (nesting(text) > kTagsOpenMax) {
    add_loss(losses, "HTML with too many open tags was taken as plain text");
    return read_text(text);
  }
  // The parser would replace them, and say nothing.
  std::string owned(text);
  if (replace_noncharacters(&owned)) add_loss(losses, kNoncharacterLoss);
  const auto destroy = [](GumboOutput* output) {
    gumbo_destroy_output(&kGumboDefaultOptions, output);
  };
  const std::unique_ptr<GumboOutput, decltype(destroy)> output(
      gumbo_parse_with_options(&kGumboDefaultOptions, owned.data(), owned.size()), destroy);
  if (output == nullptr) return read_text(text);
  Document document;
  document.blocks = Reader(losses).read(output->root);
  return document;
}

}  // namespace navette
