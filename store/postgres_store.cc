#include "store/postgres_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "store/postgres_filter.h"
#include "store/refusals.h"

namespace navette {

using postgres::Ended;
using postgres::Kind;
using postgres::RowsOf;
using postgres::Session;
using postgres::Values;

namespace {

// As the sequence `ids` steps.
constexpr std::int64_t kIdBlock = 65'536;

Error refuse(std::string message) {
  return {Fault::kRejected, std::move(message)};
}

Values values_of(const std::string& text) {
  Values values;
  values.add(text);
  return values;
}

std::set<std::string> flows_in(std::span<const Batch> batches) {
  std::set<std::string> names;
  for (const Batch& batch : batches) {
    for (const Operation& operation : batch) {
      if (const std::string* flow = postgres::flow_of(operation)) names.insert(*flow);
    }
  }
  return names;
}

bool lacks_id(const Operation& operation) {
  if (const auto* put = std::get_if<PutLink>(&operation)) return put->link.id <= 0;
  if (const auto* put = std::get_if<PutChild>(&operation)) return put->child.id <= 0;
  if (const auto* put = std::get_if<PutCommand>(&operation)) return put->command.id <= 0;
  if (const auto* put = std::get_if<PutReplay>(&operation)) return put->replay.id <= 0;
  return false;
}

}  // namespace

PostgresStore::PostgresStore(std::unique_ptr<Session> session) : session_(std::move(session)) {}

// ---- numbers -----------------------------------------------------------------------------------

Status PostgresStore::start() {
  NAVETTE_TRY(reserve_ids());
  next_id_ = std::exchange(next_block_, 0);
  ids_end_ = next_id_ + kIdBlock;
  return {};
}

// The sequence is on record before its number is used, whatever becomes of the transaction.
Status PostgresStore::reserve_ids() {
  auto block = session_->ask("SELECT nextval('ids')");
  if (!block) return block.error();
  next_block_ = block->integer(0, 0);
  return {};
}

std::int64_t PostgresStore::new_id() {
  if (next_id_ == ids_end_) {
    if (next_block_ == 0 && !reserve_ids()) return 0;
    next_id_ = std::exchange(next_block_, 0);
    ids_end_ = next_id_ + kIdBlock;
  }
  return next_id_++;
}

Result<std::int64_t> PostgresStore::flow_number(const std::string& name) {
  if (const auto found = flows_.find(name); found != flows_.end()) return found->second;
  const Values values = values_of(name);
  auto row = session_->run("SELECT id FROM flows WHERE name = $1", values);
  if (row && row->size() == 0) {
    NAVETTE_TRY(session_->do_run(
        "INSERT INTO flows (name) VALUES ($1) ON CONFLICT (name) DO NOTHING", values));
    row = session_->run("SELECT id FROM flows WHERE name = $1", values);
  }
  if (!row) return row.error();
  return flows_[name] = row->integer(0, 0);
}

Status PostgresStore::number_flows(std::span<const Batch> batches) {
  for (const std::string& flow : flows_in(batches)) {
    auto number = flow_number(flow);
    if (!number) return number.error();
  }
  return {};
}

// ---- commit ------------------------------------------------------------------------------------

std::vector<Status> PostgresStore::commit(std::span<const Batch> batches) {
  if (next_block_ == 0 && ids_end_ - next_id_ < kIdBlock / 2) {
    // A failure is harmless: half of our numbers are left, and the next commit asks again.
    static_cast<void>(reserve_ids());
  }
  bool again = false;
  std::vector<Status> answers = commit_once(batches, &again);
  if (again) answers = commit_once(batches, &again);
  return answers;
}

Status PostgresStore::begin() {
  NAVETTE_TRY(session_->begin());
  if (hub_ == 0) return {};
  Values me;
  me.add(hub_);
  return session_->do_run("SELECT fence($1::int)", me);
}

std::vector<Status> PostgresStore::commit_once(std::span<const Batch> batches, bool* again) {
  *again = false;
  std::vector<Status> answers(batches.size());
  RowsOf rows([this](const std::string& flow) { return flows_.at(flow); });
  Status done = begin();
  if (done) done = number_flows(batches);
  if (done) {
    for (const Batch& batch : batches) {
      for (const Operation& operation : batch) rows.add(operation);
    }
    if (rows.independent()) done = write_rows(rows);
    if (!rows.independent() || (!done && done.error().fault == Fault::kRejected)) {
      // Once more, so that nothing of a refused batch stays, not even the name of its flow.
      session_->roll_back();
      flows_.clear();
      done = begin();
      if (done) done = write_apart(batches, answers);
    }
  }
  Ended ended = Ended::kRolledBack;
  if (done) done = session_->commit(&ended);
  if (done) return answers;
  session_->roll_back();
  flows_.clear();
  *again = ended == Ended::kRolledBack && session_->broken();
  // Also those that were refused: what refused them may be what has just been rolled back.
  return std::vector<Status>(batches.size(), done);
}

Status PostgresStore::write_kind(const Kind& kind, const std::vector<Values>& rows) {
  for (std::size_t at = 0; at < rows.size();) {
    const std::size_t count = postgres::Statements::rows_of(rows.size() - at);
    Values all;
    for (std::size_t i = 0; i < count; ++i) all.append(rows[at + i]);
    NAVETTE_TRY(session_->do_run(statements_.text(kind, count), all));
    at += count;
  }
  return {};
}

Status PostgresStore::write_changes(const RowsOf& rows) {
  std::vector<Values> payloads;
  for (std::size_t at = 0; at < rows.changes.size();) {
    const std::size_t count = postgres::Statements::rows_of(rows.changes.size() - at);
    Values all;
    for (std::size_t i = 0; i < count; ++i) all.append(rows.values_of(*rows.changes[at + i]));
    auto added = session_->run(statements_.text(postgres::kChanges, count), all);
    if (!added) return added.error();
    for (std::size_t i = 0; i < count; ++i) {
      const std::string& payload = rows.changes[at + i]->payload;
      if (payload.empty()) continue;
      Values values;
      values.add(added->integer(static_cast<int>(i), 0)).add(payload);
      payloads.push_back(std::move(values));
    }
    at += count;
  }
  return write_kind(postgres::kPayloads, payloads);
}

Status PostgresStore::write_rows(const RowsOf& rows) {
  NAVETTE_TRY(write_changes(rows));
  NAVETTE_TRY(write_kind(postgres::kCursors, rows.cursors));
  NAVETTE_TRY(write_kind(postgres::kEnds, rows.ends));
  // One by one where a change may be in it twice: each deferral counts.
  for (const Values& row : rows.independent() ? std::vector<Values>() : rows.defers) {
    NAVETTE_TRY(write_kind(postgres::kDefers, {row}));
  }
  if (rows.independent()) NAVETTE_TRY(write_kind(postgres::kDefers, rows.defers));
  NAVETTE_TRY(write_kind(postgres::kRevives, rows.revives));
  NAVETTE_TRY(write_kind(postgres::kMoves, rows.moves));
  NAVETTE_TRY(write_kind(postgres::kPayloadDrops, rows.payload_drops));
  NAVETTE_TRY(write_kind(postgres::kPayloadSets, rows.payload_sets));
  NAVETTE_TRY(write_kind(postgres::kEditDrops, rows.edit_drops));
  NAVETTE_TRY(write_kind(postgres::kEdits, rows.edits));
  NAVETTE_TRY(write_kind(postgres::kReplays, rows.replays));
  NAVETTE_TRY(write_kind(postgres::kReleases, rows.releases));
  NAVETTE_TRY(write_kind(postgres::kConfigs, rows.configs));
  NAVETTE_TRY(write_kind(postgres::kHastens, rows.hastens));
  NAVETTE_TRY(write_kind(postgres::kStalls, rows.stalls));
  NAVETTE_TRY(write_kind(postgres::kDrops, rows.drops));
  NAVETTE_TRY(write_kind(postgres::kLinks, rows.links));
  NAVETTE_TRY(write_kind(postgres::kChildren, rows.children));
  NAVETTE_TRY(write_kind(postgres::kCommands, rows.commands));
  return write_kind(postgres::kEvents, rows.events);
}

Status PostgresStore::write_apart(std::span<const Batch> batches, std::vector<Status>& answers) {
  for (std::size_t i = 0; i < batches.size(); ++i) {
    answers[i] = write_one(batches[i]);
    if (!answers[i] && answers[i].error().fault != Fault::kRejected) return answers[i];
  }
  return {};
}

Status PostgresStore::write_one(const Batch& batch) {
  NAVETTE_TRY(session_->do_run("SAVEPOINT batch"));
  for (const Operation& operation : batch) {
    Status done = refusal(operation);
    if (done) done = number_flows(std::span(&batch, 1));
    if (const auto* choose = std::get_if<ChooseChanges>(&operation); done && choose != nullptr) {
      done = this->choose(*choose);
    } else if (const auto* gone = std::get_if<PruneRows>(&operation); done && gone != nullptr) {
      done = take_away(*gone);
    } else if (done) {
      RowsOf rows([this](const std::string& flow) { return flows_.at(flow); });
      rows.add(operation);
      done = write_rows(rows);
    }
    if (done) continue;
    flows_.clear();
    if (done.error().fault != Fault::kRejected) return done;
    NAVETTE_TRY(session_->do_run("ROLLBACK TO batch"));
    NAVETTE_TRY(session_->do_run("RELEASE batch"));
    return explain(operation, done.error());
  }
  return session_->do_run("RELEASE batch");
}

Status PostgresStore::choose(const ChooseChanges& operation) {
  postgres::Question question("UPDATE changes SET replay = ");
  question.with("", operation.replay);
  question.say(" WHERE seq IN (SELECT c.seq");
  postgres::add_filter(operation.filter, question);
  question.say(
      " AND c.disposition <> 0 AND NOT EXISTS (SELECT 1 FROM replays r"
      " WHERE r.id = c.replay AND r.open = 1))");
  return session_->do_run(question.sql(), question.values());
}

// ---- refusals ----------------------------------------------------------------------------------

Status PostgresStore::refusal(const Operation& operation) const {
  if (const auto* end = std::get_if<EndChanges>(&operation);
      end != nullptr && end->disposition == Disposition::kPending) {
    return refuse("end changes: \"pending\" is no end: expected how they ended");
  }
  if (const auto* move = std::get_if<MoveChanges>(&operation);
      move != nullptr &&
      (move->disposition == Disposition::kPending || move->from == Disposition::kPending)) {
    return refuse("move changes: \"pending\" is no end: expected how they ended and how they end");
  }
  if (const auto* choose = std::get_if<ChooseChanges>(&operation);
      choose != nullptr && choose->replay <= 0) {
    return refuse("choose changes: it has no replay");
  }
  if (!lacks_id(operation)) return {};
  if (next_id_ == ids_end_ && next_block_ == 0) {
    return Error{Fault::kRetryLater, "write store " + session_->place() +
                                         ": it has no number for this: the database could not be "
                                         "reached to take more"};
  }
  return refuse("put link, child, command or replay: it has no id: expected one from new_id()");
}

Error PostgresStore::explain(const Operation& operation, const Error& refused) {
  if (const auto* put = std::get_if<PutLink>(&operation))
    return twin_refused(*this, put->link, refused);
  if (const auto* put = std::get_if<PutChild>(&operation))
    return child_refused(*this, put->child, refused);
  if (const auto* put = std::get_if<PutCommand>(&operation)) {
    return command_error(put->command, refused);
  }
  return refused;
}

Error PostgresStore::command_error(const CommandRow& command, const Error& refused) {
  auto row =
      session_->ask("SELECT id FROM commands WHERE key = $1 AND key <> ''", values_of(command.key));
  if (!row) return row.error();
  return command_refused(command, row->size() == 0 ? 0 : row->integer(0, 0), refused);
}

}  // namespace navette
