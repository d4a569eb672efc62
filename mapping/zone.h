// Time zones by name, from the system's tz database (package tzdata), whatever zone the process is
// in.
//
// Thread safety: pure functions, safe from any thread. The database is read once.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace navette {

// Milliseconds since 1970-01-01T00:00 on the clock of some place.
using LocalTime = std::chrono::milliseconds;

class Zone {
 public:
  Zone() = default;  // UTC

  // "Europe/Paris", "UTC", "" (UTC). Nothing for a name that the database does not have.
  static std::optional<Zone> find(std::string_view name);
  // The names there are, sorted; for suggestions.
  static std::vector<std::string> names();

  // How far a clock there is ahead of UTC at that moment.
  std::chrono::seconds offset(TimePoint time) const;

  // The same, with the time for which it holds: from `begin` to before `end`.
  struct Span {
    TimePoint begin;
    TimePoint end;
    std::chrono::seconds offset;
  };
  Span span(TimePoint time) const;

  // The moment at which a clock there shows that. A time that comes twice (clocks are put back) is
  // the first of the two; one that never comes (clocks are put forward) is read with the offset
  // from before: 02:30 is then what the clock shows as 03:30.
  TimePoint from_local(LocalTime local) const;

 private:
  const void* zone_ = nullptr;  // of the library, which keeps it for ever; null: UTC
};

}  // namespace navette
