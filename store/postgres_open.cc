// Opens PostgreSQL as a store, and its tables as plain rows.

#include <utility>

#include "store/backends.h"
#include "store/postgres_rows.h"
#include "store/postgres_schema.h"
#include "store/postgres_store.h"
#include "store/prune_sql.h"

namespace navette {
namespace {

using postgres::Ended;
using postgres::Mode;
using postgres::Session;
using postgres::Values;

constexpr std::size_t kRowsMax = 64;  // of one statement

Status require_whole(Session& session) {
  auto mark = session.ask("SELECT count(*) FROM meta WHERE key = 'copying'");
  if (!mark) return mark.error();
  return mark->integer(0, 0) == 0 ? Status() : Status(half_copied(session.place()));
}

// A session of a store that is whole and of our schema.
Result<std::unique_ptr<Session>> open_session(const std::string& where, Mode mode, bool half) {
  auto session = Session::open(where, mode);
  if (!session) return session.error();
  NAVETTE_TRY(mode == Mode::kReadOnly ? postgres::require_current(**session, postgres::migrations())
                                      : postgres::migrate(**session, postgres::migrations()));
  if (!half) NAVETTE_TRY(require_whole(**session));
  return session;
}

std::string names_of(const StoreTable& table) {
  std::string names;
  for (const Column& column : table.columns) {
    names += (names.empty() ? "" : ", ") + std::string(column.name);
  }
  return names;
}

void add(Values& values, const Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) {
    values.add(*number);
  } else {
    values.add(std::string_view(std::get<std::string>(cell)));
  }
}

class PostgresSource final : public TableSource {
 public:
  explicit PostgresSource(std::unique_ptr<Session> session) : session_(std::move(session)) {}

  Result<std::vector<TableRow>> read(const StoreTable& table, const Cell* after,
                                     int limit) override {
    const std::string key = table.columns.front().name;
    Values values;
    values.add(std::int64_t{limit});
    if (after != nullptr) add(values, *after);
    auto found = session_->run("SELECT " + names_of(table) + " FROM " + table.name +
                                   (after == nullptr ? "" : " WHERE " + key + " > $2") +
                                   " ORDER BY " + key + " LIMIT $1",
                               values);
    if (!found) return found.error();
    std::vector<TableRow> rows(static_cast<std::size_t>(found->size()));
    for (int at = 0; at < found->size(); ++at) {
      TableRow& row = rows[static_cast<std::size_t>(at)];
      for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const int column = static_cast<int>(i);
        row.push_back(table.columns[i].text ? Cell(found->text(at, column))
                                            : Cell(found->integer(at, column)));
      }
    }
    return rows;
  }

  Result<std::int64_t> count(const StoreTable& table) override {
    return number(std::string("SELECT count(*) FROM ") + table.name);
  }

  // Sequences show their present state, not that of our view: they may be ahead of it.
  Result<Numbers> numbers() override {
    auto next = number("SELECT CASE WHEN is_called THEN last_value + 65536 ELSE 1 END FROM ids");
    auto change =
        number("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM changes_seq_seq");
    auto event =
        number("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM events_seq_seq");
    for (const auto* one : {&next, &change, &event}) {
      if (!*one) return one->error();
    }
    return Numbers{*next, *change, *event};
  }

 private:
  Result<std::int64_t> number(const std::string& sql) {
    auto row = session_->run(sql);
    if (!row) return row.error();
    return row->integer(0, 0);
  }

  std::unique_ptr<Session> session_;
};

class PostgresSink final : public TableSink {
 public:
  explicit PostgresSink(std::unique_ptr<Session> session) : session_(std::move(session)) {}

  Status put(const StoreTable& table, std::span<const TableRow> rows) override {
    NAVETTE_TRY(session_->begin());
    for (std::size_t at = 0; at < rows.size();) {
      const std::size_t count = rows.size() - at >= kRowsMax ? kRowsMax : 1;
      Values values;
      for (std::size_t i = 0; i < count; ++i) {
        for (const Cell& cell : rows[at + i]) add(values, cell);
      }
      NAVETTE_TRY(session_->do_run(statement(table, count), values));
      at += count;
    }
    Ended ended{};
    return session_->commit(&ended);
  }

  Status finish(const Numbers& numbers) override {
    NAVETTE_TRY(session_->begin());
    Values next;
    next.add(numbers.next_id);
    NAVETTE_TRY(session_->do_run("SELECT setval('ids', $1)", next));
    for (const auto& [sequence, last] : {std::pair{"changes_seq_seq", numbers.last_change},
                                         std::pair{"events_seq_seq", numbers.last_event}}) {
      Values values;
      values.add(std::max<std::int64_t>(last, 1)).add(std::int64_t{last > 0 ? 1 : 0});
      NAVETTE_TRY(session_->do_run(
          std::string("SELECT setval('") + sequence + "', $1, $2::int = 1)", values));
    }
    NAVETTE_TRY(session_->do_run(
        "SELECT setval('flows_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM flows), false)"));
    NAVETTE_TRY(session_->do_run(NAVETTE_COUNT_PRUNED));
    NAVETTE_TRY(session_->do_run("DELETE FROM meta WHERE key = 'copying'"));
    Ended ended{};
    return session_->commit(&ended);
  }

 private:
  static std::string statement(const StoreTable& table, std::size_t rows) {
    std::string sql = std::string("INSERT INTO ") + table.name + " (" + names_of(table) +
                      ") OVERRIDING SYSTEM VALUE VALUES ";
    std::size_t parameter = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      sql += row == 0 ? "(" : ", (";
      for (std::size_t i = 0; i < table.columns.size(); ++i) {
        sql += (i == 0 ? "$" : ", $") + std::to_string(++parameter);
        sql += table.columns[i].text ? "::text" : "::bigint";
      }
      sql += ")";
    }
    return sql;
  }

  std::unique_ptr<Session> session_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_postgres(const std::string& where, const OpenOptions& options) {
  auto session = open_session(where, options.read_only ? Mode::kReadOnly : Mode::kReadWrite, false);
  if (!session) return session.error();
  auto store = std::make_unique<PostgresStore>(std::move(*session));
  if (!options.read_only) NAVETTE_TRY(store->start());
  return std::unique_ptr<Store>(std::move(store));
}

Result<std::unique_ptr<TableSource>> open_postgres_source(const std::string& where, bool half) {
  auto session = open_session(where, Mode::kReadOnly, half);
  if (!session) return session.error();
  // Whoever takes the rows may take its time.
  NAVETTE_TRY((*session)->script("SET idle_in_transaction_session_timeout = 0"));
  NAVETTE_TRY((*session)->begin());
  NAVETTE_TRY((*session)->script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"));
  return std::unique_ptr<TableSource>(std::make_unique<PostgresSource>(std::move(*session)));
}

Result<std::unique_ptr<TableSink>> open_postgres_sink(const std::string& where) {
  auto session = open_session(where, Mode::kReadWrite, false);
  if (!session) return session.error();
  NAVETTE_TRY((*session)->begin());
  for (const StoreTable& table : store_tables()) {
    auto rows = (*session)->run(std::string("SELECT count(*) FROM ") + table.name);
    if (!rows) return rows.error();
    if (rows->integer(0, 0) != 0) return not_empty(where);
  }
  NAVETTE_TRY((*session)->do_run("INSERT INTO meta (key, value) VALUES ('copying', 1)"));
  Ended ended{};
  NAVETTE_TRY((*session)->commit(&ended));
  return std::unique_ptr<TableSink>(std::make_unique<PostgresSink>(std::move(*session)));
}

}  // namespace navette
