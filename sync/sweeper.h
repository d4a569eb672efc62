// Reads tickets again whose system does not tell of every change (Description::quiet_changes): an
// edited note of Redmine moves no time stamp. Only tickets that were worked on lately are read,
// each about once a minute; a difference becomes a change like any other, nothing else is
// journalled.
//
// Threads: the loop's.

#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>

#include "sync/core.h"
#include "sync/dispatcher.h"

namespace navette {

class Sweeper {
 public:
  static constexpr std::size_t kTicketsMax = 300;
  static constexpr std::chrono::seconds kEvery{60};
  static constexpr std::chrono::hours kLately{24};

  Sweeper(Core& core, Dispatcher& dispatcher, Dispatcher::FlowOf flow_of)
      : core_(core), dispatcher_(dispatcher), flow_of_(std::move(flow_of)) {}

  // A run was about this link.
  void note(const std::string& flow, std::int64_t link);
  // Called often; reads at most one ticket, when one is due.
  void tick();

 private:
  struct Watched {
    std::string flow;
    std::int64_t link = 0;
    std::int64_t worked_at = 0;  // both by the steady clock: that of the wall may be set back
    std::int64_t due_at = 0;
  };
  using Queue = std::list<Watched>;

  Task<> look(Watched watched);
  Task<> look_at(FlowPtr flow, LinkRow link, Side side);

  Core& core_;
  Dispatcher& dispatcher_;
  Dispatcher::FlowOf flow_of_;
  Queue queue_;  // the next one due in front
  std::unordered_map<std::int64_t, Queue::iterator> by_link_;
  bool looking_ = false;
};

}  // namespace navette
