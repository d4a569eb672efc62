// Takes away what is older than `retention` keeps, in small steps beside the traffic. What may go
// is the store's to say (Store::prunable()): nothing that is pending, dead, parked, linked or under
// way.
//
// Threads: the loop's.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

#include "config/model.h"
#include "store/store.h"
#include "sync/core.h"

namespace navette {

// "payloads", "changes", "commands", "events".
const char* to_text(Prunable what);

struct PruneWalk {
  Prunable what = Prunable::kPayloads;
  std::int64_t before = 0;  // ms since 1970
};
// What of a store is to be walked through now. `now`: ms since 1970.
std::vector<PruneWalk> prune_walks(const RetentionConfig& retention, std::int64_t now);
// The same when the store is too large, from the oldest on: all that is older than an hour.
std::vector<PruneWalk> prune_walks_for_size(std::int64_t now);

// What was pruned last, of all that was older: by "payload", "metadata" and "audit"
// {"keep", "before", "at"}; kept in the store.
Result<Json> retention_marks(Store& store);
SetCursor retention_marks_of(const RetentionConfig& retention, std::int64_t now);
// "what is older than 2026-01-31T12:00:00Z was pruned (retention of 400d)"; empty: nothing was.
std::string pruned_text(const Json& marks, const char* which);
// "pruned at 2026-01-31T12:00:00Z, retention of 30d"
std::string payload_pruned_text(const Json& marks, std::int64_t at);

class Retention {
 public:
  static constexpr int kRowsAtOnce = 200;
  static constexpr std::int64_t kFirstMs = 60'000;     // after the start
  static constexpr std::int64_t kPauseMs = 3'600'000;  // between two rounds

  explicit Retention(Core& core) : core_(core), round_at_(core.steady_ms() + kFirstMs) {}

  void configure(RetentionConfig retention) { retention_ = retention; }
  // One step, when there is something to do.
  void tick();

 private:
  void begin_round();
  void step();
  void end_round();
  bool too_large();

  Core& core_;
  RetentionConfig retention_;
  std::int64_t round_at_;  // by steady_ms()
  bool in_round_ = false;
  bool for_size_ = false;
  std::vector<PruneWalk> walks_;  // those that are left, the present one first
  std::int64_t after_ = 0;
  std::map<std::string, std::int64_t> pruned_;  // in this round
};

}  // namespace navette
