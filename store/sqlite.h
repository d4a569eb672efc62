// A thin cover over SQLite's C interface: a connection that keeps its prepared statements, and one
// run of such a statement. Turns SQLite's codes into Errors that tell an operator what to do.
//
// Threads: one thread at a time.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "navette/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace navette::sqlite {

// One run of a prepared statement: bind the values in order, step, read columns. Going out of scope
// gives the statement back to its Database, which must outlive it.
class Query {
 public:
  Query(sqlite3* db, sqlite3_stmt* statement, std::string_view file);
  Query(Query&& from) noexcept
      : db_(from.db_),
        statement_(std::exchange(from.statement_, nullptr)),
        file_(from.file_),
        bound_(from.bound_),
        trouble_(from.trouble_) {}
  Query& operator=(Query&&) = delete;
  ~Query();

  Query& bind(std::int64_t value);
  // The text is not copied: it must live as long as this query.
  Query& bind(std::string_view text);
  Query& bind(std::string&& text) = delete;

  // True: there is a row to read.
  Result<bool> step();
  // step() for a statement that yields no row.
  Status run();

  std::int64_t integer(int column) const;
  std::string text(int column) const;

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_;
  std::string_view file_;  // of the Database
  int bound_ = 0;
  int trouble_ = 0;  // the first bind that failed
};

enum class Mode : unsigned char { kReadOnly, kReadWrite };

class Database {
 public:
  // Opens and tunes a connection; see docs/store.md for why these values.
  // Errors: kMisconfigured (not there, not writable, not a database), kRetryLater (locked).
  static Result<std::unique_ptr<Database>> open(const std::string& file, Mode mode);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // A run of `sql`, which is compiled the first time and kept.
  // REQUIRES: no other run of the same text is in scope.
  Result<Query> query(std::string_view sql);
  // Runs statements that yield nothing.
  Status execute(const char* sql);
  // Binds the values and runs a statement that yields nothing.
  template <class... Values>
  Status run(std::string_view sql, const Values&... values) {
    auto query = this->query(sql);
    if (!query) return query.error();
    (query->bind(values), ...);
    return query->run();
  }
  // The first column of the only row; `fallback` when there is no row.
  Result<std::int64_t> number(std::string_view sql, std::int64_t fallback = 0);

  bool in_transaction() const;
  // Rows that the last run() changed.
  std::int64_t changed() const;
  std::int64_t last_row() const;
  const std::string& file() const { return file_; }
  // The texts of all statements that were compiled so far, for whoever wants to see their plans.
  std::vector<std::string> kept() const;

 private:
  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the library's name
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  explicit Database(std::string file) : file_(std::move(file)) {}

  std::string file_;
  sqlite3* db_ = nullptr;
  std::unordered_map<std::string, sqlite3_stmt*, Hash, std::equal_to<>> statements_;
};

}  // namespace navette::sqlite
