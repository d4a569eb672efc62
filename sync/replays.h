// Runs the replays that the store holds: makes their changes pending again in their order, no
// faster than told, and closes a replay once each of its changes has ended.
//
// The cursor of a replay moves in the transaction that makes its changes pending, so one that was
// killed goes on where it was, and nothing is taken up twice. Where several hubs share the store,
// the one that has the flow of the next change goes on with it.
//
// Threads: the loop's.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sync/core.h"
#include "sync/dead_letters.h"
#include "sync/reconciler.h"

namespace navette {

// Makes a flow of the text that the store keeps under a configuration's hash.
using ConfigReader =
    std::function<Result<FlowConfig>(const std::string& hash, const std::string& text)>;

class Replays {
 public:
  using FlowOf = std::function<FlowPtr(const std::string& name)>;
  // Takes up changes that are pending again.
  using TakeUp = std::function<void(const std::vector<ChangeRow>&)>;
  // Whether more of them are pending than can be run soon: no more are handed out then.
  using Behind = std::function<bool()>;

  Replays(Core& core, FlowOf flow_of, TakeUp take_up, Behind behind);

  void read_configs_with(ConfigReader reader) { reader_ = std::move(reader); }
  // Look at the open replays of the store, and go on with each. Cheap when nothing is new.
  void take_in();
  void stop() { stopped_ = true; }

  // How a change that is pending because of a replay is to be run.
  RunOrder order_of(std::int64_t replay, std::int64_t change);

 private:
  Task<> run(std::int64_t id);
  // Says how long to wait before the next step; negative: it is closed.
  Task<std::chrono::milliseconds> step(ReplayRow row);
  Task<std::chrono::milliseconds> hand_out(ReplayRow row, ReplayState state,
                                           std::vector<ChangeRow> rows);
  Task<std::chrono::milliseconds> close_if_ended(ReplayRow row, ReplayState state);
  // Why this change can't be run as the replay wants; empty: it can.
  std::string obstacle(const ReplayState& state, const ChangeRow& change);
  Result<FlowPtr> flow_then(const std::string& name, const std::string& hash);

  Core& core_;
  FlowOf flow_of_;
  TakeUp take_up_;
  Behind behind_;
  ConfigReader reader_;
  std::set<std::int64_t> running_;
  std::map<std::string, FlowPtr> then_;  // by hash; a null one can't be read
  bool stopped_ = false;
};

}  // namespace navette
