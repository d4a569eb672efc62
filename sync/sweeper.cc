#include "sync/sweeper.h"

#include "sync/link_state.h"
#include "sync/merge.h"

namespace navette {

void Sweeper::note(const std::string& flow, std::int64_t link) {
  if (link == 0) return;
  const auto known = by_link_.find(link);
  if (known != by_link_.end()) {
    known->second->worked_at = core_.steady_ms();
    return;
  }
  if (queue_.size() >= kTicketsMax) {
    by_link_.erase(queue_.front().link);
    queue_.pop_front();
  }
  const std::int64_t every = std::chrono::milliseconds(kEvery).count();
  queue_.push_back({flow, link, core_.steady_ms(), core_.steady_ms() + every});
  by_link_[link] = std::prev(queue_.end());
}

void Sweeper::tick() {
  if (looking_ || queue_.empty() || queue_.front().due_at > core_.steady_ms()) return;
  Watched watched = queue_.front();
  by_link_.erase(watched.link);
  queue_.pop_front();
  if (core_.steady_ms() - watched.worked_at > std::chrono::milliseconds(kLately).count()) return;
  watched.due_at = core_.steady_ms() + std::chrono::milliseconds(kEvery).count();
  queue_.push_back(watched);
  by_link_[watched.link] = std::prev(queue_.end());
  core_.spawn(look(std::move(watched)));
}

Task<> Sweeper::look(Watched watched) {
  looking_ = true;
  const FlowPtr flow = flow_of_(watched.flow);
  auto link = core_.context().store.link(watched.link);
  if (flow && link && *link) {
    for (const Side side : {Side::kClient, Side::kProvider}) {
      const Description* system = core_.context().peers.description(flow->system(side));
      if (system == nullptr || !system->quiet_changes) continue;
      if ((*link)->id_of(side).empty() || !core_.trouble_of(flow->system(side)).empty()) continue;
      co_await look_at(flow, **link, side);
    }
  }
  looking_ = false;
}

Task<> Sweeper::look_at(FlowPtr flow, LinkRow link, Side side) {
  Result<Record> record = co_await core_.fetch(flow, side, link.id_of(side));
  if (!record) co_return;
  // The link as it is now: a run may have changed it while we read.
  auto fresh = core_.context().store.link(link.id);
  if (!fresh || !*fresh) co_return;
  auto state = LinkState::parse((*fresh)->state);
  if (!state || state->digest[side].empty() || !state->broken.empty()) co_return;
  if (digest_of(flow->mapping, side, *record) == state->digest[side]) co_return;
  ChangeRow change;
  change.flow = flow->config.name;
  change.side = side;
  change.entity_id = link.id_of(side);
  change.origin = "sweep";
  change.correlation = core_.new_correlation();
  change.config_hash = flow->config.hash;
  change.received_at = core_.now_ms();
  Batch batch;
  batch.push_back(AddChange{std::move(change)});
  Status stored = co_await core_.commit(std::move(batch));
  if (stored) dispatcher_.take_in(flow->config.name, Lane::kRepair);
}

}  // namespace navette
