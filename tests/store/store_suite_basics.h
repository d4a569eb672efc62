// The part of the suite that asks what each operation and each question promises.

#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/store_suite.h"

namespace navette::test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_P(StoreSuite, AnEmptyStoreAnswersEverythingWithNothing) {
  EXPECT_EQ(must(store_->cursor("f/client")), "");
  EXPECT_FALSE(must(store_->change(1)).has_value());
  EXPECT_THAT(must(store_->changes({})), IsEmpty());
  EXPECT_THAT(must(store_->fresh("f", Lane::kLive, 0, 10)), IsEmpty());
  EXPECT_THAT(must(store_->due("f", Lane::kLive, 1, 10)), IsEmpty());
  EXPECT_FALSE(must(store_->next_due("f", Lane::kLive, 0)).has_value());
  EXPECT_FALSE(must(store_->link(1)).has_value());
  EXPECT_FALSE(must(store_->link_of("f", Side::kClient, "1")).has_value());
  EXPECT_THAT(must(store_->links({})), IsEmpty());
  EXPECT_THAT(must(store_->children(1)), IsEmpty());
  EXPECT_THAT(must(store_->commands(1, false)), IsEmpty());
  EXPECT_THAT(must(store_->open_commands(0, 10)), IsEmpty());
  EXPECT_THAT(must(store_->events(1, 10)), IsEmpty());
  EXPECT_THAT(must(store_->counts()), IsEmpty());
  EXPECT_THAT(must(store_->waiting()), IsEmpty());
}

TEST_P(StoreSuite, AChangeComesBackWithEveryColumn) {
  const std::string text = std::string("NUL \0 quote ' \" \r\n ", 19) + "\xF0\x9F\x9A\x82 Zoë";
  ChangeRow in;
  in.flow = "flow " + text;
  in.side = Side::kProvider;
  in.entity_id = text;
  in.version = "v" + text;
  in.origin = "webhook";
  in.correlation = "corr";
  in.config_hash = "cafe";
  in.payload = std::string(100'000, 'x') + text;
  in.received_at = std::numeric_limits<std::int64_t>::max();
  in.reason = text;
  in.attempts = 7;
  in.next_at = -5;
  in.waiting_since = 6;
  in.link = 9;
  commit({AddChange{in}});
  reopen();
  const auto rows = must(store_->changes({}));
  ASSERT_EQ(rows.size(), 1U);
  const auto out = must(store_->change(rows[0].seq));
  ASSERT_TRUE(out.has_value());
  for (const ChangeRow& row : {rows[0], *out}) {
    EXPECT_EQ(row.flow, in.flow);
    EXPECT_EQ(row.side, in.side);
    EXPECT_EQ(row.entity_id, in.entity_id);
    EXPECT_EQ(row.version, in.version);
    EXPECT_EQ(row.origin, in.origin);
    EXPECT_EQ(row.correlation, in.correlation);
    EXPECT_EQ(row.config_hash, in.config_hash);
    EXPECT_EQ(row.payload, in.payload);
    EXPECT_EQ(row.received_at, in.received_at);
    EXPECT_EQ(row.disposition, Disposition::kPending);
    EXPECT_EQ(row.reason, in.reason);
    EXPECT_EQ(row.attempts, in.attempts);
    EXPECT_EQ(row.next_at, in.next_at);
    EXPECT_EQ(row.waiting_since, in.waiting_since);
    EXPECT_EQ(row.link, in.link);
  }
}

TEST_P(StoreSuite, ChangesAreNumberedInTheOrderOfTheirArrival) {
  commit({pending("f", "a"), pending("g", "b")});
  commit({pending("f", "c")});
  const auto rows = must(store_->changes({}));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_LT(rows[0].seq, rows[1].seq);
  EXPECT_LT(rows[1].seq, rows[2].seq);
  EXPECT_THAT(entities(), ElementsAre("a", "b", "c"));
}

TEST_P(StoreSuite, ChangesAreFoundByEachFilterAndByAllTogether) {
  commit({pending("f", "a"), pending("f", "b"), pending("g", "a"), pending("f", "a")});
  const auto all = must(store_->changes({}));
  ASSERT_EQ(all.size(), 4U);
  commit({EndChanges{{all[1].seq}, Disposition::kDead, "no such project", 0, 5}});
  EXPECT_THAT(entities({.flow = "f"}), ElementsAre("a", "b", "a"));
  EXPECT_THAT(entities({.flow = "nothing"}), IsEmpty());
  EXPECT_THAT(entities({.side = Side::kProvider}), IsEmpty());
  EXPECT_THAT(entities({.entity_id = "a"}), ElementsAre("a", "a", "a"));
  EXPECT_THAT(entities({.disposition = Disposition::kDead}), ElementsAre("b"));
  EXPECT_THAT(entities({.disposition = Disposition::kDelivered}), IsEmpty());
  EXPECT_THAT(entities({.after_seq = all[1].seq}), ElementsAre("a", "a"));
  EXPECT_THAT(entities({.limit = 1}), ElementsAre("a"));
  EXPECT_THAT(entities({.flow = "f",
                        .side = Side::kClient,
                        .entity_id = "a",
                        .disposition = Disposition::kPending,
                        .after_seq = all[0].seq,
                        .limit = 5}),
              ElementsAre("a"));
}

TEST_P(StoreSuite, FreshOnesAreThoseOfAFlowAndALaneThatNeverHadToWait) {
  AddChange later = pending("f", "later");
  later.change.next_at = 500;
  AddChange old = pending("f", "old");
  old.change.origin = "backfill";
  commit({pending("f", "a"), later, pending("g", "other"), old, pending("f", "b"),
          pending("f", "ended"), pending("f", "c")});
  const auto all = must(store_->changes({}));
  ASSERT_EQ(all.size(), 7U);
  commit({EndChanges{{all[5].seq}, Disposition::kUnchanged, "echo", 0, 5}});
  const auto found = must(store_->fresh("f", Lane::kLive, 0, 10));
  EXPECT_THAT(names(found), ElementsAre("a", "b", "c"));
  EXPECT_EQ(found[0].payload, "");
  EXPECT_EQ(found[0].lane, Lane::kLive);
  EXPECT_THAT(names(must(store_->fresh("f", Lane::kLive, 0, 2))), ElementsAre("a", "b"));
  EXPECT_THAT(names(must(store_->fresh("f", Lane::kLive, all[0].seq, 10))), ElementsAre("b", "c"));
  EXPECT_THAT(names(must(store_->fresh("f", Lane::kBackfill, 0, 10))), ElementsAre("old"));
  EXPECT_THAT(must(store_->fresh("f", Lane::kRepair, 0, 10)), IsEmpty());
}

TEST_P(StoreSuite, DueOnesComeInTheOrderOfTheirTimesHoweverManyWait) {
  Batch batch;
  for (int i = 0; i < 3000; ++i) {
    batch.emplace_back(pending("f", std::to_string(i)));
    std::get<AddChange>(batch.back()).change.next_at = i % 2 == 0 ? 3000 - i : 10'000 + i;
  }
  batch.emplace_back(pending("f", "fresh"));
  commit(batch);
  EXPECT_THAT(must(store_->due("f", Lane::kLive, 1, 10)), IsEmpty());
  const auto first = must(store_->due("f", Lane::kLive, 100, 3));
  EXPECT_THAT(names(first), ElementsAre("2998", "2996", "2994"));
  EXPECT_EQ(must(store_->due("f", Lane::kLive, 100, 5000)).size(), 50U);
  EXPECT_EQ(must(store_->due("f", Lane::kLive, 5000, 5000)).size(), 1500U);
  EXPECT_THAT(must(store_->due("f", Lane::kRepair, 5000, 10)), IsEmpty());
  EXPECT_THAT(must(store_->due("g", Lane::kLive, 5000, 10)), IsEmpty());
}

TEST_P(StoreSuite, NextDueIsTheEarliestTimeAfterNow) {
  for (const std::int64_t at : {0, 300, 200}) {
    AddChange change = pending("f", std::to_string(at));
    change.change.next_at = at;
    commit({change});
  }
  const auto next = [&](std::int64_t now) { return must(store_->next_due("f", Lane::kLive, now)); };
  EXPECT_EQ(next(0), std::optional<std::int64_t>(200));
  EXPECT_EQ(next(199), std::optional<std::int64_t>(200));
  EXPECT_EQ(next(200), std::optional<std::int64_t>(300));
  EXPECT_EQ(next(300), std::nullopt);
  EXPECT_EQ(must(store_->next_due("f", Lane::kRepair, 0)), std::nullopt);
}

TEST_P(StoreSuite, WhatWaitsForATimeOutOfReachIsHastened) {
  for (const std::int64_t at : {0, 500, 501, 90'000}) {
    AddChange change = pending("f", std::to_string(at));
    change.change.next_at = at;
    commit({change});
  }
  commit({pending("g", "other"), HastenChanges{"f", 500, 7}});
  EXPECT_THAT(names(must(store_->due("f", Lane::kLive, 7, 10))), ElementsAre("501", "90000"));
  EXPECT_THAT(names(must(store_->due("f", Lane::kLive, 500, 10))),
              ElementsAre("501", "90000", "500"));
}

TEST_P(StoreSuite, WhatWaitsOfOneTicketIsFoundByIt) {
  commit({pending("f", "a"), pending("f", "b"), pending("f", "a"), pending("f", "a"),
          pending("g", "a"), pending("f", "a")});
  const auto all = must(store_->changes({}));
  commit({DeferChanges{{all[0].seq, all[1].seq}, "edited", 500, 1},
          DeferChanges{{all[3].seq, all[4].seq}, "edited", 700, 1},
          DeferChanges{{all[5].seq}, "down", 0, 1}});
  const auto deferred = must(store_->deferred("f", Side::kClient, "a", 10));
  ASSERT_EQ(deferred.size(), 2U);
  EXPECT_EQ(deferred[0].seq, all[3].seq);
  EXPECT_EQ(deferred[1].seq, all[0].seq);
  EXPECT_EQ(must(store_->deferred("f", Side::kClient, "a", 1)).size(), 1U);
  EXPECT_THAT(must(store_->deferred("f", Side::kProvider, "a", 10)), IsEmpty());
  commit({EndChanges{{all[0].seq, all[3].seq}, Disposition::kDelivered, "", 0, 5}});
  EXPECT_THAT(must(store_->deferred("f", Side::kClient, "a", 10)), IsEmpty());
}

TEST_P(StoreSuite, AChangeIsInTheLaneOfItsOriginUntilAReplayRevivesIt) {
  Batch batch;
  for (const char* origin : {"poll", "webhook", "sweep", "replay", "backfill"}) {
    batch.emplace_back(pending("f", origin));
    std::get<AddChange>(batch.back()).change.origin = origin;
  }
  commit(batch);
  reopen();
  EXPECT_THAT(names(must(store_->fresh("f", Lane::kLive, 0, 9))), ElementsAre("poll", "webhook"));
  EXPECT_THAT(names(must(store_->fresh("f", Lane::kRepair, 0, 9))), ElementsAre("sweep", "replay"));
  const auto old = must(store_->fresh("f", Lane::kBackfill, 0, 9));
  EXPECT_THAT(names(old), ElementsAre("backfill"));
  EXPECT_THAT(counts("f").pending_in, ElementsAre(2, 2, 1));
  commit({EndChanges{{old[0].seq}, Disposition::kDead, "refused", 0, 5}});
  EXPECT_THAT(counts("f").pending_in, ElementsAre(2, 2, 0));
  commit({ReviveChanges{{old[0].seq}, 9}});
  EXPECT_THAT(names(must(store_->due("f", Lane::kRepair, 9, 9))), ElementsAre("backfill"));
  EXPECT_EQ(must(store_->change(old[0].seq))->lane, Lane::kRepair);
  EXPECT_THAT(counts("f").pending_in, ElementsAre(2, 3, 0));
}

TEST_P(StoreSuite, AStallIsWhatAllOfAFlowWaitsForThatHasNoReasonOfItsOwn) {
  commit({pending("f", "a"), pending("f", "b"), pending("f", "c"), pending("g", "d")});
  const auto all = must(store_->changes({}));
  commit({DeferChanges{{all[0].seq}, "edited", 0, 30}, PutStall{"f", "down", 40}});
  commit({PutStall{"f", "down", 50}});
  auto waiting = must(store_->waiting());
  ASSERT_EQ(waiting.size(), 2U);
  EXPECT_EQ(waiting[0].reason, "down");
  EXPECT_EQ(waiting[0].changes, 2);
  EXPECT_EQ(waiting[0].since, 40);
  EXPECT_EQ(waiting[1].reason, "edited");
  EXPECT_EQ(waiting[1].changes, 1);
  commit({DeferChanges{{all[0].seq}, "down", 0, 35}});
  waiting = must(store_->waiting());
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_EQ(waiting[0].changes, 3);
  EXPECT_EQ(waiting[0].since, 35);
  reopen();
  EXPECT_EQ(counts("f").stall, "down");
  EXPECT_EQ(counts("f").stalled_at, 40);
  commit({PutStall{"f", "", 60}});
  EXPECT_EQ(counts("f").stall, "");
  EXPECT_EQ(must(store_->waiting()).at(0).changes, 1);
}

TEST_P(StoreSuite, AnEndedChangeStaysAsItEnded) {
  commit({pending("f", "a")});
  const std::int64_t seq = must(store_->changes({}))[0].seq;
  commit({EndChanges{{seq}, Disposition::kParked, "Owner differs", 4, 50}});
  commit({EndChanges{{seq, 999}, Disposition::kDead, "other", 5, 60}});
  commit({DeferChanges{{seq}, "waits", 70, 61}});
  const auto row = must(store_->change(seq));
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->disposition, Disposition::kParked);
  EXPECT_EQ(row->reason, "Owner differs");
  EXPECT_EQ(row->link, 4);
  EXPECT_EQ(row->ended_at, 50);
  EXPECT_EQ(row->attempts, 0);
  EXPECT_EQ(counts("f").by[static_cast<int>(Disposition::kParked)], 1);
}

TEST_P(StoreSuite, PendingIsNoWayToEnd) {
  commit({pending("f", "a")});
  const Status done = store_->commit({EndChanges{{1}, Disposition::kPending, "", 0, 0}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::kRejected);
}

TEST_P(StoreSuite, ADeferredChangeKnowsHowOftenAndSinceWhenItWaits) {
  commit({pending("f", "a")});
  const std::int64_t seq = must(store_->changes({}))[0].seq;
  commit({DeferChanges{{seq}, "tracker is down", 110, 100}});
  commit({DeferChanges{{seq}, "tracker is down", 220, 200}});
  auto row = must(store_->change(seq));
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->attempts, 2);
  EXPECT_EQ(row->next_at, 220);
  EXPECT_EQ(row->waiting_since, 100);
  EXPECT_EQ(row->reason, "tracker is down");

  commit({DeferChanges{{seq}, "throttled", 330, 300, 0, 9}});
  row = must(store_->change(seq));
  EXPECT_EQ(row->waiting_since, 300);
  EXPECT_EQ(row->attempts, 2) << "this one does not count";
  EXPECT_EQ(row->link, 9);
  commit({DeferChanges{{seq}, "", 440, 400}});
  EXPECT_EQ(must(store_->change(seq))->waiting_since, 0);
  EXPECT_THAT(must(store_->waiting()), IsEmpty());
}

TEST_P(StoreSuite, WaitingTellsWhatWaitsForWhatSinceWhen) {
  commit({pending("f", "a"), pending("f", "b"), pending("f", "c"), pending("g", "d"),
          pending("g", "e")});
  const auto all = must(store_->changes({}));
  commit({DeferChanges{{all[0].seq}, "down", 0, 30}, DeferChanges{{all[1].seq}, "down", 0, 20},
          DeferChanges{{all[2].seq}, "throttled", 0, 40},
          DeferChanges{{all[3].seq}, "down", 0, 50}});
  const auto waiting = must(store_->waiting());
  ASSERT_EQ(waiting.size(), 3U);
  EXPECT_EQ(waiting[0].flow, "f");
  EXPECT_EQ(waiting[0].reason, "down");
  EXPECT_EQ(waiting[0].changes, 2);
  EXPECT_EQ(waiting[0].since, 20);
  EXPECT_EQ(waiting[1].reason, "throttled");
  EXPECT_EQ(waiting[2].flow, "g");
  EXPECT_EQ(waiting[2].since, 50);
}

TEST_P(StoreSuite, ARevivedChangeStartsAgain) {
  commit({pending("f", "a"), pending("f", "b")});
  const auto all = must(store_->changes({}));
  commit({DeferChanges{{all[0].seq, all[1].seq}, "down", 20, 10},
          EndChanges{{all[0].seq}, Disposition::kDead, "refused", 3, 30}});
  commit({ReviveChanges{{all[0].seq, all[1].seq}, 100}});
  const auto row = must(store_->change(all[0].seq));
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->disposition, Disposition::kPending);
  EXPECT_EQ(row->reason, "");
  EXPECT_EQ(row->attempts, 0);
  EXPECT_EQ(row->waiting_since, 0);
  EXPECT_EQ(row->ended_at, 0);
  EXPECT_EQ(row->link, 3);
  EXPECT_EQ(must(store_->change(all[1].seq))->reason, "down") << "it had not ended";
  EXPECT_EQ(must(store_->due("f", Lane::kRepair, 100, 10)).size(), 1U);
  EXPECT_EQ(must(store_->due("f", Lane::kLive, 100, 10)).size(), 1U);
}

TEST_P(StoreSuite, ACursorIsTheLastOneSet) {
  commit({SetCursor{"f/client", "1"}, SetCursor{"f/provider", "x"}});
  commit({SetCursor{"f/client", "2"}});
  reopen();
  EXPECT_EQ(must(store_->cursor("f/client")), "2");
  EXPECT_EQ(must(store_->cursor("f/provider")), "x");
}

TEST_P(StoreSuite, ALinkIsFoundFromEitherSideAndById) {
  LinkRow in;
  in.id = store_->new_id();
  in.flow = "f";
  in.client_id = "12";
  in.state = "{\"base\":{}}";
  in.parked = 2;
  in.created_at = 10;
  in.updated_at = 11;
  commit({PutLink{in}});
  EXPECT_FALSE(must(store_->link_of("f", Side::kProvider, "")).has_value());
  in.provider_id = "900";
  in.updated_at = 12;
  commit({PutLink{in}});
  reopen();
  for (const auto& out :
       {must(store_->link(in.id)), must(store_->link_of("f", Side::kClient, "12")),
        must(store_->link_of("f", Side::kProvider, "900"))}) {
    ASSERT_TRUE(out.has_value());
    EXPECT_EQ(out->id, in.id);
    EXPECT_EQ(out->flow, "f");
    EXPECT_EQ(out->client_id, "12");
    EXPECT_EQ(out->provider_id, "900");
    EXPECT_EQ(out->state, in.state);
    EXPECT_EQ(out->parked, 2);
    EXPECT_EQ(out->created_at, 10);
    EXPECT_EQ(out->updated_at, 12);
  }
  EXPECT_FALSE(must(store_->link_of("f", Side::kClient, "900")).has_value());
  EXPECT_FALSE(must(store_->link_of("g", Side::kClient, "12")).has_value());
}

TEST_P(StoreSuite, ATicketHasOneTwin) {
  const std::int64_t first = store_->new_id();
  const std::int64_t second = store_->new_id();
  commit({put_link(first, "f", "12", "900")});
  for (const PutLink& twin : {put_link(second, "f", "12", "901"), put_link(second, "f", "", "900"),
                              put_link(second, "f", "12", "")}) {
    const Status done = store_->commit({pending("f", "lost"), twin});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().fault, Fault::kRejected);
    const std::string& key = twin.link.client_id.empty() ? "900" : "12";
    EXPECT_THAT(done.error().message, HasSubstr("ticket " + key));
    EXPECT_THAT(done.error().message, HasSubstr("link " + std::to_string(first)));
  }
  EXPECT_THAT(must(store_->changes({})), IsEmpty());
  commit({put_link(second, "g", "12", "900")});
  commit({put_link(store_->new_id(), "f", "13", ""), put_link(store_->new_id(), "f", "14", "")});
}

TEST_P(StoreSuite, ALinkThatMovesOntoAnothersTicketIsRefused) {
  const std::int64_t first = store_->new_id();
  const std::int64_t second = store_->new_id();
  commit({put_link(first, "f", "1", "a"), put_link(second, "f", "2", "b")});
  const Status done = store_->commit({put_link(second, "f", "1", "b")});
  ASSERT_FALSE(done);
  EXPECT_EQ(must(store_->link(second))->client_id, "2");
  EXPECT_EQ(must(store_->link(first))->client_id, "1");
  commit({DropLink{first}, put_link(second, "f", "1", "b")});
}

TEST_P(StoreSuite, LinksAreListedByFlowAndByParkedFields) {
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 4; ++i) {
    ids.push_back(store_->new_id());
    PutLink link = put_link(ids.back(), i < 3 ? "f" : "g", std::to_string(i), "");
    link.link.parked = i % 2;
    commit({link});
  }
  EXPECT_EQ(must(store_->links({})).size(), 4U);
  EXPECT_EQ(must(store_->links({.flow = "f"})).size(), 3U);
  EXPECT_EQ(must(store_->links({.parked_only = true})).size(), 2U);
  const auto parked = must(store_->links({.flow = "f", .parked_only = true}));
  ASSERT_EQ(parked.size(), 1U);
  EXPECT_EQ(parked[0].id, ids[1]);
  const auto page = must(store_->links({.after_id = ids[1], .limit = 1}));
  ASSERT_EQ(page.size(), 1U);
  EXPECT_EQ(page[0].id, ids[2]);
}

TEST_P(StoreSuite, ChildrenBelongToTheirLinkAndGoWithIt) {
  const std::int64_t link = store_->new_id();
  commit({put_link(link, "f", "1", "a")});
  const std::int64_t first = store_->new_id();
  commit({PutChild{{first, link, "comment", "c1", "", "{}"}},
          PutChild{{store_->new_id(), link, "comment", "", "p2", "{}"}},
          PutChild{{store_->new_id(), link, "comment", "", "", "{}"}},
          PutChild{{store_->new_id(), link, "attachment", "c1", "", "{}"}}});
  commit({PutChild{{first, link, "comment", "c1", "p1", "{\"x\":1}"}}});
  const auto children = must(store_->children(link));
  ASSERT_EQ(children.size(), 4U);
  EXPECT_EQ(children[0].id, first);
  EXPECT_EQ(children[0].link, link);
  EXPECT_EQ(children[0].kind, "comment");
  EXPECT_EQ(children[0].client_id, "c1");
  EXPECT_EQ(children[0].provider_id, "p1");
  EXPECT_EQ(children[0].state, "{\"x\":1}");
  commit({DropLink{link}});
  EXPECT_THAT(must(store_->children(link)), IsEmpty());
}

TEST_P(StoreSuite, AChildIsRefusedWithoutItsLinkAndWhenItsIdIsTaken) {
  const std::int64_t link = store_->new_id();
  const std::int64_t holder = store_->new_id();
  commit({put_link(link, "f", "1", "a"), PutChild{{holder, link, "comment", "c1", "p1", "{}"}}});
  Status done = store_->commit({PutChild{{store_->new_id(), link + 99, "comment", "", "", "{}"}}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::kRejected);
  EXPECT_THAT(done.error().message, HasSubstr("no such link"));
  done = store_->commit({PutChild{{store_->new_id(), link, "comment", "c9", "p1", "{}"}}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::kRejected);
  EXPECT_THAT(done.error().message, HasSubstr("comment " + std::to_string(holder)));
}

TEST_P(StoreSuite, ACommandIsOpenUntilItsPhaseSaysOtherwise) {
  const std::int64_t link = store_->new_id();
  CommandRow in;
  in.id = store_->new_id();
  in.key = "k1";
  in.flow = "f";
  in.link = link;
  in.side = Side::kClient;
  in.kind = "create";
  in.phase = "intended";
  in.payload = "{\"p\":1}";
  in.attempts = 1;
  in.outcome = "timeout";
  in.correlation = "corr";
  in.created_at = 5;
  in.updated_at = 6;
  const std::int64_t second = store_->new_id();
  commit({PutCommand{in}, put_command(second, "f", link, "intended"),
          put_command(store_->new_id(), "f", link + 100, "intended")});
  reopen();
  EXPECT_EQ(must(store_->commands(link, true)).size(), 2U);
  EXPECT_EQ(must(store_->open_commands(0, 10)).size(), 3U);
  EXPECT_EQ(must(store_->open_commands(in.id, 1)).at(0).id, second);
  EXPECT_EQ(counts("f").open_commands, 3);
  const CommandRow out = must(store_->commands(link, false)).at(0);
  EXPECT_EQ(out.id, in.id);
  EXPECT_EQ(out.key, in.key);
  EXPECT_EQ(out.flow, in.flow);
  EXPECT_EQ(out.link, link);
  EXPECT_EQ(out.side, in.side);
  EXPECT_EQ(out.kind, in.kind);
  EXPECT_EQ(out.phase, in.phase);
  EXPECT_EQ(out.payload, in.payload);
  EXPECT_EQ(out.attempts, in.attempts);
  EXPECT_EQ(out.outcome, in.outcome);
  EXPECT_EQ(out.correlation, in.correlation);
  EXPECT_EQ(out.created_at, in.created_at);
  EXPECT_EQ(out.updated_at, in.updated_at);

  in.phase = "done";
  commit({PutCommand{in}});
  EXPECT_EQ(must(store_->commands(link, true)).at(0).id, second);
  EXPECT_EQ(must(store_->commands(link, false)).size(), 2U);
  EXPECT_EQ(counts("f").open_commands, 2);
}

TEST_P(StoreSuite, AnIdempotencyKeyIsUsedOnce) {
  const std::int64_t first = store_->new_id();
  commit({put_command(first, "f", 1, "done")});
  PutCommand again = put_command(store_->new_id(), "f", 1, "intended");
  again.command.key = "key-" + std::to_string(first);
  const Status done = store_->commit({again});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::kRejected);
  EXPECT_THAT(done.error().message, HasSubstr("command " + std::to_string(first)));
}

TEST_P(StoreSuite, EventsAreTheLastOnesOfALinkOldestFirst) {
  for (int i = 1; i <= 4; ++i) {
    commit({AddEvent{{0, i, "f", i == 4 ? 8 : 7, "kind" + std::to_string(i), "corr", "{}"}}});
  }
  const auto events = must(store_->events(7, 2));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].kind, "kind2");
  EXPECT_EQ(events[1].kind, "kind3");
  EXPECT_LT(events[0].seq, events[1].seq);
  EXPECT_EQ(events[1].at, 3);
  EXPECT_EQ(events[1].flow, "f");
  EXPECT_EQ(events[1].link, 7);
  EXPECT_EQ(events[1].correlation, "corr");
  EXPECT_EQ(events[1].data, "{}");
}

TEST_P(StoreSuite, CountsBalance) {
  commit({pending("f", "a", 300), pending("f", "b", 200), pending("f", "c", 400),
          put_link(store_->new_id(), "f", "1", "")});
  PutLink link = put_link(store_->new_id(), "f", "2", "");
  link.link.parked = 3;
  commit({link});
  const auto all = must(store_->changes({}));
  EXPECT_EQ(counts("f").oldest_pending_at, 200);
  commit({EndChanges{{all[1].seq}, Disposition::kDelivered, "", 1, 9}});
  FlowCounts row = counts("f");
  EXPECT_EQ(row.accepted, 3);
  EXPECT_EQ(row.by[static_cast<int>(Disposition::kPending)], 2);
  EXPECT_EQ(row.by[static_cast<int>(Disposition::kDelivered)], 1);
  EXPECT_EQ(row.oldest_pending_at, 300);
  EXPECT_EQ(row.links, 2);
  EXPECT_EQ(row.parked_fields, 3);
  link.link.parked = 1;
  commit({link, EndChanges{{all[0].seq, all[2].seq}, Disposition::kFiltered, "", 0, 9}});
  row = counts("f");
  EXPECT_EQ(row.parked_fields, 1);
  EXPECT_EQ(row.oldest_pending_at, 0);
  commit({DropLink{link.link.id}});
  EXPECT_EQ(counts("f").links, 1);
  EXPECT_EQ(counts("f").parked_fields, 0);
}

}  // namespace navette::test
