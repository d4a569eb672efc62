// The durable state of the hub: changes, links, commands, cursors and the journal of what happened.
//
// Writes go through Batches: each is all or nothing, and durable when commit() returns. Reads see
// every committed batch. The text columns named `state`, `payload` and `data` are opaque here: they
// are JSON that belongs to sync/.
//
// Threads: one thread at a time; a second connection to the same store may read meanwhile (that is
// what `navette status` does beside a running hub).
// Times are milliseconds since 1970-01-01 UTC.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "navette/result.h"

#include "config/model.h"

namespace navette {

// How a change ended. Every accepted change has one of these, and `in` is their sum.
enum class Disposition : unsigned char {
  kPending,    // not ended yet: waits, or is being worked on
  kDelivered,  // something was written to the other side for it
  kUnchanged,  // nothing new: an echo, or no mapped field differs
  kFiltered,   // outside the flow's `where`, `since` or direction
  kParked,     // it left a field parked
  kDead,       // it will not succeed by itself
};
inline constexpr int kDispositionCount = 6;
std::string_view to_text(Disposition disposition);  // "pending", "delivered", ...

// How urgent a change is: live ones go first, and leave some room for the others.
enum class Lane : unsigned char {
  kLive,      // somebody changed something just now
  kRepair,    // found by a sweep, or made pending again by a replay
  kBackfill,  // was there before Navette came
};
inline constexpr int kLaneCount = 3;
std::string_view to_text(Lane lane);      // "live", "repair", "backfill"
Lane lane_of(const std::string& origin);  // of a ChangeRow

// One observation "this ticket of this side may have changed".
struct ChangeRow {
  std::int64_t seq = 0;  // given by the store, ascending
  std::string flow;
  Side side = Side::kClient;
  std::string entity_id;
  std::string version;
  std::string origin;       // "poll", "webhook", "backfill", "sweep", "replay"
  std::string correlation;  // id that follows it through logs, journal and bus
  std::string config_hash;
  std::string payload;  // what was received, secrets redacted
  std::int64_t received_at = 0;
  Disposition disposition = Disposition::kPending;
  std::string reason;              // why it ended so; for a pending one: what it waits for
  int attempts = 0;                // tries that failed for reasons of its own
  std::int64_t next_at = 0;        // pending: not before; 0: never had to wait. Not negative
  std::int64_t waiting_since = 0;  // pending with a reason: since when
  std::int64_t ended_at = 0;
  std::int64_t link = 0;
  std::int64_t replay = 0;             // the replay that chose it last; 0: none
  std::int64_t payload_pruned_at = 0;  // there was a payload until then; 0: it was not pruned
  Lane lane = Lane::kLive;  // given by the store: that of its origin, or what a revival made of it
};

// What somebody made of a change's payload. The payload itself stays as it was received.
struct EditRow {
  std::int64_t change = 0;
  std::string payload;  // the edited one
  std::int64_t at = 0;
};

// A replay: a choice of ended changes that are made pending again, one after the other. While it is
// open no other replay can choose the same changes.
struct ReplayRow {
  std::int64_t id = 0;  // from new_id()
  bool open = true;
  std::string state;  // how far it is; JSON of sync/
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
};

// Two tickets that are the same thing.
struct LinkRow {
  std::int64_t id = 0;  // from new_id()
  std::string flow;
  std::string client_id;    // unique within the flow; empty while the ticket is being made
  std::string provider_id;  // likewise
  std::string state;        // base values, parked fields, hashes
  int parked = 0;           // number of parked fields
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
  const std::string& id_of(Side side) const {
    return side == Side::kClient ? client_id : provider_id;
  }
};

// A comment or file that belongs to a link.
struct ChildRow {
  std::int64_t id = 0;  // from new_id()
  std::int64_t link = 0;
  std::string kind;         // "comment", "attachment"
  std::string client_id;    // unique within (link, kind) unless empty
  std::string provider_id;  // likewise
  std::string state;
};

// One intended write to a system: written before it is sent.
struct CommandRow {
  std::int64_t id = 0;  // from new_id()
  std::string key;      // idempotency key, unique
  std::string flow;
  std::int64_t link = 0;
  Side side = Side::kProvider;  // the side it writes to
  std::string kind;             // "create", "update", "comment", "attach"
  std::string phase;            // "intended", "done", "failed", "dead", "dropped"
  std::string payload;
  int attempts = 0;
  std::string outcome;  // last verdict and message
  std::string correlation;
  std::int64_t created_at = 0;
  std::int64_t updated_at = 0;
};

// A line of the journal: what `why` tells.
struct EventRow {
  std::int64_t seq = 0;  // given by the store
  std::int64_t at = 0;
  std::string flow;
  std::int64_t link = 0;
  std::string kind;  // "change", "merged", "sent", "outcome", "parked", ...
  std::string correlation;
  std::string data;
};

// Which changes: all that are named must hold.
struct ChangeFilter {
  std::string flow = {};  // empty: all
  std::optional<Side> side = {};
  std::string entity_id = {};  // empty: all
  std::optional<Disposition> disposition = {};
  std::int64_t after_seq = 0;
  int limit = 100;
  std::vector<std::int64_t> seqs = {};                   // empty: all
  std::vector<std::pair<std::string, Side>> sides = {};  // flow and side; empty: all
  std::string reason = {};  // stands somewhere in the reason, in any case; ASCII's cases only
  std::string text = {};    // likewise in the reason, the payload or the edit
  std::int64_t since = 0;   // ended (or, pending: received) at that time or later; 0: any time
  std::int64_t until = 0;   // before that time; 0: any time
  std::int64_t replay = 0;  // 0: all
};

// What retention may take away, each walked in the order in which it came. Links, their children
// and their state are never pruned.
enum class Prunable : unsigned char {
  kPayloads,  // what was received with a change that ended well, and its edit
  kChanges,   // a change that ended well: delivered, unchanged or filtered; it stays counted
  kCommands,  // one that is neither under way nor a dead letter's
  kEvents,    // one that explains neither a parked field nor a dead letter
};

struct PruneLook {
  std::vector<std::int64_t> rows;  // their numbers
  std::int64_t next = 0;           // look on after this one
  int looked_at = 0;
  bool end = false;  // nothing that is old enough comes after it
};

// ---- writes ------------------------------------------------------------------------------------

struct AddChange {
  ChangeRow change;
};
struct SetCursor {
  std::string name;  // "acme-support/client"
  std::string value;
};
// Ends those that are pending; one that has ended already, or is not there, is left as it is.
struct EndChanges {
  std::vector<std::int64_t> seqs;
  Disposition disposition = Disposition::kUnchanged;
  std::string reason;
  std::int64_t link = 0;  // 0: leave as it is
  std::int64_t at = 0;
};
// Pending ones wait until next_at, and have `tries` more attempts; others are left as they are.
// They wait since `at`, or since earlier when the reason stays the same.
struct DeferChanges {
  std::vector<std::int64_t> seqs;
  std::string reason;
  std::int64_t next_at = 0;
  std::int64_t at = 0;
  int tries = 1;
  std::int64_t link = 0;  // 0: leave as it is
};
// A dead (or any ended) change becomes pending again, in the lane of repairs: due from `at`, no
// attempts, no reason. A pending one is left as it is.
struct ReviveChanges {
  std::vector<std::int64_t> seqs;
  std::int64_t at = 0;
};
// Pending ones of that flow that wait for a time beyond `after` wait until `at` instead: the clock
// that they were given their time by was wrong.
struct HastenChanges {
  std::string flow;
  std::int64_t after = 0;
  std::int64_t at = 0;
};
// All of that flow waits, since `at` or since earlier when the reason stays the same, however much
// it is: nothing is written to its changes. An empty reason: no more.
struct PutStall {
  std::string flow;
  std::string reason;
  std::int64_t at = 0;
};
// Those that ended as `from` end otherwise: a dead one that a later success has settled, or that
// somebody drops. Others are left as they are.
struct MoveChanges {
  std::vector<std::int64_t> seqs;
  Disposition from = Disposition::kDead;
  Disposition disposition = Disposition::kDelivered;
  std::string reason;
  std::int64_t at = 0;
};
// What was received with a change, in place of what is there. Empty: removed.
struct SetPayload {
  std::int64_t seq = 0;
  std::string payload;
};
// Insert, or replace the edit of that change; an empty payload takes it away.
struct PutEdit {
  EditRow edit;
};
// Insert, or replace the one with this id.
struct PutReplay {
  ReplayRow replay;
};
// Every change that `filter` finds becomes one of `replay`, however many they are (its limit does
// not count); those that another open replay has are left to it.
struct ChooseChanges {
  std::int64_t replay = 0;
  ChangeFilter filter;
};
// They leave the replay that chose them.
struct ReleaseChanges {
  std::vector<std::int64_t> seqs;
};
// The text of a flow's configuration under its hash; the first one stays.
struct PutConfig {
  std::string hash;
  std::string text;
  std::int64_t at = 0;
};
// Insert, or replace the one with this id. A (flow, client_id) or (flow, provider_id) that another
// link holds fails the whole batch with kRejected: a ticket has one twin.
struct PutLink {
  LinkRow link;
};
// Its children go with it; commands, changes and events that name it stay.
struct DropLink {
  std::int64_t id = 0;
};
// Insert, or replace the one with this id. kRejected when its link is not there, or another child
// of the link holds one of its ids.
struct PutChild {
  ChildRow child;
};
// Insert, or replace the one with this id. kRejected when another command holds its key.
struct PutCommand {
  CommandRow command;
};
struct AddEvent {
  EventRow event;
};
// Those of them that may be pruned, whatever they are by now, are gone; others are left.
struct PruneRows {
  Prunable what = Prunable::kPayloads;
  std::vector<std::int64_t> rows;
  std::int64_t at = 0;
};

using Operation =
    std::variant<AddChange, SetCursor, EndChanges, DeferChanges, ReviveChanges, PutLink, DropLink,
                 PutChild, PutCommand, AddEvent, MoveChanges, SetPayload, PutEdit, PutReplay,
                 ChooseChanges, ReleaseChanges, PutConfig, PruneRows, HastenChanges, PutStall>;
using Batch = std::vector<Operation>;

// ---- reads -------------------------------------------------------------------------------------

struct FlowCounts {
  std::string flow;
  std::int64_t accepted = 0;                // all that ever came in
  std::int64_t by[kDispositionCount] = {};  // indexed by Disposition
  std::int64_t links = 0;
  std::int64_t parked_fields = 0;
  std::int64_t open_commands = 0;            // phase "intended"
  std::int64_t oldest_pending_at = 0;        // 0: none
  std::int64_t pruned = 0;                   // of those accepted: their rows are gone
  std::int64_t pending_in[kLaneCount] = {};  // indexed by Lane
  std::string stall;                         // as PutStall set it
  std::int64_t stalled_at = 0;
};

struct WaitingReason {
  std::string flow;
  std::string reason;
  std::int64_t changes = 0;
  std::int64_t since = 0;
};

// So many changes that ended alike.
struct ReasonCount {
  std::string flow;
  Disposition disposition = Disposition::kDead;
  std::string reason;
  std::int64_t changes = 0;
  std::int64_t first = 0;  // ended (or, pending: received) between these two
  std::int64_t last = 0;
};

struct LinkFilter {
  std::string flow = {};
  bool parked_only = false;
  std::int64_t after_id = 0;
  int limit = 100;
};

class Store {
 public:
  virtual ~Store() = default;

  // A number never given before, ascending. Cheap; gaps are fine.
  virtual std::int64_t new_id() = 0;

  // Every batch on its own is all or nothing; together they cost one flush (group commit). The
  // answer has one Status a batch, in their order.
  // Errors: kRetryLater (disk full, locked, read-only: nothing of that batch is stored), kRejected
  // (it contradicts what is stored: a second link for a ticket), kMisconfigured.
  // REQUIRES: batches is not empty.
  virtual std::vector<Status> commit(std::span<const Batch> batches) = 0;
  Status commit(const Batch& batch) { return commit(std::span<const Batch>(&batch, 1)).front(); }

  virtual Result<std::string> cursor(const std::string& name) = 0;  // empty: never set
  virtual Result<std::optional<ChangeRow>> change(std::int64_t seq) = 0;
  virtual Result<std::vector<ChangeRow>> changes(const ChangeFilter& filter) = 0;
  // What is to be taken next. The cost is that of the answer, however many changes are pending,
  // wait, or have ended.
  //
  // Pending ones that never had to wait (next_at is 0), oldest first, without their payload.
  virtual Result<std::vector<ChangeRow>> fresh(const std::string& flow, Lane lane,
                                               std::int64_t after_seq, int limit) = 0;
  // Pending ones that had to wait and whose time has come by `now`, in the order of their times.
  virtual Result<std::vector<ChangeRow>> due(const std::string& flow, Lane lane, std::int64_t now,
                                             int limit) = 0;
  // When the next one becomes due after `now`; nothing when none waits for a time.
  virtual Result<std::optional<std::int64_t>> next_due(const std::string& flow, Lane lane,
                                                       std::int64_t now) = 0;
  // Pending ones of one ticket that had to wait (next_at is not 0), the latest time first, without
  // their payload.
  virtual Result<std::vector<ChangeRow>> deferred(const std::string& flow, Side side,
                                                  const std::string& entity_id, int limit) = 0;

  virtual Result<std::optional<LinkRow>> link(std::int64_t id) = 0;
  virtual Result<std::optional<LinkRow>> link_of(const std::string& flow, Side side,
                                                 const std::string& entity_id) = 0;
  virtual Result<std::vector<LinkRow>> links(const LinkFilter& filter) = 0;
  virtual Result<std::vector<ChildRow>> children(std::int64_t link) = 0;
  // Those of a link, oldest first; only the phase "intended" when `open_only`.
  virtual Result<std::vector<CommandRow>> commands(std::int64_t link, bool open_only) = 0;
  // All in phase "intended", oldest first: what a start must look after.
  virtual Result<std::vector<CommandRow>> open_commands(std::int64_t after_id, int limit) = 0;
  // The last `limit` of a link, oldest first.
  virtual Result<std::vector<EventRow>> events(std::int64_t link, int limit) = 0;

  // The last `limit` that belong to no link and have this correlation, oldest first.
  virtual Result<std::vector<EventRow>> unlinked_events(const std::string& correlation,
                                                        int limit) = 0;

  // What `filter` finds, whatever its limit, by flow, disposition and reason.
  virtual Result<std::vector<ReasonCount>> reasons(const ChangeFilter& filter) = 0;
  virtual Result<std::optional<EditRow>> edit(std::int64_t change) = 0;
  virtual Result<std::optional<ReplayRow>> replay(std::int64_t id) = 0;
  // The last `limit`, newest first.
  virtual Result<std::vector<ReplayRow>> replays(bool open_only, int limit) = 0;
  // The text that PutConfig stored; nothing when there is none.
  virtual Result<std::optional<std::string>> config(const std::string& hash) = 0;

  // Which of the `rows_max` rows after that number are older than `before` and may be pruned. Cheap
  // for a small rows_max, however large the store is.
  virtual Result<PruneLook> prunable(Prunable what, std::int64_t before, std::int64_t after,
                                     int rows_max) = 0;
  // One small step: looks, and takes away what it finds. Durable when it returns.
  Result<PruneLook> prune(Prunable what, std::int64_t before, std::int64_t after, int rows_max,
                          std::int64_t at) {
    auto look = prunable(what, before, after, rows_max);
    if (!look || look->rows.empty()) return look;
    NAVETTE_TRY(commit({PruneRows{what, look->rows, at}}));
    return look;
  }
  // So many bytes are in use, what was pruned not counted; nothing when the store cannot tell.
  virtual Result<std::optional<std::int64_t>> bytes() = 0;

  // Several hubs may share a store; then each flow is leased to one of them at a time.
  //
  // Says that this hub lives, for `span` from now on, and takes those of `flows` that no living hub
  // holds; gives those of them that this hub holds. To be called again well before `span` is over.
  // Once it was called, and `span` went by without a call and another hub took the flows, every
  // commit() of this Store fails with kCancelled for good, also one that was under way.
  // `name`: of this hub, for people.
  // Errors: kCancelled (another hub took over: end this one), kRetryLater.
  virtual Result<std::vector<std::string>> lease(const std::vector<std::string>& flows,
                                                 const std::string& /*name*/,
                                                 std::chrono::milliseconds /*span*/) {
    return flows;  // a store with one writer has one hub
  }
  // Gives all of it back: another hub may take it at once. Nothing can be committed afterwards.
  virtual Status release() { return {}; }
  virtual bool shared() const { return false; }

  virtual Result<std::vector<FlowCounts>> counts() = 0;
  // By flow and reason. What has none of its own waits for what stalls its flow, if anything does.
  virtual Result<std::vector<WaitingReason>> waiting() = 0;
};

struct OpenOptions {
  bool read_only = false;  // never creates or migrates; refuses a schema newer than ours
};

// `where`: "sqlite:/path/to/file.db", or "sqlite::memory:" for tests, or a PostgreSQL database as
// "postgresql://USER:PASSWORD@HOST:PORT/DATABASE". Creates the file and its tables, or migrates
// them to our schema version.
// Errors: kMisconfigured (unknown kind, no such folder or database, newer schema), kRetryLater
// (locked, another hub writes to the file: the message has its pid; nobody answers there).
Result<std::unique_ptr<Store>> open_store(const std::string& where,
                                          const OpenOptions& options = {});

// The place for people to read: without its password.
std::string shown_place(const std::string& where);

}  // namespace navette
