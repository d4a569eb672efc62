#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/log.h"
#include "bus/tap.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/hub.h"
#include "tools/options.h"
#include "tools/secret_file.h"
#include "tools/setup.h"
#include "tools/stop_on_signal.h"
#include "tools/tap_sink.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

struct Asked {
  StoreOption store;
  std::string flow;
  bool json = false;
};

Result<bus::WatchOptions> watch_options(const Asked& asked) {
  const auto place = store_place(asked.store);
  if (!place) return place.error();
  const LoadResult config = load(asked.store.config);
  const std::string folder =
      asked.store.store.empty() ? hub_folder(config.hub) : store_folder(*place);
  if (!std::filesystem::exists(folder + "/" + kTapSocket)) {
    return Error{Fault::kMisconfigured, "watch " + folder +
                                            ": no hub runs on this store; start "
                                            "one with `navette run`"};
  }
  bus::WatchOptions options;
  options.address = "ipc://" + folder + "/" + kTapSocket;
  options.topic = tap_topic(asked.flow);
  const std::string keys_file = folder + "/" + kTapKeysFile;
  if (config.hub.bus.public_key.empty() || !std::filesystem::exists(keys_file)) return options;
  const auto keys = read_secret(keys_file);
  if (!keys) return keys.error();
  const auto blank = keys->find(' ');
  if (blank == std::string::npos) {
    return Error{Fault::kMisconfigured,
                 "read " + keys_file + ": expected two keys; remove it, and restart the hub"};
  }
  options.server_key = config.hub.bus.public_key;
  options.own = {keys->substr(0, blank), keys->substr(blank + 1)};
  return options;
}

void show(const Json& body, bool colour) {
  const std::string level_name = body.at("level").text();
  const std::string name = body.at("event").text();
  const std::string sentence = body.at("message").text();
  Event event{parse_level(level_name).value_or(Level::kInfo), name, sentence, {}};
  for (const auto& [key, value] : body.members()) {
    if (key != "time" && key != "level" && key != "event" && key != "message") {
      event.fields.emplace_back(key, value.text());
    }
  }
  const auto at = parse_rfc3339(body.at("time").text()).value_or(TimePoint{});
  print(line_for_people(event, at, colour) + "\n");
}

int watch(const Asked& asked) {
  const StopOnSignal stop;
  const auto options = watch_options(asked);
  if (!options) return fail(options.error());
  const bool colour = ::isatty(STDOUT_FILENO) == 1;
  bus::Context context;
  const auto seen = [&](const bus::Seen& message) {
    if (message.missed > 0) {
      std::fprintf(stderr, "navette: %llu lines were missed\n",
                   static_cast<unsigned long long>(message.missed));
    }
    if (!message.body.is_object()) return;
    if (asked.json) {
      print(message.body.dump() + "\n");
    } else {
      show(message.body, colour);
    }
    std::fflush(stdout);
  };
  const Status done = bus::watch_tap(context, *options, seen, stop.token());
  return done ? kOk : fail(done.error());
}

}  // namespace

void add_tail(CLI::App& root, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      root, "tail",
      "Watches a running hub on this machine: every event as it happens, those of level debug "
      "too. Ends with SIGINT.",
      "  navette tail\n"
      "  navette tail --flow acme-support\n"
      "  navette tail --json | jq 'select(.event == \"change_ended\")'");
  add_store(*command, asked->store);
  command->add_option("--flow", asked->flow, "Only this flow")->type_name("NAME");
  add_json(*command, asked->json);
  command->callback([asked, &chosen] { chosen = [asked] { return watch(*asked); }; });
}

}  // namespace navette::tools
