#include "mapping/markup.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "base/text.h"
#include "mapping/text.h"

namespace navette {
namespace {

struct Markup {
  std::string_view name;
  Document (*read)(std::string_view text, Losses* losses);
  std::string (*write)(const Document& document, Losses* losses);
};

constexpr std::array kMarkups = {
    Markup{"text", [](std::string_view text, Losses*) { return read_text(text); }, write_text},
    Markup{"html", read_html, write_html},
    Markup{"textile", read_textile, write_textile},
    Markup{"markdown", read_markdown, write_markdown},
    Markup{"jira", read_jira, write_jira},
};

const Markup* find_markup(std::string_view name) {
  const auto* const found = std::find_if(kMarkups.begin(), kMarkups.end(),
                                         [name](const Markup& m) { return m.name == name; });
  return found == kMarkups.end() ? nullptr : found;
}

Error unknown_markup(std::string_view name) {
  return {.fault = Fault::kMisconfigured,
          .message = "convert rich text: found markup \"" + std::string(name) +
                     "\", expected one of " + markup_names()};
}

// Copies the beginning of a tree until a budget of characters is used up.
class Beginning {
 public:
  explicit Beginning(std::size_t characters) : left_(characters) {}

  std::vector<Block> blocks(const std::vector<Block>& blocks) {
    std::vector<Block> out;
    for (const Block& block : blocks) {
      if (left_ == 0) break;
      Block copy = block;
      copy.inlines = inlines(block.inlines);
      copy.children = this->blocks(block.children);
      copy.text = text(block.text);
      // A line of its own costs a character too: a rule, an empty item.
      if (left_ > 0) --left_;
      out.push_back(std::move(copy));
    }
    return out;
  }

 private:
  std::vector<Inline> inlines(const std::vector<Inline>& inlines) {
    std::vector<Inline> out;
    for (const Inline& item : inlines) {
      if (left_ == 0) break;
      Inline copy = item;
      if (item.kind == Inline::Kind::kImage || item.kind == Inline::Kind::kBreak) {
        --left_;
      } else {
        copy.text = text(item.text);
        copy.children = this->inlines(item.children);
      }
      out.push_back(std::move(copy));
    }
    return out;
  }

  std::string text(const std::string& text) {
    if (text.empty() || left_ == 0) return {};
    const std::size_t length = utf8_length(text);
    if (length <= left_) {
      left_ -= length;
      return text;
    }
    const TextLimit limit = {.count = static_cast<std::int64_t>(left_), .bytes = false};
    left_ = 0;
    return cut_text(text, limit);
  }

  std::size_t left_;
};

// References make control characters that clean_text() has not seen: "&#8;".
void clean(std::vector<Inline>* inlines, Losses* losses) {
  for (Inline& item : *inlines) {
    item.text = clean_text(item.text, losses);
    clean(&item.children, losses);
  }
}
void clean(std::vector<Block>* blocks, Losses* losses) {
  for (Block& block : *blocks) {
    block.text = clean_text(block.text, losses);
    clean(&block.inlines, losses);
    clean(&block.children, losses);
  }
}

std::string within(const Document& document, const Markup& markup, const TextLimit& limit) {
  // Most characters whose writing fits; writing grows with them, give or take an escape.
  std::size_t low = 0;
  auto high = static_cast<std::size_t>(limit.count) + 1;
  std::string best;
  while (low + 1 < high) {
    const std::size_t middle = low + (high - low) / 2;
    const Document head = {.blocks = Beginning(middle).blocks(document.blocks)};
    std::string written = markup.write(head, nullptr);
    if (fits(written, limit)) {
      best = std::move(written);
      low = middle;
    } else {
      high = middle;
    }
  }
  return best;
}

std::string written_within(const Document& document, const Markup& markup, const TextLimit& limit,
                           Losses* losses) {
  std::string written = markup.write(document, losses);
  if (fits(written, limit)) return written;
  add_loss(losses, "cut to " + to_text(limit));
  if (markup.name == "text") return cut_text(written, limit);
  return within(document, markup, limit);
}

}  // namespace

bool is_markup(std::string_view name) {
  return find_markup(name) != nullptr;
}

std::string markup_names() {
  std::vector<std::string> names;
  names.reserve(std::size(kMarkups));
  for (const Markup& markup : kMarkups) names.emplace_back(markup.name);
  return join(names, ", ");
}

Result<Document> read_markup(std::string_view text, std::string_view markup, Losses* losses) {
  const Markup* known = find_markup(markup);
  if (known == nullptr) return unknown_markup(markup);
  Document document = known->read(clean_text(text, losses), losses);
  clean(&document.blocks, losses);
  return document;
}

Result<std::string> write_markup(const Document& document, std::string_view markup,
                                 Losses* losses) {
  return write_markup(document, markup, TextLimit{}, losses);
}

Result<std::string> write_markup(const Document& document, std::string_view markup,
                                 const TextLimit& limit, Losses* losses) {
  const Markup* known = find_markup(markup);
  if (known == nullptr) return unknown_markup(markup);
  return written_within(document, *known, limit, losses);
}

Result<std::string> convert_markup(std::string_view text, std::string_view from,
                                   std::string_view to, Losses* losses) {
  return convert_markup(text, from, to, TextLimit{}, losses);
}

Result<std::string> convert_markup(std::string_view text, std::string_view from,
                                   std::string_view to, const TextLimit& limit, Losses* losses) {
  if (from == to && from != "html" && is_markup(from)) {
    std::string same = clean_text(text, losses);
    if (fits(same, limit)) return same;
    if (from == "text") {
      add_loss(losses, "cut to " + to_text(limit));
      return cut_text(same, limit);
    }
  }
  const auto document = read_markup(text, from, losses);
  if (!document) return document.error();
  return write_markup(*document, to, limit, losses);
}

}  // namespace navette
