// A store that was copied is the same store: it answers the same, and goes on where it was.

#include "store/copy.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/table.h"
#include "tests/store/postgres_home.h"
#include "tests/store/sqlite_home.h"
#include "tests/store/store_model.h"

namespace navette::test {
namespace {

using ::testing::HasSubstr;

class CopyTest : public ::testing::Test {
 protected:
  static void copy(const std::string& from, const std::string& to) {
    std::int64_t last = 0;
    std::int64_t all = 0;
    const auto copied = copy_store(from, to, [&](std::int64_t done, std::int64_t of) {
      EXPECT_GE(done, last);
      last = done;
      all = of;
    });
    ASSERT_TRUE(copied) << copied.error().message;
    EXPECT_EQ(last, all);
  }

  static Error refusal(const std::string& from, const std::string& to) {
    auto copied = copy_store(from, to, [](auto, auto) {});
    if (!copied) return copied.error();
    ADD_FAILURE() << "it was copied";
    return {};
  }

  static void work(StoreModel& model, Store& store) {
    for (int round = 0; round < 60; ++round) {
      const Batch batch = model.make_batch(store);
      const Status done = store.commit(batch);
      ASSERT_EQ(model.commit(batch), static_cast<bool>(done)) << message(done);
      model.learn_numbers(store);
    }
  }
};

// Method: random work on SQLite, copied to PostgreSQL, more work there, copied back, more work.
TEST_F(CopyTest, AStoreGoesOnInAnotherBackendAndBack) {
  SqliteHome one;
  PostgresHome two;
  SqliteHome three;
  StoreModel model(model_seed());
  std::int64_t last = 0;
  const std::string places[] = {one.where(), two.where(), three.where()};
  for (int i = 0; i < 3; ++i) {
    if (i > 0) copy(places[i - 1], places[i]);
    auto store = must(open_store(places[i]));
    model.learn_numbers(*store);
    model.expect_same(*store);
    EXPECT_GT(store->new_id(), last) << "a number would come twice";
    work(model, *store);
    model.expect_same(*store);
    last = store->new_id();
    if (HasFailure()) FAIL() << places[i];
  }
}

TEST_F(CopyTest, ACopyIsOfOneMomentWhileAHubWorks) {
  PostgresHome home;
  auto store = must(open_store(home.where()));
  ASSERT_TRUE(store->commit({pending("f", "a")}));
  auto source = must(open_source(home.where()));
  const StoreTable& changes = *std::find_if(
      store_tables().begin(), store_tables().end(),
      [](const StoreTable& table) { return std::string_view(table.name) == "changes"; });
  EXPECT_EQ(must(source->count(changes)), 1);
  ASSERT_TRUE(store->commit({pending("f", "b")}));
  EXPECT_EQ(must(source->count(changes)), 1);
}

TEST_F(CopyTest, NothingIsCopiedOverSomething) {
  SqliteHome one;
  PostgresHome two;
  ASSERT_TRUE(must(open_store(one.where()))->commit({pending("f", "a")}));
  ASSERT_TRUE(must(open_store(two.where()))->commit({pending("f", "b")}));
  EXPECT_THAT(refusal(one.where(), two.where()).message, HasSubstr("there is something in it"));
  EXPECT_THAT(refusal(two.where(), one.where()).message, HasSubstr("there is something in it"));
  EXPECT_EQ(must(must(open_store(two.where()))->changes({})).at(0).entity_id, "b");
}

TEST_F(CopyTest, AStoreThatIsBeingWrittenToByAHubIsNotFilled) {
  SqliteHome one;
  SqliteHome two;
  ASSERT_TRUE(must(open_store(one.where()))->commit({pending("f", "a")}));
  auto hub = must(open_store(two.where()));
  EXPECT_EQ(refusal(one.where(), two.where()).fault, Fault::kRetryLater);
}

TEST_F(CopyTest, WhatWasBegunAndDidNotEndIsNotTakenForAStore) {
  SqliteHome one;
  PostgresHome two;
  for (const std::string& where : {one.where(), two.where()}) {
    ASSERT_NE(must(open_sink(where)), nullptr);
    for (const bool read_only : {false, true}) {
      auto store = open_store(where, {.read_only = read_only});
      ASSERT_FALSE(store) << where;
      EXPECT_THAT(store.error().message, HasSubstr("a copy into it was begun and did not end"));
    }
    EXPECT_THAT(refusal(where, where).message, HasSubstr("did not end"));
  }
}

}  // namespace
}  // namespace navette::test
