// The hub's HTTP side: webhooks, health, metrics, status, and orders from this machine.
//
//   POST /hooks/SYSTEM   a hint that a ticket changed   202 400 401 404 413 503
//   GET  /healthz        whether the hub works          200 503
//   GET  /metrics        Prometheus text                200
//   GET  /status         as `navette status --json`     200 503
//   POST /admin/reload   loopback and token only        200 401 403 422
//   POST /admin/poll     likewise; ?system=NAME         202 401 403 404
//   *    /admin/...      likewise; what the admin handler knows
//
// A webhook is only a hint that a ticket is worth reading: what else its body says is believed by
// nobody. It is answered 202 only once it is durable.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "navette/json.h"
#include "navette/result.h"

#include "base/event.h"

namespace navette {

struct Hook {
  std::string system;
  std::string ticket;
  std::string payload;  // the body as it came
};

struct HealthReport {
  bool works = true;             // false: 503
  Json report = Json::object();  // what is said beside "status"; no secrets
};

// An order under /admin/, from this machine and with the token.
struct AdminOrder {
  std::string method;                        // "GET" or "POST"
  std::string path;                          // what follows /admin/
  std::map<std::string, std::string> query;  // of two of one name the last
  std::string body;
};
struct AdminAnswer {
  int status = 200;
  Json body = Json::object();
};

// What the console asks of the hub. Called on the console's threads, several at a time; each must
// come back within a few seconds and must not throw.
struct ConsoleHandlers {
  // The secret that a webhook of this system must show; empty: none. Nothing: no such system.
  std::function<std::optional<std::string>(const std::string& system)> webhook_secret;
  // Ok only once the hint is durable. kRejected: no flow wants it. Else: try again later.
  std::function<Status(const Hook& hook)> hook;
  std::function<HealthReport()> health;
  std::function<std::string()> metrics;
  std::function<Result<Json>()> status;
  // kMisconfigured: the new configuration is wrong, the old one stays.
  std::function<Status()> reload;
  // Empty: all systems. kRejected: no such system.
  std::function<Status(const std::string& system)> poll;
  // Every other order; 404 in the answer when there is no such thing.
  std::function<AdminAnswer(const AdminOrder& order)> admin;
};

struct ConsoleLimits {
  int threads = 64;               // a connection takes one for as long as it is kept alive
  int connections_waiting = 256;  // more are closed at once
  std::size_t body_bytes = 1 << 20;
  // From accept, or from the last answer, until a request is here as a whole.
  std::chrono::milliseconds request_time{15'000};
  std::chrono::milliseconds keep_alive{10'000};
};

struct ConsoleOptions {
  std::string listen = "127.0.0.1:8700";  // port 0: a free one, see Console::address()
  std::string admin_token;                // empty: /admin answers 403 always
  ConsoleLimits limits = {};
};

// The ticket that a webhook's body names: "ticket", "id", "issue.id", "ticket.id",
// "payload.issue.id", the first that is there, as text or whole number.
// Errors: kRejected (no JSON object, none of these, not fit to be an id).
Result<std::string> ticket_of_hook(const std::string& body);

// Whether both are equal, in a time that does not tell where they differ.
bool same_secret(std::string_view a, std::string_view b);

// Threads: start(), stop() and destruction on one thread. No handler runs after stop().
class Console {
 public:
  // `events` is borrowed and outlives the console.
  // Errors: kMisconfigured (bad address, address in use).
  static Result<std::unique_ptr<Console>> start(const ConsoleOptions& options,
                                                ConsoleHandlers handlers, EventSink& events);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // "127.0.0.1:8700", with the port that is really listened on.
  const std::string& address() const;
  // Closes every connection and waits for the handlers that run. Again: does nothing.
  void stop();

 private:
  struct Impl;
  explicit Console(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace navette
