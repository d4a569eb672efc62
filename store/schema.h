// The tables of a SQLite store and their versions.

#pragma once

#include <span>

#include "navette/result.h"

#include "store/sqlite.h"

namespace navette::sqlite {

// From version - 1 to `version`. A released one never changes again.
struct Migration {
  int version;
  const char* sql;
};

// Ascending from 1 without gaps; the last one is the version that this program reads and writes.
std::span<const Migration> migrations();

// The version of the store; 0: the file is empty.
// Errors: kMisconfigured when the file belongs to another program, kRetryLater.
Result<int> schema_version(Database& database);

// Brings the store to the last version of `list`, in one transaction: all or nothing. Does nothing
// when it is there already.
// Errors: kMisconfigured (newer than `list`, another program's file), kRetryLater (full, locked).
Status migrate(Database& database, std::span<const Migration> list);

// For connections that must not migrate: only the last version of `list` will do.
// Errors: kMisconfigured.
Status require_current(Database& database, std::span<const Migration> list);

}  // namespace navette::sqlite
