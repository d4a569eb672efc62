// Something that happened and that an operator may want to know: a log line and a counter in one,
// so that the two cannot disagree.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace navette {

enum class Level : unsigned char {
  kDebug,  // per change
  kInfo,   // start, stop, reload
  kWarn,   // recovered, or will recover by itself
  kError,  // a person must act
};

struct Event {
  Level level = Level::kInfo;
  std::string_view name;      // "change_delivered": the counter's label; a constant
  std::string_view sentence;  // "A change reached the other side."; a constant
  // What it is about: flow, system, link, ... Never a secret, never the body of a record.
  std::vector<std::pair<std::string_view, std::string>> fields = {};
};

// Threads: emit() is safe from any thread and does not block for long.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void emit(const Event& event) noexcept = 0;
};

}  // namespace navette
