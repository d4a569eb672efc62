// Whatever the bytes: counted, dropped, and the next good message is served.

#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/bus/bus_world.h"
#include "tests/bus/raw_peer.h"

namespace navette::bus::test {
namespace {

std::uint64_t seed() {
  const char* wanted = std::getenv("NAVETTE_SEED");
  const std::uint64_t seed = wanted != nullptr ? std::stoull(wanted) : Random().next();
  std::cout << "NAVETTE_SEED=" << seed << '\n';
  return seed;
}

// A message that is nearly right, or not at all.
std::vector<std::string> mangled(Random& random) {
  static const std::vector<std::string> kSamples{
      R"({"type":"hello","protocol":1,"system":"desk","instance":"f","credit":1,"methods":[]})",
      R"({"type":"hello","protocol":1,"system":"","instance":7,"credit":1e99,"methods":{}})",
      R"({"type":"hello","protocol":1.0,"system":"desk","instance":"f","credit":0,"methods":[]})",
      R"({"type":"reply","id":"x-1","ok":true,"result":{}})",
      R"({"type":"reply","id":5,"ok":"yes"})",
      R"({"type":"event","name":"changed","data":{"id":"1"}})",
      R"({"type":"event"})",
      R"({"type":"goodbye"})",
      R"({"type":"heartbeat"})",
      R"({"type":"welcome","protocol":1})",
      R"({"type":7})",
      R"([])",
      R"(null)",
      "",
      std::string(600, '['),
  };
  std::vector<std::string> frames;
  const std::uint64_t count = random.below(8) == 0 ? 3 + random.below(20) : 1 + random.below(2);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string frame = kSamples[random.below(kSamples.size())];
    for (std::uint64_t edits = random.below(4); edits > 0 && !frame.empty(); --edits) {
      const std::size_t at = random.below(frame.size());
      switch (random.below(3)) {
        case 0:
          frame[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          frame.resize(at);
          break;
        default:
          frame.insert(at, 1, static_cast<char>(random.below(256)));
      }
    }
    frames.push_back(std::move(frame));
  }
  return frames;
}

TEST(Fuzz, NothingThatAPeerSendsHarmsTheHub) {
  Random random(seed());
  HubOptions options;
  World world(options);
  ASSERT_TRUE(world.hub.open());
  world.hub.allow({{"desk", {}}, {"good", {}}});
  ClientOptions good = desk();
  good.system = "good";
  Connected connector(world.context, good, echo);
  ASSERT_TRUE(world.until_up("good"));
  RawPeer peer(world, "inproc://navette");
  Request asked;
  asked.method = "echo";
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 20; ++i) peer.send(mangled(random));
    if (round % 10 == 0) {
      // With a session and a call under way, too.
      peer.hello("desk", 1, "fuzz");
      world.hub.call("desk", asked, [](const Reply&) {});
    }
    EXPECT_EQ(world.ask("good", asked).status, ReplyStatus::kOk);
    while (peer.take()) {
    }
  }
  EXPECT_GT(world.hub.counters().malformed, 0U);
  peer.hello("desk", 1, "sane");
  ASSERT_TRUE(world.until_up("desk"));
}

TEST(Fuzz, NothingThatAHubSendsHarmsAClient) {
  Random random(seed());
  Context context;
  SystemClock clock;
  Socket hub(context, SocketKind::kRouter);
  ASSERT_TRUE(hub.bind("inproc://navette"));
  Connected connector(context, desk(), echo);

  Reactor reactor(clock);
  int answered = 0;
  const auto send = [&](const std::string& peer, const std::vector<std::string>& frames) {
    std::vector<std::string_view> views{peer};
    views.insert(views.end(), frames.begin(), frames.end());
    hub.send(views);
  };
  const auto watch = reactor.watch(hub, [&] {
    std::vector<std::string> frames;
    std::string user;
    std::size_t surplus = 0;
    if (!hub.receive(frames, user, surplus)) return;
    const auto header = Json::parse(frames.at(1));
    ASSERT_TRUE(header);
    const auto type = header->at("type").as_string();
    if (type == type::kReply && ++answered == 50) reactor.stop();
    if (type != type::kHello && type != type::kReply) return;
    if (type == type::kHello) send(frames[0], {R"({"type":"welcome","protocol":1})"});
    for (int i = 0; i < 20; ++i) {
      std::vector<std::string> bad = mangled(random);
      // "refused" and "replaced" would end it, which is right; these samples have neither.
      send(frames[0], bad);
    }
    send(frames[0], {R"({"type":"welcome","protocol":1})"});
    send(frames[0], {R"({"type":"request","id":"a","method":"echo","params":{}})"});
  });
  const auto guard = reactor.after(kPatience, [&] { reactor.stop(); });
  reactor.run();
  reactor.cancel(guard);
  reactor.unwatch(watch);
  EXPECT_GE(answered, 50);
  connector.stop();
}

TEST(Decode, KeepsToTheFrameLimits) {
  const std::string good = R"({"type":"heartbeat"})";
  EXPECT_TRUE(decode({good}, 0));
  EXPECT_TRUE(decode({good, ""}, 0));
  EXPECT_TRUE(decode({good, std::string(kBlobBytesMax, 'x')}, 0));
  EXPECT_FALSE(decode({good, std::string(kBlobBytesMax + 1, 'x')}, 0));
  EXPECT_FALSE(decode({good, "", ""}, 0));
  EXPECT_FALSE(decode({good}, 1));
  EXPECT_FALSE(decode({}, 0));
  EXPECT_TRUE(decode({good + std::string(kHeaderBytesMax - good.size(), ' ')}, 0));
  EXPECT_FALSE(decode({good + std::string(kHeaderBytesMax - good.size() + 1, ' ')}, 0));
}

}  // namespace
}  // namespace navette::bus::test
