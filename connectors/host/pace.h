// Spreads requests so that no more than so many fall into any span of a given length.
//
// A tenth of them may come at once, the others evenly (the generic cell rate algorithm of ITU-T
// I.371): a system that counts by the minute or by the hour never counts too many, wherever its
// minute begins.
//
// Threads: any. Each is given its own turn, in the order in which they ask.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace navette {

class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // REQUIRES: count >= 1, period > 0.
  Pace(std::int64_t count, std::chrono::nanoseconds period)
      : at_once_(std::max<std::int64_t>(1, count / 10)),
        step_(period / std::max<std::int64_t>(1, count - at_once_)) {}

  // Takes the next turn; in how long it is, rounded up. It is used up also when it is let pass.
  std::chrono::milliseconds take(Time now) {
    const std::scoped_lock lock(mutex_);
    next_ = std::max(next_, now);
    const auto wait = next_ - step_ * (at_once_ - 1) - now;
    next_ += step_;
    return std::max(std::chrono::milliseconds(0),
                    std::chrono::ceil<std::chrono::milliseconds>(wait));
  }

 private:
  std::int64_t at_once_;
  std::chrono::nanoseconds step_;
  std::mutex mutex_;
  Time next_;
};

}  // namespace navette
