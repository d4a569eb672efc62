// What a zone's clocks do after the last change that its file lists: the rule at the end of the
// file, in the form of POSIX's TZ: "CET-1CEST,M3.5.0,M10.5.0/3". The zone library stops at the
// list, which may end in 2037.
//
// Thread safety: pure functions, safe from any thread.

#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace navette {

class ZoneRule {
 public:
  // Nothing for what is no rule, and for a rule without summer time.
  static std::optional<ZoneRule> parse(std::string_view text);

  // The rule of a zone by its name; null when its file has none. The files are read once.
  static const ZoneRule* find(std::string_view zone);

  // How far a clock is ahead of UTC at that moment, and the time around it, in seconds since 1970,
  // for which the same is sure: from `begin` to before `end`.
  struct Span {
    std::chrono::seconds begin;
    std::chrono::seconds end;
    std::chrono::seconds offset;
  };
  Span span(TimePoint time) const;
  std::chrono::seconds offset(TimePoint time) const { return span(time).offset; }

 private:
  // A day of each year: of the week in a month, or counted from January 1st.
  struct Change {
    int month = 0;  // 0: `day` is the day of the year, from 0
    int week = 0;   // 5: the last
    int day = 0;    // of the week, 0 is Sunday
    bool without_leap_days = false;
    std::chrono::seconds clock{7200};  // on the clock of before; may be negative or beyond a day

    std::chrono::seconds in(std::chrono::year year) const;
  };
  class Parser;

  std::chrono::seconds standard_{0};
  std::chrono::seconds summer_{0};
  Change start_;  // of summer time
  Change end_;
};

}  // namespace navette
