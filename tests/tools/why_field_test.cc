// Goal: `why TICKET.FIELD` tells where a value came from, or why nothing was written, and is right.
// Method: two simulated systems that the engine keeps in step, and ten fields of their tickets.

#include "tools/why_field.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/sim_world.h"

namespace navette::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

FieldRule rule(const std::string& client, const std::string& provider, int line) {
  FieldRule one;
  one.client = client;
  one.provider = provider;
  one.name = client + "~" + provider;
  one.place = {"flows/acme.yaml", line, 5};
  return one;
}

FlowConfig ten_fields() {
  FlowConfig flow = example_flow();
  flow.file = "flows/acme.yaml";
  int line = 10;
  for (FieldRule& one : flow.fields) one.place = {"flows/acme.yaml", ++line, 5};
  flow.fields.push_back(rule("team", "category", 21));
  flow.fields.back().only_towards = Side::kProvider;
  flow.fields.push_back(rule("due", "due", 22));
  flow.fields.back().owner = Ownership::kProvider;
  flow.fields.push_back(rule("note", "note", 23));
  flow.fields.back().create_only = true;
  return flow;
}

class WhyField : public testing::Test {
 protected:
  void SetUp() override {
    id_ = world_.client.edit("", {{"title", Json("Printer")},
                                  {"severity", Json("high")},
                                  {"team", Json("A")},
                                  {"note", Json("first")}});
    world_.start();
    ASSERT_TRUE(world_.settle());
    twin_ = world_.store->links({})->front().provider_id;
    world_.client.edit(id_, {{"severity", Json("low")}});
    ASSERT_TRUE(world_.settle());
  }
  Json story(Side side, const std::string& id, const std::string& field) {
    const auto found = tools::field_story(*world_.store, &world_.flow, {"acme", side, id}, field);
    EXPECT_TRUE(found);
    return found ? *found : Json();
  }
  std::string answer(Side side, const std::string& field) {
    return story(side, side == Side::kClient ? id_ : twin_, field).at("answer").text();
  }

  SimWorld world_{31, ten_fields()};
  std::string id_;
  std::string twin_;
};

TEST_F(WhyField, TellsTheWayBackFromAnUpdatedField) {
  const Json found = story(Side::kProvider, twin_, "priority");
  EXPECT_EQ(found.at("answer").text(), "it was written from the other side's value low as low");
  EXPECT_EQ(found.at("rule").at("at").text(), "flows/acme.yaml:13");
  EXPECT_EQ(found.at("written").at("at").text(), "flows/acme.yaml:13");
  EXPECT_EQ(found.at("written").at("was").text(), "high");
  EXPECT_EQ(found.at("written").at("config_hash").text(), "h");
  ASSERT_EQ(found.at("sent").size(), 1U);
  EXPECT_EQ(found.at("sent").items()[0].at("outcome").text(), "ok");
  EXPECT_EQ(found.at("sent").items()[0].at("attempt").as_int(), 1);
  EXPECT_EQ(found.at("change").at("ticket").text(), "client:" + id_);
  EXPECT_EQ(found.at("change").at("seen_by").text(), "poll");
  EXPECT_FALSE(found.at("change").at("correlation").text().empty());
}

TEST_F(WhyField, TellsTheWayBackFromANewTicket) {
  const Json found = story(Side::kProvider, twin_, "subject");
  EXPECT_EQ(found.at("written").at("as").text(), "a new ticket");
  EXPECT_EQ(found.at("written").at("from").text(), "Printer");
  EXPECT_EQ(found.at("change").at("seen_by").text(), "backfill");
  EXPECT_THAT(answer(Side::kProvider, "note"), HasSubstr("value first as first"));
  EXPECT_THAT(answer(Side::kProvider, "reference"), HasSubstr("as C-" + id_));
}

TEST_F(WhyField, TellsWhyNothingWasWritten) {
  EXPECT_THAT(answer(Side::kProvider, "priorty"),
              HasSubstr("no rule of flows/acme.yaml maps it; did you mean 'priority'?"));
  EXPECT_EQ(answer(Side::kClient, "team"),
            "nothing was written: the rule writes to the provider's side only");
  EXPECT_EQ(answer(Side::kProvider, "due"),
            "nothing was written: the provider owns it: the other side never writes it");
  EXPECT_EQ(answer(Side::kClient, "note"), "nothing was written: the rule is for new tickets only");
  EXPECT_EQ(answer(Side::kClient, "title"),
            "nothing had to be written: this side's value is the one that both agreed on");
}

TEST_F(WhyField, TellsOfAParkedField) {
  world_.client.edit(id_, {{"status", Json("unheard of")}});
  ASSERT_TRUE(world_.settle());
  const Json found = story(Side::kProvider, twin_, "status");
  EXPECT_THAT(found.at("answer").text(), HasSubstr("it is held back: "));
  EXPECT_FALSE(found.at("parked").at("since").is_null());
}

TEST_F(WhyField, TellsOfATicketThatWaitsOrIsDead) {
  world_.provider.down = true;
  const std::string next = world_.client.edit("", {{"title", Json("b")}});
  world_.loop.run_for(std::chrono::minutes(1));
  EXPECT_THAT(story(Side::kClient, next, "title").at("answer").text(),
              HasSubstr("nothing was written yet: its change waits: tracker"));
  const auto changes = world_.store->changes({.entity_id = next});
  ASSERT_TRUE(world_.store->commit(
      {EndChanges{{changes->back().seq}, Disposition::kDead, "refused", 0, 1}}));
  EXPECT_THAT(story(Side::kClient, next, "title").at("answer").text(), EndsWith(": refused"));
  EXPECT_TRUE(story(Side::kClient, "999", "title").is_null());
}

}  // namespace
}  // namespace navette::test
