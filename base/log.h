// Where events become log lines: sentences for people on a terminal, JSON lines otherwise.
//
//   12:03:04.123 WARN  A system does not answer. system=tracker cause="connection refused"
//   {"time":"2026-11-24T12:03:04.123Z","level":"warn","event":"system_down","message":"A system
//   ...",
//    "system":"tracker","cause":"connection refused"}
//
// One event is one line, whatever its values hold: control characters, line breaks, terminal
// escapes and marks that turn the direction of text are written as \n, \u{1b} and so on, bytes that
// are no UTF-8 as U+FFFD, and a value longer than kLogValueBytesMax is cut.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/event.h"

namespace navette {

inline constexpr std::size_t kLogValueBytesMax = 4096;
inline constexpr std::size_t kLogLinesWaitingMax = 2048;

enum class LogFormat : unsigned char {
  kAuto,  // kPeople on a terminal, else kJson
  kPeople,
  kJson,
};

struct LogOptions {
  int fd = 2;  // borrowed, written to and never closed
  LogFormat format = LogFormat::kAuto;
  Level level = Level::kInfo;  // events below it are not written
  // Nothing: on a terminal that has no NO_COLOR and is not "dumb".
  std::optional<bool> colour = {};
};

std::string_view to_text(Level level);  // "debug", "info", "warn", "error"
std::optional<Level> parse_level(std::string_view text);

// The text with everything escaped that could end the line, steer the terminal, or show other text
// in a false order; as log lines have it. For whatever comes from outside and is shown to people.
std::string printable(std::string_view text);

// One line, without its line break. `at` is shown in UTC.
std::string line_for_people(const Event& event, TimePoint at, bool colour);
std::string line_as_json(const Event& event, TimePoint at);

// Lines are written by a thread of its own: a terminal that stands still holds up nobody. When more
// than kLogLinesWaitingMax wait, the oldest are dropped, and the next line says how many.
// The destructor writes what waits.
//
// Threads: safe from any thread, but for construction and destruction.
class Log final : public EventSink {
 public:
  // `clock` is borrowed and outlives this.
  Log(const Clock& clock, const LogOptions& options);
  ~Log() override;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void emit(const Event& event) noexcept override;
  void set_level(Level level);
  // Waits until what was emitted before is written, `how_long` at the most.
  void flush(std::chrono::milliseconds how_long);
  // How many lines were dropped since the start.
  std::uint64_t dropped() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Gives each event to every one of its sinks, in order. Sinks are borrowed and outlive this.
// Threads: as its sinks.
class FanOut final : public EventSink {
 public:
  explicit FanOut(std::vector<EventSink*> sinks) : sinks_(std::move(sinks)) {}
  void emit(const Event& event) noexcept override {
    for (EventSink* sink : sinks_) sink->emit(event);
  }

 private:
  std::vector<EventSink*> sinks_;
};

}  // namespace navette
