// What retention takes away from a PostgreSQL store.

#include <algorithm>
#include <string>

#include "navette/json.h"

#include "store/postgres_filter.h"
#include "store/postgres_store.h"
#include "store/prune_sql.h"

namespace navette {

using postgres::Question;

namespace {

constexpr const char* kRows = "::json)::bigint))";

// Gives key, when it came in, and whether it may go. The numbers of commands are given to hubs in
// blocks: one that is younger may come before one that is older. `$1`: before, `$2`: after, `$3`:
// how many.
const char* look_sql(Prunable what) {
  switch (what) {
    case Prunable::kPayloads:
      return "SELECT p.change, c.received_at, CASE WHEN p.pruned_at = 0 AND c.ended_at < $1"
             " AND " NAVETTE_PRUNABLE_CHANGE
             " THEN 1 ELSE 0 END FROM payloads p JOIN changes c ON c.seq = p.change"
             " WHERE p.change > $2 ORDER BY p.change LIMIT $3";
    case Prunable::kChanges:
      return "SELECT c.seq, c.received_at, CASE WHEN c.ended_at < $1 AND " NAVETTE_PRUNABLE_CHANGE
             " THEN 1 ELSE 0 END FROM changes c WHERE c.seq > $2 ORDER BY c.seq LIMIT $3";
    case Prunable::kCommands:
      return "SELECT c.id, c.created_at, CASE WHEN c.updated_at < $1"
             " AND " NAVETTE_PRUNABLE_COMMAND
             " THEN 1 ELSE 0 END FROM commands c WHERE c.id > $2 ORDER BY c.id LIMIT $3";
    case Prunable::kEvents:
      return "SELECT e.seq, e.at, CASE WHEN e.at < $1 AND " NAVETTE_PRUNABLE_EVENT
             " THEN 1 ELSE 0 END FROM events e WHERE e.seq > $2 ORDER BY e.seq LIMIT $3";
  }
  return "";
}

}  // namespace

Result<PruneLook> PostgresStore::prunable(Prunable what, std::int64_t before, std::int64_t after,
                                          int rows_max) {
  postgres::Values values;
  values.add(before).add(after).add(std::int64_t{std::max(rows_max, 1)});
  auto found = session_->ask(look_sql(what), values);
  if (!found) return found.error();
  PruneLook look;
  look.next = after;
  look.looked_at = found->size();
  for (int i = 0; i < found->size(); ++i) {
    look.next = found->integer(i, 0);
    look.end = what != Prunable::kCommands && found->integer(i, 1) >= before;
    if (found->integer(i, 2) != 0) look.rows.push_back(look.next);
  }
  look.end = look.end || look.looked_at < rows_max;
  return look;
}

Status PostgresStore::take_away(const PruneRows& operation) {
  Json list = Json::array();
  for (const std::int64_t row : operation.rows) list.push(row);
  const std::string rows = list.dump();
  const auto run = [&](Question question, const std::string& condition) {
    question.with(" = ANY (ARRAY(SELECT json_array_elements_text(", rows, kRows);
    question.say(condition);
    return session_->do_run(question.sql(), question.values());
  };
  switch (operation.what) {
    case Prunable::kPayloads: {
      Question payloads("WITH gone AS (UPDATE payloads p SET payload = '', pruned_at = ");
      payloads.with("", operation.at);
      payloads.say(" FROM changes c WHERE c.seq = p.change AND p.pruned_at = 0 AND p.change");
      return run(std::move(payloads),
                 " AND " NAVETTE_PRUNABLE_CHANGE
                 " RETURNING p.change)"
                 " DELETE FROM edits e USING gone WHERE e.change = gone.change");
    }
    case Prunable::kChanges:
      return run(Question("WITH gone AS (DELETE FROM changes c WHERE c.seq"),
                 " AND " NAVETTE_PRUNABLE_CHANGE
                 " RETURNING c.seq, c.flow, c.disposition),"
                 " payload AS (DELETE FROM payloads p USING gone WHERE p.change = gone.seq),"
                 " edit AS (DELETE FROM edits e USING gone WHERE e.change = gone.seq)"
                 " INSERT INTO pruned (id, flow, disposition, changes)"
                 " SELECT flow::bigint * 8 + disposition, flow, disposition, count(*) FROM gone"
                 " GROUP BY flow, disposition"
                 " ON CONFLICT (id) DO UPDATE SET changes = pruned.changes + excluded.changes");
    case Prunable::kCommands:
      return run(Question("DELETE FROM commands c WHERE c.id"), " AND " NAVETTE_PRUNABLE_COMMAND);
    case Prunable::kEvents:
      return run(Question("DELETE FROM events e WHERE e.seq"), " AND " NAVETTE_PRUNABLE_EVENT);
  }
  return {};
}

// Space that rows gave back stays with the tables, and no cheap question tells it apart.
Result<std::optional<std::int64_t>> PostgresStore::bytes() {
  return std::optional<std::int64_t>();
}

}  // namespace navette
