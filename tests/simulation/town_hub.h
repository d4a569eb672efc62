// One process of the hub in the simulated town: an engine with its own clock, its own view of the
// shared store and its own connections. It may be killed at any boundary, between any two calls.
//
// A kill in the middle of the engine's work: from that point on nothing that it does has any
// effect, and the town destroys it when the engine has returned.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"
#include "sync/engine.h"
#include "tests/simulation/town_system.h"

namespace navette::test {

// What a hub's process shares between its parts.
struct HubFate {
  explicit HubFate(SimLoop& its_loop) : loop(its_loop) {}
  SimLoop& loop;
  bool dead = false;
  bool lease_lost = false;
  milliseconds gone_at{-1};  // when it died or lost the lease; -1: neither
  milliseconds store_trouble_until{0};
  int flaky_percent = 0;           // batches that the store refuses, one by one
  int crash_after = -1;            // boundaries that are crossed before it dies; -1: it does not
  std::set<std::string> intended;  // keys of commands that it wrote down, and may send once
  std::function<void(const std::string&)> tell;  // for the story; empty: not told
  // What came of a command of that link could not be written down.
  std::function<void(std::int64_t link)> unsaved;
  int writes = 0;

  // Crosses a boundary; true when the hub is dead from here on.
  bool cross() {
    if (crash_after == 0) die();
    if (crash_after >= 0) --crash_after;
    return dead;
  }
  void die() {
    dead = true;
    if (gone_at.count() < 0) gone_at = loop.steady();
  }
  void lose_lease() {
    lease_lost = true;
    if (gone_at.count() < 0) gone_at = loop.steady();
  }
};

// The engine's loop: the town's, with a clock that may be wrong, and silent once the hub is dead.
class HubLoop final : public Loop {
 public:
  HubLoop(SimLoop& loop, std::shared_ptr<HubFate> fate) : loop_(loop), fate_(std::move(fate)) {}
  TimePoint now() const override { return loop_.now(); }
  milliseconds steady() const override { return loop_.steady(); }
  void post(Work work) override { after(milliseconds(0), std::move(work)); }
  TimerId after(milliseconds delay, Work work) override {
    return loop_.after(delay, [fate = fate_, work = std::move(work)] {
      if (!fate->dead) work();
    });
  }
  void cancel(TimerId timer) override { loop_.cancel(timer); }

 private:
  SimLoop& loop_;
  std::shared_ptr<HubFate> fate_;  // shared: work on the loop outlives the hub
};

// The store as this hub sees it.
class HubStore final : public Store {
 public:
  HubStore(Store& store, SimLoop& loop, std::shared_ptr<HubFate> fate)
      : store_(store), loop_(loop), fate_(std::move(fate)) {}
  using Store::commit;
  std::vector<Status> commit(std::span<const Batch> batches) override;

  std::int64_t new_id() override { return store_.new_id(); }
  Result<std::string> cursor(const std::string& name) override { return store_.cursor(name); }
  Result<std::optional<ChangeRow>> change(std::int64_t seq) override { return store_.change(seq); }
  Result<std::vector<ChangeRow>> changes(const ChangeFilter& filter) override {
    return store_.changes(filter);
  }
  Result<std::vector<ChangeRow>> fresh(const std::string& flow, Lane lane, std::int64_t after,
                                       int limit) override {
    return store_.fresh(flow, lane, after, limit);
  }
  Result<std::vector<ChangeRow>> due(const std::string& flow, Lane lane, std::int64_t now,
                                     int limit) override {
    return store_.due(flow, lane, now, limit);
  }
  Result<std::optional<std::int64_t>> next_due(const std::string& flow, Lane lane,
                                               std::int64_t now) override {
    return store_.next_due(flow, lane, now);
  }
  Result<std::vector<ChangeRow>> deferred(const std::string& flow, Side side, const std::string& id,
                                          int limit) override {
    return store_.deferred(flow, side, id, limit);
  }
  Result<std::optional<LinkRow>> link(std::int64_t id) override { return store_.link(id); }
  Result<std::optional<LinkRow>> link_of(const std::string& flow, Side side,
                                         const std::string& id) override {
    return store_.link_of(flow, side, id);
  }
  Result<std::vector<LinkRow>> links(const LinkFilter& filter) override {
    return store_.links(filter);
  }
  Result<std::vector<ChildRow>> children(std::int64_t link) override {
    return store_.children(link);
  }
  Result<std::vector<CommandRow>> commands(std::int64_t link, bool open_only) override {
    return store_.commands(link, open_only);
  }
  Result<std::vector<CommandRow>> open_commands(std::int64_t after, int limit) override {
    return store_.open_commands(after, limit);
  }
  Result<std::vector<EventRow>> events(std::int64_t link, int limit) override {
    return store_.events(link, limit);
  }
  Result<std::vector<EventRow>> unlinked_events(const std::string& correlation,
                                                int limit) override {
    return store_.unlinked_events(correlation, limit);
  }
  Result<std::vector<ReasonCount>> reasons(const ChangeFilter& filter) override {
    return store_.reasons(filter);
  }
  Result<std::optional<EditRow>> edit(std::int64_t change) override { return store_.edit(change); }
  Result<std::optional<ReplayRow>> replay(std::int64_t id) override { return store_.replay(id); }
  Result<std::vector<ReplayRow>> replays(bool open_only, int limit) override {
    return store_.replays(open_only, limit);
  }
  Result<std::optional<std::string>> config(const std::string& hash) override {
    return store_.config(hash);
  }
  Result<PruneLook> prunable(Prunable what, std::int64_t before, std::int64_t after,
                             int limit) override {
    return store_.prunable(what, before, after, limit);
  }
  Result<std::optional<std::int64_t>> bytes() override { return store_.bytes(); }
  Result<std::vector<FlowCounts>> counts() override { return store_.counts(); }
  Result<std::vector<WaitingReason>> waiting() override { return store_.waiting(); }

 private:
  void note_commands(const Batch& batch, bool stored);
  std::vector<Status> pass_on(std::span<const Batch> batches);

  Store& store_;
  SimLoop& loop_;
  std::shared_ptr<HubFate> fate_;
};

// The hub's calls to the systems. A request that was sent is carried out, whatever becomes of the
// hub; its answer finds nobody then. Only when the hub is long gone its connections are as well.
class HubPeers final : public Peers {
 public:
  HubPeers(SimLoop& loop, Model& model, std::map<std::string, TownSystem*> systems,
           std::shared_ptr<HubFate> fate)
      : loop_(loop), model_(model), systems_(std::move(systems)), fate_(std::move(fate)) {}

  const Description* description(const std::string& system) const override {
    return &systems_.at(system)->description;
  }
  std::string trouble(const std::string&) const override { return {}; }
  void poll(const std::string& system, PollRequest request, Done<Page> done) override;
  void fetch(const std::string& system, std::string entity, std::string id, Json where,
             Done<Record> done) override;
  void find(const std::string& system, std::string entity, Json where, std::string path,
            std::string value, Done<std::vector<std::string>> done) override;
  void execute(const std::string& system, Command command, std::string content,
               std::function<void(Outcome)> done) override;
  void preview(const std::string& system, Command command, Done<Json> done) override;
  void download(const std::string& system, std::string ticket, std::string attachment,
                std::int64_t bytes_max, Done<std::string> done) override;

 private:
  // How a write fails, or does not.
  enum class Fate : unsigned char {
    kWell,
    kRefused,
    kThrottled,
    kConflict,
    kUnsent,
    kLost,
    kLate,
    kHalf
  };
  template <class T, class Work>
  void answer(TownSystem& system, Done<T> done, Work work);
  void judge_send(const std::string& system, const Command& command);
  Fate fate_of(const TownSystem& system);
  Outcome outcome_of(TownSystem& system, const Command& command, const std::string& content,
                     Fate fate);
  bool chance(int percent) {
    return loop_.random().below(100) < static_cast<std::uint64_t>(percent);
  }
  milliseconds delay_of(const TownSystem& system);

  SimLoop& loop_;
  Model& model_;
  std::map<std::string, TownSystem*> systems_;
  std::shared_ptr<HubFate> fate_;  // shared: answers outlive the hub
};

class HubEvents final : public EventSink {
 public:
  explicit HubEvents(std::shared_ptr<HubFate> fate) : fate_(std::move(fate)) {}
  void emit(const Event& event) noexcept override;

 private:
  std::shared_ptr<HubFate> fate_;
};

class Hub {
 public:
  Hub(SimLoop& loop, Model& model, Store& store, const std::map<std::string, TownSystem*>& systems,
      std::uint64_t seed);
  ~Hub() { fate->die(); }
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;
  void start(const std::vector<FlowConfig>& flows);

  std::shared_ptr<HubFate> fate;
  HubLoop hub_loop;
  Random random;
  HubStore hub_store;
  HubPeers peers;
  HubEvents events;
  std::unique_ptr<Engine> engine;

 private:
  std::vector<std::string> names_;
};

}  // namespace navette::test
