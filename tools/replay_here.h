// A replay by this very process, for stores that no hub holds; and how a replay's report is told.

#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "navette/json.h"
#include "navette/result.h"

#include "tools/options.h"

namespace navette::tools {

// Takes the store, begins the replay that `arguments` describe (null: none) and runs every open one
// to its end, and with them what else is pending; nothing is polled. The report of the one begun,
// else of the last that ended. A kill loses and doubles nothing: the next time goes on.
// Errors: kRejected (nothing found, no replay is open), kRetryLater (a hub has the store),
// kMisconfigured.
Result<Json> replay_here(const StoreOption& option, const Json& arguments);

// "Replay 12: 1000 chosen = 940 delivered + ...", with the reasons of what was skipped.
std::string replay_summary(const Json& report);
// 0; 1: some are dead again, were skipped, or the sum is wrong.
int replay_exit(const Json& report);

// One line on a terminal that says how far a replay is and how long it will take; nothing in a
// pipe.
class ReplayProgress {
 public:
  ReplayProgress();
  void show(const Json& report);
  void end() const;

 private:
  bool terminal_;
  std::chrono::steady_clock::time_point begun_;
  std::optional<std::int64_t> left_at_begin_;
};

}  // namespace navette::tools
