// Goal: `navette verify` finds exactly what is not the same on both sides, says what is on record
// of it, reads no more than it must and writes nothing. Method: a simulated pair of systems that an
// engine has brought together; the engine ends, things are changed behind its back and the cursors
// are moved past them; then a verifier looks, over peers that fail the test on any write.

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync/digest.h"
#include "sync/repair.h"
#include "tests/simulation/sim_world.h"
#include "tests/tools/reading_peers.h"
#include "tools/exit.h"
#include "tools/verify_repair.h"
#include "tools/verify_report.h"
#include "tools/verify_run.h"
#include "tools/view_store.h"

namespace navette::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;
using tools::Verifier;
using tools::VerifyOptions;

class Verify : public testing::Test {
 protected:
  void grow(int tickets) {
    for (int i = 0; i < tickets; ++i) {
      ids_.push_back(world_.client.edit(
          "", {{"title", Json("ticket " + std::to_string(i))}, {"severity", Json("low")}}));
    }
    world_.start();
    ASSERT_TRUE(world_.settle());
    world_.kill();
  }
  std::string twin(const std::string& id) {
    return (*world_.store->link_of("acme", Side::kClient, id))->provider_id;
  }
  // What happened while no hub looked, and its cursors are past it.
  void forget() {
    for (const Side side : {Side::kClient, Side::kProvider}) {
      ASSERT_TRUE(world_.store->commit({SetCursor{std::string("acme/") + to_text(side),
                                                  std::to_string(world_.desk(side).version())}}));
    }
  }
  Json verify(const VerifyOptions& options = {}) {
    peers_ = std::make_unique<ReadingPeers>(world_.loop, world_.client, world_.provider);
    peers_->lists_whole = lists_whole_;
    peers_->hidden = hidden_;
    peers_->in_scope = in_scope_;
    Verifier verifier({world_.loop, world_.random, *world_.store, *peers_, world_.events}, {},
                      {world_.flow}, {"s3cr3t-word"}, options);
    Result<Json> report = Error{Fault::kRetryLater, "no answer"};
    bool done = false;
    verifier.run([&](Result<Json> answer) {
      report = std::move(answer);
      done = true;
    });
    EXPECT_TRUE(world_.loop.run_until([&] { return done; }, std::chrono::hours(1)));
    if (!report) ADD_FAILURE() << report.error().message;
    if (!report) return {};
    report_ = *report;
    return report->at("flows").items()[0];
  }
  // "state what name", for all findings but those that are agreed on.
  static std::vector<std::string> told(const Json& flow) {
    std::vector<std::string> out;
    for (const Json& one : flow.at("findings").items()) {
      if (one.at("state").text() == "agreed") continue;
      out.push_back(one.at("state").text() + " " + one.at("what").text() + " " +
                    one.at("name").text());
    }
    return out;
  }
  int code(bool strict = false) const { return tools::verify_exit(report_, strict); }

  SimWorld world_{7};
  std::vector<std::string> ids_;
  std::unique_ptr<ReadingPeers> peers_;
  bool lists_whole_ = false;
  std::set<std::string> hidden_;
  std::function<bool(const Record&)> in_scope_;
  Json report_;
};

TEST_F(Verify, NothingIsFoundWhereBothSidesAgree) {
  grow(20);
  const Json flow = verify();
  EXPECT_EQ(flow.at("links").as_int(), 20);
  EXPECT_EQ(flow.at("equal").as_int(), 20);
  EXPECT_THAT(told(flow), IsEmpty());
  EXPECT_EQ(peers_->fetches, 40) << "each ticket is read once";
  EXPECT_EQ(code(), tools::kOk);
  EXPECT_EQ(code(true), tools::kOk);
}

TEST_F(Verify, WhereListsAreWholeOnlyWhatDiffersIsRead) {
  grow(200);
  lists_whole_ = true;
  // A ticket that is listed twice is looked at; keep the feed short.
  const Json first = verify();
  EXPECT_EQ(first.at("equal").as_int(), 200);
  const int before = peers_->fetches;
  world_.provider.edit(twin(ids_[3]), {{"priority", Json("high")}});
  forget();
  const Json flow = verify();
  EXPECT_THAT(told(flow), ElementsAre("diverged field severity~priority"));
  EXPECT_LE(peers_->fetches, before + 20) << "only its bucket is read";
  EXPECT_EQ(flow.at("equal").as_int(), 199);
  VerifyOptions full;
  full.full = true;
  EXPECT_EQ(verify(full).at("by_digest").as_int(), 0);
  EXPECT_GE(peers_->fetches, 400);
}

TEST_F(Verify, AFieldThatWasEditedBehindOurBackIsToldWithBothValuesAndSinceWhen) {
  grow(3);
  world_.loop.run_for(std::chrono::hours(5));
  const std::string agreed = to_rfc3339(world_.loop.now() - std::chrono::hours(5));
  world_.provider.edit(twin(ids_[1]), {{"priority", Json("s3cr3t-word")}});
  forget();
  const Json flow = verify();
  ASSERT_THAT(told(flow), ElementsAre("diverged field severity~priority"));
  const Json& found = flow.at("findings").items()[0];
  EXPECT_EQ(found.at("client").text(), ids_[1]);
  EXPECT_EQ(found.at("client_value").text(), "low");
  EXPECT_EQ(found.at("provider_value").text(), "***") << "a secret shows nowhere";
  EXPECT_EQ(found.at("side").text(), "client");
  EXPECT_FALSE(found.at("agreed_until").text().empty());
  EXPECT_LE(found.at("agreed_until").text(), agreed);
  EXPECT_EQ(code(), tools::kBad);
  const std::string text = tools::verify_text(report_, false);
  EXPECT_THAT(text, HasSubstr("diverged: client:" + ids_[1]));
  EXPECT_THAT(text, HasSubstr("both agreed until "));
  EXPECT_THAT(text, Not(HasSubstr("s3cr3t-word")));
}

TEST_F(Verify, WhatIsOnRecordIsNoDivergence) {
  grow(3);
  for (const std::string& id : ids_) {
    world_.provider.edit(twin(id), {{"priority", Json("high")}});
  }
  // One waits, one is dead.
  forget();
  ChangeRow change;
  change.flow = "acme";
  change.side = Side::kProvider;
  change.entity_id = twin(ids_[0]);
  change.received_at = 1;
  ASSERT_TRUE(world_.store->commit({AddChange{change}}));
  change.entity_id = twin(ids_[1]);
  change.disposition = Disposition::kDead;
  change.reason = "given up";
  change.ended_at = world_.loop.now().time_since_epoch().count();
  ASSERT_TRUE(world_.store->commit({AddChange{change}}));
  const Json flow = verify();
  EXPECT_THAT(told(flow), UnorderedElementsAre("pending field severity~priority",
                                               "dead field severity~priority",
                                               "diverged field severity~priority"));
  for (const Json& found : flow.at("findings").items()) {
    if (found.at("state").text() == "dead") {
      EXPECT_EQ(found.at("why").text(), "given up");
      EXPECT_GT(found.at("dead_letter").as_int(), 0);
    }
  }
}

TEST_F(Verify, AParkedFieldIsToldWithItsReasonAndIsNoDivergence) {
  grow(2);
  world_.start();
  world_.client.edit(ids_[0], {{"status", Json("unheard of")}});
  ASSERT_TRUE(world_.settle());
  world_.kill();
  const Json flow = verify();
  ASSERT_THAT(told(flow), ElementsAre("parked field status~status"));
  EXPECT_THAT(flow.at("findings").items()[0].at("why").text(), HasSubstr("unheard of"));
  EXPECT_FALSE(flow.at("findings").items()[0].at("since").is_null());
  EXPECT_EQ(code(), tools::kOk);
  EXPECT_EQ(code(true), tools::kBad);
}

TEST_F(Verify, ADeletedTwinIsToldAndOneThatIsNotVisibleToo) {
  grow(12);
  world_.provider.remove(twin(ids_[4]));
  hidden_ = {"tracker:" + twin(ids_[7])};
  forget();
  const Json flow = verify();
  ASSERT_THAT(told(flow), ElementsAre("diverged missing ticket", "diverged missing ticket"));
  std::string all = flow.dump();
  EXPECT_THAT(all, HasSubstr("it is deleted, or not visible"));
  EXPECT_THAT(all, HasSubstr("it is not visible to our account: the account may not see"));
  EXPECT_EQ(code(), tools::kBad);
}

TEST_F(Verify, MassAbsenceStopsAndIsBelievedOnlyWhenTold) {
  grow(40);
  for (int i = 0; i < 6; ++i) hidden_.insert("tracker:" + twin(ids_[static_cast<std::size_t>(i)]));
  const Json flow = verify();
  ASSERT_NE(flow.find("stopped"), nullptr);
  EXPECT_EQ(flow.at("stopped").at("system").text(), "tracker");
  EXPECT_GT(flow.at("stopped").at("absent").as_int(), 4);
  EXPECT_THAT(told(flow), IsEmpty());
  EXPECT_EQ(code(), tools::kFailed);
  EXPECT_THAT(tools::verify_text(report_, false), HasSubstr("--accept-absence"));
  VerifyOptions told_so;
  told_so.accept_absence = true;
  EXPECT_EQ(told(verify(told_so)).size(), 6U);
  EXPECT_EQ(code(), tools::kBad);
  VerifyOptions wider;
  wider.absent_percent_max = 20;
  EXPECT_EQ(told(verify(wider)).size(), 6U);
}

TEST_F(Verify, LostIntakeIsFoundAndWhatTheFilterLeavesOutIsNot) {
  grow(2);
  const std::string lost = world_.client.edit("", {{"title", Json("lost")}});
  const std::string outside = world_.client.edit("", {{"title", Json("outside")}});
  const std::string waits = world_.client.edit("", {{"title", Json("waits")}});
  forget();
  in_scope_ = [outside](const Record& record) { return record.id != outside; };
  ChangeRow change;
  change.flow = "acme";
  change.entity_id = waits;
  change.received_at = 1;
  ASSERT_TRUE(world_.store->commit({AddChange{change}}));
  const Json flow = verify();
  EXPECT_THAT(told(flow), UnorderedElementsAre("diverged intake ticket", "pending intake ticket"));
  EXPECT_THAT(flow.dump(), HasSubstr("no change of it was ever seen"));
}

TEST_F(Verify, TwoTicketsWithTheSameMarkAreToldAsDoubled) {
  grow(2);
  world_.provider.edit("", {{"subject", Json("copy")}, {"reference", Json("C-" + ids_[0])}});
  world_.provider.edit("", {{"subject", Json("x")}, {"reference", Json("C-999")}});
  world_.provider.edit("", {{"subject", Json("y")}, {"reference", Json("C-999")}});
  forget();
  const Json flow = verify();
  EXPECT_THAT(told(flow),
              UnorderedElementsAre("diverged doubled id~reference", "diverged doubled id~reference",
                                   "diverged intake ticket"));
  EXPECT_THAT(flow.dump(), HasSubstr("it carries the mark C-" + ids_[0] + ", as ticket " +
                                     twin(ids_[0]) + " does"));
}

TEST_F(Verify, CommentsAndFilesWithoutATwinAreTold) {
  grow(2);
  world_.start();
  const std::string old = world_.client.comment(ids_[0], "old", Visibility::kPublic);
  ASSERT_TRUE(world_.settle());
  world_.kill();
  const std::string fresh = world_.client.comment(ids_[0], "words of its own", Visibility::kPublic);
  const std::string file =
      world_.provider.attach(twin(ids_[1]), "a.txt", "content", Visibility::kPublic);
  forget();
  const Json flow = verify();
  EXPECT_THAT(told(flow), UnorderedElementsAre("diverged comment comment client:" + fresh,
                                               "diverged file file provider:" + file));
  EXPECT_THAT(flow.dump(), Not(HasSubstr("words of its own"))) << "no text of a comment";
}

TEST_F(Verify, ASystemThatFailsIsToldAndNothingIsConcluded) {
  grow(2);
  world_.provider.down = true;
  const Json flow = verify();
  EXPECT_THAT(flow.at("failed").text(), HasSubstr("connection refused"));
  EXPECT_EQ(code(), tools::kFailed);
}

TEST_F(Verify, WhatAHubIsAboutToSeeIsLookedAtAgain) {
  grow(2);
  world_.start();
  world_.client.edit(ids_[0], {{"severity", Json("high")}});
  const Json flow = verify();
  EXPECT_THAT(told(flow), IsEmpty());
  EXPECT_EQ(flow.at("equal").as_int(), 2);
}

TEST_F(Verify, ATableThatWasChangedSinceIsToldAsAgreedOn) {
  grow(2);
  world_.flow.tables["statuses"].rows[0].second = Json("brand new");
  const Json flow = verify();
  ASSERT_EQ(flow.at("findings").size(), 2U);
  EXPECT_EQ(flow.at("findings").items()[0].at("state").text(), "agreed");
  EXPECT_EQ(code(), tools::kOk);
  EXPECT_THAT(tools::verify_text(report_, true), HasSubstr("agreed: client:"));
}

// Goal: the engine mends what diverged, deletes nothing, and leaves what is on record alone.
TEST_F(Verify, WhatTheRepairPlanNamesTheEngineMends) {
  grow(12);
  world_.provider.edit(twin(ids_[0]), {{"priority", Json("high")}});
  world_.client.comment(ids_[1], "a word", Visibility::kPublic);
  world_.provider.remove(twin(ids_[2]));
  const std::string lost = world_.client.edit("", {{"title", Json("lost")}});
  const std::string copy =
      world_.provider.edit("", {{"subject", Json("copy")}, {"reference", Json("C-" + ids_[3])}});
  forget();
  EXPECT_EQ(told(verify()).size(), 5U);
  const Json plan = tools::repair_plan(report_);
  ASSERT_EQ(plan.size(), 5U) << plan.dump();
  EXPECT_THAT(tools::plan_text(plan), HasSubstr("severity~priority: high is written to desk"));
  std::vector<RepairTicket> tickets;
  for (const Json& one : plan.items()) {
    const bool client = one.at("side").text() == "client";
    tickets.push_back({"acme", client ? Side::kClient : Side::kProvider, one.at("id").text(), "h"});
  }
  const auto journalled = begin_repair(*world_.store, tickets, 1);
  ASSERT_TRUE(journalled);
  EXPECT_EQ(*journalled, 5);
  EXPECT_EQ(*begin_repair(*world_.store, tickets, 1), 0) << "they wait already";
  EXPECT_EQ(told(verify()).size(), 5U);
  EXPECT_EQ(code(), tools::kOk) << "pending, all of it";
  world_.start();
  ASSERT_TRUE(world_.settle());
  world_.kill();
  EXPECT_THAT(told(verify()), ElementsAre("parked missing ticket"));
  EXPECT_EQ(world_.client.tickets().at(ids_[0]).doc.at("severity").text(), "high");
  EXPECT_FALSE(world_.client.tickets().at(ids_[2]).deleted);
  EXPECT_TRUE((*world_.store->link_of("acme", Side::kClient, lost)).has_value());
  EXPECT_NE(world_.provider.tickets().at(copy).doc.at("reference").text(), "C-" + ids_[3]);
  EXPECT_EQ(tools::repair_plan(report_).size(), 0U);
}

TEST(Digest, SumsTellWhatDiffersWhateverTheOrder) {
  const auto mapping = Mapping::compile(example_flow());
  LinkState state;
  state.base["title~subject"] = {Json("a"), Json("b")};
  LinkRow link;
  link.id = 12;
  link.client_id = "1";
  link.provider_id = "2";
  Record record;
  record.doc = Json::object();
  record.doc.set("subject", "b");
  record.doc.set("reference", "C-1");
  const auto held = [&] { return held_digest(*mapping, link, state, Side::kProvider, record); };
  const FieldDigest agreed = agreed_digest(*mapping, link, state, Side::kProvider);
  EXPECT_EQ(held(), agreed);
  record.doc.set("reference", "C-7");
  EXPECT_NE(held(), agreed) << "a mark is part of it";
  record.doc.set("reference", "C-1");
  record.doc.set("subject", "c");
  EXPECT_NE(held(), agreed);
  DigestBuckets some;
  DigestBuckets others;
  some.add(12, agreed);
  some.add(13, held());
  others.add(13, held());
  EXPECT_FALSE(DigestBuckets::equal(some, others, 12));
  others.add(12, agreed);
  EXPECT_TRUE(DigestBuckets::equal(some, others, 12));
}

}  // namespace
}  // namespace navette::test
