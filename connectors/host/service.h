// Runs a connector behind the bus: in a thread of the hub and in an own process alike; only the
// address differs.

#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "navette/connector.h"

#include "base/clock.h"
#include "bus/client.h"
#include "connectors/host/system_host.h"

namespace navette {

// Makes one instance for the account of this system. The host outlives it.
// Called on the worker's thread, from several threads at once.
using ConnectorFactory = std::function<std::unique_ptr<Connector>(Host&)>;

struct ServiceOptions {
  std::string address = "inproc://navette";
  std::string hub_key;  // CURVE keys, Z85; empty: no encryption
  bus::KeyPair own;
  std::string system;
  std::string connector;  // name of the catalog entry
  std::string version;
  int concurrency = 2;         // instances, each in a worker of its own
  std::shared_ptr<Pace> pace;  // for the requests of all instances together; null: none
};

// Every instance connects for itself: a worker whose instance has not seen the last "connect" of
// the hub does that first.
// Threads: run() on one thread; everything else from any thread.
class ConnectorService {
 public:
  // `log` as in bus::Client.
  ConnectorService(bus::Context& context, const Clock& clock, const ServiceOptions& options,
                   ConnectorFactory factory, HttpFactory http,
                   std::function<void(const std::string&)> log = {});
  ~ConnectorService();
  ConnectorService(const ConnectorService&) = delete;
  ConnectorService& operator=(const ConnectorService&) = delete;

  // Serve until told to stop. Errors: as bus::Client::run().
  Status run(const std::stop_token& stop);

  // Tell the hub that a ticket changed; empty: it should poll. A hint, may be lost.
  void changed(const std::string& ticket);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace navette
