// The systems as the engine sees them: asynchronous calls, answered on the loop's thread.
//
// Implemented over the bus (connectors/host/bus_peers.h) for connectors in threads and in other
// processes alike, and by the simulation's fake systems.
//
// Threads: the loop's thread only. A callback runs exactly once, never inside the call.
// A call that gets no answer before its deadline, or whose connector goes away, ends with
// Fault::kRetryLater; for execute(): Verdict::kAmbiguous when the connector may have received it,
// else Verdict::kRetryable.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "navette/connector.h"

namespace navette {

template <class T>
using Done = std::function<void(Result<T>)>;

class Peers {
 public:
  virtual ~Peers() = default;

  // What connect() of that system found; nullptr while it is not connected.
  virtual const Description* description(const std::string& system) const = 0;
  // Why it is not connected; empty while it is.
  virtual std::string trouble(const std::string& system) const = 0;

  virtual void poll(const std::string& system, PollRequest request, Done<Page> done) = 0;
  virtual void fetch(const std::string& system, std::string entity, std::string id, Json where,
                     Done<Record> done) = 0;
  virtual void find(const std::string& system, std::string entity, Json where, std::string path,
                    std::string value, Done<std::vector<std::string>> done) = 0;
  virtual void execute(const std::string& system, Command command, std::string content,
                       std::function<void(Outcome)> done) = 0;
  virtual void preview(const std::string& system, Command command, Done<Json> done) = 0;
  virtual void download(const std::string& system, std::string ticket, std::string attachment,
                        std::int64_t bytes_max, Done<std::string> done) = 0;
};

}  // namespace navette
