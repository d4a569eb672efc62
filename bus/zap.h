// Decides whose CURVE key opens a connection (ZeroMQ RFC 27, ZAP).

#pragma once

#include <map>
#include <set>
#include <string>

#include "bus/reactor.h"
#include "bus/socket.h"

namespace navette::bus {

// One per Context. A connection whose key is not allowed in its domain is ended by the library in
// the handshake: not one byte of ours reaches it.
// Threads: the reactor's.
class Doorkeeper {
 public:
  Doorkeeper(Reactor& reactor, Context& context);
  ~Doorkeeper();
  Doorkeeper(const Doorkeeper&) = delete;
  Doorkeeper& operator=(const Doorkeeper&) = delete;

  // Errors: kMisconfigured (this context has a doorkeeper already).
  Status open();
  // From now on these keys (Z85) may connect in that domain. Connections that stand remain.
  void allow(const std::string& domain, std::set<std::string> keys);
  std::uint64_t refusals() const { return refusals_; }

 private:
  void serve();

  Reactor& reactor_;
  Socket socket_;
  Reactor::WatchId watch_ = 0;
  std::map<std::string, std::set<std::string>> allowed_;
  std::uint64_t refusals_ = 0;
};

}  // namespace navette::bus
