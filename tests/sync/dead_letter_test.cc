// Goal: what is dead is kept whole, and comes to its end once somebody has mended the cause.
// Method: a tracker that refuses some tickets, then a mended configuration, message or tracker.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync/link_state.h"
#include "tests/sync/refusing_world.h"

namespace navette::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string long_subject(const Command& command) {
  const Json* subject = field_of(command, "subject");
  return subject != nullptr && subject->text().size() > 20 ? "the subject is too long" : "";
}

const ReplayOrder kAllDead = {.filter = {.disposition = Disposition::kDead}};

// A world with one dead change, whose ticket is named.
struct OneDead {
  explicit OneDead(std::uint64_t seed) : world(seed) {
    world.refuse = long_subject;
    id = world.client.edit(
        "", {{"title", Json("a title of many words too many")}, {"severity", Json("high")}});
    world.start();
    world.loop.run_for(std::chrono::seconds(10));
    const auto dead = world.store->changes({.disposition = Disposition::kDead});
    if (dead->size() == 1) letter = dead->front();
  }
  RefusingWorld world;
  std::string id;
  ChangeRow letter;
};

TEST(DeadLetter, IsKeptWholeWithWhatWasReadAndWhatWasAnswered) {
  OneDead one(1);
  ASSERT_NE(one.letter.seq, 0);
  EXPECT_THAT(one.letter.reason, HasSubstr("the subject is too long"));
  const auto whole = letter_whole(*one.world.store, one.letter.seq);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->at("payload").at("doc").at("title").text(), "a title of many words too many");
  EXPECT_EQ(whole->at("config_hash").text(), "h");
  EXPECT_FALSE(whole->at("correlation").text().empty());
  ASSERT_EQ(whole->at("commands").size(), 1U);
  const Json& command = whole->at("commands").items()[0];
  EXPECT_EQ(command.at("phase").text(), "dead");
  EXPECT_EQ(command.at("attempts").as_int(), 1);
  EXPECT_EQ(command.at("outcome").text(), "rejected: the subject is too long");
  std::vector<std::string> kinds;
  for (const Json& event : whole->at("events").items()) kinds.push_back(event.at("kind").text());
  EXPECT_THAT(kinds, ElementsAre("sent", "dead"));
}

TEST(DeadLetter, ComesThroughOnceTheCauseIsMended) {
  OneDead one(2);
  one.world.peers->refuse({});
  const Json report = one.world.replay(kAllDead);
  EXPECT_EQ(report.at("chosen").as_int(), 1) << report.dump();
  EXPECT_EQ(report.at("delivered").as_int(), 1) << report.dump();
  EXPECT_EQ(report.at("difference").as_int(-1), 0);
  EXPECT_FALSE(report.at("open").as_bool(true));
  EXPECT_EQ(one.world.provider.tickets().size(), 1U);
  // Both tries are told under one number.
  const auto whole = letter_whole(*one.world.store, one.letter.seq);
  ASSERT_TRUE(whole);
  ASSERT_GE(whole->at("commands").size(), 2U);
  EXPECT_EQ(whole->at("commands").items()[0].at("phase").text(), "superseded");
  EXPECT_EQ(one.world.store->links({})->front().id, one.letter.link);
}

TEST(DeadLetter, DiesAgainWhenNothingWasMended) {
  OneDead one(3);
  const Json report = one.world.replay(kAllDead);
  EXPECT_EQ(report.at("dead").as_int(), 1) << report.dump();
  EXPECT_EQ(report.at("difference").as_int(-1), 0);
  EXPECT_EQ(one.world.peers->creates, 0);
}

// An edited message goes through once, and is not undone, nor sent back, by the next look.
TEST(DeadLetter, AnEditedMessageGoesThroughAndTheSourceStaysAsItIs) {
  OneDead one(4);
  Json message = *Json::parse(one.letter.payload);
  message.find("doc")->set("title", "short");
  ASSERT_TRUE(edit_dead(*one.world.store, one.letter.seq, message.dump(), one.world.now()));
  const auto whole = letter_whole(*one.world.store, one.letter.seq);
  EXPECT_EQ(whole->at("payload").at("doc").at("title").text(), "a title of many words too many");
  EXPECT_EQ(whole->at("edited").at("differs").dump(), R"({"doc":{"title":"short"}})");
  EXPECT_EQ(one.world.replay(kAllDead).at("delivered").as_int(), 1);
  ASSERT_EQ(one.world.provider.tickets().size(), 1U);
  const std::string twin = one.world.provider.tickets().begin()->first;
  EXPECT_EQ(one.world.provider.fetch(twin).doc.at("subject").text(), "short");
  EXPECT_EQ(one.world.provider.fetch(twin).doc.at("priority").text(), "high");
  // The client's next change of another field leaves the edited one alone.
  one.world.client.edit(one.id, {{"severity", Json("low")}});
  one.world.loop.run_for(std::chrono::seconds(20));
  EXPECT_EQ(one.world.provider.fetch(twin).doc.at("priority").text(), "low");
  EXPECT_EQ(one.world.provider.fetch(twin).doc.at("subject").text(), "short");
  EXPECT_EQ(one.world.client.fetch(one.id).doc.at("title").text(),
            "a title of many words too many");
}

TEST(DeadLetter, AnEditMustBeAWholeMessageOfADeadChange) {
  OneDead one(5);
  Store& store = *one.world.store;
  EXPECT_FALSE(edit_dead(store, one.letter.seq, "{}", 1));
  EXPECT_FALSE(edit_dead(store, one.letter.seq, "no JSON", 1));
  EXPECT_FALSE(edit_dead(store, 999'999, one.letter.payload, 1));
  EXPECT_TRUE(edit_dead(store, one.letter.seq, one.letter.payload, 1));
  EXPECT_FALSE(store.edit(one.letter.seq)->has_value()) << "nothing differs: that is no edit";
}

TEST(DeadLetter, DroppingLeavesALineAndTheCountsBalance) {
  OneDead one(6);
  Store& store = *one.world.store;
  EXPECT_FALSE(drop_dead(store, {}, "", 1)) << "it needs a reason";
  EXPECT_EQ(*drop_dead(store, {.seqs = {one.letter.seq}}, "a test ticket", one.world.now()), 1);
  EXPECT_EQ(one.world.ended_as(Disposition::kDead), 0);
  EXPECT_EQ(one.world.ended_as(Disposition::kFiltered), 1);
  const FlowCounts counts = store.counts()->front();
  EXPECT_EQ(counts.accepted, 1);
  const auto whole = letter_whole(store, one.letter.seq);
  EXPECT_EQ(whole->at("reason").text(), "dropped: a test ticket");
  EXPECT_EQ(whole->at("events").items().back().at("kind").text(), "dropped");
  EXPECT_THAT(one.world.replay(kAllDead).text(), HasSubstr("no change is found"));
}

TEST(DeadLetter, ALaterSuccessClosesOlderErrorsOfTheSameTickets) {
  OneDead one(7);
  one.world.client.edit(one.id, {{"title", Json("still a title of too many words")}});
  one.world.loop.run_for(std::chrono::seconds(10));
  EXPECT_EQ(one.world.ended_as(Disposition::kDead), 2);
  one.world.client.edit(one.id, {{"title", Json("short")}});
  one.world.loop.run_for(std::chrono::seconds(10));
  EXPECT_EQ(one.world.ended_as(Disposition::kDead), 0);
  EXPECT_EQ(one.world.provider.tickets().size(), 1U);
  const auto first = letter_whole(*one.world.store, one.letter.seq);
  EXPECT_EQ(first->at("state").text(), "delivered");
  EXPECT_THAT(first->at("reason").text(), HasSubstr("superseded by change 3"));
  const auto events = one.world.store->events(one.world.store->links({})->front().id, 100);
  EXPECT_TRUE(std::any_of(events->begin(), events->end(),
                          [](const EventRow& row) { return row.kind == "superseded"; }));
}

// The very command again: its own key, and only after a look for what it may have made.
TEST(Replay, ACommandIsSentAgainUnderItsOwnKey) {
  OneDead one(8);
  one.world.peers->refuse({});
  one.world.client.edit(one.id, {{"severity", Json("low")}});  // what is mapped now would differ
  ReplayOrder order = kAllDead;
  order.filter.seqs = {one.letter.seq};
  order.from = ReplayFrom::kCommand;
  one.world.kill();
  ASSERT_TRUE(one.world.store->commit(
      {SetCursor{"acme/client", std::to_string(one.world.client.version())}}));
  one.world.start();
  EXPECT_EQ(one.world.replay(order).at("delivered").as_int(), 1);
  const auto& keys = one.world.peers->keys;
  ASSERT_GE(keys.size(), 2U);
  EXPECT_EQ(keys[0], keys[1]);
  EXPECT_EQ(one.world.provider.tickets().size(), 1U);
}

TEST(Replay, ACommandThatWasCarriedOutAfterAllIsFoundAndNotSent) {
  OneDead one(9);
  one.world.peers->refuse({});
  one.world.provider.edit("",
                          {{"subject", Json("made by hand")}, {"reference", Json("C-" + one.id)}});
  ReplayOrder order = kAllDead;
  order.from = ReplayFrom::kCommand;
  one.world.replay(order);
  EXPECT_EQ(one.world.peers->creates, 0);
  EXPECT_EQ(one.world.provider.tickets().size(), 1U);
  EXPECT_EQ(one.world.ended_as(Disposition::kDead), 0);
}

TEST(Replay, WithTheConfigurationOfThen) {
  OneDead one(10);
  one.world.known_configs["h"] = one.world.flow;
  one.world.kill();
  // The new configuration drops the severity; the old one carried it.
  std::erase_if(one.world.flow.fields,
                [](const FieldRule& rule) { return rule.client == "severity"; });
  one.world.flow.hash = "h2";
  ASSERT_TRUE(one.world.store->commit({PutConfig{"h", "text", 1}}));
  one.world.start();
  one.world.peers->refuse({});
  ReplayOrder order = kAllDead;
  order.config_then = true;
  EXPECT_EQ(one.world.replay(order).at("delivered").as_int(), 1);
  EXPECT_EQ(one.world.provider.tickets().begin()->second.doc.at("priority").text(), "high");
}

TEST(Replay, WhatCannotBeRunIsSkippedAndSaysWhy) {
  OneDead one(11);
  one.world.flow.hash = "h2";
  one.world.kill();
  one.world.start();
  one.world.peers->refuse({});
  ReplayOrder order = kAllDead;
  order.config_then = true;
  const Json report = one.world.replay(order);
  EXPECT_EQ(report.at("skipped").dump(),
            R"({"the configuration of then (h) is not in the store":1})");
  EXPECT_EQ(report.at("difference").as_int(-1), 0);
  EXPECT_EQ(one.world.ended_as(Disposition::kDead), 1);
}

TEST(Replay, AStoppedOneLeavesTheRestAsItWas) {
  OneDead one(12);
  const auto id = begin_replay(*one.world.store, kAllDead, one.world.now());
  ASSERT_TRUE(id);
  ASSERT_TRUE(stop_replay(*one.world.store, *id, "wrong one", one.world.now()));
  EXPECT_FALSE(stop_replay(*one.world.store, *id, "", one.world.now()));
  one.world.engine->take_replays();
  one.world.loop.run_for(std::chrono::seconds(10));
  EXPECT_EQ(one.world.ended_as(Disposition::kDead), 1);
  const Json report = one.world.report(*id);
  EXPECT_EQ(report.at("stopped").text(), "wrong one");
  EXPECT_EQ(report.at("to_come").as_int(), 1);
  EXPECT_EQ(report.at("difference").as_int(-1), 0);
}

TEST(MergePatch, TurnsOneIntoTheOther) {
  const auto check = [](const char* from, const char* to) {
    Json value = *Json::parse(from);
    const Json patch = merge_patch(value, *Json::parse(to));
    if (!patch.is_null()) apply_merge_patch(value, patch);
    EXPECT_EQ(value, *Json::parse(to)) << patch.dump();
  };
  check(R"({"a":1,"b":{"c":2,"d":3},"e":[1]})", R"({"a":1,"b":{"c":4},"e":[1,2],"f":"g"})");
  check(R"({"a":{"b":1}})", R"({"a":2})");
  check(R"({"a":2})", R"({"a":{"b":1}})");
  check(R"({"a":2})", R"({"a":2})");
}

}  // namespace
}  // namespace navette::test
