#include "bus/tap.h"

#include <atomic>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "tests/bus/bus_world.h"
#include "tests/bus/raw_peer.h"

namespace navette::bus::test {
namespace {

using std::chrono::milliseconds;

// Publishes until that holds: a subscription takes effect some time after it is made.
bool publish_until(World& world, const std::string& topic, const std::function<bool()>& holds) {
  return world.until([&] {
    Json body = Json::object();
    body.set("topic", topic);
    world.hub.publish(topic, body);
    return holds();
  });
}

TEST(Tap, ShowsAWatcherTheTopicsThatItAskedFor) {
  HubOptions options;
  options.tap = "inproc://tap";
  World world(options);
  ASSERT_TRUE(world.hub.open());
  std::atomic<int> seen = 0;
  std::jthread watcher([&](const std::stop_token& stop) {
    const Status watched = watch_tap(
        world.context, {"inproc://tap", "change.", "", {}},
        [&](const Seen& message) {
          EXPECT_EQ(message.topic, "change.desk");
          EXPECT_EQ(message.body.at("topic").as_string(), "change.desk");
          ++seen;
        },
        stop);
    EXPECT_TRUE(watched);
  });
  EXPECT_TRUE(world.until([&] {
    world.hub.publish("other", Json::object());
    Json body = Json::object();
    body.set("topic", "change.desk");
    world.hub.publish("change.desk", body);
    return seen > 2;
  }));
}

TEST(Tap, ASlowWatcherLosesMessagesAndSlowsNobody) {
  constexpr std::uint64_t kMessages = 20'000;
  HubOptions options;
  options.tap = "tcp://127.0.0.1:*";
  World world(options);
  ASSERT_TRUE(world.hub.open());
  world.hub.allow({{"desk", {}}});
  Connected connector(world.context, desk(), echo);
  ASSERT_TRUE(world.until_up("desk"));
  Socket slow(world.context, SocketKind::kWatcher);  // never reads
  slow.limit_queue(Tap::kQueueMax);
  slow.subscribe("");
  ASSERT_TRUE(slow.connect(world.hub.tap_endpoint()));
  Json body = Json::object();
  body.set("text", std::string(1000, 'x'));
  ASSERT_TRUE(world.until([&] {
    for (int i = 0; i < 500; ++i) world.hub.publish("x", body);
    return world.hub.counters().tap_dropped > 0;
  }));
  for (std::uint64_t i = 0; i < kMessages; ++i) world.hub.publish("x", body);
  Request asked;
  asked.method = "echo";
  EXPECT_EQ(world.ask("desk", asked).status, ReplyStatus::kOk);

  std::atomic<int> seen = 0;
  std::jthread quick([&](const std::stop_token& stop) {
    const Status watched = watch_tap(
        world.context, {world.hub.tap_endpoint(), "", "", {}}, [&](const Seen&) { ++seen; }, stop);
    EXPECT_TRUE(watched);
  });
  EXPECT_TRUE(publish_until(world, "y", [&] { return seen > 10; }))
      << "a quick watcher sees them all the same";
}

TEST(Tap, AskedForKeysShowsNothingToOthers) {
  const KeyPair hub = *make_keys();
  const KeyPair allowed = *make_keys();
  const KeyPair strange = *make_keys();
  HubOptions options;
  options.tap = "tcp://127.0.0.1:*";
  options.public_key = hub.public_key;
  options.secret_key = hub.secret_key;
  options.tap_keys = {allowed.public_key};
  World world(options);
  ASSERT_TRUE(world.hub.open());
  std::atomic<int> seen = 0;
  std::atomic<int> leaked = 0;
  const auto watch = [&](const KeyPair& own, std::atomic<int>& count) {
    return std::jthread([&world, &hub, own, &count](const std::stop_token& stop) {
      const WatchOptions watching{world.hub.tap_endpoint(), "", hub.public_key, own};
      EXPECT_TRUE(watch_tap(
          world.context, watching, [&](const Seen&) { ++count; }, stop));
    });
  };
  const std::jthread good = watch(allowed, seen);
  const std::jthread bad = watch(strange, leaked);
  EXPECT_TRUE(publish_until(world, "x",
                            [&] { return seen > 10 && world.hub.counters().refused_keys > 0; }));
  EXPECT_EQ(leaked, 0);
}

}  // namespace
}  // namespace navette::bus::test
