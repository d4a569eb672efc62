// The back office in a PostgreSQL database, and how long a balance takes there.
// NAVETTE_OFFICE_POSTINGS says of how many postings.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include <gmock/gmock.h>

#include "tests/backoffice/office_fixture.h"
#include "tests/backoffice/sla_random.h"
#include "tests/store/postgres_home.h"

namespace navette::backoffice::test {

OfficeKind office_kind() {
  return {"Postgres", navette::test::make_postgres_home};
}

namespace {

// Four years of postings, one after the other, as the ledger writes them.
void post_many(const std::string& where, std::int64_t count) {
  constexpr std::int64_t kChunk = 20'000;
  auto tables = must(open_tables(where, Access::kWrite));
  for (std::int64_t from = 0; from < count; from += kChunk) {
    ASSERT_TRUE(tables->begin(Access::kWrite));
    const Status done = tables->run(
        "INSERT INTO postings (client, contract, number, part, posting, revision, turn, day, debit,"
        " credit, amount) SELECT 'acme', 'tma', n, 1, 'entry/' || n, 1, 1,"
        " to_char(DATE '2023-01-01' + CAST(n % 1460 AS INTEGER), 'YYYY-MM-DD'), 'used',"
        " 'block/' || (2023 + (n % 1460) / 365), 100 + n % 7"
        " FROM generate_series(CAST($1 AS BIGINT), $2) AS n",
        {from + 1, std::min(from + kChunk, count)});
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_TRUE(tables->commit());
  }
}

TEST(OfficePostgres, ABalanceIsNotASumOfAllPostings) {
  const auto count = static_cast<std::int64_t>(number_from("NAVETTE_OFFICE_POSTINGS", 20'000));
  const navette::test::PostgresHome home;
  const HandClock clock;
  const auto office = must(open_office(home.where(), Access::kWrite, clock));
  ASSERT_TRUE(office->put_client({"acme", "Acme", "", "en"}));
  post_many(home.where(), count);
  std::vector<double> took;
  for (int i = 0; i < 21; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const Office::Balances all = must(office->balances("acme", "tma", on("2026-06-30")));
    took.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
            .count());
    EXPECT_EQ(all.size(), 5U);
  }
  std::sort(took.begin(), took.end());
  std::printf("balances of %lld postings: median %.2f ms, slowest %.2f ms\n",
              static_cast<long long>(count), took[took.size() / 2], took.back());
  const auto whole = must(office->balances("acme", "tma"));
  Amount sum = 0;
  for (const auto& [account, amount] : whole) sum += amount;
  EXPECT_EQ(sum, 0);
  EXPECT_THAT(must(office->differences()), ::testing::IsEmpty());
}

}  // namespace
}  // namespace navette::backoffice::test
