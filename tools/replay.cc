#include "tools/replay.h"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "tools/ask_hub.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/replay_here.h"
#include "tools/replay_preview.h"
#include "tools/stop_on_signal.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

constexpr std::chrono::milliseconds kLook{500};

struct Asked {
  StoreOption store;
  Json arguments = Json::object();
  std::int64_t watch = 0;
  std::int64_t stop = 0;
  int limit = 20;
  bool list = false;
  bool dry_run = false;
  bool run = false;
  bool no_wait = false;
  bool json = false;
};

int fail_order(const Error& error) {
  const int code = fail(error);
  return error.fault == Fault::kRejected ? kBad : code;
}

// Whether anything says which changes are meant.
bool chooses(const Json& arguments) {
  for (const char* name : {"flow", "system", "entity", "ticket", "reason", "text", "since", "until",
                           "ids", "state", "all"}) {
    if (arguments.find(name) != nullptr) return true;
  }
  return false;
}

// Looks at a replay until it is closed, or the user has seen enough.
Result<Json> watch(const Asked& asked, std::int64_t id) {
  const StopOnSignal stop;
  std::mutex mutex;
  std::condition_variable_any never;
  ReplayProgress progress;
  for (;;) {
    StoreHolder holder{asked.store};
    auto report = give_order(holder, {"GET", "replay/" + std::to_string(id)});
    if (!report) return report.error();
    progress.show(*report);
    if (!report->at("open").as_bool() || stop.token().stop_requested()) {
      progress.end();
      return report;
    }
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop.token(), kLook, [] { return false; });
  }
}

int tell(const Asked& asked, const Json& report) {
  if (asked.json) {
    print_json(report);
  } else {
    print(replay_summary(report));
  }
  return replay_exit(report);
}

int begin(const Asked& asked) {
  StoreHolder holder{asked.store};
  const auto begun = give_order(holder, {"POST", "replay", asked.arguments});
  if (!begun) return fail_order(begun.error());
  const std::int64_t id = begun->at("replay").as_int();
  if (!holder.by_hub) {
    std::fprintf(stderr,
                 "navette: no hub runs on this store: the next one carries replay %lld out, or "
                 "do it now with `navette replay --run`\n",
                 static_cast<long long>(id));
    return tell(asked, *begun);
  }
  if (asked.no_wait) return tell(asked, *begun);
  const auto report = watch(asked, id);
  if (!report) return fail_order(report.error());
  return tell(asked, *report);
}

int list(const Asked& asked) {
  StoreHolder holder{asked.store};
  const auto replays = give_order(holder, {"GET", "replay"});
  if (!replays) return fail_order(replays.error());
  if (asked.json) {
    print_json(*replays);
    return kOk;
  }
  for (const Json& report : replays->items()) print(replay_summary(report));
  if (replays->size() == 0) print("No replays.\n");
  return kOk;
}

int replay(const Asked& asked) {
  if (asked.list) return list(asked);
  if (asked.watch != 0) {
    const auto report = watch(asked, asked.watch);
    return report ? tell(asked, *report) : fail_order(report.error());
  }
  if (asked.stop != 0) {
    StoreHolder holder{asked.store};
    const auto report =
        give_order(holder, {"POST", "replay/" + std::to_string(asked.stop) + "/stop"});
    return report ? tell(asked, *report) : fail_order(report.error());
  }
  const bool chosen = chooses(asked.arguments);
  if (!chosen && !asked.run) {
    std::fprintf(stderr,
                 "navette: this would replay every dead letter: name some, filter, or say --all\n");
    return kUsage;
  }
  if (asked.dry_run) return preview_replay(asked.store, asked.arguments, asked.limit, asked.json);
  if (!asked.run) return begin(asked);
  const auto report = replay_here(asked.store, chosen ? asked.arguments : Json());
  return report ? tell(asked, *report) : fail_order(report.error());
}

void add_how(CLI::App& command, const std::shared_ptr<Asked>& asked) {
  const auto option = [&](const std::string& name, const std::string& about,
                          const std::string& type) {
    command
        .add_option_function<std::string>(
            "--" + name,
            [asked, name](const std::string& value) { asked->arguments.set(name, value); }, about)
        ->type_name(type);
  };
  option("state", "Those that ended so: dead (as it is without this), parked, ... or all", "STATE");
  option("from",
         "raw: read both tickets anew (as it is without this); mapped: the values of then; "
         "command: the very command, after a look for what it made",
         "POINT");
  option("rate", "No more than so many a second, as 20/s", "RATE");
  command
      .add_option_function<std::string>(
          "-c,--config",
          [asked](const std::string& value) {
            if (value == "then" || value == "now") {
              asked->arguments.set("config", value);
            } else {
              asked->store.config.path = value;
            }
          },
          "then or now: run them with the configuration of then, or the one of now (as it is "
          "without this); else navette.yaml, or the folder that holds it")
      ->type_name("WHEN|PATH")
      ->trigger_on_parse();
  command
      .add_option("--store", asked->store.store,
                  "Use this store, e.g. sqlite:/var/lib/navette/navette.db")
      ->type_name("PLACE");
  command.add_flag("--dry-run", asked->dry_run,
                   "Show what would be written and sent; write and send nothing");
  command.add_option("--limit", asked->limit, "With --dry-run: look at so many tickets")
      ->type_name("COUNT")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
}

}  // namespace

void add_replay_to(CLI::App& parent, const std::string& words, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      parent, "replay",
      "Runs ended changes again, dead letters as a rule, in their order. The hub that runs on the "
      "store does it, and goes on by itself after it was killed; this command shows how far it is "
      "and what came of it. Ends with 1 when some died again or were skipped.",
      "  " + words + " 17 18\n  " + words + " --system tracker --reason 'too long' --dry-run\n  " +
          words + " --flow acme-support --since 2d --rate 20/s\n  " + words + " --all --run");
  add_letter_filters(*command, asked->arguments);
  add_how(*command, asked);
  command->add_flag_callback(
      "--all", [asked] { asked->arguments.set("all", true); }, "Every dead letter there is");
  command->add_flag("--run", asked->run,
                    "No hub runs: do it here and now, and what else is left of earlier replays");
  command->add_flag("--no-wait", asked->no_wait, "Give the order, and do not wait for its end");
  command->add_flag("--list", asked->list, "List the last replays");
  command->add_option("--watch", asked->watch, "Show how far this replay is, until it ends")
      ->type_name("REPLAY");
  command->add_option("--stop", asked->stop, "End this replay; what is left stays as it was")
      ->type_name("REPLAY");
  add_json(*command, asked->json);
  command->callback([asked, &chosen] { chosen = [asked] { return replay(*asked); }; });
}

void add_replay(CLI::App& root, Chosen& chosen) {
  add_replay_to(root, "navette replay", chosen);
}

}  // namespace navette::tools
