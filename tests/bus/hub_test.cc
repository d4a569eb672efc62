#include "bus/hub.h"

#include <atomic>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bus/bus_world.h"

namespace navette::bus::test {
namespace {

using std::chrono::milliseconds;

Request request(std::string method, Json params = Json::object(), std::string blob = {}) {
  Request made;
  made.method = std::move(method);
  made.params = std::move(params);
  made.blob = std::move(blob);
  return made;
}

TEST(Hub, CarriesACallAndItsBlobBothWays) {
  World world;
  ASSERT_TRUE(world.hub.open());
  world.hub.allow({{"desk", {}}});
  Connected connector(world.context, desk(), echo);
  ASSERT_TRUE(world.until_up("desk"));
  Request asked = request("echo", *Json::parse(R"({"a":[1,"ü",null]})"), std::string("\0\1\2", 3));
  asked.correlation = "link-7";
  const Reply reply = world.ask("desk", asked);
  EXPECT_EQ(reply.status, ReplyStatus::kOk);
  EXPECT_EQ(reply.result.dump(),
            R"({"method":"echo","params":{"a":[1,"ü",null]},"correlation":"link-7"})");
  EXPECT_EQ(reply.blob, std::string("\0\1\2", 3));
}

TEST(Hub, SaysThatACallToAnAbsentSystemWasNotSent) {
  World world;
  ASSERT_TRUE(world.hub.open());
  world.hub.allow({{"desk", {}}});
  EXPECT_EQ(world.ask("desk", request("echo")).status, ReplyStatus::kNotSent);
  EXPECT_EQ(world.ask("nobody", request("echo")).status, ReplyStatus::kNotSent);
}

}  // namespace
}  // namespace navette::bus::test
