#include "mapping/textile_inline.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <string>
#include <utility>

#include "base/text.h"
#include "mapping/entities.h"
#include "mapping/text.h"
#include "mapping/textile_escape.h"

namespace navette {
namespace {

constexpr std::array<std::string_view, 4> kTags = {"code", "kbd", "notextile", "pre"};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// "(class)", "{style}", "[lang]" at the beginning of a span or link.
std::size_t attributes_size(std::string_view text) {
  std::size_t size = 0;
  for (;;) {
    const std::string_view rest = text.substr(size);
    if (rest.empty()) return size;
    const char close = rest[0] == '(' ? ')' : rest[0] == '{' ? '}' : rest[0] == '[' ? ']' : '\0';
    if (close == '\0') return size;
    const std::size_t end = rest.find(close);
    if (end == std::string_view::npos || size + end + 1 >= text.size()) return size;
    size += end + 1;
  }
}

class Reader {
 public:
  Reader(std::string_view text, Losses* losses, int depth)
      : text_(text), losses_(losses), depth_(depth) {}

  std::vector<Inline> run() {
    while (at_ < text_.size()) {
      if (!markup()) character();
    }
    return std::move(out_);
  }

 private:
  char before() const { return at_ > 0 ? text_[at_ - 1] : '\0'; }
  std::string_view rest() const { return text_.substr(at_); }

  void character() {
    if (text_[at_] == '\n') {
      out_.push_back({.kind = Inline::Kind::kBreak});
      ++at_;
      return;
    }
    if (text_[at_] == '&') {
      std::string decoded;
      if (const std::size_t size = decode_entity(rest(), &decoded); size > 0) {
        append_text(decoded, &out_);
        at_ += size;
        return;
      }
    }
    append_text(text_.substr(at_, 1), &out_);
    ++at_;
  }

  // Takes the markup that begins here; false when it is but a character.
  bool markup() {
    switch (text_[at_]) {
      case '<':
        return tag();
      case '@':
        return code();
      case '"':
        return link();
      case '!':
        return image();
      case '=':
        return literal();
      case '?':
        return span("??", Inline::Kind::kItalic);
      case '*':
        return span("**", Inline::Kind::kBold) || span("*", Inline::Kind::kBold);
      case '_':
        return span("__", Inline::Kind::kItalic) || span("_", Inline::Kind::kItalic);
      case '-':
        return span("-", Inline::Kind::kStrike);
      case '+':
      case '^':
      case '~':
      case '%':
        return span(text_.substr(at_, 1), Inline::Kind::kText);
      default:
        return false;
    }
  }

  // <br>, <code>, <kbd>, <notextile>; any other tag is shown as it is written.
  bool tag() {
    for (const std::string_view line_break : {"<br />", "<br/>", "<br>"}) {
      if (!rest().starts_with(line_break)) continue;
      out_.push_back({.kind = Inline::Kind::kBreak});
      at_ += line_break.size();
      return true;
    }
    for (std::size_t i = 0; i < kTags.size(); ++i) {
      const std::string_view name = kTags[i];
      const std::string_view after = rest().substr(1);
      if (unclosed_[i] || !after.starts_with(name)) continue;
      const std::size_t close = after.find("</" + std::string(name) + ">");
      // Then none of the others like it is closed either: look once.
      unclosed_[i] = close == std::string_view::npos;
      const std::size_t open = after.find('>');
      if (unclosed_[i] || open > close) continue;
      const std::string_view content = after.substr(open + 1, close - open - 1);
      if (name == "notextile") {
        append_lines(content, &out_);
      } else {
        out_.push_back({.kind = Inline::Kind::kCode, .text = std::string(content)});
      }
      at_ += 1 + close + name.size() + 3;
      return true;
    }
    return false;
  }

  static std::string decoded(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      std::size_t size = decode_entity(text, &out);
      if (size == 0) {
        out += text.front();
        size = 1;
      }
      text.remove_prefix(size);
    }
    return out;
  }

  bool code() {
    if (is_word(before())) return false;
    const std::size_t stop = std::min(text_.size(), at_ + kTextileSpanMax);
    for (std::size_t end = at_ + 2; end < stop; ++end) {
      if (text_[end - 1] == '\n') return false;
      if (text_[end] != '@' || (end + 1 < text_.size() && is_word(text_[end + 1]))) continue;
      const std::string content = decoded(text_.substr(at_ + 1, end - at_ - 1));
      out_.push_back({.kind = Inline::Kind::kCode, .text = content});
      at_ = end + 1;
      return true;
    }
    return false;
  }

  bool literal() {
    if (!rest().starts_with("==") || (before() != '\0' && !trim({&text_[at_ - 1], 1}).empty())) {
      return false;
    }
    const std::size_t end = text_.find("==", at_ + 3);
    if (end == std::string_view::npos || text_[at_ + 2] == '=') return false;
    const std::string_view content = text_.substr(at_ + 2, end - at_ - 2);
    if (content.find('\n') != std::string_view::npos) return false;
    append_text(content, &out_);
    at_ = end + 2;
    return true;
  }

  bool span(std::string_view mark, Inline::Kind kind) {
    if (!rest().starts_with(mark) || depth_ >= kMarkupDepthMax) return false;
    const bool after_mark = is_textile_mark(before()) || before() == '?';
    if (!opens_span_after(before()) && !after_mark) return false;
    if (rest().substr(mark.size()).starts_with("--")) return false;
    const std::size_t end = span_end(text_, at_, mark);
    if (end == std::string_view::npos) return false;
    std::string_view content = text_.substr(at_ + mark.size(), end - at_ - mark.size());
    if (content.size() == 1 && !is_word(content.front())) return false;  // "*!*"
    content.remove_prefix(attributes_size(content));
    std::vector<Inline> children = Reader(content, losses_, depth_ + 1).run();
    if (kind == Inline::Kind::kText) {
      // Underline, colour, superscript: nothing that the tree knows.
      add_loss(losses_, "a style was dropped");
      for (Inline& child : children) {
        if (child.kind == Inline::Kind::kText) {
          append_text(child.text, &out_);
        } else {
          out_.push_back(std::move(child));
        }
      }
    } else {
      out_.push_back({.kind = kind, .children = std::move(children)});
    }
    at_ = end + mark.size();
    return true;
  }

  static bool is_target(std::string_view url) {
    if (url.size() < 2) return false;
    if (url.starts_with('/')) return is_word(url[1]) || url[1] == '/';
    if (url.starts_with("www.") || url.starts_with("mailto:")) return true;
    const std::size_t scheme = url.find("://");
    return scheme != std::string_view::npos && scheme > 0 && scheme + 3 < url.size() &&
           std::all_of(url.begin(), url.begin() + static_cast<std::ptrdiff_t>(scheme),
                       [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; });
  }

  bool link() {
    const std::string_view near = rest().substr(0, kTextileSpanMax);
    const std::size_t close = near.find('"', 1);
    if (close == std::string_view::npos || close == 1 || close + 1 >= near.size() ||
        near[close + 1] != ':' || near.substr(0, close).find('\n') != std::string_view::npos) {
      return false;
    }
    const std::size_t start = close + 2;
    std::size_t end = near.find_first_of(" \t\n<", start);
    if (end == std::string_view::npos) end = near.size();
    // Signs at the end belong to the sentence.
    while (end > start && !is_word(near[end - 1]) &&
           std::string_view("=/;()-").find(near[end - 1]) == std::string_view::npos &&
           static_cast<unsigned char>(near[end - 1]) < 0x80) {
      --end;
    }
    const std::string_view url = near.substr(start, end - start);
    if (!is_target(url)) return false;
    std::string_view shown = near.substr(1, close - 1);
    shown.remove_prefix(attributes_size(shown));
    if (const std::size_t title = shown.rfind('('); shown.ends_with(')') && title > 0) {
      shown = trim(shown.substr(0, title));
    }
    Inline link = {.kind = Inline::Kind::kLink, .url = std::string(url)};
    link.children = Reader(shown, losses_, depth_ + 1).run();
    at_ += end;
    if (is_safe_url(link.url)) {
      out_.push_back(std::move(link));
    } else {
      add_loss(losses_, "an unsafe link was dropped");
      out_.insert(out_.end(), link.children.begin(), link.children.end());
    }
    return true;
  }

  bool image() {
    if (!opens_span_after(before()) || before() == '(') return false;
    const std::string_view near = rest().substr(0, kTextileSpanMax);
    std::size_t start = 1;
    if (start < near.size() &&
        std::string_view("<=>").find(near[start]) != std::string_view::npos) {
      ++start;
    }
    if (start < near.size() && near[start] == '{') {  // style
      const std::size_t style = near.find('}', start);
      if (style != std::string_view::npos) start = style + 1;
    }
    const std::size_t end = near.find_first_of(" \t\n(!", start);
    if (end == std::string_view::npos || end == start) return false;
    Inline image = {.kind = Inline::Kind::kImage,
                    .url = std::string(near.substr(start, end - start))};
    std::size_t close = end;
    if (near[close] == '(') {
      const std::size_t title = near.find(")!", close);
      if (title == std::string_view::npos) return false;
      image.text = decoded(near.substr(close + 1, title - close - 1));
      close = title + 1;
    }
    if (near[close] != '!' || image.text.find('\n') != std::string::npos) return false;
    at_ += close + 1;
    if (is_safe_url(image.url)) {
      out_.push_back(std::move(image));
    } else {
      add_loss(losses_, "an unsafe image was dropped");
      append_text(image.text, &out_);
    }
    return true;
  }

  std::string_view text_;
  Losses* losses_;
  int depth_;
  std::size_t at_ = 0;
  std::array<bool, kTags.size()> unclosed_ = {};  // no end of that tag follows
  std::vector<Inline> out_;
};

}  // namespace

std::vector<Inline> read_textile_inlines(std::string_view text, Losses* losses) {
  return Reader(text, losses, 0).run();
}

}  // namespace navette
