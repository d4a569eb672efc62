// What retention takes away from a SQLite store.

#include <algorithm>

#include "store/prune_sql.h"
#include "store/sqlite_store.h"

namespace navette {
namespace {

// Gives key, when it came in, and whether it may go. The numbers of commands are given to hubs in
// blocks: one that is younger may come before one that is older.
const char* look_sql(Prunable what) {
  switch (what) {
    case Prunable::kPayloads:
      return "SELECT p.change, c.received_at,"
             " p.pruned_at = 0 AND c.ended_at < ?1 AND " NAVETTE_PRUNABLE_CHANGE
             " FROM payloads p CROSS JOIN changes c WHERE p.change > ?2 AND c.seq = p.change"
             " ORDER BY p.change LIMIT ?3";
    case Prunable::kChanges:
      return "SELECT c.seq, c.received_at, c.ended_at < ?1 AND " NAVETTE_PRUNABLE_CHANGE
             " FROM changes c WHERE c.seq > ?2 ORDER BY c.seq LIMIT ?3";
    case Prunable::kCommands:
      return "SELECT c.id, c.created_at, c.updated_at < ?1 AND " NAVETTE_PRUNABLE_COMMAND
             " FROM commands c WHERE c.id > ?2 ORDER BY c.id LIMIT ?3";
    case Prunable::kEvents:
      return "SELECT e.seq, e.at, e.at < ?1 AND " NAVETTE_PRUNABLE_EVENT
             " FROM events e WHERE e.seq > ?2 ORDER BY e.seq LIMIT ?3";
  }
  return "";
}

}  // namespace

Result<PruneLook> SqliteStore::prunable(Prunable what, std::int64_t before, std::int64_t after,
                                        int rows_max) {
  auto query = database_->query(look_sql(what));
  if (!query) return query.error();
  query->bind(before).bind(after).bind(std::int64_t{std::max(rows_max, 1)});
  PruneLook look;
  look.next = after;
  while (true) {
    auto row = query->step();
    if (!row) return row.error();
    if (!*row) break;
    ++look.looked_at;
    look.next = query->integer(0);
    look.end = what != Prunable::kCommands && query->integer(1) >= before;
    if (query->integer(2) != 0) look.rows.push_back(look.next);
  }
  look.end = look.end || look.looked_at < rows_max;
  return look;
}

Status SqliteStore::prune_change(std::int64_t seq) {
  NAVETTE_TRY(
      database_->run("INSERT INTO pruned (id, flow, disposition, changes)"
                     " SELECT c.flow * 8 + c.disposition, c.flow, c.disposition, 1 FROM changes c"
                     " WHERE c.seq = ? AND " NAVETTE_PRUNABLE_CHANGE
                     " ON CONFLICT (id) DO UPDATE SET changes = changes + 1",
                     seq));
  NAVETTE_TRY(
      database_->run("DELETE FROM changes AS c WHERE c.seq = ? AND " NAVETTE_PRUNABLE_CHANGE, seq));
  if (database_->changed() == 0) return {};
  NAVETTE_TRY(database_->run("DELETE FROM payloads WHERE change = ?", seq));
  return database_->run("DELETE FROM edits WHERE change = ?", seq);
}

Status SqliteStore::prune_payload(std::int64_t seq, std::int64_t at) {
  NAVETTE_TRY(database_->run(
      "UPDATE payloads SET payload = '', pruned_at = ? WHERE change = ? AND pruned_at = 0"
      " AND EXISTS (SELECT 1 FROM changes c WHERE c.seq = change AND " NAVETTE_PRUNABLE_CHANGE ")",
      at, seq));
  if (database_->changed() == 0) return {};
  return database_->run("DELETE FROM edits WHERE change = ?", seq);
}

Status SqliteStore::apply(const PruneRows& operation) {
  for (const std::int64_t row : operation.rows) {
    switch (operation.what) {
      case Prunable::kPayloads:
        NAVETTE_TRY(prune_payload(row, operation.at));
        break;
      case Prunable::kChanges:
        NAVETTE_TRY(prune_change(row));
        break;
      case Prunable::kCommands:
        NAVETTE_TRY(database_->run(
            "DELETE FROM commands AS c WHERE c.id = ? AND " NAVETTE_PRUNABLE_COMMAND, row));
        break;
      case Prunable::kEvents:
        NAVETTE_TRY(database_->run(
            "DELETE FROM events AS e WHERE e.seq = ? AND " NAVETTE_PRUNABLE_EVENT, row));
        break;
    }
  }
  return {};
}

Result<std::optional<std::int64_t>> SqliteStore::bytes() {
  auto pages = database_->number("PRAGMA page_count");
  if (!pages) return pages.error();
  auto unused = database_->number("PRAGMA freelist_count");
  if (!unused) return unused.error();
  auto size = database_->number("PRAGMA page_size");
  if (!size) return size.error();
  return std::optional<std::int64_t>((*pages - *unused) * *size);
}

}  // namespace navette
