// What becomes of calls whose connector, connection or credentials fail.

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/host/bus_peers.h"
#include "connectors/host/service.h"
#include "tests/bus/bus_world.h"
#include "tests/bus/raw_peer.h"
#include "tests/connectors/memory_connector.h"

namespace navette::test {
namespace {

using bus::test::kPatience;
using bus::test::RawPeer;
using bus::test::World;
using std::chrono::milliseconds;

class Peering : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world_.hub.open());
    world_.hub.allow({{"desk", {}}});
  }
  void TearDown() override { stop_service(); }

  void make_peers(BusPeersOptions options = {}) {
    options.reconnect_min = milliseconds(20);
    options.reconnect_max = milliseconds(80);
    peers_ = std::make_unique<BusPeers>(world_.reactor, world_.hub, options);
  }

  void start_service(int concurrency = 2) {
    ServiceOptions options;
    options.concurrency = concurrency;
    options.system = "desk";
    options.connector = "memory";
    service_ = std::make_unique<ConnectorService>(
        world_.context, world_.clock, options,
        [this](Host&) { return std::make_unique<MemoryConnector>(desk_); }, HttpFactory());
    thread_ =
        std::jthread([this](const std::stop_token& stop) { EXPECT_TRUE(service_->run(stop)); });
  }
  void stop_service() {
    if (!service_) return;
    thread_.request_stop();
    EXPECT_TRUE(world_.until([&] { return world_.hub.peer("desk") == nullptr; }));
    thread_.join();
    service_.reset();
  }

  [[nodiscard]] bool until_connected() {
    return world_.until([&] { return peers_->description("desk") != nullptr; });
  }

  std::shared_ptr<std::optional<Outcome>> begin_update(const std::string& id) {
    auto answer = std::make_shared<std::optional<Outcome>>();  // lives as long as the callback
    Command command;
    command.key = "k";
    command.id = id;
    command.fields = {{"subject", Json("new")}};
    peers_->execute("desk", command, "", [answer](Outcome outcome) {
      EXPECT_FALSE(answer->has_value()) << "answered twice";
      *answer = std::move(outcome);
    });
    EXPECT_FALSE(answer->has_value()) << "answered inside the call";
    return answer;
  }
  Outcome update(const std::string& id) {
    const auto answer = begin_update(id);
    EXPECT_TRUE(world_.until([&] { return answer->has_value(); }));
    return answer->value_or(Outcome{});
  }
  Result<Record> fetch(const std::string& id) {
    const auto answer = std::make_shared<std::optional<Result<Record>>>();
    peers_->fetch("desk", "ticket", id, Json(),
                  [answer](Result<Record> record) { answer->emplace(std::move(record)); });
    EXPECT_TRUE(world_.until([&] { return answer->has_value(); }));
    return std::move(answer->value());
  }

  World world_;
  MemoryDesk desk_{world_.clock};
  std::unique_ptr<BusPeers> peers_;
  std::unique_ptr<ConnectorService> service_;
  std::jthread thread_;
};

Json subject(const std::string& text) {
  Json fields = Json::object();
  fields.set("subject", text);
  return fields;
}

TEST_F(Peering, CallsBeforeTheFirstHelloWaitForIt) {
  BusPeersOptions options;
  options.hello_grace = kPatience;
  make_peers(options);
  const std::string id = desk_.create(subject("a"));
  const auto early = begin_update(id);
  start_service();
  ASSERT_TRUE(world_.until([&] { return early->has_value(); }));
  EXPECT_EQ((*early)->verdict, Verdict::kOk);
}

TEST_F(Peering, WithoutAConnectorNothingIsSentAndTheReasonIsTold) {
  BusPeersOptions options;
  options.hello_grace = milliseconds(10);
  make_peers(options);
  const Outcome outcome = update("1");
  EXPECT_EQ(outcome.verdict, Verdict::kRetryable);
  EXPECT_THAT(outcome.message, testing::HasSubstr("no connector has connected yet"));
  EXPECT_EQ(fetch("1").error().fault, Fault::kRetryLater);
  EXPECT_EQ(peers_->description("desk"), nullptr);
  EXPECT_NE(peers_->trouble("desk"), "");
}

TEST_F(Peering, AFailedConnectIsTriedAgainAndItsReasonShownMeanwhile) {
  make_peers();
  std::atomic<int> connects = 0;
  std::atomic<bool> broken = true;
  DeskFaults faults;
  faults.read = [&](std::string_view method) -> std::optional<Error> {
    if (method != "connect") return std::nullopt;
    ++connects;
    if (broken) return Error{Fault::kMisconfigured, "connect desk: the token is refused"};
    return std::nullopt;
  };
  desk_.set_faults(faults);
  const std::string id = desk_.create(subject("a"));
  start_service();
  ASSERT_TRUE(world_.until([&] { return connects >= 3; }));
  ASSERT_TRUE(world_.until(
      [&] { return peers_->trouble("desk").find("the token is refused") != std::string::npos; }));
  EXPECT_EQ(peers_->description("desk"), nullptr);
  broken = false;
  ASSERT_TRUE(until_connected());
  EXPECT_EQ(peers_->trouble("desk"), "");
  EXPECT_EQ(update(id).verdict, Verdict::kOk);
  stop_service();  // its faults refer to this function's variables
}

TEST_F(Peering, ALostSessionWithTheSystemIsOpenedAgain) {
  make_peers();
  std::atomic<int> connects = 0;
  std::atomic<bool> lost = false;
  DeskFaults faults;
  faults.read = [&](std::string_view method) -> std::optional<Error> {
    if (method == "connect") {
      ++connects;
      lost = false;
    } else if (lost) {
      return Error{Fault::kReconnect, "fetch: the session is gone"};
    }
    return std::nullopt;
  };
  desk_.set_faults(faults);
  const std::string id = desk_.create(subject("a"));
  start_service(1);
  ASSERT_TRUE(until_connected());
  const int before = connects;
  lost = true;
  EXPECT_EQ(fetch(id).error().fault, Fault::kRetryLater) << "the engine can not connect; we do";
  ASSERT_TRUE(world_.until([&] { return connects > before; }));
  ASSERT_TRUE(until_connected());
  EXPECT_TRUE(fetch(id));
  stop_service();  // its faults refer to this function's variables
}

TEST_F(Peering, RefusedCredentialsAreToldAndTriedAgain) {
  make_peers();
  std::atomic<int> connects = 0;
  DeskFaults faults;
  faults.read = [&](std::string_view method) -> std::optional<Error> {
    connects += method == "connect" ? 1 : 0;
    return std::nullopt;
  };
  faults.before_write = [](const Command&) {
    Outcome outcome;
    outcome.verdict = Verdict::kAuth;
    outcome.message = "401";
    return outcome;
  };
  desk_.set_faults(faults);
  const std::string id = desk_.create(subject("a"));
  start_service();
  ASSERT_TRUE(until_connected());
  const int before = connects;
  EXPECT_EQ(update(id).verdict, Verdict::kAuth);
  EXPECT_TRUE(world_.until([&] { return connects > before; }));
  stop_service();  // its faults refer to this function's variables
}

TEST_F(Peering, AWriteWithoutAnAnswerIsAmbiguousAndAReadIsNot) {
  BusPeersOptions options;
  options.write_deadline = milliseconds(30);
  options.read_deadline = milliseconds(30);
  make_peers(options);
  RawPeer peer(world_, "inproc://navette");
  peer.hello("desk", 3);
  EXPECT_EQ(peer.next().at("type").as_string(), "welcome");
  const Json connect = peer.next();
  EXPECT_EQ(connect.at("method").as_string(), "connect");
  peer.reply(std::string(connect.at("id").as_string()), R"({"connector":"raw"})");
  ASSERT_TRUE(until_connected());
  EXPECT_EQ(update("1").verdict, Verdict::kAmbiguous);
  EXPECT_EQ(fetch("1").error().fault, Fault::kRetryLater);
}

TEST_F(Peering, ALostConnectorMakesTheWriteUnderWayAmbiguousAndTheWaitingOnesRetryable) {
  make_peers();
  RawPeer peer(world_, "inproc://navette");
  peer.hello("desk", 1);
  EXPECT_EQ(peer.next().at("type").as_string(), "welcome");
  peer.reply(std::string(peer.next().at("id").as_string()), R"({"connector":"raw"})");
  ASSERT_TRUE(until_connected());
  const auto sent = begin_update("1");
  const auto queued = begin_update("2");
  EXPECT_EQ(peer.next().at("method").as_string(), "execute");
  peer.hello("desk", 1, "restarted");
  ASSERT_TRUE(world_.until([&] { return sent->has_value() && queued->has_value(); }));
  EXPECT_EQ((*sent)->verdict, Verdict::kAmbiguous);
  EXPECT_EQ((*queued)->verdict, Verdict::kRetryable);
}

TEST_F(Peering, AnAnswerThatIsNotUnderstoodIsAmbiguousForAWrite) {
  make_peers();
  RawPeer peer(world_, "inproc://navette");
  peer.hello("desk", 1);
  EXPECT_EQ(peer.next().at("type").as_string(), "welcome");
  peer.reply(std::string(peer.next().at("id").as_string()), R"({"connector":"raw"})");
  ASSERT_TRUE(until_connected());
  const auto sent = begin_update("1");
  peer.reply(std::string(peer.next().at("id").as_string()), R"({"verdict":"perhaps"})");
  ASSERT_TRUE(world_.until([&] { return sent->has_value(); }));
  EXPECT_EQ((*sent)->verdict, Verdict::kAmbiguous);
  EXPECT_THAT((*sent)->message, testing::HasSubstr("verdict: expected one of ok, retryable"));
}

TEST_F(Peering, EveryInstanceConnectsForItself) {
  make_peers();
  // Both workers are held at once, so that the second one must have connected too.
  std::atomic<int> connects = 0;
  std::atomic<int> writing = 0;
  std::counting_semaphore<4> gate(0);
  DeskFaults faults;
  faults.read = [&](std::string_view method) -> std::optional<Error> {
    connects += method == "connect" ? 1 : 0;
    return std::nullopt;
  };
  faults.before_write = [&](const Command&) -> std::optional<Outcome> {
    ++writing;
    gate.acquire();
    return std::nullopt;
  };
  desk_.set_faults(faults);
  const std::string id = desk_.create(subject("a"));
  start_service();
  ASSERT_TRUE(until_connected());
  const auto one = begin_update(id);
  const auto two = begin_update(id);
  EXPECT_TRUE(world_.until([&] { return writing == 2; }));
  EXPECT_EQ(connects, 2);
  gate.release(2);
  EXPECT_TRUE(world_.until([&] { return one->has_value() && two->has_value(); }));
  stop_service();  // its faults refer to this function's variables
}

TEST(PaceTest, NoSpanHasMoreThanSoMany) {
  using std::chrono::nanoseconds;
  for (const std::int64_t count : {1, 2, 5, 10, 50, 700}) {
    Pace pace(count, std::chrono::minutes(1));
    std::vector<std::int64_t> sent;  // ms
    std::int64_t now = 0;
    for (int i = 0; i < 3000; ++i) {
      const auto wait = pace.take(Pace::Time(milliseconds(now)));
      sent.push_back(now + wait.count());
      now += i % 100 == 99 ? 30'000 : i % 3;  // bursts, and rests
    }
    std::size_t most = 0;
    for (std::size_t from = 0, to = 0; from < sent.size(); ++from) {
      while (to < sent.size() && sent[to] < sent[from] + 60'000) ++to;
      most = std::max(most, to - from);
    }
    EXPECT_LE(most, static_cast<std::size_t>(count));
    EXPECT_TRUE(std::is_sorted(sent.begin(), sent.end()));
  }
}

TEST(PaceTest, ATenthComesAtOnceAndNothingWaitsForNothing) {
  Pace pace(100, std::chrono::minutes(1));
  const Pace::Time start{};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pace.take(start).count(), 0);
  EXPECT_EQ(pace.take(start).count(), 667);
  EXPECT_EQ(pace.take(start + std::chrono::minutes(5)).count(), 0);
}

TEST(SystemHostTest, AStopCutsTheWaitForATurnShortAndNothingIsSent) {
  class Counted final : public Http {
   public:
    explicit Counted(int& sent) : sent_(sent) {}
    HttpExchange send(const HttpRequest& /*request*/) noexcept override {
      ++sent_;
      return {HttpStage::kAnswered, {}, {}};
    }

   private:
    int& sent_;
  };
  int sent = 0;
  std::stop_source stop;
  SystemHost host(std::make_unique<Counted>(sent), stop.get_token(),
                  std::make_shared<Pace>(1, std::chrono::hours(1)));
  EXPECT_EQ(host.http().send({}).stage, HttpStage::kAnswered);
  const std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(host.http().send({}).stage, HttpStage::kNotSent);
  EXPECT_EQ(sent, 1);
}

TEST(SystemHostTest, AStopCutsAPauseShort) {
  std::stop_source stop;
  SystemHost host(nullptr, stop.get_token());
  EXPECT_TRUE(host.pause(milliseconds(1)));
  const std::jthread stopper([&] { stop.request_stop(); });
  const Status paused = host.pause(std::chrono::hours(1));
  ASSERT_FALSE(paused);
  EXPECT_EQ(paused.error().fault, Fault::kCancelled);
}

}  // namespace
}  // namespace navette::test
