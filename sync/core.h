// What the parts of the engine share: the flows as configured, group commit, the health of the
// systems, and the coroutines that run. One per engine; the loop's thread only.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "config/model.h"
#include "mapping/mapping.h"
#include "sync/engine.h"
#include "sync/sightings.h"
#include "sync/task.h"
#include "sync/write_limits.h"

namespace navette {

// One flow as one configuration has it. Immutable; a task keeps the one it began with.
struct Flow {
  FlowConfig config;
  Mapping mapping;
  int runs_max = 8;  // runs of it at the same time
  const std::string& system(Side side) const { return config.side(side).system; }
};
using FlowPtr = std::shared_ptr<const Flow>;  // shared: tasks outlive a reload

// How a system is doing, as our calls see it.
struct Health {
  std::string trouble;        // empty: well
  std::int64_t since = 0;     // ms since 1970
  int failures = 0;           // in a row
  std::int64_t retry_at = 0;  // by steady_ms(): a clock that is set back must not lengthen it
};

class Core {
 public:
  // How long a request whose answer was lost may still be on its way: the system works on it, or
  // has it in a queue, though nobody waits for the answer any more.
  static constexpr std::int64_t kInFlightMs = 3000;

  explicit Core(const EngineContext& context)
      : context_(context),
        began_(context.loop.steady().count()),
        began_at_(now_ms()),
        sightings_(context.loop),
        limits_(context.store) {}
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  EngineContext& context() { return context_; }
  std::int64_t now_ms() const { return context_.loop.now().time_since_epoch().count(); }
  // Of no meaning beyond this process, and nobody sets it.
  std::int64_t steady_ms() const { return context_.loop.steady().count(); }
  // The wall clock as it was at the start and what has passed since: for times that are stored and
  // waited for, so that a clock which is set meanwhile neither lengthens nor ends a wait.
  std::int64_t time_ms() const { return began_at_ + steady_ms() - began_; }
  std::string now_text() const { return to_rfc3339(context_.loop.now()); }
  std::string new_correlation();
  Sightings& sightings() { return sightings_; }
  WriteLimits& limits() { return limits_; }

  // All or nothing, durable when it resumes. Batches of one turn of the loop share a flush.
  Task<Status> commit(Batch batch);
  // The same at once, alone.
  Status commit_now(const Batch& batch);

  // Why the store can't be written now, as the last commit told; empty: it can. Meanwhile nothing
  // is taken in or begun, since it could not be written down.
  const std::string& store_trouble() const { return store_trouble_; }
  // Called when it can be written again.
  void on_store_back(std::function<void()> callback) { store_back_ = std::move(callback); }

  // Run a root task; it is destroyed with the engine if it has not ended by then.
  void spawn(Task<> task);

  // Calls to systems. A transport failure is noted in the system's health.
  Task<Result<Record>> fetch(const FlowPtr& flow, Side side, std::string id);
  Task<Result<std::vector<std::string>>> find(const FlowPtr& flow, Side side, std::string path,
                                              std::string value);
  Task<Outcome> execute(std::string system, Command command, std::string content);
  Task<Result<std::string>> download(std::string system, std::string ticket, std::string file,
                                     std::int64_t bytes_max);
  Task<Result<Page>> poll(std::string system, PollRequest request);
  Task<Result<Json>> preview(std::string system, Command command);

  // What never shows in what is stored or logged: everything that comes in from a system as words
  // (an answer, a refusal, a webhook's body) goes through hide().
  void set_secrets(std::vector<std::string> secrets);
  std::string hide(std::string text) const;

  // Loop work that is dropped when the engine is gone by then.
  void post(Loop::Work work);
  Loop::TimerId after(std::chrono::milliseconds delay, Loop::Work work);

  // A call that has been under way for so long, with no other answer meanwhile, tells that the
  // system is silent: it takes our requests and does not answer.
  static constexpr std::int64_t kSilentMs = 5000;

  // Empty when calls to it make sense now; else why not. Also for WriteLimits::name_of(): why the
  // flow is held.
  std::string trouble_of(const std::string& system);
  // The same, and also while it is tried again whether calls make sense. Empty: it is well.
  std::string waits_for(const std::string& system);
  // It was in trouble, and one call is to tell whether it still is: until then no second one.
  bool trying(const std::string& system) const;
  // Calls to it are under way.
  bool calling(const std::string& system) const;
  const std::map<std::string, Health>& health() const { return health_; }
  // Called when a system is well again.
  void on_recovered(std::function<void(const std::string&)> callback) {
    recovered_ = std::move(callback);
  }
  void note_failure(const std::string& system, const std::string& message,
                    std::chrono::milliseconds retry_after);
  void note_success(const std::string& system);

  // From now on this engine has the flow.
  void begin_flow(const std::string& flow) { begun_[flow] = steady_ms(); }
  // A write to one of the link's tickets was answered just now, or given up.
  void note_sent(std::int64_t link);
  // How long ago that was, ms: if it was another process, since we have the flow. Wall clocks are
  // not asked: they may be set at any time, and another hub's may differ.
  std::int64_t sent_ago_ms(const std::string& flow, std::int64_t link) const;

  // Creates under way, so that a ticket which turns up on `target` without a mark is not taken for
  // somebody's new one while it may still be the answer to one of ours.
  void begin_create(const std::string& flow, Side target, const std::string& source_key);
  void end_create(const std::string& flow, Side target, const std::string& source_key);
  // The source of a create towards `target` that was under way at `seen_at`; empty: none was.
  std::string creating(const std::string& flow, Side target, std::int64_t seen_at) const;

  using Fields = std::vector<std::pair<std::string_view, std::string>>;
  void emit(Level level, std::string_view name, std::string_view sentence, Fields fields);

 private:
  struct Waiting {
    Batch batch;
    std::function<void(Status)> done;
  };
  // What is under way to a system.
  struct Calls {
    std::map<std::uint64_t, std::int64_t> begun;  // by number: when, by steady_ms()
    std::int64_t answered_at = 0;
  };
  std::uint64_t begin_call(const std::string& system);
  void end_call(const std::string& system, std::uint64_t call);
  bool silent(const std::string& system) const;
  void flush();
  template <class T>
  void hide_in(Result<T>& answer) const {
    if (answer) return;
    Error error = answer.error();
    error.message = hide(std::move(error.message));
    answer = std::move(error);
  }
  void note_store(const Status& stored);

  EngineContext context_;
  std::int64_t began_;     // by the steady clock
  std::int64_t began_at_;  // by the wall clock
  Sightings sightings_;
  WriteLimits limits_;
  std::vector<Waiting> waiting_;
  std::map<std::string, Health> health_;
  std::map<std::string, Calls> calls_;
  std::uint64_t next_call_ = 1;
  std::vector<std::string> secrets_;                                    // the longest first
  std::map<std::string, std::map<std::string, std::int64_t>> creates_;  // flow/side: source: begun
  std::map<std::string, std::int64_t> begun_;            // flow: when, by steady_ms()
  std::unordered_map<std::int64_t, std::int64_t> sent_;  // link: when, by steady_ms()
  std::function<void(const std::string&)> recovered_;
  std::string store_trouble_;
  std::int64_t store_trouble_since_ = 0;  // by steady_ms()
  std::function<void()> store_back_;
  std::vector<Task<>> tasks_;
  std::size_t sweep_at_ = 64;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // watched by work on the loop
};

// "client:12": an entity within a flow.
inline std::string key_of(const std::string& flow, Side side, const std::string& id) {
  return flow + "/" + to_text(side) + ":" + id;
}

}  // namespace navette
