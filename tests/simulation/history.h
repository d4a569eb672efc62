// Histories: what happens in a town, step by step, from a seed; and how a failing one is made
// short enough to be read.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/town.h"

namespace navette::test {

enum class Do : unsigned char {
  kCreate,
  kPoison,
  kTitle,
  kStatus,
  kSeverity,
  kClear,
  kBoth,  // people on both sides, at the same moment
  kComment,
  kRephrase,
  kAttach,
  kDelete,
  kRobots,
  kKill,
  kCrash,  // at one of the next boundaries
  kTakeOver,
  kDown,
  kSilent,
  kStoreTrouble,
  kClockJump,
  kSystemClock,
  kWait,
};

// What is chosen within a step comes from its salt alone, so that dropping one leaves the others.
struct Step {
  Do what = Do::kWait;
  std::uint64_t salt = 0;
  int wait_ms = 0;  // afterwards
};

struct History {
  std::uint64_t seed = 0;
  Knobs knobs;
  std::vector<Step> steps;
};

// The same seed and number: the same history.
History make_history(std::uint64_t seed, int steps);

struct Ending {
  std::vector<std::string> wrong;  // empty: every promise held
  std::vector<std::string> story;  // what happened, when it was asked for
  int writes = 0;                  // of the hub
};
Ending run_history(const History& history, bool tells = false);

// A history that breaks the same promise with as few steps and faults as were found in that many
// runs.
History shrink(const History& history, int runs_max = 600);

// The history for people: how to run it again, what is wrong, its knobs, and what happened.
std::string explain(const History& history);

}  // namespace navette::test
