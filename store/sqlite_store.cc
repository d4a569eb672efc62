#include "store/sqlite_store.h"

#include <utility>

#include "store/refusals.h"
#include "store/sqlite_filter.h"

namespace navette {
namespace {

// So many numbers are put on record at a time; a start skips what was left of the last reserve.
constexpr std::int64_t kIdBlock = 4096;

Error refuse(std::string message) {
  return {Fault::kRejected, std::move(message)};
}

std::int64_t number(Side side) {
  return static_cast<std::int64_t>(side);
}

std::int64_t number(Disposition disposition) {
  return static_cast<std::int64_t>(disposition);
}

}  // namespace

SqliteStore::SqliteStore(std::unique_ptr<sqlite::Database> database, WriterLock lock)
    : lock_(std::move(lock)), database_(std::move(database)) {}

// ---- numbers -----------------------------------------------------------------------------------

Status SqliteStore::start() {
  auto next = database_->number("SELECT value FROM meta WHERE key = 'next_id'", 1);
  if (!next) return next.error();
  next_id_ = *next;
  reserved_ids_ = *next;
  return {};
}

std::int64_t SqliteStore::new_id() {
  if (next_id_ >= reserved_ids_) {
    // A failure (disk full) is harmless: the next commit records the reserve in its own
    // transaction, and without a commit nothing that carries the number is stored or sent.
    const std::int64_t before = reserved_ids_;
    if (!reserve_ids()) reserved_ids_ = before;
  }
  return next_id_++;
}

Status SqliteStore::reserve_ids() {
  reserved_ids_ = next_id_ + kIdBlock;
  return database_->run("UPDATE meta SET value = ? WHERE key = 'next_id'", reserved_ids_);
}

// ---- commit ------------------------------------------------------------------------------------

std::vector<Status> SqliteStore::commit(std::span<const Batch> batches) {
  std::vector<Status> answers(batches.size());
  const std::int64_t reserved_before = reserved_ids_;
  Status done = database_->execute("BEGIN IMMEDIATE");
  if (done) done = write_all(batches, answers);
  if (done) done = database_->run("COMMIT");
  if (done) return answers;
  if (database_->in_transaction()) static_cast<void>(database_->execute("ROLLBACK"));
  flows_.clear();
  reserved_ids_ = reserved_before;
  // Also those that were refused: what refused them may be what has just been rolled back.
  return std::vector<Status>(batches.size(), done);
}

Status SqliteStore::write_all(std::span<const Batch> batches, std::vector<Status>& answers) {
  if (reserved_ids_ - next_id_ < kIdBlock / 2) NAVETTE_TRY(reserve_ids());
  for (std::size_t i = 0; i < batches.size(); ++i) {
    answers[i] = write_one(batches[i]);
    if (!answers[i] && answers[i].error().fault != Fault::kRejected) return answers[i];
  }
  return {};
}

Status SqliteStore::write_one(const Batch& batch) {
  NAVETTE_TRY(database_->run("SAVEPOINT batch"));
  Status written = write(batch);
  if (!written) {
    flows_.clear();
    if (!database_->in_transaction()) return written;  // SQLite rolled everything back
    NAVETTE_TRY(database_->run("ROLLBACK TO batch"));
  }
  NAVETTE_TRY(database_->run("RELEASE batch"));
  return written;
}

Status SqliteStore::write(const Batch& batch) {
  for (const Operation& operation : batch) {
    NAVETTE_TRY(std::visit([this](const auto& one) { return apply(one); }, operation));
  }
  return {};
}

Result<std::int64_t> SqliteStore::flow_number(const std::string& name) {
  if (const auto found = flows_.find(name); found != flows_.end()) return found->second;
  NAVETTE_TRY(
      database_->run("INSERT INTO flows (name) VALUES (?) ON CONFLICT (name) DO NOTHING", name));
  auto query = database_->query("SELECT id FROM flows WHERE name = ?");
  if (!query) return query.error();
  auto row = query->bind(name).step();
  if (!row) return row.error();
  flows_[name] = query->integer(0);
  return query->integer(0);
}

// ---- operations --------------------------------------------------------------------------------

Status SqliteStore::apply(const AddChange& operation) {
  const ChangeRow& row = operation.change;
  auto flow = flow_number(row.flow);
  if (!flow) return flow.error();
  NAVETTE_TRY(database_->run(
      "INSERT INTO changes (flow, side, entity_id, disposition, attempts, next_at, received_at,"
      " waiting_since, ended_at, link, reason, version, origin, correlation, config_hash, lane)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      *flow, number(row.side), row.entity_id, number(row.disposition), std::int64_t{row.attempts},
      row.next_at, row.received_at, row.waiting_since, row.ended_at, row.link, row.reason,
      row.version, row.origin, row.correlation, row.config_hash,
      static_cast<std::int64_t>(lane_of(row.origin))));
  if (row.payload.empty()) return {};
  return database_->run("INSERT INTO payloads (change, payload) VALUES (?, ?)",
                        database_->last_row(), row.payload);
}

Status SqliteStore::apply(const SetCursor& operation) {
  return database_->run(
      "INSERT INTO cursors (name, value) VALUES (?, ?)"
      " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      operation.name, operation.value);
}

Status SqliteStore::apply(const EndChanges& operation) {
  if (operation.disposition == Disposition::kPending) {
    return refuse("end changes: \"pending\" is no end: expected how they ended");
  }
  for (const std::int64_t seq : operation.seqs) {
    NAVETTE_TRY(database_->run(
        "UPDATE changes SET disposition = ?, reason = ?, ended_at = ?, next_at = 0,"
        " waiting_since = 0, link = coalesce(nullif(?, 0), link)"
        " WHERE seq = ? AND disposition = 0",
        number(operation.disposition), operation.reason, operation.at, operation.link, seq));
  }
  return {};
}

Status SqliteStore::apply(const DeferChanges& operation) {
  const std::int64_t since = operation.reason.empty() ? 0 : operation.at;
  for (const std::int64_t seq : operation.seqs) {
    NAVETTE_TRY(database_->run(
        "UPDATE changes SET waiting_since ="
        "   CASE WHEN reason = ?1 AND waiting_since <> 0 THEN waiting_since ELSE ?2 END,"
        " reason = ?1, next_at = ?3, attempts = attempts + ?4,"
        " link = coalesce(nullif(?5, 0), link)"
        " WHERE seq = ?6 AND disposition = 0",
        operation.reason, since, operation.next_at, std::int64_t{operation.tries}, operation.link,
        seq));
  }
  return {};
}

Status SqliteStore::apply(const ReviveChanges& operation) {
  for (const std::int64_t seq : operation.seqs) {
    NAVETTE_TRY(database_->run(
        "UPDATE changes SET disposition = 0, reason = '', attempts = 0, next_at = ?,"
        " waiting_since = 0, ended_at = 0, lane = 1 WHERE seq = ? AND disposition <> 0",
        operation.at, seq));
  }
  return {};
}

Status SqliteStore::apply(const HastenChanges& operation) {
  auto flow = flow_number(operation.flow);
  if (!flow) return flow.error();
  return database_->run(
      "UPDATE changes INDEXED BY changes_turn SET next_at = ?"
      " WHERE flow = ? AND lane IN (0, 1, 2) AND disposition = 0 AND next_at > ?",
      operation.at, *flow, operation.after);
}

Status SqliteStore::apply(const PutStall& operation) {
  auto flow = flow_number(operation.flow);
  if (!flow) return flow.error();
  return database_->run(
      "UPDATE flows SET stalled_at ="
      "   CASE WHEN ?1 = '' THEN 0 WHEN stall = ?1 THEN stalled_at ELSE ?2 END, stall = ?1"
      " WHERE id = ?3",
      operation.reason, operation.at, *flow);
}

Status SqliteStore::apply(const PutLink& operation) {
  const LinkRow& row = operation.link;
  if (row.id <= 0) return refuse("put link: it has no id: expected one from new_id()");
  auto flow = flow_number(row.flow);
  if (!flow) return flow.error();
  Status done = database_->run(
      "INSERT INTO links (id, flow, client_id, provider_id, parked, created_at, updated_at, state)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
      " ON CONFLICT (id) DO UPDATE SET flow = excluded.flow, client_id = excluded.client_id,"
      " provider_id = excluded.provider_id, parked = excluded.parked,"
      " created_at = excluded.created_at, updated_at = excluded.updated_at,"
      " state = excluded.state",
      row.id, *flow, row.client_id, row.provider_id, std::int64_t{row.parked}, row.created_at,
      row.updated_at, row.state);
  if (!done && done.error().fault == Fault::kRejected)
    return twin_refused(*this, row, done.error());
  return done;
}

Status SqliteStore::apply(const DropLink& operation) {
  return database_->run("DELETE FROM links WHERE id = ?", operation.id);
}

Status SqliteStore::apply(const PutChild& operation) {
  const ChildRow& row = operation.child;
  if (row.id <= 0) return refuse("put child: it has no id: expected one from new_id()");
  Status done = database_->run(
      "INSERT INTO children (id, link, kind, client_id, provider_id, state)"
      " VALUES (?, ?, ?, ?, ?, ?)"
      " ON CONFLICT (id) DO UPDATE SET link = excluded.link, kind = excluded.kind,"
      " client_id = excluded.client_id, provider_id = excluded.provider_id,"
      " state = excluded.state",
      row.id, row.link, row.kind, row.client_id, row.provider_id, row.state);
  if (!done && done.error().fault == Fault::kRejected)
    return child_refused(*this, row, done.error());
  return done;
}

Status SqliteStore::apply(const PutCommand& operation) {
  const CommandRow& row = operation.command;
  if (row.id <= 0) return refuse("put command: it has no id: expected one from new_id()");
  auto flow = flow_number(row.flow);
  if (!flow) return flow.error();
  Status done = database_->run(
      "INSERT INTO commands (id, flow, link, side, kind, phase, attempts, created_at, updated_at,"
      " key, correlation, outcome, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
      " ON CONFLICT (id) DO UPDATE SET flow = excluded.flow, link = excluded.link,"
      " side = excluded.side, kind = excluded.kind, phase = excluded.phase,"
      " attempts = excluded.attempts, created_at = excluded.created_at,"
      " updated_at = excluded.updated_at, key = excluded.key,"
      " correlation = excluded.correlation, outcome = excluded.outcome,"
      " payload = excluded.payload",
      row.id, *flow, row.link, number(row.side), row.kind, row.phase, std::int64_t{row.attempts},
      row.created_at, row.updated_at, row.key, row.correlation, row.outcome, row.payload);
  if (!done && done.error().fault == Fault::kRejected) return command_error(row, done.error());
  return done;
}

Error SqliteStore::command_error(const CommandRow& command, const Error& refused) {
  auto query = database_->query("SELECT id FROM commands WHERE key = ? AND key <> ''");
  if (!query) return query.error();
  auto row = query->bind(command.key).step();
  if (!row) return row.error();
  return command_refused(command, *row ? query->integer(0) : 0, refused);
}

Status SqliteStore::apply(const AddEvent& operation) {
  const EventRow& row = operation.event;
  auto flow = flow_number(row.flow);
  if (!flow) return flow.error();
  return database_->run(
      "INSERT INTO events (at, flow, link, kind, correlation, data) VALUES (?, ?, ?, ?, ?, ?)",
      row.at, *flow, row.link, row.kind, row.correlation, row.data);
}

Status SqliteStore::apply(const MoveChanges& operation) {
  if (operation.disposition == Disposition::kPending || operation.from == Disposition::kPending) {
    return refuse("move changes: \"pending\" is no end: expected how they ended and how they end");
  }
  for (const std::int64_t seq : operation.seqs) {
    NAVETTE_TRY(
        database_->run("UPDATE changes SET disposition = ?, reason = ?, ended_at = ?"
                       " WHERE seq = ? AND disposition = ?",
                       number(operation.disposition), operation.reason, operation.at, seq,
                       number(operation.from)));
  }
  return {};
}

Status SqliteStore::apply(const SetPayload& operation) {
  NAVETTE_TRY(database_->run("DELETE FROM payloads WHERE change = ?", operation.seq));
  if (operation.payload.empty()) return {};
  return database_->run(
      "INSERT INTO payloads (change, payload) SELECT seq, ? FROM changes WHERE seq = ?",
      operation.payload, operation.seq);
}

Status SqliteStore::apply(const PutEdit& operation) {
  const EditRow& row = operation.edit;
  NAVETTE_TRY(database_->run("DELETE FROM edits WHERE change = ?", row.change));
  if (row.payload.empty()) return {};
  return database_->run(
      "INSERT INTO edits (change, payload, at) SELECT seq, ?, ? FROM changes WHERE seq = ?",
      row.payload, row.at, row.change);
}

// ---- replays -----------------------------------------------------------------------------------

Status SqliteStore::apply(const PutReplay& operation) {
  const ReplayRow& row = operation.replay;
  if (row.id <= 0) return refuse("put replay: it has no id: expected one from new_id()");
  return database_->run(
      "INSERT INTO replays (id, open, state, created_at, updated_at) VALUES (?, ?, ?, ?, ?)"
      " ON CONFLICT (id) DO UPDATE SET open = excluded.open, state = excluded.state,"
      " created_at = excluded.created_at, updated_at = excluded.updated_at",
      row.id, std::int64_t{row.open ? 1 : 0}, row.state, row.created_at, row.updated_at);
}

Status SqliteStore::apply(const ChooseChanges& operation) {
  if (operation.replay <= 0) return refuse("choose changes: it has no replay");
  const sqlite::ChangeWhere where(operation.filter);
  const std::string sql = "UPDATE changes SET replay = ? WHERE seq IN (SELECT c.seq" + where.sql() +
                          " AND c.disposition <> 0 AND NOT EXISTS (SELECT 1 FROM replays r"
                          " WHERE r.id = c.replay AND r.open = 1))";
  auto query = database_->query(sql);
  if (!query) return query.error();
  query->bind(operation.replay);
  where.bind(*query);
  return query->run();
}

Status SqliteStore::apply(const ReleaseChanges& operation) {
  for (const std::int64_t seq : operation.seqs) {
    NAVETTE_TRY(database_->run("UPDATE changes SET replay = 0 WHERE seq = ?", seq));
  }
  return {};
}

Status SqliteStore::apply(const PutConfig& operation) {
  return database_->run(
      "INSERT INTO configs (hash, text, at) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING",
      operation.hash, operation.text, operation.at);
}

}  // namespace navette
