#include "mapping/jira_syntax.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"

namespace navette {
namespace {

bool is_alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

// General punctuation (dashes, quotes, bullets, blanks), angle quotes and the hard blank: what
// beyond ASCII is certainly neither letter nor digit.
bool begins_with_punctuation(std::string_view text) {
  return text.starts_with("\xE2\x80") || text.starts_with("\u00AB") || text.starts_with("\u00BB") ||
         text.starts_with("\u00A0");
}

bool is_url_sign(char c) {
  return is_alnum(c) || std::string_view("-_.!~*';/?:@#&=%+$,()").find(c) != std::string_view::npos;
}

// Of "&lt;", "&#42;", whatever they name; 0: none.
std::size_t entity_size(std::string_view text) {
  if (!text.starts_with('&')) return 0;
  std::size_t at = 1;
  while (at < text.size() && (is_alnum(text[at]) || text[at] == '#')) ++at;
  return at > 1 && at < text.size() && text[at] == ';' ? at + 1 : 0;
}

constexpr std::array kMacros = {
    JiraMacro{"color", false},  JiraMacro{"anchor", false},  JiraMacro{"status", false},
    JiraMacro{"toc", false},    JiraMacro{"jira", false},    JiraMacro{"html", false},
    JiraMacro{"panel", true},   JiraMacro{"info", true},     JiraMacro{"note", true},
    JiraMacro{"warning", true}, JiraMacro{"tip", true},      JiraMacro{"expand", true},
    JiraMacro{"section", true}, JiraMacro{"column", true},   JiraMacro{"center", true},
    JiraMacro{"div", true},     JiraMacro{"span", false},    JiraMacro{"excerpt", false},
    JiraMacro{"include", true}, JiraMacro{"children", true},
};

}  // namespace

bool is_jira_escapable(char c) {
  return std::string_view("-#*_+?^~|%{}[]()!@").find(c) != std::string_view::npos;
}

bool opens_jira_span_after(std::string_view before) {
  if (before.empty()) return true;
  if (is_ascii(before.back())) return !is_alnum(before.back()) && before.back() != '\\';
  return before.size() >= 2 &&
         (begins_with_punctuation(before.substr(before.size() - 2)) ||
          (before.size() >= 3 && begins_with_punctuation(before.substr(before.size() - 3))));
}

bool closes_jira_span_before(std::string_view rest) {
  if (rest.empty()) return true;
  return is_ascii(rest.front()) ? !is_alnum(rest.front()) : begins_with_punctuation(rest);
}

std::size_t jira_url_size(std::string_view text, std::size_t at) {
  constexpr std::array<std::string_view, 5> kSchemes = {"http://", "https://", "ftp://", "ftps://",
                                                        "mailto:"};
  const std::string_view rest = text.substr(at);
  if (rest.empty() || std::string_view("hfm").find(rest.front()) == std::string_view::npos) {
    return 0;
  }
  const char before = at > 0 ? text[at - 1] : '\0';
  if (is_alnum(before) || std::string_view("\"[|'!").find(before) != std::string_view::npos) {
    return 0;
  }
  const auto* const scheme =
      std::find_if(kSchemes.begin(), kSchemes.end(),
                   [rest](std::string_view known) { return rest.starts_with(known); });
  if (scheme == kSchemes.end()) return 0;
  std::size_t size = scheme->size();
  std::size_t least = size;
  while (size < rest.size() && is_url_sign(rest[size])) {
    const std::size_t reference = entity_size(rest.substr(size));
    if (reference > 0 && !rest.substr(size).starts_with("&amp;")) break;
    size += std::max<std::size_t>(1, reference);
    if (reference > 0) least = size;
  }
  // These belong to the sentence.
  while (size > least &&
         std::string_view(".,>)];}\"'!").find(rest[size - 1]) != std::string_view::npos) {
    --size;
  }
  return size > scheme->size() ? size : 0;
}

bool has_url_scheme(std::string_view url) {
  const std::size_t colon = url.find(':');
  return colon != std::string_view::npos && colon > 0 && url.find_first_of("/?# \t") > colon;
}

std::size_t jira_icon_size(std::string_view text) {
  constexpr std::array<std::string_view, 21> kIcons = {
      "(y)", "(n)",   "(i)",  "(/)", "(x)",  "(!)",  "(+)",  "(-)",  "(?)",       "(on)",  "(c)",
      "(r)", "(off)", "(tm)", "(*)", "(*r)", "(*g)", "(*b)", "(*y)", "(flagoff)", "(flag)"};
  const auto* const icon =
      std::find_if(kIcons.begin(), kIcons.end(),
                   [text](std::string_view known) { return text.starts_with(known); });
  return icon == kIcons.end() ? 0 : icon->size();
}

std::size_t jira_bullets_size(std::string_view line) {
  std::size_t size = 0;
  while (size < line.size() && (line[size] == '*' || line[size] == '#')) ++size;
  if (size == 0 && line.starts_with('-')) size = 1;
  return size > 0 && size < line.size() && (line[size] == ' ' || line[size] == '\t') ? size : 0;
}

int jira_heading_level(std::string_view line) {
  const bool heading = line.size() > 3 && line[0] == 'h' && line[1] >= '1' && line[1] <= '6' &&
                       line[2] == '.' && (line[3] == ' ' || line[3] == '\t');
  return heading ? line[1] - '0' : 0;
}

bool is_jira_rule(std::string_view line) {
  const std::string_view signs = trim(line);
  return (signs.size() == 4 || signs.size() == 5) &&
         signs.find_first_not_of('-') == std::string_view::npos;
}

const JiraMacro* find_jira_macro(std::string_view lower_name) {
  const auto* const macro =
      std::find_if(kMacros.begin(), kMacros.end(),
                   [lower_name](const JiraMacro& known) { return known.name == lower_name; });
  return macro == kMacros.end() ? nullptr : macro;
}

}  // namespace navette
