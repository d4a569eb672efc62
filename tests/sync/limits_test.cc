// Goal: a flow overwrites no more than its limits allow until a person lets it go on, and loses
// nothing meanwhile. Method: a simulated pair of systems in which many values change at once.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync/write_limits.h"
#include "tests/simulation/sim_world.h"

namespace navette::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using Answer = WriteLimits::Answer;

constexpr std::int64_t kMinuteMs = 60'000;

FlowConfig limited(std::optional<std::int64_t> overwrites, std::optional<std::int64_t> clears) {
  FlowConfig flow = example_flow();
  flow.limits = {overwrites, clears};
  return flow;
}

class FlowLimit : public testing::Test {
 protected:
  void grow(SimWorld& world, int tickets) {
    for (int i = 0; i < tickets; ++i) {
      ids_.push_back(world.client.edit(
          "", {{"title", Json("ticket " + std::to_string(i))}, {"severity", Json("low")}}));
    }
    world.start();
    ASSERT_TRUE(world.settle());
  }
  void edit_all(SimWorld& world, const std::string& path, const Json& value) {
    for (const std::string& id : ids_) world.client.edit(id, {{path, value}});
    world.loop.run_for(std::chrono::minutes(2));
  }
  static int provider_has(const SimWorld& world, const std::string& path, const Json& value) {
    int count = 0;
    for (const auto& [id, ticket] : world.provider.tickets()) {
      if (ticket.doc.at(path) == value) ++count;
    }
    return count;
  }
  static FlowCounts counts(const SimWorld& world) { return world.store->counts()->front(); }
  static void resume(SimWorld& world, std::int64_t free_for_ms = 0) {
    const std::int64_t now = world.loop.now().time_since_epoch().count();
    ASSERT_TRUE(resume_flow(*world.store, "acme", now, free_for_ms));
    world.engine->take_in();
  }

  std::vector<std::string> ids_;
};

TEST_F(FlowLimit, BeyondItNothingIsWrittenUntilAPersonLetsItGoOn) {
  SimWorld world(60, limited(3, std::nullopt));
  grow(world, 5);
  edit_all(world, "title", Json("all the same"));
  EXPECT_EQ(provider_has(world, "subject", Json("all the same")), 3);
  const auto pending = counts(world).by[static_cast<int>(Disposition::kPending)];
  EXPECT_GE(pending, 2) << "and what the systems told of the three that were written";
  EXPECT_EQ(world.events.counts["flow_held"], 1);
  const auto hold = hold_of(*world.store, "acme");
  ASSERT_TRUE(hold);
  EXPECT_THAT(hold->text("acme"), HasSubstr("4 values would have been overwritten within an hour, "
                                            "and its limit is 3"));
  const auto waiting = *world.store->waiting();
  ASSERT_FALSE(waiting.empty());
  EXPECT_THAT(waiting.front().reason, HasSubstr("navette resume acme"));
  EXPECT_THAT(world.engine->gauges().at("flows").items()[0].at("held").text(),
              HasSubstr("held since"));

  // Nothing else of the flow is written either, also not by the next process.
  const int writes = world.peers->writes;
  world.client.edit("", {{"title", Json("new")}});
  world.loop.run_for(std::chrono::minutes(2));
  EXPECT_EQ(world.peers->writes, writes);
  world.kill();
  world.start();
  world.loop.run_for(std::chrono::minutes(2));
  EXPECT_EQ(world.peers->writes, 0);
  EXPECT_EQ(counts(world).by[static_cast<int>(Disposition::kPending)], pending + 1);

  resume(world);
  ASSERT_TRUE(world.settle());
  EXPECT_EQ(provider_has(world, "subject", Json("all the same")), 5);
  EXPECT_THAT(world.violations(), IsEmpty());
  EXPECT_EQ(world.events.counts["flow_held"], 1);
  EXPECT_EQ(world.events.counts["flow_resumed"], 1);
}

TEST_F(FlowLimit, WhatIsEmptiedCountsApart) {
  SimWorld world(61, limited(std::nullopt, 1));
  grow(world, 3);
  edit_all(world, "title", Json("other"));
  EXPECT_EQ(world.events.counts["flow_held"], 0);
  edit_all(world, "severity", Json());
  EXPECT_EQ(world.events.counts["flow_held"], 1);
  EXPECT_EQ(provider_has(world, "priority", Json("low")), 2);
  resume(world, 10 * kMinuteMs);
  ASSERT_TRUE(world.settle());
  EXPECT_EQ(provider_has(world, "priority", Json("low")), 0);
  EXPECT_THAT(world.violations(), IsEmpty());
}

TEST_F(FlowLimit, IsOfAnHourAndNewTicketsDoNotCount) {
  SimWorld world(62, limited(3, 0));
  grow(world, 3);
  edit_all(world, "title", Json("once"));
  world.loop.run_for(std::chrono::minutes(61));
  edit_all(world, "title", Json("twice"));
  ASSERT_TRUE(world.settle());
  EXPECT_EQ(world.events.counts["flow_held"], 0);
  EXPECT_EQ(provider_has(world, "subject", Json("twice")), 3);
}

// One unit a minute, as the engine would count.
class Counted : public testing::Test {
 protected:
  Answer take(WriteLimits& limits, std::int64_t now) {
    Batch batch;
    const Answer answer = limits.take("acme", {1, 0}, "client:1", now, batch);
    if (!batch.empty()) {
      EXPECT_TRUE(store_->commit(batch));
    }
    return answer;
  }
  WriteLimits fresh(std::int64_t overwrites) {
    WriteLimits limits(*store_);
    limits.configure({limited(overwrites, std::nullopt)});
    return limits;
  }
  std::unique_ptr<Store> store_ = std::move(*open_store("sqlite::memory:"));
};

TEST_F(Counted, TheCountOutlivesTheProcess) {
  WriteLimits first = fresh(2);
  EXPECT_EQ(take(first, 100 * kMinuteMs), Answer::kTaken);
  EXPECT_EQ(take(first, 101 * kMinuteMs), Answer::kTaken);
  WriteLimits second = fresh(2);
  EXPECT_EQ(take(second, 159 * kMinuteMs), Answer::kHolds);
  EXPECT_EQ(take(second, 1000 * kMinuteMs), Answer::kHeld);
}

TEST_F(Counted, AClockThatIsSetBackForgetsNothing) {
  WriteLimits limits = fresh(2);
  EXPECT_EQ(take(limits, 500 * kMinuteMs), Answer::kTaken);
  EXPECT_EQ(take(limits, 300 * kMinuteMs), Answer::kTaken);
  EXPECT_EQ(take(limits, 301 * kMinuteMs), Answer::kHolds);
}

TEST_F(Counted, WhatWasNotWrittenDoesNotCount) {
  WriteLimits limits = fresh(1);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(take(limits, 100 * kMinuteMs), Answer::kTaken);
    limits.give_back("acme", {1, 0});
  }
}

TEST_F(Counted, AnotherProcessMayLetItGoOn) {
  WriteLimits limits = fresh(0);
  EXPECT_EQ(take(limits, 100 * kMinuteMs), Answer::kHolds);
  EXPECT_THAT(limits.look_again(false), IsEmpty());
  EXPECT_NE(limits.held("acme"), "");
  ASSERT_TRUE(resume_flow(*store_, "acme", 100 * kMinuteMs, 5 * kMinuteMs));
  EXPECT_THAT(limits.look_again(false), testing::ElementsAre("acme"));
  EXPECT_EQ(limits.held("acme"), "");
  EXPECT_EQ(take(limits, 104 * kMinuteMs), Answer::kTaken) << "free until then";
  EXPECT_EQ(take(limits, 105 * kMinuteMs), Answer::kHolds);
}

}  // namespace
}  // namespace navette::test
