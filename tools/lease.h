// The flows that this hub may work on, for as long as it says in time that it lives. With a store
// that several hubs share, each flow has one of them; otherwise this is no more than a formality.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "connectors/host/system_host.h"
#include "store/store.h"

namespace navette::tools {

// Threads: ask() and give_back() on the store's; may_send() from any.
class Lease {
 public:
  // Another hub may take over after kSpan without a sign of life; one is given every kBeat.
  static constexpr std::chrono::milliseconds kSpan{5000};
  static constexpr std::chrono::milliseconds kBeat{1000};

  // The store outlives it. `name`: of this hub, for people.
  Lease(Store& store, std::string name) : store_(store), name_(std::move(name)) {}

  // A sign of life; gives those of the flows that are ours now, sorted.
  // Errors: kCancelled (another hub took over: end at once), kRetryLater.
  Result<std::vector<std::string>> ask(const std::vector<std::string>& flows);
  void give_back();

  bool shared() const { return store_.shared(); }
  // Whether what we do now is still ours to do. A process that stood still, or lay in a machine
  // that slept, finds out here, before it sends what it was about to send.
  bool may_send() const;

 private:
  Store& store_;
  std::string name_;
  std::atomic<std::int64_t> until_ms_{0};  // on the clock that also goes on in a machine's sleep
};

// Transports that send nothing while `may_send` says no. It outlives them.
HttpFactory guarded(HttpFactory factory, std::function<bool()> may_send);

// "host:pid"
std::string hub_name();

}  // namespace navette::tools
