#include "mapping/jira_inline.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "mapping/entities.h"
#include "mapping/jira_syntax.h"
#include "mapping/text.h"

namespace navette {
namespace {

using Kind = Inline::Kind;
constexpr std::size_t kNowhere = std::string_view::npos;

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

struct Mark {
  std::string_view sign;
  Kind kind;  // kText: a style that the tree doesn't know
};
constexpr std::array kMarks = {
    Mark{"*", Kind::kBold},   Mark{"_", Kind::kItalic}, Mark{"??", Kind::kItalic},
    Mark{"-", Kind::kStrike}, Mark{"+", Kind::kText},   Mark{"^", Kind::kText},
    Mark{"~", Kind::kText},
};

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\\' && at + 1 < text.size() && is_jira_escapable(text[at + 1])) {
      out += text[at + 1];
      at += 2;
    } else if (const std::size_t size = decode_entity(text.substr(at), &out); size > 0) {
      at += size;
    } else {
      out += text[at++];
    }
  }
  return out;
}

// All look-ahead goes through positions that only move forward: reading is linear in the text for
// each level of nesting.
class Reader {
 public:
  Reader(std::string_view text, const std::vector<Block>& cut, Losses* losses, int depth)
      : text_(text), cut_(cut), losses_(losses), depth_(depth), place_(text.size(), Place::kFree) {
    mark_places();
  }

  std::vector<Inline> run() {
    while (at_ < text_.size()) {
      if (at_ >= line_end_ || line_end_ == kNowhere) line_end_ = end_of_line();
      if (place_[at_] == Place::kUrl) {
        url();
      } else if (place_[at_] == Place::kEscape) {
        append_text(text_.substr(at_ + 1, 1), &out_);
        at_ += 2;
      } else if (!markup()) {
        character();
      }
    }
    return std::move(out_);
  }

 private:
  enum class Place : unsigned char { kFree, kEscape, kUrl };
  // The next place at or after a point where something ends.
  struct Next {
    std::size_t at = 0;
    bool known = false;
  };

  // Escapes and addresses: no sign inside them is markup.
  void mark_places() {
    for (std::size_t i = 0; i < text_.size();) {
      const bool escape = text_[i] == '\\' && i + 1 < text_.size() &&
                          is_jira_escapable(text_[i + 1]) && (i == 0 || text_[i - 1] != '\\');
      const std::size_t size = escape ? 2 : jira_url_size(text_, i);
      std::fill_n(place_.begin() + static_cast<std::ptrdiff_t>(i), size,
                  escape ? Place::kEscape : Place::kUrl);
      i += std::max<std::size_t>(1, size);
    }
  }

  std::string_view before() const { return text_.substr(0, at_); }
  std::string_view rest() const { return text_.substr(at_); }
  std::size_t end_of_line() const { return std::min(text_.find('\n', at_), text_.size()); }

  void url() {
    std::size_t end = at_;
    while (end < text_.size() && place_[end] == Place::kUrl) ++end;
    append_text(decoded(text_.substr(at_, end - at_)), &out_);
    at_ = end;
  }

  void character() {
    const char c = text_[at_];
    if (c == '\n') {
      out_.push_back({.kind = Kind::kBreak});
      ++at_;
      return;
    }
    if (c == '\\' && forced_break()) return;
    std::size_t number = 0;
    if (const std::size_t size = jira_cut_size(rest(), &number); size > 0) {
      at_ += size;
      return cut_out(number);
    }
    std::string decoded;
    if (const std::size_t size = decode_entity(rest(), &decoded); size > 0) {
      append_text(decoded, &out_);
      at_ += size;
      return;
    }
    append_text(text_.substr(at_, 1), &out_);
    ++at_;
  }

  // "\\", alone in its word: paths like \\server\share are none.
  bool forced_break() {
    if (!rest().starts_with("\\\\") || before().ends_with('\\')) return false;
    const std::size_t next = text_.find_first_of(" \t\n\\", at_ + 2);
    if (next != kNowhere && text_[next] == '\\') return false;
    if (!out_.empty() && out_.back().kind == Kind::kText) {
      std::string& text = out_.back().text;
      text.resize(text.find_last_not_of(" \t") + 1);
      if (text.empty()) out_.pop_back();
    }
    out_.push_back({.kind = Kind::kBreak});
    at_ += 2;
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (at_ < text_.size() && text_[at_] == '\n') ++at_;
    return true;
  }

  // Where only a line has room for a block.
  void cut_out(std::size_t number) {
    if (number >= cut_.size()) return;
    const Block& block = cut_[number];
    if (block.kind == Block::Kind::kCode && block.text.find('\n') == std::string::npos) {
      if (!block.text.empty()) out_.push_back({.kind = Kind::kCode, .text = block.text});
      return;
    }
    add_loss(losses_, "a code block or quote inside a line was read as text");
    append_block(block);
  }
  void append_block(const Block& block) {
    append_lines(block.text, &out_);
    out_.insert(out_.end(), block.inlines.begin(), block.inlines.end());
    bool first = block.text.empty() && block.inlines.empty();
    for (const Block& child : block.children) {
      if (!first) out_.push_back({.kind = Kind::kBreak});
      first = false;
      append_block(child);
    }
  }

  // Takes the markup that begins here; false when it is but a character.
  bool markup() {
    switch (text_[at_]) {
      case '{':
        return code() || brace_span();
      case '[':
        return link();
      case '!':
        return image();
      case '-':
        if (dash()) return true;
        break;
      default:
        break;
    }
    for (std::size_t i = 0; i < kMarks.size(); ++i) {
      if (rest().starts_with(kMarks[i].sign) && span(i)) return true;
    }
    return false;
  }

  // " -- " and " --- ".
  bool dash() {
    std::size_t size = 0;
    while (size < rest().size() && rest()[size] == '-') ++size;
    const char after = size < rest().size() ? rest()[size] : ' ';
    const char before = at_ > 0 ? text_[at_ - 1] : ' ';
    if ((size != 2 && size != 3) || !(is_blank(after) || after == '\n') ||
        !(is_blank(before) || before == '\n')) {
      return false;
    }
    append_text(size == 2 ? "\u2013" : "\u2014", &out_);
    at_ += size;
    return true;
  }

  // ---- spans ----

  template <typename Ends>
  std::size_t next(Next* next, std::size_t from, Ends ends) {
    if (next->known && next->at >= from) return next->at;
    std::size_t at = std::max(from, next->at);
    while (at < text_.size() && !ends(at)) ++at;
    *next = {.at = at, .known = true};
    return at;
  }

  bool closes(std::size_t at, std::string_view sign) const {
    return place_[at] == Place::kFree && text_.substr(at).starts_with(sign) &&
           !is_blank(text_[at - 1]) && text_[at - 1] != '\n' &&
           closes_jira_span_before(text_.substr(at + sign.size()));
  }
  bool closes_in_braces(std::size_t at, std::string_view sign) const {
    const std::string_view rest = text_.substr(at);
    return rest.starts_with('{') && place_[at] == Place::kFree &&
           rest.substr(1).starts_with(sign) && rest.substr(1 + sign.size()).starts_with('}');
  }

  // The content begins at `first`; takes the span when it ends in this line.
  bool take_span(std::size_t mark, std::size_t first) {
    const std::string_view sign = kMarks[mark].sign;
    if (depth_ >= kMarkupDepthMax || first >= line_end_ || is_blank(text_[first])) return false;
    const std::size_t plain =
        next(&plain_[mark], first + 1, [&](std::size_t at) { return closes(at, sign); });
    const std::size_t braced =
        next(&braced_[mark], first + 1, [&](std::size_t at) { return closes_in_braces(at, sign); });
    const std::size_t end = std::min(plain, braced);
    if (end >= line_end_) return false;
    auto children = Reader(text_.substr(first, end - first), cut_, losses_, depth_ + 1).run();
    at_ = end + sign.size() + (braced < plain ? 2 : 0);
    if (kMarks[mark].kind != Kind::kText) {
      out_.push_back({.kind = kMarks[mark].kind, .children = std::move(children)});
      return true;
    }
    add_loss(losses_, "a style was dropped");
    append_all(std::move(children));
    return true;
  }

  void append_all(std::vector<Inline> children) {
    for (Inline& child : children) {
      if (child.kind == Kind::kText) {
        append_text(child.text, &out_);
      } else {
        out_.push_back(std::move(child));
      }
    }
  }

  bool span(std::size_t mark) {
    const std::string_view sign = kMarks[mark].sign;
    const std::size_t first = at_ + sign.size();
    return opens_jira_span_after(before()) && first < text_.size() &&
           text_[first] != sign.front() && take_span(mark, first);
  }

  // "{*}bold{*}": inside words too.
  bool brace_span() {
    for (std::size_t i = 0; i < kMarks.size(); ++i) {
      if (closes_in_braces(at_, kMarks[i].sign))
        return take_span(i, at_ + kMarks[i].sign.size() + 2);
    }
    return false;
  }

  bool code() {
    if (!rest().starts_with("{{") || at_ + 2 >= text_.size()) return false;
    const std::size_t end = next(&code_, at_ + 3, [this](std::size_t at) {
      return text_.substr(at).starts_with("}}") && place_[at] != Place::kEscape;
    });
    if (end >= line_end_) return false;
    out_.push_back({.kind = Kind::kCode, .text = decoded(text_.substr(at_ + 2, end - at_ - 2))});
    at_ = end + 2;
    return true;
  }

  // ---- links and images ----

  bool link() {
    std::size_t end = at_ + 1;
    std::size_t pipe = kNowhere;
    for (; end < line_end_ && text_[end] != ']'; ++end) {
      if (place_[end] == Place::kEscape) {
        ++end;
      } else if (text_[end] == '[') {
        return false;
      } else if (text_[end] == '|' && pipe == kNowhere) {
        pipe = end;
      }
    }
    if (end >= line_end_ || depth_ >= kMarkupDepthMax) return false;
    const std::string_view body = text_.substr(at_ + 1, end - at_ - 1);
    const std::size_t after = end + 1;
    if (pipe == kNowhere) {
      if (!bare_link(trim(body))) return false;
    } else {
      std::string_view target = text_.substr(pipe + 1, end - pipe - 1);
      target = trim(target.substr(0, target.find('|')));  // the rest is a tip
      if (!named_link(text_.substr(at_ + 1, pipe - at_ - 1), target)) return false;
    }
    at_ = after;
    return true;
  }

  // "[~user]", "[^attachment]", "[https://...]", "[#place]".
  bool bare_link(std::string_view target) {
    if (target.size() < 2) return false;
    if (target.front() == '~') {
      add_loss(losses_, "a mention was read as text");
      append_text("@" + decoded(target.substr(1)), &out_);
      return true;
    }
    if (target.front() == '#') {
      append_text(decoded(target.substr(1)), &out_);
      return true;
    }
    const bool attachment = target.front() == '^';
    const std::string url = decoded(target.substr(attachment ? 1 : 0));
    const bool safe = is_safe_url(url);
    if (!attachment && !(safe && (url.starts_with('/') || has_url_scheme(url)))) return false;
    if (!safe) {
      append_text(url, &out_);
      return true;
    }
    Inline link = {.kind = Kind::kLink, .url = url};
    append_text(url.starts_with("mailto:") ? url.substr(7) : url, &link.children);
    out_.push_back(std::move(link));
    return true;
  }

  bool named_link(std::string_view shown, std::string_view target) {
    const bool attachment = target.starts_with('^');
    const std::string url = decoded(target.substr(attachment ? 1 : 0));
    const bool place = url.starts_with('#');
    const bool unsafe = !is_safe_url(url);
    const bool address = attachment || place || url.starts_with('/') || has_url_scheme(url);
    if (!address || (unsafe && url.find_first_of(" \t") != kNowhere)) return false;
    auto children = Reader(shown, cut_, losses_, depth_ + 1).run();
    if (place || unsafe) {
      if (unsafe) add_loss(losses_, "an unsafe link was dropped");
      append_all(std::move(children));
      return true;
    }
    if (children.empty()) append_text(url, &children);
    out_.push_back({.kind = Kind::kLink, .url = url, .children = std::move(children)});
    return true;
  }

  // "!name.png!", "!https://...|alt=...!".
  bool image() {
    constexpr std::size_t kBodyMin = 5;
    if (!opens_jira_span_after(before())) return false;
    const std::size_t end = text_.find_first_of("!\n", at_ + 1);
    if (end == kNowhere || text_[end] != '!' || end - at_ - 1 < kBodyMin ||
        !closes_jira_span_before(text_.substr(end + 1))) {
      return false;
    }
    const std::string_view body = text_.substr(at_ + 1, end - at_ - 1);
    const std::size_t pipe = body.find('|');
    const std::string_view target = body.substr(0, pipe);
    if (body.front() == ')' || target.find_first_of(" \t") != kNowhere ||
        target.find('.') == kNowhere) {
      return false;
    }
    Inline image = {.kind = Kind::kImage, .url = decoded(target)};
    if (pipe != kNowhere) image.text = alternative(body.substr(pipe + 1));
    at_ = end + 1;
    if (is_safe_url(image.url)) {
      out_.push_back(std::move(image));
    } else {
      add_loss(losses_, "an unsafe image was dropped");
      append_text(image.text, &out_);
    }
    return true;
  }

  static std::string alternative(std::string_view settings) {
    for (const std::string& setting : split(settings, ',')) {
      const std::string_view one = trim(setting);
      if (!one.starts_with("alt=")) continue;
      std::string_view value = one.substr(4);
      if (value.size() > 1 && value.starts_with('"') && value.ends_with('"')) {
        value = value.substr(1, value.size() - 2);
      }
      return decoded(value);
    }
    return {};
  }

  std::string_view text_;
  const std::vector<Block>& cut_;
  Losses* losses_;
  int depth_;
  std::vector<Place> place_;
  std::size_t at_ = 0;
  std::size_t line_end_ = kNowhere;
  std::array<Next, kMarks.size()> plain_ = {};
  std::array<Next, kMarks.size()> braced_ = {};
  Next code_;
  std::vector<Inline> out_;
};

}  // namespace

std::string jira_cut(std::size_t number) {
  return kJiraCut + std::to_string(number) + kJiraCutEnd;
}

std::size_t jira_cut_size(std::string_view text, std::size_t* number) {
  if (!text.starts_with(kJiraCut)) return 0;
  const char* const last = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data() + 1, last, *number);
  if (fault != std::errc() || stop == last || *stop != kJiraCutEnd) return 0;
  return static_cast<std::size_t>(stop - text.data()) + 1;
}

std::vector<Inline> read_jira_inlines(std::string_view text, const std::vector<Block>& cut,
                                      Losses* losses) {
  return Reader(text, cut, losses, 0).run();
}

}  // namespace navette
