// The suite of every Store, over a PostgreSQL server that this program starts.

#include "tests/store/postgres_home.h"
#include "tests/store/store_suite.h"
#include "tests/store/store_suite_basics.h"
#include "tests/store/store_suite_durability.h"
#include "tests/store/store_suite_prune.h"
#include "tests/store/store_suite_replay.h"

namespace navette::test {

INSTANTIATE_TEST_SUITE_P(Postgres, StoreSuite,
                         ::testing::Values(StoreKind{"postgresql", make_postgres_home}),
                         ::testing::PrintToStringParamName());

}  // namespace navette::test
