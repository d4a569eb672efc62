#include "config/fields.h"

#include <cstddef>
#include <string_view>

#include "base/text.h"

namespace navette {
namespace {

// "custom_fields", "[name=*]", "value": as parse_field_path(), but for patterns too.
std::vector<std::string> pieces_of(std::string_view text) {
  std::vector<std::string> pieces(1);
  char quote = '\0';
  bool in_bracket = false;
  for (const char c : text) {
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '`' || (in_bracket && (c == '\'' || c == '"'))) {
      quote = c;
    } else if (c == '[') {
      pieces.emplace_back();
      in_bracket = true;
    } else if (c == ']') {
      in_bracket = false;
    } else if (c == '.' && !in_bracket) {
      pieces.emplace_back();
      continue;
    }
    pieces.back() += c;
  }
  return pieces;
}

bool is_wild(const std::string& pattern) {
  return pattern == "*" || pattern == "[]" ||
         (pattern.front() == '[' && pattern.find('*') != std::string::npos);
}

bool fits(const std::string& pattern, const std::string& piece) {
  if (pattern == piece) return true;
  if (pattern.empty() || piece.empty() || !is_wild(pattern)) return false;
  return (pattern.front() == '[') == (piece.front() == '[');
}

}  // namespace

const FieldInfo* find_field(const std::vector<FieldInfo>& fields, const std::string& path) {
  const std::vector<std::string> pieces = pieces_of(path);
  const FieldInfo* best = nullptr;
  std::size_t best_size = 0;
  for (const FieldInfo& field : fields) {
    const std::vector<std::string> pattern = pieces_of(field.path);
    if (pattern.size() > pieces.size() || pattern.size() <= best_size) continue;
    bool all = true;
    for (std::size_t i = 0; i < pattern.size(); ++i) all = all && fits(pattern[i], pieces[i]);
    if (!all) continue;
    best = &field;
    best_size = pattern.size();
  }
  return best;
}

std::optional<std::string> nearest_field(const std::vector<FieldInfo>& fields,
                                         const std::string& path) {
  const std::vector<std::string> pieces = pieces_of(path);
  std::vector<std::string> known;
  for (const FieldInfo& field : fields) {
    const std::vector<std::string> pattern = pieces_of(field.path);
    std::string candidate;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      const bool taken = is_wild(pattern[i]) && i < pieces.size() && !pieces[i].empty() &&
                         (pattern[i].front() == '[') == (pieces[i].front() == '[');
      const std::string& piece = taken ? pieces[i] : pattern[i];
      if (i != 0 && piece.front() != '[') candidate += '.';
      candidate += piece;
    }
    known.push_back(std::move(candidate));
  }
  return nearest(path, known);
}

}  // namespace navette
