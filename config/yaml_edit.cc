#include "config/yaml_edit.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "config/yaml.h"

namespace navette {
namespace {

constexpr std::size_t kColumnsMax = 100;

// ---- writing -----------------------------------------------------------------------------------

// Whether YAML reads the text, without quotes, as that text: anywhere, as key or value.
bool is_plain(const std::string& text) {
  if (text.empty() || text != trim(text)) return false;
  if (text.find_first_of(":#,[]{}&*!|>'\"%@`\\\n\r\t") != std::string::npos) return false;
  if (text.front() == '-' || text.front() == '?' || text.front() == '=' || text.front() == '<') {
    return false;
  }
  const std::string lower = lower_ascii(text);
  for (const char* word : {"~", "null", "true", "false", "yes", "no", "on", "off", "y", "n"}) {
    if (lower == word) return false;
  }
  YamlNode node;
  node.type = YamlNode::Type::kScalar;
  node.text = text;
  node.plain = true;
  return to_json(node) == Json(text) && std::all_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
         });
}

// In double quotes YAML knows every escape that JSON writes.
std::string scalar_text(const Json& value) {
  if (value.is_string() && is_plain(std::string(value.as_string()))) return value.text();
  return value.dump();
}

std::string flow_text(const Json& value) {
  std::string out;
  if (value.is_object()) {
    for (const auto& [name, member] : value.members()) {
      out += (out.empty() ? "" : ", ") + scalar_text(name) + ": " + flow_text(member);
    }
    return "{" + out + "}";
  }
  if (!value.is_array()) return scalar_text(value);
  for (const Json& item : value.items()) out += (out.empty() ? "" : ", ") + flow_text(item);
  return "[" + out + "]";
}

// In braces, from that column (counted from 0) on: a line for each member when one is too short.
std::string flow_map(const Json& value, std::size_t column) {
  std::string line = flow_text(value);
  if (value.size() < 2 || column + utf8_length(line) <= kColumnsMax) return line;
  std::string out = "{";
  for (const auto& [name, member] : value.members()) {
    if (out.size() > 1) out += ",\n" + std::string(column + 1, ' ');
    out += scalar_text(name) + ": " + flow_text(member);
  }
  return out + "}";
}

void append_block(const Json& value, std::size_t indent, std::string* out);

// What follows "name:" or "-".
void append_value(const Json& value, std::size_t indent, std::string* out) {
  const std::string line = flow_text(value);
  const bool nested = value.size() > 0 && indent + utf8_length(line) > kColumnsMax;
  if (!nested) {
    *out += " " + line + "\n";
    return;
  }
  *out += "\n";
  append_block(value, indent, out);
}

void append_block(const Json& value, std::size_t indent, std::string* out) {
  const std::string margin(indent, ' ');
  if (value.is_array()) {
    for (const Json& item : value.items()) {
      *out += margin + "-";
      append_value(item, indent + 2, out);
    }
    return;
  }
  for (const auto& [name, member] : value.members()) {
    *out += margin + scalar_text(name) + ":";
    append_value(member, indent + 2, out);
  }
}

// ---- finding -----------------------------------------------------------------------------------

Error cannot(const Place& key, const std::string& why) {
  return {.fault = Fault::kRejected,
          .message = "rewrite " + key.file + ":" + std::to_string(key.line) + ":" +
                     std::to_string(key.column) + ": " + why};
}

// The byte at a place.
std::optional<std::size_t> offset_of(const std::string& text, const Place& place) {
  std::size_t at = 0;
  for (int line = 1; line < place.line; ++line) {
    at = text.find('\n', at);
    if (at == std::string::npos) return std::nullopt;
    ++at;
  }
  const std::string_view rest = std::string_view(text).substr(at);
  const std::string_view line = rest.substr(0, rest.find('\n'));
  return at + utf8_prefix(line, static_cast<std::size_t>(std::max(0, place.column - 1))).size();
}

// After the quoted text that begins at `at`.
std::size_t after_quotes(const std::string& text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      return at + 1;
    }
  }
  return text.size();
}

bool begins_token(const std::string& text, std::size_t at) {
  return at == 0 || std::string_view(" \t\r\n,[{:").find(text[at - 1]) != std::string_view::npos;
}

// After the bracket that closes the one at `at`.
std::optional<std::size_t> after_brackets(const std::string& text, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if ((c == '"' || c == '\'') && begins_token(text, at)) {
      at = after_quotes(text, at);
      continue;
    }
    if (c == '#' && at > 0 &&
        (text[at - 1] == ' ' || text[at - 1] == '\t' || text[at - 1] == '\n')) {
      at = std::min(text.size(), text.find('\n', at));
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
    if (depth == 0) return at;
  }
  return std::nullopt;
}

struct LineSpan {
  std::size_t begin = 0;
  std::size_t end = 0;  // of its text, the line end excluded
  std::size_t next = 0;
  std::size_t indent = 0;
  bool says_something = false;  // neither blank nor but a comment
};

LineSpan line_at(const std::string& text, std::size_t begin) {
  LineSpan line;
  line.begin = begin;
  line.next = std::min(text.size(), text.find('\n', begin));
  line.end = line.next;
  if (line.next < text.size()) ++line.next;
  if (line.end > begin && text[line.end - 1] == '\r') --line.end;
  const std::size_t first = std::min(line.end, text.find_first_not_of(' ', begin));
  line.indent = first - begin;
  line.says_something = first < line.end && text[first] != '#';
  return line;
}

class Replacer {
 public:
  Replacer(const std::string& text, const Place& key, const Json& value)
      : text_(text), key_(key), value_(value) {}

  Result<std::string> replace() {
    const auto at = offset_of(text_, key_);
    if (!at || *at >= text_.size()) return cannot(key_, "the file has changed");
    const bool quoted = text_[*at] == '"' || text_[*at] == '\'';
    const std::size_t name_end = quoted ? after_quotes(text_, *at) : text_.find(':', *at);
    const std::size_t colon = std::min(text_.size(), text_.find_first_not_of(" \t", name_end));
    if (colon >= text_.size() || text_[colon] != ':') return cannot(key_, "no key stands there");
    const std::size_t line_begin = text_.rfind('\n', *at) + 1;
    std::size_t first = colon + 1;
    while (first < text_.size() && (text_[first] == ' ' || text_[first] == '\t')) ++first;
    if (first < text_.size() && text_[first] == '{') return in_braces(first);
    const bool at_end = first >= text_.size() ||
                        std::string_view("\r\n#").find(text_[first]) != std::string_view::npos;
    if (!at_end) return cannot(key_, "no map of its own stands there");
    return line_by_line(first, *at - line_begin);
  }

 private:
  Result<std::string> in_braces(std::size_t first) const {
    const auto end = after_brackets(text_, first);
    if (!end) return cannot(key_, "its bracket is never closed");
    const std::size_t line_begin = text_.rfind('\n', first) + 1;
    const std::size_t column =
        utf8_length(std::string_view(text_).substr(line_begin, first - line_begin));
    return text_.substr(0, first) + flow_map(value_, column) + text_.substr(*end);
  }

  // `after_colon`: a blank, a comment or the end of the key's line; `column` of the key.
  Result<std::string> line_by_line(std::size_t after_colon, std::size_t column) const {
    LineSpan line = line_at(text_, after_colon);
    std::optional<std::size_t> begin;
    std::size_t end = 0;
    std::size_t indent = 0;
    while (line.next < text_.size()) {
      line = line_at(text_, line.next);
      if (!line.says_something) continue;
      if (line.indent <= column) break;
      if (!begin) {
        begin = line.begin;
        indent = line.indent;
      }
      end = line.next;
    }
    if (!begin) return cannot(key_, "no map stands there");
    if (std::string_view("{[&*!").find(text_[*begin + indent]) != std::string_view::npos) {
      return cannot(key_, "no map of its own stands there");
    }
    std::string block;
    if (value_.size() == 0) {
      block = std::string(indent, ' ') + "{}\n";
    } else {
      append_block(value_, indent, &block);
    }
    return text_.substr(0, *begin) + block + text_.substr(end);
  }

  const std::string& text_;
  const Place& key_;
  const Json& value_;
};

}  // namespace

Result<std::string> replace_map(const std::string& text, const Place& key, const Json& value) {
  return Replacer(text, key, value).replace();
}

}  // namespace navette
