// Carries a whole store somewhere else: from SQLite to PostgreSQL or back, or into a file as a
// backup, while a hub works on the one that is copied.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "navette/result.h"

namespace navette {

struct CopiedTable {
  std::string name;
  std::int64_t rows = 0;
};

// So many rows of so many, over all tables.
using CopyProgress = std::function<void(std::int64_t done, std::int64_t all)>;

// Every row of `from`, as it was at one moment, into `to`, which must be empty or not there; then
// everything is read back and compared. What was begun and did not end no hub opens.
// Errors: as open_source() and open_sink(); kMisconfigured when what was read back differs.
Result<std::vector<CopiedTable>> copy_store(const std::string& from, const std::string& to,
                                            const CopyProgress& progress);

}  // namespace navette
