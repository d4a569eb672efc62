// The tables of a SQLite store as plain rows.

#include <utility>

#include "store/backends.h"
#include "store/prune_sql.h"

namespace navette {
namespace {

using sqlite::Database;

std::string names_of(const StoreTable& table) {
  std::string names;
  for (const Column& column : table.columns) {
    names += (names.empty() ? "" : ", ") + std::string(column.name);
  }
  return names;
}

void bind(sqlite::Query& query, const Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) {
    query.bind(*number);
  } else {
    query.bind(std::string_view(std::get<std::string>(cell)));
  }
}

class SqliteSource final : public TableSource {
 public:
  explicit SqliteSource(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  Result<std::vector<TableRow>> read(const StoreTable& table, const Cell* after,
                                     int limit) override {
    const std::string key = table.columns.front().name;
    auto query = database_->query("SELECT " + names_of(table) + " FROM " + table.name +
                                  (after == nullptr ? "" : " WHERE " + key + " > ?") +
                                  " ORDER BY " + key + " LIMIT ?");
    if (!query) return query.error();
    if (after != nullptr) bind(*query, *after);
    query->bind(limit);
    std::vector<TableRow> rows;
    while (true) {
      auto found = query->step();
      if (!found) return found.error();
      if (!*found) return rows;
      TableRow& row = rows.emplace_back();
      for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const int at = static_cast<int>(i);
        row.push_back(table.columns[i].text ? Cell(query->text(at)) : Cell(query->integer(at)));
      }
    }
  }

  Result<std::int64_t> count(const StoreTable& table) override {
    return database_->number(std::string("SELECT count(*) FROM ") + table.name);
  }

  Result<Numbers> numbers() override {
    const auto last = [this](const char* table) {
      return database_->number("SELECT seq FROM sqlite_sequence WHERE name = '" +
                               std::string(table) + "'");
    };
    auto next = database_->number("SELECT value FROM meta WHERE key = 'next_id'", 1);
    auto change = last("changes");
    auto event = last("events");
    for (const auto* one : {&next, &change, &event}) {
      if (!*one) return one->error();
    }
    return Numbers{*next, *change, *event};
  }

 private:
  std::unique_ptr<Database> database_;
};

class SqliteSink final : public TableSink {
 public:
  SqliteSink(std::unique_ptr<Database> database, WriterLock lock)
      : lock_(std::move(lock)), database_(std::move(database)) {}

  Status put(const StoreTable& table, std::span<const TableRow> rows) override {
    std::string places;
    for (std::size_t i = 0; i < table.columns.size(); ++i) places += i == 0 ? "?" : ", ?";
    const std::string sql = std::string("INSERT INTO ") + table.name + " (" + names_of(table) +
                            ") VALUES (" + places + ")";
    NAVETTE_TRY(database_->execute("BEGIN IMMEDIATE"));
    for (const TableRow& row : rows) {
      auto query = database_->query(sql);
      if (!query) return query.error();
      for (const Cell& cell : row) bind(*query, cell);
      NAVETTE_TRY(query->run());
    }
    return database_->execute("COMMIT");
  }

  Status finish(const Numbers& numbers) override {
    NAVETTE_TRY(database_->execute("BEGIN IMMEDIATE"));
    NAVETTE_TRY(database_->run("UPDATE meta SET value = ? WHERE key = 'next_id'", numbers.next_id));
    for (const auto& [table, last] :
         {std::pair{"changes", numbers.last_change}, std::pair{"events", numbers.last_event}}) {
      const std::string name = table;
      NAVETTE_TRY(database_->run("DELETE FROM sqlite_sequence WHERE name = ?", name));
      NAVETTE_TRY(
          database_->run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", name, last));
    }
    NAVETTE_TRY(database_->execute(NAVETTE_COUNT_PRUNED));
    NAVETTE_TRY(database_->run("DELETE FROM meta WHERE key = 'copying'"));
    return database_->execute("COMMIT");
  }

 private:
  WriterLock lock_;  // given back after the database is closed
  std::unique_ptr<Database> database_;
};

}  // namespace

Result<std::unique_ptr<TableSource>> make_sqlite_source(std::unique_ptr<Database> database) {
  // The first question takes the view that all others then see.
  NAVETTE_TRY(database->execute("BEGIN"));
  auto first = database->number("SELECT count(*) FROM meta");
  if (!first) return first.error();
  return std::unique_ptr<TableSource>(std::make_unique<SqliteSource>(std::move(database)));
}

Result<std::unique_ptr<TableSink>> make_sqlite_sink(std::unique_ptr<Database> database,
                                                    WriterLock lock) {
  for (const StoreTable& table : store_tables()) {
    auto rows = database->number(std::string("SELECT count(*) FROM ") + table.name);
    if (!rows) return rows.error();
    if (*rows != 0) return not_empty(database->file());
  }
  NAVETTE_TRY(database->run("INSERT INTO meta (key, value) VALUES ('copying', 1)"));
  return std::unique_ptr<TableSink>(
      std::make_unique<SqliteSink>(std::move(database), std::move(lock)));
}

}  // namespace navette
