// Sessions: how they begin again, and how they end.

#include <filesystem>
#include <optional>
#include <semaphore>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bus/bus_world.h"
#include "tests/bus/raw_peer.h"

namespace navette::bus::test {
namespace {

using std::chrono::milliseconds;

struct Ends {
  explicit Ends(Hub& hub) {
    hub.on_up([this](const std::string& system) { log.push_back("up " + system); });
    hub.on_down(
        [this](const std::string& system, const std::string&) { log.push_back("down " + system); });
  }
  std::vector<std::string> log;
};

Request request(std::string method) {
  Request made;
  made.method = std::move(method);
  made.deadline = kPatience;
  return made;
}

TEST(Sessions, OfASilentConnectorEndAndItsCallsSayWhetherTheyWereSent) {
  HubOptions options;
  options.heartbeat = milliseconds(20);
  options.silence_max = milliseconds(200);
  World world(options);
  Ends ends(world.hub);
  ASSERT_TRUE(world.hub.open());
  world.hub.allow({{"desk", {}}});
  RawPeer peer(world, "inproc://navette");
  peer.hello("desk", 1);
  EXPECT_EQ(peer.next().at("type").as_string(), "welcome");
  std::vector<ReplyStatus> statuses;
  for (int i = 0; i < 2; ++i) {
    world.hub.call("desk", request("x"),
                   [&](const Reply& reply) { statuses.push_back(reply.status); });
  }
  ASSERT_TRUE(world.until([&] { return statuses.size() == 2; }));
  EXPECT_THAT(statuses,
              testing::UnorderedElementsAre(ReplyStatus::kMaybeSent, ReplyStatus::kNotSent));
  EXPECT_THAT(ends.log, testing::ElementsAre("up desk", "down desk"));
  EXPECT_EQ(peer.next().at("type").as_string(), "request");
  EXPECT_EQ(peer.next().at("reason").as_string(), "silent");
  peer.send(R"({"type":"heartbeat"})");
  EXPECT_EQ(peer.next().at("type").as_string(), "unknown") << "it has to say hello again";
}

TEST(Sessions, OfAConnectorThatOnlyBeatsGoOn) {
  HubOptions options;
  options.heartbeat = milliseconds(20);
  options.silence_max = milliseconds(200);
  World world(options);
  Ends ends(world.hub);
  ASSERT_TRUE(world.hub.open());
  world.hub.allow({{"desk", {}}});
  Connected connector(world.context, desk(), echo);
  ASSERT_TRUE(world.until_up("desk"));
  bool passed = false;
  world.reactor.after(milliseconds(600), [&] { passed = true; });
  ASSERT_TRUE(world.until([&] { return passed; }));
  EXPECT_THAT(ends.log, testing::ElementsAre("up desk"));
}

TEST(Sessions, OfARestartedConnectorReplaceTheOldOne) {
  World world;
  Ends ends(world.hub);
  ASSERT_TRUE(world.hub.open());
  world.hub.allow({{"desk", {}}});
  Connected old(world.context, desk(),
                [](int) -> Handler { return [](Asked&&) { return Answer{}; }; });
  ASSERT_TRUE(world.until_up("desk"));
  RawPeer fresh(world, "inproc://navette");
  RawPeer newest(world, "inproc://navette");
  fresh.hello("desk", 1, "fresh");
  EXPECT_EQ(fresh.next().at("type").as_string(), "welcome");
  std::optional<Reply> lost;
  world.hub.call("desk", request("x"), [&](Reply reply) { lost = std::move(reply); });
  EXPECT_EQ(fresh.next().at("type").as_string(), "request");
  newest.hello("desk", 1, "newest");
  EXPECT_EQ(newest.next().at("type").as_string(), "welcome");
  ASSERT_TRUE(world.until([&] { return lost.has_value(); }));
  EXPECT_EQ(lost->status, ReplyStatus::kMaybeSent);
  EXPECT_THAT(lost->error.message, testing::HasSubstr("lost after sending"));
  EXPECT_EQ(fresh.next().at("reason").as_string(), "replaced");
  EXPECT_THAT(ends.log,
              testing::ElementsAre("up desk", "down desk", "up desk", "down desk", "up desk"));
  old.join();
  ASSERT_FALSE(old.outcome()) << "two processes of one system must not fight for it";
  EXPECT_EQ(old.outcome().error().fault, Fault::kMisconfigured);
}

TEST(Sessions, EndInOrderWhenTheConnectorIsStopped) {
  World world;
  Ends ends(world.hub);
  ASSERT_TRUE(world.hub.open());
  world.hub.allow({{"desk", {}}});
  std::binary_semaphore begun(0);
  std::binary_semaphore gate(0);
  ClientOptions options = desk();
  options.workers = 1;
  options.goodbye_max = kPatience;
  Connected connector(world.context, options, [&](int) -> Handler {
    return [&](Asked&&) {
      begun.release();
      gate.acquire();
      return Answer{};
    };
  });
  ASSERT_TRUE(world.until_up("desk"));
  std::optional<Reply> under_way;
  std::optional<Reply> queued;
  world.hub.call("desk", request("x"), [&](Reply reply) { under_way = std::move(reply); });
  world.hub.call("desk", request("x"), [&](Reply reply) { queued = std::move(reply); });
  ASSERT_TRUE(world.until([&] { return begun.try_acquire(); }));
  connector.stop();
  ASSERT_TRUE(world.until([&] { return queued.has_value(); }));
  EXPECT_EQ(queued->status, ReplyStatus::kNotSent);
  EXPECT_FALSE(under_way);
  EXPECT_EQ(world.hub.peer("desk"), nullptr) << "it takes no more calls";
  gate.release();
  ASSERT_TRUE(world.until([&] { return under_way.has_value(); }));
  EXPECT_EQ(under_way->status, ReplyStatus::kOk);
  connector.join();
  EXPECT_TRUE(connector.outcome());
  EXPECT_THAT(ends.log, testing::ElementsAre("up desk", "down desk"));
}

TEST(Sessions, OfAnOverdueConnectorEnd) {
  HubOptions options;
  options.overdue_max = milliseconds(30);
  World world(options);
  Ends ends(world.hub);
  ASSERT_TRUE(world.hub.open());
  world.hub.allow({{"desk", {}}});
  RawPeer peer(world, "inproc://navette");
  peer.hello("desk", 1);
  EXPECT_EQ(peer.next().at("type").as_string(), "welcome");
  Request asked = request("x");
  asked.deadline = milliseconds(10);
  EXPECT_EQ(world.ask("desk", asked).status, ReplyStatus::kMaybeSent);
  ASSERT_TRUE(world.until([&] { return world.hub.peer("desk") == nullptr; }));
  EXPECT_EQ(peer.next().at("type").as_string(), "request");
  EXPECT_EQ(peer.next().at("reason").as_string(), "overdue");
}

TEST(Sessions, ComeBackAfterTheHubRestarts) {
  std::string folder = (std::filesystem::temp_directory_path() / "navette-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  HubOptions options;
  options.listen = "ipc://" + folder + "/bus";
  const SystemAccess access{true, ""};
  Context context;
  std::optional<Connected> connector;
  for (int life = 0; life < 2; ++life) {
    World world(options);
    ASSERT_TRUE(world.hub.open());
    world.hub.allow({{"desk", access}});
    if (!connector) connector.emplace(context, desk(options.listen), echo);
    ASSERT_TRUE(world.until_up("desk"));
    EXPECT_EQ(world.ask("desk", request("echo")).status, ReplyStatus::kOk);
    if (life == 0) world.hub.close();
  }
  EXPECT_GE(connector->client().counters().sessions, 2U);
  connector.reset();
  std::filesystem::remove_all(folder);
}

TEST(Sessions, AnswerEveryCallWhenTheHubCloses) {
  World world;
  ASSERT_TRUE(world.hub.open());
  world.hub.allow({{"desk", {}}});
  RawPeer peer(world, "inproc://navette");
  peer.hello("desk", 1);
  EXPECT_EQ(peer.next().at("type").as_string(), "welcome");
  std::vector<ReplyStatus> statuses;
  for (int i = 0; i < 3; ++i) {
    world.hub.call("desk", request("x"),
                   [&](const Reply& reply) { statuses.push_back(reply.status); });
  }
  world.hub.close();
  ASSERT_TRUE(world.until([&] { return statuses.size() == 3; }));
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), ReplyStatus::kMaybeSent), 1);
  EXPECT_EQ(peer.next().at("type").as_string(), "request");
  EXPECT_EQ(peer.next().at("reason").as_string(), "stopping");
}

TEST(Sessions, OfSystemsThatTheConfigurationDropsEnd) {
  World world;
  Ends ends(world.hub);
  ASSERT_TRUE(world.hub.open());
  world.hub.allow({{"desk", {}}, {"other", {}}});
  RawPeer peer(world, "inproc://navette");
  peer.hello("desk");
  EXPECT_EQ(peer.next().at("type").as_string(), "welcome");
  world.hub.allow({{"desk", {}}});
  EXPECT_EQ(ends.log.size(), 1U) << "an unchanged system stays";
  world.hub.allow({{"other", {}}});
  EXPECT_EQ(peer.next().at("reason").as_string(), "removed");
  EXPECT_THAT(ends.log, testing::ElementsAre("up desk", "down desk"));
}

TEST(Sessions, OfAnotherProtocolVersionAreRefusedWithTheVersionsThatAreSpoken) {
  World world;
  ASSERT_TRUE(world.hub.open());
  world.hub.allow({{"desk", {}}});
  RawPeer peer(world, "inproc://navette");
  peer.send(
      R"({"type":"hello","protocol":99,"system":"desk","instance":"a","credit":1,"methods":[]})");
  const Json refused = peer.next();
  EXPECT_EQ(refused.at("type").as_string(), "refused");
  EXPECT_EQ(refused.at("reason").as_string(), "protocol");
  EXPECT_EQ(refused.at("protocols").dump(), "[1]");
  EXPECT_EQ(world.hub.peer("desk"), nullptr);
}

}  // namespace
}  // namespace navette::bus::test
