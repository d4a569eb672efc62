// Texts for people: durations, moments, tables. All of it is printable (base/log.h) when it comes
// out, whatever the tickets held that went in.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "navette/json.h"

namespace navette::tools {

// "3 s", "4 min", "2 h 5 min", "3 d 4 h". Negative ones count as none.
std::string human(std::chrono::milliseconds duration);

// RFC 3339 of milliseconds since 1970, and null for 0.
Json moment(std::int64_t ms);

// Columns aligned; numbers to the right. The first row is the head.
class Table {
 public:
  explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}
  // REQUIRES: as many cells as the head has.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.size() == 1; }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// A value on one line, cut to `characters_max`.
std::string brief(const Json& value, std::size_t characters_max = 100);

// A value over several lines, every one behind `margin`: "name: value", nested ones indented.
std::string outline(const Json& value, const std::string& margin);

// Writes to standard output.
void print(std::string_view text);
// As JSON for machines and people alike, with a line break.
void print_json(const Json& value);

}  // namespace navette::tools
