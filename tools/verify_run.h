// `navette verify`: reads both sides of flows and says where they are not the same. Writes nothing.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

#include "config/model.h"
#include "sync/engine.h"

namespace navette::tools {

struct VerifyOptions {
  // Read every ticket, also where a list's values are what was agreed on: comments and files are
  // seen then too.
  bool full = false;
  // More of a side's linked tickets than this absent: taken for a fault of the system or of our
  // rights, and the flow is not looked at further.
  int absent_percent_max = 10;
  bool accept_absence = false;  // ... unless this says that they are really gone
  // What differs is looked at again after so long, when it was changed lately: a hub that runs may
  // be about to see it. Negative: twice the slower system's poll interval, and five seconds.
  std::chrono::milliseconds settle{-1};
};

// A report is {"at", "flows": [flow], "calls"}; a flow is {"flow", "links", "equal", "by_digest",
// "listed": {"client", "provider"}, "tickets_unlinked", "findings": [finding], "left_out",
// "stopped"?, "failed"?}; "stopped" is {"side", "system", "absent", "links", "why"}.
// A finding is {"flow", "what", "state", "link"?, "client"?, "provider"?, "side", "system", "name",
// "at"?, "client_value"?, "provider_value"?, "wanted"?, "why", "agreed_until"?, "since"?,
// "dead_letter"?}:
//   what   "field", "missing", "comment", "file", "removed", "intake", "doubled"
//   state  "diverged" (nothing on record), "pending", "parked", "dead", "agreed"
//
// Threads: the loop's.
class Verifier {
 public:
  // So many findings of a flow are kept; the others are counted.
  static constexpr std::size_t kFindingsMax = 10'000;
  // So few absent tickets are never a large part of a side, unless they are all of it.
  static constexpr std::int64_t kAbsentAnyway = 3;

  // `secrets` show in nothing that is reported. Errors of flows come with run().
  Verifier(const EngineContext& context, const std::map<std::string, SystemConfig>& systems,
           std::vector<FlowConfig> flows, std::vector<std::string> secrets, VerifyOptions options);
  ~Verifier();
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;

  void on_progress(
      std::function<void(const std::string& flow, std::int64_t done, std::int64_t all)> progress);
  // Once. Errors: kMisconfigured, kRetryLater (the store can't be read).
  void run(std::function<void(Result<Json>)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace navette::tools
