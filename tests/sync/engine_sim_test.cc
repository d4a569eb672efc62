// Random histories: people on both sides, lost answers, systems that go away, a hub that is killed
// at any moment. After each, every promise is checked. NAVETTE_SEED replays one.

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/simulation/sim_world.h"

namespace navette::test {
namespace {

constexpr int kHistories = 150;
constexpr int kSteps = 60;

void one_edit(SimWorld& world, int step) {
  Random& random = world.loop.random();
  const Side side = random.below(2) == 0 ? Side::kClient : Side::kProvider;
  FakeDesk& desk = world.desk(side);
  const bool client = side == Side::kClient;
  const std::string text = "text " + std::to_string(step);
  const auto& tickets = desk.tickets();
  if (tickets.empty() || random.below(6) == 0) {
    desk.edit("", {{client ? "title" : "subject", Json(text)}});
    return;
  }
  auto ticket = tickets.begin();
  std::advance(ticket, static_cast<std::ptrdiff_t>(random.below(tickets.size())));
  const std::string id = ticket->first;
  const Visibility visibility = random.below(2) == 0 ? Visibility::kInternal : Visibility::kPublic;
  const char* const client_statuses[] = {"new", "open", "done"};
  const char* const provider_statuses[] = {"new", "progress", "closed"};
  switch (random.below(6)) {
    case 0:
      desk.edit(id, {{client ? "title" : "subject", Json(text)}});
      break;
    case 1:
      desk.edit(id, {{"status", Json(client ? client_statuses[random.below(3)]
                                            : provider_statuses[random.below(3)])}});
      break;
    case 2:
      desk.edit(id, {{client ? "severity" : "priority", Json()}});
      break;
    case 3:
      desk.comment(id, "said " + std::to_string(step) + ".", visibility);
      break;
    case 4:
      desk.attach(id, "file-" + std::to_string(step) + ".txt", text, Visibility::kPublic);
      break;
    default:
      desk.edit(id, {{client ? "severity" : "priority", Json(text)}});
      break;
  }
}

void one_history(std::uint64_t seed) {
  SCOPED_TRACE("NAVETTE_SEED=" + std::to_string(seed));
  SimWorld world(seed);
  Random& random = world.loop.random();
  for (FakeDesk* desk : {&world.client, &world.provider}) {
    desk->takes_keys = random.below(2) == 0;
    desk->faults.lost_percent = static_cast<int>(random.below(15));
    desk->faults.unsent_percent = static_cast<int>(random.below(5));
    desk->faults.down_percent = static_cast<int>(random.below(10));
  }
  world.start();
  for (int step = 0; step < kSteps; ++step) {
    one_edit(world, step);
    world.loop.run_for(std::chrono::milliseconds(random.below(800)));
    if (random.below(25) == 0) {
      world.kill();
      world.start();
    }
    if (random.below(30) == 0) world.provider.down = !world.provider.down;
  }
  for (FakeDesk* desk : {&world.client, &world.provider}) {
    desk->down = false;
    desk->faults = FakeFaults{};
  }
  ASSERT_TRUE(world.settle());
  ASSERT_THAT(world.violations(), testing::IsEmpty());
  const int writes = world.peers->writes;
  world.loop.run_for(std::chrono::minutes(2));
  ASSERT_EQ(world.peers->writes, writes) << "it does not come to rest";
}

TEST(EngineSim, NothingIsLostDoubledLeakedOrLoopedInAnyHistory) {
  if (const char* given = std::getenv("NAVETTE_SEED")) {
    one_history(std::strtoull(given, nullptr, 10));
    return;
  }
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    one_history(seed);
    if (HasFatalFailure()) return;
  }
  std::printf("%d histories of %d steps\n", kHistories, kSteps);
}

}  // namespace
}  // namespace navette::test
