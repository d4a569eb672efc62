// Decides which ticket is looked at next: one run at a time for a ticket and its twin, many tickets
// side by side, oldest change first, and nothing waits for a system that another flow needs.
//
// What is pending lies in the store. Here is a window on it, of bounded size for each flow and
// lane, that is filled up from the store as it empties: however much is pending costs no memory.
// What has to wait for a time leaves the window, and comes back when the time has come, with all
// that came of the same ticket meanwhile; what waits for a system stays in the store, and that is
// written down once for its flow.
//
// Threads: the loop's.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "sync/core.h"
#include "sync/reconciler.h"

namespace navette {

class Dispatcher {
 public:
  // Runs of one flow at the same time are Flow::runs_max: each waits on a system most of its time,
  // so they are twice as many as the calls that both systems take at a time, and at least so many.
  // A limit for each flow, so that one whose system is silent takes no place from the others; and
  // no larger one, since what another flow wants of the same system waits behind all of them.
  static constexpr int kRunsMin = 8;
  // One place of so many is kept for the live lane, which is not to wait for all the others.
  static constexpr int kRunsToOneKept = 4;
  // A change that failed so often, for reasons of its own, is dead.
  static constexpr int kAttemptsMax = 12;
  // Tickets in memory: of all flows, and of one lane of one flow.
  static constexpr std::size_t kEntriesMax = 6144;
  static constexpr std::size_t kWindowMax = 256;
  static constexpr std::size_t kWindowMin = 16;
  // Changes of the tickets in memory, of one lane of one flow.
  static constexpr std::size_t kChangesMax = 1024;
  // Changes of one ticket that come back together.
  static constexpr int kGatheredMax = 256;
  // Nothing waits longer than this before it is tried again.
  static constexpr std::chrono::minutes kDelayMax{5};
  // With so many pending changes a flow is not asked for more.
  static constexpr std::int64_t kPendingMax = 1'000'000;

  using FlowOf = std::function<FlowPtr(const std::string& name)>;

  Dispatcher(Core& core, FlowOf flow_of);

  // These flows are ours from now on, with whatever the store holds of them.
  void take_in_flows(const std::vector<std::string>& flows);
  // The store holds new changes of this flow and lane.
  void take_in(const std::string& flow, Lane lane);
  // Others may have journalled changes, for repair.
  void take_in();
  // These flows are not ours any more: what is not in hand is forgotten here; it stays in the
  // store.
  void forget_flows(const std::vector<std::string>& flows);
  // Changes that had ended are pending again.
  void take_up(const std::vector<ChangeRow>& changes);
  // How a change that a replay made pending is to be run.
  void on_replayed(std::function<RunOrder(std::int64_t replay, std::int64_t change)> order_of) {
    order_of_ = std::move(order_of);
  }
  // Start what can be started; cheap when nothing can.
  void pump();
  // Called often: writes down which flows are stalled, and why.
  void tick();
  // A system is well again, or connected: what waited for it goes on.
  void wake(const std::string& system);
  // Called after each run with its flow and link.
  void on_run(std::function<void(const std::string&, std::int64_t)> callback) {
    on_run_ = std::move(callback);
  }
  // Systems that something waits for.
  std::vector<std::string> stalled_systems() const;
  // After this nothing is started; `idle` runs once no run is in hand.
  void drain(std::function<void()> idle);

  // Tickets in memory.
  std::size_t queued() const { return entries_.size(); }
  std::size_t queued(const std::string& flow) const;
  // Whether so much of this flow is pending that it should not be asked for more.
  bool backed_up(const std::string& flow);
  // Whether changes of this lane, of any flow, wait outside the window.
  bool behind(Lane lane) const;
  int in_hand() const { return running_; }

 private:
  struct Change {
    std::int64_t seq = 0;
    std::int64_t replay = 0;  // pending by it; 0: by none
    Lane lane = Lane::kLive;
    bool waited = false;  // the store has it among those that had to wait
  };
  struct Entry {
    std::string flow;
    Side side = Side::kClient;
    std::string id;
    Lane lane = Lane::kLive;      // the most urgent of its changes
    std::vector<Change> changes;  // by seq
    std::string correlation;
    int attempts = 0;
    std::int64_t seen_at = 0;     // when the first of them was received
    std::int64_t not_before = 0;  // by time_ms(): its end could not be written down
    std::int64_t link = 0;        // the number that its link had, or was to have
    bool running = false;
    bool locked_out = false;     // waits for a ticket that another run has in hand
    std::int64_t ready_seq = 0;  // as it stands in the lane's `ready`; 0: it does not
  };
  // What of one lane of one flow is in memory, and where the store goes on.
  struct Window {
    std::set<std::pair<std::int64_t, std::string>> ready;  // the oldest change first: (seq, key)
    std::size_t entries = 0;
    std::size_t changes = 0;
    std::size_t waited = 0;   // of the changes
    std::int64_t cursor = 0;  // fresh ones up to here are known
    bool more = true;         // there may be fresh ones beyond
    std::int64_t due_at = 0;  // when one that waits becomes due, by time_ms()
    int running = 0;
  };
  struct Queue {
    std::array<Window, kLaneCount> lanes;
    std::string stalled_on;              // a system
    std::optional<std::string> written;  // the stall as the store has it; nothing: not known
    int running = 0;
    unsigned turn = 0;
    Window& of(Lane lane) { return lanes[static_cast<std::size_t>(lane)]; }
    bool empty() const;
  };
  class RunLocks;

  std::size_t window_max() const;
  void refill(const std::string& flow, Queue& queue, Lane lane);
  void refill_due(const std::string& flow, Window& window, Lane lane, int room);
  bool hasten(const std::string& flow);
  void add(const ChangeRow& change);
  void set_lane(const std::string& key, Entry& entry, Lane lane);
  void remove_changes(Entry& entry, const std::vector<std::int64_t>& seqs);
  void drop_if_empty(const std::string& key);
  void ready(const std::string& key);
  void ready_at(const std::string& key, std::int64_t not_before);
  void post_pump();
  void pump_flow(const std::string& flow, Queue& queue);
  bool stalled(const std::string& flow, Queue& queue);
  std::optional<Lane> next_lane(Queue& queue, int runs_max) const;
  void start(const std::string& key, const FlowPtr& flow, Queue& queue);
  void write_stall(const std::string& flow, Queue& queue);
  void wake_at(std::int64_t time);
  void take_due();
  std::optional<RunResult> gather(const Entry& entry);
  Task<> run(std::string key, FlowPtr flow, std::vector<std::string> locks);
  RunOrder order_for(const Entry& entry);
  Task<> conclude(std::string key, std::vector<std::int64_t> seqs, RunResult result);
  void note_dead(const Entry& entry, const std::vector<std::int64_t>& seqs, const RunResult& result,
                 Batch& batch);
  void supersede(const Entry& entry, const std::vector<std::int64_t>& seqs, const RunResult& result,
                 Batch& batch);
  bool may_have_dead(const std::string& flow);
  Task<> defer(std::string key, std::vector<std::int64_t> seqs, RunResult result);
  std::int64_t delay_of(const RunResult& result, bool own_fault, int attempts);
  void release(const std::vector<std::string>& locks);

  Core& core_;
  FlowOf flow_of_;
  std::unordered_map<std::string, Entry> entries_;  // by key_of()
  std::map<std::string, Queue> queues_;             // by flow; those that are ours
  std::unordered_set<std::string> locks_;           // keys of entities in hand
  std::unordered_map<std::string, std::vector<std::string>> waiters_;  // lock -> entries
  // Flows that had a dead change since we started, or then; nothing: not asked yet.
  std::optional<std::set<std::string>> dead_flows_;
  std::int64_t wake_time_ = 0;  // when the timer goes off; 0: it does not
  Loop::TimerId timer_ = 0;
  int running_ = 0;
  std::map<std::string, int> running_on_;  // by system
  bool draining_ = false;
  bool pump_posted_ = false;
  std::function<void()> idle_;
  std::function<RunOrder(std::int64_t, std::int64_t)> order_of_;
  std::function<void(const std::string&, std::int64_t)> on_run_;
};

}  // namespace navette
