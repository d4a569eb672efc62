// The connectors that this build has, and the threads that run them in the hub.

#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "navette/result.h"

#include "base/clock.h"
#include "base/event.h"
#include "bus/context.h"
#include "config/model.h"
#include "connectors/host/service.h"

namespace navette::tools {

// A connector of one system, ready to serve a hub.
// Errors: kMisconfigured.
// `may_send`: asked before each request; empty: always.
Result<std::unique_ptr<ConnectorService>> make_service(bus::Context& context, const Clock& clock,
                                                       const SystemConfig& system,
                                                       ServiceOptions options, EventSink& events,
                                                       std::function<bool()> may_send = {});

// The connectors of all systems that are not external, one thread (and its workers) each.
// Threads: one at a time.
class ConnectorThreads {
 public:
  ConnectorThreads(bus::Context& context, const Clock& clock, EventSink& events,
                   std::function<bool()> may_send = {});
  // Stops and joins all.
  ~ConnectorThreads();
  ConnectorThreads(const ConnectorThreads&) = delete;
  ConnectorThreads& operator=(const ConnectorThreads&) = delete;

  // Let these systems run: start new ones, stop those that are gone, and replace those whose
  // settings changed. Does not wait for those that stop. Nothing changes on error.
  // Errors: kMisconfigured.
  Status run(const std::map<std::string, SystemConfig>& systems);
  void request_stop();
  // Waits for all; REQUIRES: request_stop() was called.
  void join();

 private:
  struct Running {
    SystemConfig config;
    std::unique_ptr<ConnectorService> service;
    std::atomic<bool> ended{false};
    std::jthread thread;
  };

  void reap();

  bus::Context& context_;
  const Clock& clock_;
  EventSink& events_;
  std::function<bool()> may_send_;
  std::map<std::string, std::unique_ptr<Running>> running_;
  std::vector<std::unique_ptr<Running>> retired_;
};

}  // namespace navette::tools
