// The part of the suite that is about dead letters, their edits and replays.

#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/store_suite.h"

namespace navette::test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Four dead changes of two reasons, "a".."d", and a pending one, "e".
inline std::vector<ChangeRow> four_dead(Store& store) {
  EXPECT_TRUE(store.commit({pending("f", "a"), pending("f", "b"), pending("g", "c"),
                            pending("f", "d"), pending("f", "e", 77)}));
  const auto all = must(store.changes({}));
  EXPECT_TRUE(
      store.commit({EndChanges{{all[0].seq, all[2].seq}, Disposition::kDead, "No Title", 0, 10},
                    EndChanges{{all[1].seq, all[3].seq}, Disposition::kDead, "gone", 0, 20}}));
  return must(store.changes({}));
}

TEST_P(StoreSuite, DeadLettersAreFoundByReasonTextTimeAndNumber) {
  const auto all = four_dead(*store_);
  commit({PutEdit{{all[3].seq, "{\"title\":\"Mended\"}", 30}}});
  EXPECT_THAT(entities({.reason = "no title"}), ElementsAre("a", "c"));
  EXPECT_THAT(entities({.reason = "no_title"}), IsEmpty()) << "a text is no pattern";
  EXPECT_THAT(entities({.text = "GONE"}), ElementsAre("b", "d"));
  EXPECT_THAT(entities({.text = "\"id\":\"c\""}), ElementsAre("c"));
  EXPECT_THAT(entities({.text = "mended"}), ElementsAre("d"));
  EXPECT_THAT(entities({.since = 20}), ElementsAre("b", "d", "e"));
  EXPECT_THAT(entities({.until = 20}), ElementsAre("a", "c"));
  EXPECT_THAT(entities({.since = 77, .until = 78}), ElementsAre("e"));
  EXPECT_THAT(entities({.seqs = {all[3].seq, all[0].seq, 999'999}}), ElementsAre("a", "d"));
  EXPECT_THAT(entities({.sides = {{"f", Side::kClient}}, .reason = "title"}), ElementsAre("a"));
  EXPECT_THAT(entities({.sides = {{"f", Side::kProvider}, {"g", Side::kClient}}}),
              ElementsAre("c"));
}

TEST_P(StoreSuite, ReasonsCountEverythingThatTheFilterFinds) {
  four_dead(*store_);
  const auto all = must(store_->reasons({.disposition = Disposition::kDead, .limit = 1}));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].flow, "f");
  EXPECT_EQ(all[0].reason, "No Title");
  EXPECT_EQ(all[0].changes, 1);
  EXPECT_EQ(all[1].reason, "gone");
  EXPECT_EQ(all[1].changes, 2);
  EXPECT_EQ(all[1].disposition, Disposition::kDead);
  EXPECT_EQ(all[1].first, 20);
  EXPECT_EQ(all[1].last, 20);
  EXPECT_EQ(all[2].flow, "g");
  EXPECT_THAT(must(store_->reasons({.flow = "h"})), IsEmpty());
}

TEST_P(StoreSuite, ADeadLetterMovesToAnotherEndAndTheCountsBalance) {
  const auto all = four_dead(*store_);
  commit({MoveChanges{{all[0].seq, all[4].seq, 999'999},
                      Disposition::kDead,
                      Disposition::kFiltered,
                      "dropped: a test",
                      40}});
  const auto moved = must(store_->change(all[0].seq));
  EXPECT_EQ(moved->disposition, Disposition::kFiltered);
  EXPECT_EQ(moved->reason, "dropped: a test");
  EXPECT_EQ(moved->ended_at, 40);
  EXPECT_EQ(must(store_->change(all[4].seq))->disposition, Disposition::kPending);
  const FlowCounts flow = counts("f");
  EXPECT_EQ(flow.accepted, 4);
  EXPECT_EQ(flow.by[static_cast<int>(Disposition::kDead)], 2);
  EXPECT_EQ(flow.by[static_cast<int>(Disposition::kFiltered)], 1);
  EXPECT_FALSE(
      store_->commit({MoveChanges{{all[1].seq}, Disposition::kDead, Disposition::kPending, "", 0}}))
      << "that is what ReviveChanges is for";
}

TEST_P(StoreSuite, AnEditLiesBesideThePayloadAndCanBeTakenAway) {
  const auto all = four_dead(*store_);
  EXPECT_FALSE(must(store_->edit(all[0].seq)).has_value());
  commit({PutEdit{{all[0].seq, "first", 5}}});
  commit({PutEdit{{all[0].seq, "second", 6}}});
  reopen();
  const auto edit = must(store_->edit(all[0].seq));
  ASSERT_TRUE(edit.has_value());
  EXPECT_EQ(edit->payload, "second");
  EXPECT_EQ(edit->at, 6);
  EXPECT_EQ(must(store_->change(all[0].seq))->payload, all[0].payload);
  commit({PutEdit{{all[0].seq, "", 7}}, PutEdit{{999'999, "of nothing", 7}}});
  EXPECT_FALSE(must(store_->edit(all[0].seq)).has_value());
  EXPECT_FALSE(must(store_->edit(999'999)).has_value());
}

TEST_P(StoreSuite, APayloadCanBeSetLater) {
  const auto all = four_dead(*store_);
  commit({SetPayload{all[0].seq, "what was read"}, SetPayload{all[1].seq, ""},
          SetPayload{999'999, "of nothing"}});
  EXPECT_EQ(must(store_->change(all[0].seq))->payload, "what was read");
  EXPECT_EQ(must(store_->change(all[1].seq))->payload, "");
}

TEST_P(StoreSuite, AReplayChoosesWhatNoOtherOpenOneHas) {
  const auto all = four_dead(*store_);
  const std::int64_t first = store_->new_id();
  const std::int64_t second = store_->new_id();
  commit({PutReplay{{first, true, "one", 1, 1}},
          ChooseChanges{first, {.limit = 1, .reason = "title"}}});
  commit({PutReplay{{second, true, "two", 2, 2}}, ChooseChanges{second, {}}});
  EXPECT_THAT(entities({.replay = first}), ElementsAre("a", "c"));
  EXPECT_THAT(entities({.replay = second}), ElementsAre("b", "d"))
      << "what is pending is not chosen";
  EXPECT_EQ(must(store_->change(all[0].seq))->replay, first);
  commit({ReviveChanges{{all[0].seq}, 50}});
  EXPECT_EQ(must(store_->change(all[0].seq))->replay, first) << "a revived one stays with it";
  EXPECT_THAT(entities({.disposition = Disposition::kDead, .replay = first}), ElementsAre("c"));
  EXPECT_THAT(entities({.after_seq = all[0].seq, .replay = first}), ElementsAre("c"));
  commit({ReleaseChanges{{all[2].seq}}, PutReplay{{first, false, "done", 1, 3}}});
  EXPECT_THAT(entities({.replay = first}), ElementsAre("a"));
  commit({EndChanges{{all[0].seq}, Disposition::kDead, "again", 0, 60}});
  commit({ChooseChanges{second, {}}});
  EXPECT_THAT(entities({.replay = second}), ElementsAre("a", "b", "c", "d"));
}

TEST_P(StoreSuite, ReplaysAreListedNewestFirst) {
  const std::int64_t a = store_->new_id();
  const std::int64_t b = store_->new_id();
  commit({PutReplay{{a, true, "{}", 1, 2}}, PutReplay{{b, false, "{\"x\":1}", 3, 4}}});
  reopen();
  const auto all = must(store_->replays(false, 10));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].id, b);
  EXPECT_FALSE(all[0].open);
  EXPECT_EQ(all[0].state, "{\"x\":1}");
  EXPECT_EQ(all[0].created_at, 3);
  EXPECT_EQ(all[0].updated_at, 4);
  const auto open = must(store_->replays(true, 10));
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].id, a);
  EXPECT_EQ(must(store_->replay(a))->updated_at, 2);
  EXPECT_FALSE(must(store_->replay(999'999)).has_value());
}

TEST_P(StoreSuite, AConfigurationIsKeptOnceUnderItsHash) {
  EXPECT_FALSE(must(store_->config("cafe")).has_value());
  commit({PutConfig{"cafe", "flow: a", 1}, PutConfig{"cafe", "flow: b", 2}});
  reopen();
  EXPECT_EQ(must(store_->config("cafe")).value_or(""), "flow: a");
}

TEST_P(StoreSuite, EventsWithoutALinkAreFoundByTheirCorrelation) {
  commit({AddEvent{{0, 1, "f", 0, "dead", "c1", "one"}},
          AddEvent{{0, 2, "f", 7, "sent", "c1", "x"}},
          AddEvent{{0, 3, "f", 0, "dropped", "c1", "two"}},
          AddEvent{{0, 4, "f", 0, "dead", "c2", "three"}}});
  const auto rows = must(store_->unlinked_events("c1", 10));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].data, "one");
  EXPECT_EQ(rows[1].data, "two");
  EXPECT_EQ(rows[1].flow, "f");
  EXPECT_THAT(must(store_->unlinked_events("c1", 1)).front().data, "two");
}

}  // namespace navette::test
