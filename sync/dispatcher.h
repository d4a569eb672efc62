// Decides which ticket is looked at next: one run at a time for a ticket and its twin, many tickets
// side by side, oldest change first, and nothing waits for a system that another flow needs.
//
// Threads: the loop's.

#pragma once

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
  // A change that failed so often since the start, for reasons of its own, is dead. What the store
  // counts are all tries, those that a system spoiled too.
  static constexpr int kAttemptsMax = 12;

  using FlowOf = std::function<FlowPtr(const std::string& name)>;

  Dispatcher(Core& core, FlowOf flow_of);

  // Take up every pending change of our flows that the store holds and that was not taken up yet.
  void take_in();
  // These flows are ours from now on: their pending changes may be older than what take_in() knows.
  void take_in_flows(const std::vector<std::string>& flows);
  // These are not any more: what is not in hand is forgotten here; it stays in the store.
  void forget_flows(const std::vector<std::string>& flows);
  // Take up changes that are pending again; they have been taken up before.
  void take_up(const std::vector<ChangeRow>& changes);
  // How a change that a replay made pending is to be run.
  void on_replayed(std::function<RunOrder(std::int64_t replay, std::int64_t change)> order_of) {
    order_of_ = std::move(order_of);
  }
  // Start what can be started; cheap when nothing can.
  void pump();
  // Called often: writes down what runs that got stuck are waiting for.
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

  std::size_t queued() const { return entries_.size(); }
  std::size_t queued(const std::string& flow) const;
  int in_hand() const { return running_; }

 private:
  struct Entry {
    std::string flow;
    Side side = Side::kClient;
    std::string id;
    std::vector<std::int64_t> seqs;
    std::string correlation;
    int attempts = 0;
    std::int64_t seen_at = 0;  // when the first of them was received
    std::int64_t not_before = 0;
    std::int64_t link = 0;  // the number that its link had, or was to have
    bool running = false;
    std::string stuck_on;    // why a run under way does not end, as last written down
    std::string stalled_on;  // a system
    std::string stall_reason;
  };
  class RunLocks;

  void add(const ChangeRow& change);
  void ready(const std::string& key);
  void ready_at(const std::string& key, std::int64_t not_before);
  bool start(const std::string& key);
  void stall(const std::string& key, Entry& entry, const std::string& system,
             const std::string& reason);
  void note_waiting(const Entry& entry, std::vector<std::int64_t> seqs);
  Task<> run(std::string key, FlowPtr flow, std::vector<std::string> locks);
  RunOrder order_for(const Entry& entry);
  Task<> conclude(std::string key, std::vector<std::int64_t> seqs, RunResult result);
  void note_dead(const Entry& entry, const std::vector<std::int64_t>& seqs, const RunResult& result,
                 Batch& batch);
  void supersede(const Entry& entry, const std::vector<std::int64_t>& seqs, const RunResult& result,
                 Batch& batch);
  bool may_have_dead(const std::string& flow);
  Task<> defer(std::string key, std::vector<std::int64_t> seqs, RunResult result);
  void release(const std::vector<std::string>& locks);
  void drop_if_empty(const std::string& key);

  Core& core_;
  FlowOf flow_of_;
  std::unordered_map<std::string, Entry> entries_;  // by key_of()
  // By flow: what can be started, the oldest change first: (its seq, key).
  std::map<std::string, std::set<std::pair<std::int64_t, std::string>>> ready_;
  std::map<std::string, int> running_of_;                              // runs in hand, by flow
  std::unordered_set<std::string> locks_;                              // keys of entities in hand
  std::unordered_map<std::string, std::vector<std::string>> waiters_;  // lock -> entries
  std::map<std::string, std::set<std::string>> stalled_;               // system -> entries
  std::unordered_map<std::int64_t, std::int64_t> replayed_;  // pending by a replay: change, replay
  // Flows that had a dead change since we started, or then; nothing: not asked yet.
  std::optional<std::set<std::string>> dead_flows_;
  std::int64_t taken_in_ = 0;  // seq of the newest change that we know
  int running_ = 0;
  bool draining_ = false;
  bool pump_posted_ = false;
  std::function<void()> idle_;
  std::function<RunOrder(std::int64_t, std::int64_t)> order_of_;
  std::function<void(const std::string&, std::int64_t)> on_run_;
};

}  // namespace navette
