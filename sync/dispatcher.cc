#include "sync/dispatcher.h"

#include <algorithm>
#include <limits>

namespace navette {
namespace {

constexpr std::int64_t kBackoffFirstMs = 1000;
constexpr std::int64_t kDelayMaxMs = std::chrono::milliseconds(Dispatcher::kDelayMax).count();
constexpr std::int64_t kStoreTroubleMs = 2000;
// A system spoiled it, and is well by now: a moment, so that this does not go round and round.
constexpr std::int64_t kSpoiledMs = 250;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

constexpr std::array kLanes = {Lane::kLive, Lane::kRepair, Lane::kBackfill};

// Who comes first at a turn: live mostly, and each of the others at one turn in eight.
const std::array<Lane, kLaneCount>& order_at(unsigned turn) {
  static constexpr std::array kLive = {Lane::kLive, Lane::kRepair, Lane::kBackfill};
  static constexpr std::array kRepair = {Lane::kRepair, Lane::kLive, Lane::kBackfill};
  static constexpr std::array kBackfill = {Lane::kBackfill, Lane::kLive, Lane::kRepair};
  return turn % 8 == 3 ? kRepair : turn % 8 == 7 ? kBackfill : kLive;
}

// Its runs make no sense while one of these is in trouble.
std::array<std::string, 3> needed_by(const Flow& flow) {
  return {WriteLimits::name_of(flow.config.name), flow.system(Side::kClient),
          flow.system(Side::kProvider)};
}

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

bool Dispatcher::Queue::empty() const {
  return std::all_of(lanes.begin(), lanes.end(), [](const Window& one) {
    return one.entries == 0 && !one.more && one.due_at == kNever;
  });
}

Dispatcher::Dispatcher(Core& core, FlowOf flow_of) : core_(core), flow_of_(std::move(flow_of)) {}

// ---- taking in ---------------------------------------------------------------------------------

void Dispatcher::take_in_flows(const std::vector<std::string>& flows) {
  for (const std::string& flow : flows) {
    queues_.try_emplace(flow);
    hasten(flow);
  }
  if (auto counts = core_.context().store.counts()) {
    for (const FlowCounts& one : *counts) {
      const auto queue = queues_.find(one.flow);
      if (queue != queues_.end()) queue->second.written = one.stall;
    }
  }
  // Those that were in hand when their flow was lost are known, and may have ended meanwhile.
  for (auto& [key, entry] : entries_) {
    const auto queue = queues_.find(entry.flow);
    if (queue == queues_.end() || !entry.running) continue;
    Window& window = queue->second.of(entry.lane);
    if (std::find(flows.begin(), flows.end(), entry.flow) == flows.end()) continue;
    ++window.entries;
    ++window.running;
    ++queue->second.running;
    for (const Change& change : entry.changes) {
      Window& its = queue->second.of(change.lane);
      ++its.changes;
      its.waited += change.waited ? 1 : 0;
    }
  }
  post_pump();
}

// No wait is so long: those times were given by a clock that has been set back since.
bool Dispatcher::hasten(const std::string& flow) {
  const std::int64_t now = core_.time_ms();
  const std::int64_t after = now + kDelayMaxMs;
  const bool any = std::any_of(kLanes.begin(), kLanes.end(), [&](Lane lane) {
    const auto next = core_.context().store.next_due(flow, lane, after);
    return next && *next;
  });
  return any && core_.commit_now({HastenChanges{flow, after, now}});
}

void Dispatcher::take_in(const std::string& flow, Lane lane) {
  const auto queue = queues_.find(flow);
  if (queue == queues_.end()) return;
  queue->second.of(lane).more = true;
  post_pump();
}

// From the first on: what another connection writes may become visible out of order.
void Dispatcher::take_in() {
  for (auto& [flow, queue] : queues_) {
    queue.of(Lane::kRepair).more = true;
    queue.of(Lane::kRepair).cursor = 0;
  }
  post_pump();
}

void Dispatcher::take_up(const std::vector<ChangeRow>& changes) {
  for (const ChangeRow& change : changes) {
    const auto queue = queues_.find(change.flow);
    if (queue != queues_.end()) queue->second.of(Lane::kRepair).due_at = 0;
  }
  post_pump();
}

void Dispatcher::forget_flows(const std::vector<std::string>& flows) {
  for (const std::string& flow : flows) {
    queues_.erase(flow);
    std::erase_if(entries_, [&flow](const auto& entry) {
      return entry.second.flow == flow && !entry.second.running;
    });
  }
}

// With many flows each has a smaller window.
std::size_t Dispatcher::window_max() const {
  const std::size_t windows = std::max<std::size_t>(1, queues_.size() * kLaneCount);
  return std::clamp(kEntriesMax / windows, kWindowMin, kWindowMax);
}

void Dispatcher::refill(const std::string& flow, Queue& queue, Lane lane) {
  Window& window = queue.of(lane);
  const std::size_t most = window_max();
  // What belongs to few tickets comes in a page at a time: each look may find more of the same.
  while (window.entries <= most / 2 && window.changes < kChangesMax) {
    const bool due = window.due_at <= core_.time_ms();
    if (!due && !window.more) return;
    const std::size_t before = window.changes;
    const auto room = static_cast<int>(most - window.entries);
    if (due) refill_due(flow, window, lane, window.more ? room / 2 : room);
    if (window.more) {
      const int limit = std::max(room / 2, static_cast<int>(most - window.entries));
      auto rows = core_.context().store.fresh(flow, lane, window.cursor, limit);
      if (!rows) return;
      for (const ChangeRow& row : *rows) add(row);
      if (!rows->empty()) window.cursor = rows->back().seq;
      window.more = rows->size() == static_cast<std::size_t>(limit);
    }
    if (window.changes == before) return;
  }
}

// Those that are in memory already are still among the first that the store finds.
void Dispatcher::refill_due(const std::string& flow, Window& window, Lane lane, int room) {
  Store& store = core_.context().store;
  const std::int64_t now = core_.time_ms();
  const std::size_t limit = window.waited + static_cast<std::size_t>(std::max(room, 1));
  auto rows = store.due(flow, lane, now, static_cast<int>(limit));
  if (!rows) return;
  for (const ChangeRow& row : *rows) add(row);
  if (rows->size() == limit) return;
  const auto next = store.next_due(flow, lane, now);
  if (!next) return;
  window.due_at = next->value_or(kNever);
  // It could not be stored when the flow was taken in.
  if (*next && **next > now + kDelayMaxMs)
    window.due_at = hasten(flow) ? now : now + kStoreTroubleMs;
  wake_at(window.due_at);
}

void Dispatcher::add(const ChangeRow& row) {
  const auto queue = queues_.find(row.flow);
  if (queue == queues_.end()) return;
  const std::string key = key_of(row.flow, row.side, row.entity_id);
  const auto [found, is_new] = entries_.try_emplace(key);
  Entry& entry = found->second;
  if (is_new) {
    entry.flow = row.flow;
    entry.side = row.side;
    entry.id = row.entity_id;
    entry.lane = row.lane;
    entry.seen_at = row.received_at;
    ++queue->second.of(row.lane).entries;
  }
  const auto at =
      std::lower_bound(entry.changes.begin(), entry.changes.end(), row.seq,
                       [](const Change& one, std::int64_t seq) { return one.seq < seq; });
  if (at != entry.changes.end() && at->seq == row.seq) return;
  if (at == entry.changes.begin()) entry.correlation = row.correlation;
  entry.seen_at = std::min(entry.seen_at, row.received_at);
  const bool waited = row.next_at != 0;
  entry.changes.insert(at, {row.seq, row.replay, row.lane, waited});
  Window& window = queue->second.of(row.lane);
  ++window.changes;
  window.waited += waited ? 1 : 0;
  entry.attempts = std::max(entry.attempts, row.attempts);
  if (row.link != 0) entry.link = row.link;
  if (row.lane < entry.lane) set_lane(key, entry, row.lane);
  ready(key);
}

void Dispatcher::set_lane(const std::string& key, Entry& entry, Lane lane) {
  const auto queue = queues_.find(entry.flow);
  if (queue == queues_.end()) return;
  Window& before = queue->second.of(entry.lane);
  Window& after = queue->second.of(lane);
  --before.entries;
  ++after.entries;
  if (entry.running) {
    --before.running;
    ++after.running;
  }
  if (entry.ready_seq != 0) {
    before.ready.erase({entry.ready_seq, key});
    after.ready.insert({entry.ready_seq, key});
  }
  entry.lane = lane;
}

// They have ended, or wait in the store.
void Dispatcher::remove_changes(Entry& entry, const std::vector<std::int64_t>& seqs) {
  const auto queue = queues_.find(entry.flow);
  std::erase_if(entry.changes, [&](const Change& change) {
    if (std::find(seqs.begin(), seqs.end(), change.seq) == seqs.end()) return false;
    if (queue != queues_.end()) {
      Window& window = queue->second.of(change.lane);
      --window.changes;
      window.waited -= change.waited ? 1 : 0;
    }
    return true;
  });
}

void Dispatcher::drop_if_empty(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.running) return;
  const auto queue = queues_.find(found->second.flow);
  if (queue != queues_.end() && !found->second.changes.empty()) return;
  if (queue != queues_.end()) {
    Window& window = queue->second.of(found->second.lane);
    --window.entries;
    window.ready.erase({found->second.ready_seq, key});
  }
  entries_.erase(found);
}

// ---- starting ----------------------------------------------------------------------------------

void Dispatcher::ready(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  if (entry.running || entry.locked_out || entry.ready_seq != 0 || entry.changes.empty()) return;
  if (entry.not_before > core_.time_ms()) return;
  const auto queue = queues_.find(entry.flow);
  if (queue == queues_.end()) return;
  entry.ready_seq = entry.changes.front().seq;
  queue->second.of(entry.lane).ready.insert({entry.ready_seq, key});
  post_pump();
}

void Dispatcher::ready_at(const std::string& key, std::int64_t not_before) {
  entries_.at(key).not_before = not_before;
  const std::int64_t delay = std::max<std::int64_t>(0, not_before - core_.time_ms());
  core_.after(std::chrono::milliseconds(delay), [this, key] { ready(key); });
}

void Dispatcher::post_pump() {
  if (pump_posted_) return;
  pump_posted_ = true;
  core_.post([this] {
    pump_posted_ = false;
    pump();
  });
}

void Dispatcher::pump() {
  for (auto& [flow, queue] : queues_) pump_flow(flow, queue);
}

void Dispatcher::pump_flow(const std::string& flow, Queue& queue) {
  // What can't be written down is not begun.
  if (draining_ || !core_.store_trouble().empty()) return;
  const FlowPtr config = flow_of_(flow);
  if (!config || queue.empty() || stalled(flow, queue)) return;
  for (const Lane lane : kLanes) refill(flow, queue, lane);
  while (const auto lane = next_lane(queue, config->runs_max)) {
    Window& window = queue.of(*lane);
    const std::string key = window.ready.begin()->second;
    window.ready.erase(window.ready.begin());
    start(key, config, queue);
    if (stalled(flow, queue)) return;
  }
}

// The flow is held, or one of its systems is in trouble or being tried again: nothing of it is
// started, and it is said why.
bool Dispatcher::stalled(const std::string& flow, Queue& queue) {
  for (const std::string& name : needed_by(*flow_of_(flow))) {
    const bool tried = core_.trying(name) && (running_on_[name] > 0 || core_.calling(name));
    if (core_.trouble_of(name).empty() && !tried) continue;
    if (queue.stalled_on.empty()) {
      for (const Lane lane : kLanes) refill(flow, queue, lane);
    }
    queue.stalled_on = name;
    write_stall(flow, queue);
    return true;
  }
  queue.stalled_on.clear();
  return false;
}

std::optional<Lane> Dispatcher::next_lane(Queue& queue, int runs_max) const {
  if (queue.running >= runs_max) return std::nullopt;
  const int others = queue.running - queue.of(Lane::kLive).running;
  for (const Lane lane : order_at(queue.turn)) {
    if (queue.of(lane).ready.empty()) continue;
    if (lane != Lane::kLive && others >= runs_max - runs_max / kRunsToOneKept) continue;
    ++queue.turn;
    return lane;
  }
  return std::nullopt;
}

void Dispatcher::start(const std::string& key, const FlowPtr& flow, Queue& queue) {
  Entry& entry = entries_.at(key);
  entry.ready_seq = 0;
  std::vector<std::string> locks{key};
  auto link = core_.context().store.link_of(entry.flow, entry.side, entry.id);
  if (link && *link && !(*link)->id_of(other(entry.side)).empty())
    locks.push_back(key_of(entry.flow, other(entry.side), (*link)->id_of(other(entry.side))));
  for (const std::string& lock : locks) {
    if (!locks_.contains(lock)) continue;
    waiters_[lock].push_back(key);
    entry.locked_out = true;
    return;
  }
  locks_.insert(locks.begin(), locks.end());
  entry.running = true;
  ++running_;
  for (const Side side : {Side::kClient, Side::kProvider}) ++running_on_[flow->system(side)];
  ++queue.running;
  ++queue.of(entry.lane).running;
  core_.spawn(run(key, flow, std::move(locks)));
}

// ---- waiting -----------------------------------------------------------------------------------

void Dispatcher::tick() {
  for (auto& [flow, queue] : queues_) write_stall(flow, queue);
}

// So that `status` can say what waits, why, and since when; written once, however much it is.
void Dispatcher::write_stall(const std::string& flow, Queue& queue) {
  const FlowPtr config = flow_of_(flow);
  if (!config) return;
  std::string reason;
  if (!queue.empty() || queue.running > 0) {
    for (const std::string& name : needed_by(*config)) {
      const std::string trouble = core_.waits_for(name);
      if (!trouble.empty() && reason.empty()) reason = name + ": " + trouble;
    }
  }
  if (queue.written == reason || !core_.store_trouble().empty()) return;
  queue.written = reason;
  core_.spawn([](Dispatcher& self, std::string name, std::string why) -> Task<> {
    Batch batch;
    batch.push_back(PutStall{name, why, self.core_.now_ms()});
    Status stored = co_await self.core_.commit(std::move(batch));
    const auto found = self.queues_.find(name);
    if (!stored && found != self.queues_.end()) found->second.written.reset();
  }(*this, flow, std::move(reason)));
}

std::vector<std::string> Dispatcher::stalled_systems() const {
  std::set<std::string> systems;
  for (const auto& [flow, queue] : queues_) {
    if (!queue.stalled_on.empty()) systems.insert(queue.stalled_on);
  }
  return {systems.begin(), systems.end()};
}

void Dispatcher::wake(const std::string& system) {
  for (auto& [flow, queue] : queues_) {
    if (queue.stalled_on == system) pump_flow(flow, queue);
  }
}

void Dispatcher::wake_at(std::int64_t time) {
  if (time == kNever || (wake_time_ != 0 && wake_time_ <= time)) return;
  if (wake_time_ != 0) core_.context().loop.cancel(timer_);
  wake_time_ = time;
  const std::int64_t delay = std::max<std::int64_t>(0, time - core_.time_ms());
  timer_ = core_.after(std::chrono::milliseconds(delay), [this] { take_due(); });
}

void Dispatcher::take_due() {
  wake_time_ = 0;
  std::int64_t next = kNever;
  for (const auto& [flow, queue] : queues_) {
    for (const Window& window : queue.lanes) {
      if (window.due_at > core_.time_ms()) next = std::min(next, window.due_at);
    }
  }
  wake_at(next);
  pump();
}

// ---- runs --------------------------------------------------------------------------------------

// What of the same ticket waits in the store comes along: nothing overtakes it. Something returned:
// its time has not come yet.
std::optional<RunResult> Dispatcher::gather(const Entry& entry) {
  RunResult later;
  later.kind = RunResult::Kind::kDefer;
  auto rows = core_.context().store.deferred(entry.flow, entry.side, entry.id, kGatheredMax);
  if (!rows) {
    later.reason = "store: " + rows.error().message;
    later.delay = std::chrono::milliseconds(kStoreTroubleMs);
    return later;
  }
  const std::int64_t now = core_.time_ms();
  if (!rows->empty() && rows->front().next_at > now) {
    later.reason = rows->front().reason;
    later.delay = std::chrono::milliseconds(rows->front().next_at - now);
    later.link = rows->front().link;
    return later;
  }
  for (const ChangeRow& row : *rows) add(row);
  return std::nullopt;
}

Task<> Dispatcher::run(std::string key, FlowPtr flow, std::vector<std::string> locks) {
  std::optional<RunResult> later = gather(entries_.at(key));
  const Entry entry = entries_.at(key);
  std::vector<std::int64_t> seqs;
  for (const Change& change : entry.changes) seqs.push_back(change.seq);
  RunResult result;
  if (later) {
    result = std::move(*later);
  } else {
    RunLocks run_locks(locks_, locks);
    Reconciler reconciler(core_, run_locks, flow, entry.side, entry.id, entry.correlation,
                          entry.seen_at, order_for(entry));
    result = co_await reconciler.run();
    if (on_run_ && result.disposition != Disposition::kDead) on_run_(entry.flow, result.link);
  }
  std::string wait_for;
  if (result.kind == RunResult::Kind::kEnd) {
    co_await conclude(key, std::move(seqs), std::move(result));
  } else if (result.kind == RunResult::Kind::kDefer) {
    co_await defer(key, std::move(seqs), std::move(result));
  } else {
    wait_for = result.wait_for;
  }
  Entry& after = entries_.at(key);
  if (const auto queue = queues_.find(entry.flow); queue != queues_.end()) {
    --queue->second.running;
    --queue->second.of(after.lane).running;
  }
  after.running = false;
  --running_;
  for (const Side side : {Side::kClient, Side::kProvider}) --running_on_[flow->system(side)];
  if (!wait_for.empty() && locks_.contains(wait_for)) {
    waiters_[wait_for].push_back(key);
    after.locked_out = true;
  }
  ready(key);
  drop_if_empty(key);
  release(locks);
  if (draining_ && running_ == 0 && idle_) std::exchange(idle_, nullptr)();
  if (const auto queue = queues_.find(entry.flow); queue != queues_.end())
    pump_flow(entry.flow, queue->second);
}

RunOrder Dispatcher::order_for(const Entry& entry) {
  RunOrder order;
  for (const Change& change : entry.changes) {
    if (change.replay == 0 || !order_of_) continue;
    order = order_of_(change.replay, change.seq);
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
  const auto by_replay = [&entry](std::int64_t seq) {
    return std::any_of(entry.changes.begin(), entry.changes.end(), [seq](const Change& change) {
      return change.seq == seq && change.replay != 0;
    });
  };
  const bool replayed = std::any_of(seqs.begin(), seqs.end(), by_replay);
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
    if (by_replay(seq)) batch.push_back(PutEdit{{seq, {}, core_.now_ms()}});
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
  if (!stored) {
    // The writes are done and written down as commands; only the end is not. Looking again is safe.
    ready_at(key, core_.time_ms() + kStoreTroubleMs);
    co_return;
  }
  remove_changes(entry, seqs);
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
}

std::int64_t Dispatcher::delay_of(const RunResult& result, bool own_fault, int attempts) {
  std::int64_t delay = result.delay.count();
  if (own_fault) {
    delay = std::min(kDelayMaxMs, kBackoffFirstMs << std::min(attempts, 12));
    // Those that failed together are not tried again together.
    delay -= static_cast<std::int64_t>(
        core_.context().random.below(static_cast<std::uint64_t>(delay / 4 + 1)));
  }
  const std::int64_t least = result.system.empty() ? 1 : kSpoiledMs;
  return std::clamp(delay, least, kDelayMaxMs);
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
    const std::string trouble = core_.waits_for(result.system);
    if (!trouble.empty()) result.reason = result.system + ": " + trouble;
  }
  const bool stalls = !result.system.empty() && !core_.trouble_of(result.system).empty();
  // What a system in trouble spoiled keeps its place.
  const std::int64_t next_at = stalls ? 0 : core_.time_ms() + delay_of(result, own_fault, attempts);
  Batch batch;
  batch.push_back(
      DeferChanges{seqs, result.reason, next_at, core_.now_ms(), own_fault ? 1 : 0, result.link});
  Status stored = co_await core_.commit(std::move(batch));
  Entry& entry = entries_.at(key);
  entry.attempts = attempts;
  if (result.link != 0) entry.link = result.link;
  core_.emit(Level::kDebug, "change_waits", "A change waits.",
             {{"flow", entry.flow},
              {"side", to_text(entry.side)},
              {"ticket", entry.id},
              {"reason", result.reason}});
  if (!stored) {
    ready_at(key, next_at);
  } else if (!stalls) {
    const auto queue = queues_.find(entry.flow);
    for (const Change& change : entry.changes) {
      if (queue == queues_.end()) break;
      if (std::find(seqs.begin(), seqs.end(), change.seq) == seqs.end()) continue;
      Window& window = queue->second.of(change.lane);
      window.due_at = std::min(window.due_at, next_at);
    }
    remove_changes(entry, seqs);
    wake_at(next_at);
  }
}

void Dispatcher::release(const std::vector<std::string>& locks) {
  for (const std::string& lock : locks) {
    locks_.erase(lock);
    const auto found = waiters_.find(lock);
    if (found == waiters_.end()) continue;
    const std::vector<std::string> keys = std::move(found->second);
    waiters_.erase(found);
    for (const std::string& key : keys) {
      const auto entry = entries_.find(key);
      if (entry == entries_.end()) continue;
      entry->second.locked_out = false;
      ready(key);
    }
  }
}

void Dispatcher::drain(std::function<void()> idle) {
  draining_ = true;
  if (running_ == 0) {
    idle();
  } else {
    idle_ = std::move(idle);
  }
}

// ---- how much there is -------------------------------------------------------------------------

std::size_t Dispatcher::queued(const std::string& flow) const {
  const auto found = queues_.find(flow);
  if (found == queues_.end()) return 0;
  std::size_t entries = 0;
  for (const Window& window : found->second.lanes) entries += window.entries;
  return entries;
}

bool Dispatcher::backed_up(const std::string& flow) {
  const auto found = queues_.find(flow);
  if (found == queues_.end()) return false;
  const auto& lanes = found->second.lanes;
  // What fits into memory is not much.
  if (std::none_of(lanes.begin(), lanes.end(), [](const Window& one) { return one.more; }))
    return false;
  const auto counts = core_.context().store.counts();
  return counts && std::any_of(counts->begin(), counts->end(), [&](const FlowCounts& one) {
           return one.flow == flow &&
                  one.by[static_cast<int>(Disposition::kPending)] >= kPendingMax;
         });
}

bool Dispatcher::behind(Lane lane) const {
  return std::any_of(queues_.begin(), queues_.end(), [&](const auto& queue) {
    const Window& window = queue.second.lanes[static_cast<std::size_t>(lane)];
    return window.more || window.due_at <= core_.time_ms();
  });
}

}  // namespace navette
