// The hub's engine: sees that linked tickets agree, and that nothing is lost, doubled or leaked.
//
// For each flow it polls both sides, journals what changed together with the cursor, and then
// brings the ticket's two sides together: read both, merge each field three ways against the base,
// write down what is to be written, write it, read it back, store the new base.
//
// Single-threaded: everything happens on the Loop's thread; blocking work is done behind Peers.
// All it needs of the world (time, randomness, store, systems, log) comes in through Context, so
// that a simulation can run it.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/event.h"
#include "base/loop.h"
#include "base/random.h"
#include "config/model.h"
#include "connectors/host/peers.h"
#include "store/store.h"

namespace navette {

// Borrowed; all outlive the engine.
struct EngineContext {
  Loop& loop;
  Random& random;
  Store& store;
  Peers& peers;
  EventSink& events;
};

// What one ticket would cause; see Engine::preview().
struct Preview {
  Json report;  // {"flow", "source", "target", "fields": [...], "requests": [...], "notes": [...]}
};

class Engine {
 public:
  explicit Engine(const EngineContext& context);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Take these systems and flows; flows that ran and are not named any more end after their work in
  // hand. May be called again: that is a reload. Nothing changes on error.
  // Errors: kMisconfigured.
  Status configure(const std::map<std::string, SystemConfig>& systems,
                   const std::vector<FlowConfig>& flows);

  enum class Polling : unsigned char { kOn, kOff };
  // Start polling and working; with kOff only what the store holds is worked on.
  void start(Polling polling = Polling::kOn);
  // Accept no more changes, end the work in hand, then call `drained` (once).
  void drain(std::function<void()> drained);

  // A webhook said that this ticket of this system changed. Journals the hint for every flow that
  // has the system; durable when this returns ok.
  // Errors: kRejected (no flow has this system), kRetryLater (store full or locked).
  Status hint(const std::string& system, const std::string& ticket, const std::string& payload);
  // The same, for many at a time: those that come together share one flush. `done` is called once,
  // when it is durable or refused, never inside the call.
  void hint(const std::string& system, const std::string& ticket, const std::string& payload,
            std::function<void(Status)> done);

  // How the text that the store keeps of an earlier configuration is read; see sync/replays.h. To
  // be called before start().
  void read_configs_with(
      std::function<Result<FlowConfig>(const std::string& hash, const std::string& text)> reader);

  // Texts that never show in what the engine stores or logs, whatever a system answers. Again: in
  // place of those before.
  void hide(std::vector<std::string> secrets);

  // The store holds a new replay (sync/dead_letters.h), or one was stopped: go on with those that
  // are open. At its start the engine does so by itself.
  void take_replays();

  // The store holds changes that others journalled (sync/repair.h), or a flow that was held was let
  // go on (sync/write_limits.h): go on with them.
  void take_in();

  // From now on only this is kept; nothing said: everything. May be called again.
  void keep(const RetentionConfig& retention);

  // Ask every flow of this system to poll now.
  void poll_now(const std::string& system);

  // Look at one ticket and say what would be written, and write nothing. `patch`: laid over what is
  // read of it (RFC 7386), as the edit of a dead letter is.
  void preview(const std::string& flow, Side side, const std::string& ticket, Done<Preview> done,
               Json patch = {});

  // For metrics and `status` of a running hub: {"flows": [{"flow", "queue", "held": why it
  // writes nothing, or empty}], "in_hand", "store_trouble": why the store can't be written, or
  // empty, "systems": [{"system", "trouble", "since"}]}.
  Json gauges() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace navette
