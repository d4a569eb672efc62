// The reading half of PostgresStore.

#include <algorithm>
#include <utility>

#include "store/postgres_filter.h"
#include "store/postgres_store.h"
#include "store/row_columns.h"

namespace navette {

using postgres::Question;
using postgres::Rows;
using postgres::Session;
using postgres::Values;

namespace {

// One row of what was found, as row_columns.h reads it.
struct Source {
  const Rows& rows;
  int row;
  std::int64_t integer(int column) const { return rows.integer(row, column); }
  std::string text(int column) const { return rows.text(row, column); }
};

template <class Row>
using Make = Row (*)(const Source&);

template <class Row>
Result<std::vector<Row>> read_all(Session& session, const std::string& sql, const Values& values,
                                  Make<Row> make) {
  auto found = session.ask(sql, values);
  if (!found) return found.error();
  std::vector<Row> rows;
  rows.reserve(static_cast<std::size_t>(found->size()));
  for (int i = 0; i < found->size(); ++i) rows.push_back(make(Source{*found, i}));
  return rows;
}

template <class Row>
Result<std::optional<Row>> read_one(Session& session, const std::string& sql, const Values& values,
                                    Make<Row> make) {
  auto found = session.ask(sql, values);
  if (!found) return found.error();
  if (found->size() == 0) return std::optional<Row>();
  return std::optional<Row>(make(Source{*found, 0}));
}

std::int64_t limit_of(int limit) {
  return std::max(limit, 0);
}

}  // namespace

Result<std::string> PostgresStore::cursor(const std::string& name) {
  Values values;
  values.add(name);
  auto found = session_->ask("SELECT value FROM cursors WHERE name = $1", values);
  if (!found) return found.error();
  return found->size() == 0 ? std::string() : found->text(0, 0);
}

// ---- changes -----------------------------------------------------------------------------------

Result<std::optional<ChangeRow>> PostgresStore::change(std::int64_t seq) {
  Values values;
  values.add(seq);
  return read_one<ChangeRow>(*session_,
                             "SELECT " NAVETTE_CHANGE_COLUMNS
                             ", coalesce(p.payload, ''), coalesce(p.pruned_at, 0) FROM changes c "
                             "JOIN flows f ON f.id = c.flow"
                             " LEFT JOIN payloads p ON p.change = c.seq WHERE c.seq = $1",
                             values, make_change);
}

Result<std::vector<ChangeRow>> PostgresStore::changes(const ChangeFilter& filter) {
  Question question("SELECT " NAVETTE_CHANGE_COLUMNS
                    ", coalesce(p.payload, ''), coalesce(p.pruned_at, 0)");
  postgres::add_filter(filter, question);
  question.with(" ORDER BY c.seq LIMIT ", limit_of(filter.limit));
  return read_all<ChangeRow>(*session_, question.sql(), question.values(), make_change);
}

Result<std::vector<ReasonCount>> PostgresStore::reasons(const ChangeFilter& filter) {
  Question question(
      "SELECT f.name, c.disposition, c.reason, count(*),"
      " min(CASE c.disposition WHEN 0 THEN c.received_at ELSE c.ended_at END),"
      " max(CASE c.disposition WHEN 0 THEN c.received_at ELSE c.ended_at END)");
  postgres::add_filter(filter, question);
  question.say(" GROUP BY 1, 2, 3 ORDER BY 1, 2, 3");
  return read_all<ReasonCount>(*session_, question.sql(), question.values(), make_reason);
}

Result<std::vector<ChangeRow>> PostgresStore::fresh(const std::string& flow, Lane lane,
                                                    std::int64_t after_seq, int limit) {
  Values values;
  values.add(flow).add(static_cast<std::int64_t>(lane)).add(after_seq).add(limit_of(limit));
  return read_all<ChangeRow>(*session_,
                             "SELECT " NAVETTE_CHANGE_COLUMNS
                             " FROM changes c JOIN flows f ON f.id = c.flow"
                             " WHERE c.flow = (SELECT id FROM flows WHERE name = $1)"
                             " AND c.lane = $2 AND c.disposition = 0 AND c.next_at = 0"
                             " AND c.seq > $3 ORDER BY c.flow, c.lane, c.next_at, c.seq LIMIT $4",
                             values, make_thin_change);
}

Result<std::vector<ChangeRow>> PostgresStore::due(const std::string& flow, Lane lane,
                                                  std::int64_t now, int limit) {
  Values values;
  values.add(flow).add(static_cast<std::int64_t>(lane)).add(now).add(limit_of(limit));
  return read_all<ChangeRow>(*session_,
                             "SELECT " NAVETTE_CHANGE_COLUMNS
                             " FROM changes c JOIN flows f ON f.id = c.flow"
                             " WHERE c.flow = (SELECT id FROM flows WHERE name = $1)"
                             " AND c.lane = $2 AND c.disposition = 0 AND c.next_at > 0"
                             " AND c.next_at <= $3"
                             " ORDER BY c.flow, c.lane, c.next_at, c.seq LIMIT $4",
                             values, make_thin_change);
}

Result<std::optional<std::int64_t>> PostgresStore::next_due(const std::string& flow, Lane lane,
                                                            std::int64_t now) {
  Values values;
  values.add(flow).add(static_cast<std::int64_t>(lane)).add(now);
  auto found = session_->ask(
      "SELECT c.next_at FROM changes c WHERE c.flow = (SELECT id FROM flows WHERE name = $1)"
      " AND c.lane = $2 AND c.disposition = 0 AND c.next_at > $3"
      " ORDER BY c.flow, c.lane, c.next_at, c.seq LIMIT 1",
      values);
  if (!found) return found.error();
  if (found->size() == 0) return std::optional<std::int64_t>();
  return std::optional<std::int64_t>(found->integer(0, 0));
}

// ---- links and what belongs to them ------------------------------------------------------------

Result<std::vector<ChangeRow>> PostgresStore::deferred(const std::string& flow, Side side,
                                                       const std::string& entity_id, int limit) {
  Values values;
  values.add(flow).add(static_cast<std::int64_t>(side)).add(entity_id).add(limit_of(limit));
  return read_all<ChangeRow>(*session_,
                             "SELECT " NAVETTE_CHANGE_COLUMNS
                             " FROM changes c JOIN flows f ON f.id = c.flow"
                             " WHERE c.flow = (SELECT id FROM flows WHERE name = $1)"
                             " AND c.side = $2 AND c.entity_id = $3"
                             " AND c.disposition = 0 AND c.next_at > 0"
                             " ORDER BY c.flow, c.side, c.entity_id, c.next_at DESC, c.seq DESC"
                             " LIMIT $4",
                             values, make_thin_change);
}

Result<std::optional<LinkRow>> PostgresStore::link(std::int64_t id) {
  Values values;
  values.add(id);
  return read_one<LinkRow>(*session_,
                           "SELECT " NAVETTE_LINK_COLUMNS
                           " FROM links l JOIN flows f ON f.id = l.flow WHERE l.id = $1",
                           values, make_link);
}

Result<std::optional<LinkRow>> PostgresStore::link_of(const std::string& flow, Side side,
                                                      const std::string& entity_id) {
  Values values;
  values.add(flow).add(entity_id);
  return read_one<LinkRow>(
      *session_,
      side == Side::kClient ? "SELECT " NAVETTE_LINK_COLUMNS
                              " FROM flows f JOIN links l ON l.flow = f.id"
                              " WHERE f.name = $1 AND l.client_id = $2 AND l.client_id <> ''"
                            : "SELECT " NAVETTE_LINK_COLUMNS
                              " FROM flows f JOIN links l ON l.flow = f.id"
                              " WHERE f.name = $1 AND l.provider_id = $2 AND l.provider_id <> ''",
      values, make_link);
}

Result<std::vector<LinkRow>> PostgresStore::links(const LinkFilter& filter) {
  Question question("SELECT " NAVETTE_LINK_COLUMNS " FROM links l JOIN flows f ON f.id = l.flow");
  question.with(" WHERE l.id > ", filter.after_id);
  if (!filter.flow.empty()) {
    question.with(" AND l.flow = (SELECT id FROM flows WHERE name = ", filter.flow, ")");
  }
  if (filter.parked_only) question.say(" AND l.parked > 0");
  question.with(" ORDER BY l.id LIMIT ", limit_of(filter.limit));
  return read_all<LinkRow>(*session_, question.sql(), question.values(), make_link);
}

Result<std::vector<ChildRow>> PostgresStore::children(std::int64_t link) {
  Values values;
  values.add(link);
  return read_all<ChildRow>(*session_,
                            "SELECT id, link, kind, client_id, provider_id, state FROM children"
                            " WHERE link = $1 ORDER BY id",
                            values, make_child);
}

Result<std::vector<CommandRow>> PostgresStore::commands(std::int64_t link, bool open_only) {
  Values values;
  values.add(link);
  return read_all<CommandRow>(
      *session_,
      std::string("SELECT " NAVETTE_COMMAND_COLUMNS
                  " FROM commands c JOIN flows f ON f.id = c.flow WHERE c.link = $1") +
          (open_only ? " AND c.phase = 'intended'" : "") + " ORDER BY c.id",
      values, make_command);
}

Result<std::vector<CommandRow>> PostgresStore::open_commands(std::int64_t after_id, int limit) {
  Values values;
  values.add(after_id).add(limit_of(limit));
  return read_all<CommandRow>(*session_,
                              "SELECT " NAVETTE_COMMAND_COLUMNS
                              " FROM commands c JOIN flows f ON f.id = c.flow"
                              " WHERE c.phase = 'intended' AND c.id > $1 ORDER BY c.id LIMIT $2",
                              values, make_command);
}

Result<std::vector<EventRow>> PostgresStore::events(std::int64_t link, int limit) {
  Values values;
  values.add(link).add(limit_of(limit));
  auto rows = read_all<EventRow>(
      *session_,
      "SELECT e.seq, e.at, f.name, e.link, e.kind, e.correlation, e.data FROM events e"
      " JOIN flows f ON f.id = e.flow WHERE e.link = $1 ORDER BY e.seq DESC LIMIT $2",
      values, make_event);
  if (rows) std::reverse(rows->begin(), rows->end());
  return rows;
}

Result<std::vector<EventRow>> PostgresStore::unlinked_events(const std::string& correlation,
                                                             int limit) {
  Values values;
  values.add(correlation).add(limit_of(limit));
  auto rows = read_all<EventRow>(
      *session_,
      "SELECT e.seq, e.at, f.name, e.link, e.kind, e.correlation, e.data FROM events e"
      " JOIN flows f ON f.id = e.flow WHERE e.link = 0 AND e.correlation = $1"
      " ORDER BY e.seq DESC LIMIT $2",
      values, make_event);
  if (rows) std::reverse(rows->begin(), rows->end());
  return rows;
}

// ---- replays -----------------------------------------------------------------------------------

Result<std::optional<EditRow>> PostgresStore::edit(std::int64_t change) {
  Values values;
  values.add(change);
  return read_one<EditRow>(*session_, "SELECT change, payload, at FROM edits WHERE change = $1",
                           values, make_edit);
}

Result<std::optional<ReplayRow>> PostgresStore::replay(std::int64_t id) {
  Values values;
  values.add(id);
  return read_one<ReplayRow>(*session_,
                             "SELECT " NAVETTE_REPLAY_COLUMNS " FROM replays WHERE id = $1", values,
                             make_replay);
}

Result<std::vector<ReplayRow>> PostgresStore::replays(bool open_only, int limit) {
  Values values;
  values.add(limit_of(limit));
  return read_all<ReplayRow>(
      *session_,
      std::string("SELECT " NAVETTE_REPLAY_COLUMNS " FROM replays WHERE id > 0") +
          (open_only ? " AND open = 1" : "") + " ORDER BY id DESC LIMIT $1",
      values, make_replay);
}

Result<std::optional<std::string>> PostgresStore::config(const std::string& hash) {
  Values values;
  values.add(hash);
  return read_one<std::string>(*session_, "SELECT text FROM configs WHERE hash = $1", values,
                               make_text);
}

// ---- counts ------------------------------------------------------------------------------------

Result<std::vector<FlowCounts>> PostgresStore::counts() {
  return read_all<FlowCounts>(
      *session_,
      "SELECT " NAVETTE_COUNT_COLUMNS
      ", coalesce((SELECT c.received_at FROM changes c WHERE c.flow = f.id AND c.disposition = 0"
      "           ORDER BY c.received_at LIMIT 1), 0)"
      ", coalesce((SELECT sum(p.changes) FROM pruned p"
      "           WHERE p.id BETWEEN f.id::bigint * 8 AND f.id::bigint * 8 + 7), 0)::bigint"
      " FROM flows f ORDER BY f.name",
      {}, make_counts);
}

Result<std::vector<WaitingReason>> PostgresStore::waiting() {
  auto own = read_all<WaitingReason>(*session_,
                                     "SELECT f.name, c.reason, count(*), min(c.waiting_since)"
                                     " FROM flows f JOIN changes c ON c.flow = f.id"
                                     " WHERE c.disposition = 0 AND c.reason <> ''"
                                     " GROUP BY f.name, c.reason ORDER BY f.name, c.reason",
                                     {}, make_waiting);
  if (!own) return own;
  auto all = counts();
  if (!all) return all.error();
  return with_stalls(std::move(*own), *all);
}

}  // namespace navette
