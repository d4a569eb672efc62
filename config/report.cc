#include "config/report.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace navette {
namespace {

std::size_t indent_of(const std::string& line) {
  return std::min(line.size(), line.find_first_not_of(" \t"));
}

void star(std::string& line, std::size_t from_character, std::size_t characters) {
  const std::size_t begin = utf8_prefix(line, from_character).size();
  const std::size_t end = utf8_prefix(line, from_character + characters).size();
  const std::size_t count = utf8_length(std::string_view(line).substr(begin, end - begin));
  line.replace(begin, end - begin, std::string(count, '*'));
}

// Stars what follows a word that secrets go by, unless it is a reference.
void star_secrets(std::string& line) {
  for (const char* word : {"token", "key", "secret", "password"}) {
    for (std::size_t at = line.find(word); at != std::string::npos; at = line.find(word, at + 1)) {
      const std::size_t colon = line.find(':', at);
      if (colon == std::string::npos) break;
      const std::size_t begin = line.find_first_not_of(" \t\"'", colon + 1);
      if (begin == std::string::npos || line.compare(begin, 2, "${") == 0) continue;
      const std::size_t end = std::min(line.size(), line.find_first_of(" \t,}\"'", begin));
      line.replace(begin, end - begin, std::string(end - begin, '*'));
    }
  }
}

}  // namespace

void Report::add_source(const std::string& file, const std::string& text) {
  std::vector<std::string> lines = split(text, '\n');
  for (std::string& line : lines) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    line = to_utf8(line);
    for (char& c : line) {
      // What is in a file must not steer the terminal that shows it.
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) c = '?';
    }
  }
  sources_[file] = std::move(lines);
}

Diagnostic& Report::add_one(Severity severity, std::string_view code, const Place& place,
                            int length, std::string found) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.code = code;
  diagnostic.place = place;
  diagnostic.length = length;
  diagnostic.found = std::move(found);
  diagnostics_.push_back(std::move(diagnostic));
  return diagnostics_.back();
}

Diagnostic& Report::error(std::string_view code, const YamlNode& node, std::string found) {
  return add_one(Severity::kError, code, node.place, node.length, std::move(found));
}

Diagnostic& Report::error(std::string_view code, const Place& place, std::string found) {
  return add_one(Severity::kError, code, place, 1, std::move(found));
}

Diagnostic& Report::note(std::string_view code, const YamlNode& node, std::string found) {
  return add_one(Severity::kNote, code, node.place, node.length, std::move(found));
}

Diagnostic& Report::note(std::string_view code, const Place& place, std::string found) {
  return add_one(Severity::kNote, code, place, 1, std::move(found));
}

void Report::add(std::vector<Diagnostic> diagnostics) {
  for (Diagnostic& diagnostic : diagnostics) diagnostics_.push_back(std::move(diagnostic));
}

void Report::hide(const YamlNode& value) {
  const auto source = sources_.find(value.place.file);
  if (source == sources_.end() || value.place.line < 1) return;
  std::vector<std::string>& lines = source->second;
  auto index = static_cast<std::size_t>(value.place.line - 1);
  if (index >= lines.size()) return;
  const auto column = static_cast<std::size_t>(std::max(1, value.place.column) - 1);
  const std::string rest = lines[index].substr(utf8_prefix(lines[index], column).size());
  const bool on_one_line =
      value.raw.find('\n') == std::string::npos && rest.find(value.raw) != std::string::npos;
  if (on_one_line) {
    star(lines[index], column, static_cast<std::size_t>(value.length));
    return;
  }
  // A text over several lines: this line's rest, and all that is indented below it.
  star(lines[index], column, utf8_length(rest));
  const std::size_t indent = indent_of(lines[index]);
  for (++index; index < lines.size(); ++index) {
    if (!trim(lines[index]).empty() && indent_of(lines[index]) <= indent) return;
    star(lines[index], 0, utf8_length(lines[index]));
  }
}

std::vector<Diagnostic> Report::finish() const {
  std::vector<Diagnostic> sorted(diagnostics_.begin(), diagnostics_.end());
  for (Diagnostic& diagnostic : sorted) {
    const auto source = sources_.find(diagnostic.place.file);
    const auto index = static_cast<std::size_t>(diagnostic.place.line - 1);
    if (source == sources_.end() || diagnostic.place.line < 1) continue;
    if (index >= source->second.size()) continue;
    diagnostic.line = source->second[index];
    // A file that is not YAML has no tree that would tell its secrets.
    if (diagnostic.code == "CFG002") star_secrets(diagnostic.line);
  }
  sort_by_place(sorted);
  return sorted;
}

}  // namespace navette
