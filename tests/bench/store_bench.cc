// How many batches a second the store makes durable, by how many share one commit, and what the
// engine's usual questions cost beside a million links.

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "store/store.h"

namespace navette {
namespace {

std::string name(char side, std::int64_t number) {
  std::string text(1, side);
  text += std::to_string(number);
  return text;
}

// What this process holds in memory now; Linux only, else 0.
double resident_megabytes() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}

// A store in a fresh folder. NAVETTE_BENCH_DIR puts it on the disk that is to be measured.
class Home {
 public:
  Home() {
    const char* chosen = std::getenv("NAVETTE_BENCH_DIR");
    const std::filesystem::path parent =
        chosen == nullptr ? std::filesystem::temp_directory_path() : std::filesystem::path(chosen);
    std::string pattern = (parent / "navette-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
    auto store = open_store("sqlite:" + folder_ + "/navette.db");
    if (store) store_ = std::move(*store);
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  ~Home() {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Store& store() { return *store_; }
  bool ready() const { return store_ != nullptr; }
  std::int64_t bytes() const {
    return static_cast<std::int64_t>(std::filesystem::file_size(folder_ + "/navette.db"));
  }

 private:
  std::string folder_;
  std::unique_ptr<Store> store_;
};

// What a poll journals for one ticket: the change with about 1 KB of payload, and the cursor.
Batch accept(std::int64_t number) {
  ChangeRow row;
  row.flow = "acme-support";
  row.entity_id = std::to_string(number);
  row.version = "2026-01-01T00:00:00Z";
  row.origin = "poll";
  row.correlation = name('c', number);
  row.config_hash = std::string(64, 'c');
  row.payload = std::string(1000, 'p');
  row.received_at = number;
  return {AddChange{std::move(row)}, SetCursor{"acme-support/client", std::to_string(number)}};
}

// What the end of one update costs: the link's new base, the command's outcome, the change's end.
Batch settle(Store& store, std::int64_t number) {
  LinkRow link{
      number, "acme-support", name('c', number), name('p', number), std::string(1500, 's'), 0,
      number, number};
  CommandRow command;
  command.id = store.new_id();
  command.key = name('k', command.id);
  command.flow = "acme-support";
  command.link = number;
  command.kind = "update";
  command.phase = "done";
  command.payload = std::string(300, 'p');
  return {PutLink{std::move(link)}, PutCommand{std::move(command)},
          EndChanges{{number}, Disposition::kDelivered, "", number, number},
          AddEvent{{0, number, "acme-support", number, "outcome", "c", "{}"}}};
}

void commit(benchmark::State& state, Store& store, const std::vector<Batch>& batches) {
  for (const Status& done : store.commit(batches)) {
    if (!done) state.SkipWithError(done.error().message.c_str());
  }
}

void accept_changes(benchmark::State& state) {
  Home home;
  if (!home.ready()) return state.SkipWithError("no store");
  std::int64_t number = 0;
  for (auto turn : state) {
    std::vector<Batch> batches;
    for (std::int64_t i = 0; i < state.range(0); ++i) batches.push_back(accept(++number));
    commit(state, home.store(), batches);
  }
  state.SetItemsProcessed(number);
}
BENCHMARK(accept_changes)->Arg(1)->Arg(16)->Arg(128)->UseRealTime();

void accept_and_settle(benchmark::State& state) {
  Home home;
  if (!home.ready()) return state.SkipWithError("no store");
  std::int64_t number = 0;
  for (auto turn : state) {
    std::vector<Batch> in;
    std::vector<Batch> out;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      in.push_back(accept(++number));
      out.push_back(settle(home.store(), number));
    }
    commit(state, home.store(), in);
    commit(state, home.store(), out);
  }
  state.SetItemsProcessed(number);
}
BENCHMARK(accept_and_settle)->Arg(1)->Arg(16)->Arg(128)->UseRealTime();

constexpr std::int64_t kLinks = 1'000'000;

std::unique_ptr<Home> make_large_home() {
  auto home = std::make_unique<Home>();
  if (!home->ready()) return home;
  for (std::int64_t id = 1; id <= kLinks;) {
    Batch batch;
    for (int i = 0; i < 5000; ++i, ++id) {
      batch.emplace_back(PutLink{
          {id, "acme-support", name('c', id), name('p', id), std::string(200, 's'), 0, 1, 1}});
    }
    static_cast<void>(static_cast<bool>(home->store().commit(batch)));
  }
  return home;
}

void ask_a_million_links(benchmark::State& state) {
  auto home = make_large_home();
  if (!home->ready()) return state.SkipWithError("no store");
  std::uint64_t number = 1;
  for (auto turn : state) {
    number = (number * 6364136223846793005U + 1442695040888963407U) % kLinks;
    auto link = home->store().link_of("acme-support", Side::kClient, name('c', number + 1));
    benchmark::DoNotOptimize(link);
    auto counts = home->store().counts();
    benchmark::DoNotOptimize(counts);
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["file_MB"] = static_cast<double>(home->bytes()) / 1e6;
  state.counters["resident_MB"] = resident_megabytes();
}
BENCHMARK(ask_a_million_links)->UseRealTime();

}  // namespace
}  // namespace navette

BENCHMARK_MAIN();
