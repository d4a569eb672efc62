// The suite of every Store, over a SQLite file.

#include "tests/store/sqlite_home.h"
#include "tests/store/store_suite.h"
#include "tests/store/store_suite_basics.h"
#include "tests/store/store_suite_durability.h"
#include "tests/store/store_suite_prune.h"
#include "tests/store/store_suite_replay.h"

namespace navette::test {

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreSuite,
                         ::testing::Values(StoreKind{"sqlite", make_sqlite_home}),
                         ::testing::PrintToStringParamName());

}  // namespace navette::test
