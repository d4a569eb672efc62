// What must hold for every text in every pair of markups, however hostile: for the property tests
// and the fuzzer. HTML is judged by a parser's tree, not by searching for bad words.

#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include <gumbo.h>

#include "mapping/document.h"
#include "mapping/markup.h"

namespace navette::testing {

inline constexpr std::array<const char*, 5> kMarkupNames = {"text", "html", "textile", "markdown",
                                                            "jira"};

// ---- HTML
// ----------------------------------------------------------------------------------------

// Not is_safe_url(), which is what is tested: what a browser makes of it.
inline bool leads_somewhere_safe(std::string_view url) {
  std::string seen;
  for (const char c : url) {
    if (static_cast<unsigned char>(c) > ' ' && c != 0x7F) {
      seen += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  const std::size_t colon = seen.find(':');
  if (colon == std::string::npos || seen.find_first_of("/?#") < colon) return true;
  const std::string scheme = seen.substr(0, colon);
  return scheme == "http" || scheme == "https" || scheme == "mailto" || scheme == "ftp" ||
         scheme == "ftps";
}

inline bool is_allowed_attribute(GumboTag tag, const GumboAttribute& attribute) {
  const std::string name = attribute.name;
  const std::string value = attribute.value;
  if (tag == GUMBO_TAG_A && name == "href") return leads_somewhere_safe(value);
  if (tag == GUMBO_TAG_IMG && name == "src") return leads_somewhere_safe(value);
  if (tag == GUMBO_TAG_IMG && name == "alt") return true;
  if (tag == GUMBO_TAG_SPAN && name == "style") return value == "white-space: pre";
  return tag == GUMBO_TAG_CODE && name == "class" && value.starts_with("language-") &&
         value.find_first_of(" \"'<>&") == std::string::npos;
}

inline std::string html_node_fault(const GumboNode* node) {
  constexpr std::array kAllowed = {
      GUMBO_TAG_HTML, GUMBO_TAG_HEAD,   GUMBO_TAG_BODY,  GUMBO_TAG_P,          GUMBO_TAG_BR,
      GUMBO_TAG_EM,   GUMBO_TAG_STRONG, GUMBO_TAG_DEL,   GUMBO_TAG_CODE,       GUMBO_TAG_A,
      GUMBO_TAG_IMG,  GUMBO_TAG_H1,     GUMBO_TAG_H2,    GUMBO_TAG_H3,         GUMBO_TAG_H4,
      GUMBO_TAG_H5,   GUMBO_TAG_H6,     GUMBO_TAG_UL,    GUMBO_TAG_OL,         GUMBO_TAG_LI,
      GUMBO_TAG_PRE,  GUMBO_TAG_TABLE,  GUMBO_TAG_TR,    GUMBO_TAG_TD,         GUMBO_TAG_TH,
      GUMBO_TAG_HR,   GUMBO_TAG_SPAN,   GUMBO_TAG_TBODY, GUMBO_TAG_BLOCKQUOTE,
  };
  switch (node->type) {
    case GUMBO_NODE_TEXT:
    case GUMBO_NODE_WHITESPACE:
      return {};
    case GUMBO_NODE_ELEMENT:
      break;
    default:
      return "a comment, CDATA or template";
  }
  const GumboElement& element = node->v.element;
  if (std::find(kAllowed.begin(), kAllowed.end(), element.tag) == kAllowed.end()) {
    return std::string("the element ") + gumbo_normalized_tagname(element.tag);
  }
  for (unsigned i = 0; i < element.attributes.length; ++i) {
    const auto& attribute = *static_cast<const GumboAttribute*>(element.attributes.data[i]);
    if (!is_allowed_attribute(element.tag, attribute)) {
      return std::string("the attribute ") + attribute.name + "=" + attribute.value;
    }
  }
  for (unsigned i = 0; i < element.children.length; ++i) {
    std::string fault = html_node_fault(static_cast<const GumboNode*>(element.children.data[i]));
    if (!fault.empty()) return fault;
  }
  return {};
}

// What our HTML must not hold, or nothing.
inline std::string html_fault(const std::string& html) {
  GumboOutput* output = gumbo_parse_with_options(&kGumboDefaultOptions, html.data(), html.size());
  std::string fault = html_node_fault(output->root);
  gumbo_destroy_output(&kGumboDefaultOptions, output);
  return fault;
}

// ---- trees
// ---------------------------------------------------------------------------------------

inline int depth_of(const std::vector<Inline>& inlines) {
  int depth = 0;
  for (const Inline& item : inlines) depth = std::max(depth, 1 + depth_of(item.children));
  return depth;
}
inline int depth_of(const std::vector<Block>& blocks) {
  int depth = 0;
  for (const Block& block : blocks) {
    depth = std::max({depth, 1 + depth_of(block.children), 1 + depth_of(block.inlines)});
  }
  return depth;
}

// The texts of all code blocks that hold something.
inline void add_code(const std::vector<Block>& blocks, std::vector<std::string>* out) {
  for (const Block& block : blocks) {
    if (block.kind == Block::Kind::kCode && !block.text.empty()) out->push_back(block.text);
    add_code(block.children, out);
  }
}
inline std::vector<std::string> code_of(const Document& document) {
  std::vector<std::string> out;
  add_code(document.blocks, &out);
  return out;
}

// Everything that is read, without blanks of any kind.
inline void add_signs(std::string_view text, std::string* out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("\u00A0")) {
      ++i;
    } else if (std::isspace(static_cast<unsigned char>(text[i])) == 0) {
      *out += text[i];
    }
  }
}
inline void add_signs(const std::vector<Inline>& inlines, std::string* out) {
  for (const Inline& item : inlines) {
    if (item.kind != Inline::Kind::kImage) add_signs(item.text, out);
    add_signs(item.children, out);
  }
}
inline void add_signs(const std::vector<Block>& blocks, std::string* out) {
  for (const Block& block : blocks) {
    add_signs(block.text, out);
    add_signs(block.inlines, out);
    add_signs(block.children, out);
  }
}
inline std::string signs_of(const Document& document) {
  std::string out;
  add_signs(document.blocks, &out);
  return out;
}

// Whether it is paragraphs of text and line ends, nothing else.
inline bool is_plain(const Document& document) {
  return std::all_of(document.blocks.begin(), document.blocks.end(), [](const Block& block) {
    return block.kind == Block::Kind::kParagraph && block.children.empty() &&
           std::all_of(block.inlines.begin(), block.inlines.end(), [](const Inline& item) {
             return item.kind == Inline::Kind::kText || item.kind == Inline::Kind::kBreak;
           });
  });
}

// ---- the promises
// --------------------------------------------------------------------------------

inline constexpr int kTreeDepthMax = 600;
// How much a text may grow: a tab costs a styled element in HTML, a line of a deep quote all the
// signs before it.
inline constexpr std::size_t kGrowthMax = 60;

// How much is asked: `kWhole` also that texts with markup in them keep every sign.
enum class Asked { kSafe, kWhole };

// What is wrong with this tree's way to `to` and back, or nothing.
inline std::string way_fault(const Document& document, std::size_t size, const std::string& to,
                             bool plain, Asked asked) {
  Losses losses;
  const std::string out = *write_markup(document, to, &losses);
  if (out.size() > kGrowthMax * size + 1000) return "it grew to " + std::to_string(out.size());
  if (to == "html") {
    if (std::string fault = html_fault(out); !fault.empty()) return "it holds " + fault;
  }
  const Document back = *read_markup(out, to, nullptr);
  if (depth_of(back.blocks) > kTreeDepthMax) return "read again it is too deep";
  if (plain && !is_plain(back)) return "text became markup: " + out;
  if (to == "text") return {};  // says nothing about what was code
  const bool code_lost = std::any_of(losses.begin(), losses.end(), [](const std::string& loss) {
    return loss.find("code block") != std::string::npos;
  });
  if (!code_lost && code_of(back) != code_of(document)) return "code left its block: " + out;
  if ((asked == Asked::kWhole || plain) && losses.empty() && signs_of(back) != signs_of(document)) {
    return "the text became another:\n" + out + "\n---\n" + signs_of(document) + "\n---\n" +
           signs_of(back);
  }
  return {};
}

// What is wrong with this text's ways into all markups, or nothing.
inline std::string markup_fault(std::string_view text, const std::string& from,
                                Asked asked = Asked::kWhole) {
  const Document document = *read_markup(text, from, nullptr);
  if (depth_of(document.blocks) > kTreeDepthMax) return from + ": the tree is too deep";
  for (const char* to : kMarkupNames) {
    std::string fault = way_fault(document, text.size(), to, from == "text", asked);
    if (!fault.empty()) return from + " -> " + to + ": " + fault;
  }
  return {};
}

}  // namespace navette::testing
