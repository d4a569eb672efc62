#include "mapping/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/text.h"

namespace navette {
namespace {

constexpr std::string_view kEllipsis = "\u2026";
// More marks than this on one character are an attack, not writing.
constexpr int kMarksMax = 32;

// Size of the control character at the start: C0 without LF and tab, DEL, C1. 0: none.
std::size_t control_size(std::string_view text) {
  const auto first = static_cast<std::uint8_t>(text[0]);
  if (first == '\n' || first == '\t') return 0;
  if (first < 0x20 || first == 0x7F) return 1;
  if (first == 0xC2 && text.size() > 1 && static_cast<std::uint8_t>(text[1]) < 0xA0) return 2;
  return 0;
}

// Decodes the character at the start of well-formed UTF-8. REQUIRES: not empty.
char32_t code_point(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return static_cast<char32_t>(static_cast<std::uint8_t>(i < text.size() ? text[i] : '\0'));
  };
  const char32_t first = byte(0);
  if (first < 0x80) return first;
  if (first < 0xE0) return ((first & 0x1F) << 6) | (byte(1) & 0x3F);
  if (first < 0xF0) return ((first & 0x0F) << 12) | ((byte(1) & 0x3F) << 6) | (byte(2) & 0x3F);
  return ((first & 0x07) << 18) | ((byte(1) & 0x3F) << 12) | ((byte(2) & 0x3F) << 6) |
         (byte(3) & 0x3F);
}

constexpr char32_t kJoiner = 0x200D;

// Belongs to the character before it: combining marks, joiner, variation selectors, skin tones.
bool is_mark(char32_t c) {
  return (c >= 0x300 && c <= 0x36F) || (c >= 0x1AB0 && c <= 0x1AFF) ||
         (c >= 0x1DC0 && c <= 0x1DFF) || (c >= 0x20D0 && c <= 0x20FF) || c == kJoiner ||
         (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0x1F3FB && c <= 0x1F3FF);
}

// Start of the last character.
std::size_t last_start(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && (static_cast<std::uint8_t>(text[at]) & 0xC0U) == 0x80U) --at;
  return at;
}

std::string_view beginning(std::string_view text, std::size_t count, bool bytes) {
  std::string_view head = bytes ? utf8_prefix_bytes(text, count) : utf8_prefix(text, count);
  for (int marks = 0; marks < kMarksMax && !head.empty() && head.size() < text.size(); ++marks) {
    const std::size_t last = last_start(head);
    const bool joined =
        is_mark(code_point(text.substr(head.size()))) || code_point(head.substr(last)) == kJoiner;
    if (!joined) break;
    head = head.substr(0, last);
  }
  return head;
}

}  // namespace

void add_loss(std::vector<std::string>* losses, std::string sentence) {
  if (losses == nullptr) return;
  if (std::find(losses->begin(), losses->end(), sentence) == losses->end()) {
    losses->push_back(std::move(sentence));
  }
}

std::string unix_lines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      out += '\n';
    }
  }
  return out;
}

std::string clean_text(std::string_view text, std::vector<std::string>* losses) {
  std::string lines = unix_lines(text);
  if (!is_utf8(lines)) {
    lines = to_utf8(lines);
    add_loss(losses, "bytes that are not UTF-8 were replaced");
  }
  std::string out;
  out.reserve(lines.size());
  const std::string_view view = lines;
  for (std::size_t i = 0; i < view.size();) {
    if (const std::size_t size = control_size(view.substr(i)); size > 0) {
      add_loss(losses, "control characters were removed");
      i += size;
    } else {
      out += view[i++];
    }
  }
  return out;
}

bool replace_noncharacters(std::string* text) {
  const std::string_view view = *text;
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = 0; at + 2 < view.size(); ++at) {
    const auto first = static_cast<std::uint8_t>(view[at]);
    if (first < 0xEF) continue;
    const char32_t c = code_point(view.substr(at));
    if ((c & 0xFFFE) != 0xFFFE && !(c >= 0xFDD0 && c <= 0xFDEF)) continue;
    out.append(view.substr(copied, at - copied)).append("\xEF\xBF\xBD");
    copied = at + (first == 0xEF ? 3 : 4);
  }
  if (copied == 0) return false;
  *text = out.append(view.substr(copied));
  return true;
}

std::string outer_trimmed(std::string_view text) {
  std::string out = unix_lines(text);
  const std::size_t end = out.find_last_not_of(" \t\n");
  if (end == std::string::npos) return {};
  out.resize(end + 1);
  const std::size_t first = out.find_first_not_of(" \t\n");
  const std::size_t line = out.rfind('\n', first);
  if (line != std::string::npos) out.erase(0, line + 1);
  return out;
}

std::string blanks_trimmed(std::string_view text) {
  std::string out;
  for (const std::string& line : split(outer_trimmed(text), '\n')) {
    const std::size_t end = line.find_last_not_of(" \t");
    out.append(line, 0, end == std::string::npos ? 0 : end + 1);
    out += '\n';
  }
  out.pop_back();
  return out;
}

bool is_numeral(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&text, &at] {
    const std::size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - start;
  };
  if (text.starts_with('-')) ++at;
  const std::size_t first = at;
  const std::size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[first] == '0')) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

bool fits(std::string_view text, const TextLimit& limit) {
  if (limit.count <= 0) return true;
  const auto count = static_cast<std::size_t>(limit.count);
  return text.size() <= count || (!limit.bytes && utf8_length(text) <= count);
}

std::string cut_text(std::string_view text, const TextLimit& limit) {
  if (fits(text, limit)) return std::string(text);
  const auto count = static_cast<std::size_t>(limit.count);
  const std::size_t mark = limit.bytes ? kEllipsis.size() : 1;
  if (count <= mark) return std::string(beginning(text, count, limit.bytes));
  return std::string(beginning(text, count - mark, limit.bytes)) + std::string(kEllipsis);
}

std::string to_text(const TextLimit& limit) {
  return std::to_string(limit.count) + (limit.bytes ? " bytes" : " characters");
}

}  // namespace navette
