#include "sync/poller.h"

namespace navette {

Poller::Poller(Core& core, Dispatcher& dispatcher, FlowPtr flow, Side side,
               std::chrono::milliseconds interval)
    : core_(core),
      dispatcher_(dispatcher),
      flow_(std::move(flow)),
      side_(side),
      interval_(interval) {}

Poller::~Poller() {
  core_.context().loop.cancel(timer_);
}

void Poller::start() {
  schedule(std::chrono::milliseconds(0));
}

void Poller::poke() {
  if (polling_) {
    again_ = true;
  } else {
    schedule(std::chrono::milliseconds(0));
  }
}

void Poller::stop() {
  stopped_ = true;
  core_.context().loop.cancel(timer_);
}

void Poller::reconfigure(FlowPtr flow, std::chrono::milliseconds interval) {
  flow_ = std::move(flow);
  interval_ = interval;
  poke();
}

void Poller::schedule(std::chrono::milliseconds delay) {
  if (stopped_) return;
  core_.context().loop.cancel(timer_);
  timer_ = core_.after(delay, [this] {
    if (!polling_ && !stopped_) core_.spawn(poll());
  });
}

Task<> Poller::poll() {
  polling_ = true;
  again_ = false;
  std::chrono::milliseconds next = interval_;
  const bool wait =
      !core_.trouble_of(system()).empty() || (core_.trying(system()) && core_.calling(system()));
  if (wait || !core_.store_trouble().empty()) {
    next = std::min(interval_, std::chrono::milliseconds(500));
  } else if (!dispatcher_.backed_up(flow_->config.name)) {
    const bool more = co_await poll_page();
    if (more || again_) next = std::chrono::milliseconds(0);
  }
  polling_ = false;
  schedule(next);
}

// Says whether another page is ready now.
Task<bool> Poller::poll_page() {
  const FlowPtr flow = flow_;
  const std::string name = flow->config.name + "/" + to_text(side_);
  auto cursor = core_.context().store.cursor(name);
  const std::string told_name = name + "/told";
  auto told = core_.context().store.cursor(told_name);
  if (!cursor || !told) co_return false;
  core_.sightings().resume(name, *told);
  PollRequest request;
  request.entity = flow->config.side(side_).entity;
  request.where = flow->config.side(side_).where;
  request.since = flow->config.since;
  request.cursor = *cursor;
  const bool first = cursor->empty();
  Result<Page> page = co_await core_.poll(system(), std::move(request));
  if (!page) {
    core_.emit(
        page.error().fault == Fault::kRetryLater ? Level::kDebug : Level::kError, "poll_failed",
        "A system could not be asked for its changes.",
        {{"flow", flow->config.name}, {"system", system()}, {"error", page.error().message}});
    co_return false;
  }
  Batch batch;
  for (const Record& record : page->records) {
    ChangeRow change;
    change.flow = flow->config.name;
    change.side = side_;
    change.entity_id = record.id;
    change.version = record.version;
    change.origin = first ? "backfill" : "poll";
    change.correlation = core_.new_correlation();
    change.config_hash = flow->config.hash;
    change.received_at = core_.now_ms();
    core_.sightings().announced(key_of(change.flow, side_, record.id), record.updated_at);
    batch.push_back(AddChange{std::move(change)});
  }
  const bool more = page->more;
  if (batch.empty() && page->cursor == *cursor) co_return more;
  const std::size_t count = batch.size();
  batch.push_back(SetCursor{name, page->cursor});
  if (const std::string now = core_.sightings().told(name); now != *told)
    batch.push_back(SetCursor{told_name, now});
  Status stored = co_await core_.commit(std::move(batch));
  if (!stored) co_return false;  // the cursor did not move either: the same page comes again
  if (count > 0) dispatcher_.take_in(flow->config.name, first ? Lane::kBackfill : Lane::kLive);
  co_return more;
}

}  // namespace navette
