// Goal: a killed connector loses nothing. Method: kill it in the middle of a call with others
// waiting, start it again, send again what was reported as not sent, and compare with what it did.

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/bus/bus_world.h"
#include "tests/bus/child.h"

namespace navette::bus::test {
namespace {

TEST(Restart, OfAKilledConnectorLosesNothingAndDoublesNothing) {
  std::string folder = (std::filesystem::temp_directory_path() / "navette-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string ledger = folder + "/ledger";
  HubOptions options;
  options.listen = "ipc://" + folder + "/bus";
  World world(options);
  ASSERT_TRUE(world.hub.open());
  world.hub.allow({{"desk", {true, ""}}});
  std::map<int, ReplyStatus> told;
  const auto call = [&](int n, const std::string& method) {
    Request request;
    request.method = method;
    request.params.set("n", n);
    world.hub.call("desk", std::move(request),
                   [&told, n](const Reply& reply) { told[n] = reply.status; });
  };
  const auto written = [&] {
    std::ifstream file(ledger);
    return std::vector<int>(std::istream_iterator<int>(file), {});
  };

  std::optional<navette::test::Child> child;
  const std::map<std::string, std::string> plain;
  child.emplace(std::vector<std::string>{NAVETTE_LEDGER_PROCESS, options.listen, ledger}, plain);
  ASSERT_TRUE(world.until_up("desk"));
  for (int n = 0; n < 20; ++n) call(n, "write");
  ASSERT_TRUE(world.until([&] { return told.size() == 20; }));
  call(20, "write and hang");
  for (int n = 21; n < 25; ++n) call(n, "write");
  ASSERT_TRUE(world.until([&] { return written().size() == 21; }));
  child->end(SIGKILL);
  EXPECT_EQ(child->wait(), 128 + SIGKILL);
  ASSERT_TRUE(world.until([&] { return told.size() == 25; }));
  EXPECT_EQ(told[20], ReplyStatus::kMaybeSent);

  child.emplace(std::vector<std::string>{NAVETTE_LEDGER_PROCESS, options.listen, ledger}, plain);
  ASSERT_TRUE(world.until_up("desk"));
  for (int n = 21; n < 25; ++n) {
    EXPECT_EQ(told[n], ReplyStatus::kNotSent);
    call(n, "write");
  }
  ASSERT_TRUE(world.until([&] { return told[24] == ReplyStatus::kOk; }));
  std::vector<int> expected;
  for (int n = 0; n < 25; ++n) expected.push_back(n);
  EXPECT_THAT(written(), testing::ElementsAreArray(expected));
  child.reset();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace navette::bus::test
