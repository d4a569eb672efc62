// Goal: a hub starts, tells how it is, takes a new configuration only when it is good, and drains.

#include <gmock/gmock.h>

#include "navette/json.h"

#include "tests/console/http_client.h"
#include "tests/tools/process.h"

namespace navette {
namespace {

using testing::HasSubstr;

class RunTest : public testing::Test {
 protected:
  void SetUp() override {
    write("tracker");
    environment_ = {{"KEY", "k"}, {"SECRET", "hook-s3cret"}};
  }
  // A flow between two systems that nobody answers for: port 9 of this machine is closed.
  void write(const std::string& tracker) const {
    folder_.write("navette.yaml",
                  "store: sqlite:" + folder_.at("navette.db") +
                      "\nlisten: 127.0.0.1:0\nsystems:\n  " + tracker +
                      ": {connector: redmine, url: \"http://127.0.0.1:9\", "
                      "api_key: \"${env:KEY}\"}\n"
                      "  desk: {connector: request-tracker, url: \"http://127.0.0.1:9\", "
                      "token: \"${env:KEY}\", webhook_secret: \"${env:SECRET}\"}\n");
    folder_.write("flows/acme.yaml",
                  "flow: acme\n"
                  "client: {system: desk, where: {Queue: Helpdesk}}\n"
                  "provider: {system: " +
                      tracker +
                      ", where: {project: acme}}\n"
                      "fields:\n  - {client: Subject, provider: subject}\n");
  }
  // Starts a hub and waits until it listens.
  void start() {
    hub_ = std::make_unique<Process>(std::vector<std::string>{"run", "--config", folder_.path()},
                                     environment_);
    ASSERT_TRUE(hub_->await_err("\"hub_started\"")) << hub_->err;
    const std::string mark = "\"listen\":\"";
    const auto at = hub_->err.find(mark) + mark.size();
    ASSERT_TRUE(hub_->await_err("\n"));
    address_ = hub_->err.substr(at, hub_->err.find('"', at) - at);
  }
  std::string token() const {
    std::ifstream file(folder_.at("admin.token"));
    std::string text;
    file >> text;
    return "X-Navette-Token: " + text + "\r\n";
  }

  TemporaryFolder folder_;
  Variables environment_;
  std::unique_ptr<Process> hub_;
  std::string address_;
};

TEST_F(RunTest, StartsTellsHowItIsAndDrains) {
  start();
  EXPECT_THAT(hub_->err, HasSubstr("\"systems\":\"desk,tracker\""));
  const RawAnswer health = get(address_, "/healthz");
  EXPECT_EQ(health.status, 200);
  const auto report = Json::parse(health.body);
  ASSERT_TRUE(report) << health.body;
  EXPECT_THAT(report->at("status").text(), testing::AnyOf("ok", "degraded"));
  EXPECT_THAT(get(address_, "/metrics").body,
              HasSubstr("navette_events_total{event=\"hub_started\",level=\"info\"} 1\n"));
  EXPECT_EQ(get(address_, "/status").status, 200);
  EXPECT_TRUE(hub_->await_err("\"system_unreachable\"")) << hub_->err;
  hub_->signal(SIGTERM);
  EXPECT_EQ(hub_->wait(), 0);
  EXPECT_THAT(hub_->err, HasSubstr("\"hub_stopped\""));
}

TEST_F(RunTest, TakesAGoodConfigurationAndKeepsTheOldOneOtherwise) {
  start();
  folder_.write("navette.yaml", "stroe: x\n");
  hub_->signal(SIGHUP);
  ASSERT_TRUE(hub_->await_err("\"reload_failed\"")) << hub_->err;
  const RawAnswer refused = post(address_, "/admin/reload", "", token());
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("navette.yaml:1:1"));
  EXPECT_EQ(get(address_, "/healthz").status, 200);
  write("other");
  EXPECT_EQ(post(address_, "/admin/reload", "", token()).status, 200);
  ASSERT_TRUE(hub_->await_err("\"reloaded\""));
  EXPECT_EQ(post(address_, "/hooks/tracker", "{\"id\":1}").status, 404);
  EXPECT_EQ(post(address_, "/hooks/desk", "{\"id\":1}").status, 401);
  hub_->signal(SIGINT);
  EXPECT_EQ(hub_->wait(), 0);
}

TEST_F(RunTest, AHintIsDurableAndSeenByTheTools) {
  start();
  EXPECT_EQ(post(address_, "/hooks/tracker", "{\"issue\":{\"id\":12}}").status, 202);
  // Nobody gets the time to tidy up: what was answered 202 must be there all the same.
  hub_->signal(SIGKILL);
  EXPECT_EQ(hub_->wait(), -1);
  start();
  const std::vector<std::string> config = {"--config", folder_.path()};
  const Ran status = run_navette({"status", "--json", config[0], config[1]}, environment_);
  EXPECT_EQ(status.code, 0) << status.err;
  const auto report = Json::parse(status.out);
  ASSERT_TRUE(report) << status.out;
  ASSERT_EQ(report->at("flows").size(), 1U) << status.out;
  const Json& flow = report->at("flows").items()[0];
  EXPECT_EQ(flow.at("accepted").as_int(), 1);
  EXPECT_EQ(flow.at("pending").as_int(), 1);
  EXPECT_EQ(flow.at("difference").as_int(-1), 0);
  const Ran why = run_navette({"why", "provider:12", config[0], config[1]}, environment_);
  EXPECT_EQ(why.code, 0) << why.err;
  EXPECT_THAT(why.out, HasSubstr("seen: provider:12 by webhook"));
  EXPECT_EQ(run_navette({"why", "tracker:12", config[0], config[1]}, environment_).code, 0);
  EXPECT_EQ(run_navette({"why", "client:99", config[0], config[1]}, environment_).code, 1);
  // Without the secrets that only the hub has, the store is found all the same.
  EXPECT_EQ(run_navette({"status", config[0], config[1]}).code, 0);
  EXPECT_EQ(run_navette({"links", config[0], config[1]}).code, 0);
}

TEST_F(RunTest, ASecondHubOnTheSameStoreIsRefused) {
  start();
  const Ran second = run_navette({"run", "--config", folder_.path()}, environment_);
  EXPECT_EQ(second.code, 3) << second.err;
  EXPECT_THAT(second.err, HasSubstr("navette.db"));
}

TEST_F(RunTest, TailShowsWhatHappens) {
  start();
  Process tail({"tail", "--json", "--config", folder_.path()}, environment_);
  // A watcher hears what happens after it was let in: it happens until it hears it.
  bool heard = false;
  for (int i = 0; i < 200 && !heard; ++i) {
    hub_->signal(SIGHUP);
    heard = tail.await_out("\"event\":\"reloaded\"", std::chrono::milliseconds(100));
  }
  EXPECT_TRUE(heard) << tail.out << tail.err;
  tail.signal(SIGINT);
  EXPECT_EQ(tail.wait(), 0);
}

TEST_F(RunTest, TryAndLiveCheckSayThatASystemDoesNotAnswer) {
  const std::vector<std::string> config = {"--config", folder_.path()};
  const Ran check = run_navette({"check", "--live", config[0], config[1]}, environment_);
  EXPECT_EQ(check.code, 3) << check.out << check.err;
  EXPECT_THAT(check.out, HasSubstr("tracker: does not work\n  error: "));
  const Ran attempt = run_navette({"try", "client:12", config[0], config[1]}, environment_);
  EXPECT_EQ(attempt.code, 3) << attempt.out << attempt.err;
  EXPECT_THAT(attempt.err, HasSubstr("desk"));
  EXPECT_FALSE(std::filesystem::exists(folder_.at("navette.db")));
}

}  // namespace
}  // namespace navette
