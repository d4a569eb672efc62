// A copy of what goes on, for watchers (`navette tail`). Watching never slows the hub.

#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "navette/json.h"

#include "bus/reactor.h"
#include "bus/socket.h"

namespace navette::bus {

// Threads: the reactor's.
class Tap {
 public:
  // Messages that wait for one watcher; what comes on top of them is lost to that watcher.
  static constexpr int kQueueMax = 1000;

  Tap(Reactor& reactor, Context& context);
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  // An empty secret key: no encryption; then `address` is inproc, ipc or loopback.
  // Errors: kMisconfigured.
  Status open(const std::string& address, const std::string& secret_key, const std::string& domain);
  std::string endpoint() const { return socket_.endpoint(); }
  // Never blocks. Each message carries a number one higher than the last, so that a watcher sees
  // what it missed.
  void publish(std::string_view topic, const Json& body);
  // Messages that at least one watcher missed.
  std::uint64_t dropped() const { return dropped_; }

 private:
  Reactor& reactor_;
  Socket socket_;
  Reactor::WatchId watch_ = 0;
  bool open_ = false;
  std::uint64_t number_ = 0;
  std::uint64_t dropped_ = 0;
};

struct WatchOptions {
  std::string address;
  std::string topic;       // its beginning; empty: all
  std::string server_key;  // Z85; empty: no encryption
  KeyPair own;
};

struct Seen {
  std::string topic;
  std::uint64_t number = 0;
  std::uint64_t missed = 0;  // messages lost just before this one
  Json body;
};

// Watch a tap until told to stop. Blocks; `seen` is called on this thread.
// Errors: kMisconfigured (bad address or keys).
Status watch_tap(Context& context, const WatchOptions& options,
                 const std::function<void(const Seen&)>& seen, const std::stop_token& stop);

}  // namespace navette::bus
