#include "tools/replay_here.h"

#include <csignal>
#include <cstdio>
#include <memory>

#include <unistd.h>

#include "base/log.h"
#include "sync/dead_letters.h"
#include "sync/engine.h"
#include "tools/exit.h"
#include "tools/letters.h"
#include "tools/live.h"
#include "tools/past_config.h"
#include "tools/setup.h"
#include "tools/signals.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

constexpr std::chrono::milliseconds kLook{200};
constexpr std::chrono::hours kRunMax{24 * 7};

std::int64_t left_of(const Json& report) {
  return report.at("to_come").as_int() + report.at("pending").as_int();
}

std::int64_t skipped_of(const Json& report) {
  std::int64_t sum = 0;
  if (!report.at("skipped").is_object()) return 0;
  for (const auto& [reason, times] : report.at("skipped").members()) sum += times.as_int();
  return sum;
}

// Runs the engine until no replay is open.
class Runner {
 public:
  Runner(LiveSystems& live, Store& store, Engine& engine, std::int64_t id)
      : live_(live), store_(store), engine_(engine), id_(id) {}

  void look() {
    const auto open = store_.replays(true, 1);
    if (open && !open->empty()) {
      if (id_ == 0) id_ = open->front().id;
      const auto report = replay_report(store_, open->front());
      if (report) progress_.show(*report);
      live_.reactor().after(kLook, [this] { look(); });
      return;
    }
    progress_.end();
    end();
  }
  void end() {
    if (ending_) return;
    ending_ = true;
    engine_.drain([this] { live_.done(); });
  }
  std::int64_t id() const { return id_; }

 private:
  LiveSystems& live_;
  Store& store_;
  Engine& engine_;
  std::int64_t id_;
  ReplayProgress progress_;
  bool ending_ = false;
};

}  // namespace

Result<Json> replay_here(const StoreOption& option, const Json& arguments) {
  const LoadResult config = load(option.config);
  if (!config.ok()) return Error{Fault::kMisconfigured, render(config.diagnostics)};
  auto store = open_store(option.store.empty() ? config.hub.store : option.store);
  if (!store) return store.error();
  if ((*store)->shared()) {
    return Error{
        Fault::kRejected,
        "replay --run: hubs share this store: without --run the one that has the flow does "
        "it"};
  }
  const SystemClock clock;
  std::int64_t id = 0;
  if (!arguments.is_null()) {
    const std::vector<FlowSides> flows = sides_of(config.flows);
    const auto begun = answer_letters({**store, flows, clock.now()}, {"POST", "replay", arguments});
    if (!begun) return begun.error();
    id = begun->at("replay").as_int();
  }
  keep_configs(**store, config, clock.now());
  Signals signals;
  Log log(clock, {.level = Level::kError});
  LiveSystems live(log);
  NAVETTE_TRY(live.open(config.hub.systems));
  Random random;
  Engine engine({live.reactor(), random, **store, live.peers(), log});
  engine.read_configs_with([&option](const std::string& hash, const std::string& text) {
    return config_of_then(hash, text, [&option](const std::map<std::string, std::string>& files) {
      return load(option.config, {.in_place_of = files});
    });
  });
  engine.hide(secrets_of(config.hub));
  NAVETTE_TRY(engine.configure(config.hub.systems, config.flows));
  Runner runner(live, **store, engine, id);
  NAVETTE_TRY(signals.watch(live.reactor(), [&runner](int) { runner.end(); }));
  live.reactor().post([&] {
    engine.start(Engine::Polling::kOff);
    runner.look();
  });
  live.run(kRunMax);
  if (runner.id() == 0) return Error{Fault::kRejected, "replay: no replay is open"};
  auto row = (*store)->replay(runner.id());
  if (!row) return row.error();
  if (!*row) return Error{Fault::kRejected, "replay: it is not in the store any more"};
  return replay_report(**store, **row);
}

std::string replay_summary(const Json& report) {
  const std::int64_t skipped = skipped_of(report);
  std::string out = "Replay " + report.at("replay").text() + ": " + report.at("chosen").text() +
                    " chosen = " + report.at("delivered").text() + " delivered + " +
                    report.at("unchanged").text() + " unchanged + " + report.at("filtered").text() +
                    " filtered + " + report.at("parked").text() + " parked + " +
                    report.at("dead").text() + " dead again + " + std::to_string(left_of(report)) +
                    " still pending + " + std::to_string(skipped) + " skipped\n";
  if (const std::int64_t missing = report.at("difference").as_int(); missing != 0) {
    out += "  " + std::to_string(missing) +
           " are missing from this sum: another replay has chosen "
           "them since\n";
  }
  if (skipped > 0) {
    for (const auto& [reason, times] : report.at("skipped").members()) {
      out += "  skipped " + times.text() + ": " + brief(Json(reason), 300) + "\n";
    }
  }
  const std::string stopped = report.at("stopped").text();
  if (!stopped.empty()) out += "  stopped: " + brief(Json(stopped), 300) + "\n";
  return out;
}

int replay_exit(const Json& report) {
  const bool well = report.at("dead").as_int() == 0 && skipped_of(report) == 0 &&
                    report.at("difference").as_int() == 0;
  return well ? kOk : kBad;
}

ReplayProgress::ReplayProgress()
    : terminal_(::isatty(STDERR_FILENO) == 1), begun_(std::chrono::steady_clock::now()) {}

void ReplayProgress::show(const Json& report) {
  if (!terminal_) return;
  const std::int64_t left = left_of(report);
  if (!left_at_begin_) left_at_begin_ = left;
  const std::int64_t done = *left_at_begin_ - left;
  const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begun_);
  std::string eta;
  if (done > 0) eta = ", " + human(spent * left / done) + " to go";
  const std::int64_t chosen = report.at("chosen").as_int();
  std::fprintf(stderr, "\r%lld of %lld%s\x1b[K", static_cast<long long>(chosen - left),
               static_cast<long long>(chosen), eta.c_str());
}

void ReplayProgress::end() const {
  if (terminal_) std::fputs("\r\x1b[K", stderr);
}

}  // namespace navette::tools
