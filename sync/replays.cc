#include "sync/replays.h"

#include <algorithm>
#include <utility>

#include "sync/retention.h"

namespace navette {
namespace {

constexpr int kChunk = 200;
constexpr std::chrono::milliseconds kBusy{50};     // as many wait as may
constexpr std::chrono::milliseconds kEnding{500};  // all are handed out
constexpr std::chrono::milliseconds kTrouble{2000};
// With a rate: a chunk is what a tenth of a second allows, one change at least.
constexpr int kChunksPerSecond = 10;

int chunk_of(int per_second) {
  if (per_second == 0) return kChunk;
  return std::clamp(per_second / kChunksPerSecond, 1, kChunk);
}

std::chrono::milliseconds pause_of(int per_second, std::size_t handed_out) {
  if (per_second == 0) return kBusy;
  return std::chrono::milliseconds(handed_out * 1000 / static_cast<std::size_t>(per_second));
}

}  // namespace

Replays::Replays(Core& core, FlowOf flow_of, TakeUp take_up, Behind behind)
    : core_(core),
      flow_of_(std::move(flow_of)),
      take_up_(std::move(take_up)),
      behind_(std::move(behind)) {}

void Replays::take_in() {
  if (stopped_) return;
  constexpr int kOpenMax = 100;
  auto open = core_.context().store.replays(true, kOpenMax);
  if (!open) return;
  for (const ReplayRow& row : *open) {
    if (running_.insert(row.id).second) core_.spawn(run(row.id));
  }
}

// One turn; the next one is a new task, since a task can't wait for a time.
Task<> Replays::run(std::int64_t id) {
  std::chrono::milliseconds pause = kTrouble;
  auto row = core_.context().store.replay(id);
  if (row && (!*row || !(*row)->open)) pause = std::chrono::milliseconds(-1);
  if (row && *row && (*row)->open) pause = co_await step(std::move(**row));
  if (pause.count() < 0) {
    running_.erase(id);
    co_return;
  }
  core_.after(pause, [this, id] {
    if (!stopped_) core_.spawn(run(id));
  });
}

Task<std::chrono::milliseconds> Replays::step(ReplayRow row) {
  auto state = ReplayState::parse(row.state);
  if (!state) {
    core_.emit(Level::kError, "replay_unreadable", "A replay can't be read, and is left alone.",
               {{"replay", std::to_string(row.id)}, {"cause", state.error().message}});
    co_return std::chrono::milliseconds(-1);
  }
  if (behind_()) co_return kBusy;
  ChangeFilter filter;
  filter.replay = row.id;
  filter.after_seq = state->cursor;
  filter.limit = chunk_of(state->per_second);
  auto rows = core_.context().store.changes(filter);
  if (!rows) co_return kTrouble;
  if (rows->empty()) co_return co_await close_if_ended(std::move(row), std::move(*state));
  co_return co_await hand_out(std::move(row), std::move(*state), std::move(*rows));
}

Task<std::chrono::milliseconds> Replays::hand_out(ReplayRow row, ReplayState state,
                                                  std::vector<ChangeRow> rows) {
  // Where several hubs share the store, a flow that is not ours may be another's: that one goes on.
  if (core_.context().store.shared() && !flow_of_(rows.front().flow)) co_return kTrouble;
  ReviveChanges revive{{}, core_.time_ms()};
  ReleaseChanges release;
  Batch batch;
  std::vector<ChangeRow> taken;
  for (ChangeRow& change : rows) {
    if (core_.context().store.shared() && !flow_of_(change.flow)) break;
    state.cursor = change.seq;
    // It ended otherwise before its turn came: by a success of the same ticket, or by somebody.
    const bool wanted = state.ended_as.empty() || to_text(change.disposition) == state.ended_as;
    if (!wanted || change.disposition == Disposition::kPending) continue;
    const std::string why_not = obstacle(state, change);
    if (!why_not.empty()) {
      state.skipped.set(why_not, state.skipped.at(why_not).as_int() + 1);
      release.seqs.push_back(change.seq);
      continue;
    }
    Json data = Json::object();
    data.set("change", change.seq);
    data.set("replay", row.id);
    data.set("was", change.reason);
    EventRow event{0,          core_.now_ms(),     change.flow, change.link,
                   "replayed", change.correlation, data.dump()};
    batch.push_back(AddEvent{std::move(event)});
    revive.seqs.push_back(change.seq);
    change.disposition = Disposition::kPending;
    change.attempts = 0;
    change.next_at = 0;
    change.reason.clear();
    taken.push_back(std::move(change));
  }
  row.state = state.dump();
  row.updated_at = core_.now_ms();
  batch.push_back(std::move(revive));
  batch.push_back(std::move(release));
  batch.push_back(PutReplay{row});
  Status stored = co_await core_.commit(std::move(batch));
  if (!stored) co_return kTrouble;
  take_up_(taken);
  co_return pause_of(state.per_second, taken.size());
}

Task<std::chrono::milliseconds> Replays::close_if_ended(ReplayRow row, ReplayState state) {
  ChangeFilter pending;
  pending.replay = row.id;
  pending.disposition = Disposition::kPending;
  pending.limit = 1;
  auto left = core_.context().store.changes(pending);
  if (!left) co_return kTrouble;
  if (!left->empty()) co_return kEnding;
  auto report = replay_report(core_.context().store, row);
  if (!report) co_return kTrouble;
  state.result = *report;
  row.open = false;
  row.updated_at = core_.now_ms();
  row.state = state.dump();
  Batch batch;
  batch.push_back(PutReplay{row});
  Status stored = co_await core_.commit(std::move(batch));
  if (!stored) co_return kTrouble;
  core_.emit(Level::kInfo, "replay_ended", "A replay has ended.",
             {{"replay", std::to_string(row.id)},
              {"chosen", std::to_string(state.chosen)},
              {"delivered", report->at("delivered").text()},
              {"unchanged", report->at("unchanged").text()},
              {"filtered", report->at("filtered").text()},
              {"parked", report->at("parked").text()},
              {"dead", report->at("dead").text()}});
  co_return std::chrono::milliseconds(-1);
}

std::string Replays::obstacle(const ReplayState& state, const ChangeRow& change) {
  const FlowPtr flow = flow_of_(change.flow);
  if (!flow) return "the flow " + change.flow + " is not configured any more";
  if (state.config_then) {
    auto then = flow_then(change.flow, change.config_hash);
    if (!then) return then.error().message;
  }
  if (state.from == ReplayFrom::kRaw) return {};
  auto link = core_.context().store.link_of(change.flow, change.side, change.entity_id);
  if (link && *link && !(*link)->id_of(other(change.side)).empty()) {
    // What was not sent to a pair of tickets is found by comparing them; an open command is
    // looked for before that.
    return state.from == ReplayFrom::kCommand
               ? std::string()
               : "it has its twin by now: replay it from raw, which writes what differs";
  }
  if (change.link == 0) return "no command was kept for it: replay it from raw";
  auto commands = core_.context().store.commands(change.link, false);
  const bool made =
      commands && std::any_of(commands->begin(), commands->end(),
                              [](const CommandRow& row) { return row.kind == "create"; });
  if (made) return {};
  const auto marks = retention_marks(core_.context().store);
  const std::string gone = marks ? pruned_text(*marks, "metadata") : std::string();
  return "no command was kept for it: replay it from raw" + (gone.empty() ? gone : "; " + gone);
}

Result<FlowPtr> Replays::flow_then(const std::string& name, const std::string& hash) {
  const std::string lost = "the configuration of then (" + hash + ") ";
  if (const FlowPtr now = flow_of_(name); now && now->config.hash == hash) return now;
  if (const auto known = then_.find(hash); known != then_.end()) {
    if (known->second) return known->second;
    return Error{Fault::kRejected, lost + "can't be read any more"};
  }
  auto text = core_.context().store.config(hash);
  if (!text) return text.error();
  if (!*text || !reader_) return Error{Fault::kRejected, lost + "is not in the store"};
  auto config = reader_(hash, **text);
  auto mapping = config ? Mapping::compile(*config) : Result<Mapping>(config.error());
  then_[hash] =
      mapping ? std::make_shared<const Flow>(Flow{*config, std::move(*mapping)}) : nullptr;
  if (then_[hash]) return then_[hash];
  return Error{Fault::kRejected, lost + "can't be read any more"};
}

RunOrder Replays::order_of(std::int64_t replay, std::int64_t change) {
  RunOrder order;
  auto row = core_.context().store.replay(replay);
  auto found = core_.context().store.change(change);
  if (!row || !*row || !found || !*found) return order;
  if (auto state = ReplayState::parse((*row)->state)) {
    order.from = state->from;
    if (state->config_then) {
      auto flow = flow_then((*found)->flow, (*found)->config_hash);
      if (flow) order.flow = *flow;
    }
  }
  auto edit = core_.context().store.edit(change);
  if (!edit || !*edit) return order;
  auto original = Json::parse((*found)->payload, "payload");
  auto edited = Json::parse((*edit)->payload, "edit");
  if (original && edited) order.patch = merge_patch(original->at("doc"), edited->at("doc"));
  return order;
}

}  // namespace navette
