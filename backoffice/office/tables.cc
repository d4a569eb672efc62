#include "backoffice/office/tables.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "store/postgres.h"
#include "store/sqlite.h"
#include "store/store.h"

namespace navette::backoffice {
namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::int64_t kApplicationId = 0x4e61764f;  // "NavO"

Error misfit(const std::string& where, const std::string& cause) {
  return {Fault::kMisconfigured, "open back office " + where + ": " + cause};
}

// ---- SQLite ------------------------------------------------------------------------------------

class SqliteTables final : public Tables {
 public:
  explicit SqliteTables(std::unique_ptr<sqlite::Database> database)
      : database_(std::move(database)) {}

  Status begin(Access access) override {
    return database_->execute(access == Access::kWrite ? "BEGIN IMMEDIATE" : "BEGIN");
  }
  Status commit() override { return database_->execute("COMMIT"); }
  void roll_back() override {
    // What made us roll back is what the caller must hear of.
    if (database_->in_transaction()) static_cast<void>(database_->execute("ROLLBACK"));
  }
  Result<std::vector<Row>> run(const std::string& sql, const Cells& cells, int columns) override {
    auto query = database_->query(sql);
    if (!query) return query.error();
    for (const Cell& cell : cells) {
      if (const auto* number = std::get_if<std::int64_t>(&cell)) {
        query->bind(*number);
      } else {
        query->bind(std::string_view(std::get<std::string>(cell)));
      }
    }
    std::vector<Row> rows;
    for (;;) {
      const auto row = query->step();
      if (!row) return row.error();
      if (!*row) return rows;
      std::vector<std::string> texts;
      for (int column = 0; column < columns; ++column) texts.push_back(query->text(column));
      rows.emplace_back(std::move(texts));
    }
  }
  Status script(const std::string& sql) override { return database_->execute(sql.c_str()); }

  // 0: an empty file.
  Result<std::int64_t> version() {
    const auto tables = database_->number("SELECT count(*) FROM sqlite_schema");
    if (!tables) return tables.error();
    if (*tables == 0) return std::int64_t{0};
    const auto owner = database_->number("PRAGMA application_id");
    if (!owner) return owner.error();
    if (*owner != kApplicationId) {
      return misfit(database_->file(), "this is a database of another program, or the hub's store");
    }
    return database_->number("SELECT version FROM schema_version");
  }
  Status mark() { return script("PRAGMA application_id = " + std::to_string(kApplicationId)); }

 private:
  std::unique_ptr<sqlite::Database> database_;
};

// It holds people's tickets, so it is made for its owner only; SQLite gives its -wal the same mode.
Status make_file(const std::string& file) {
  const int handle = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (handle >= 0) {
    ::close(handle);
    return {};
  }
  if (errno == EEXIST) return {};
  return misfit(file, std::string(std::strerror(errno)) + ": make its folder, or name another");
}

// ---- PostgreSQL --------------------------------------------------------------------------------

class PostgresTables final : public Tables {
 public:
  explicit PostgresTables(std::unique_ptr<postgres::Session> session)
      : session_(std::move(session)) {}

  Status begin(Access access) override {
    NAVETTE_TRY(session_->begin());
    const std::string level = access == Access::kRead
                                  ? "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; "
                                  : "";
    // A long history takes its time to be counted.
    Status done = session_->script(level +
                                   "SET LOCAL search_path = office, pg_catalog;"
                                   " SET LOCAL idle_in_transaction_session_timeout = 0");
    if (!done) session_->roll_back();
    return done;
  }
  Status commit() override {
    postgres::Ended ended{};
    return session_->commit(&ended);
  }
  void roll_back() override {
    if (session_->in_transaction()) session_->roll_back();
  }
  Result<std::vector<Row>> run(const std::string& sql, const Cells& cells, int columns) override {
    postgres::Values values;
    for (const Cell& cell : cells) {
      if (const auto* number = std::get_if<std::int64_t>(&cell)) {
        values.add(*number);
      } else {
        values.add(std::string_view(std::get<std::string>(cell)));
      }
    }
    auto found = session_->run(sql, values);
    if (!found) return found.error();
    std::vector<Row> rows;
    if (columns == 0) return rows;
    rows.reserve(static_cast<std::size_t>(found->size()));
    for (int at = 0; at < found->size(); ++at) {
      std::vector<std::string> texts;
      for (int column = 0; column < columns; ++column) texts.push_back(found->text(at, column));
      rows.emplace_back(std::move(texts));
    }
    return rows;
  }
  Status script(const std::string& sql) override { return session_->script(sql); }

  // 0: no tables of ours.
  Result<std::int64_t> version() {
    auto there = session_->run(
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'office'"
        " AND tablename = 'schema_version'");
    if (!there) return there.error();
    if (there->integer(0, 0) == 0) return std::int64_t{0};
    auto version = session_->run("SELECT version FROM schema_version");
    if (!version) return version.error();
    return version->integer(0, 0);
  }
  // Whoever opens at the same moment waits here.
  Status mark() {
    NAVETTE_TRY(session_->do_run("SELECT pg_advisory_xact_lock(1315010127)"));
    return session_->script("CREATE SCHEMA IF NOT EXISTS office");
  }
  const std::string& place() const { return session_->place(); }

 private:
  std::unique_ptr<postgres::Session> session_;
};

// ---- versions ----------------------------------------------------------------------------------

template <class Kind>
Status upgrade(Kind& tables, Dialect dialect, std::int64_t found, Access access,
               const std::string& where) {
  if (found > kSchemaVersion) {
    return misfit(where, "it has schema version " + std::to_string(found) +
                             ", and this navette knows versions up to " +
                             std::to_string(kSchemaVersion) + ": run the newer one");
  }
  if (found == kSchemaVersion) return {};
  if (access == Access::kRead) {
    return misfit(where, found == 0 ? "there is no back office in it yet"
                                    : "it has an older schema: let this version write to it once");
  }
  NAVETTE_TRY(tables.mark());
  auto again = tables.version();
  if (!again) return again.error();
  for (auto version = *again + 1; version <= kSchemaVersion; ++version) {
    NAVETTE_TRY(tables.script(migration(dialect, static_cast<int>(version))));
  }
  return tables.run("UPDATE schema_version SET version = $1", {std::int64_t{kSchemaVersion}}, 0)
             ? Status()
             : Status(misfit(where, "its version cannot be written"));
}

template <class Kind>
Result<std::unique_ptr<Tables>> finish(std::unique_ptr<Kind> tables, Dialect dialect, Access access,
                                       const std::string& where) {
  NAVETTE_TRY(tables->begin(access));
  auto found = tables->version();
  Status done = found ? upgrade(*tables, dialect, *found, access, where) : Status(found.error());
  if (done) done = tables->commit();
  if (!done) {
    tables->roll_back();
    return done.error();
  }
  return std::unique_ptr<Tables>(std::move(tables));
}

Result<std::unique_ptr<Tables>> open_file(const std::string& file, Access access) {
  if (file.empty()) return misfit("sqlite:", "name a file");
  if (access == Access::kWrite) {
    NAVETTE_TRY(make_file(file));
  } else if (::access(file.c_str(), R_OK) != 0) {
    return misfit(file, std::strerror(errno));
  }
  auto database = sqlite::Database::open(
      file, access == Access::kWrite ? sqlite::Mode::kReadWrite : sqlite::Mode::kReadOnly);
  if (!database) return database.error();
  return finish(std::make_unique<SqliteTables>(std::move(*database)), Dialect::kSqlite, access,
                file);
}

}  // namespace

std::int64_t Row::integer(std::size_t column) const {
  std::int64_t value = 0;
  const std::string& text = texts_[column];
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Status Tables::run(const std::string& sql, const Cells& cells) {
  auto done = run(sql, cells, 0);
  return done ? Status() : Status(done.error());
}

Result<std::unique_ptr<Tables>> open_tables(const std::string& where, Access access) {
  if (where.starts_with(kSqlite)) return open_file(where.substr(kSqlite.size()), access);
  if (!where.starts_with("postgresql://") && !where.starts_with("postgres://")) {
    return misfit("\"" + shown_place(where) + "\"",
                  "expected sqlite:FILE or postgresql://USER@HOST/DATABASE");
  }
  auto session = postgres::Session::open(
      where, access == Access::kWrite ? postgres::Mode::kReadWrite : postgres::Mode::kReadOnly);
  if (!session) return session.error();
  const std::string place = (*session)->place();
  return finish(std::make_unique<PostgresTables>(std::move(*session)), Dialect::kPostgres, access,
                place);
}

}  // namespace navette::backoffice
