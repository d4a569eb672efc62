// A store with as many links and pending changes as asked for, and two systems that hold nothing in
// memory, however many tickets they have: what a ticket looks like follows from its number.

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/loop.h"
#include "connectors/host/peers.h"
#include "store/store.h"

namespace navette::test {

FlowConfig scale_flow(const std::string& name);

struct ScaleOrder {
  std::string flow = "acme";
  std::int64_t links = 0;
  std::int64_t pending = 0;  // one change each, of tickets all over the links
  std::int64_t first = 1;    // number of the first link's tickets
  std::int64_t next_at = 0;  // of the changes
  std::string origin = "poll";
};

// Each link's client ticket has a title that its twin does not have yet.
// Errors: those of the store.
Status fill_store(Store& store, const ScaleOrder& order);

// The systems "desk" and "tracker" of scale_flow().
class ScalePeers final : public Peers {
 public:
  explicit ScalePeers(Loop& loop) : loop_(loop) {}

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

  std::string down;                                   // a system that does not answer
  std::int64_t fetches = 0;                           // of all tickets
  std::int64_t writes = 0;                            // that came through
  std::function<void(const Command&)> on_write;       // called for each of them
  std::function<bool(const std::string& id)> poison;  // a ticket that nobody can read

 private:
  Loop& loop_;
  Description description_;
};

}  // namespace navette::test
