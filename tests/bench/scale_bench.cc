// What the engine costs with many links and a long backlog: memory, the time to the first delivery
// after a start, and time for each change, beside the targets of the design.
//
// Each measurement is a process of its own over a copy of a store that another one has filled, so
// that its memory is that of the engine alone. The systems answer at once and hold nothing.
//
// NAVETTE_BENCH_DIR puts the stores on the disk that is to be measured.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "sync/engine.h"
#include "tests/bench/scale_world.h"

namespace navette::test {
namespace {

constexpr double kMegabytesMax = 64;
constexpr double kFirstSecondsMax = 1;
constexpr double kSlopeMax = 1.5;  // time for a change with a million links, to that with 10,000
constexpr std::int64_t kMeasured = 20'000;

// A plain loop over the real clock.
class BenchLoop final : public Loop {
 public:
  TimePoint now() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
  }
  std::chrono::milliseconds steady() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
  }
  void post(Work work) override { posted_.push_back(std::move(work)); }
  TimerId after(std::chrono::milliseconds delay, Work work) override {
    timers_.emplace(std::pair{steady() + delay, ++last_}, std::move(work));
    return last_;
  }
  void cancel(TimerId timer) override {
    std::erase_if(timers_, [timer](const auto& one) { return one.first.second == timer; });
  }
  // Until `done` says so. REQUIRES: there is work until then.
  void run(const std::function<bool()>& done) {
    while (!done()) {
      while (!timers_.empty() && timers_.begin()->first.first <= steady()) {
        posted_.push_back(std::move(timers_.begin()->second));
        timers_.erase(timers_.begin());
      }
      if (posted_.empty()) continue;
      const Work work = std::move(posted_.front());
      posted_.pop_front();
      work();
    }
  }

 private:
  std::deque<Work> posted_;
  std::map<std::pair<std::chrono::milliseconds, TimerId>, Work> timers_;
  TimerId last_ = 0;
};

class NoEvents final : public EventSink {
 public:
  void emit(const Event& /*event*/) noexcept override {}
};

// Of this process, the most so far; Linux only.
double resident_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}

double seconds_since(std::chrono::steady_clock::time_point begun) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

int fill(const std::string& file, std::int64_t links, std::int64_t pending) {
  auto store = open_store("sqlite:" + file);
  if (!store) return 1;
  return fill_store(**store, {.links = links, .pending = pending}) ? 0 : 1;
}

// Prints the seconds to the first delivery, the microseconds for each further change, megabytes.
int measure(const std::string& file, std::int64_t changes) {
  const auto begun = std::chrono::steady_clock::now();
  auto store = open_store("sqlite:" + file);
  if (!store) return 1;
  BenchLoop loop;
  ScalePeers peers(loop);
  Random random(1);
  NoEvents events;
  double first = 0;
  peers.on_write = [&](const Command&) {
    if (first == 0) first = seconds_since(begun);
  };
  Engine engine(EngineContext{loop, random, **store, peers, events});
  std::map<std::string, SystemConfig> systems;
  for (const char* name : {"desk", "tracker"}) systems[name].name = name;
  if (!engine.configure(systems, {scale_flow("acme")})) return 1;
  engine.start();
  loop.run([&] { return peers.writes >= changes / 10; });
  const auto from = std::chrono::steady_clock::now();
  const std::int64_t before = peers.writes;
  loop.run([&] { return peers.writes >= changes; });
  const double each = seconds_since(from) * 1e6 / static_cast<double>(peers.writes - before);
  std::printf("%f %f %f\n", first, each, resident_megabytes());
  return 0;
}

// ---- the parent --------------------------------------------------------------------------------

struct Measured {
  bool ok = false;
  double first = 0;
  double each = 0;
  double megabytes = 0;
};

// Runs this program with these words; what it printed. Nothing when it failed.
std::optional<std::string> run_self(std::vector<std::string> words) {
  int ends[2];
  if (pipe(ends) != 0) return std::nullopt;
  words.insert(words.begin(), "scale_bench");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execv("/proc/self/exe", arguments.data());
    _exit(127);
  }
  close(ends[1]);
  std::string out;
  char part[256];
  for (ssize_t got = 0; (got = read(ends[0], part, sizeof part)) > 0;)
    out.append(part, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return std::nullopt;
  return out;
}

Measured run(const std::string& folder, std::int64_t links, std::int64_t pending) {
  const std::string file = folder + "/store.db";
  std::fprintf(stderr, "%lld links, %lld pending ...\n", static_cast<long long>(links),
               static_cast<long long>(pending));
  Measured seen;
  if (!run_self({"fill", file, std::to_string(links), std::to_string(pending)})) return seen;
  const auto told = run_self({"measure", file, std::to_string(std::min(kMeasured, pending))});
  if (told) {
    std::istringstream numbers(*told);
    seen.ok = static_cast<bool>(numbers >> seen.first >> seen.each >> seen.megabytes);
  }
  for (const char* end : {"", "-wal", "-shm", ".lock"}) {
    std::error_code ignored;
    std::filesystem::remove(file + end, ignored);
  }
  return seen;
}

bool verdict(const char* what, double found, double limit, const char* unit) {
  std::printf("%-58s %8.2f %-3s %s\n", what, found, unit, found <= limit ? "reached" : "MISSED");
  return found <= limit;
}

int compare(const std::string& folder) {
  struct Case {
    std::int64_t links;
    std::int64_t pending;
  };
  const std::vector<Case> cases = {
      {10'000, 20'000}, {100'000, 20'000}, {1'000'000, 100'000}, {1'000'000, 1'000'000}};
  std::vector<Measured> seen;
  for (const Case& one : cases) seen.push_back(run(folder, one.links, one.pending));
  std::printf("\n%12s %12s %14s %14s %12s\n", "links", "pending", "first, s", "a change, us", "MB");
  bool good = true;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    good = good && seen[i].ok;
    std::printf("%12lld %12lld %14.3f %14.1f %12.1f\n", static_cast<long long>(cases[i].links),
                static_cast<long long>(cases[i].pending), seen[i].first, seen[i].each,
                seen[i].megabytes);
  }
  if (!good) {
    std::printf("\na measurement failed\n");
    return 1;
  }
  std::printf("\n");
  good = verdict("memory with 1,000,000 links and 100,000 pending, 64 MB", seen[2].megabytes,
                 kMegabytesMax, "MB") &&
         good;
  good =
      verdict("first delivery with 1,000,000 pending, 1 s", seen[3].first, kFirstSecondsMax, "s") &&
      good;
  good = verdict("a change: 1,000,000 links to 10,000, 1.5 times", seen[2].each / seen[0].each,
                 kSlopeMax, "x") &&
         good;
  return good ? 0 : 1;
}

}  // namespace
}  // namespace navette::test

int main(int count, char** words) {
  using namespace navette::test;
  if (count == 5 && std::string(words[1]) == "fill")
    return fill(words[2], std::atoll(words[3]), std::atoll(words[4]));
  if (count == 4 && std::string(words[1]) == "measure")
    return measure(words[2], std::atoll(words[3]));
  const char* chosen = std::getenv("NAVETTE_BENCH_DIR");
  const std::filesystem::path parent =
      chosen == nullptr ? std::filesystem::temp_directory_path() : std::filesystem::path(chosen);
  std::string folder = (parent / "navette-scale-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  const int bad = compare(folder);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return bad;
}
