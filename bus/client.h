// The connector's side of the bus: says hello, serves requests with some workers, and comes back by
// itself when the hub or the network goes away.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

#include "base/clock.h"
#include "bus/context.h"
#include "bus/message.h"

namespace navette::bus {

struct ClientOptions {
  std::string address = "inproc://navette";
  std::string hub_key;  // the hub's public CURVE key, Z85; empty: no encryption
  KeyPair own;
  std::string system;     // which system we are
  std::string connector;  // what we are, and its version: for people
  std::string version;
  std::vector<std::string> methods;
  int workers = 2;  // calls at the same time
  int credit = 0;   // calls that the hub may send ahead, those under way included; 0: `workers`

  std::chrono::milliseconds hello_timeout{5'000};
  std::chrono::milliseconds backoff_min{100};
  std::chrono::milliseconds backoff_max{5'000};
  std::chrono::milliseconds goodbye_max{10'000};  // for the calls under way when we are stopped
};

// A request, as a worker sees it.
struct Asked {
  std::string method;
  Json params;
  std::string blob;
  std::string correlation;
};

struct Answer {
  std::optional<Error> error;
  bool ambiguous = false;  // with an error: it may have had its effect all the same
  Json result;
  std::string blob;
};

using Handler = std::function<Answer(Asked&&)>;
// Makes the handler of one worker, on that worker's thread. What an exception in a handler means is
// unknown: it is answered as an ambiguous error.
using HandlerFactory = std::function<Handler(int worker)>;

struct ClientCounters {
  std::uint64_t sessions = 0;   // welcomes
  std::uint64_t served = 0;     // requests that were answered
  std::uint64_t malformed = 0;  // messages of the hub that break the protocol: dropped
  std::uint64_t lost = 0;       // answers to a session that had ended, and events without credit
};

// Threads: run() on one thread; everything else from any thread.
class Client {
 public:
  // `log` gets a sentence about each connection made or lost; on the thread of run(); may be empty.
  Client(Context& context, const Clock& clock, ClientOptions options, HandlerFactory factory,
         std::function<void(const std::string&)> log = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Serve until told to stop: then say goodbye, let the calls under way end, and return.
  // Errors: kMisconfigured (bad address or keys, refused by the hub, replaced by another process
  // that serves the same system).
  Status run(const std::stop_token& stop);

  // Tell the hub something that it did not ask for. It is a hint: without a session or without
  // credit it is dropped and counted.
  void send_event(const std::string& name, Json data);

  ClientCounters counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace navette::bus
