// The tables of a PostgreSQL store and their versions. They live in the schema `navette`.

#pragma once

#include <span>

#include "navette/result.h"

#include "store/postgres.h"

namespace navette::postgres {

// From version - 1 to `version`. A released one never changes again.
struct Migration {
  int version;
  const char* sql;
};

// Ascending from 1 without gaps; the last one is the version that this program reads and writes.
std::span<const Migration> migrations();

// Brings the store to the last version of `list`, in one transaction. Hubs that start at the same
// time wait for each other.
// Errors: kMisconfigured (newer than `list`, no right to make tables), kRetryLater.
Status migrate(Session& session, std::span<const Migration> list);

// For connections that must not migrate: only the last version of `list` will do.
// Errors: kMisconfigured.
Status require_current(Session& session, std::span<const Migration> list);

}  // namespace navette::postgres
