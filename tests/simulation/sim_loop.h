// A Loop whose time is made up: nothing waits, everything happens in an order that a seed decides.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/loop.h"
#include "base/random.h"

namespace navette::test {

class SimLoop final : public Loop {
 public:
  explicit SimLoop(std::uint64_t seed) : random_(seed) {}

  TimePoint now() const override { return start_ + now_ + skew_; }
  std::chrono::milliseconds steady() const override { return now_; }
  TimePoint true_now() const { return start_ + now_; }  // whatever the hub's clock shows
  void post(Work work) override { after(std::chrono::milliseconds(0), std::move(work)); }
  TimerId after(std::chrono::milliseconds delay, Work work) override;
  void cancel(TimerId timer) override;

  // From now on the hub's wall clock shows so much more (or less).
  void jump(std::chrono::milliseconds by) { skew_ += by; }

  // Run what is due within `span` of simulated time. Says how much work ran.
  std::size_t run_for(std::chrono::milliseconds span);
  // Run until `done` says so; false when it still does not after `span`.
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds span);
  // Forget all work, as a killed process does.
  void drop_all() {
    queue_.clear();
    by_id_.clear();
  }

  Random& random() { return random_; }

 private:
  bool step(std::chrono::milliseconds until);

  struct Entry {
    TimerId id;
    Work work;
  };
  TimePoint start_{std::chrono::milliseconds(1'764'000'000'000)};
  std::chrono::milliseconds now_{0};
  std::chrono::milliseconds skew_{0};
  TimerId next_ = 1;
  // Equal times: in the order of posting, as a real loop keeps it.
  using Queue = std::multimap<std::chrono::milliseconds, Entry>;
  Queue queue_;
  std::unordered_map<TimerId, Queue::iterator> by_id_;
  Random random_;
};

}  // namespace navette::test
