// Calls: what they carry, how many at once, and how long.

#include "bus/hub.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <semaphore>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bus/bus_world.h"
#include "tests/bus/raw_peer.h"

namespace navette::bus::test {
namespace {

using std::chrono::milliseconds;

Request request(std::string method, milliseconds deadline = kPatience) {
  Request made;
  made.method = std::move(method);
  made.deadline = deadline;
  return made;
}

class HubCalls : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world_.hub.open());
    world_.hub.allow({{"desk", {}}});
  }
  // A call whose answer is kept.
  std::shared_ptr<std::optional<Reply>> begin(Request asked) {
    auto answer = std::make_shared<std::optional<Reply>>();  // lives as long as the callback
    world_.hub.call("desk", std::move(asked), [answer](Reply reply) {
      EXPECT_FALSE(answer->has_value()) << "answered twice";
      *answer = std::move(reply);
    });
    EXPECT_FALSE(answer->has_value()) << "answered inside the call";
    return answer;
  }

  World world_;
};

TEST_F(HubCalls, CarryParametersAndABlobBothWays) {
  Connected connector(world_.context, desk(), echo);
  ASSERT_TRUE(world_.until_up("desk"));
  Request asked = request("echo");
  asked.params = *Json::parse(R"({"a":[1,"ü",null]})");
  asked.blob = std::string("\0\1\2", 3);
  asked.correlation = "link-7";
  const Reply reply = world_.ask("desk", asked);
  EXPECT_EQ(reply.status, ReplyStatus::kOk);
  EXPECT_EQ(reply.result.dump(),
            R"({"method":"echo","params":{"a":[1,"ü",null]},"correlation":"link-7"})");
  EXPECT_EQ(reply.blob, std::string("\0\1\2", 3));
  ASSERT_NE(world_.hub.peer("desk"), nullptr);
  EXPECT_EQ(world_.hub.peer("desk")->connector, "echo");
  EXPECT_THAT(world_.hub.peer("desk")->methods, testing::ElementsAre("echo"));
}

TEST_F(HubCalls, ToAnAbsentSystemAreNotSent) {
  EXPECT_EQ(world_.ask("desk", request("echo")).status, ReplyStatus::kNotSent);
  EXPECT_EQ(world_.ask("nobody", request("echo")).status, ReplyStatus::kNotSent);
}

TEST_F(HubCalls, NeverExceedTheCreditAndAreSentInOrder) {
  constexpr int kCalls = 50;
  constexpr int kCredit = 3;
  RawPeer peer(world_, "inproc://navette");
  peer.hello("desk", kCredit);
  EXPECT_EQ(peer.next().at("type").as_string(), "welcome");
  std::vector<std::shared_ptr<std::optional<Reply>>> answers;
  for (int i = 0; i < kCalls; ++i) {
    Request asked = request("n");
    asked.params.set("n", i);
    answers.push_back(begin(std::move(asked)));
  }
  std::vector<std::string> held;
  int seen = 0;
  while (seen < kCalls || !held.empty()) {
    while (held.size() < kCredit && seen < kCalls) {
      const Json asked = peer.next();
      EXPECT_EQ(asked.at("params").at("n").as_int(-1), seen++);
      held.emplace_back(asked.at("id").as_string());
    }
    EXPECT_EQ(world_.hub.under_way("desk"), held.size());
    EXPECT_FALSE(peer.take()) << "more in flight than granted";
    peer.reply(held.back());
    held.pop_back();
    const auto done = static_cast<std::ptrdiff_t>(seen) - static_cast<std::ptrdiff_t>(held.size());
    ASSERT_TRUE(world_.until([&] {
      return std::count_if(answers.begin(), answers.end(),
                           [](const auto& answer) { return answer->has_value(); }) == done;
    }));
  }
}

TEST_F(HubCalls, OfAClientRunOnAsManyWorkersAsItGranted) {
  ClientOptions options = desk();
  options.workers = 3;
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  std::counting_semaphore<100> gate(0);
  Connected connector(world_.context, options, [&](int) -> Handler {
    return [&](Asked&&) {
      const int running = ++now;
      int seen = most;
      while (running > seen && !most.compare_exchange_weak(seen, running)) {
      }
      gate.acquire();
      --now;
      return Answer{};
    };
  });
  ASSERT_TRUE(world_.until_up("desk"));
  std::vector<std::shared_ptr<std::optional<Reply>>> answers;
  for (int i = 0; i < 12; ++i) answers.push_back(begin(request("work")));
  ASSERT_TRUE(world_.until([&] { return now == 3; }));
  gate.release(12);
  ASSERT_TRUE(world_.until([&] {
    return std::all_of(answers.begin(), answers.end(),
                       [](const auto& a) { return a->has_value(); });
  }));
  EXPECT_EQ(most, 3);
  for (const auto& answer : answers) EXPECT_EQ((*answer)->status, ReplyStatus::kOk);
}

TEST_F(HubCalls, PastTheirDeadlineSayWhetherTheyWereSent) {
  RawPeer peer(world_, "inproc://navette");
  peer.hello("desk", 1);
  EXPECT_EQ(peer.next().at("type").as_string(), "welcome");
  const auto sent = begin(request("slow", milliseconds(20)));
  const auto queued = begin(request("behind", milliseconds(20)));
  const auto patient = begin(request("patient"));
  ASSERT_TRUE(world_.until([&] { return sent->has_value() && queued->has_value(); }));
  EXPECT_EQ((*sent)->status, ReplyStatus::kMaybeSent);
  EXPECT_EQ((*queued)->status, ReplyStatus::kNotSent);
  const Json slow = peer.next();
  EXPECT_LE(slow.at("deadline_ms").as_int(), 20);
  EXPECT_FALSE(peer.take()) << "the connector is still at the first: there is no room for another";
  peer.reply(std::string(slow.at("id").as_string()));
  const Json next = peer.next();
  EXPECT_EQ(next.at("method").as_string(), "patient");
  peer.reply(std::string(next.at("id").as_string()), "7");
  ASSERT_TRUE(world_.until([&] { return patient->has_value(); }));
  EXPECT_EQ((*patient)->result.as_int(), 7);
  EXPECT_EQ(world_.hub.counters().late, 1U);
}

TEST_F(HubCalls, TellErrorsFromAmbiguousOnes) {
  RawPeer peer(world_, "inproc://navette");
  peer.hello("desk", 2);
  EXPECT_EQ(peer.next().at("type").as_string(), "welcome");
  const auto plain = begin(request("a"));
  const auto ambiguous = begin(request("b"));
  const auto answer = [&](const std::string& error) {
    const std::string id(peer.next().at("id").as_string());
    peer.send(R"({"type":"reply","id":")" + id + R"(","ok":false,"error":)" + error + "}");
  };
  answer(R"({"fault":"retry_later","message":"busy","retry_after_ms":1500})");
  answer(R"({"fault":"no such fault","message":"crash","ambiguous":true})");
  ASSERT_TRUE(world_.until([&] { return plain->has_value() && ambiguous->has_value(); }));
  EXPECT_EQ((*plain)->status, ReplyStatus::kError);
  EXPECT_EQ((*plain)->error.fault, Fault::kRetryLater);
  EXPECT_EQ((*plain)->error.message, "busy");
  EXPECT_EQ((*plain)->error.retry_after, milliseconds(1500));
  EXPECT_EQ((*ambiguous)->status, ReplyStatus::kMaybeSent);
}

TEST_F(HubCalls, LargerThanTheFrameLimitsAreRefusedBeforeTheyAreSent) {
  Connected connector(world_.context, desk(), echo);
  ASSERT_TRUE(world_.until_up("desk"));
  Request asked = request("echo");
  asked.blob.assign(kBlobBytesMax + 1, 'x');
  EXPECT_EQ(world_.ask("desk", asked).error.fault, Fault::kRejected);
  asked = request("echo");
  asked.params.set("text", std::string(kHeaderBytesMax, 'x'));
  EXPECT_EQ(world_.ask("desk", asked).error.fault, Fault::kRejected);
  EXPECT_EQ(world_.ask("desk", request("echo")).status, ReplyStatus::kOk);
}

TEST_F(HubCalls, AnExceptionInAHandlerIsAnAmbiguousErrorAndNoMore) {
  Connected connector(world_.context, desk(), [](int) -> Handler {
    return [](Asked&& asked) -> Answer {
      if (asked.method == "throw") throw std::runtime_error("oh");
      Answer huge;
      if (asked.method == "huge") huge.result = Json(std::string(kHeaderBytesMax, 'x'));
      return huge;
    };
  });
  ASSERT_TRUE(world_.until_up("desk"));
  EXPECT_EQ(world_.ask("desk", request("throw")).status, ReplyStatus::kMaybeSent);
  EXPECT_EQ(world_.ask("desk", request("huge")).status, ReplyStatus::kError);
  EXPECT_EQ(world_.ask("desk", request("fine")).status, ReplyStatus::kOk);
}

TEST(Hub, QueuesABoundedNumberOfCalls) {
  HubOptions options;
  options.queue_max = 3;
  World world(options);
  ASSERT_TRUE(world.hub.open());
  world.hub.allow({{"desk", {}}});
  RawPeer peer(world, "inproc://navette");
  peer.hello("desk", 1);
  EXPECT_EQ(peer.next().at("type").as_string(), "welcome");
  int refused = 0;
  for (int i = 0; i < 6; ++i) {
    world.hub.call("desk", request("x"), [&](const Reply& reply) {
      refused += reply.status == ReplyStatus::kNotSent ? 1 : 0;
    });
  }
  EXPECT_EQ(world.hub.waiting("desk"), 3U);
  EXPECT_TRUE(world.until([&] { return refused == 2; }));
}

TEST(Hub, TakesNoMoreEventsThanItGrantedAndRenewsTheGrant) {
  HubOptions options;
  options.event_credit = 4;
  World world(options);
  std::vector<std::string> events;
  world.hub.on_event([&](const std::string& system, const std::string& name, const Json& data) {
    EXPECT_EQ(system, "desk");
    events.push_back(name + data.at("id").text());
  });
  ASSERT_TRUE(world.hub.open());
  world.hub.allow({{"desk", {}}});
  Connected connector(world.context, desk(), echo);
  ASSERT_TRUE(world.until_up("desk"));
  EXPECT_EQ(world.ask("desk", request("after the welcome")).status, ReplyStatus::kOk);
  for (int i = 0; i < 10; ++i) {
    Json data = Json::object();
    data.set("id", i);
    connector.client().send_event("changed", std::move(data));
    ASSERT_TRUE(world.until([&] {
      return events.size() + connector.client().counters().lost == static_cast<std::size_t>(i) + 1;
    }));
  }
  EXPECT_GE(events.size(), 4U);
  EXPECT_EQ(events[0], "changed0");
  EXPECT_EQ(world.hub.counters().events_dropped, 0U) << "a client keeps to its credit";
}

}  // namespace
}  // namespace navette::bus::test
