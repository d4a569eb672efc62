#include "tools/connectors.h"

#include <cstdlib>
#include <utility>

#include "connectors/declarative/catalog.h"
#include "tools/exit.h"
#include "tools/lease.h"
#include "tools/setup.h"
#include "tools/transport.h"

namespace navette::tools {
namespace {

// Stands in for a connector that can't be made, and says why at the first call.
class Unusable final : public Connector {
 public:
  explicit Unusable(Error error) : error_(std::move(error)) {}
  Result<Description> connect() noexcept override { return error_; }
  Result<Page> poll(const PollRequest&) noexcept override { return error_; }
  Result<Record> fetch(const std::string&, const std::string&, const Json&) noexcept override {
    return error_;
  }
  Result<std::vector<std::string>> find(const std::string&, const Json&, const std::string&,
                                        const std::string&) noexcept override {
    return error_;
  }
  Outcome execute(const Command&, const std::string&) noexcept override {
    Outcome outcome;
    outcome.verdict = Verdict::kMisconfigured;
    outcome.message = error_.message;
    return outcome;
  }
  Result<Json> preview(const Command&) noexcept override { return error_; }
  Result<std::string> download(const std::string&, const std::string&,
                               std::int64_t) noexcept override {
    return error_;
  }

 private:
  Error error_;
};

bool same_connector(const SystemConfig& a, const SystemConfig& b) {
  return a.connector == b.connector && a.settings == b.settings && a.concurrency == b.concurrency &&
         a.rate == b.rate;
}

}  // namespace

const Catalog& built_in() {
  // Read once; immutable. A broken built-in file is caught by the catalog's own tests; one of the
  // user's folder ends the program, since whatever it did without that folder would be wrong.
  static const Catalog kCatalog = [] {
    const char* folder = std::getenv("NAVETTE_CONNECTORS");
    auto catalog = folder == nullptr || *folder == '\0' ? load_catalog() : load_catalog(folder);
    if (catalog) return std::move(*catalog);
    std::exit(fail({Fault::kMisconfigured, catalog.error().message}));
  }();
  return kCatalog;
}

const ConnectorCatalog& catalog() {
  return built_in();
}

Result<std::unique_ptr<ConnectorService>> make_service(bus::Context& context, const Clock& clock,
                                                       const SystemConfig& system,
                                                       ServiceOptions options, EventSink& events,
                                                       std::function<bool()> may_send) {
  const ConnectorSpec* spec = catalog().find(system.connector);
  if (spec == nullptr) {
    return Error{Fault::kMisconfigured, "run connector of " + system.name +
                                            ": there is no connector '" + system.connector + "'"};
  }
  auto http = transport_of(system);
  if (!http) return http.error();
  if (may_send) http = guarded(std::move(*http), std::move(may_send));
  options.system = system.name;
  options.connector = system.connector;
  options.version = spec->version;
  options.concurrency = system.concurrency;
  if (system.rate) options.pace = std::make_shared<Pace>(system.rate->count, system.rate->period);
  const auto factory = [connector = system.connector,
                        settings = system.settings](Host& host) -> std::unique_ptr<Connector> {
    auto made = built_in().make_connector(connector, settings, host);
    if (!made) return std::make_unique<Unusable>(made.error());
    return std::move(*made);
  };
  const auto log = [&events, name = system.name](const std::string& sentence) {
    events.emit({Level::kDebug,
                 "connector_says",
                 "A connector's process speaks of its connection.",
                 {{"system", name}, {"says", sentence}}});
  };
  return std::make_unique<ConnectorService>(context, clock, std::move(options), factory,
                                            std::move(*http), log);
}

ConnectorThreads::ConnectorThreads(bus::Context& context, const Clock& clock, EventSink& events,
                                   std::function<bool()> may_send)
    : context_(context), clock_(clock), events_(events), may_send_(std::move(may_send)) {}

ConnectorThreads::~ConnectorThreads() {
  request_stop();
  join();
}

Status ConnectorThreads::run(const std::map<std::string, SystemConfig>& systems) {
  reap();
  std::map<std::string, std::unique_ptr<Running>> fresh;
  for (const auto& [name, system] : systems) {
    const auto known = running_.find(name);
    if (system.external) continue;
    if (known != running_.end() && same_connector(known->second->config, system)) continue;
    auto service = make_service(context_, clock_, system, {}, events_, may_send_);
    if (!service) return service.error();
    auto running = std::make_unique<Running>();
    running->config = system;
    running->service = std::move(*service);
    fresh.emplace(name, std::move(running));
  }
  for (auto at = running_.begin(); at != running_.end();) {
    const auto wanted = systems.find(at->first);
    const bool stays =
        wanted != systems.end() && !wanted->second.external && fresh.find(at->first) == fresh.end();
    if (stays) {
      ++at;
      continue;
    }
    at->second->thread.request_stop();
    retired_.push_back(std::move(at->second));
    at = running_.erase(at);
  }
  for (auto& [name, running] : fresh) {
    Running* one = running.get();
    one->thread = std::jthread([this, one](const std::stop_token& stop) {
      const Status ended = one->service->run(stop);
      if (!ended && !stop.stop_requested()) {
        events_.emit({Level::kError,
                      "connector_ended",
                      "A connector does not run any more.",
                      {{"system", one->config.name}, {"cause", ended.error().message}}});
      }
      one->ended = true;
    });
    running_.emplace(name, std::move(running));
  }
  return {};
}

void ConnectorThreads::reap() {
  std::erase_if(retired_, [](const auto& one) { return one->ended.load(); });
}

void ConnectorThreads::request_stop() {
  for (auto& [name, running] : running_) running->thread.request_stop();
}

void ConnectorThreads::join() {
  running_.clear();
  retired_.clear();
}

}  // namespace navette::tools
