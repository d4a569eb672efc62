// How many values a flow may overwrite or empty within an hour (`limits` of its file). What would
// go beyond is not written: the flow is held then, all that waits for it stays pending, and a
// person lets it go on (`navette resume`).
//
// The store keeps both under names of cursors: FLOW/held, FLOW/overwritten.
//
// Threads: the store's.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "navette/result.h"

#include "config/model.h"
#include "store/store.h"

namespace navette {

struct WriteCount {
  std::int64_t overwrites = 0;  // another value in place of one
  std::int64_t clears = 0;      // nothing in place of one
};

// As the store has it.
struct FlowHold {
  std::int64_t since = 0;  // ms since 1970; 0: it is not held
  std::string why;
  std::int64_t resumed_at = 0;  // what was overwritten before does not count
  std::int64_t free_until = 0;  // no limit until then

  // For people; empty: it is not held.
  std::string text(const std::string& flow) const;
};
Result<FlowHold> hold_of(Store& store, const std::string& flow);

// Lets a flow go on: its count begins anew, and there is no limit for so long. Durable when it
// returns. Gives what held it. Errors: as Store::commit().
Result<FlowHold> resume_flow(Store& store, const std::string& flow, std::int64_t now,
                             std::int64_t free_for_ms);

class WriteLimits {
 public:
  static constexpr std::int64_t kMinutes = 60;

  explicit WriteLimits(Store& store) : store_(store) {}

  // These are our flows now.
  void configure(const std::vector<FlowConfig>& flows);
  // Reads again whether flows are held: somebody may have let them go on. `all`: those that are not
  // held too. Gives the names of those that go on.
  std::vector<std::string> look_again(bool all);

  // Why nothing may be written for the flow; empty: it may.
  std::string held(const std::string& flow);
  std::vector<std::string> held_flows() const;

  enum class Answer : unsigned char {
    kTaken,  // they may be written; `batch` has the new count
    kHeld,   // the flow is held
    kHolds,  // it is held from now on: `batch` is to be stored at once
  };
  // Before so many values of a ticket are overwritten.
  Answer take(const std::string& flow, const WriteCount& count, const std::string& ticket,
              std::int64_t now, Batch& batch);
  // They were not written after all.
  void give_back(const std::string& flow, const WriteCount& count);

  // In place of a system's name, for what waits until the flow goes on. No system's name has a
  // blank.
  static std::string name_of(const std::string& flow) { return "flow " + flow; }
  // The flow that such a name is of; empty: it is a system's.
  static std::string flow_in(std::string_view name);

 private:
  struct Minute {
    std::int64_t minute = 0;  // since 1970
    WriteCount count;
  };
  struct Known {
    FlowLimits limits;
    FlowHold hold;
    std::deque<Minute> minutes;  // ascending
    bool read = false;
  };
  Known& known(const std::string& flow);
  void read_minutes(const std::string& flow, Known& flow_known);
  static WriteCount sum(Known& flow, std::int64_t now);
  static std::string dump(const Known& flow);

  Store& store_;
  std::map<std::string, Known> flows_;
};

}  // namespace navette
