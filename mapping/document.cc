#include "mapping/document.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace navette {

void append_text(std::string_view text, std::vector<Inline>* out) {
  if (text.empty()) return;
  if (out->empty() || out->back().kind != Inline::Kind::kText) {
    out->push_back({.kind = Inline::Kind::kText});
  }
  out->back().text += text;
}

void append_lines(std::string_view text, std::vector<Inline>* out) {
  for (;;) {
    const std::size_t end = text.find('\n');
    append_text(text.substr(0, end), out);
    if (end == std::string_view::npos) return;
    out->push_back({.kind = Inline::Kind::kBreak});
    text.remove_prefix(end + 1);
  }
}

std::string inner_text(const std::vector<Inline>& inlines) {
  std::string text;
  for (const Inline& item : inlines) {
    if (item.kind == Inline::Kind::kBreak) {
      text += '\n';
    } else {
      text += item.text + inner_text(item.children);
    }
  }
  return text;
}

bool follows_list(const std::vector<Block>& blocks) {
  bool list = false;
  for (const Block& block : blocks) {
    if (block.kind == Block::Kind::kList) {
      list = true;
    } else if (list) {
      return true;
    }
  }
  return false;
}

bool is_safe_url(std::string_view url) {
  // Browsers skip blanks and control characters inside a scheme.
  for (const char c : url) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) return false;
  }
  const std::size_t end = url.find_first_of(":/?#");
  if (url.empty()) return false;
  // "&#106;avascript:" is relative here, and a script wherever references are decoded.
  for (std::size_t at = url.find('&'); at < std::min(end, url.size()); at = url.find('&', at + 1)) {
    const std::size_t stop = url.find_first_not_of(
        "#0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", at + 1);
    if (stop != std::string_view::npos && url[stop] == ';') return false;
  }
  if (end == std::string_view::npos || url[end] != ':') return true;  // relative
  constexpr std::array<std::string_view, 5> kSchemes = {"http", "https", "mailto", "ftp", "ftps"};
  const std::string scheme = lower_ascii(url.substr(0, end));
  return std::find(kSchemes.begin(), kSchemes.end(), scheme) != kSchemes.end();
}

}  // namespace navette
