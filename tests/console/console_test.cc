#include "console/console.h"

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "tests/console/http_client.h"

namespace navette {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Quiet final : EventSink {
  void emit(const Event& event) noexcept override {
    const std::scoped_lock lock(mutex);
    names.emplace_back(event.name);
  }
  std::mutex mutex;
  std::vector<std::string> names;
};

class ConsoleTest : public testing::Test {
 protected:
  void start(ConsoleLimits limits = {}, const std::string& token = "admin-token") {
    ConsoleHandlers handlers;
    handlers.webhook_secret = [](const std::string& system) -> std::optional<std::string> {
      if (system == "open") return "";
      if (system == "closed") return "s3cret";
      return std::nullopt;
    };
    handlers.hook = [this](const Hook& hook) {
      const std::scoped_lock lock(mutex_);
      if (hook_answer_) hooks_.push_back(hook);
      return hook_answer_;
    };
    handlers.health = [this] { return health_; };
    handlers.metrics = [] { return std::string("navette_up 1\n"); };
    handlers.status = [] { return Result<Json>(Json(Json::Object{{"flows", Json::array()}})); };
    handlers.reload = [this] { return reload_answer_; };
    handlers.poll = [this](const std::string& system) {
      const std::scoped_lock lock(mutex_);
      polled_.push_back(system);
      return system == "nobody" ? Status(Error{Fault::kRejected, "no such system"}) : Status();
    };
    auto console = Console::start({"127.0.0.1:0", token, limits}, handlers, events_);
    ASSERT_TRUE(console) << console.error().message;
    console_ = std::move(*console);
    address_ = console_->address();
  }

  Quiet events_;
  std::mutex mutex_;
  std::vector<Hook> hooks_;
  std::vector<std::string> polled_;
  Status hook_answer_;
  Status reload_answer_;
  HealthReport health_;
  std::string address_;
  std::unique_ptr<Console> console_;
};

TEST_F(ConsoleTest, AHintIsTakenOnceItIsDurable) {
  start();
  const auto answer = post(address_, "/hooks/open", R"({"ticket":12,"queue":"Helpdesk"})");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, "{\"accepted\":\"12\"}\n");
  ASSERT_EQ(hooks_.size(), 1U);
  EXPECT_EQ(hooks_[0].system, "open");
  EXPECT_EQ(hooks_[0].ticket, "12");
  EXPECT_EQ(hooks_[0].payload, R"({"ticket":12,"queue":"Helpdesk"})");
}

TEST_F(ConsoleTest, ASenderIsToldToTryAgainWhenTheStoreIsFull) {
  start();
  hook_answer_ = Error{Fault::kRetryLater, "write journal: disk is full"};
  const auto answer = post(address_, "/hooks/open", R"({"id":"7"})");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.head, HasSubstr("Retry-After: 5"));
  EXPECT_THAT(answer.body, HasSubstr("disk is full"));
}

TEST_F(ConsoleTest, AnUnknownSystemIsNotFound) {
  start();
  EXPECT_EQ(post(address_, "/hooks/other", R"({"id":"7"})").status, 404);
  EXPECT_EQ(post(address_, "/hooks/", R"({"id":"7"})").status, 404);
  EXPECT_EQ(post(address_, "/hooks/open%2F..%2Fclosed", R"({"id":"7"})").status, 404);
  hook_answer_ = Error{Fault::kRejected, "no flow has the system 'open'"};
  EXPECT_EQ(post(address_, "/hooks/open", R"({"id":"7"})").status, 404);
  EXPECT_TRUE(hooks_.empty());
}

TEST_F(ConsoleTest, ASecretIsAskedForWhereOneIsSet) {
  start();
  const std::string body = R"({"issue":{"id":5}})";
  EXPECT_EQ(post(address_, "/hooks/closed", body).status, 401);
  EXPECT_EQ(post(address_, "/hooks/closed", body, "X-Navette-Token: s3cre\r\n").status, 401);
  EXPECT_EQ(post(address_, "/hooks/closed", body, "X-Navette-Token: s3crets3cret\r\n").status, 401);
  EXPECT_TRUE(hooks_.empty());
  EXPECT_EQ(post(address_, "/hooks/closed", body, "x-navette-token: s3cret\r\n").status, 202);
  EXPECT_THAT(events_.names, testing::Contains("webhook_refused"));
}

TEST_F(ConsoleTest, ABodyThatNamesNoTicketIsRefused) {
  start();
  for (const char* body : {"", "\"abc", "{", "[1]", "{}", R"({"ticket":null})", R"({"ticket":""})",
                           R"({"ticket":"a b"})", R"({"ticket":"a\nb"})", R"({"ticket":1.5})"}) {
    EXPECT_EQ(post(address_, "/hooks/open", body).status, 400) << body;
  }
  EXPECT_TRUE(hooks_.empty());
}

TEST_F(ConsoleTest, ABodyBeyondTheLimitIsRefused) {
  start({.body_bytes = 1000});
  const std::string body = R"({"id":"7","x":")" + std::string(2000, 'x') + "\"}";
  EXPECT_EQ(post(address_, "/hooks/open", body).status, 413);
  const auto chunked =
      send_raw(address_,
               "POST /hooks/open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
               "Transfer-Encoding: chunked\r\n\r\n" +
                   std::string("400\r\n") + body.substr(0, 1024) + "\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.status, 413);
  EXPECT_TRUE(hooks_.empty());
}

TEST_F(ConsoleTest, SaysHowTheHubIs) {
  start();
  health_ = {true, Json(Json::Object{{"status", "ok"}})};
  EXPECT_EQ(get(address_, "/healthz").status, 200);
  health_ = {false, Json(Json::Object{{"status", "down"}})};
  const auto answer = get(address_, "/healthz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "{\"status\":\"down\"}\n");
  EXPECT_THAT(get(address_, "/metrics").head, HasSubstr("text/plain; version=0.0.4"));
  EXPECT_EQ(get(address_, "/metrics").body, "navette_up 1\n");
  EXPECT_THAT(get(address_, "/status").body, HasSubstr("\"flows\""));
  EXPECT_EQ(get(address_, "/healthz", "HEAD").body, "");
}

TEST_F(ConsoleTest, RefusesWhatItDoesNotKnow) {
  start();
  EXPECT_EQ(get(address_, "/").status, 404);
  EXPECT_EQ(get(address_, "/healthz/..").status, 404);
  EXPECT_EQ(get(address_, "/hooks/open").status, 405);
  const auto answer = post(address_, "/healthz", "");
  EXPECT_EQ(answer.status, 405);
  EXPECT_THAT(answer.head, HasSubstr("Allow: GET, HEAD"));
  EXPECT_EQ(send_raw(address_, "nonsense\r\n\r\n").status / 100, 4);
  EXPECT_EQ(get(address_, "/status").status, 200) << "the server goes on";
}

TEST_F(ConsoleTest, OrdersNeedTheToken) {
  start();
  EXPECT_EQ(post(address_, "/admin/reload", "").status, 401);
  EXPECT_EQ(post(address_, "/admin/reload", "", "X-Navette-Token: other\r\n").status, 401);
  const std::string token = "X-Navette-Token: admin-token\r\n";
  EXPECT_EQ(post(address_, "/admin/reload", "", token).status, 200);
  reload_answer_ = Error{Fault::kMisconfigured, "navette.yaml:3:1: wrong"};
  const auto answer = post(address_, "/admin/reload", "", token);
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body, HasSubstr("navette.yaml:3:1: wrong"));
  EXPECT_EQ(post(address_, "/admin/poll?system=a%20b", "", token).status, 202);
  EXPECT_EQ(post(address_, "/admin/poll?system=nobody", "", token).status, 404);
  EXPECT_THAT(polled_, testing::ElementsAre("a b", "nobody"));
}

TEST_F(ConsoleTest, WithoutATokenNoOrderIsTaken) {
  start({}, "");
  EXPECT_EQ(post(address_, "/admin/reload", "", "X-Navette-Token: \r\n").status, 403);
}

// Goal: who sends a byte now and then can't hold a thread. Method: headers that never end.
TEST_F(ConsoleTest, ASlowRequestIsCutOff) {
  start({.threads = 2, .request_time = std::chrono::milliseconds(200)});
  RawConnection slow(address_);
  ASSERT_TRUE(slow.connected());
  slow.send("GET /healthz HTTP/1.1\r\nX-Slow: ");
  int sent = 0;
  while (sent < 500 && !slow.closed_within(std::chrono::milliseconds(20))) {
    slow.send("x");
    ++sent;
  }
  EXPECT_LT(sent, 500);
  EXPECT_EQ(get(address_, "/healthz").status, 200);
}

TEST_F(ConsoleTest, KeepsAConnectionOpenForTheNextHint) {
  start();
  RawConnection connection(address_);
  const std::string one =
      "POST /hooks/open HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n{\"id\":1}";
  const std::string last =
      "POST /hooks/open HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 8\r\n\r\n"
      "{\"id\":2}";
  connection.send(one);
  connection.send(last);
  connection.receive_all();
  EXPECT_EQ(hooks_.size(), 2U);
}

TEST_F(ConsoleTest, ManySendersAtOnceAreAllAnswered) {
  start({.threads = 4, .connections_waiting = 64});
  std::atomic<int> taken{0};
  {
    std::vector<std::jthread> senders;
    for (int i = 0; i < 8; ++i) {
      senders.emplace_back([&] {
        for (int n = 0; n < 20; ++n) {
          if (post(address_, "/hooks/open", R"({"id":1})").status == 202) ++taken;
        }
      });
    }
  }
  EXPECT_EQ(taken, 160);
}

TEST_F(ConsoleTest, ASecondHubOnTheSamePortFails) {
  start();
  const auto second = Console::start({address_, "", {}}, {}, events_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::kMisconfigured);
  EXPECT_THAT(second.error().message, HasSubstr("listen on " + address_));
}

TEST_F(ConsoleTest, StopEndsIdleConnections) {
  start();
  RawConnection idle(address_);
  console_->stop();
  console_->stop();
  EXPECT_EQ(get(address_, "/healthz").status, 0);
}

TEST(SameSecret, ComparesAll) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abcabc", "abc"));
  EXPECT_FALSE(same_secret("", "abc"));
  EXPECT_FALSE(same_secret("abc", ""));
}

TEST(TicketOfHook, KnowsTheUsualShapes) {
  for (const char* body :
       {R"({"ticket":"12"})", R"({"ticket":12})", R"({"id":12})", R"({"issue":{"id":12}})",
        R"({"ticket":{"id":12}})", R"({"payload":{"action":"updated","issue":{"id":12}}})"}) {
    const auto ticket = ticket_of_hook(body);
    ASSERT_TRUE(ticket) << body;
    EXPECT_EQ(*ticket, "12") << body;
  }
}

}  // namespace
}  // namespace navette
