// Asks one side of one flow for what changed, journals it together with the cursor that follows,
// and hands it to the dispatcher. The cursor never runs ahead of the journal.
//
// Threads: the loop's.

#pragma once

#include <chrono>
#include <string>

#include "base/loop.h"
#include "sync/core.h"
#include "sync/dispatcher.h"

namespace navette {

class Poller {
 public:
  Poller(Core& core, Dispatcher& dispatcher, FlowPtr flow, Side side,
         std::chrono::milliseconds interval);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  void start();
  // Poll now, or once more when a poll is under way.
  void poke();
  // No further poll; one under way is journalled still.
  void stop();
  void reconfigure(FlowPtr flow, std::chrono::milliseconds interval);
  const std::string& system() const { return flow_->system(side_); }

 private:
  void schedule(std::chrono::milliseconds delay);
  Task<> poll();
  Task<bool> poll_page();

  Core& core_;
  Dispatcher& dispatcher_;
  FlowPtr flow_;
  Side side_;
  std::chrono::milliseconds interval_;
  Loop::TimerId timer_ = 0;
  bool stopped_ = false;
  bool polling_ = false;
  bool again_ = false;
};

}  // namespace navette
