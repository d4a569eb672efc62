// Goal: a disk that can't be written and a clock that is set lose nothing, and the engine goes on
// by itself. Method: a store in a real file whose writes the kernel refuses; a clock that jumps.

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/simulation/sim_world.h"

namespace navette::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// While one lives no file of this process grows or is written beyond its first byte.
class NoRoom {
 public:
  NoRoom() {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit none = before_;
    none.rlim_cur = 1;
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~NoRoom() { setrlimit(RLIMIT_FSIZE, &before_); }
  NoRoom(const NoRoom&) = delete;
  NoRoom& operator=(const NoRoom&) = delete;

 private:
  rlimit before_{};
};

// A SimWorld whose store is a file.
class FileWorld : public SimWorld {
 public:
  explicit FileWorld(std::uint64_t seed) : SimWorld(seed) {
    std::string pattern = std::filesystem::temp_directory_path() / "navette-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    store = std::move(*open_store("sqlite:" + (folder_ / "navette.db").string()));
  }
  ~FileWorld() {
    kill();
    store.reset();
    std::filesystem::remove_all(folder_);
  }
  FileWorld(const FileWorld&) = delete;
  FileWorld& operator=(const FileWorld&) = delete;

 private:
  std::filesystem::path folder_;
};

TEST(EngineInTrouble, AFullDiskStopsIntakeAndWorkAndItGoesOnByItself) {
  FileWorld world(40);
  const std::string id = world.client.edit("", {{"title", Json("a")}});
  world.start();
  ASSERT_TRUE(world.settle());
  const int writes = world.peers->writes;
  {
    const NoRoom full;
    world.client.edit(id, {{"title", Json("b")}});
    world.loop.run_for(std::chrono::minutes(1));
    const Status hint = world.engine->hint("desk", id, "{}");
    ASSERT_FALSE(hint);
    EXPECT_EQ(hint.error().fault, Fault::kRetryLater);
    EXPECT_THAT(world.engine->gauges().at("store_trouble").text(), HasSubstr("navette.db"));
    EXPECT_EQ(world.peers->writes, writes);
    // Said once, however long it lasts.
    world.loop.run_for(std::chrono::minutes(10));
    EXPECT_EQ(world.events.counts["store_down"], 1);
  }
  world.loop.run_for(std::chrono::seconds(5));
  EXPECT_EQ(world.events.counts["store_up"], 1);
  EXPECT_EQ(world.engine->gauges().at("store_trouble").text(), "");
  EXPECT_TRUE(world.engine->hint("desk", id, "{}"));
  ASSERT_TRUE(world.settle());
  EXPECT_THAT(world.violations(), IsEmpty());
  EXPECT_EQ(world.provider.tickets().begin()->second.doc.at("subject").text(), "b");
}

TEST(EngineInTrouble, ADiskThatFillsAtAnyMomentLosesAndDoublesNothing) {
  FileWorld world(41);
  world.start();
  std::string id = world.client.edit("", {{"title", Json("0")}});
  for (int i = 1; i < 40; ++i) {
    world.client.edit(id, {{"title", Json(std::to_string(i))}});
    world.client.comment(id, "word " + std::to_string(100 + i), Visibility::kPublic);
    if (i % 10 == 0) id = world.client.edit("", {{"title", Json("new " + std::to_string(i))}});
    // In the middle of what this edit causes: calls take up to 20 ms each.
    world.loop.run_for(std::chrono::milliseconds(world.random.below(3000)));
    const NoRoom full;
    world.loop.run_for(std::chrono::seconds(3));
  }
  ASSERT_TRUE(world.settle());
  EXPECT_THAT(world.violations(), IsEmpty());
  EXPECT_GT(world.events.counts["store_down"], 5);
}

TEST(EngineInTrouble, WaitingForASystemThroughManyRestartsIsNoReasonToGiveUp) {
  SimWorld world(43);
  world.client.edit("", {{"title", Json("a")}});
  for (int i = 0; i < 40; ++i) {
    world.provider.faults.unsent_percent = 100;
    world.start();
    world.loop.run_for(std::chrono::seconds(4));
    world.kill();
  }
  world.provider.faults.unsent_percent = 0;
  world.start();
  ASSERT_TRUE(world.settle());
  EXPECT_THAT(world.violations(), IsEmpty());
}

TEST(EngineInTrouble, ASystemThatIsDownIsTriedWithOneCallAtATime) {
  SimWorld world(44);
  std::vector<std::string> ids;
  for (int i = 0; i < 40; ++i) ids.push_back(world.client.edit("", {{"title", Json("a")}}));
  world.start();
  ASSERT_TRUE(world.settle());
  world.provider.down = true;
  for (const std::string& id : ids) world.client.edit(id, {{"title", Json("b")}});
  // Those that were begun before anybody knew.
  world.loop.run_for(std::chrono::seconds(5));
  world.peers->unreachable = 0;
  world.loop.run_for(std::chrono::minutes(2));
  EXPECT_GE(world.peers->unreachable, 8);
  EXPECT_LE(world.peers->unreachable, 20);
  world.provider.down = false;
  ASSERT_TRUE(world.settle());
  EXPECT_THAT(world.violations(), IsEmpty());
}

TEST(EngineInTrouble, AClockThatIsSetBackKeepsNoSystemDown) {
  SimWorld world(42);
  const std::string id = world.client.edit("", {{"title", Json("a")}});
  world.start();
  ASSERT_TRUE(world.settle());
  world.provider.down = true;
  world.client.edit(id, {{"title", Json("b")}});
  world.loop.run_for(std::chrono::seconds(30));
  world.loop.jump(-std::chrono::hours(5));
  world.provider.down = false;
  world.loop.run_for(std::chrono::seconds(30));
  EXPECT_EQ(world.provider.tickets().begin()->second.doc.at("subject").text(), "b");
  world.loop.jump(std::chrono::hours(10));
  world.client.edit(id, {{"title", Json("c")}});
  world.loop.run_for(std::chrono::seconds(30));
  EXPECT_EQ(world.provider.tickets().begin()->second.doc.at("subject").text(), "c");
  EXPECT_THAT(world.violations(), IsEmpty());
}

}  // namespace
}  // namespace navette::test
