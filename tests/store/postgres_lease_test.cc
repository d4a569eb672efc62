// Several hubs on one PostgreSQL: each flow has one hub, and who lost it can write nothing.

#include <future>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include "tests/store/postgres_home.h"

namespace navette::test {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr milliseconds kLong{60'000};

class LeaseTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> hub() { return must(open_store(home_.where())); }

  // As if the time of all that hold something had gone by.
  void let_time_go_by() { home_.ask("UPDATE hubs SET until = clock_timestamp() - interval '1s'"); }

  PostgresHome home_;
};

TEST_F(LeaseTest, AFlowHasOneHub) {
  auto one = hub();
  auto two = hub();
  EXPECT_THAT(must(one->lease({"f", "g"}, "one", kLong)), ElementsAre("f", "g"));
  EXPECT_THAT(must(two->lease({"g", "h"}, "two", kLong)), ElementsAre("h"));
  EXPECT_THAT(must(one->lease({"f", "g", "h"}, "one", kLong)), ElementsAre("f", "g"));
  EXPECT_TRUE(one->commit({pending("f", "a")}));
  EXPECT_TRUE(two->commit({pending("h", "a")}));
}

TEST_F(LeaseTest, WhatIsGivenBackIsTakenAtOnce) {
  auto one = hub();
  auto two = hub();
  must(one->lease({"f"}, "one", kLong));
  EXPECT_TRUE(one->release());
  EXPECT_THAT(must(two->lease({"f"}, "two", kLong)), ElementsAre("f"));
  const Status late = one->commit({pending("f", "late")});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().fault, Fault::kCancelled);
}

TEST_F(LeaseTest, AHubThatWasTakenForDeadCanWriteNothingAndIsToldSo) {
  auto one = hub();
  auto two = hub();
  must(one->lease({"f"}, "one", kLong));
  const std::int64_t id = one->new_id();
  ASSERT_TRUE(one->commit({put_link(id, "f", "1", "")}));
  let_time_go_by();
  EXPECT_TRUE(one->commit({pending("f", "a")})) << "nobody took it yet";
  EXPECT_THAT(must(two->lease({"f"}, "two", kLong)), ElementsAre("f"));
  const std::vector<Batch> batches = {{pending("f", "late")}, {put_link(id, "f", "2", "")}};
  for (const Status& late : one->commit(batches)) {
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().fault, Fault::kCancelled);
    EXPECT_THAT(late.error().message, HasSubstr("another hub took over"));
  }
  EXPECT_EQ(must(two->link(id))->client_id, "1");
  EXPECT_EQ(must(two->changes({})).size(), 1U);
  const auto again = one->lease({"f"}, "one", kLong);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().fault, Fault::kCancelled);
}

TEST_F(LeaseTest, AHubThatIsOnlyLateGoesOn) {
  auto one = hub();
  must(one->lease({"f"}, "one", kLong));
  let_time_go_by();
  EXPECT_THAT(must(one->lease({"f"}, "one", kLong)), ElementsAre("f"));
  EXPECT_TRUE(one->commit({pending("f", "a")}));
}

// Method: the dead hub's transaction is held open by a lock of ours; the take-over must wait.
TEST_F(LeaseTest, TakingOverWaitsForTheCommitThatIsUnderWay) {
  auto one = hub();
  auto two = hub();
  must(one->lease({"f"}, "one", kLong));
  ASSERT_TRUE(one->commit({SetCursor{"f/client", "1"}}));
  pqxx::connection connection(home_.where());
  auto holding = std::make_unique<pqxx::work>(connection);
  holding->exec("SELECT 1 FROM navette.cursors WHERE name = 'f/client' FOR UPDATE");
  auto commit = std::async(std::launch::async, [&one] {
    return one->commit({SetCursor{"f/client", "2"}, pending("f", "a")});
  });
  const auto blocked = [this](const char* event) {
    return [this, event] {
      return home_.one("SELECT count(*) FROM pg_stat_activity WHERE wait_event = '" +
                       std::string(event) + "'") == "1";
    };
  };
  ASSERT_TRUE(wait_until(blocked("transactionid")));
  let_time_go_by();
  auto take =
      std::async(std::launch::async, [&two] { return must(two->lease({"f"}, "two", kLong)); });
  ASSERT_TRUE(wait_until(blocked("advisory")));
  holding.reset();
  EXPECT_TRUE(commit.get()) << "it was there first";
  EXPECT_THAT(take.get(), ElementsAre("f"));
  EXPECT_EQ(must(two->cursor("f/client")), "2");
  EXPECT_FALSE(one->commit({SetCursor{"f/client", "3"}}));
}

// Method: a hub stands still in the middle of its transaction, as after SIGSTOP: the server ends
// that, and the flows go on elsewhere.
TEST_F(LeaseTest, AHubThatStandsStillInItsTransactionHoldsNobodyUp) {
  auto one = hub();
  must(one->lease({"f"}, "one", kLong));
  const std::string me = home_.one("SELECT id FROM hubs");
  pqxx::connection connection(home_.where());
  pqxx::nontransaction stopped(connection);
  stopped.exec("SET search_path = navette; SET idle_in_transaction_session_timeout = '500ms'");
  stopped.exec("BEGIN");
  stopped.exec("SELECT fence(" + me + ")");
  let_time_go_by();
  auto two = hub();
  EXPECT_THAT(must(two->lease({"f"}, "two", kLong)), ElementsAre("f"));
  EXPECT_THROW(stopped.exec("COMMIT"), std::exception);
}

TEST_F(LeaseTest, OfManyThatWantAFlowAtOnceOneGetsIt) {
  auto dead = hub();
  must(dead->lease({"f", "g", "h"}, "dead", kLong));
  let_time_go_by();
  std::vector<std::unique_ptr<Store>> hubs;
  std::vector<std::future<std::vector<std::string>>> taken;
  for (int i = 0; i < 6; ++i) hubs.push_back(hub());
  for (auto& one : hubs) {
    taken.push_back(std::async(std::launch::async, [&one] {
      return must(one->lease({"f", "g", "h"}, "one", kLong));
    }));
  }
  std::size_t sum = 0;
  for (auto& one : taken) sum += one.get().size();
  EXPECT_EQ(sum, 3U);
}

}  // namespace
}  // namespace navette::test
