// The hub's side of the bus: one door for connectors in threads of this process, one for connectors
// in other processes, and for each system the calls that wait and those under way.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

#include "bus/context.h"
#include "bus/message.h"
#include "bus/reactor.h"

namespace navette::bus {

struct HubOptions {
  std::string inside = "inproc://navette";  // door for threads of this process
  std::string listen;                       // "ipc://..." or "tcp://host:port"; empty: no such door
  std::string public_key;                   // CURVE, Z85; both empty: no encryption
  std::string secret_key;
  std::string tap;                    // address for watchers; empty: none
  std::vector<std::string> tap_keys;  // with encryption: the keys that may watch

  std::chrono::milliseconds heartbeat = kHeartbeat;
  std::chrono::milliseconds silence_max = kSilenceMax;   // then the connector is taken for dead
  std::chrono::milliseconds overdue_max{300'000};        // an answer this late past its deadline
                                                         // ends the session
  std::size_t queue_max = 1024;                          // calls that wait for one system
  std::size_t queue_bytes_max = std::size_t{256} << 20;  // and their parameters and blobs
  int event_credit = 64;                                 // events that one connector may owe us
};

// Who may be a system.
struct SystemAccess {
  bool external = false;   // an own process; else a thread of this one
  std::string public_key;  // the CURVE key that it must show; needed when the hub has keys
};

struct Request {
  std::string method;
  Json params = Json::object();
  std::string blob;
  std::chrono::milliseconds deadline{60'000};  // from the call, waiting included
  std::string correlation;                     // for the logs of both sides; may be empty
};

enum class ReplyStatus : unsigned char {
  kOk,         // result, blob
  kError,      // the connector, or we, refused: it had no effect. See error
  kNotSent,    // it never left the hub
  kMaybeSent,  // the connector may have carried it out
};

struct Reply {
  ReplyStatus status = ReplyStatus::kOk;
  Json result;
  std::string blob;
  Error error;  // of every status but kOk
};

// What a connector said in its hello.
struct PeerInfo {
  std::string connector;
  std::string version;
  std::vector<std::string> methods;
  int credit = 1;
};

struct HubCounters {
  std::uint64_t malformed = 0;       // messages that break the protocol: dropped
  std::uint64_t unexpected = 0;      // messages of peers that have not said hello: dropped
  std::uint64_t late = 0;            // answers after their deadline: dropped
  std::uint64_t refused = 0;         // hellos with a wrong name, key or version
  std::uint64_t refused_keys = 0;    // connections that the doorkeeper ended
  std::uint64_t events_dropped = 0;  // events beyond the credit
  std::uint64_t tap_dropped = 0;     // messages that some watcher missed
};

// Order: construct, set the callbacks, open(), allow(), then let the reactor run.
// Threads: the reactor's, or before it runs. Callbacks come on that thread, never inside the call.
class Hub {
 public:
  using Done = std::function<void(Reply)>;

  Hub(Reactor& reactor, Context& context, HubOptions options);
  // Calls that are not answered by then are forgotten; close() answers them.
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Errors: kMisconfigured (address, keys, tcp beyond loopback without keys).
  Status open();
  // The systems that may connect from now on. Sessions of others, and of changed keys, end.
  void allow(std::map<std::string, SystemAccess> systems);
  // Say goodbye to all and answer every call: nothing is called through this hub any more.
  void close();

  std::string endpoint() const;  // of `listen`, with the port that was chosen
  std::string tap_endpoint() const;

  // Carry a call to the connector of that system. Calls of one system are sent in order; no more of
  // them are under way than that connector grants.
  // `done` is called exactly once.
  void call(const std::string& system, Request request, Done done);

  // Nothing while that system is not connected.
  const PeerInfo* peer(const std::string& system) const;

  void on_up(std::function<void(const std::string& system)> callback);
  void on_down(std::function<void(const std::string& system, const std::string& why)> callback);
  void on_event(
      std::function<void(const std::string& system, const std::string& name, Json data)> callback);
  // A hello that was turned away, for the log.
  void on_refused(std::function<void(const std::string& system, const std::string& why)> callback);

  // To all watchers; see Tap.
  void publish(std::string_view topic, const Json& body);

  HubCounters counters() const;
  std::size_t waiting(const std::string& system) const;
  std::size_t under_way(const std::string& system) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace navette::bus
