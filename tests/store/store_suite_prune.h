// The part of the suite that is about retention.

#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/store_suite.h"

namespace navette::test {

// One change for each way to end, "pending" .. "dead", received at 100 + its number and ended (but
// for the first) at 200 + its number.
inline std::vector<ChangeRow> one_of_each(Store& store) {
  for (int i = 0; i < kDispositionCount; ++i) {
    const std::string name(to_text(static_cast<Disposition>(i)));
    EXPECT_TRUE(store.commit({pending("f", name, 100 + i)}));
    const std::int64_t seq = must(store.changes({.limit = 1000})).back().seq;
    if (i == 0) continue;
    EXPECT_TRUE(
        store.commit({EndChanges{{seq}, static_cast<Disposition>(i), "because", 0, 200 + i}}));
  }
  return must(store.changes({.limit = 1000}));
}

// Steps of that many rows until the end. Gives how many rows went.
inline std::size_t prune_all(Store& store, Prunable what, std::int64_t before, int rows_max = 2) {
  std::size_t gone = 0;
  std::int64_t after = 0;
  for (int i = 0; i < 1000; ++i) {
    const PruneLook look = must(store.prune(what, before, after, rows_max, 5000));
    EXPECT_LE(look.looked_at, rows_max);
    gone += look.rows.size();
    after = look.next;
    if (look.end) return gone;
  }
  ADD_FAILURE() << "it does not end";
  return gone;
}

inline std::int64_t sum_of(const FlowCounts& counts) {
  std::int64_t sum = 0;
  for (const std::int64_t one : counts.by) sum += one;
  return sum;
}

TEST_P(StoreSuite, OnlyWhatEndedWellIsPrunedAndItStaysCounted) {
  one_of_each(*store_);
  const FlowCounts before = counts("f");
  EXPECT_EQ(prune_all(*store_, Prunable::kChanges, 203), 2U);
  EXPECT_THAT(entities(), ::testing::ElementsAre("pending", "filtered", "parked", "dead"));
  EXPECT_EQ(prune_all(*store_, Prunable::kChanges, 9000), 1U);
  EXPECT_THAT(entities(), ::testing::ElementsAre("pending", "parked", "dead"));
  EXPECT_EQ(prune_all(*store_, Prunable::kPayloads, 9000), 0U);
  const FlowCounts after = counts("f");
  EXPECT_EQ(after.accepted, 6);
  EXPECT_EQ(sum_of(after), after.accepted);
  for (int i = 0; i < kDispositionCount; ++i) EXPECT_EQ(after.by[i], before.by[i]) << i;
  EXPECT_EQ(after.pruned, 3);
  reopen();
  EXPECT_EQ(counts("f").pruned, 3);
  EXPECT_EQ(counts("f").accepted, 6);
}

TEST_P(StoreSuite, APrunedPayloadSaysWhenAndLeavesItsChange) {
  const auto all = one_of_each(*store_);
  commit({PutEdit{{all[1].seq, "edited", 1}}, PutEdit{{all[5].seq, "edited", 1}}});
  EXPECT_EQ(prune_all(*store_, Prunable::kPayloads, 9000), 3U);
  EXPECT_EQ(prune_all(*store_, Prunable::kPayloads, 9000), 0U) << "they are gone already";
  for (const ChangeRow& row : must(store_->changes({}))) {
    const bool well =
        row.disposition >= Disposition::kDelivered && row.disposition <= Disposition::kFiltered;
    EXPECT_EQ(row.payload.empty(), well) << row.entity_id;
    EXPECT_EQ(row.payload_pruned_at, well ? 5000 : 0) << row.entity_id;
  }
  EXPECT_FALSE(must(store_->edit(all[1].seq)));
  EXPECT_TRUE(must(store_->edit(all[5].seq)));
  EXPECT_EQ(must(store_->change(all[1].seq))->payload_pruned_at, 5000);
  commit({SetPayload{all[1].seq, "again"}});
  EXPECT_EQ(must(store_->change(all[1].seq))->payload_pruned_at, 0);
  EXPECT_EQ(must(store_->change(all[1].seq))->payload, "again");
}

TEST_P(StoreSuite, WhatAReplayIsAboutToRunStays) {
  one_of_each(*store_);
  const std::int64_t replay = store_->new_id();
  commit({PutReplay{{replay, true, "", 0, 0}},
          ChooseChanges{replay, {.disposition = Disposition::kDelivered}}});
  EXPECT_EQ(prune_all(*store_, Prunable::kPayloads, 9000), 2U);
  EXPECT_EQ(prune_all(*store_, Prunable::kChanges, 9000), 2U);
  commit({PutReplay{{replay, false, "", 0, 0}}});
  EXPECT_EQ(prune_all(*store_, Prunable::kChanges, 9000), 1U);
}

TEST_P(StoreSuite, WhatBecamePendingMeanwhileIsNotPruned) {
  const auto all = one_of_each(*store_);
  const PruneLook look = must(store_->prunable(Prunable::kChanges, 9000, 0, 100));
  EXPECT_EQ(look.rows.size(), 3U);
  commit({ReviveChanges{{all[1].seq}, 1}, PruneRows{Prunable::kChanges, look.rows, 1}});
  EXPECT_THAT(entities(), ::testing::ElementsAre("pending", "delivered", "parked", "dead"));
  EXPECT_EQ(counts("f").pruned, 2);
  EXPECT_EQ(sum_of(counts("f")), 6);
}

TEST_P(StoreSuite, CommandsUnderWayOrOfDeadLettersStay) {
  const auto all = one_of_each(*store_);
  Batch batch;
  std::int64_t link = 70;
  for (const char* phase : {"intended", "dead", "done", "failed"}) {
    batch.push_back(put_command(store_->new_id(), "f", ++link, phase));
  }
  PutCommand create = put_command(store_->new_id(), "f", 90, "failed");
  create.command.kind = "create";
  batch.push_back(create);
  batch.push_back(ReviveChanges{{all[5].seq}, 1});
  batch.push_back(EndChanges{{all[5].seq}, Disposition::kDead, "because", 90, 205});
  commit(batch);
  EXPECT_EQ(prune_all(*store_, Prunable::kCommands, 9000), 2U);
  EXPECT_EQ(must(store_->commands(71, false)).size(), 1U);
  EXPECT_EQ(must(store_->commands(72, false)).size(), 1U);
  EXPECT_THAT(must(store_->commands(73, false)), ::testing::IsEmpty());
  EXPECT_EQ(must(store_->commands(90, false)).size(), 1U) << "a replay from the command needs it";
  EXPECT_EQ(counts("f").open_commands, 1);
}

TEST_P(StoreSuite, EventsOfParkedFieldsStayAndLinksAreNeverTouched) {
  const std::int64_t calm = store_->new_id();
  const std::int64_t held = store_->new_id();
  PutLink parked = put_link(held, "f", "2", "2");
  parked.link.parked = 1;
  commit({put_link(calm, "f", "1", "1"), parked, AddEvent{{0, 10, "f", calm, "merged", "", ""}},
          AddEvent{{0, 10, "f", held, "parked", "", ""}},
          AddEvent{{0, 20, "f", calm, "merged", "", ""}}});
  EXPECT_EQ(prune_all(*store_, Prunable::kEvents, 20), 1U);
  EXPECT_EQ(must(store_->events(calm, 10)).size(), 1U);
  EXPECT_EQ(must(store_->events(held, 10)).size(), 1U);
  EXPECT_EQ(must(store_->links({})).size(), 2U);
}

TEST_P(StoreSuite, AStepEndsAtWhatIsTooYoung) {
  Batch batch;
  for (int i = 0; i < 10; ++i) batch.push_back(pending("f", std::to_string(i), 100 + i * 100));
  commit(batch);
  const PruneLook first = must(store_->prunable(Prunable::kChanges, 500, 0, 3));
  EXPECT_EQ(first.looked_at, 3);
  EXPECT_FALSE(first.end);
  const PruneLook second = must(store_->prunable(Prunable::kChanges, 500, first.next, 3));
  EXPECT_TRUE(second.end);
}

}  // namespace navette::test
