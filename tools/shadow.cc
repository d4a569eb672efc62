#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/log.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/live.h"
#include "tools/options.h"
#include "tools/past_config.h"
#include "tools/previews.h"
#include "tools/setup.h"
#include "tools/shadow_report.h"
#include "tools/shadow_run.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

constexpr std::chrono::hours kShadowMax{24 * 7};
constexpr std::chrono::hours kDay{24};

struct Asked {
  ConfigOption config;
  std::string then;
  std::string store;
  std::string since;
  int days = 7;
  ShadowOptions options;
  bool json = false;
};

std::optional<std::int64_t> begin_of(const Asked& asked, TimePoint now) {
  if (asked.since.empty()) return (now - kDay * asked.days).time_since_epoch().count();
  if (const auto moment = parse_rfc3339(asked.since)) return moment->time_since_epoch().count();
  if (const auto ago = parse_duration(asked.since)) return (now - *ago).time_since_epoch().count();
  std::fprintf(stderr,
               "navette: read --since '%s': expected a moment as 2026-01-31T12:00:00Z, a date, or "
               "how long ago as 2h or 3d\n",
               asked.since.c_str());
  return std::nullopt;
}

// Reads the flow of a hash as it was then, with the navette.yaml of `option`.
Shadow::FlowThen reader_of(const ConfigOption& option, Store& store) {
  return [option, &store](const std::string& hash) -> Result<FlowConfig> {
    auto text = store.config(hash);
    if (!text) return text.error();
    if (!*text) {
      return Error{Fault::kRejected,
                   "the configuration of then (" + hash + ") is not in the store"};
    }
    return config_of_then(hash, **text, [&](const std::map<std::string, std::string>& files) {
      return load(option, {.in_place_of = files});
    });
  };
}

Result<Json> run_shadow(const Asked& asked, const LoadResult& config, const std::string& place) {
  auto store = view_of(place);
  if (!store) return store.error();
  const SystemClock clock;
  Log log(clock, {.level = Level::kError});
  LiveSystems live(log);
  std::map<std::string, SystemConfig> systems;
  for (const FlowConfig& flow : config.flows) {
    for (const Side side : {Side::kClient, Side::kProvider})
      systems[flow.side(side).system] = config.hub.systems.at(flow.side(side).system);
  }
  NAVETTE_TRY(live.open(systems));
  Random random;
  ConfigOption then = asked.config;
  if (!asked.then.empty()) then.path = asked.then;
  Shadow shadow({live.reactor(), random, **store, live.peers(), log}, config.flows,
                reader_of(then, **store), secrets_of(config.hub), asked.options);
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  shadow.on_progress([terminal](std::size_t done, std::size_t all) {
    if (terminal) std::fprintf(stderr, "\r%zu of %zu tickets\x1b[K", done, all);
  });
  Result<Json> report = Error{Fault::kRetryLater, "shadow: the systems gave no answer in time"};
  live.reactor().post([&] {
    shadow.run([&](Result<Json> done) {
      report = std::move(done);
      live.done();
    });
  });
  live.run(kShadowMax);
  if (terminal) std::fputs("\r\x1b[K", stderr);
  return report;
}

int shadow_changes(Asked& asked) {
  const auto config = load_or_explain(asked.config);
  if (!config) return kUsage;
  const auto since = begin_of(asked, SystemClock().now());
  if (!since) return kUsage;
  asked.options.since = *since;
  const auto report =
      run_shadow(asked, *config, asked.store.empty() ? config->hub.store : asked.store);
  if (!report) return fail(report.error());
  if (asked.json) {
    print_json(*report);
  } else {
    print(shadow_text(*report));
  }
  return shadow_exit(*report);
}

}  // namespace

void add_shadow(CLI::App& root, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      root, "shadow",
      "Takes what was journalled lately through the configuration of then and through a new one, "
      "and says what would be written otherwise: by field, with samples, new errors, tickets left "
      "out or taken in, and what would be overwritten or emptied. Sends nothing, and stores "
      "nothing. Ends with 1 when something differs, or could not be compared.",
      "  navette shadow --config new/\n"
      "  navette shadow --days 30 --flow acme-support --config new/ --then /etc/navette\n"
      "  navette shadow --config new/ --json | jq '.groups[] | select(.overwrites > 0)'");
  command
      ->add_option("-c,--config", asked->config.path,
                   "The new configuration: navette.yaml, or the folder that holds it")
      ->type_name("PATH")
      ->capture_default_str();
  command
      ->add_option(
          "--then", asked->then,
          "The configuration that runs; its navette.yaml is read with the flows of then (as "
          "it is without this: the new one's)")
      ->type_name("PATH");
  command->add_option("--store", asked->store, "Use this store, not the one that it names")
      ->type_name("PLACE");
  command->add_option("--days", asked->days, "What ended within so many days")
      ->type_name("COUNT")
      ->check(CLI::Range(1, 36500))
      ->capture_default_str();
  command
      ->add_option("--since", asked->since,
                   "What ended then or later: a moment, a date, or how long ago (2h, 3d)")
      ->type_name("TIME");
  command->add_option("--flow", asked->options.flow, "Only this flow")->type_name("NAME");
  command->add_option("--limit", asked->options.tickets_max, "Look at so many tickets at the most")
      ->type_name("COUNT")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  add_json(*command, asked->json);
  command->callback([asked, &chosen] { chosen = [asked] { return shadow_changes(*asked); }; });
}

}  // namespace navette::tools
