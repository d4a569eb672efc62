// Signals as work of the loop.

#pragma once

#include <functional>

#include "navette/result.h"

#include "bus/reactor.h"

namespace navette::tools {

// Construct before any thread is started: they inherit that these signals wait for the loop.
class Signals {
 public:
  // SIGTERM, SIGINT and SIGHUP wait from now on; SIGPIPE is ignored.
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Calls back on the loop's thread with the number of each signal. Errors: kMisconfigured.
  Status watch(bus::Reactor& reactor, std::function<void(int)> caught);

 private:
  int fd_ = -1;
};

}  // namespace navette::tools
