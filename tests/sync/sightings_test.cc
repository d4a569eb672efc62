// Answers that are older than what was read before, and writes that nobody knows the end of.

#include "sync/sightings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync/merge.h"
#include "tests/simulation/sim_loop.h"
#include "tests/simulation/sim_world.h"

namespace navette::test {
namespace {

using std::chrono::milliseconds;

Record at(const std::string& updated_at) {
  Record record;
  record.id = "1";
  record.updated_at = updated_at;
  return record;
}

TEST(Sightings, AnAnswerOlderThanThoseBeforeIsReadAgain) {
  SimLoop loop(1);
  Sightings sightings(loop);
  EXPECT_GT(sightings.doubt("1", at("2026-01-01T00:00:00Z"), "2026-01-01T00:00:01Z").count(), 0);
  EXPECT_EQ(sightings.doubt("1", at("2026-01-01T00:00:01.5Z"), "2026-01-01T00:00:01Z").count(), 0);
}

TEST(Sightings, AnAnswerOlderThanThePollSaidIsReadAgain) {
  SimLoop loop(1);
  Sightings sightings(loop);
  sightings.announced("1", "2026-01-01T00:00:05Z");
  EXPECT_GT(sightings.doubt("1", at("2026-01-01T00:00:04Z"), "").count(), 0);
  EXPECT_EQ(sightings.doubt("1", at("2026-01-01T00:00:05Z"), "").count(), 0);
}

TEST(Sightings, AClockThatWasSetBackHoldsATicketUpForAMomentOnly) {
  SimLoop loop(1);
  Sightings sightings(loop);
  const std::string newest = "2026-01-01T01:00:00Z";
  EXPECT_GT(sightings.doubt("1", at("2026-01-01T00:00:00Z"), newest).count(), 0);
  loop.run_for(Sightings::kLagMax);
  EXPECT_EQ(sightings.doubt("1", at("2026-01-01T00:00:00Z"), newest).count(), 0);
}

TEST(Sightings, AfterAClockWasSetBackTheNewTimesAreTheMeasure) {
  SimLoop loop(1);
  Sightings sightings(loop);
  const std::string newest = "2026-01-01T01:00:00Z";
  sightings.doubt("1", at("2026-01-01T00:00:00Z"), newest);
  loop.run_for(Sightings::kLagMax);
  ASSERT_EQ(sightings.doubt("1", at("2026-01-01T00:00:00Z"), newest).count(), 0);
  // The run that relied upon it stored nothing; the next one need not wait again.
  EXPECT_EQ(sightings.doubt("1", at("2026-01-01T00:00:00Z"), newest).count(), 0);
  EXPECT_EQ(sightings.doubt("1", at("2026-01-01T00:00:02Z"), newest).count(), 0);
  // And an answer of a replica is told by the new times.
  EXPECT_GT(sightings.doubt("1", at("2026-01-01T00:00:02Z"), "2026-01-01T00:00:03Z").count(), 0);
}

TEST(Sightings, WhatOurOwnWriteShowsOfAClockThatWasSetBack) {
  SimLoop loop(1);
  Sightings sightings(loop);
  const std::string before = "2026-01-01T01:00:00Z";
  const std::string written = "2026-01-01T00:00:00Z";
  sightings.wrote("1", written, before);
  EXPECT_EQ(sightings.doubt("1", at(written), written).count(), 0);
  EXPECT_GT(sightings.doubt("1", at(before), written).count(), 0);  // a replica's, of before
  loop.run_for(Sightings::kLagMax);
  EXPECT_EQ(sightings.doubt("1", at("2026-01-01T00:00:03Z"), written).count(), 0);
}

TEST(Sightings, AfterTheFeedWasSetBackItsChangesAreWaitedForThoughTheTicketLooksNewer) {
  SimLoop loop(1);
  Sightings sightings(loop);
  const std::string newest = "2026-01-01T01:00:00Z";
  sightings.announced("flow/client:2", newest);
  sightings.announced("flow/client:1", "2026-01-01T00:00:00Z");
  EXPECT_GT(sightings.doubt("flow/client:1", at(newest), newest).count(), 0);
  loop.run_for(Sightings::kLagMax);
  EXPECT_EQ(sightings.doubt("flow/client:1", at("2026-01-01T00:00:00Z"), newest).count(), 0);
  // Until it has caught up.
  sightings.announced("flow/client:2", "2026-01-01T02:00:00Z");
  sightings.announced("flow/client:3", "2026-01-01T01:59:59Z");
  EXPECT_EQ(sightings.doubt("flow/client:3", at("2026-01-01T03:00:00Z"), newest).count(), 0);
}

TEST(Sightings, AChangeBeforeThoseThatWereReadIsNoNewsAndHoldsNothingUp) {
  SimLoop loop(1);
  Sightings sightings(loop);
  const std::string newest = "2026-01-01T01:00:00Z";
  sightings.announced("flow/client:1", "2026-01-01T00:00:00Z");
  EXPECT_EQ(sightings.doubt("flow/client:1", at(newest), newest).count(), 0);
  EXPECT_EQ(sightings.doubt_nothing_new("flow/client:1").count(), 0);
}

TEST(Sightings, OneTimeInTwoSpellingsIsOneTime) {
  EXPECT_FALSE(earlier("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"));
  EXPECT_TRUE(earlier("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.100Z"));
  EXPECT_FALSE(earlier("2026-01-01T00:00:00.100Z", "2026-01-01T00:00:00Z"));
}

class OpenWrites : public testing::Test {
 protected:
  OpenSettled settle(const std::string& client_title, const std::string& provider_title) {
    client.doc = Json::object();
    client.doc.set("title", client_title);
    provider.doc = Json::object();
    if (!provider_title.empty()) provider.doc.set("subject", provider_title);
    return settle_open(*mapping, state, client, provider, early);
  }
  void sent(bool create, bool answered) {
    state.base["title~subject"] = {Json("a"), Json("a")};
    state.open["title~subject"] = {Side::kProvider, Json("b"), Json("b"), Json("a"), 1000,
                                   create,          answered};
  }
  const Sides<Json>& base() { return state.base["title~subject"]; }

  FlowConfig flow = example_flow();
  Result<Mapping> mapping = Mapping::compile(flow);
  LinkState state;
  Record client;
  Record provider;
  bool early = false;
};

TEST_F(OpenWrites, OneThatHappenedIsTheBaseForWhatWasEditedSince) {
  sent(false, false);
  settle("c", "b");
  EXPECT_EQ(base().client, Json("b"));
  EXPECT_EQ(base().provider, Json("b"));
  EXPECT_TRUE(state.open.empty());
}

TEST_F(OpenWrites, OneThatDidNotHappenLeavesTheBase) {
  sent(false, false);
  settle("b", "a");
  EXPECT_EQ(base().client, Json("a"));
  EXPECT_TRUE(state.open.empty());
}

TEST_F(OpenWrites, OneThatWasAnsweredMayTakeAMomentToBeSeenAndIsDroppedThen) {
  sent(false, true);
  early = true;
  EXPECT_TRUE(settle("b", "a").wait);
  early = false;
  EXPECT_THAT(settle("b", "a").dropped, testing::ElementsAre("title~subject"));
}

TEST_F(OpenWrites, ATwinMadeHalfWayTakesNothingBack) {
  sent(true, false);
  settle("b", "");
  EXPECT_TRUE(base().client.is_null());  // "b" is news still
  EXPECT_TRUE(base().provider.is_null());
}

TEST_F(OpenWrites, ATwinWithAnotherValueThanItWasMadeWithIsUnclear) {
  sent(true, false);
  EXPECT_THAT(settle("b", "x").unclear, testing::ElementsAre("title~subject"));
  EXPECT_TRUE(state.open.empty());
}

TEST_F(OpenWrites, LinksKeepThem) {
  sent(true, true);
  state.seen = {"2026-01-01T00:00:00Z", ""};
  const auto read = LinkState::parse(state.dump());
  ASSERT_TRUE(read);
  ASSERT_TRUE(read->open.contains("title~subject"));
  EXPECT_EQ(read->open.at("title~subject").wanted, Json("b"));
  EXPECT_TRUE(read->open.at("title~subject").create);
  EXPECT_EQ(read->seen.client, "2026-01-01T00:00:00Z");
}

}  // namespace
}  // namespace navette::test
