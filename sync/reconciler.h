// Brings one ticket and its twin together: one run, from "it may have changed" to "both sides
// agree, or it is written down why not".
//
// Level-triggered: a run reads both sides as they are now, so a change that is late, doubled or out
// of order does no harm. Every write is in the store before it is sent, and what came of it is
// stored together with the new base.
//
// Threads: the loop's. The dispatcher sees that no two runs touch the same ticket.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sync/children.h"
#include "sync/core.h"
#include "sync/dead_letters.h"
#include "sync/link_state.h"
#include "sync/merge.h"

namespace navette {

// How a run ended, and what the dispatcher does next.
struct RunResult {
  enum class Kind : unsigned char {
    kEnd,    // commit `batch` and end the changes
    kDefer,  // nothing more can be done now: try again after `delay`, or when `system` is well
    kAgain,  // start over at once, after `wait_for` is released when that is not empty
  };
  Kind kind = Kind::kEnd;
  Disposition disposition = Disposition::kUnchanged;
  std::string reason;
  std::int64_t link = 0;
  Batch batch;
  std::chrono::milliseconds delay{0};
  std::string read;      // dead or given up: what was read of the source, as JSON
  std::string system;    // kDefer: the system that is in trouble, if that is why
  std::string wait_for;  // kAgain: an entity's key
};

// What a replay asks of a run; as it is by itself, for all others.
struct RunOrder {
  ReplayFrom from = ReplayFrom::kRaw;
  FlowPtr flow;           // with this configuration; null: the one of now
  Json patch;             // laid over what is read of the source (RFC 7386); null: nothing is
  std::int64_t link = 0;  // the number of the link that was begun for it before; 0: none
};

// What a run needs of the dispatcher's locks.
class Locks {
 public:
  virtual ~Locks() = default;
  virtual bool held(const std::string& key) const = 0;
  // Takes it for the present run; false when another run has it.
  virtual bool take(const std::string& key) = 0;
};

class Reconciler {
 public:
  // `seen_at`: when the change was first seen, ms since 1970.
  Reconciler(Core& core, Locks& locks, FlowPtr flow, Side side, std::string id,
             std::string correlation, std::int64_t seen_at = 0, RunOrder order = {});

  Task<RunResult> run();

  // What a run would write, and nothing written; see Engine::preview().
  Task<Result<Json>> preview();

 private:
  // reconciler.cc
  Task<RunResult> run_linked();
  Task<std::optional<RunResult>> read_both();
  // Reads one side into record(). Something returned: it can't be read, or not be relied upon yet.
  Task<std::optional<RunResult>> look(Side side);
  std::optional<RunResult> nothing_new_yet();
  std::optional<RunResult> settle_open_writes();
  void open_writes(const std::vector<const FieldDecision*>& sent, Side target);
  void open_create(const CreatePlan& plan, Side target);
  Task<std::optional<RunResult>> agree();
  Task<std::optional<RunResult>> write_fields(const std::vector<FieldDecision>& decisions);
  Task<std::optional<RunResult>> field_trouble(Outcome outcome,
                                               const std::vector<const FieldDecision*>& sent,
                                               Side target, CommandRow row);
  void take_in(Outcome& outcome, const std::vector<const FieldDecision*>& sent, Side target);
  void apply(const std::vector<FieldDecision>& decisions);
  // Reads a ticket; the source with the edit of a dead letter laid over it.
  Task<Result<Record>> read(Side side, std::string id);
  void lay_patch(Side side, Record& found);
  // The base and the digest are of what is really there, not of the edit.
  void forget_patch();
  std::string as_read() const;
  Batch checkpoint();
  RunResult finish();
  RunResult ended(Disposition disposition, std::string reason);
  RunResult deferred(const Error& error, Side where);
  RunResult deferred(std::string reason, std::chrono::milliseconds delay, std::string system = {});

  // reconciler_create.cc
  Task<RunResult> run_unlinked();
  Task<std::optional<RunResult>> follow_mark(const Record& record);
  Task<std::optional<RunResult>> look_for_twin(const Record& record);
  Task<RunResult> adopt(std::string other_id);
  std::optional<RunResult> wait_for_creates(const Record& record);
  Task<RunResult> create(Record record);
  Status take_kept_command(CreatePlan& plan, CommandRow& row);
  std::int64_t number_for_link();
  Task<RunResult> created(const CreatePlan& plan, const Record& source, Outcome outcome,
                          CommandRow row);
  void complete(Side target);
  Task<RunResult> not_created(Outcome outcome, CommandRow row);
  void match_children();

  // reconciler_children.cc
  Task<std::optional<RunResult>> write_children(std::vector<ChildStep> steps);
  Task<std::optional<RunResult>> write_child(ChildStep step);
  Task<std::optional<RunResult>> post_text(ChildStep step);
  Task<std::optional<RunResult>> attach(ChildStep step);
  Task<std::optional<RunResult>> after_child(const ChildStep& step, Outcome outcome,
                                             CommandRow row);
  void record_child(ChildStep::Kind kind, Side source, const std::string& source_id,
                    const std::string& hash, const ChildRow& before, const std::string& target_id,
                    CommandRow& row);
  void claim_carriers(Side side);
  void remember_child(ChildRow row);
  void forget_parked(const std::string& name);

  // recovery.cc
  Task<std::optional<RunResult>> settle_commands();
  Task<std::optional<RunResult>> settle_create(CommandRow row);
  Task<std::optional<RunResult>> settle_child(CommandRow row);

  // reconciler_limits.cc
  RunResult held();
  Task<std::optional<RunResult>> count_overwritten(const std::vector<FieldDecision>& decisions);
  void count_back(const std::vector<const FieldDecision*>& sent);

  // preview.cc
  Task<Status> render(Side target, Command command, Json& requests);
  Task<Status> preview_create(Json& report);
  Task<Status> preview_update(Json& report);

  // reconciler_write.cc
  CommandRow row_for(const Command& command, Side target, const ChildStep* child);
  Task<Outcome> carry_out(Command command, std::string content, CommandRow& row);
  AddEvent event(std::string kind, const Json& data) const;
  AddEvent looked(const CommandRow& row) const;
  Json written_line(const FieldDecision& decision, Side target) const;
  void park(const std::string& name, const std::string& reason, const Json& client,
            const Json& provider);
  PutLink put_link();

  const std::string& system(Side side) const { return flow_->system(side); }
  Record& record(Side side) { return side == Side::kClient ? client_ : provider_; }

  Core& core_;
  Locks& locks_;
  FlowPtr flow_;
  Side side_;       // of the entity that may have changed
  std::string id_;  // its id
  std::string correlation_;
  std::int64_t seen_at_;
  RunOrder order_;

  LinkRow link_;
  LinkState state_;
  std::vector<ChildRow> rows_;
  Record client_;
  Record provider_;
  Batch batch_;               // goes with the next commit
  int written_ = 0;           // commands carried out
  std::string newly_parked_;  // reasons, for the change's end
  Sides<bool> stale_;         // must be read again before the run may end
  Json unpatched_;            // with a patch: the source's document as it was read
};

}  // namespace navette
