#include <csignal>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "base/log.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/hub.h"
#include "tools/options.h"
#include "tools/setup.h"
#include "tools/signals.h"

namespace navette::tools {
namespace {

struct Asked {
  ConfigOption config;
  std::string format = "auto";
  std::string level = "info";
};

LogOptions log_options(const Asked& asked) {
  LogOptions options;
  options.level = parse_level(asked.level).value_or(Level::kInfo);
  if (asked.format == "text") options.format = LogFormat::kPeople;
  if (asked.format == "json") options.format = LogFormat::kJson;
  return options;
}

void tell_notes(const LoadResult& config, Log& log) {
  for (const Diagnostic& note : config.diagnostics) {
    log.emit({Level::kWarn,
              "config_note",
              "The configuration works, but perhaps not as meant.",
              {{"file", note.place.file},
               {"line", std::to_string(note.place.line)},
               {"found", note.found},
               {"advice", note.advice}}});
  }
}

int run_hub(const Asked& asked) {
  const LoadResult config = load(asked.config);
  if (!config.ok()) {
    std::fputs(render(config.diagnostics).c_str(), stderr);
    return kUsage;
  }
  Signals signals;
  const SystemClock clock;
  Log log(clock, log_options(asked));
  tell_notes(config, log);
  bus::Reactor reactor(clock);
  const LoadWith load_with = [&asked](const std::map<std::string, std::string>& in_place_of) {
    return load(asked.config, {.in_place_of = in_place_of});
  };
  RunningHub hub(reactor, clock, {load_with, log});
  if (const Status opened = hub.open(config); !opened) {
    log.flush(std::chrono::seconds(1));
    return fail(opened.error());
  }
  const Status watching = signals.watch(reactor, [&hub](int signal) {
    if (signal == SIGHUP) {
      (void)hub.reload();  // it says itself how it went
    } else {
      hub.drain(signal == SIGTERM ? "SIGTERM" : "SIGINT");
    }
  });
  if (!watching) return fail(watching.error());
  hub.run();
  return kOk;
}

}  // namespace

void add_run(CLI::App& root, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      root, "run",
      "Runs the hub until SIGTERM or SIGINT, which let it end what is in hand (a second one ends "
      "it at once). SIGHUP reads the configuration again; a broken one is reported, and the old "
      "one goes on. Logs to standard error: sentences on a terminal, JSON lines otherwise.",
      "  navette run\n"
      "  navette run --config /etc/navette --log-level debug\n"
      "  curl http://127.0.0.1:8700/healthz");
  add_config(*command, asked->config);
  command->add_option("--log", asked->format, "How log lines look")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"auto", "text", "json"}))
      ->capture_default_str();
  command->add_option("--log-level", asked->level, "What is logged: this level and above")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  command->callback([asked, &chosen] { chosen = [asked] { return run_hub(*asked); }; });
}

}  // namespace navette::tools
