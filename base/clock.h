// Time as an interface, and its text forms.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace navette {

using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

// Thread safety: every implementation is safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;                     // wall clock, UTC
  virtual std::chrono::milliseconds steady() const = 0;  // never goes back; from any origin
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
  std::chrono::milliseconds steady() const override;
};

// "2026-11-24T02:18:22Z", with ".123" when there are milliseconds.
std::string to_rfc3339(TimePoint time);
// Reads RFC 3339 with any offset, and a date alone ("2026-01-01", midnight UTC).
std::optional<TimePoint> parse_rfc3339(std::string_view text);

// "250ms", "5s", "10m", "2h", "3d". Nothing for another text or a negative number.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
std::string to_text(std::chrono::milliseconds duration);

}  // namespace navette
