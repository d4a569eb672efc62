// Goal: what is pending costs no memory and no time beyond its own, and nothing that waits is in
// the way of what could go on. Method: the engine over a store that counts the rows it is asked
// for, in simulated time.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync/dispatcher.h"
#include "sync/engine.h"
#include "tests/bench/scale_world.h"
#include "tests/simulation/sim_world.h"

namespace navette::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class WindowWorld {
 public:
  explicit WindowWorld(std::vector<std::string> flows = {"acme"})
      : loop(7), random(8), flows_(std::move(flows)) {
    store = std::move(*open_store("sqlite::memory:"));
  }
  ~WindowWorld() { kill(); }

  void start() {
    peers = std::make_unique<ScalePeers>(loop);
    peers->on_write = [this](const Command& command) { written.push_back(command.id); };
    engine = std::make_unique<Engine>(EngineContext{loop, random, *store, *peers, events});
    std::map<std::string, SystemConfig> systems;
    for (const char* name : {"desk", "tracker"}) systems[name].name = name;
    std::vector<FlowConfig> configs;
    for (const std::string& name : flows_) configs.push_back(scale_flow(name));
    const Status done = engine->configure(systems, configs);
    EXPECT_TRUE(done) << (done ? "" : done.error().message);
  }
  void kill() {
    engine.reset();
    loop.drop_all();
  }
  void fill(const ScaleOrder& order) {
    const Status done = fill_store(*store, order);
    ASSERT_TRUE(done) << done.error().message;
  }
  std::int64_t pending() {
    std::int64_t all = 0;
    const auto counts = store->counts();
    for (const FlowCounts& one : *counts) all += one.by[0];
    return all;
  }
  std::int64_t queue() {
    std::int64_t all = 0;
    const Json gauges = engine->gauges();
    for (const Json& flow : gauges.at("flows").items()) all += flow.at("queue").as_int();
    return all;
  }
  // The most that was in memory until nothing is pending any more, or the time is over.
  std::int64_t run(std::chrono::milliseconds span) {
    std::int64_t most = 0;
    loop.run_until(
        [&] {
          most = std::max(most, queue());
          return pending() == 0;
        },
        span);
    return most;
  }

  SimLoop loop;
  Random random;
  CountingSink events;
  std::unique_ptr<Store> store;
  std::unique_ptr<ScalePeers> peers;
  std::unique_ptr<Engine> engine;
  std::vector<std::string> written;

 private:
  std::vector<std::string> flows_;
};

TEST(Window, ABacklogIsWorkedOffThroughABoundedWindow) {
  WindowWorld world;
  world.fill({.links = 3000, .pending = 3000});
  world.start();
  world.engine->start();
  const std::int64_t most = world.run(minutes(30));
  EXPECT_EQ(world.pending(), 0);
  EXPECT_LE(most, static_cast<std::int64_t>(Dispatcher::kWindowMax));
  EXPECT_EQ(world.written.size(), 3000U);
  EXPECT_EQ(world.peers->fetches, 6000) << "each side of each ticket is read once";
}

TEST(Window, ManyChangesOfOneTicketAreOneRunAndBoundedToo) {
  WindowWorld world;
  world.fill({.links = 1, .pending = 5000});
  world.start();
  world.engine->start();
  EXPECT_LE(world.run(minutes(30)), 1);
  EXPECT_EQ(world.pending(), 0);
  EXPECT_EQ(world.written.size(), 1U);
  EXPECT_LE(world.peers->fetches, 2 + 5000 / static_cast<std::int64_t>(Dispatcher::kWindowMax));
}

TEST(Window, WhatWaitsForALaterTimeIsNotInTheWay) {
  WindowWorld world;
  const std::int64_t later = world.loop.now().time_since_epoch().count() + 240'000;
  world.fill({.links = 2000, .pending = 2000, .next_at = later});
  world.fill({.links = 10, .pending = 10, .first = 5001});
  world.start();
  world.engine->start();
  world.loop.run_for(seconds(5));
  EXPECT_EQ(world.written.size(), 10U);
  EXPECT_EQ(world.queue(), 0) << "those that wait are in the store only";
  world.loop.run_for(minutes(5));
  EXPECT_EQ(world.written.size(), 2010U);
  EXPECT_EQ(world.pending(), 0);
}

TEST(Window, ALaterChangeOfATicketDoesNotOvertakeOneThatWaits) {
  for (const bool restarted : {false, true}) {
    WindowWorld world;
    world.fill({.links = 1, .pending = 1});
    world.start();
    world.peers->poison = [](const std::string&) { return true; };
    world.engine->start();
    world.loop.run_for(std::chrono::milliseconds(500));
    if (restarted) {
      world.kill();
      world.start();
      world.engine->start();
    }
    world.peers->poison = nullptr;
    const std::int64_t before = world.peers->fetches;
    ASSERT_TRUE(world.engine->hint("desk", "1", "{}"));
    world.loop.run_for(std::chrono::milliseconds(500));
    EXPECT_EQ(world.peers->fetches, before) << "its ticket waits";
    EXPECT_EQ(world.pending(), 2);
    EXPECT_EQ(world.queue(), 0) << "in the store only";
    world.loop.run_for(seconds(5));
    EXPECT_EQ(world.pending(), 0);
    EXPECT_EQ(world.peers->fetches, before + 2) << "one run for both";
  }
}

TEST(Window, ATimeThatAWrongClockGaveIsNotWaitedFor) {
  WindowWorld world;
  const std::int64_t later = world.loop.now().time_since_epoch().count() + 86'400'000;
  world.fill({.links = 10, .pending = 10, .next_at = later});
  world.start();
  world.engine->start();
  world.loop.run_for(seconds(5));
  EXPECT_EQ(world.written.size(), 10U);
}

TEST(Window, WhatWaitsForADeadSystemIsNeitherInMemoryNorWrittenAnew) {
  WindowWorld world;
  world.fill({.links = 5000, .pending = 5000});
  world.start();
  world.peers->down = "tracker";
  world.engine->start();
  world.loop.run_for(minutes(5));
  EXPECT_LE(world.queue(), static_cast<std::int64_t>(Dispatcher::kWindowMax));
  EXPECT_EQ(world.written.size(), 0U);
  const auto waiting = *world.store->waiting();
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_EQ(waiting[0].changes, 5000);
  EXPECT_EQ(waiting[0].reason, "tracker: connection refused");
  std::int64_t touched = 0;
  const auto changes = world.store->changes({.limit = 5000});
  for (const ChangeRow& row : *changes) touched += row.reason.empty() ? 0 : 1;
  EXPECT_LE(touched, 100);
  world.peers->down.clear();
  world.run(minutes(30));
  EXPECT_EQ(world.written.size(), 5000U);
  world.loop.run_for(seconds(2));
  EXPECT_TRUE(world.store->waiting()->empty());
  EXPECT_EQ(world.store->counts()->front().stall, "");
}

TEST(Window, PoisonBlocksNothingButItself) {
  WindowWorld world;
  world.fill({.links = 2000, .pending = 2000});
  world.start();
  world.peers->poison = [](const std::string& id) { return std::stoll(id) % 2 == 0; };
  world.engine->start();
  world.loop.run_for(minutes(2));
  EXPECT_EQ(world.written.size(), 1000U);
  world.run(minutes(600));
  EXPECT_EQ(world.store->counts()->front().by[static_cast<int>(Disposition::kDead)], 1000);
  EXPECT_EQ(world.pending(), 0);
}

TEST(Window, LiveOnesGoFirstAndLeaveSomeRoomForTheOthers) {
  WindowWorld world;
  world.fill({.links = 1000, .pending = 1000, .origin = "backfill"});
  world.fill({.links = 1000, .pending = 1000, .first = 2001});
  world.start();
  world.engine->start();
  world.loop.run_until([&] { return world.written.size() >= 800; }, minutes(30));
  const auto old = std::count_if(world.written.begin(), world.written.begin() + 800,
                                 [](const std::string& id) { return std::stoll(id) <= 1000; });
  EXPECT_GE(old, 800 / 10);
  EXPECT_LE(old, 800 / 6);
  world.run(minutes(30));
  EXPECT_EQ(world.written.size(), 2000U);
}

TEST(Window, AFlowWithAHugeBacklogDoesNotHoldUpAnother) {
  WindowWorld world({"acme", "bolt"});
  world.fill({.links = 3000, .pending = 3000});
  world.fill({.flow = "bolt", .links = 50, .pending = 50, .first = 9001});
  world.start();
  world.engine->start();
  world.loop.run_until([&] { return world.written.size() >= 150; }, minutes(30));
  const auto bolt = std::count_if(world.written.begin(), world.written.end(),
                                  [](const std::string& id) { return std::stoll(id) > 9000; });
  EXPECT_GE(bolt, 40);
}

}  // namespace
}  // namespace navette::test
