// The tables of a store as plain rows, for whoever carries all of them somewhere else. Both
// backends have the same tables and columns; only counters and indexes are their own affair.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "navette/result.h"

namespace navette {

struct Column {
  const char* name;
  bool text;  // else a whole number
};

// The first column is the key: unique, ascending.
struct StoreTable {
  const char* name;
  std::span<const Column> columns;
};

// In an order in which they can be put back.
std::span<const StoreTable> store_tables();

using Cell = std::variant<std::int64_t, std::string>;
using TableRow = std::vector<Cell>;  // as many as the table has columns

// Numbers that go on where they were.
struct Numbers {
  std::int64_t next_id = 1;      // of new_id()
  std::int64_t last_change = 0;  // the highest seq that was ever given
  std::int64_t last_event = 0;
};

// A view of a store that does not change while it is read, also while a hub works on it.
// Threads: one at a time.
class TableSource {
 public:
  virtual ~TableSource() = default;
  // The rows after that key (nothing: from the first), in the order of their keys.
  virtual Result<std::vector<TableRow>> read(const StoreTable& table, const Cell* after,
                                             int limit) = 0;
  virtual Result<std::int64_t> count(const StoreTable& table) = 0;
  virtual Result<Numbers> numbers() = 0;
};

// An empty store that is being filled. Until finish() has returned, no hub opens it.
class TableSink {
 public:
  virtual ~TableSink() = default;
  // Durable when it returns.
  virtual Status put(const StoreTable& table, std::span<const TableRow> rows) = 0;
  virtual Status finish(const Numbers& numbers) = 0;
};

// `where` as in open_store(). `half`: also one whose filling has not finished.
// Errors: kMisconfigured (no such store, older schema, half filled), kRetryLater.
Result<std::unique_ptr<TableSource>> open_source(const std::string& where, bool half = false);
// Makes the store when it is not there.
// Errors: kMisconfigured (there is something in it), kRetryLater (a hub has it).
Result<std::unique_ptr<TableSink>> open_sink(const std::string& where);

}  // namespace navette
