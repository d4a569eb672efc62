#include "mapping/cases/diff.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/text.h"

namespace navette {
namespace {

constexpr std::size_t kContext = 3;
constexpr std::size_t kCellsMax = 4'000'000;

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines = split(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

struct Line {
  char mark;  // ' ', '-', '+'
  std::string text;
};

// The middle, where both differ at its beginning and at its end.
void compare_middle(const Lines& before, const Lines& after, std::vector<Line>* out) {
  const std::size_t rows = before.size();
  const std::size_t columns = after.size();
  std::size_t i = 0;
  std::size_t j = 0;
  if (rows * columns <= kCellsMax) {
    // common[i][j]: lines that before[i..] and after[j..] have in common, in order.
    const std::size_t width = columns + 1;
    std::vector<std::uint32_t> common((rows + 1) * width, 0);
    for (std::size_t row = rows; row-- > 0;) {
      for (std::size_t column = columns; column-- > 0;) {
        common[row * width + column] =
            before[row] == after[column]
                ? common[(row + 1) * width + column + 1] + 1
                : std::max(common[(row + 1) * width + column], common[row * width + column + 1]);
      }
    }
    while (i < rows && j < columns) {
      if (before[i] == after[j]) {
        out->push_back({' ', before[i]});
        ++i;
        ++j;
      } else if (common[(i + 1) * width + j] >= common[i * width + j + 1]) {
        out->push_back({'-', before[i++]});
      } else {
        out->push_back({'+', after[j++]});
      }
    }
  }
  for (; i < rows; ++i) out->push_back({'-', before[i]});
  for (; j < columns; ++j) out->push_back({'+', after[j]});
}

std::vector<Line> compare(const Lines& before, const Lines& after) {
  std::vector<Line> out;
  const std::size_t shorter = std::min(before.size(), after.size());
  std::size_t head = 0;
  while (head < shorter && before[head] == after[head]) out.push_back({' ', before[head++]});
  std::size_t tail = 0;
  while (tail < shorter - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) {
    ++tail;
  }
  const auto middle = [head, tail](const Lines& lines) {
    return Lines(lines.begin() + static_cast<std::ptrdiff_t>(head),
                 lines.end() - static_cast<std::ptrdiff_t>(tail));
  };
  compare_middle(middle(before), middle(after), &out);
  for (std::size_t i = before.size() - tail; i < before.size(); ++i) {
    out.push_back({' ', before[i]});
  }
  return out;
}

// "3,7": where a hunk begins and how many lines it has; as diff prints it.
std::string range(std::size_t lines_before, std::size_t count) {
  const std::size_t start = count == 0 ? lines_before : lines_before + 1;
  return std::to_string(start) + (count == 1 ? "" : "," + std::to_string(count));
}

}  // namespace

std::string unified_diff(const std::string& before, const std::string& after,
                         const std::string& before_name, const std::string& after_name) {
  const std::vector<Line> lines = compare(lines_of(before), lines_of(after));
  std::string out;
  std::size_t seen_before = 0;
  std::size_t seen_after = 0;
  std::size_t next = 0;  // the first line that was not looked at
  while (true) {
    std::size_t first = next;
    while (first < lines.size() && lines[first].mark == ' ') ++first;
    if (first == lines.size()) return out;
    const std::size_t begin = first - std::min(first - next, kContext);
    // The hunk goes on until more lines stay the same than two contexts.
    std::size_t end = first;
    for (std::size_t i = first; i < lines.size() && i < end + 2 * kContext + 1; ++i) {
      if (lines[i].mark != ' ') end = i + 1;
    }
    end = std::min(lines.size(), end + kContext);
    seen_before += begin - next;
    seen_after += begin - next;
    std::string body;
    std::size_t count_before = 0;
    std::size_t count_after = 0;
    for (std::size_t i = begin; i < end; ++i) {
      if (lines[i].mark != '+') ++count_before;
      if (lines[i].mark != '-') ++count_after;
      body += lines[i].mark + lines[i].text + "\n";
    }
    if (out.empty()) {
      out.append("--- ").append(before_name).append("\n+++ ").append(after_name).append("\n");
    }
    out += "@@ -" + range(seen_before, count_before) + " +" + range(seen_after, count_after) +
           " @@\n" + body;
    seen_before += count_before;
    seen_after += count_after;
    next = end;
  }
}

}  // namespace navette
