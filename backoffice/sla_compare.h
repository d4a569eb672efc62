// Two contracts over one history: where their verdicts differ, and what made it.
//
// Thread safety: pure functions, safe from any thread.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "backoffice/sla.h"

namespace navette::backoffice {

// One thing in which the two contracts differ. "First" and "second" are as given to compare().
struct Cause {
  enum class Kind : unsigned char {
    kDelay,     // an event counts at another moment for the other one
    kCalendar,  // the hours
    kTarget,    // the time that was promised
    kStatus,    // what a status means: it pauses or meets for one only
    kPriority,  // what a change of priority does
    kReopen,    // what reopening does
  };
  Kind kind = Kind::kDelay;

  std::string event;               // kDelay
  std::optional<TimePoint> first;  // kDelay: when it counts for each; nothing: not yet
  std::optional<TimePoint> second;
  std::string status;  // kStatus
  // kCalendar: the first time in the clock's life that is open in one of the two only.
  std::optional<Calendar::Opening> only;
  bool only_first = false;
  // kTarget: the times promised, 0 for none.
  std::chrono::milliseconds first_target{0};
  std::chrono::milliseconds second_target{0};
};

struct Difference {
  Goal goal = Goal::kResponse;
  Verdict first = Verdict::kNone;
  Verdict second = Verdict::kNone;
  // Each of these, put from the second contract into the first, turns the first verdict into the
  // second one, and none of its parts can be left out. As few causes as there can be kinds of them;
  // more than one way when several kinds alone would do it.
  std::vector<std::vector<Cause>> ways;
};

// The goals whose verdicts differ at `now`. REQUIRES: check() of both.
// Takes as much time as evaluate(), times the events in doubt and the kinds of causes.
std::vector<Difference> compare(const std::vector<TicketEvent>& events, const SlaContract& first,
                                const SlaContract& second, TimePoint now);

// Sentences for a report, one for each way:
// `resolution: "acme" missed, "desk" kept: event "j42" counts from 2026-11-24T17:04:00Z for "acme"
// and from 2026-11-24T16:58:00Z for "desk" (6m)`.
std::vector<std::string> explain(const Difference& difference, const SlaContract& first,
                                 const SlaContract& second);

}  // namespace navette::backoffice
