// Two fake systems, a store and an engine between them, that can be killed and started again.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/store.h"
#include "sync/engine.h"
#include "tests/simulation/fake_desk.h"

namespace navette::test {

class CountingSink final : public EventSink {
 public:
  void emit(const Event& event) noexcept override;
  std::map<std::string, int, std::less<>> counts;
  bool print = false;
};

FlowConfig example_flow();

class SimWorld {
 public:
  explicit SimWorld(std::uint64_t seed, FlowConfig config = example_flow());
  ~SimWorld();

  void start();
  // As SIGKILL: whatever was not committed or sent is gone.
  void kill();
  // Runs until nothing is pending and both systems have been quiet; false if that never comes.
  bool settle(std::chrono::milliseconds span = std::chrono::minutes(30));

  // Everything that the promises forbid, as sentences; empty when all hold.
  std::vector<std::string> violations();

  SimLoop loop;
  Random random;
  FakeDesk client;
  FakeDesk provider;
  FlowConfig flow;
  CountingSink events;
  std::unique_ptr<Store> store;
  std::unique_ptr<FakePeers> peers;
  std::unique_ptr<Engine> engine;

  FakeDesk& desk(Side side) { return side == Side::kClient ? client : provider; }

 private:
  void check_pairs(std::vector<std::string>& wrong);
  void check_pair(const LinkRow& link, std::vector<std::string>& wrong);
  void check_comments(const LinkRow& link, Side from, std::vector<std::string>& wrong);
};

}  // namespace navette::test
