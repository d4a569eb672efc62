// Goal: `navette shadow` says what a new configuration would have done otherwise, and sends
// nothing. Method: a simulated pair of systems that an engine has worked on under one
// configuration; then others, over peers that fail the test on any write.

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/sim_world.h"
#include "tests/tools/reading_peers.h"
#include "tools/exit.h"
#include "tools/shadow_report.h"
#include "tools/shadow_run.h"

namespace navette::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using tools::Shadow;
using tools::ShadowOptions;

class ShadowTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* severity : {"low", "high", "low", "odd"}) {
      ids_.push_back(
          world_.client.edit("", {{"title", Json(severity)}, {"severity", Json(severity)}}));
    }
    world_.start();
    ASSERT_TRUE(world_.settle());
    world_.kill();
    next_ = world_.flow;
    next_.hash = "new";
  }
  FieldRule& rule(const std::string& name) {
    for (FieldRule& one : next_.fields) {
      if (one.name == name) return one;
    }
    ADD_FAILURE() << name;
    return next_.fields.front();
  }
  Json shadow(ShadowOptions options = {}) {
    peers_ = std::make_unique<ReadingPeers>(world_.loop, world_.client, world_.provider);
    peers_->in_scope_of = in_scope_of_;
    std::vector<FlowConfig> flows;
    if (!next_.name.empty()) flows.push_back(next_);
    Shadow shadow(
        {world_.loop, world_.random, *world_.store, *peers_, world_.events}, flows,
        [this](const std::string& hash) -> Result<FlowConfig> {
          if (hash == "h") return world_.flow;
          return Error{Fault::kRejected, "not in the store: " + hash};
        },
        {"s3cr3t-word"}, std::move(options));
    Result<Json> report = Error{Fault::kRetryLater, "no answer"};
    bool done = false;
    shadow.run([&](Result<Json> answer) {
      report = std::move(answer);
      done = true;
    });
    EXPECT_TRUE(world_.loop.run_until([&] { return done; }, std::chrono::hours(1)));
    if (report) return *report;
    ADD_FAILURE() << report.error().message;
    return {};
  }
  // "kind path count overwrites"
  static std::vector<std::string> told(const Json& report) {
    std::vector<std::string> out;
    for (const Json& one : report.at("groups").items()) {
      out.push_back(one.at("side").text() + " " + one.at("kind").text() + " " +
                    one.at("path").text() + " " + one.at("count").text() + " " +
                    one.at("overwrites").text() + " " + one.at("deletes").text());
    }
    return out;
  }

  SimWorld world_{11};
  FlowConfig next_;
  std::vector<std::string> ids_;
  std::unique_ptr<ReadingPeers> peers_;
  std::function<bool(const Json& where, const Record&)> in_scope_of_;
};

TEST_F(ShadowTest, TheSameMappingUnderAnotherHashMakesNoDifference) {
  const Json report = shadow();
  EXPECT_THAT(told(report), IsEmpty());
  EXPECT_EQ(report.at("compared").as_int(), 8) << "each ticket of either side";
  EXPECT_EQ(tools::shadow_exit(report), tools::kOk);
  EXPECT_THAT(tools::shadow_text(report), HasSubstr("No difference."));
}

TEST_F(ShadowTest, UnderTheSameConfigurationNothingIsRead) {
  next_.hash = "h";
  const Json report = shadow();
  EXPECT_EQ(report.at("same").as_int(), 8);
  EXPECT_EQ(peers_->fetches, 0);
  EXPECT_EQ(tools::shadow_exit(report), tools::kOk);
}

TEST_F(ShadowTest, AnotherTableIsGroupedByFieldWithSamplesAndOverwrites) {
  Table severities;
  severities.name = "severities";
  severities.rows = {{Json("low"), Json("minor")}, {Json("high"), Json("high")}};
  next_.tables["severities"] = severities;
  rule("severity~priority").table = "severities";
  const Json report = shadow();
  EXPECT_THAT(told(report), UnorderedElementsAre("provider another value priority 2 2 0",
                                                 "provider new error priority 1 0 0",
                                                 "client new error severity 3 0 0"));
  EXPECT_EQ(report.at("overwrites").as_int(), 2);
  const std::string text = tools::shadow_text(report);
  EXPECT_THAT(text, HasSubstr("client:" + ids_[0] + ": low -> minor"));
  EXPECT_EQ(tools::shadow_exit(report), tools::kBad);
}

TEST_F(ShadowTest, ANewRuleThatWouldOverwriteOrEmptyIsTold) {
  FieldRule added;
  added.client = "team";
  added.provider = "category";
  added.name = "team~category";
  added.empty.provider = EmptyPolicy::kNull;
  added.only_towards = Side::kProvider;
  next_.fields.push_back(added);
  world_.client.edit(ids_[0], {{"team", Json("A")}});
  const auto twin = [this](const std::string& id) {
    return (*world_.store->link_of("acme", Side::kClient, id))->provider_id;
  };
  world_.provider.edit(twin(ids_[0]), {{"category", Json("B")}});
  world_.provider.edit(twin(ids_[1]), {{"category", Json("C")}});
  const Json report = shadow();
  EXPECT_THAT(told(report), ElementsAre("provider newly written category 4 1 1"));
  EXPECT_EQ(report.at("deletes").as_int(), 1);
}

TEST_F(ShadowTest, WhatIsTakenInOrLeftOutIsTold) {
  next_.client.where = Json(Json::Object{{"queue", "new"}});
  const std::string out = ids_[2];
  in_scope_of_ = [out](const Json& where, const Record& record) {
    return where.size() == 0 || record.id != out;
  };
  EXPECT_THAT(told(shadow()), ElementsAre("client newly filtered  1 0 0"));
  in_scope_of_ = [out](const Json& where, const Record& record) {
    return where.size() != 0 || record.id != out;
  };
  EXPECT_THAT(told(shadow()), ElementsAre("client newly taken in  1 0 0"));
}

TEST_F(ShadowTest, AFlowThatIsGoneAndAConfigurationThatIsLostAreTold) {
  next_.name = "other";
  EXPECT_THAT(told(shadow()),
              UnorderedElementsAre("client flow removed  4 0 0", "provider flow removed  4 0 0"));
  next_.name = "acme";
  ChangeRow change;
  change.flow = "acme";
  change.entity_id = ids_[0];
  change.config_hash = "lost";
  change.received_at = world_.loop.now().time_since_epoch().count();
  ASSERT_TRUE(world_.store->commit({AddChange{change}}));
  const Json report = shadow();
  EXPECT_EQ(report.at("not_compared").at("not in the store: lost").as_int(), 1);
  EXPECT_EQ(tools::shadow_exit(report), tools::kBad);
}

TEST_F(ShadowTest, TheMessageThatWasKeptIsUsedInPlaceOfTheTicketOfNow) {
  rule("title~subject").text_steps = {"upper"};
  ChangeRow change;
  change.flow = "acme";
  change.entity_id = ids_[0];
  change.config_hash = "h";
  change.disposition = Disposition::kDead;
  change.payload = R"({"id":"1","doc":{"id":"1","title":"as s3cr3t-word was"}})";
  change.ended_at = world_.loop.now().time_since_epoch().count();
  ASSERT_TRUE(world_.store->commit({AddChange{change}}));
  ShadowOptions options;
  options.since = change.ended_at;
  const Json report = shadow(options);
  ASSERT_EQ(report.at("groups").size(), 1U) << report.dump();
  const Json& sample = report.at("groups").items()[0].at("samples").items()[0];
  EXPECT_EQ(sample.at("before").text(), "as *** was");
  EXPECT_EQ(report.at("changes").as_int(), 1);
}

TEST_F(ShadowTest, TheLimitIsToldAndASystemThatFailsToo) {
  ShadowOptions options;
  options.tickets_max = 3;
  const Json report = shadow(options);
  EXPECT_EQ(report.at("left_out").as_int(), 5);
  EXPECT_EQ(tools::shadow_exit(report), tools::kBad);
  world_.provider.down = true;
  EXPECT_EQ(tools::shadow_exit(shadow()), tools::kFailed);
}

}  // namespace
}  // namespace navette::test
