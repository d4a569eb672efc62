#include "tools/hub.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "base/metrics.h"
#include "base/text.h"
#include "bus/hub.h"
#include "connectors/host/bus_peers.h"
#include "tools/ask_hub.h"
#include "tools/connectors.h"
#include "tools/exit.h"
#include "tools/front.h"
#include "tools/lease.h"
#include "tools/process_metrics.h"
#include "tools/secret_file.h"
#include "tools/setup.h"
#include "tools/tap_sink.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

// sockaddr_un has room for 108 bytes.
constexpr std::size_t kSocketPathBytesMax = 100;
constexpr std::chrono::seconds kBusLook{10};

std::string names_of(const std::map<std::string, SystemConfig>& systems) {
  std::vector<std::string> names;
  for (const auto& [name, system] : systems) names.push_back(name);
  return join(names, ",");
}

std::vector<std::string> all_names(const std::vector<FlowConfig>& flows) {
  std::vector<std::string> names;
  for (const FlowConfig& flow : flows) names.push_back(flow.name);
  return names;
}

std::string names_of(const std::vector<FlowConfig>& flows) {
  return join(all_names(flows), ",");
}

std::map<std::string, bus::SystemAccess> access_of(
    const std::map<std::string, SystemConfig>& systems) {
  std::map<std::string, bus::SystemAccess> access;
  for (const auto& [name, system] : systems) {
    access[name] = {system.external, system.bus_public_key};
  }
  return access;
}

// Settings that a running hub can't change.
std::string needs_restart(const HubConfig& before, const HubConfig& now) {
  std::vector<std::string> names;
  if (before.store != now.store) names.emplace_back("store");
  if (before.listen != now.listen) names.emplace_back("listen");
  if (before.bus.listen != now.bus.listen || before.bus.public_key != now.bus.public_key ||
      before.bus.secret_key != now.bus.secret_key) {
    names.emplace_back("bus");
  }
  return join(names, ",");
}

// The hub's options, with a tap in the store's folder. With encryption, who may read that folder
// finds there the keys that watching needs.
Result<bus::HubOptions> bus_options(const HubConfig& hub) {
  bus::HubOptions options;
  options.listen = hub.bus.listen;
  options.public_key = hub.bus.public_key;
  options.secret_key = hub.bus.secret_key;
  const std::string folder = hub_folder(hub);
  const std::string socket = folder + "/" + kTapSocket;
  if (folder.empty() || socket.size() > kSocketPathBytesMax) return options;
  options.tap = "ipc://" + socket;
  if (options.secret_key.empty()) return options;
  const auto fresh = bus::make_keys();
  if (!fresh) return fresh.error();
  const auto keys = read_or_make_secret(
      folder + "/" + kTapKeysFile, [&] { return fresh->public_key + " " + fresh->secret_key; });
  if (!keys) return keys.error();
  options.tap_keys = {keys->substr(0, keys->find(' '))};
  return options;
}

}  // namespace

struct RunningHub::Impl {
  Impl(bus::Reactor& the_reactor, const Clock& the_clock, HubSettings the_settings)
      : reactor(the_reactor), clock(the_clock), settings(std::move(the_settings)) {}

  Status open_bus(const LoadResult& config);
  Status open_console(const LoadResult& config);
  void watch_systems();
  void tell_connected(const std::string& system);
  void tell_unreachable(const std::string& system);
  void hint(const std::string& system, const Json& data);
  void watch_bus();
  Status reconfigure(const LoadResult& fresh);
  std::vector<FlowConfig> held_flows() const;
  void beat();
  void take_over(std::vector<std::string> now_held);
  void end_at_once(const Error& error);
  void finish();

  void say(Level level, std::string_view name, std::string_view sentence,
           std::vector<std::pair<std::string_view, std::string>> fields) {
    events->emit({level, name, sentence, std::move(fields)});
  }

  // In the order in which they are needed; destroyed from the last to the first.
  bus::Reactor& reactor;
  const Clock& clock;
  HubSettings settings;
  HubConfig config;
  Metrics metrics;
  Random random;
  bus::Context context;
  std::unique_ptr<bus::Hub> bus_hub;
  std::unique_ptr<TapSink> tap;
  std::unique_ptr<FanOut> events;
  std::unique_ptr<BusPeers> peers;
  std::unique_ptr<Store> store;
  std::unique_ptr<Lease> lease;
  std::vector<FlowConfig> flows;  // as configured
  std::vector<std::string> held;  // names of those that are ours
  std::unique_ptr<Engine> engine;
  std::unique_ptr<ConnectorThreads> connectors;
  std::unique_ptr<HubFront> front;
  std::unique_ptr<Console> console;
  std::set<std::string> warned;  // warnings of systems that were told already
  std::map<std::string, std::chrono::milliseconds> unreachable;  // since when
  std::uint64_t refused_keys = 0;
  bool draining = false;
  bool finishing = false;
  bool unanswered = false;  // the last sign of life
  std::jthread closing;
};

Status RunningHub::Impl::open_bus(const LoadResult& loaded) {
  auto options = bus_options(loaded.hub);
  if (!options) return options.error();
  bus_hub = std::make_unique<bus::Hub>(reactor, context, *options);
  tap = std::make_unique<TapSink>(reactor, *bus_hub);
  events = std::make_unique<FanOut>(std::vector<EventSink*>{&settings.log, &metrics, tap.get()});
  peers = std::make_unique<BusPeers>(reactor, *bus_hub);
  NAVETTE_TRY(bus_hub->open());
  bus_hub->allow(access_of(loaded.hub.systems));
  if (options->tap.empty()) {
    say(Level::kWarn, "tap_off", "`navette tail` can't watch: the store's path is too long.", {});
  }
  return {};
}

Status RunningHub::Impl::open_console(const LoadResult& loaded) {
  auto reader = open_store(loaded.hub.store, {.read_only = true});
  if (!reader) return reader.error();
  const auto token =
      read_or_make_secret(hub_folder(loaded.hub) + "/" + kAdminTokenFile, random_secret);
  if (!token) return token.error();
  front = std::make_unique<HubFront>(reactor, *engine, metrics, clock, *store, std::move(*reader),
                                     [this] { return settings.reload(); });
  front->set_systems(loaded.hub.systems);
  front->set_flows(loaded.flows);
  auto opened =
      Console::start({loaded.hub.listen, *token, ConsoleLimits{}}, front->handlers(), *events);
  if (!opened) return opened.error();
  console = std::move(*opened);
  // For commands that have something for the hub to do.
  std::ofstream(hub_folder(loaded.hub) + "/" + kHubAddressFile) << console->address() << "\n";
  return {};
}

// A system whose connection fails is told once, until it is there again.
void RunningHub::Impl::tell_unreachable(const std::string& system) {
  const std::string trouble = peers->trouble(system);
  if (draining || trouble == "connecting") return;
  if (!unreachable.emplace(system, reactor.steady()).second) return;
  say(Level::kWarn, "system_unreachable",
      "A system can't be reached; what is for it waits, everything else goes on.",
      {{"system", system}, {"cause", trouble}});
}

void RunningHub::Impl::tell_connected(const std::string& system) {
  const Description* description = peers->description(system);
  if (description == nullptr) return tell_unreachable(system);
  if (const auto down = unreachable.extract(system); !down.empty()) {
    say(Level::kInfo, "system_reachable", "A system can be reached again.",
        {{"system", system}, {"after", human(reactor.steady() - down.mapped())}});
  }
  say(Level::kInfo, "system_connected", "A system is connected.",
      {{"system", system},
       {"connector", description->connector},
       {"product", description->system},
       {"account", description->self.login}});
  for (const std::string& warning : description->warnings) {
    if (!warned.insert(system + "\n" + warning).second) continue;
    say(Level::kWarn, "system_warning", "A system does not let us do all that we should.",
        {{"system", system}, {"warning", warning}});
  }
}

void RunningHub::Impl::hint(const std::string& system, const Json& data) {
  const std::string ticket = data.at("id").text();
  if (ticket.empty()) return engine->poll_now(system);
  const Status taken = engine->hint(system, ticket, data.dump());
  if (taken) return;
  say(Level::kWarn, "hint_dropped", "A connector's hint could not be stored; a poll will find it.",
      {{"system", system}, {"cause", taken.error().message}});
}

void RunningHub::Impl::watch_systems() {
  peers->on_change([this](const std::string& system) { tell_connected(system); });
  bus_hub->on_refused([this](const std::string& system, const std::string& why) {
    say(Level::kWarn, "connector_refused", "A connector was turned away.",
        {{"connector_of", system}, {"cause", why}});
  });
  bus_hub->on_event([this](const std::string& system, const std::string& name, const Json& data) {
    if (name == "changed" && !draining) hint(system, data);
  });
}

// Who shows a wrong key is turned away in the handshake: only a number tells of it.
void RunningHub::Impl::watch_bus() {
  const std::uint64_t now = bus_hub->counters().refused_keys;
  if (now > refused_keys) {
    say(Level::kWarn, "bus_key_refused", "Somebody showed the bus a key that is not allowed.",
        {{"times", std::to_string(now - refused_keys)}});
  }
  refused_keys = now;
  reactor.after(kBusLook, [this] { watch_bus(); });
}

// ---- several hubs on one store -----------------------------------------------------------------

std::vector<FlowConfig> RunningHub::Impl::held_flows() const {
  std::vector<FlowConfig> ours;
  for (const FlowConfig& flow : flows) {
    if (std::binary_search(held.begin(), held.end(), flow.name)) ours.push_back(flow);
  }
  return ours;
}

// Flows that are new here are asked for at once; nothing changes on error.
Status RunningHub::Impl::reconfigure(const LoadResult& fresh) {
  auto now_held = lease->ask(all_names(fresh.flows));
  if (!now_held) return now_held.error();
  const auto flows_before = std::exchange(flows, fresh.flows);
  const auto held_before = std::exchange(held, std::move(*now_held));
  Status done = engine->configure(fresh.hub.systems, held_flows());
  if (done) {
    config.systems = fresh.hub.systems;
  } else {
    flows = flows_before;
    held = held_before;
  }
  return done;
}

void RunningHub::Impl::beat() {
  auto now_held = lease->ask(all_names(flows));
  if (now_held) {
    unanswered = false;
    if (*now_held != held) take_over(std::move(*now_held));
  } else if (now_held.error().fault == Fault::kCancelled) {
    return end_at_once(now_held.error());
  } else if (!std::exchange(unanswered, true)) {
    say(Level::kWarn, "lease_unanswered",
        "The store does not answer; until it does, nothing is sent to any system.",
        {{"cause", now_held.error().message}});
  }
  reactor.after(Lease::kBeat, [this] { beat(); });
}

void RunningHub::Impl::take_over(std::vector<std::string> now_held) {
  held = std::move(now_held);
  front->set_elsewhere(held.size() == flows.size() ? HubFront::Elsewhere::kNothing
                       : held.empty()              ? HubFront::Elsewhere::kAll
                                                   : HubFront::Elsewhere::kSome);
  if (held.empty()) {
    return say(Level::kInfo, "standby",
               "Another hub runs the flows; this one takes over when that one is gone.", {});
  }
  const Status done = engine->configure(config.systems, held_flows());
  say(done ? Level::kInfo : Level::kError, "flows_taken", "This hub runs these flows now.",
      {{"flows", join(held, ",")}, {"cause", done ? "" : done.error().message}});
}

// What was in hand goes on at the hub that took over; whatever we did now would be done twice.
void RunningHub::Impl::end_at_once(const Error& error) {
  say(Level::kError, "lease_lost", "Another hub took over the flows of this one, which ends.",
      {{"cause", error.message}});
  settings.log.flush(std::chrono::seconds(1));
  std::_Exit(kFailed);
}

// Console and connectors are stopped while the loop still serves them.
void RunningHub::Impl::finish() {
  if (std::exchange(finishing, true)) return;
  closing = std::jthread([this] {
    connectors->request_stop();
    console->stop();
    connectors->join();
    reactor.stop();
  });
}

RunningHub::RunningHub(bus::Reactor& reactor, const Clock& clock, HubSettings settings)
    : impl_(std::make_unique<Impl>(reactor, clock, std::move(settings))) {
  impl_->settings.reload = [this] { return reload(); };
}

RunningHub::~RunningHub() = default;

Status RunningHub::open(const LoadResult& config) {
  impl_->config = config.hub;
  const std::string folder = hub_folder(config.hub);
  if (folder.empty()) {
    return Error{Fault::kMisconfigured,
                 "open store " + shown_place(config.hub.store) +
                     ": a hub needs a folder of its own: name one as `folder`, or a store with a "
                     "file, e.g. sqlite:/var/lib/navette/navette.db"};
  }
  std::error_code trouble;
  if (!std::filesystem::is_directory(folder, trouble)) {
    return Error{Fault::kMisconfigured, "open folder " + folder +
                                            ": there is none: make it, or correct `folder` or "
                                            "`store` in navette.yaml"};
  }
  // First, since its lock keeps a second hub from everything that follows.
  auto store = open_store(config.hub.store);
  if (!store) return store.error();
  impl_->store = std::move(*store);
  impl_->flows = config.flows;
  impl_->lease = std::make_unique<Lease>(*impl_->store, hub_name());
  auto held = impl_->lease->ask(all_names(config.flows));
  if (!held) return held.error();
  impl_->held = std::move(*held);
  NAVETTE_TRY(impl_->open_bus(config));
  impl_->engine = std::make_unique<Engine>(
      EngineContext{impl_->reactor, impl_->random, *impl_->store, *impl_->peers, *impl_->events});
  impl_->engine->read_configs_with([this](const std::string& hash, const std::string& text) {
    return config_of_then(hash, text, impl_->settings.load_with);
  });
  impl_->engine->hide(secrets_of(config.hub));
  impl_->engine->keep(config.hub.retention);
  NAVETTE_TRY(impl_->engine->configure(config.hub.systems, impl_->held_flows()));
  keep_configs(*impl_->store, config, impl_->clock.now());
  add_process_metrics(impl_->metrics);
  impl_->watch_systems();
  impl_->connectors = std::make_unique<ConnectorThreads>(
      impl_->context, impl_->clock, *impl_->events,
      [lease = impl_->lease.get()] { return lease->may_send(); });
  NAVETTE_TRY(impl_->open_console(config));
  NAVETTE_TRY(impl_->connectors->run(config.hub.systems));
  impl_->say(Level::kInfo, "hub_started", "Navette runs.",
             {{"version", NAVETTE_VERSION},
              {"listen", impl_->console->address()},
              {"flows", names_of(config.flows)},
              {"systems", names_of(config.hub.systems)},
              {"store", shown_place(config.hub.store)},
              {"bus", impl_->bus_hub->endpoint()}});
  return {};
}

void RunningHub::run() {
  impl_->reactor.post([this] {
    impl_->engine->start();
    if (!impl_->config.bus.secret_key.empty()) impl_->watch_bus();
    if (!impl_->lease->shared()) return;
    impl_->take_over(std::exchange(impl_->held, {}));
    impl_->beat();
  });
  impl_->reactor.run();
  impl_->lease->give_back();
  impl_->bus_hub->close();
  impl_->say(Level::kInfo, "hub_stopped", "Navette stopped.", {});
}

Status RunningHub::reload() {
  const LoadResult fresh = impl_->settings.load_with({});
  Status done;
  if (!fresh.ok()) {
    done = Error{Fault::kMisconfigured, render(fresh.diagnostics)};
  } else {
    done = impl_->reconfigure(fresh);
  }
  if (done) done = impl_->connectors->run(fresh.hub.systems);
  if (!done) {
    impl_->say(Level::kError, "reload_failed",
               "The new configuration is not good; the old one goes on.",
               {{"cause", done.error().message}});
    return done;
  }
  impl_->bus_hub->allow(access_of(fresh.hub.systems));
  impl_->front->set_systems(fresh.hub.systems);
  impl_->front->set_flows(fresh.flows);
  impl_->engine->hide(secrets_of(fresh.hub));
  impl_->engine->keep(fresh.hub.retention);
  keep_configs(*impl_->store, fresh, impl_->clock.now());
  const std::string waiting = needs_restart(impl_->config, fresh.hub);
  if (!waiting.empty()) {
    impl_->say(Level::kWarn, "restart_needed", "Some settings change only with a restart.",
               {{"settings", waiting}});
  }
  impl_->say(Level::kInfo, "reloaded", "The new configuration is in use.",
             {{"flows", names_of(fresh.flows)}, {"systems", names_of(fresh.hub.systems)}});
  return {};
}

void RunningHub::drain(const std::string& why) {
  if (std::exchange(impl_->draining, true)) {
    impl_->say(Level::kWarn, "stopped_at_once",
               "Navette stops at once; what was in hand is taken up at the next start.", {});
    impl_->settings.log.flush(std::chrono::seconds(1));
    std::_Exit(kOk);  // the store is safe at any moment
  }
  impl_->front->set_draining();
  impl_->say(Level::kInfo, "draining", "Navette ends what is in hand, then stops.", {{"why", why}});
  impl_->reactor.after(kDrainMax, [this] {
    if (impl_->finishing) return;
    impl_->say(Level::kWarn, "drain_timed_out",
               "Some work did not end in time; it is taken up at the next start.", {});
    impl_->finish();
  });
  impl_->engine->drain([this] { impl_->finish(); });
}

}  // namespace navette::tools
