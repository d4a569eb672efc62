// The three-way merge and the swing detector on their own.

#include "sync/merge.h"

#include <gtest/gtest.h>

#include "sync/children.h"
#include "tests/simulation/sim_world.h"

namespace navette::test {
namespace {

Record record_of(std::string id, std::string path, const char* value, std::string updated_at) {
  Record record;
  record.id = std::move(id);
  record.updated_at = std::move(updated_at);
  record.doc = Json::object();
  if (value != nullptr) record.doc.set(path, Json(value));
  return record;
}

struct Case {
  const char* base;
  const char* client;
  const char* provider;
  FieldDecision::Action action;
  Side target;
  const char* value;
};

TEST(Merge, EachWayTheSidesCanDiffer) {
  using Action = FieldDecision::Action;
  const FlowConfig flow = example_flow();
  const auto mapping = Mapping::compile(flow);
  ASSERT_TRUE(mapping);
  const Case cases[] = {
      {"a", "a", "a", Action::kNone, Side::kProvider, ""},
      {"a", "b", "a", Action::kWrite, Side::kProvider, "b"},
      {"a", "a", "c", Action::kWrite, Side::kClient, "c"},
      {"a", "b", "b", Action::kAgree, Side::kProvider, ""},
      {"a", "b", "c", Action::kWrite, Side::kClient, "c"},  // newest: the provider's
  };
  for (const Case& one : cases) {
    LinkState state;
    state.base["title~subject"] = {Json(one.base), Json(one.base)};
    const Record client = record_of("1", "title", one.client, "2026-01-01T00:00:00Z");
    const Record provider = record_of("2", "subject", one.provider, "2026-01-01T00:00:01Z");
    const auto decisions = merge_fields({flow, *mapping, state, client, provider, 0});
    EXPECT_EQ(decisions[0].action, one.action) << one.client << " " << one.provider;
    if (one.action != Action::kWrite) continue;
    EXPECT_EQ(decisions[0].target, one.target);
    EXPECT_EQ(decisions[0].value, Json(one.value));
  }
}

FieldDecision decided(const FieldRule& rule, const char* client_doc, const char* provider_doc,
                      const char* base = "a") {
  FlowConfig flow;
  flow.fields = {rule};
  const auto mapping = Mapping::compile(flow);
  EXPECT_TRUE(mapping) << (mapping ? "" : mapping.error().message);
  LinkState state;
  state.base[rule.name] = {Json(base), Json(base)};
  Record client = record_of("1", "", nullptr, "2026-01-01T00:00:00Z");
  Record provider = record_of("2", "", nullptr, "2026-01-01T00:00:01Z");
  client.doc = *Json::parse(client_doc);
  provider.doc = *Json::parse(provider_doc);
  return merge_fields({flow, *mapping, state, client, provider, 0})[0];
}

TEST(Merge, AConditionHoldsAValueBackUntilItIsFulfilled) {
  using Action = FieldDecision::Action;
  FieldRule rule;
  rule.client = "x";
  rule.provider = "y";
  rule.name = "r";
  rule.when.client = "s = 'done'";
  EXPECT_EQ(decided(rule, R"({"x":"b","s":"new"})", R"({"y":"a"})").action, Action::kNone);
  EXPECT_EQ(decided(rule, R"({"x":"b","s":"done"})", R"({"y":"a"})").action, Action::kWrite);
  const FieldDecision back = decided(rule, R"({"x":"a","s":"new"})", R"({"y":"b"})");
  EXPECT_EQ(back.action, Action::kWrite);
  EXPECT_EQ(back.target, Side::kClient);
}

TEST(Merge, AnOwnerMayDependOnTheTicket) {
  using Action = FieldDecision::Action;
  FieldRule rule;
  rule.client = "x";
  rule.provider = "y";
  rule.name = "r";
  rule.owner_while.client = "s = 'new'";
  const FieldDecision owned = decided(rule, R"({"x":"a","s":"new"})", R"({"y":"b"})");
  EXPECT_EQ(owned.action, Action::kWrite);
  EXPECT_EQ(owned.target, Side::kProvider);
  EXPECT_EQ(decided(rule, R"({"x":"a","s":"open"})", R"({"y":"b"})").target, Side::kClient);
}

TEST(Merge, AnExpressionThatFailsParksTheFieldAndClearsNothing) {
  FieldRule rule;
  rule.provider = "y";
  rule.name = "r";
  rule.expr.provider = "$number(x)";
  rule.only_towards = Side::kProvider;
  const FieldDecision decision = decided(rule, R"({"x":"many"})", R"({"y":"a"})");
  EXPECT_EQ(decision.action, FieldDecision::Action::kPark);
  EXPECT_NE(decision.reason.find("D3030"), std::string::npos) << decision.reason;
  EXPECT_EQ(decided(rule, R"({"x":"12"})", R"({"y":"a"})").value, Json(12));
}

TEST(Merge, AValueOnlyOneSideChangedBackAndForthSwings) {
  LinkState state;
  bool swings = false;
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(swings);
    static_cast<void>(note_write(state, "r", Side::kProvider, Json("a"), i * 1000));
    swings = note_write(state, "r", Side::kClient, Json("b"), i * 1000 + 500);
  }
  EXPECT_TRUE(swings);
  EXPECT_FALSE(note_write(state, "r", Side::kClient, Json("b"), 100'000'000));
}

TEST(Children, VisibilityIsNeverWidenedUnlessNamed) {
  FlowConfig flow = example_flow();
  flow.comments.visibility.provider = {"public", "public", "public"};
  EXPECT_EQ(visibility_on(flow, Side::kProvider, Visibility::kInternal), Visibility::kInternal);
  flow.comments.widen = true;
  EXPECT_EQ(visibility_on(flow, Side::kProvider, Visibility::kInternal), Visibility::kPublic);
}

TEST(LinkState, SurvivesTheStore) {
  LinkState state;
  state.base["r"] = {Json("a"), Json(std::int64_t{3})};
  state.parked["q"] = {"why", 5, Json(), Json("x")};
  state.digest = {"c", "p"};
  static_cast<void>(note_write(state, "r", Side::kClient, Json("v"), 7));
  const auto again = LinkState::parse(state.dump());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->dump(), state.dump());
}

}  // namespace
}  // namespace navette::test
