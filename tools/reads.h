// Reading many tickets for a command that looks at all of them: some at the same time, and again
// where a system fails for a moment. Nothing here can write to a system.
//
// Threads: the loop's.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sync/core.h"

namespace navette::tools {

class Reads {
 public:
  static constexpr int kAtOnce = 4;
  static constexpr int kTries = 3;
  static constexpr std::chrono::milliseconds kPauseFirst{1000};

  using Next = std::function<std::optional<Task<>>()>;

  explicit Reads(const EngineContext& context) : core_(context) {}

  Core& core() { return core_; }
  std::int64_t calls() const { return calls_; }

  Task<Result<Record>> fetch(FlowPtr flow, Side side, std::string id);
  Task<Result<Page>> list(std::string system, PollRequest request);
  Task<> pause(std::chrono::milliseconds span);
  // The tasks that `next` gives until it gives none, kAtOnce of them at a time.
  Task<> side_by_side(Next next);

 private:
  Task<> worker(Next& next, int& running, std::function<void(bool)> done);

  Core core_;
  std::int64_t calls_ = 0;
};

}  // namespace navette::tools
