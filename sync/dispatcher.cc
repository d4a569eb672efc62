#include "sync/dispatcher.h"

#include <algorithm>

namespace navette {
namespace {

constexpr std::int64_t kBackoffFirstMs = 1000;
constexpr std::int64_t kBackoffMaxMs = 300'000;
constexpr int kTakeInRows = 500;

}  // namespace

class Dispatcher::RunLocks final : public Locks {
 public:
  RunLocks(std::unordered_set<std::string>& all, std::vector<std::string>& mine)
      : all_(all), mine_(mine) {}
  bool held(const std::string& key) const override { return all_.contains(key); }
  bool take(const std::string& key) override {
    if (std::find(mine_.begin(), mine_.end(), key) != mine_.end()) return true;
    if (!all_.insert(key).second) return false;
    mine_.push_back(key);
    return true;
  }

 private:
  std::unordered_set<std::string>& all_;
  std::vector<std::string>& mine_;
};

Dispatcher::Dispatcher(Core& core, FlowOf flow_of) : core_(core), flow_of_(std::move(flow_of)) {}

void Dispatcher::take_in() {
  ChangeFilter filter;
  filter.disposition = Disposition::kPending;
  filter.limit = kTakeInRows;
  while (true) {
    filter.after_seq = taken_in_;
    auto changes = core_.context().store.changes(filter);
    if (!changes || changes->empty()) return;
    for (const ChangeRow& change : *changes) add(change);
    taken_in_ = changes->back().seq;
  }
}

void Dispatcher::take_in_flows(const std::vector<std::string>& flows) {
  for (const std::string& flow : flows) {
    ChangeFilter filter;
    filter.flow = flow;
    filter.disposition = Disposition::kPending;
    filter.limit = kTakeInRows;
    while (filter.after_seq < taken_in_) {
      auto changes = core_.context().store.changes(filter);
      if (!changes || changes->empty()) break;
      for (const ChangeRow& change : *changes) {
        if (change.seq > taken_in_) break;
        const std::string key = key_of(change.flow, change.side, change.entity_id);
        const auto known = entries_.find(key);
        const bool has = known != entries_.end() &&
                         std::find(known->second.seqs.begin(), known->second.seqs.end(),
                                   change.seq) != known->second.seqs.end();
        // One that was in hand when its flow was lost is known, and waits for nothing.
        if (has) {
          ready(key);
        } else {
          add(change);
        }
      }
      filter.after_seq = changes->back().seq;
    }
  }
}

void Dispatcher::forget_flows(const std::vector<std::string>& flows) {
  for (const std::string& flow : flows) {
    ready_.erase(flow);
    std::erase_if(entries_, [&flow](const auto& entry) {
      return entry.second.flow == flow && !entry.second.running;
    });
  }
}

void Dispatcher::take_up(const std::vector<ChangeRow>& changes) {
  for (const ChangeRow& change : changes) add(change);
}

void Dispatcher::add(const ChangeRow& change) {
  if (!flow_of_(change.flow)) return;  // take_in_flows() finds it when the flow is ours
  const std::string key = key_of(change.flow, change.side, change.entity_id);
  Entry& entry = entries_[key];
  if (entry.seqs.empty() && !entry.running) {
    entry.flow = change.flow;
    entry.side = change.side;
    entry.id = change.entity_id;
    entry.correlation = change.correlation;
    entry.seen_at = change.received_at;
  }
  if (change.link != 0) entry.link = change.link;
  if (change.replay != 0) replayed_[change.seq] = change.replay;
  entry.seqs.insert(std::lower_bound(entry.seqs.begin(), entry.seqs.end(), change.seq), change.seq);
  if (!entry.stalled_on.empty()) note_waiting(entry, {change.seq});
  if (change.next_at > core_.now_ms()) {
    ready_at(key, change.next_at);
  } else if (!entry.running && entry.stalled_on.empty() && entry.not_before <= core_.now_ms()) {
    ready(key);
  }
}

void Dispatcher::ready(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.running || found->second.seqs.empty()) return;
  ready_[found->second.flow].insert({found->second.seqs.front(), key});
  if (pump_posted_) return;
  pump_posted_ = true;
  core_.post([this] {
    pump_posted_ = false;
    pump();
  });
}

void Dispatcher::ready_at(const std::string& key, std::int64_t not_before) {
  entries_[key].not_before = not_before;
  // The clock may have been set back since: no wait is longer than the longest that we ask for.
  const std::int64_t delay =
      std::clamp<std::int64_t>(not_before - core_.now_ms(), 0, kBackoffMaxMs);
  core_.after(std::chrono::milliseconds(delay), [this, key] {
    const auto found = entries_.find(key);
    if (found != entries_.end()) found->second.not_before = 0;
    ready(key);
  });
}

void Dispatcher::pump() {
  // What can't be written down is not begun.
  if (draining_ || !core_.store_trouble().empty()) return;
  for (auto& [name, waiting] : ready_) {
    const FlowPtr flow = flow_of_(name);
    const int runs_max = flow ? flow->runs_max : kRunsMin;
    int& running = running_of_[name];
    while (running < runs_max && !waiting.empty()) {
      const std::string key = waiting.begin()->second;
      waiting.erase(waiting.begin());
      start(key);
    }
  }
}

void Dispatcher::tick() {
  for (auto& [key, entry] : entries_) {
    if (!entry.running) continue;
    const FlowPtr flow = flow_of_(entry.flow);
    if (!flow) continue;
    for (const Side side : {Side::kClient, Side::kProvider}) {
      const std::string trouble = core_.trouble_of(flow->system(side));
      if (trouble.empty() || !entry.stuck_on.empty()) continue;
      entry.stuck_on = flow->system(side) + ": " + trouble;
      entry.stall_reason = entry.stuck_on;
      note_waiting(entry, entry.seqs);
    }
  }
}

bool Dispatcher::start(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.running || found->second.seqs.empty()) return false;
  Entry& entry = found->second;
  const FlowPtr flow = flow_of_(entry.flow);
  if (!flow) return false;  // the flow is not configured any more: its changes stay in the store
  for (const Side side : {Side::kClient, Side::kProvider}) {
    const std::string trouble = core_.trouble_of(flow->system(side));
    if (trouble.empty()) continue;
    stall(key, entry, flow->system(side), flow->system(side) + ": " + trouble);
    return false;
  }
  std::vector<std::string> locks{key};
  auto link = core_.context().store.link_of(entry.flow, entry.side, entry.id);
  if (link && *link && !(*link)->id_of(other(entry.side)).empty())
    locks.push_back(key_of(entry.flow, other(entry.side), (*link)->id_of(other(entry.side))));
  for (const std::string& lock : locks) {
    if (!locks_.contains(lock)) continue;
    waiters_[lock].push_back(key);
    return false;
  }
  locks_.insert(locks.begin(), locks.end());
  entry.running = true;
  entry.stuck_on.clear();
  ++running_;
  ++running_of_[entry.flow];
  core_.spawn(run(key, flow, std::move(locks)));
  return true;
}

void Dispatcher::stall(const std::string& key, Entry& entry, const std::string& system,
                       const std::string& reason) {
  entry.stalled_on = system;
  entry.stall_reason = reason;
  stalled_[system].insert(key);
  note_waiting(entry, entry.seqs);
}

// So that `status` can say what waits, why, and since when.
void Dispatcher::note_waiting(const Entry& entry, std::vector<std::int64_t> seqs) {
  Batch batch;
  batch.push_back(DeferChanges{std::move(seqs), entry.stall_reason, 0, core_.now_ms()});
  core_.spawn([](Core& core, Batch deferred) -> Task<> {
    static_cast<void>(co_await core.commit(std::move(deferred)));
  }(core_, std::move(batch)));
}

std::vector<std::string> Dispatcher::stalled_systems() const {
  std::vector<std::string> systems;
  for (const auto& [system, keys] : stalled_) {
    if (!keys.empty()) systems.push_back(system);
  }
  return systems;
}

void Dispatcher::wake(const std::string& system) {
  const auto found = stalled_.find(system);
  if (found == stalled_.end()) return;
  const std::set<std::string> keys = std::exchange(found->second, {});
  for (const std::string& key : keys) {
    const auto entry = entries_.find(key);
    if (entry == entries_.end()) continue;
    entry->second.stalled_on.clear();
    ready(key);
  }
}

Task<> Dispatcher::run(std::string key, FlowPtr flow, std::vector<std::string> locks) {
  const Entry entry = entries_.at(key);
  RunLocks run_locks(locks_, locks);
  Reconciler reconciler(core_, run_locks, flow, entry.side, entry.id, entry.correlation,
                        entry.seen_at, order_for(entry));
  RunResult result = co_await reconciler.run();
  if (on_run_ && result.disposition != Disposition::kDead) on_run_(entry.flow, result.link);
  if (result.kind == RunResult::Kind::kEnd) {
    co_await conclude(key, entry.seqs, std::move(result));
  } else if (result.kind == RunResult::Kind::kDefer) {
    co_await defer(key, entry.seqs, std::move(result));
  } else {
    entries_.at(key).running = false;
    if (!result.wait_for.empty() && locks_.contains(result.wait_for)) {
      waiters_[result.wait_for].push_back(key);
    } else {
      ready(key);
    }
  }
  release(locks);
  --running_;
  --running_of_[entry.flow];
  if (draining_ && running_ == 0 && idle_) std::exchange(idle_, nullptr)();
  pump();
}

RunOrder Dispatcher::order_for(const Entry& entry) {
  RunOrder order;
  for (const std::int64_t seq : entry.seqs) {
    const auto replay = replayed_.find(seq);
    if (replay == replayed_.end() || !order_of_) continue;
    order = order_of_(replay->second, seq);
    if (!order.patch.is_null()) break;
  }
  order.link = entry.link;
  return order;
}

// A dead change is kept whole: with what was read, and a line in the journal.
void Dispatcher::note_dead(const Entry& entry, const std::vector<std::int64_t>& seqs,
                           const RunResult& result, Batch& batch) {
  if (dead_flows_) dead_flows_->insert(entry.flow);
  Json data = Json::object();
  Json& changes = data.set("changes", Json::array());
  for (const std::int64_t seq : seqs) {
    changes.push(seq);
    // An edit was made of the payload that is there: that one stays.
    auto edit = core_.context().store.edit(seq);
    if (!result.read.empty() && edit && !*edit) batch.push_back(SetPayload{seq, result.read});
  }
  data.set("reason", result.reason);
  EventRow event{0,      core_.now_ms(),    entry.flow, result.link,
                 "dead", entry.correlation, data.dump()};
  batch.push_back(AddEvent{std::move(event)});
}

bool Dispatcher::may_have_dead(const std::string& flow) {
  if (!dead_flows_) {
    auto counts = core_.context().store.counts();
    if (!counts) return true;
    dead_flows_.emplace();
    for (const FlowCounts& one : *counts) {
      if (one.by[static_cast<int>(Disposition::kDead)] > 0) dead_flows_->insert(one.flow);
    }
  }
  return dead_flows_->contains(flow);
}

// A pair of tickets that has been brought together has no older errors: a run reads both as they
// are now, so whatever a dead change of theirs had to tell has been seen.
void Dispatcher::supersede(const Entry& entry, const std::vector<std::int64_t>& seqs,
                           const RunResult& result, Batch& batch) {
  Store& store = core_.context().store;
  const bool replayed = std::any_of(seqs.begin(), seqs.end(),
                                    [&](std::int64_t seq) { return replayed_.contains(seq); });
  if (result.link == 0 || (!replayed && !may_have_dead(entry.flow))) return;
  auto link = store.link(result.link);
  if (!link || !*link) return;
  Json data = Json::object();
  Json closed = Json::array();
  MoveChanges move{{},
                   Disposition::kDead,
                   Disposition::kDelivered,
                   "superseded by change " + std::to_string(seqs.back()) + " of the same tickets",
                   core_.now_ms()};
  for (const Side side : {Side::kClient, Side::kProvider}) {
    ChangeFilter filter;
    filter.flow = entry.flow;
    filter.side = side;
    filter.entity_id = (*link)->id_of(side);
    filter.disposition = Disposition::kDead;
    if (filter.entity_id.empty()) continue;
    auto dead = store.changes(filter);
    for (const ChangeRow& change : dead ? *dead : std::vector<ChangeRow>()) {
      move.seqs.push_back(change.seq);
      closed.push(change.seq);
    }
  }
  auto commands = store.commands(result.link, false);
  for (CommandRow& row : commands ? *commands : std::vector<CommandRow>()) {
    if (row.phase != "dead") continue;
    row.phase = "superseded";
    batch.push_back(PutCommand{row});
  }
  for (const std::int64_t seq : seqs) {
    // Used by now: a later replay of this change begins with what is really there.
    if (replayed_.contains(seq)) batch.push_back(PutEdit{{seq, {}, core_.now_ms()}});
  }
  if (move.seqs.empty()) return;
  data.set("changes", std::move(closed));
  data.set("by", seqs.back());
  EventRow event{
      0, core_.now_ms(), entry.flow, result.link, "superseded", entry.correlation, data.dump()};
  batch.push_back(std::move(move));
  batch.push_back(AddEvent{std::move(event)});
}

Task<> Dispatcher::conclude(std::string key, std::vector<std::int64_t> seqs, RunResult result) {
  Batch batch = std::move(result.batch);
  if (result.disposition == Disposition::kDead) {
    note_dead(entries_.at(key), seqs, result, batch);
  } else {
    supersede(entries_.at(key), seqs, result, batch);
  }
  batch.push_back(EndChanges{seqs, result.disposition, result.reason, result.link, core_.now_ms()});
  Status stored = co_await core_.commit(std::move(batch));
  Entry& entry = entries_.at(key);
  entry.running = false;
  if (!stored) {
    // The writes are done and written down as commands; only the end is not. Looking again is safe.
    ready_at(key, core_.now_ms() + 2000);
    co_return;
  }
  std::erase_if(entry.seqs, [&](std::int64_t seq) {
    return std::find(seqs.begin(), seqs.end(), seq) != seqs.end();
  });
  for (const std::int64_t seq : seqs) replayed_.erase(seq);
  entry.attempts = 0;
  const bool dead = result.disposition == Disposition::kDead;
  core_.emit(dead ? Level::kError : Level::kDebug, dead ? "change_dead" : "change_ended",
             dead ? "A change will not succeed by itself." : "A change is done with.",
             {{"flow", entry.flow},
              {"side", to_text(entry.side)},
              {"ticket", entry.id},
              {"result", std::string(to_text(result.disposition))},
              {"reason", result.reason},
              {"correlation", entry.correlation}});
  ready(key);
  drop_if_empty(key);
}

Task<> Dispatcher::defer(std::string key, std::vector<std::int64_t> seqs, RunResult result) {
  const bool own_fault = result.system.empty() && result.delay.count() == 0;
  const int attempts = entries_.at(key).attempts + (own_fault ? 1 : 0);
  if (own_fault && attempts > kAttemptsMax) {
    result.kind = RunResult::Kind::kEnd;
    result.disposition = Disposition::kDead;
    result.reason = "given up after " + std::to_string(attempts - 1) + " tries: " + result.reason;
    co_await conclude(key, seqs, std::move(result));
    co_return;
  }
  if (!result.system.empty()) {
    const std::string trouble = core_.trouble_of(result.system);
    if (!trouble.empty()) result.reason = result.system + ": " + trouble;
  }
  std::int64_t delay = result.delay.count();
  if (own_fault) delay = std::min(kBackoffMaxMs, kBackoffFirstMs << std::min(attempts, 12));
  const std::int64_t next_at = core_.now_ms() + delay;
  Batch batch;
  batch.push_back(DeferChanges{std::move(seqs), result.reason, next_at, core_.now_ms()});
  Status stored = co_await core_.commit(std::move(batch));
  static_cast<void>(stored);  // not stored: the same wait, only its reason is not seen
  Entry& entry = entries_.at(key);
  entry.attempts = attempts;
  if (result.link != 0) entry.link = result.link;
  entry.running = false;
  core_.emit(Level::kDebug, "change_waits", "A change waits.",
             {{"flow", entry.flow},
              {"side", to_text(entry.side)},
              {"ticket", entry.id},
              {"reason", result.reason}});
  if (!result.system.empty() && !core_.trouble_of(result.system).empty()) {
    entry.stalled_on = result.system;
    entry.stall_reason = result.reason;
    stalled_[result.system].insert(key);
  } else {
    ready_at(key, next_at);
  }
}

void Dispatcher::release(const std::vector<std::string>& locks) {
  for (const std::string& lock : locks) {
    locks_.erase(lock);
    const auto found = waiters_.find(lock);
    if (found == waiters_.end()) continue;
    const std::vector<std::string> keys = std::move(found->second);
    waiters_.erase(found);
    for (const std::string& key : keys) ready(key);
  }
}

void Dispatcher::drop_if_empty(const std::string& key) {
  const auto found = entries_.find(key);
  if (found != entries_.end() && !found->second.running && found->second.seqs.empty())
    entries_.erase(found);
}

void Dispatcher::drain(std::function<void()> idle) {
  draining_ = true;
  if (running_ == 0) {
    idle();
  } else {
    idle_ = std::move(idle);
  }
}

std::size_t Dispatcher::queued(const std::string& flow) const {
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(),
                    [&](const auto& entry) { return entry.second.flow == flow; }));
}

}  // namespace navette
