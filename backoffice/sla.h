// Clocks of a service level agreement: what was promised for a ticket, by when, and whether it was
// kept; a pure function of (events, contract, now). Nothing is stored and nothing is added up over
// time, so that a verdict can be computed again for any moment of the past.
//
// The client's contract and the provider's read the same events. Each event says when it happened
// in the system of its side and when the other side saw it, so that each contract counts by what
// its own side could know.
//
// Thread safety: pure functions, safe from any thread.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "navette/result.h"

#include "backoffice/calendar.h"
#include "base/clock.h"

namespace navette::backoffice {

enum class Party : unsigned char { kClient, kProvider };

// What is promised: a first answer, a way around the trouble, its end.
enum class Goal : unsigned char { kResponse, kWorkaround, kResolution };
inline constexpr std::size_t kGoals = 3;
inline constexpr std::array<Goal, kGoals> kAllGoals = {Goal::kResponse, Goal::kWorkaround,
                                                       Goal::kResolution};
// One value for each goal.
template <class T>
using PerGoal = std::array<T, kGoals>;
constexpr std::size_t index_of(Goal goal) {
  return static_cast<std::size_t>(goal);
}

const char* to_text(Party party);  // "client"
const char* to_text(Goal goal);    // "response"

// Something that happened to a ticket. An event that says several things at once, and several
// events of the same moment that say one each, are the same.
struct TicketEvent {
  std::string id;  // for explanations; unique together with the parts below
  Party side = Party::kProvider;
  TimePoint at;                         // when, in the system of that side
  std::optional<TimePoint> seen;        // when the other side's system had it; not yet
  std::int64_t order = 0;               // which of the same side and moment came first
  bool opened = false;                  // the ticket came to be
  bool answered = false;                // a person answered, to be read by the client
  std::optional<std::string> status;    // now this
  std::optional<std::string> priority;  // now this

  bool operator==(const TicketEvent&) const = default;
};

// What a status means for the clocks.
struct StatusRule {
  PerGoal<bool> pauses{};
  // Being in it is what was promised. Response and workaround are met once and for all, and by the
  // resolution at the latest; the resolution only until the status is left again.
  PerGoal<bool> meets{};
  std::string waits_for;  // whom a pause is for, for reports: "client", "provider", "third party"

  bool operator==(const StatusRule&) const = default;
};

struct Target {
  std::chrono::milliseconds time{0};  // open time by the calendar
  std::string calendar;               // its name in the contract

  bool operator==(const Target&) const = default;
};

// What a new priority does to clocks that run. One that comes in the very moment of the goal comes
// too late to matter.
enum class OnPriority : unsigned char {
  kKeepUsed,  // what was used stays used, by the calendar of then; the new target holds for the sum
  kFromStart,  // as if the ticket always had had the new one
  kRestart,    // a new clock from the change
};

// What leaving a status that had met the resolution does to its clock.
enum class OnReopen : unsigned char {
  kGoOn,      // the clock goes on; the time in between does not count
  kCountAll,  // it goes on, and the time in between counts
  kRestart,   // a new clock from then
};

struct SlaContract {
  std::string name;
  Party side = Party::kProvider;
  // Whether the other side's events count from when this side saw them, or from when they happened.
  bool counts_seen_time = true;
  std::map<std::string, Calendar> calendars;
  // By priority; that of "" is for priorities that are not named. A goal without a target has no
  // clock.
  std::map<std::string, PerGoal<std::optional<Target>>> targets;
  std::map<std::string, StatusRule> statuses;  // one that is not named: the clocks run
  OnPriority on_priority = OnPriority::kKeepUsed;
  OnReopen on_reopen = OnReopen::kGoOn;
};

// The target of a goal at that priority, or none.
const std::optional<Target>& target_of(const SlaContract& contract, const std::string& priority,
                                       Goal goal);

// Errors: kMisconfigured: a target that is not above 0 or names no calendar of the contract.
Status check(const SlaContract& contract);

enum class Verdict : unsigned char {
  kNone,     // no target, or no ticket yet
  kPending,  // not met yet, and there is time left
  kKept,     // met in time
  kMissed,   // met too late, or not yet though the time is over
};
const char* to_text(Verdict verdict);  // "kept"

// A piece of a clock's life, up to the next one: for reports that say who was accountable when.
struct Stretch {
  enum class Kind : unsigned char { kRunning, kPaused, kMet };
  Kind kind = Kind::kRunning;
  TimePoint begin;
  TimePoint end;
  std::string because;   // the id of the event that began it
  std::string status;    // the ticket's then
  std::string priority;  // the ticket's then
  std::string waits_for;
  std::chrono::milliseconds used{0};  // of the target; 0 for what a restart forgot
  bool counts = true;                 // false before the clock's last restart

  bool operator==(const Stretch&) const = default;
};

struct GoalState {
  Verdict verdict = Verdict::kNone;
  Target target;  // that of the priority in force
  std::chrono::milliseconds used{0};
  bool paused = false;
  TimePoint started{};           // of the clock that counts
  std::optional<TimePoint> met;  // and not left again
  std::string met_by;            // the id of that event
  // The first moment by which the target is used up. Nothing while the clock is paused with time
  // left, when it was met with time left and paused before, and when no such moment is near
  // (Calendar::kYearsMax). At that very moment the promise is still kept.
  std::optional<TimePoint> deadline;
  std::vector<Stretch> stretches;  // without gaps, from the ticket's opening to now

  bool operator==(const GoalState&) const = default;
};

struct SlaState {
  std::string contract;
  std::string status;    // the ticket's, as this contract's side knows it
  std::string priority;  // the same
  PerGoal<GoalState> goals;

  const GoalState& of(Goal goal) const { return goals[index_of(goal)]; }
  bool operator==(const SlaState&) const = default;
};

// When the event counts for a contract; nothing while its side does not know of it. No event is
// seen before it happens, whatever the other side's clock says.
std::optional<TimePoint> time_for(const SlaContract& contract, const TicketEvent& event);

// What holds at `now`: later events change nothing, and neither do the events' order in the list or
// repetitions. Of events that count from the same moment, the later by `at` wins, then the
// provider's, then the one with the larger `order`, then the larger id. The clocks start with the
// first event that is `opened`; earlier ones only say status and priority.
// Takes time by events and by days. REQUIRES: check(contract).
SlaState evaluate(const std::vector<TicketEvent>& events, const SlaContract& contract,
                  TimePoint now);

}  // namespace navette::backoffice
