// Peers over the bus: what the engine asks becomes requests to connectors, and what becomes of
// those becomes Errors and Outcomes.
//
// It connects a system when its connector says hello, and again, with growing pauses, when a call
// says that the session or the credentials are gone. Calls that come while it is connecting wait;
// while that has failed they are answered at once with the reason.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "bus/hub.h"
#include "connectors/host/peers.h"

namespace navette {

struct BusPeersOptions {
  std::chrono::milliseconds read_deadline{60'000};       // connect, poll, fetch, find, preview
  std::chrono::milliseconds write_deadline{120'000};     // execute
  std::chrono::milliseconds download_deadline{120'000};  // download
  std::chrono::milliseconds hello_grace{3'000};  // calls wait so long for a connector's first hello
  std::chrono::milliseconds reconnect_min{1'000};
  std::chrono::milliseconds reconnect_max{60'000};
  std::size_t waiting_max = 256;  // calls of one system that wait for its connection
};

// Sets the hub's on_up and on_down. Threads: the loop's. Borrows both; they outlive it, and it is
// destroyed on the loop's thread or after the loop has ended.
class BusPeers final : public Peers {
 public:
  BusPeers(Loop& loop, bus::Hub& hub, BusPeersOptions options = {});
  ~BusPeers() override;

  const Description* description(const std::string& system) const override;
  std::string trouble(const std::string& system) const override;

  void poll(const std::string& system, PollRequest request, Done<Page> done) override;
  void fetch(const std::string& system, std::string entity, std::string id, Json where,
             Done<Record> done) override;
  void find(const std::string& system, std::string entity, Json where, std::string path,
            std::string value, Done<std::vector<std::string>> done) override;
  void execute(const std::string& system, Command command, std::string content,
               std::function<void(Outcome)> done) override;
  void preview(const std::string& system, Command command, Done<Json> done) override;
  void download(const std::string& system, std::string ticket, std::string attachment,
                std::int64_t bytes_max, Done<std::string> done) override;

  // Called when description() or trouble() of that system has changed; for logs and waiting tools.
  void on_change(std::function<void(const std::string& system)> callback);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace navette
