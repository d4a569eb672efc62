#include "mapping/textile_escape.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

#include "base/text.h"

namespace navette {
namespace {

// A span that long is not looked for; its opening sign counts as one that opens.

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}
bool is_ascii_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_beyond_ascii(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}
// Redmine turns line ends into tags before it looks for spans: they are no blanks to these.
bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_capital(char c) {
  return (c >= 'A' && c <= 'Z') || is_ascii_digit(c);
}
bool is_punct(char c) {
  return std::ispunct(static_cast<unsigned char>(c)) != 0;
}

std::string entity(char c) {
  switch (c) {
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '&':
      return "&amp;";
    case '"':
      return "&quot;";
    default:
      return "&#" + std::to_string(static_cast<int>(static_cast<unsigned char>(c))) + ";";
  }
}

// "&lt;", "&#42;": Redmine takes these letters, digits and '#' for an entity whatever they name.
bool looks_like_entity(std::string_view rest) {
  std::size_t at = 1;
  while (at < rest.size() &&
         (std::isalnum(static_cast<unsigned char>(rest[at])) != 0 || rest[at] == '#')) {
    ++at;
  }
  return at > 1 && at < rest.size() && rest[at] == ';';
}

// Redmine makes a link of "attachment:x", "user:x" and shows another text.
bool ends_with_link_word(std::string_view text) {
  constexpr std::array<std::string_view, 13> kWords = {
      "attachment", "document", "version", "forum", "news", "message", "project",
      "commit",     "source",   "export",  "user",  "note", "issue"};
  return std::any_of(kWords.begin(), kWords.end(), [text](std::string_view word) {
    return text.ends_with(word) &&
           (text.size() == word.size() || !is_word(text[text.size() - word.size() - 1]));
  });
}

// Whether some '%' may open a span.
bool has_opening_percent(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    const char before = at > 0 ? text[at - 1] : '\0';
    const bool opens = opens_span_after(before) || is_textile_mark(before) || before == '?';
    if (opens && at + 1 < text.size() && !is_blank(text[at + 1])) return true;
  }
  return false;
}

// Escapes one run of text; see escape_textile().
class Escaper {
 public:
  Escaper(std::string_view text, const TextilePlace& place)
      : text_(text), place_(place), written_(text), percent_(has_opening_percent(text)) {
    bool leading = place.line_start;
    for (char& c : written_) {
      leading = c == '\n' || (leading && is_space(c));
      if (leading && c != '\n') c = ';';
    }
  }

  std::string run() {
    bool start = place_.line_start;
    while (at_ < text_.size()) {
      if (start) line_start();
      start = false;
      if (at_ == text_.size()) break;
      const char c = text_[at_];
      if (c == '\n') {
        start = true;
        out_ += c;
      } else if (means_something(c)) {
        out_ += entity(c);
      } else {
        out_ += c;
      }
      ++at_;
    }
    return std::move(out_);
  }

 private:
  char before() const { return at_ > 0 ? sign(text_[at_ - 1]) : place_.before; }
  // A line end separates nothing less than the beginning of the text does.
  static char sign(char c) { return c == '\n' ? '\0' : c; }
  char after(std::size_t distance = 1) const {
    return at_ + distance < text_.size() ? text_[at_ + distance] : '\0';
  }
  bool at_end() const { return at_ + 1 == text_.size(); }
  std::string_view line() const {
    return text_.substr(at_, text_.find('\n', at_) == std::string_view::npos
                                 ? std::string_view::npos
                                 : text_.find('\n', at_) - at_);
  }

  // Blanks that would be dropped, and signs that begin a block.
  void line_start() {
    const std::string_view line = this->line();
    if (line.empty()) {
      // An empty line would end the paragraph.
      if (at_ > 0 || at_ < text_.size()) out_ += "&nbsp;";
      return;
    }
    if (line.front() == ' ' || line.front() == '\t') {
      while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) {
        out_ += text_[at_] == ' ' ? std::string("&nbsp;") : entity('\t');
        ++at_;
      }
      return;
    }
    const char c = line.front();
    if (std::string_view("#*>|{=").find(c) != std::string_view::npos || is_textile_rule(line) ||
        is_reference(line)) {
      out_ += entity(c);
      ++at_;
      return;
    }
    if (const std::size_t size = block_tag_size(line); size > 0) {
      out_ += line.substr(0, size);
      out_ += entity(line[size]);
      at_ += size + 1;
      return;
    }
    // Table rows may begin with modifiers: "(x). |a|".
    if (std::string_view("(){[<>=._/\\-^~").find(c) != std::string_view::npos &&
        line.find('|') != std::string_view::npos) {
      pipes_ = at_ + line.size();
    }
  }

  // "[name]http://..." at the beginning of a line is a link's definition and not shown.
  static bool is_reference(std::string_view line) {
    if (line.front() != '[') return false;
    const std::size_t end = line.find(']');
    return end != std::string_view::npos && end + 1 < line.size() && !is_space(line[end + 1]);
  }

  bool opens(char c) const {
    if (place_.active.find(c) != std::string::npos) return true;
    if (!opens_span_after(before()) && !is_textile_mark(before()) && before() != '?') return false;
    if (at_end()) return place_.more;
    if (is_blank(after())) return false;
    return place_.more || written_.size() - at_ > kTextileSpanMax ||
           span_end(written_, at_, std::string_view(&c, 1)) != std::string_view::npos;
  }

  bool means_something(char c) const {
    if (is_textile_mark(c) && opens(c)) return true;
    switch (c) {
      case '<':
        return true;
      case '&':
        // Redmine writes '&' as "x%x%" for a while: it must not meet a '%'.
        return (at_end() && place_.more) || percent_ || before() == '%' ||
               looks_like_entity(text_.substr(at_));
      case '|':
        return place_.in_cell || at_ < pipes_;
      case '?':
        return after() == '?' &&
               (opens_span_after(before()) || is_textile_mark(before()) || before() == '?');
      case '@':
        return std::isalnum(static_cast<unsigned char>(before())) == 0;
      case '=':
        return after() == '=' && (before() == '\0' || is_space(before()));
      case '"':
        return after() == ':' || (at_end() && place_.more);
      case '!':
        return !at_end() && !is_space(after()) &&
               (opens_span_after(before()) || before() == ',' || before() == '-' ||
                before() == '[' || !place_.active.empty());
      default:
        return means_something_else(c);
    }
  }

  // What Redmine itself adds: wiki links, macros, references, abbreviations, footnotes.
  bool means_something_else(char c) const {
    switch (c) {
      case '[':
        return after() == '[' || before() == '[' || (at_end() && place_.more) ||
               (is_ascii_digit(after()) && (is_word(before()) || is_beyond_ascii(before())));
      case '{':
        return after() == '{' || (at_end() && place_.more);
      case '(':
        return at_ >= 2 && is_capital(before()) && is_capital(text_[at_ - 2]);
      case '#':
        return (is_word(before()) || before() == '#') &&
               (is_ascii_digit(after()) || after() == '#');
      case ':':
        return !at_end() && !is_space(after()) && ends_with_link_word(text_.substr(0, at_));
      case '%':
        return before() == 'x' && text_.substr(at_).starts_with("%x%");
      default:
        return false;
    }
  }

  std::string_view text_;
  const TextilePlace& place_;
  std::string written_;  // the text with leading blanks as signs, as they will be
  bool percent_;
  std::size_t at_ = 0;
  std::size_t pipes_ = 0;  // pipes before this offset are escaped
  std::string out_;
};

}  // namespace

std::string escape_textile(std::string_view text, const TextilePlace& place) {
  return Escaper(text, place).run();
}

std::string escape_textile_fully(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("&<>\"@!|%[]{}*_+^~?=#:(-").find(c) != std::string_view::npos) {
      out += entity(c);
    } else {
      out += c;
    }
  }
  return out;
}

bool breaks_out_of_pre(std::string_view text) {
  constexpr std::array<std::string_view, 11> kPieces = {
      "<pre",  "</pre",       "<code",    "</code", "<kbd",   "</kbd",
      "<note", "</notextile", "<redpre#", "x%x%",   ":redsh#"};
  const std::string lower = lower_ascii(text);
  return std::any_of(kPieces.begin(), kPieces.end(), [&lower](std::string_view piece) {
    return lower.find(piece) != std::string::npos;
  });
}

bool is_textile_mark(char c) {
  return std::string_view("*_-+^~%").find(c) != std::string_view::npos;
}

bool opens_span_after(char before) {
  return before == '\0' || is_space(before) || before == '>' || before == '(';
}

bool closes_span_before(char after) {
  return after == '\0' || is_space(after) || is_punct(after);
}

std::size_t span_end(std::string_view text, std::size_t at, std::string_view mark) {
  const std::size_t first = at + mark.size();
  if (first >= text.size() || is_blank(text[first])) return std::string_view::npos;
  const std::size_t stop = std::min(text.size(), first + kTextileSpanMax);
  for (std::size_t i = first + 1; i + mark.size() <= stop; ++i) {
    if (text.substr(i, mark.size()) != mark || is_blank(text[i - 1])) continue;
    const std::size_t next = i + mark.size();
    if (closes_span_before(next < text.size() ? text[next] : '\0')) return i;
  }
  return std::string_view::npos;
}

std::size_t block_tag_size(std::string_view line) {
  const bool footnote = line.starts_with("fn");
  const bool heading = line.size() > 1 && line[0] == 'h' && line[1] >= '1' && line[1] <= '6';
  std::size_t size = line.starts_with('p') ? 1 : 0;
  if (footnote || heading || line.starts_with("bq")) size = 2;
  if (footnote) {
    while (size < line.size() && is_ascii_digit(line[size])) ++size;
    if (size == 2) return 0;
  }
  if (size == 0 || size >= line.size()) return 0;
  if (line[size] == '.') return size;
  if (std::string_view("({[<>=)-^~").find(line[size]) == std::string_view::npos) return 0;
  return line.find('.', size) != std::string_view::npos ? size : 0;
}

bool is_textile_rule(std::string_view line) {
  const std::string_view signs = trim(line);
  if (signs.empty() || std::string_view("-*_").find(signs.front()) == std::string_view::npos) {
    return false;
  }
  const bool only = std::all_of(signs.begin(), signs.end(),
                                [&signs](char c) { return c == signs.front() || c == ' '; });
  return only && std::count(signs.begin(), signs.end(), signs.front()) >= 3;
}

}  // namespace navette
