// Single stories, each with one promise.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync/link_state.h"
#include "tests/simulation/sim_world.h"

namespace navette::test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

LinkRow only_link(SimWorld& world) {
  auto links = world.store->links({});
  EXPECT_EQ(links->size(), 1U);
  return links->empty() ? LinkRow{} : links->front();
}

TEST(Engine, ATicketOfEitherSideGetsOneTwin) {
  SimWorld world(1);
  world.client.edit("", {{"title", Json("printer")}, {"status", Json("open")}});
  world.provider.edit("", {{"subject", Json("disk")}, {"priority", Json("High")}});
  world.start();
  ASSERT_TRUE(world.settle());
  EXPECT_THAT(world.violations(), IsEmpty());
  EXPECT_EQ(world.client.tickets().size(), 2U);
  EXPECT_EQ(world.provider.tickets().size(), 2U);
}

TEST(Engine, QuietSystemsAreNotWrittenTo) {
  SimWorld world(2);
  world.client.edit("", {{"title", Json("printer")}});
  world.start();
  ASSERT_TRUE(world.settle());
  const int writes = world.peers->writes;
  const auto versions = world.client.version() + world.provider.version();
  world.loop.run_for(std::chrono::minutes(10));
  EXPECT_EQ(world.peers->writes, writes);
  EXPECT_EQ(world.client.version() + world.provider.version(), versions);
}

TEST(Engine, EditsGoBothWaysAndClearingToo) {
  SimWorld world(3);
  const std::string id = world.client.edit("", {{"title", Json("a")}, {"severity", Json("High")}});
  world.start();
  ASSERT_TRUE(world.settle());
  const std::string twin = only_link(world).provider_id;
  world.provider.edit(twin, {{"subject", Json("b")}, {"status", Json("closed")}});
  world.client.edit(id, {{"severity", Json()}});
  ASSERT_TRUE(world.settle());
  EXPECT_THAT(world.violations(), IsEmpty());
  EXPECT_EQ(world.client.tickets().at(id).doc.at("title").text(), "b");
  EXPECT_EQ(world.client.tickets().at(id).doc.at("status").text(), "done");
  EXPECT_TRUE(world.provider.tickets().at(twin).doc.at("priority").is_null());
}

TEST(Engine, ConflictIsParkedWhenThePolicySaysSo) {
  FlowConfig flow = example_flow();
  flow.conflict = ConflictPolicy::kPark;
  SimWorld world(4, flow);
  const std::string id = world.client.edit("", {{"title", Json("a")}});
  world.start();
  ASSERT_TRUE(world.settle());
  const std::string twin = only_link(world).provider_id;
  world.client.edit(id, {{"title", Json("client says")}});
  world.provider.edit(twin, {{"subject", Json("provider says")}, {"priority", Json("Low")}});
  ASSERT_TRUE(world.settle());
  const auto state = LinkState::parse(only_link(world).state);
  ASSERT_TRUE(state->parked.contains("title~subject"));
  EXPECT_EQ(world.client.tickets().at(id).doc.at("title").text(), "client says");
  EXPECT_EQ(world.client.tickets().at(id).doc.at("severity").text(), "Low");  // the rest flows on
  // Whoever edits it next settles it.
  world.provider.edit(twin, {{"subject", Json("agreed")}});
  ASSERT_TRUE(world.settle());
  EXPECT_EQ(world.client.tickets().at(id).doc.at("title").text(), "agreed");
  EXPECT_EQ(only_link(world).parked, 0);
}

TEST(Engine, ASilentlyRefusedStatusIsParkedAndNotTriedForEver) {
  SimWorld world(5);
  world.provider.refused_status = "closed";
  const std::string id = world.client.edit("", {{"title", Json("a")}});
  world.start();
  ASSERT_TRUE(world.settle());
  world.client.edit(id, {{"status", Json("done")}});
  ASSERT_TRUE(world.settle());
  const auto state = LinkState::parse(only_link(world).state);
  ASSERT_TRUE(state->parked.contains("status~status"));
  const int writes = world.peers->writes;
  world.loop.run_for(std::chrono::minutes(5));
  EXPECT_EQ(world.peers->writes, writes);
}

TEST(Engine, InternalCommentsFailClosedWhereTheyCantBeKept) {
  SimWorld world(6);
  world.provider.description.internal_comments = false;
  const std::string id = world.client.edit("", {{"title", Json("a")}});
  world.client.comment(id, "between us", Visibility::kInternal);
  world.client.comment(id, "for all", Visibility::kPublic);
  world.start();
  ASSERT_TRUE(world.settle());
  const Record twin = world.provider.fetch(only_link(world).provider_id);
  ASSERT_EQ(twin.comments.size(), 1U);
  EXPECT_NE(twin.comments[0].text.find("for all"), std::string::npos);
  EXPECT_EQ(only_link(world).parked, 1);
  // Once the right is there, the next look writes it.
  world.provider.description.internal_comments = true;
  world.client.comment(id, "another", Visibility::kPublic);
  ASSERT_TRUE(world.settle());
  EXPECT_THAT(world.violations(), IsEmpty());
  EXPECT_EQ(only_link(world).parked, 0);
}

TEST(Engine, InternalFilesAreNotCopiedWhereFilesAreOpen) {
  SimWorld world(7);
  const std::string id = world.client.edit("", {{"title", Json("a")}});
  world.client.attach(id, "secret.txt", "s", Visibility::kInternal);
  world.client.attach(id, "open.txt", "o", Visibility::kPublic);
  world.start();
  ASSERT_TRUE(world.settle());
  const Record twin = world.provider.fetch(only_link(world).provider_id);
  ASSERT_EQ(twin.attachments.size(), 1U);
  EXPECT_EQ(twin.attachments[0].name, "open.txt");
  ASSERT_EQ(twin.comments.size(), 1U);
  EXPECT_EQ(twin.comments[0].visibility, Visibility::kInternal);
}

TEST(Engine, FilesOverTheLimitLeaveAStub) {
  FlowConfig flow = example_flow();
  flow.attachments.bytes_max = 10;
  SimWorld world(8, flow);
  const std::string id = world.client.edit("", {{"title", Json("a")}});
  world.client.attach(id, "big.bin", std::string(11, 'x'), Visibility::kPublic);
  world.start();
  ASSERT_TRUE(world.settle());
  const Record twin = world.provider.fetch(only_link(world).provider_id);
  EXPECT_TRUE(twin.attachments.empty());
  ASSERT_EQ(twin.comments.size(), 1U);
  EXPECT_NE(twin.comments[0].text.find("big.bin"), std::string::npos);
  EXPECT_EQ(world.client.fetch(id).comments.size(), 0U);  // the stub is no comment to copy back
}

TEST(Engine, PairedTicketsAreAdopted) {
  SimWorld world(9);
  const std::string a = world.client.edit("", {{"title", Json("same")}});
  world.client.comment(a, "known to both", Visibility::kPublic);
  const std::string b =
      world.provider.edit("", {{"subject", Json("same")}, {"reference", Json("C-" + a)}});
  world.provider.comment(b, "known to both", Visibility::kPublic);
  world.start();
  ASSERT_TRUE(world.settle());
  EXPECT_EQ(world.client.tickets().size(), 1U);
  EXPECT_EQ(world.provider.tickets().size(), 1U);
  EXPECT_EQ(world.provider.fetch(b).comments.size(), 1U);
  EXPECT_EQ(only_link(world).client_id, a);
}

TEST(Engine, ACopyOfATicketGetsATwinOfItsOwn) {
  SimWorld world(10);
  const std::string a = world.client.edit("", {{"title", Json("first")}});
  world.start();
  ASSERT_TRUE(world.settle());
  world.provider.edit("", {{"subject", Json("copy")}, {"reference", Json("C-" + a)}});
  ASSERT_TRUE(world.settle());
  EXPECT_EQ(world.client.tickets().size(), 2U);
  EXPECT_THAT(world.violations(), IsEmpty());
}

// Goal: no twin of a twin. Method: a system that shows a new ticket, by poll, before it has its
// mark.
TEST(Engine, ATicketThatIsBeingMadeIsNotTakenForSomebodysNewOne) {
  SimWorld world(18);
  world.provider.marks_late = true;
  world.provider.faults.delay_ms_max = 3000;
  world.start();
  world.loop.run_for(std::chrono::seconds(5));
  for (int i = 0; i < 10; ++i) world.client.edit("", {{"title", Json("t" + std::to_string(i))}});
  ASSERT_TRUE(world.settle());
  EXPECT_EQ(world.client.tickets().size(), 10U);
  EXPECT_EQ(world.provider.tickets().size(), 10U);
  EXPECT_THAT(world.violations(), IsEmpty());
}

TEST(Engine, ADeletedTwinIsReportedAndNotDeletedHere) {
  SimWorld world(11);
  const std::string a = world.client.edit("", {{"title", Json("a")}});
  world.start();
  ASSERT_TRUE(world.settle());
  world.client.remove(a);
  ASSERT_TRUE(world.settle());
  EXPECT_FALSE(world.provider.tickets().begin()->second.deleted);
  EXPECT_EQ(only_link(world).parked, 1);
}

TEST(Engine, WhatWaitsSaysWhyAndDrainsWhenTheSystemIsBack) {
  SimWorld world(12);
  world.start();
  world.loop.run_for(std::chrono::seconds(5));
  world.provider.down = true;
  world.client.edit("", {{"title", Json("a")}});
  world.loop.run_for(std::chrono::minutes(2));
  const auto waiting = world.store->waiting();
  ASSERT_EQ(waiting->size(), 1U);
  EXPECT_NE(waiting->front().reason.find("tracker"), std::string::npos);
  EXPECT_GT(waiting->front().since, 0);
  world.provider.down = false;
  ASSERT_TRUE(world.settle());
  EXPECT_THAT(world.violations(), IsEmpty());
}

TEST(Engine, ASilentSystemIsNamedWhileItsCallsAreStillOpen) {
  SimWorld world(17);
  world.start();
  world.loop.run_for(std::chrono::seconds(5));
  world.provider.faults.delay_ms_max = 1;
  world.provider.silent_until = world.loop.steady() + std::chrono::minutes(1);
  world.client.edit("", {{"title", Json("a")}});
  world.client.edit("", {{"title", Json("b")}});
  world.loop.run_for(std::chrono::seconds(15));
  const auto waiting = world.store->waiting();
  ASSERT_EQ(waiting->size(), 1U);
  EXPECT_EQ(waiting->front().reason, "tracker: it takes requests and does not answer");
  EXPECT_EQ(waiting->front().changes, 2);
  ASSERT_TRUE(world.settle());
  EXPECT_THAT(world.violations(), IsEmpty());
}

TEST(Engine, AFieldThatSwingsIsParked) {
  SimWorld world(13);
  const std::string id = world.client.edit("", {{"title", Json("a")}});
  world.start();
  ASSERT_TRUE(world.settle());
  const std::string twin = only_link(world).provider_id;
  for (int i = 0; i < 20; ++i) {
    // A robot on each side that insists.
    if (world.client.fetch(id).doc.at("title").text() != "mine")
      world.client.edit(id, {{"title", Json("mine")}});
    world.loop.run_for(std::chrono::seconds(3));
    if (world.provider.fetch(twin).doc.at("subject").text() != "yours")
      world.provider.edit(twin, {{"subject", Json("yours")}});
    world.loop.run_for(std::chrono::seconds(3));
  }
  EXPECT_EQ(only_link(world).parked, 1);
  EXPECT_LT(world.peers->writes, 30);
}

TEST(Engine, AnEditedCommentIsPostedAgainOnce) {
  SimWorld world(14);
  const std::string id = world.client.edit("", {{"title", Json("a")}});
  const std::string comment = world.client.comment(id, "first words", Visibility::kPublic);
  world.start();
  ASSERT_TRUE(world.settle());
  world.client.edit_comment(id, comment, "better words");
  ASSERT_TRUE(world.settle());
  const Record twin = world.provider.fetch(only_link(world).provider_id);
  ASSERT_EQ(twin.comments.size(), 2U);
  EXPECT_NE(twin.comments[1].text.find("better words"), std::string::npos);
  EXPECT_EQ(world.client.fetch(id).comments.size(), 1U);
}

TEST(Engine, AnEditThatNoPollShowsIsSeenWithinTwoMinutes) {
  SimWorld world(16);
  world.provider.description.quiet_changes = true;
  const std::string id = world.provider.edit("", {{"subject", Json("a")}});
  const std::string comment = world.provider.comment(id, "first words", Visibility::kPublic);
  world.start();
  ASSERT_TRUE(world.settle());
  world.provider.edit_comment(id, comment, "better words", true);
  world.loop.run_for(std::chrono::minutes(2));
  EXPECT_EQ(world.client.fetch(only_link(world).client_id).comments.size(), 2U);
}

// As when another hub had the flow meanwhile: its pending changes are older than what we know.
TEST(Engine, AFlowThatComesBackTakesItsOldChangesUp) {
  SimWorld world(17);
  world.provider.down = true;
  world.client.edit("", {{"title", Json("a")}});
  world.start();
  world.loop.run_for(std::chrono::seconds(5));
  std::map<std::string, SystemConfig> systems;
  for (const char* name : {"desk", "tracker"}) {
    systems[name].name = name;
    systems[name].poll = std::chrono::milliseconds(500);
  }
  ASSERT_TRUE(world.engine->configure(systems, {}));
  world.provider.down = false;
  world.loop.run_for(std::chrono::minutes(1));
  EXPECT_TRUE(world.provider.tickets().empty()) << "the flow is not ours";
  ASSERT_TRUE(world.engine->configure(systems, {world.flow}));
  ASSERT_TRUE(world.settle());
  EXPECT_EQ(world.provider.tickets().size(), 1U);
  EXPECT_THAT(world.violations(), IsEmpty());
}

// Webhooks come together, and so they share a flush; what is told to their senders holds for each.
TEST(Engine, HintsThatComeTogetherAreAnsweredOnceTheyAreStored) {
  SimWorld world(18);
  world.client.edit("", {{"title", Json("first")}});
  world.start();
  ASSERT_TRUE(world.settle());
  constexpr std::size_t kHints = 20;
  std::vector<std::size_t> stored;
  std::vector<Fault> refused;
  const auto hinted = [&] {
    auto changes = world.store->changes({.flow = "acme", .limit = 1000});
    return static_cast<std::size_t>(
        std::count_if(changes->begin(), changes->end(),
                      [](const ChangeRow& change) { return change.origin == "webhook"; }));
  };
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kHints; ++i)
    ids.push_back(world.client.edit("", {{"title", Json("a" + std::to_string(i))}}));
  for (const std::string& id : ids) {
    world.engine->hint("desk", id, "{}", [&](const Status& done) {
      EXPECT_TRUE(done);
      stored.push_back(hinted());
    });
  }
  world.engine->hint("nobody", "1", "{}",
                     [&](const Status& done) { refused.push_back(done.error().fault); });
  EXPECT_THAT(stored, IsEmpty()) << "answered inside the call";
  EXPECT_THAT(refused, IsEmpty());
  ASSERT_TRUE(world.loop.run_until([&] { return stored.size() == kHints && refused.size() == 1; },
                                   std::chrono::seconds(10)));
  EXPECT_THAT(stored, Each(kHints)) << "all were stored before the first was answered";
  EXPECT_THAT(refused, ElementsAre(Fault::kRejected));
  ASSERT_TRUE(world.settle());
  EXPECT_THAT(world.violations(), IsEmpty());
  EXPECT_EQ(world.provider.tickets().size(), kHints + 1);
}

TEST(Engine, PreviewSaysWhatWouldBeWrittenAndWritesNothing) {
  SimWorld world(15);
  const std::string id = world.client.edit("", {{"title", Json("a")}});
  world.start();
  world.provider.down = false;
  Json report;
  const int writes = world.peers->writes;
  world.engine->preview("acme", Side::kClient, id, [&](Result<Preview> preview) {
    ASSERT_TRUE(preview);
    report = preview->report;
  });
  ASSERT_TRUE(world.loop.run_until([&] { return !report.is_null(); }, std::chrono::seconds(10)));
  EXPECT_EQ(report.at("requests").size(), 1U);
  EXPECT_GE(world.peers->writes, writes);
}

}  // namespace
}  // namespace navette::test
