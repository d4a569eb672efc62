#include <cstdlib>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "bus/context.h"
#include "tools/commands.h"
#include "tools/connectors.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/secret_file.h"
#include "tools/setup.h"
#include "tools/stop_on_signal.h"

namespace navette::tools {
namespace {

constexpr const char* kKeyVariable = "NAVETTE_BUS_SECRET_KEY";

struct Asked {
  ConfigOption config;
  std::string system;
  std::string connect;
  std::string key_file;
};

// The pair that this process proves itself with; empty when the hub has no key.
Result<bus::KeyPair> own_keys(const Asked& asked, const BusConfig& bus,
                              const SystemConfig& system) {
  if (bus.public_key.empty()) return bus::KeyPair{};
  std::string secret;
  if (!asked.key_file.empty()) {
    const auto text = read_secret(asked.key_file);
    if (!text) return text.error();
    secret = *text;
  } else if (const char* variable = std::getenv(kKeyVariable); variable != nullptr) {
    secret = variable;
  }
  if (!bus::is_key(secret)) {
    return Error{Fault::kMisconfigured,
                 "connect to the hub: it has a key, so this connector needs its own secret key; "
                 "give it with --key FILE or in " +
                     std::string(kKeyVariable) + " (make one with `navette keys`)"};
  }
  return bus::KeyPair{system.bus_public_key, secret};
}

int run_connector(const Asked& asked) {
  const auto config = load_or_explain(asked.config, {.process_of = asked.system});
  if (!config) return kUsage;
  const auto found = config->hub.systems.find(asked.system);
  if (found == config->hub.systems.end()) {
    return fail(
        {Fault::kMisconfigured, "run connector: no system is named '" + asked.system + "'"});
  }
  const std::string address = asked.connect.empty() ? config->hub.bus.listen : asked.connect;
  if (address.empty()) {
    return fail({Fault::kMisconfigured,
                 "run connector: the hub listens nowhere; set `bus: {listen: ...}` in " +
                     asked.config.path + ", e.g. tcp://127.0.0.1:8701"});
  }
  const auto keys = own_keys(asked, config->hub.bus, found->second);
  if (!keys) return fail(keys.error());
  const StopOnSignal stop;
  const SystemClock clock;
  Log log(clock, {.level = Level::kDebug});
  bus::Context context;
  ServiceOptions options;
  options.address = address;
  options.hub_key = config->hub.bus.public_key;
  options.own = *keys;
  auto service = make_service(context, clock, found->second, std::move(options), log);
  if (!service) return fail(service.error());
  const Status done = (*service)->run(stop.token());
  return done || done.error().fault == Fault::kCancelled ? kOk : fail(done.error());
}

}  // namespace

void add_connector(CLI::App& root, Chosen& chosen) {
  CLI::App* group = new_command(root, "connector", "Runs connectors outside the hub.",
                                "  navette connector run tracker");
  group->require_subcommand(1);
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      *group, "run",
      "Runs the connector of one system as a process of its own, connected to the hub's bus; it "
      "comes back by itself when the hub or the network goes away. The system must have "
      "`external: true`. Ends with SIGTERM or SIGINT.",
      "  navette connector run tracker\n"
      "  navette connector run tracker --connect tcp://hub.example:8701 --key /etc/navette/key");
  command->add_option("system", asked->system, "The system, as navette.yaml names it")
      ->type_name("SYSTEM")
      ->required();
  add_config(*command, asked->config);
  command->add_option("--connect", asked->connect, "The hub's bus, if not bus.listen says it")
      ->type_name("ADDRESS");
  command
      ->add_option("--key", asked->key_file,
                   "File with this connector's secret key (Z85); else NAVETTE_BUS_SECRET_KEY")
      ->type_name("FILE");
  command->callback([asked, &chosen] { chosen = [asked] { return run_connector(*asked); }; });
}

}  // namespace navette::tools
