// Who may be which system.

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bus/tap.h"
#include "tests/bus/bus_world.h"
#include "tests/bus/raw_peer.h"

namespace navette::bus::test {
namespace {

using std::chrono::milliseconds;

class Security : public testing::Test {
 protected:
  void SetUp() override {
    HubOptions options;
    options.listen = "tcp://127.0.0.1:*";
    options.public_key = hub_keys_.public_key;
    options.secret_key = hub_keys_.secret_key;
    world_.emplace(options);
    world_->hub.on_refused([this](const std::string& system, const std::string& why) {
      refused_ = system + ": " + why;
    });
    const Status opened = world_->hub.open();
    ASSERT_TRUE(opened) << opened.error().message;
    world_->hub.allow({{"desk", {true, desk_keys_.public_key}},
                       {"other", {true, other_keys_.public_key}},
                       {"inner", {}}});
  }

  // Whether anything at all reaches the peer in a while.
  bool gets_something(RawPeer& peer) {
    bool passed = false;
    bool found = false;
    world_->reactor.after(milliseconds(150), [&] { passed = true; });
    EXPECT_TRUE(world_->until([&] {
      found = found || peer.take().has_value();
      return passed || found;
    }));
    return found;
  }

  const KeyPair hub_keys_ = *make_keys();
  const KeyPair desk_keys_ = *make_keys();
  const KeyPair other_keys_ = *make_keys();
  const KeyPair strange_keys_ = *make_keys();
  std::optional<World> world_;
  std::string refused_;
};

TEST_F(Security, TheConfiguredKeyMayBeItsSystem) {
  RawPeer peer(*world_, world_->hub.endpoint(), hub_keys_.public_key, desk_keys_);
  peer.hello("desk");
  EXPECT_EQ(peer.next().at("type").as_string(), "welcome");
}

TEST_F(Security, AStrangeKeyGetsNothing) {
  RawPeer peer(*world_, world_->hub.endpoint(), hub_keys_.public_key, strange_keys_);
  peer.hello("desk");
  ASSERT_TRUE(world_->until([&] { return world_->hub.counters().refused_keys > 0; }));
  EXPECT_FALSE(gets_something(peer));
  EXPECT_EQ(world_->hub.peer("desk"), nullptr);
}

TEST_F(Security, TheKeyOfAnotherSystemGetsNothing) {
  RawPeer peer(*world_, world_->hub.endpoint(), hub_keys_.public_key, other_keys_);
  for (const char* system : {"desk", "nobody", "inner"}) {
    peer.hello(system);
    ASSERT_TRUE(world_->until([&] { return refused_.starts_with(system); }));
    EXPECT_FALSE(gets_something(peer)) << system;
    EXPECT_EQ(world_->hub.peer(system), nullptr);
  }
}

TEST_F(Security, NoKeyAtAllGetsNothing) {
  RawPeer peer(*world_, world_->hub.endpoint());
  peer.hello("desk");
  EXPECT_FALSE(gets_something(peer));
  EXPECT_EQ(world_->hub.peer("desk"), nullptr);
}

TEST_F(Security, AHubWithAnotherKeyIsNotSpokenTo) {
  RawPeer peer(*world_, world_->hub.endpoint(), strange_keys_.public_key, desk_keys_);
  peer.hello("desk");
  EXPECT_FALSE(gets_something(peer));
  EXPECT_EQ(world_->hub.peer("desk"), nullptr);
}

TEST_F(Security, AWithdrawnKeyEndsItsSession) {
  RawPeer peer(*world_, world_->hub.endpoint(), hub_keys_.public_key, desk_keys_);
  peer.hello("desk");
  EXPECT_EQ(peer.next().at("type").as_string(), "welcome");
  world_->hub.allow({{"desk", {true, strange_keys_.public_key}}});
  EXPECT_EQ(peer.next().at("reason").as_string(), "removed");
  peer.hello("desk");
  ASSERT_TRUE(world_->until([&] { return !refused_.empty(); }));
  EXPECT_EQ(world_->hub.peer("desk"), nullptr);
}

TEST_F(Security, AThreadIsNoProcessAndAProcessNoThread) {
  RawPeer thread(*world_, "inproc://navette");
  thread.hello("desk");
  ASSERT_TRUE(world_->until([&] { return !refused_.empty(); }));
  EXPECT_FALSE(thread.take());
  EXPECT_EQ(world_->hub.peer("desk"), nullptr);
}

TEST(Doors, OpenToTheNetworkOnlyWithKeys) {
  for (const char* address : {"tcp://0.0.0.0:*", "tcp://*:*", "tcp://192.0.2.1:1"}) {
    HubOptions options;
    options.listen = address;
    World world(options);
    const Status opened = world.hub.open();
    ASSERT_FALSE(opened) << address;
    EXPECT_EQ(opened.error().fault, Fault::kMisconfigured);
    EXPECT_THAT(opened.error().message, testing::HasSubstr("without keys"));
  }
  HubOptions options;
  options.public_key = "short";
  options.secret_key = "keys";
  World world(options);
  EXPECT_FALSE(world.hub.open());
}

TEST(Keys, HaveTheFormOfKeys) {
  const auto pair = make_keys();
  ASSERT_TRUE(pair);
  EXPECT_TRUE(is_key(pair->public_key));
  EXPECT_TRUE(is_key(pair->secret_key));
  EXPECT_NE(pair->public_key, make_keys()->public_key);
  EXPECT_FALSE(is_key(""));
  EXPECT_FALSE(is_key(pair->public_key + "a"));
  EXPECT_FALSE(is_key(std::string(40, '"')));
}

}  // namespace
}  // namespace navette::bus::test
