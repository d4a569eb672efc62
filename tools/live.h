// Connections to the configured systems for commands that ask them something and end.

#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "navette/result.h"

#include "base/clock.h"
#include "base/event.h"
#include "bus/hub.h"
#include "bus/reactor.h"
#include "config/model.h"
#include "connectors/host/bus_peers.h"
#include "tools/connectors.h"

namespace navette::tools {

// The connectors run as threads of this process, those of external systems too.
// Threads: one.
class LiveSystems {
 public:
  explicit LiveSystems(EventSink& events);
  ~LiveSystems();
  LiveSystems(const LiveSystems&) = delete;
  LiveSystems& operator=(const LiveSystems&) = delete;

  // Errors: kMisconfigured.
  Status open(std::map<std::string, SystemConfig> systems);

  bus::Reactor& reactor() { return reactor_; }
  BusPeers& peers() { return *peers_; }

  // Serve until done() is called by what runs, `how_long` at the most. Says whether it was.
  bool run(std::chrono::milliseconds how_long);
  void done();

 private:
  SystemClock clock_;
  EventSink& events_;
  bus::Context context_;
  bus::Reactor reactor_;
  bus::Hub hub_;
  std::unique_ptr<BusPeers> peers_;
  std::unique_ptr<ConnectorThreads> connectors_;
  bool done_ = false;
};

}  // namespace navette::tools
