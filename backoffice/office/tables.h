// The back office's database, SQLite or PostgreSQL, behind one face: the same statements, with
// parameters `$1`, `$2` ... in the order in which they first appear, and no NULL in what comes out.
//
// Threads: one thread at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "navette/result.h"

namespace navette::backoffice {

using Cell = std::variant<std::int64_t, std::string>;
using Cells = std::vector<Cell>;

// A row that was found, column by column.
class Row {
 public:
  explicit Row(std::vector<std::string> texts) : texts_(std::move(texts)) {}
  const std::string& text(std::size_t column) const { return texts_[column]; }
  std::int64_t integer(std::size_t column) const;
  bool flag(std::size_t column) const { return integer(column) != 0; }

 private:
  std::vector<std::string> texts_;
};

enum class Access : unsigned char { kRead, kWrite };

class Tables {
 public:
  virtual ~Tables() = default;

  // Every statement runs in a transaction. One that reads sees one state of the database; one that
  // writes waits for another that does (SQLite) or for its rows (PostgreSQL).
  virtual Status begin(Access access) = 0;
  virtual Status commit() = 0;
  virtual void roll_back() = 0;
  // Errors: kRejected (a rule of the tables), kRetryLater, kMisconfigured. After one only
  // roll_back() makes sense. REQUIRES: `columns` is how many each row has; 0: none come out.
  virtual Result<std::vector<Row>> run(const std::string& sql, const Cells& cells, int columns) = 0;
  // Statements without parameters.
  virtual Status script(const std::string& sql) = 0;

  Status run(const std::string& sql, const Cells& cells = {});
};

// "sqlite:FILE" or "postgresql://...", with tables of the version that this program knows: with
// kWrite they are made, or brought to it, first.
// Errors: kMisconfigured (not there, another program's, newer than this), kRetryLater.
Result<std::unique_ptr<Tables>> open_tables(const std::string& where, Access access);

// ---- schema.cc ---------------------------------------------------------------------------------

enum class Dialect : unsigned char { kSqlite, kPostgres };

// The statements that bring the tables from version - 1 to `version`; from 1 to kSchemaVersion.
// A released one never changes again.
std::string migration(Dialect dialect, int version);
inline constexpr int kSchemaVersion = 1;

}  // namespace navette::backoffice
