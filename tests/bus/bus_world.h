// A hub and its reactor on the test's thread, and connectors in threads of their own.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "bus/client.h"
#include "bus/hub.h"

namespace navette::bus::test {

inline constexpr std::chrono::milliseconds kPatience{20'000};

// Time out of a hung test rather than hang; no test waits for it when all is well.
class World {
 public:
  explicit World(HubOptions options = {}) : hub(reactor, context, quick(std::move(options))) {}

  static HubOptions quick(HubOptions options) {
    if (options.heartbeat == kHeartbeat) options.heartbeat = std::chrono::milliseconds(100);
    return options;
  }

  // Run the reactor until that holds.
  [[nodiscard]] bool until(const std::function<bool()>& holds) {
    bool late = false;
    const auto guard = reactor.after(kPatience, [&] { late = true; });
    std::function<void()> look = [&] {
      if (holds() || late) return reactor.stop();
      reactor.after(std::chrono::milliseconds(1), look);
    };
    reactor.after(std::chrono::milliseconds(0), look);
    reactor.run();
    reactor.cancel(guard);
    return !late;
  }

  [[nodiscard]] bool until_up(const std::string& system) {
    return until([&] { return hub.peer(system) != nullptr; });
  }

  // One call, waited for.
  Reply ask(const std::string& system, Request request) {
    std::shared_ptr<std::optional<Reply>> answer = std::make_shared<std::optional<Reply>>();
    hub.call(system, std::move(request), [answer](Reply reply) { *answer = std::move(reply); });
    EXPECT_TRUE(until([&] { return answer->has_value(); })) << "no answer";
    return answer->value_or(Reply{});
  }

  Context context;
  SystemClock clock;
  Reactor reactor{clock};
  Hub hub;
};

// A connector in its own thread; ends with its scope.
class Connected {
 public:
  Connected(Context& context, ClientOptions options, HandlerFactory factory)
      : client_(context, clock_, std::move(options), std::move(factory)),
        thread_([this](const std::stop_token& stop) { outcome_ = client_.run(stop); }) {}

  // Asks the connector to end; to be joined once the hub has run on for a while.
  void stop() { thread_.request_stop(); }
  void join() { thread_.join(); }
  Client& client() { return client_; }
  // After join().
  const Status& outcome() const { return outcome_; }

 private:
  SystemClock clock_;
  Status outcome_;
  Client client_;
  std::jthread thread_;
};

// Answers with what was asked.
inline Handler echo(int) {
  return [](Asked&& asked) {
    Answer answer;
    answer.result.set("method", asked.method);
    answer.result.set("params", std::move(asked.params));
    answer.result.set("correlation", asked.correlation);
    answer.blob = std::move(asked.blob);
    return answer;
  };
}

inline ClientOptions desk(std::string address = "inproc://navette") {
  ClientOptions options;
  options.address = std::move(address);
  options.system = "desk";
  options.connector = "echo";
  options.version = "1";
  options.methods = {"echo"};
  options.backoff_min = std::chrono::milliseconds(5);
  options.goodbye_max = std::chrono::milliseconds(200);
  return options;
}

}  // namespace navette::bus::test
