#include "tests/simulation/sim_loop.h"

#include <algorithm>

namespace navette::test {

Loop::TimerId SimLoop::after(std::chrono::milliseconds delay, Work work) {
  const TimerId id = next_++;
  by_id_[id] = queue_.emplace(now_ + std::max(delay, std::chrono::milliseconds(0)),
                              Entry{id, std::move(work)});
  return id;
}

void SimLoop::cancel(TimerId timer) {
  const auto found = by_id_.find(timer);
  if (found == by_id_.end()) return;
  queue_.erase(found->second);
  by_id_.erase(found);
}

bool SimLoop::step(std::chrono::milliseconds until) {
  if (queue_.empty() || queue_.begin()->first > until) return false;
  auto first = queue_.begin();
  now_ = std::max(now_, first->first);
  const Work work = std::move(first->second.work);
  by_id_.erase(first->second.id);
  queue_.erase(first);
  work();
  return true;
}

std::size_t SimLoop::run_for(std::chrono::milliseconds span) {
  const auto until = now_ + span;
  std::size_t ran = 0;
  while (step(until)) ++ran;
  now_ = until;
  return ran;
}

bool SimLoop::run_until(const std::function<bool()>& done, std::chrono::milliseconds span) {
  const auto until = now_ + span;
  while (!done()) {
    if (!step(until)) return false;
  }
  return true;
}

}  // namespace navette::test
