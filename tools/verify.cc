#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/live.h"
#include "tools/options.h"
#include "tools/previews.h"
#include "tools/setup.h"
#include "tools/text.h"
#include "tools/verify_repair.h"
#include "tools/verify_report.h"
#include "tools/verify_run.h"

namespace navette::tools {
namespace {

constexpr std::chrono::hours kVerifyMax{24 * 7};

struct Asked {
  ConfigOption config;
  std::vector<std::string> flows;
  VerifyOptions options;
  std::string settle;
  bool all = false;
  bool strict = false;
  bool repair = false;
  bool yes = false;
  bool json = false;
};

// The flows of these names; nothing: one of them is not configured, and that was said.
std::optional<std::vector<FlowConfig>> chosen_flows(const LoadResult& config,
                                                    const std::vector<std::string>& names) {
  if (names.empty()) return config.flows;
  std::vector<FlowConfig> flows;
  for (const std::string& name : names) {
    const FlowConfig* flow = find_flow(config, name);
    if (flow == nullptr) {
      std::vector<std::string> known;
      for (const FlowConfig& one : config.flows) known.push_back(one.name);
      std::fprintf(stderr, "navette: there is no flow '%s'; there are %s\n", name.c_str(),
                   join(known, ", ").c_str());
      return std::nullopt;
    }
    flows.push_back(*flow);
  }
  return flows;
}

std::map<std::string, SystemConfig> systems_of(const LoadResult& config,
                                               const std::vector<FlowConfig>& flows) {
  std::map<std::string, SystemConfig> systems;
  for (const FlowConfig& flow : flows) {
    for (const Side side : {Side::kClient, Side::kProvider}) {
      const std::string& name = flow.side(side).system;
      systems[name] = config.hub.systems.at(name);
    }
  }
  return systems;
}

// One line on a terminal that says how far it is; nothing in a pipe.
class Progress {
 public:
  void show(const std::string& flow, std::int64_t done, std::int64_t all) {
    if (!terminal_) return;
    std::fprintf(stderr, "\r%s: %lld of %lld links\x1b[K", brief(Json(flow)).c_str(),
                 static_cast<long long>(done), static_cast<long long>(all));
  }
  void end() const {
    if (terminal_) std::fputs("\r\x1b[K", stderr);
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
};

Result<Json> run_verify(const LoadResult& config, const std::vector<FlowConfig>& flows,
                        const VerifyOptions& options) {
  auto store = view_of(config.hub.store);
  if (!store) return store.error();
  const SystemClock clock;
  Log log(clock, {.level = Level::kError});
  LiveSystems live(log);
  const auto systems = systems_of(config, flows);
  NAVETTE_TRY(live.open(systems));
  Random random;
  Verifier verifier({live.reactor(), random, **store, live.peers(), log}, systems, flows,
                    secrets_of(config.hub), options);
  Progress progress;
  verifier.on_progress([&](const std::string& flow, std::int64_t done, std::int64_t all) {
    progress.show(flow, done, all);
  });
  Result<Json> report = Error{Fault::kRetryLater, "verify: the systems gave no answer in time"};
  live.reactor().post([&] {
    verifier.run([&](Result<Json> done) {
      report = std::move(done);
      live.done();
    });
  });
  live.run(kVerifyMax);
  progress.end();
  return report;
}

// Whether the plan is to be carried out. Asks only who can answer.
bool agreed_to(const Asked& asked) {
  if (asked.yes) return true;
  if (::isatty(STDIN_FILENO) != 1) {
    std::fprintf(stderr, "navette: nothing was done: say --yes, or run it on a terminal\n");
    return false;
  }
  std::fputs("Give these to the hub? [y/N] ", stderr);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

// What diverged goes to the engine, after it was shown and agreed to.
int repair(const Asked& asked, Json report) {
  const int found = verify_exit(report, asked.strict);
  const Json plan = repair_plan(report);
  report.set("plan", plan);
  if (!asked.json) {
    print(plan.size() == 0 ? "\nNothing to repair.\n" : "\nTo repair\n" + plan_text(plan));
  }
  Json done;
  if (plan.size() > 0) {
    const bool agreed = agreed_to(asked);
    if (!agreed) {
      if (asked.json) print_json(report);
      return found;
    }
    auto carried = carry_out_plan(asked.config, plan);
    if (!carried) return fail(carried.error());
    done = std::move(*carried);
    report.set("repair", done);
  }
  if (asked.json) {
    print_json(report);
  } else if (!done.is_null()) {
    print(done.at("journalled").text() + " changes journalled; " +
          (done.at("by_hub").as_bool() ? "the hub works on them" : "the next hub works on them") +
          ". See `navette status`, then verify again.\n");
  }
  // What diverged is in hand now, unless there was more than a report holds.
  for (const Json& flow : report.at("flows").items()) {
    if (flow.at("left_out").as_int() > 0) return std::max<int>(found, kBad);
  }
  return found == kBad && !asked.strict ? kOk : found;
}

int verify(Asked& asked) {
  const auto config = load_or_explain(asked.config);
  if (!config) return kUsage;
  const auto flows = chosen_flows(*config, asked.flows);
  if (!flows) return kUsage;
  if (!asked.settle.empty()) {
    const auto settle = parse_duration(asked.settle);
    if (!settle) {
      std::fprintf(stderr, "navette: read --settle '%s': expected a duration, as 30s\n",
                   asked.settle.c_str());
      return kUsage;
    }
    asked.options.settle = *settle;
  }
  auto report = run_verify(*config, *flows, asked.options);
  if (!report) return fail(report.error());
  if (!asked.json) print(verify_text(*report, asked.all));
  if (asked.repair) return repair(asked, std::move(*report));
  if (asked.json) print_json(*report);
  return verify_exit(*report, asked.strict);
}

}  // namespace

void add_verify(CLI::App& root, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      root, "verify",
      "Reads both sides of the flows and says where they are not the same though nothing on record "
      "says why: fields, comments, files, tickets without a twin or with two. Works beside a "
      "running "
      "hub, and writes nothing. With --repair: shows what is to be done, and gives it to the hub, "
      "which merges it as any other change; nothing is ever deleted. Ends with 1 when something "
      "diverged, with 3 when a system failed or so many tickets are absent that it is taken for a "
      "fault.",
      "  navette verify\n"
      "  navette verify acme-support --repair\n"
      "  navette verify acme-support --full\n"
      "  navette verify --json | jq '.flows[].findings[] | select(.state == \"diverged\")'");
  command->add_option("flows", asked->flows, "Only these flows")->type_name("FLOW");
  add_config(*command, asked->config);
  command->add_flag("--full", asked->options.full,
                    "Read every ticket, also where a list shows that nothing differs");
  command
      ->add_option("--absent-max", asked->options.absent_percent_max,
                   "More of a side's tickets than so many per cent absent: stop and ask")
      ->type_name("PERCENT")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  command->add_flag("--accept-absence", asked->options.accept_absence,
                    "They are really gone: go on, however many are absent");
  command
      ->add_option(
          "--settle", asked->settle,
          "Look again at what differs after so long (as it is without this: twice the poll "
          "interval and 5s)")
      ->type_name("TIME");
  command->add_flag("--all", asked->all, "Show what differs by agreement, too");
  command->add_flag("--strict", asked->strict,
                    "End with 1 for what is parked, dead or differs by agreement, too");
  command->add_flag("--repair", asked->repair,
                    "Give what diverged to the hub, after it was shown and agreed to");
  command->add_flag("--yes", asked->yes, "With --repair: do not ask");
  add_json(*command, asked->json);
  command->callback([asked, &chosen] { chosen = [asked] { return verify(*asked); }; });
}

}  // namespace navette::tools
