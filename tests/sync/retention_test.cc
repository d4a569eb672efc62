// Goal: what is older than `retention` keeps goes, in small steps, and the engine works on as if it
// had never been there. Method: a simulated pair of systems over hours.

#include "sync/retention.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync/dead_letters.h"
#include "tests/simulation/sim_world.h"

namespace navette::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

using std::chrono::hours;

class Kept : public testing::Test {
 protected:
  void grow(int tickets) {
    for (int i = 0; i < tickets; ++i) {
      ids_.push_back(world_.client.edit("", {{"title", Json("t" + std::to_string(i))}}));
    }
    ASSERT_TRUE(world_.settle());
  }
  FlowCounts counts() { return world_.store->counts()->front(); }
  std::size_t changes() { return world_.store->changes({.limit = 100'000})->size(); }

  SimWorld world_{80};
  std::vector<std::string> ids_;
};

TEST_F(Kept, OldHistoryGoesAndEverythingElseGoesOn) {
  world_.start();
  RetentionConfig retention;
  retention.metadata = hours(2);
  retention.audit = hours(2);
  world_.engine->keep(retention);
  grow(300);
  const FlowCounts before = counts();
  EXPECT_EQ(before.pruned, 0);
  world_.loop.run_for(hours(5));
  const FlowCounts after = counts();
  EXPECT_EQ(after.accepted, before.accepted);
  EXPECT_EQ(after.pruned, after.accepted) << "all of it ended well, hours ago";
  EXPECT_EQ(after.links, 300);
  EXPECT_EQ(changes(), 0U);
  EXPECT_GT(world_.events.counts["pruned"], 0);
  const auto link = *world_.store->link_of("acme", Side::kClient, ids_[0]);
  EXPECT_THAT(*world_.store->events(link->id, 10), IsEmpty());
  EXPECT_THAT(pruned_text(*retention_marks(*world_.store), "metadata"),
              HasSubstr("retention of 2h"));

  for (const std::string& id : ids_) world_.client.edit(id, {{"title", Json("later")}});
  ASSERT_TRUE(world_.settle());
  EXPECT_THAT(world_.violations(), IsEmpty());
  const auto none = letter_whole(*world_.store, 1);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("was pruned (retention of 2h)"));
}

TEST_F(Kept, PayloadsSayWhenTheyWent) {
  ids_.push_back(world_.client.edit("", {{"title", Json("t")}}));
  world_.start();
  RetentionConfig retention;
  retention.payload = hours(1);
  world_.engine->keep(retention);
  ASSERT_TRUE(world_.engine->hint("desk", ids_[0], R"({"id":"1","by":"a webhook"})"));
  ASSERT_TRUE(world_.settle());
  const auto seq_of_hint = [this] {
    const auto rows = *world_.store->changes({.limit = 1000});
    for (const ChangeRow& row : rows) {
      if (row.origin == "webhook") return row.seq;
    }
    return std::int64_t{0};
  };
  const std::int64_t seq = seq_of_hint();
  EXPECT_THAT(letter_whole(*world_.store, seq)->at("payload").dump(), HasSubstr("a webhook"));
  world_.loop.run_for(hours(3));
  const Json told = *letter_whole(*world_.store, seq);
  EXPECT_TRUE(told.at("payload").is_null());
  EXPECT_THAT(told.at("payload_pruned").text(), HasSubstr("retention of 1h"));
}

TEST_F(Kept, AStoreThatIsTooLargeLosesItsOldestFirst) {
  world_.start();
  grow(400);
  world_.loop.run_for(hours(2));
  RetentionConfig retention;
  const std::int64_t full = **world_.store->bytes();
  retention.bytes_max = full * 9 / 10;
  world_.engine->keep(retention);
  world_.loop.run_for(hours(2));
  EXPECT_LE(**world_.store->bytes(), *retention.bytes_max);
  EXPECT_EQ(counts().links, 400);
  EXPECT_LT(counts().pruned, counts().accepted) << "no more than must be";
  EXPECT_THAT(world_.violations(), IsEmpty());
}

}  // namespace
}  // namespace navette::test
