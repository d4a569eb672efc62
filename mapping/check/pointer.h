// Points at bytes of the texts that a flow's file holds: turns "byte 12 of this expression" into a
// place and a length to underline.
//
// Threads: one at a time.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/report.h"

namespace navette {

class Pointer {
 public:
  // `source`: the whole file in which the texts stand. `source` and `report` must outlive it.
  Pointer(const std::string& source, Report* report) : source_(source), report_(*report) {}

  // A text and where it begins in the file.
  struct Text {
    Place place;
    std::string_view value;
  };

  // Underlines `length` bytes from `at` on, to the end of the line at most.
  Diagnostic& say(Severity severity, std::string_view code, const Text& text, std::size_t at,
                  std::size_t length, std::string found);
  // Underlines the whole text.
  Diagnostic& say(Severity severity, std::string_view code, const Text& text, std::string found) {
    return say(severity, code, text, 0, text.value.size(), std::move(found));
  }
  // At a place, where no text of the file is at fault.
  Diagnostic& say(Severity severity, std::string_view code, const Place& place, std::string found);

  // How many errors it said.
  std::size_t errors() const { return errors_; }

 private:
  const std::string& source_;
  Report& report_;
  std::size_t errors_ = 0;
};

// The byte at which the UTF-16 unit stands that JSONata counts by.
std::size_t byte_of_unit(std::string_view text, int unit);

}  // namespace navette
