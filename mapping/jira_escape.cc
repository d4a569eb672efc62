#include "mapping/jira_escape.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

#include "mapping/jira_syntax.h"

namespace navette {
namespace {

constexpr std::string_view kMarks = "*_-+^~?!";

bool is_alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}
bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// "&lt;", "&#42;": whatever they name.
bool looks_like_entity(std::string_view rest) {
  std::size_t at = 1;
  while (at < rest.size() && (is_alnum(rest[at]) || rest[at] == '#')) ++at;
  return at == rest.size() || (at > 1 && rest[at] == ';');
}

// Escapes one run of text; see escape_jira().
class Escaper {
 public:
  Escaper(std::string_view text, const JiraPlace& place) : text_(text), place_(place) {}

  std::string run() {
    bool start = place_.line_start;
    new_line();
    while (at_ < text_.size()) {
      if (start) line_start();
      start = false;
      if (at_ == text_.size()) break;
      if (text_[at_] == '\n') {
        out_ += '\n';
        ++at_;
        start = true;
        new_line();
        continue;
      }
      if (const std::size_t size = url_size(); size > 0) {
        for (const std::size_t end = at_ + size; at_ < end; ++at_) {
          if (text_[at_] == '&' && looks_like_entity(text_.substr(at_))) {
            out_ += "&amp;";
          } else {
            out_ += text_[at_];
          }
        }
        continue;
      }
      if (means_something(text_[at_])) {
        escape(text_[at_]);
      } else {
        out_ += text_[at_];
      }
      ++at_;
    }
    return std::move(out_);
  }

 private:
  char before() const {
    if (at_ > 0) return text_[at_ - 1];
    return place_.before.empty() ? '\0' : place_.before.back();
  }
  char after(std::size_t distance = 1) const {
    return at_ + distance < text_.size() ? text_[at_ + distance] : '\0';
  }
  std::string_view rest() const { return text_.substr(at_); }
  bool at_end() const { return at_ + 1 == text_.size(); }
  // Something follows in this line that is not in `text_`.
  bool more() const { return place_.more && line_end_ == text_.size(); }

  // What was written last decides whether an address begins here.
  std::size_t url_size() const {
    if (place_.in_code || std::string_view("hfm").find(text_[at_]) == std::string_view::npos) {
      return 0;
    }
    const std::string_view written = out_.empty() ? place_.before : std::string_view(out_);
    const char last = written.empty() ? '\0' : written.back();
    if (is_alnum(last) || std::string_view("\"[|'!\\").find(last) != std::string_view::npos ||
        static_cast<unsigned char>(last) >= 0x80) {
      return 0;
    }
    return at_ > 0 && std::string_view("\"[|'!").find(text_[at_ - 1]) != std::string_view::npos
               ? 0
               : jira_url_size(rest(), 0);
  }

  void escape(char c) {
    const bool entity = place_.in_link || !is_jira_escapable(c) || (place_.in_cell && c == '|');
    out_ += entity ? jira_entity(c) : std::string("\\") + c;
  }

  // Finds for each mark the last place in the line that could close a span.
  void new_line() {
    line_end_ = std::min(text_.find('\n', at_), text_.size());
    closers_.fill(0);
    bracket_ = 0;
    for (std::size_t i = at_ + 1; i < line_end_; ++i) {
      const std::size_t mark = kMarks.find(text_[i]);
      if (text_[i] == ']') bracket_ = i;
      if (mark == std::string_view::npos || (text_[i] != '!' && is_blank(text_[i - 1]))) continue;
      if (i + 1 >= text_.size() || !is_alnum(text_[i + 1])) closers_[mark] = i;
    }
  }

  // Blanks that would not be shown, and signs that begin a block.
  void line_start() {
    const std::string_view line = text_.substr(at_, line_end_ - at_);
    if (line.empty()) {
      // An empty line would end the paragraph.
      if (at_ < text_.size() || place_.more) out_ += "&nbsp;";
      return;
    }
    if (is_blank(line.front())) {
      while (at_ < line_end_ && is_blank(text_[at_])) {
        out_ += text_[at_] == ' ' ? std::string("&nbsp;") : jira_entity('\t');
        ++at_;
      }
      return;
    }
    const bool tag =
        line.starts_with("bq.") ||
        (line.size() > 2 && line[0] == 'h' && line[1] >= '1' && line[1] <= '6' && line[2] == '.');
    if (tag) {
      out_ += line.substr(0, 2);
      out_ += jira_entity('.');
      at_ += 3;
    } else if (line.front() == '|' || begins_list(line) || (line.starts_with("----") && more()) ||
               is_jira_rule(line)) {
      escape(line.front());
      ++at_;
    }
  }

  bool begins_list(std::string_view line) const {
    const std::size_t end = line.find_first_not_of("*#-");
    if (end == 0) return false;
    return end == std::string_view::npos ? place_.more && at_ + line.size() == text_.size()
                                         : is_blank(line[end]);
  }

  // Whether a span may begin at the mark here.
  bool opens(char c, std::size_t mark) const {
    if (is_alnum(before())) return false;
    if (place_.active.find(c) != std::string_view::npos) return true;
    if (at_end()) return more();
    if (is_blank(after()) || after() == '\n') return false;
    if (c == '?' && after() != '?' && before() != '?') return false;
    return more() || closers_[mark] > at_ + 1;
  }

  bool means_something(char c) const {
    if (place_.in_code && (c == '}' || c == '{')) return true;
    if (place_.in_link && (c == '|' || c == ']' || c == '[')) return true;
    if (const std::size_t mark = kMarks.find(c); mark != std::string_view::npos) {
      // "{*}" closes a span too, in whatever place; its brace is escaped.
      if (place_.active.find(c) != std::string_view::npos) return true;
      if (opens(c, mark)) return true;
    }
    switch (c) {
      case '\\':
        return after() == '\0'
                   ? more()
                   : !is_alnum(after()) && !is_blank(after()) && after() > 0 && after() != '\n';
      case '{':
        return true;
      case '[':
        return more() || bracket_ > at_;
      case '|':
        return place_.in_cell;
      case '&':
        return at_end() ? more() : looks_like_entity(rest()) || after() == '#';
      case '-':
        return begins_dash();
      default:
        return begins_icon(c);
    }
  }

  bool begins_dash() const {
    if (before() == '-' || !(before() == '\0' || before() == '\n' || is_blank(before()))) {
      return false;
    }
    const std::size_t end = std::min(text_.find_first_not_of('-', at_), text_.size());
    if (end - at_ != 2 && end - at_ != 3) return false;
    return end == text_.size() || is_blank(text_[end]) || text_[end] == '\n';
  }

  bool begins_icon(char c) const {
    const bool nose =
        before() == '-' && at_ > 1 && (text_[at_ - 2] == ':' || text_[at_ - 2] == ';');
    switch (c) {
      case '(':
      case ')':
        return before() == ':' || before() == ';' || nose ||
               (c == '(' && jira_icon_size(rest()) > 0);
      case ':':
      case ';':
        return !is_alnum(before()) && !at_end() &&
               std::string_view("PpDO").find(after()) != std::string_view::npos &&
               !is_alnum(after(2));
      case '<':
        return after() == '3' || (after() == '/' && after(2) == '3');
      default:
        return false;
    }
  }

  std::string_view text_;
  const JiraPlace& place_;
  std::size_t at_ = 0;
  std::size_t line_end_ = 0;
  std::array<std::size_t, kMarks.size()> closers_ = {};
  std::size_t bracket_ = 0;  // the line's last "]"
  std::string out_;
};

}  // namespace

std::string escape_jira(std::string_view text, const JiraPlace& place) {
  return Escaper(text, place).run();
}

std::string jira_entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    default:
      return "&#" + std::to_string(static_cast<int>(static_cast<unsigned char>(c))) + ";";
  }
}

}  // namespace navette
