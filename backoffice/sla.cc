#include "backoffice/sla.h"

#include <algorithm>
#include <tuple>

namespace navette::backoffice {
namespace {

using std::chrono::milliseconds;

// The ticket from one moment on, after all that happened at that moment.
struct Step {
  TimePoint at;
  bool open = false;
  std::string status;
  std::string priority;
  PerGoal<bool> reached{};  // by any event of the moment; the resolution: by the last status
  std::string because;
};

struct Timed {
  TimePoint time;
  const TicketEvent* event;
};

std::vector<Timed> in_order(const std::vector<TicketEvent>& events, const SlaContract& contract,
                            TimePoint now) {
  std::vector<Timed> all;
  for (const TicketEvent& event : events) {
    const auto time = time_for(contract, event);
    if (time && *time <= now) all.push_back({*time, &event});
  }
  const auto key = [](const Timed& timed) {
    const TicketEvent& event = *timed.event;
    return std::tie(timed.time, event.at, event.side, event.order, event.id, event.opened,
                    event.answered, event.status, event.priority);
  };
  std::sort(all.begin(), all.end(),
            [&key](const Timed& a, const Timed& b) { return key(a) < key(b); });
  return all;
}

const StatusRule& rule_of(const SlaContract& contract, const std::string& status) {
  static const StatusRule kRuns;
  const auto found = contract.statuses.find(status);
  return found == contract.statuses.end() ? kRuns : found->second;
}

bool resolves(const StatusRule& rule) {
  return rule.meets[index_of(Goal::kResolution)];
}

// What happened, moment by moment; moments that changed nothing for the clocks are not told.
std::vector<Step> steps_of(const std::vector<TicketEvent>& events, const SlaContract& contract,
                           TimePoint now) {
  std::vector<Step> steps;
  Step state;
  const std::vector<Timed> timed = in_order(events, contract, now);
  for (std::size_t i = 0; i < timed.size();) {
    const Step before = state;
    state.at = timed[i].time;
    state.reached = {};
    for (; i < timed.size() && timed[i].time == state.at; ++i) {
      const TicketEvent& event = *timed[i].event;
      state.open = state.open || event.opened;
      if (event.answered) state.reached[index_of(Goal::kResponse)] = true;
      if (event.priority) state.priority = *event.priority;
      if (!event.status) continue;
      state.status = *event.status;
      const StatusRule& rule = rule_of(contract, state.status);
      for (const Goal goal : {Goal::kResponse, Goal::kWorkaround}) {
        if (rule.meets[index_of(goal)]) state.reached[index_of(goal)] = true;
      }
    }
    // The id that explains the moment: that of its first event.
    for (std::size_t j = i; j > 0 && timed[j - 1].time == state.at; --j) {
      state.because = timed[j - 1].event->id;
    }
    if (!state.open) continue;
    const StatusRule& rule = rule_of(contract, state.status);
    for (const Goal goal : {Goal::kResponse, Goal::kWorkaround}) {
      // The status may stand since before the ticket was opened.
      if (rule.meets[index_of(goal)] || resolves(rule)) state.reached[index_of(goal)] = true;
    }
    state.reached[index_of(Goal::kResolution)] = resolves(rule);
    const bool same = before.open && before.status == state.status &&
                      before.priority == state.priority && before.reached == state.reached;
    if (!same) steps.push_back(state);
  }
  return steps;
}

// One goal's clock through all steps.
class GoalClock {
 public:
  GoalClock(const SlaContract& contract, Goal goal, TimePoint now)
      : contract_(contract), goal_(goal), now_(now) {}

  GoalState run(const std::vector<Step>& steps) {
    if (steps.empty()) return {};
    out_.started = steps.front().at;
    priority_ = steps.front().priority;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const TimePoint end = i + 1 < steps.size() ? steps[i + 1].at : now_;
      take(steps[i], end);
    }
    const auto& target = target_of(contract_, priority_, goal_);
    if (target) {
      out_.target = *target;
      count();
      judge();
    } else {
      out_.met.reset();
      out_.met_by.clear();
      out_.paused = false;
    }
    return std::move(out_);
  }

 private:
  void take(const Step& step, TimePoint end) {
    const bool reached = step.reached[index_of(goal_)];
    if (out_.met && goal_ == Goal::kResolution && !reached) reopen(step.at);
    if (!out_.met && reached) {
      out_.met = step.at;
      out_.met_by = step.because;
    }
    const StatusRule& rule = rule_of(contract_, step.status);
    out_.paused = !out_.met && rule.pauses[index_of(goal_)];
    if (!out_.met && step.priority != priority_) {
      priority_ = step.priority;
      if (contract_.on_priority == OnPriority::kRestart) restart(step.at);
    }
    const auto kind = out_.met      ? Stretch::Kind::kMet
                      : out_.paused ? Stretch::Kind::kPaused
                                    : Stretch::Kind::kRunning;
    out_.stretches.push_back({.kind = kind,
                              .begin = step.at,
                              .end = end,
                              .because = step.because,
                              .status = step.status,
                              .priority = step.priority,
                              .waits_for = out_.paused ? rule.waits_for : ""});
  }

  void reopen(TimePoint at) {
    out_.met.reset();
    out_.met_by.clear();
    if (contract_.on_reopen == OnReopen::kRestart) restart(at);
    if (contract_.on_reopen != OnReopen::kCountAll) return;
    for (auto last = out_.stretches.rbegin();
         last != out_.stretches.rend() && last->kind == Stretch::Kind::kMet; ++last) {
      last->kind = Stretch::Kind::kRunning;
      // Priorities that came while it was met did not change the clock.
      last->priority = priority_;
    }
  }

  void restart(TimePoint at) {
    out_.started = at;
    first_ = out_.stretches.size();
  }

  const Calendar* calendar_of(const Stretch& stretch) const {
    const bool own = contract_.on_priority == OnPriority::kKeepUsed;
    const auto& target = own ? target_of(contract_, stretch.priority, goal_) : out_.target;
    return target ? &contract_.calendars.find(target->calendar)->second : nullptr;
  }

  void count() {
    for (std::size_t i = 0; i < first_; ++i) out_.stretches[i].counts = false;
    for (Stretch& stretch : out_.stretches) {
      if (stretch.kind != Stretch::Kind::kRunning || !stretch.counts) continue;
      const Calendar* const calendar = calendar_of(stretch);
      if (calendar == nullptr) continue;
      stretch.used = calendar->open_between(stretch.begin, stretch.end);
      if (!out_.deadline && out_.used + stretch.used >= out_.target.time) {
        out_.deadline = calendar->after(stretch.begin, out_.target.time - out_.used);
      }
      out_.used += stretch.used;
    }
  }

  // REQUIRES: count().
  void judge() {
    out_.verdict = out_.used > out_.target.time ? Verdict::kMissed
                   : out_.met                   ? Verdict::kKept
                                                : Verdict::kPending;
    if (out_.deadline) return;
    // From the last stretch in which it was not met, the clock would have gone on.
    const auto last =
        std::find_if(out_.stretches.rbegin(), out_.stretches.rend(),
                     [](const Stretch& one) { return one.kind != Stretch::Kind::kMet; });
    const milliseconds left = out_.target.time - out_.used;
    if (last == out_.stretches.rend()) {  // met as it was opened
      out_.deadline = calendar_of(out_.stretches.front())->after(out_.started, left);
    } else if (last->kind == Stretch::Kind::kRunning && last->counts) {
      if (const Calendar* const calendar = calendar_of(*last)) {
        out_.deadline = calendar->after(last->end, left);
      }
    }
  }

  const SlaContract& contract_;
  const Goal goal_;
  const TimePoint now_;
  std::string priority_;   // the clock's
  std::size_t first_ = 0;  // of the stretches that count
  GoalState out_;
};

}  // namespace

const char* to_text(Party party) {
  return party == Party::kClient ? "client" : "provider";
}

const char* to_text(Goal goal) {
  constexpr PerGoal<const char*> kNames = {"response", "workaround", "resolution"};
  return kNames[index_of(goal)];
}

const char* to_text(Verdict verdict) {
  constexpr std::array<const char*, 4> kNames = {"none", "pending", "kept", "missed"};
  return kNames[static_cast<std::size_t>(verdict)];
}

const std::optional<Target>& target_of(const SlaContract& contract, const std::string& priority,
                                       Goal goal) {
  static const std::optional<Target> kNone;
  auto found = contract.targets.find(priority);
  if (found == contract.targets.end()) found = contract.targets.find("");
  return found == contract.targets.end() ? kNone : found->second[index_of(goal)];
}

Status check(const SlaContract& contract) {
  for (const auto& [priority, targets] : contract.targets) {
    for (const Goal goal : kAllGoals) {
      const auto& target = targets[index_of(goal)];
      if (!target) continue;
      const std::string what = "read contract \"" + contract.name + "\": the " + to_text(goal) +
                               " of priority \"" + priority + "\" ";
      if (target->time <= milliseconds(0)) {
        return Error{Fault::kMisconfigured, what + "has no time"};
      }
      if (contract.calendars.count(target->calendar) == 0) {
        return Error{Fault::kMisconfigured,
                     what + "names the calendar \"" + target->calendar + "\", which is not there"};
      }
    }
  }
  return {};
}

std::optional<TimePoint> time_for(const SlaContract& contract, const TicketEvent& event) {
  if (event.side == contract.side || !contract.counts_seen_time) return event.at;
  if (!event.seen) return std::nullopt;
  return std::max(event.at, *event.seen);
}

SlaState evaluate(const std::vector<TicketEvent>& events, const SlaContract& contract,
                  TimePoint now) {
  SlaState out;
  out.contract = contract.name;
  const std::vector<Step> steps = steps_of(events, contract, now);
  if (steps.empty()) return out;
  out.status = steps.back().status;
  out.priority = steps.back().priority;
  for (const Goal goal : kAllGoals) {
    out.goals[index_of(goal)] = GoalClock(contract, goal, now).run(steps);
  }
  return out;
}

}  // namespace navette::backoffice
