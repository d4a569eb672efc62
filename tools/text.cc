#include "tools/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "tools/exit.h"

namespace navette::tools {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("-0123456789") == std::string_view::npos;
}

void append_padded(std::string& out, const std::string& cell, std::size_t width, bool right) {
  const std::string blanks(width - std::min(width, utf8_length(cell)), ' ');
  out += right ? blanks + cell : cell + blanks;
}

// A text that spans lines is shown below its name; everything else on the name's line.
void append_member(std::string& out, const std::string& name, const Json& value,
                   const std::string& margin) {
  out += margin + printable(name) + ":";
  if (value.size() == 0) {
    out += " " + brief(value, 300) + "\n";
  } else {
    out += "\n" + outline(value, margin + "  ");
  }
}

}  // namespace

int exit_of(const Error& error) {
  return error.fault == Fault::kMisconfigured ? kUsage : kFailed;
}

int fail(const Error& error) {
  std::string lines;
  for (const std::string& line : split(error.message, '\n')) lines += printable(line) + "\n";
  std::fputs(("navette: " + lines).c_str(), stderr);
  return exit_of(error);
}

std::string human(std::chrono::milliseconds duration) {
  static constexpr std::array<std::pair<std::int64_t, const char*>, 4> kUnits = {
      {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}};
  std::int64_t seconds = std::max<std::int64_t>(0, duration.count() / 1000);
  std::string out;
  int shown = 0;
  for (const auto& [length, name] : kUnits) {
    // Two neighbouring units say enough; minutes need no seconds.
    if (shown == 2 || (shown == 1 && length == 1)) break;
    if (seconds < length && shown == 0 && length > 1) continue;
    if (const std::int64_t count = seconds / length; count > 0 || shown == 0) {
      if (shown > 0) out += ' ';
      out += std::to_string(count) + " " + name;
    }
    ++shown;
    seconds %= length;
  }
  return out;
}

Json moment(std::int64_t ms) {
  if (ms == 0) return {};
  return to_rfc3339(TimePoint(std::chrono::milliseconds(ms)));
}

std::string Table::text() const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  std::vector<bool> right(widths.size(), rows_.size() > 1);
  std::vector<std::vector<std::string>> rows = rows_;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t column = 0; column < widths.size(); ++column) {
      std::string& cell = rows[row][column];
      cell = printable(cell);
      widths[column] = std::max(widths[column], utf8_length(cell));
      if (row > 0 && !is_number(cell)) right[column] = false;
    }
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t column = 0; column < widths.size(); ++column) {
      if (column > 0) line += "  ";
      append_padded(line, row[column], widths[column], right[column]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string brief(const Json& value, std::size_t characters_max) {
  const std::string text = printable(value.is_string() ? value.text() : value.dump());
  if (utf8_length(text) <= characters_max) return text;
  return std::string(utf8_prefix(text, characters_max)) + "...";
}

std::string outline(const Json& value, const std::string& margin) {
  std::string out;
  if (value.is_object()) {
    for (const auto& [name, member] : value.members()) append_member(out, name, member, margin);
  } else if (value.is_array()) {
    for (const Json& item : value.items()) {
      if (item.size() == 0) {
        out += margin + "- " + brief(item, 300) + "\n";
      } else {
        const std::string lines = outline(item, margin + "  ");
        out += margin + "- " + lines.substr(std::min(lines.size(), margin.size() + 2));
      }
    }
  } else {
    out += margin + brief(value, 300) + "\n";
  }
  return out;
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_json(const Json& value) {
  print(value.pretty() + "\n");
}

}  // namespace navette::tools
