// The back office in a SQLite file.

#include <gmock/gmock.h>

#include "store/store.h"
#include "tests/backoffice/office_fixture.h"
#include "tests/store/sqlite_home.h"

namespace navette::backoffice::test {

OfficeKind office_kind() {
  return {"Sqlite", navette::test::make_sqlite_home};
}

namespace {

TEST(OfficeSqlite, AHubsStoreIsNotTakenForABackOffice) {
  const navette::test::SqliteHome home;
  { const auto store = must(open_store(home.where(), {})); }
  const HandClock clock;
  const auto opened = open_office(home.where(), Access::kWrite, clock);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, ::testing::HasSubstr("another program"));
}

}  // namespace
}  // namespace navette::backoffice::test
