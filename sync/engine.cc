#include "sync/engine.h"

#include <algorithm>
#include <utility>

#include "sync/core.h"
#include "sync/dispatcher.h"
#include "sync/poller.h"
#include "sync/reconciler.h"
#include "sync/replays.h"
#include "sync/retention.h"
#include "sync/sweeper.h"

namespace navette {
namespace {

// How often systems that something waits for are looked at.
constexpr std::chrono::milliseconds kTick{500};
constexpr int kTicksPerLook = 6;
// How often a store that can't be written is tried again. A locked one lets the loop wait for two
// seconds each time.
constexpr std::int64_t kStoreProbeMs = 2000;
// Runs of one flow, whatever its systems take: all of them hold two documents in memory.
constexpr int kRunsMax = 64;

// Locks for a preview: it writes nothing, so nothing can be in its way.
class NoLocks final : public Locks {
 public:
  bool held(const std::string&) const override { return false; }
  bool take(const std::string&) override { return true; }
};

}  // namespace

struct Engine::Impl {
  explicit Impl(const EngineContext& given)
      : context(given),
        core(given),
        dispatcher(core, [this](const std::string& name) { return flow_of(name); }),
        sweeper(core, dispatcher, [this](const std::string& name) { return flow_of(name); }),
        replays(
            core, [this](const std::string& name) { return flow_of(name); },
            [this](const std::vector<ChangeRow>& changes) { dispatcher.take_up(changes); },
            [this] { return dispatcher.behind(Lane::kRepair); }),
        retention(core) {
    dispatcher.on_replayed([this](std::int64_t replay, std::int64_t change) {
      return replays.order_of(replay, change);
    });
    dispatcher.on_run(
        [this](const std::string& flow, std::int64_t link) { sweeper.note(flow, link); });
    core.on_recovered([this](const std::string& system) { recovered(system); });
    core.on_store_back([this] { dispatcher.pump(); });
  }

  FlowPtr flow_of(const std::string& name) const {
    const auto found = flows.find(name);
    return found == flows.end() ? nullptr : found->second;
  }

  void recovered(const std::string& system) {
    if (core.trouble_of(system).empty()) dispatcher.wake(system);
  }

  // Somebody may have let a flow go on that was held. What waited for it is woken by tick().
  void look_at_holds(bool all) {
    for (const std::string& flow : core.limits().look_again(all)) {
      core.emit(Level::kInfo, "flow_resumed", "A flow that was held goes on.", {{"flow", flow}});
    }
  }

  void tick() {
    if (core.store_trouble().empty()) {
      look_at_holds(false);
      for (const std::string& system : dispatcher.stalled_systems()) recovered(system);
      dispatcher.tick();
      sweeper.tick();
      if (!flows.empty()) retention.tick();
      // In a store that others write to as well, work may turn up without a word.
      if (context.store.shared() && ++ticks % kTicksPerLook == 0) {
        look_at_holds(true);
        replays.take_in();
        dispatcher.take_in();
      }
    } else {
      probe_store();
    }
    if (!draining) core.after(kTick, [this] { tick(); });
  }

  // Writes something and puts it back, and so tells whether the store can be written. (To write
  // what is there already would write nothing.)
  void probe_store() {
    if (flows.empty() || core.steady_ms() < probe_store_at) return;
    const std::string name = flows.begin()->first + "/" + to_text(Side::kClient);
    auto cursor = context.store.cursor(name);
    if (cursor)
      static_cast<void>(
          core.commit_now({SetCursor{name, *cursor + " "}, SetCursor{name, *cursor}}));
    probe_store_at = core.steady_ms() + kStoreProbeMs;
  }

  std::chrono::milliseconds interval_of(const std::string& system) const {
    const auto found = systems.find(system);
    return found == systems.end() ? std::chrono::milliseconds(5000) : found->second.poll;
  }

  void update_pollers();
  Result<Batch> changes_of_hint(const std::string& system, const std::string& ticket,
                                const std::string& payload);
  void take_in_hints(const std::string& system);
  Task<> take_hint(std::string system, Batch batch, std::function<void(Status)> done);

  EngineContext context;
  Core core;
  std::map<std::string, SystemConfig> systems;
  std::map<std::string, FlowPtr> flows;
  Dispatcher dispatcher;
  Sweeper sweeper;
  Replays replays;
  Retention retention;
  std::map<std::string, std::unique_ptr<Poller>> pollers;  // by "flow/side"
  NoLocks no_locks;
  int ticks = 0;
  std::int64_t probe_store_at = 0;
  bool started = false;
  bool draining = false;
};

void Engine::Impl::update_pollers() {
  std::map<std::string, std::unique_ptr<Poller>> kept;
  for (const auto& [name, flow] : flows) {
    for (const Side side : {Side::kClient, Side::kProvider}) {
      const std::string key = name + "/" + to_text(side);
      const auto interval = interval_of(flow->system(side));
      const auto known = pollers.find(key);
      if (known != pollers.end()) {
        known->second->reconfigure(flow, interval);
        kept[key] = std::move(known->second);
        pollers.erase(known);
      } else {
        kept[key] = std::make_unique<Poller>(core, dispatcher, flow, side, interval);
        kept[key]->start();
      }
    }
  }
  // A poller that is not needed any more may have a poll under way: it stays until we end.
  for (auto& [key, poller] : pollers) {
    poller->stop();
    kept[key + " (ended " + core.new_correlation() + ")"] = std::move(poller);
  }
  pollers = std::move(kept);
}

Engine::Engine(const EngineContext& context) : impl_(std::make_unique<Impl>(context)) {}
Engine::~Engine() = default;

Status Engine::configure(const std::map<std::string, SystemConfig>& systems,
                         const std::vector<FlowConfig>& flows) {
  std::map<std::string, FlowPtr> compiled;
  for (const FlowConfig& config : flows) {
    Result<Mapping> mapping = Mapping::compile(config);
    if (!mapping) return mapping.error();
    for (const Side side : {Side::kClient, Side::kProvider}) {
      if (!systems.contains(config.side(side).system))
        return Error{Fault::kMisconfigured, "configure flow " + config.name +
                                                ": no system is named " + config.side(side).system};
    }
    int calls = 0;
    for (const Side side : {Side::kClient, Side::kProvider})
      calls += systems.at(config.side(side).system).concurrency;
    compiled[config.name] = std::make_shared<const Flow>(
        Flow{config, std::move(*mapping), std::clamp(2 * calls, Dispatcher::kRunsMin, kRunsMax)});
  }
  const auto names_without = [](const auto& these, const auto& those) {
    std::vector<std::string> names;
    for (const auto& [name, flow] : these) {
      if (!those.contains(name)) names.push_back(name);
    }
    return names;
  };
  const auto gained = names_without(compiled, impl_->flows);
  const auto lost = names_without(impl_->flows, compiled);
  impl_->systems = systems;
  impl_->flows = std::move(compiled);
  for (const std::string& flow : gained) impl_->core.begin_flow(flow);
  impl_->core.limits().configure(flows);
  impl_->dispatcher.forget_flows(lost);
  if (impl_->started) {
    impl_->update_pollers();
    impl_->dispatcher.take_in_flows(gained);
  }
  return {};
}

void Engine::start(Polling polling) {
  impl_->started = polling == Polling::kOn;
  std::vector<std::string> names;
  for (const auto& [name, flow] : impl_->flows) names.push_back(name);
  impl_->dispatcher.take_in_flows(names);
  impl_->replays.take_in();
  if (impl_->started) impl_->update_pollers();
  impl_->tick();
}

void Engine::drain(std::function<void()> drained) {
  impl_->draining = true;
  impl_->replays.stop();
  for (auto& [key, poller] : impl_->pollers) poller->stop();
  impl_->dispatcher.drain(std::move(drained));
}

// The changes that a hint is, one for each flow and side of that system.
Result<Batch> Engine::Impl::changes_of_hint(const std::string& system, const std::string& ticket,
                                            const std::string& payload) {
  Batch batch;
  for (const auto& [name, flow] : flows) {
    for (const Side side : {Side::kClient, Side::kProvider}) {
      if (flow->system(side) != system) continue;
      ChangeRow change;
      change.flow = name;
      change.side = side;
      change.entity_id = ticket;
      change.origin = "webhook";
      change.correlation = core.new_correlation();
      change.config_hash = flow->config.hash;
      change.payload = core.hide(payload);
      change.received_at = core.now_ms();
      batch.push_back(AddChange{std::move(change)});
    }
  }
  if (batch.empty())
    return Error{Fault::kRejected, "take hint: no flow has a system named " + system};
  if (const std::string& trouble = core.store_trouble(); !trouble.empty())
    return Error{Fault::kRetryLater, "take hint: " + trouble};
  return batch;
}

void Engine::Impl::take_in_hints(const std::string& system) {
  for (const auto& [name, flow] : flows) {
    if (flow->system(Side::kClient) == system || flow->system(Side::kProvider) == system)
      dispatcher.take_in(name, Lane::kLive);
  }
}

Task<> Engine::Impl::take_hint(std::string system, Batch batch, std::function<void(Status)> done) {
  const Status stored = co_await core.commit(std::move(batch));
  done(stored);
  if (stored) take_in_hints(system);
}

Status Engine::hint(const std::string& system, const std::string& ticket,
                    const std::string& payload) {
  auto batch = impl_->changes_of_hint(system, ticket, payload);
  if (!batch) return batch.error();
  NAVETTE_TRY(impl_->core.commit_now(*batch));
  impl_->take_in_hints(system);
  return {};
}

void Engine::hint(const std::string& system, const std::string& ticket, const std::string& payload,
                  std::function<void(Status)> done) {
  auto batch = impl_->changes_of_hint(system, ticket, payload);
  if (batch) {
    impl_->core.spawn(impl_->take_hint(system, std::move(*batch), std::move(done)));
    return;
  }
  impl_->core.post([done = std::move(done), error = batch.error()] { done(error); });
}

void Engine::read_configs_with(
    std::function<Result<FlowConfig>(const std::string& hash, const std::string& text)> reader) {
  impl_->replays.read_configs_with(std::move(reader));
}

void Engine::hide(std::vector<std::string> secrets) {
  impl_->core.set_secrets(std::move(secrets));
}

void Engine::take_replays() {
  impl_->replays.take_in();
}

void Engine::take_in() {
  impl_->look_at_holds(true);
  impl_->dispatcher.take_in();
}

void Engine::keep(const RetentionConfig& retention) {
  impl_->retention.configure(retention);
}

void Engine::poll_now(const std::string& system) {
  for (auto& [key, poller] : impl_->pollers) {
    if (poller->system() == system) poller->poke();
  }
}

void Engine::preview(const std::string& flow, Side side, const std::string& ticket,
                     Done<Preview> done, Json patch) {
  const FlowPtr found = impl_->flow_of(flow);
  if (!found) {
    impl_->core.post([flow, done] {
      done(Error{Fault::kRejected, "preview: no flow is named " + flow});
    });
    return;
  }
  impl_->core.spawn([](Impl& impl, FlowPtr flow_ptr, Side of, std::string id, Done<Preview> answer,
                       Json edit) -> Task<> {
    RunOrder order;
    order.patch = std::move(edit);
    Reconciler reconciler(impl.core, impl.no_locks, flow_ptr, of, id, "preview", 0,
                          std::move(order));
    Result<Json> report = co_await reconciler.preview();
    if (report) {
      answer(Preview{std::move(*report)});
    } else {
      answer(report.error());
    }
  }(*impl_, found, side, ticket, std::move(done), std::move(patch)));
}

Json Engine::gauges() const {
  Json out = Json::object();
  Json& flows = out.set("flows", Json::array());
  for (const auto& [name, flow] : impl_->flows) {
    Json& line = flows.push(Json::object());
    line.set("flow", name);
    line.set("queue", Json(static_cast<std::int64_t>(impl_->dispatcher.queued(name))));
    line.set("held", impl_->core.limits().held(name));
  }
  out.set("in_hand", Json(std::int64_t{impl_->dispatcher.in_hand()}));
  out.set("store_trouble", impl_->core.store_trouble());
  Json& systems = out.set("systems", Json::array());
  for (const auto& [name, system] : impl_->systems) {
    Json& line = systems.push(Json::object());
    line.set("system", name);
    const auto health = impl_->core.health().find(name);
    const bool known = health != impl_->core.health().end();
    // Also while it is asked again: it is in trouble until it has answered.
    const bool down = known && !health->second.trouble.empty();
    line.set("trouble", down ? health->second.trouble : impl_->core.trouble_of(name));
    if (known) line.set("since", health->second.since);
  }
  return out;
}

}  // namespace navette
