// A whole running hub: store, bus, connectors, engine and console, wired together.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "navette/result.h"

#include "base/log.h"
#include "bus/reactor.h"
#include "config/load.h"
#include "tools/past_config.h"

namespace navette::tools {

inline constexpr std::chrono::seconds kDrainMax{30};
inline constexpr std::chrono::seconds kHandlerWaitMax{5};

// The names of what the hub puts into its store's folder.
inline constexpr const char* kAdminTokenFile = "admin.token";
inline constexpr const char* kTapSocket = "tap.ipc";
inline constexpr const char* kTapKeysFile = "tap.keys";

struct HubSettings {
  LoadWith load_with;  // reads the configuration anew
  Log& log;
  std::function<Status()> reload = {};  // set by RunningHub
};

// Order: open(), then run() once. Threads: open(), run() and destruction on one thread, which is
// the loop's; the rest from the loop's thread, as work that run() does.
class RunningHub {
 public:
  // Borrows the reactor, the clock and the log.
  RunningHub(bus::Reactor& reactor, const Clock& clock, HubSettings settings);
  ~RunningHub();
  RunningHub(const RunningHub&) = delete;
  RunningHub& operator=(const RunningHub&) = delete;

  // Open everything and listen. REQUIRES: config.ok().
  // Errors: kMisconfigured, kRetryLater (the store is locked by another hub).
  Status open(const LoadResult& config);
  // Serve until a drain has ended.
  void run();

  // Read the configuration again. Errors: kMisconfigured; the old one goes on.
  Status reload();
  // Take nothing new, end what is in hand within kDrainMax, then let run() return.
  // Again: end at once.
  void drain(const std::string& why);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace navette::tools
