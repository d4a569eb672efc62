#include "store/sqlite.h"

#include <string>
#include <utility>

#include <sqlite3.h>

namespace navette::sqlite {
namespace {

// How long a writer waits for somebody's sqlite3 shell; readers never hold one up.
constexpr int kBusyMs = 2000;

struct Advice {
  Fault fault;
  const char* cause;
  const char* remedy;
};

Advice advice(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {Fault::kRetryLater, "the disk is full", "free space on its file system"};
    case SQLITE_IOERR:
      return {Fault::kRetryLater, "reading or writing the file failed",
              "look at the disk, its quota and the system log"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Fault::kRetryLater, "another program holds the file locked",
              "end the program that writes to it (an open sqlite3 shell?)"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {Fault::kRetryLater, "the file cannot be written",
              "make the file and its folder writable for this user"};
    case SQLITE_NOMEM:
      return {Fault::kRetryLater, "out of memory", "give this process more memory"};
    case SQLITE_CORRUPT:
      return {Fault::kMisconfigured, "the file is damaged",
              "stop the hub and restore the last backup"};
    case SQLITE_NOTADB:
      return {Fault::kMisconfigured, "the file is not a SQLite database",
              "name another file, or restore the last backup"};
    case SQLITE_CANTOPEN:
      return {Fault::kMisconfigured, "the file or its -wal cannot be opened",
              "check that the folder exists and that this user may read and write in it"};
    case SQLITE_CONSTRAINT:
      return {Fault::kRejected, "it contradicts what is stored", nullptr};
    case SQLITE_TOOBIG:
      return {Fault::kRejected, "a text is larger than the store takes", nullptr};
    default:
      return {Fault::kMisconfigured, "SQLite refused", "report this, with the log"};
  }
}

Error make_error(int code, const char* detail, std::string_view file) {
  const Advice found = advice(code);
  std::string message = "use store " + std::string(file) + ": " + found.cause + " (SQLite " +
                        std::to_string(code) + ", " + detail + ")";
  if (found.remedy != nullptr) message += std::string(": ") + found.remedy;
  return {found.fault, std::move(message)};
}

Error last_error(sqlite3* db, std::string_view file) {
  return make_error(sqlite3_extended_errcode(db), sqlite3_errmsg(db), file);
}

constexpr const char* kTuning =
    "PRAGMA foreign_keys = ON;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA mmap_size = 0;"
    "PRAGMA cache_size = -8192;"
    "PRAGMA temp_store = MEMORY;"  // the undo of a savepoint stays out of /tmp
    "PRAGMA trusted_schema = OFF;";

// Only the first program to touch a new file decides its page size, so this comes before the log.
constexpr const char* kWriterTuning =
    "PRAGMA page_size = 4096;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA wal_autocheckpoint = 4000;"
    "PRAGMA journal_size_limit = 67108864;";

}  // namespace

Query::Query(sqlite3* db, sqlite3_stmt* statement, std::string_view file)
    : db_(db), statement_(statement), file_(file) {}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::bind(std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_, ++bound_, value);
  if (trouble_ == SQLITE_OK) trouble_ = code;
  return *this;
}

Query& Query::bind(std::string_view text) {
  // A null pointer would bind NULL, which is not the empty text.
  const char* data = text.empty() ? "" : text.data();
  const int code =
      sqlite3_bind_text64(statement_, ++bound_, data, text.size(), nullptr, SQLITE_UTF8);
  if (trouble_ == SQLITE_OK) trouble_ = code;
  return *this;
}

Result<bool> Query::step() {
  if (trouble_ != SQLITE_OK) return make_error(trouble_, sqlite3_errstr(trouble_), file_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return last_error(db_, file_);
}

Status Query::run() {
  auto row = step();
  if (!row) return row.error();
  return {};
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Query::text(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string() : std::string(data, static_cast<std::size_t>(size));
}

Result<std::unique_ptr<Database>> Database::open(const std::string& file, Mode mode) {
  std::unique_ptr<Database> database(new Database(file));
  const int access =
      mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(file.c_str(), &database->db_,
                                   access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (code != SQLITE_OK) return make_error(code, sqlite3_errstr(code), file);
  sqlite3_busy_timeout(database->db_, kBusyMs);
  sqlite3_db_config(database->db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database->db_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(database->db_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  if (mode == Mode::kReadWrite && sqlite3_db_readonly(database->db_, "main") == 1) {
    return Error{Fault::kMisconfigured, "open store " + file +
                                            ": the file is read-only for this user: make it "
                                            "writable, or name another file"};
  }
  NAVETTE_TRY(database->execute(kTuning));
  if (mode == Mode::kReadWrite) NAVETTE_TRY(database->execute(kWriterTuning));
  return database;
}

Database::~Database() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

Result<Query> Database::query(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return last_error(db_, file_);
    found = statements_.emplace(std::string(sql), statement).first;
  }
  return Query(db_, found->second, file_);
}

Status Database::execute(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return last_error(db_, file_);
  }
  return {};
}

Result<std::int64_t> Database::number(std::string_view sql, std::int64_t fallback) {
  auto query = this->query(sql);
  if (!query) return query.error();
  auto row = query->step();
  if (!row) return row.error();
  return *row ? query->integer(0) : fallback;
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(db_) == 0;
}

std::int64_t Database::changed() const {
  return sqlite3_changes64(db_);
}

std::int64_t Database::last_row() const {
  return sqlite3_last_insert_rowid(db_);
}

std::vector<std::string> Database::kept() const {
  std::vector<std::string> texts;
  for (const auto& [sql, statement] : statements_) texts.push_back(sql);
  return texts;
}

}  // namespace navette::sqlite
