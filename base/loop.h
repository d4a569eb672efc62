// The one thread on which the engine lives: timers and posted work, in order.
//
// The hub runs it over ZeroMQ's poll (bus/reactor.h); a simulation runs it over a fake clock and a
// seeded scheduler.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "base/clock.h"

namespace navette {

class Loop {
 public:
  using Work = std::function<void()>;
  using TimerId = std::uint64_t;

  virtual ~Loop() = default;
  virtual TimePoint now() const = 0;
  virtual std::chrono::milliseconds steady() const = 0;

  // Runs `work` soon on the loop's thread, never inside this call. Safe from any thread.
  virtual void post(Work work) = 0;
  // Runs `work` once, `delay` from now. Loop thread only.
  virtual TimerId after(std::chrono::milliseconds delay, Work work) = 0;
  // A timer that ran or was cancelled already is ignored. Loop thread only.
  virtual void cancel(TimerId timer) = 0;
};

}  // namespace navette
