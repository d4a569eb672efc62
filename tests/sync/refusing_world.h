// Two fake systems of which one refuses some tickets, and an engine between them that can be killed
// and started again with another configuration.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"
#include "sync/dead_letters.h"
#include "sync/engine.h"
#include "tests/simulation/fake_desk.h"
#include "tests/simulation/sim_world.h"

namespace navette::test {

// FakePeers that answer some writes with a refusal, and find marks without looking at every ticket.
class RefusingPeers final : public Peers {
 public:
  using Refuse = std::function<std::string(const Command&)>;  // why; empty: it is taken

  RefusingPeers(SimLoop& loop, FakeDesk& client, FakeDesk& provider, Refuse refuse)
      : loop_(loop),
        provider_(provider),
        under_(loop, client, provider),
        refuse_(std::move(refuse)) {}

  const Description* description(const std::string& system) const override {
    return under_.description(system);
  }
  std::string trouble(const std::string& system) const override { return under_.trouble(system); }
  void poll(const std::string& system, PollRequest request, Done<Page> done) override {
    under_.poll(system, std::move(request), std::move(done));
  }
  void fetch(const std::string& system, std::string entity, std::string id, Json where,
             Done<Record> done) override {
    under_.fetch(system, std::move(entity), std::move(id), std::move(where), std::move(done));
  }
  void find(const std::string&, std::string, Json, std::string, std::string value,
            Done<std::vector<std::string>> done) override {
    loop_.post([this, value, done] {
      const auto& tickets = provider_.tickets();
      for (auto next = tickets.find(std::to_string(seen_ + 1)); next != tickets.end();
           next = tickets.find(std::to_string(++seen_ + 1))) {
        marks_[next->second.doc.at("reference").text()] = next->first;
      }
      const auto found = marks_.find(value);
      done(found == marks_.end() ? std::vector<std::string>() : std::vector{found->second});
    });
  }
  void execute(const std::string& system, Command command, std::string content,
               std::function<void(Outcome)> done) override {
    keys.push_back(command.key);
    const std::string why = refuse_ ? refuse_(command) : std::string();
    if (!why.empty()) {
      loop_.post([why, done] {
        Outcome outcome;
        outcome.verdict = Verdict::kRejected;
        outcome.message = why;
        done(outcome);
      });
      return;
    }
    if (command.kind == CommandKind::kCreate) ++creates;
    under_.execute(system, std::move(command), std::move(content), std::move(done));
  }
  void preview(const std::string& system, Command command, Done<Json> done) override {
    under_.preview(system, std::move(command), std::move(done));
  }
  void download(const std::string& system, std::string ticket, std::string attachment,
                std::int64_t bytes_max, Done<std::string> done) override {
    under_.download(system, std::move(ticket), std::move(attachment), bytes_max, std::move(done));
  }

  void refuse(Refuse when) { refuse_ = std::move(when); }

  std::vector<std::string> keys;  // of every command, in order
  int creates = 0;                // that were not refused

 private:
  SimLoop& loop_;
  FakeDesk& provider_;
  FakePeers under_;
  Refuse refuse_;
  std::map<std::string, std::string> marks_;  // of the tracker's tickets: mark -> id
  int seen_ = 0;                              // its tickets up to this number are in `marks_`
};

class RefusingWorld {
 public:
  explicit RefusingWorld(std::uint64_t seed, FlowConfig config = example_flow())
      : loop(seed),
        random(seed + 1),
        client("desk", loop),
        provider("tracker", loop),
        flow(std::move(config)) {
    client.description.internal_comments = true;
    provider.description.internal_comments = true;
    store = std::move(*open_store("sqlite::memory:"));
  }
  ~RefusingWorld() { kill(); }

  void start() {
    if (!peers) peers = std::make_unique<RefusingPeers>(loop, client, provider, refuse);
    engine = std::make_unique<Engine>(EngineContext{loop, random, *store, *peers, events});
    engine->read_configs_with([this](const std::string& hash, const std::string&) {
      const auto found = known_configs.find(hash);
      return found == known_configs.end()
                 ? Result<FlowConfig>(Error{Fault::kRejected, "no such configuration"})
                 : Result<FlowConfig>(found->second);
    });
    std::map<std::string, SystemConfig> systems;
    for (const char* name : {"desk", "tracker"}) {
      systems[name].name = name;
      systems[name].poll = std::chrono::milliseconds(500);
    }
    const Status done = engine->configure(systems, {flow});
    if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
    engine->start();
  }
  // As SIGKILL. What the systems took stays taken.
  void kill() {
    engine.reset();
    loop.drop_all();
  }

  std::int64_t now() { return loop.now().time_since_epoch().count(); }

  std::int64_t ended_as(Disposition how) {
    const auto counts = store->counts();
    return counts->empty() ? 0 : counts->front().by[static_cast<int>(how)];
  }
  Json report(std::int64_t replay) {
    const auto row = store->replay(replay);
    return *replay_report(*store, **row);
  }
  // Begins a replay and runs until it is closed; its report.
  Json replay(const ReplayOrder& order, std::chrono::milliseconds span = std::chrono::minutes(5)) {
    const auto id = begin_replay(*store, order, now());
    if (!id) return Json(id.error().message);
    engine->take_replays();
    loop.run_until([&] { return !(*store->replay(*id))->open; }, span);
    return report(*id);
  }

  SimLoop loop;
  Random random;
  FakeDesk client;
  FakeDesk provider;
  FlowConfig flow;
  CountingSink events;
  RefusingPeers::Refuse refuse;
  std::map<std::string, FlowConfig> known_configs;
  std::unique_ptr<Store> store;
  std::unique_ptr<RefusingPeers> peers;
  std::unique_ptr<Engine> engine;
};

inline const Json* field_of(const Command& command, const std::string& path) {
  for (const FieldWrite& field : command.fields) {
    if (field.path == path) return &field.value;
  }
  return nullptr;
}

}  // namespace navette::test
