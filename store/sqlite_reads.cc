// The reading half of SqliteStore.

#include <algorithm>
#include <utility>

#include "store/row_columns.h"
#include "store/sqlite_filter.h"
#include "store/sqlite_store.h"

namespace navette {
namespace {

// SQLite takes a negative limit for none.
std::int64_t at_least_zero(int limit) {
  return std::max(limit, 0);
}

// The rows of a query, each made by `make`.
template <class Row>
using Make = Row (*)(const sqlite::Query&);

template <class Row>
Result<std::vector<Row>> read_all(sqlite::Query& query, Make<Row> make) {
  std::vector<Row> rows;
  while (true) {
    auto row = query.step();
    if (!row) return row.error();
    if (!*row) return rows;
    rows.push_back(make(query));
  }
}

template <class Row>
Result<std::optional<Row>> read_one(sqlite::Query& query, Make<Row> make) {
  auto row = query.step();
  if (!row) return row.error();
  if (!*row) return std::optional<Row>();
  return std::optional<Row>(make(query));
}

}  // namespace

Result<std::string> SqliteStore::cursor(const std::string& name) {
  auto query = database_->query("SELECT value FROM cursors WHERE name = ?");
  if (!query) return query.error();
  auto row = query->bind(name).step();
  if (!row) return row.error();
  return *row ? query->text(0) : std::string();
}

// ---- changes -----------------------------------------------------------------------------------

Result<std::optional<ChangeRow>> SqliteStore::change(std::int64_t seq) {
  auto query =
      database_->query("SELECT " NAVETTE_CHANGE_COLUMNS
                       ", p.payload, p.pruned_at FROM changes c JOIN flows f ON f.id = c.flow"
                       " LEFT JOIN payloads p ON p.change = c.seq WHERE c.seq = ?");
  if (!query) return query.error();
  query->bind(seq);
  return read_one<ChangeRow>(*query, make_change);
}

Result<std::vector<ChangeRow>> SqliteStore::changes(const ChangeFilter& filter) {
  const sqlite::ChangeWhere where(filter);
  auto query = database_->query("SELECT " NAVETTE_CHANGE_COLUMNS ", p.payload, p.pruned_at" +
                                where.sql() + " ORDER BY c.seq LIMIT ?");
  if (!query) return query.error();
  where.bind(*query);
  query->bind(at_least_zero(filter.limit));
  return read_all<ChangeRow>(*query, make_change);
}

Result<std::vector<ReasonCount>> SqliteStore::reasons(const ChangeFilter& filter) {
  const sqlite::ChangeWhere where(filter);
  auto query = database_->query(
      "SELECT f.name, c.disposition, c.reason, count(*),"
      " min(iif(c.disposition = 0, c.received_at, c.ended_at)),"
      " max(iif(c.disposition = 0, c.received_at, c.ended_at))" +
      where.sql() + " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3");
  if (!query) return query.error();
  where.bind(*query);
  return read_all<ReasonCount>(*query, make_reason);
}

Result<std::vector<ChangeRow>> SqliteStore::fresh(const std::string& flow, Lane lane,
                                                  std::int64_t after_seq, int limit) {
  auto query =
      database_->query("SELECT " NAVETTE_CHANGE_COLUMNS
                       " FROM flows f CROSS JOIN changes c INDEXED BY changes_turn"
                       " WHERE f.name = ? AND c.flow = f.id AND c.lane = ? AND c.disposition = 0"
                       " AND c.next_at = 0 AND c.seq > ? ORDER BY c.seq LIMIT ?");
  if (!query) return query.error();
  query->bind(flow).bind(static_cast<std::int64_t>(lane)).bind(after_seq);
  query->bind(at_least_zero(limit));
  return read_all<ChangeRow>(*query, make_thin_change);
}

Result<std::vector<ChangeRow>> SqliteStore::due(const std::string& flow, Lane lane,
                                                std::int64_t now, int limit) {
  auto query =
      database_->query("SELECT " NAVETTE_CHANGE_COLUMNS
                       " FROM flows f CROSS JOIN changes c INDEXED BY changes_turn"
                       " WHERE f.name = ? AND c.flow = f.id AND c.lane = ? AND c.disposition = 0"
                       " AND c.next_at > 0 AND c.next_at <= ? ORDER BY c.next_at, c.seq LIMIT ?");
  if (!query) return query.error();
  query->bind(flow).bind(static_cast<std::int64_t>(lane)).bind(now).bind(at_least_zero(limit));
  return read_all<ChangeRow>(*query, make_thin_change);
}

Result<std::optional<std::int64_t>> SqliteStore::next_due(const std::string& flow, Lane lane,
                                                          std::int64_t now) {
  auto query = database_->query(
      "SELECT c.next_at FROM flows f CROSS JOIN changes c INDEXED BY changes_turn"
      " WHERE f.name = ? AND c.flow = f.id AND c.lane = ? AND c.disposition = 0"
      " AND c.next_at > ? ORDER BY c.next_at LIMIT 1");
  if (!query) return query.error();
  auto row = query->bind(flow).bind(static_cast<std::int64_t>(lane)).bind(now).step();
  if (!row) return row.error();
  if (!*row) return std::optional<std::int64_t>();
  return std::optional<std::int64_t>(query->integer(0));
}

// ---- links and what belongs to them ------------------------------------------------------------

Result<std::vector<ChangeRow>> SqliteStore::deferred(const std::string& flow, Side side,
                                                     const std::string& entity_id, int limit) {
  auto query =
      database_->query("SELECT " NAVETTE_CHANGE_COLUMNS
                       " FROM flows f CROSS JOIN changes c INDEXED BY changes_deferred"
                       " WHERE f.name = ? AND c.flow = f.id AND c.side = ? AND c.entity_id = ?"
                       " AND c.disposition = 0 AND c.next_at > 0"
                       " ORDER BY c.next_at DESC, c.seq DESC LIMIT ?");
  if (!query) return query.error();
  query->bind(flow).bind(static_cast<std::int64_t>(side)).bind(entity_id);
  query->bind(at_least_zero(limit));
  return read_all<ChangeRow>(*query, make_thin_change);
}

Result<std::optional<LinkRow>> SqliteStore::link(std::int64_t id) {
  auto query = database_->query("SELECT " NAVETTE_LINK_COLUMNS
                                " FROM links l JOIN flows f ON f.id = l.flow WHERE l.id = ?");
  if (!query) return query.error();
  query->bind(id);
  return read_one<LinkRow>(*query, make_link);
}

Result<std::optional<LinkRow>> SqliteStore::link_of(const std::string& flow, Side side,
                                                    const std::string& entity_id) {
  auto query = database_->query(
      side == Side::kClient ? "SELECT " NAVETTE_LINK_COLUMNS
                              " FROM flows f JOIN links l ON l.flow = f.id"
                              " WHERE f.name = ? AND l.client_id = ? AND l.client_id <> ''"
                            : "SELECT " NAVETTE_LINK_COLUMNS
                              " FROM flows f JOIN links l ON l.flow = f.id"
                              " WHERE f.name = ? AND l.provider_id = ? AND l.provider_id <> ''");
  if (!query) return query.error();
  query->bind(flow).bind(entity_id);
  return read_one<LinkRow>(*query, make_link);
}

Result<std::vector<LinkRow>> SqliteStore::links(const LinkFilter& filter) {
  std::string sql =
      "SELECT " NAVETTE_LINK_COLUMNS " FROM links l JOIN flows f ON f.id = l.flow WHERE l.id > ?";
  if (!filter.flow.empty()) sql += " AND l.flow = (SELECT id FROM flows WHERE name = ?)";
  if (filter.parked_only) sql += " AND l.parked > 0";
  sql += " ORDER BY l.id LIMIT ?";
  auto query = database_->query(sql);
  if (!query) return query.error();
  query->bind(filter.after_id);
  if (!filter.flow.empty()) query->bind(filter.flow);
  query->bind(at_least_zero(filter.limit));
  return read_all<LinkRow>(*query, make_link);
}

Result<std::vector<ChildRow>> SqliteStore::children(std::int64_t link) {
  auto query = database_->query(
      "SELECT id, link, kind, client_id, provider_id, state FROM children WHERE link = ?"
      " ORDER BY id");
  if (!query) return query.error();
  query->bind(link);
  return read_all<ChildRow>(*query, make_child);
}

Result<std::vector<CommandRow>> SqliteStore::commands(std::int64_t link, bool open_only) {
  auto query = database_->query(
      open_only ? "SELECT " NAVETTE_COMMAND_COLUMNS
                  " FROM commands c INDEXED BY commands_open_link CROSS JOIN flows f"
                  " WHERE c.link = ? AND c.phase = 'intended' AND f.id = c.flow ORDER BY c.id"
                : "SELECT " NAVETTE_COMMAND_COLUMNS
                  " FROM commands c INDEXED BY commands_link CROSS JOIN flows f"
                  " WHERE c.link = ? AND f.id = c.flow ORDER BY c.id");
  if (!query) return query.error();
  query->bind(link);
  return read_all<CommandRow>(*query, make_command);
}

Result<std::vector<CommandRow>> SqliteStore::open_commands(std::int64_t after_id, int limit) {
  auto query = database_->query(
      "SELECT " NAVETTE_COMMAND_COLUMNS
      " FROM commands c INDEXED BY commands_open CROSS JOIN flows f"
      " WHERE c.phase = 'intended' AND c.id > ? AND f.id = c.flow ORDER BY c.id LIMIT ?");
  if (!query) return query.error();
  query->bind(after_id).bind(at_least_zero(limit));
  return read_all<CommandRow>(*query, make_command);
}

Result<std::vector<EventRow>> SqliteStore::events(std::int64_t link, int limit) {
  auto query = database_->query(
      "SELECT e.seq, e.at, f.name, e.link, e.kind, e.correlation, e.data"
      " FROM events e INDEXED BY events_link CROSS JOIN flows f"
      " WHERE e.link = ? AND f.id = e.flow ORDER BY e.seq DESC LIMIT ?");
  if (!query) return query.error();
  query->bind(link).bind(at_least_zero(limit));
  auto rows = read_all<EventRow>(*query, make_event);
  if (rows) std::reverse(rows->begin(), rows->end());
  return rows;
}

Result<std::vector<EventRow>> SqliteStore::unlinked_events(const std::string& correlation,
                                                           int limit) {
  auto query = database_->query(
      "SELECT e.seq, e.at, f.name, e.link, e.kind, e.correlation, e.data"
      " FROM events e INDEXED BY events_unlinked CROSS JOIN flows f"
      " WHERE e.link = 0 AND e.correlation = ? AND f.id = e.flow ORDER BY e.seq DESC LIMIT ?");
  if (!query) return query.error();
  query->bind(correlation).bind(at_least_zero(limit));
  auto rows = read_all<EventRow>(*query, make_event);
  if (rows) std::reverse(rows->begin(), rows->end());
  return rows;
}

// ---- replays -----------------------------------------------------------------------------------

Result<std::optional<EditRow>> SqliteStore::edit(std::int64_t change) {
  auto query = database_->query("SELECT change, payload, at FROM edits WHERE change = ?");
  if (!query) return query.error();
  query->bind(change);
  return read_one<EditRow>(*query, make_edit);
}

Result<std::optional<ReplayRow>> SqliteStore::replay(std::int64_t id) {
  auto query = database_->query("SELECT " NAVETTE_REPLAY_COLUMNS " FROM replays WHERE id = ?");
  if (!query) return query.error();
  query->bind(id);
  return read_one<ReplayRow>(*query, make_replay);
}

Result<std::vector<ReplayRow>> SqliteStore::replays(bool open_only, int limit) {
  auto query = database_->query(open_only ? "SELECT " NAVETTE_REPLAY_COLUMNS
                                            " FROM replays INDEXED BY replays_open WHERE open = 1 "
                                            "AND id > 0 ORDER BY id DESC LIMIT ?"
                                          : "SELECT " NAVETTE_REPLAY_COLUMNS
                                            " FROM replays WHERE id > 0 ORDER BY id DESC LIMIT ?");
  if (!query) return query.error();
  query->bind(at_least_zero(limit));
  return read_all<ReplayRow>(*query, make_replay);
}

Result<std::optional<std::string>> SqliteStore::config(const std::string& hash) {
  auto query = database_->query("SELECT text FROM configs WHERE hash = ?");
  if (!query) return query.error();
  query->bind(hash);
  return read_one<std::string>(*query, make_text);
}

// ---- counts ------------------------------------------------------------------------------------

Result<std::vector<FlowCounts>> SqliteStore::counts() {
  auto query = database_->query(
      "SELECT " NAVETTE_COUNT_COLUMNS
      ", coalesce((SELECT min(c.received_at) FROM changes c INDEXED BY changes_oldest"
      "           WHERE c.flow = f.id AND c.disposition = 0), 0)"
      ", coalesce((SELECT sum(p.changes) FROM pruned p"
      "           WHERE p.id BETWEEN f.id * 8 AND f.id * 8 + 7), 0)"
      " FROM flows f ORDER BY f.name");
  if (!query) return query.error();
  return read_all<FlowCounts>(*query, make_counts);
}

Result<std::vector<WaitingReason>> SqliteStore::waiting() {
  auto query = database_->query(
      "SELECT f.name, c.reason, count(*), min(c.waiting_since)"
      " FROM flows f CROSS JOIN changes c INDEXED BY changes_waiting"
      " WHERE c.flow = f.id AND c.disposition = 0 AND c.reason <> ''"
      " GROUP BY f.name, c.reason ORDER BY f.name, c.reason");
  if (!query) return query.error();
  auto own = read_all<WaitingReason>(*query, make_waiting);
  if (!own) return own;
  auto all = counts();
  if (!all) return all.error();
  return with_stalls(std::move(*own), *all);
}

}  // namespace navette
