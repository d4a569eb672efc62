// Goal: many dead letters of five reasons, mended by one change of the configuration, are replayed
// in their order, no faster than told, and each exactly once, though the hub is killed in between.
// Method: NAVETTE_LETTERS of them (3000 when that is not set) in simulated time.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sync/refusing_world.h"

namespace navette::test {
namespace {

constexpr int kPerSecond = 1000;
constexpr std::size_t kSubjectMax = 40;

int letters() {
  const char* given = std::getenv("NAVETTE_LETTERS");
  return given == nullptr ? 3'000 : std::atoi(given);
}

std::string text_of(const Command& command, const char* path) {
  const Json* value = field_of(command, path);
  return value == nullptr ? std::string() : value->text();
}

// What the tracker does not take.
std::string refusal(const Command& command) {
  if (command.kind != CommandKind::kCreate) return {};
  if (text_of(command, "subject").empty()) return "the subject must not be empty";
  if (text_of(command, "subject").size() > kSubjectMax) return "the subject is too long";
  if (text_of(command, "priority") == "urgent!") return "the priority does not exist";
  if (text_of(command, "due").empty()) return "a due date is required";
  if (text_of(command, "category") == "7") return "the category is closed";
  return {};
}

FieldRule plain(const std::string& client, const std::string& provider) {
  FieldRule rule;
  rule.name = client + "~" + provider;
  rule.client = client;
  rule.provider = provider;
  return rule;
}

FlowConfig broken_flow() {
  FlowConfig flow = example_flow();
  flow.fields.push_back(plain("due", "due"));
  flow.fields.push_back(plain("category", "category"));
  return flow;
}

FieldRule& rule_of(FlowConfig& flow, const std::string& provider) {
  return *std::find_if(flow.fields.begin(), flow.fields.end(),
                       [&](const FieldRule& rule) { return rule.provider == provider; });
}

FlowConfig mended_flow() {
  FlowConfig flow = broken_flow();
  flow.hash = "mended";
  FieldRule& subject = rule_of(flow, "subject");
  subject.limit.provider = {kSubjectMax, true};
  subject.default_value.provider = Json("(no title)");
  subject.only_towards = Side::kProvider;
  rule_of(flow, "due").default_value.provider = Json("2026-12-31");
  rule_of(flow, "due").only_towards = Side::kProvider;
  for (const auto& [path, from, to] :
       {std::array{"priority", "urgent!", "urgent"}, std::array{"category", "7", "8"}}) {
    Table table;
    table.name = path;
    table.pass = true;
    table.rows = {{Json(from), Json(to)}};
    flow.tables[path] = table;
    rule_of(flow, path).table = path;
  }
  return flow;
}

// Ticket `i` with the fault of its kind.
std::vector<FieldWrite> ticket(int i) {
  const bool too_long = i % 5 == 1;
  std::vector<FieldWrite> fields = {{"severity", Json(i % 5 == 2 ? "urgent!" : "high")},
                                    {"category", Json(i % 5 == 4 ? "7" : "1")}};
  if (i % 5 != 0) fields.push_back({"title", Json("t" + std::string(too_long ? 60 : 5, 'x'))});
  if (i % 5 != 3) fields.push_back({"due", Json("2026-01-01")});
  return fields;
}

// As many dead changes as asked; every tenth is a second one of the ticket before.
void make_dead(RefusingWorld& world, int count) {
  constexpr std::array kReasons = {"the subject must not be empty", "the subject is too long",
                                   "the priority does not exist", "a due date is required",
                                   "the category is closed"};
  Batch batch;
  std::string id;
  for (int i = 0; i < count; ++i) {
    if (i % 10 != 9) id = world.client.edit("", ticket(i));
    ChangeRow row;
    row.flow = "acme";
    row.entity_id = id;
    row.origin = "poll";
    row.correlation = "c" + std::to_string(i);
    row.config_hash = "h";
    row.payload = "{\"id\":\"" + id + "\",\"doc\":{}}";
    row.received_at = world.now();
    row.disposition = Disposition::kDead;
    row.reason =
        "tracker refused the new ticket: " + std::string(kReasons[static_cast<std::size_t>(i % 5)]);
    row.ended_at = world.now();
    batch.push_back(AddChange{std::move(row)});
  }
  batch.push_back(SetCursor{"acme/client", std::to_string(world.client.version())});
  ASSERT_TRUE(world.store->commit(batch));
}

TEST(ReplayScale, ManyDeadLettersComeThroughOnceInOrderAndNoFasterThanTold) {
  const int count = letters();
  RefusingWorld world(21, broken_flow());
  world.refuse = refusal;
  make_dead(world, count);
  const std::size_t tickets = world.client.tickets().size();
  EXPECT_EQ(world.store->reasons({.disposition = Disposition::kDead})->size(), 5U);
  world.start();
  world.loop.run_for(std::chrono::seconds(2));
  EXPECT_EQ(world.ended_as(Disposition::kDead), count);
  world.kill();

  world.flow = mended_flow();
  ReplayOrder order;
  order.filter.disposition = Disposition::kDead;
  order.per_second = kPerSecond;
  const auto id = begin_replay(*world.store, order, world.now());
  ASSERT_TRUE(id) << id.error().message;
  world.start();
  std::int64_t before = 0;
  std::set<int> killed_at;
  int seconds = 0;
  for (; seconds < 20 * count / kPerSecond + 60; ++seconds) {
    world.loop.run_for(std::chrono::seconds(1));
    const auto row = world.store->replay(*id);
    if (!(*row)->open) break;
    const std::int64_t cursor = ReplayState::parse((*row)->state)->cursor;
    EXPECT_LE(cursor - before, kPerSecond * 3 / 2) << "in second " << seconds;
    before = cursor;
    const int tenth = static_cast<int>(10 * cursor / count);
    if ((tenth == 3 || tenth == 7) && killed_at.insert(tenth).second) {
      EXPECT_EQ(world.report(*id).at("difference").as_int(-1), 0);
      world.kill();
      world.start();
    }
  }
  EXPECT_EQ(killed_at.size(), 2U);
  const Json report = world.report(*id);
  std::printf("%d letters, %zu tickets, %d s simulated: %s\n", count, tickets, seconds,
              report.dump().c_str());
  const auto dead = world.store->reasons({.disposition = Disposition::kDead});
  for (const ReasonCount& left : *dead) {
    ADD_FAILURE() << left.changes << " x " << left.reason;
  }
  EXPECT_FALSE(report.at("open").as_bool(true));
  EXPECT_EQ(report.at("chosen").as_int(), count);
  EXPECT_EQ(report.at("delivered").as_int() + report.at("unchanged").as_int(), count);
  EXPECT_EQ(report.at("difference").as_int(-1), 0);
  EXPECT_EQ(world.ended_as(Disposition::kDead), 0);
  EXPECT_EQ(world.provider.tickets().size(), tickets);
  const FlowCounts counts = world.store->counts()->front();
  std::int64_t sum = 0;
  for (const std::int64_t one : counts.by) sum += one;
  EXPECT_EQ(counts.accepted, sum);
  EXPECT_EQ(counts.open_commands, 0);
}

}  // namespace
}  // namespace navette::test
