#include "backoffice/sla_compare.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"

namespace navette::backoffice {
namespace {

using std::chrono::milliseconds;
using Kind = Cause::Kind;

constexpr unsigned kKinds = 6;

// A part of the second contract that can be put into the first one.
struct Part {
  Kind kind = Kind::kDelay;
  std::size_t event = 0;  // kDelay
  std::string status;     // kStatus
};

// The same events in the order in which they count when they count from the same moment.
std::vector<TicketEvent> ranked(std::vector<TicketEvent> events) {
  const auto key = [](const TicketEvent& event) {
    return std::tie(event.at, event.side, event.order, event.id, event.opened, event.answered,
                    event.status, event.priority, event.seen);
  };
  std::sort(events.begin(), events.end(),
            [&key](const TicketEvent& a, const TicketEvent& b) { return key(a) < key(b); });
  return events;
}

class Mixer {
 public:
  Mixer(const std::vector<TicketEvent>& events, const SlaContract& first, const SlaContract& second,
        TimePoint now)
      : events_(ranked(events)), first_(first), second_(second), now_(now) {
    find_parts();
  }

  const std::vector<Part>& parts() const { return parts_; }
  const std::vector<TicketEvent>& events() const { return events_; }

  // Of the first contract with these parts of the second one.
  Verdict verdict(const std::vector<Part>& parts, Goal goal) const {
    return evaluate(events_with(parts), contract_with(parts), now_).of(goal).verdict;
  }

 private:
  void find_parts() {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (time_for(first_, events_[i]) != time_for(second_, events_[i])) {
        parts_.push_back({.kind = Kind::kDelay, .event = i, .status = {}});
      }
    }
    parts_.push_back({.kind = Kind::kCalendar, .event = 0, .status = {}});
    parts_.push_back({.kind = Kind::kTarget, .event = 0, .status = {}});
    std::set<std::string> statuses;
    for (const auto& [status, rule] : first_.statuses) statuses.insert(status);
    for (const auto& [status, rule] : second_.statuses) statuses.insert(status);
    for (const std::string& status : statuses) {
      if (rule_of(first_, status) != rule_of(second_, status)) {
        parts_.push_back({.kind = Kind::kStatus, .event = 0, .status = status});
      }
    }
    if (first_.on_priority != second_.on_priority) {
      parts_.push_back({.kind = Kind::kPriority, .event = 0, .status = {}});
    }
    if (first_.on_reopen != second_.on_reopen) {
      parts_.push_back({.kind = Kind::kReopen, .event = 0, .status = {}});
    }
  }

  static StatusRule rule_of(const SlaContract& contract, const std::string& status) {
    const auto found = contract.statuses.find(status);
    return found == contract.statuses.end() ? StatusRule{} : found->second;
  }

  // Each at the moment from which it counts.
  std::vector<TicketEvent> events_with(const std::vector<Part>& parts) const {
    std::vector<const SlaContract*> views(events_.size(), &first_);
    for (const Part& part : parts) {
      if (part.kind == Kind::kDelay) views[part.event] = &second_;
    }
    std::vector<TicketEvent> out;
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const auto time = time_for(*views[i], events_[i]);
      if (!time) continue;
      TicketEvent event = events_[i];
      event.side = first_.side;
      event.at = *time;
      event.order = static_cast<std::int64_t>(i);
      out.push_back(std::move(event));
    }
    return out;
  }

  SlaContract contract_with(const std::vector<Part>& parts) const {
    SlaContract mixed = first_;
    bool calendars = false;
    bool targets = false;
    for (const Part& part : parts) {
      calendars = calendars || part.kind == Kind::kCalendar;
      targets = targets || part.kind == Kind::kTarget;
      if (part.kind == Kind::kPriority) mixed.on_priority = second_.on_priority;
      if (part.kind == Kind::kReopen) mixed.on_reopen = second_.on_reopen;
      if (part.kind == Kind::kStatus) mixed.statuses[part.status] = rule_of(second_, part.status);
    }
    if (calendars || targets) mix_targets(mixed, calendars, targets);
    return mixed;
  }

  void mix_targets(SlaContract& mixed, bool calendars, bool targets) const {
    mixed.calendars.clear();
    mixed.targets.clear();
    for (const auto& [name, calendar] : first_.calendars)
      mixed.calendars.emplace("1" + name, calendar);
    for (const auto& [name, calendar] : second_.calendars)
      mixed.calendars.emplace("2" + name, calendar);
    std::set<std::string> priorities = {""};
    for (const auto& [priority, any] : first_.targets) priorities.insert(priority);
    for (const auto& [priority, any] : second_.targets) priorities.insert(priority);
    for (const std::string& priority : priorities) {
      for (const Goal goal : kAllGoals) {
        const auto& ours = target_of(first_, priority, goal);
        const auto& theirs = target_of(second_, priority, goal);
        const auto& time = targets ? theirs : ours;
        auto& out = mixed.targets[priority][index_of(goal)];
        if (!time) continue;
        // A target that the other one does not have comes with its own hours.
        const bool second = calendars ? theirs.has_value() : !ours.has_value();
        out = {time->time, second ? "2" + theirs->calendar : "1" + ours->calendar};
      }
    }
  }

  const std::vector<TicketEvent> events_;
  const SlaContract& first_;
  const SlaContract& second_;
  const TimePoint now_;
  std::vector<Part> parts_;
};

// Leaves out what can be left out.
std::vector<Part> fewest(const Mixer& mixer, std::vector<Part> parts, Goal goal, Verdict wanted) {
  for (std::size_t i = 0; i < parts.size() && parts.size() > 1;) {
    std::vector<Part> less = parts;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(i));
    if (mixer.verdict(less, goal) == wanted) {
      parts = std::move(less);
    } else {
      ++i;
    }
  }
  return parts;
}

std::vector<std::vector<Part>> ways_to(const Mixer& mixer, Goal goal, Verdict wanted) {
  std::vector<std::vector<Part>> ways;
  for (int size = 1; size <= static_cast<int>(kKinds) && ways.empty(); ++size) {
    for (unsigned kinds = 1; kinds < 1U << kKinds; ++kinds) {
      if (std::popcount(kinds) != size) continue;
      std::vector<Part> parts;
      for (const Part& part : mixer.parts()) {
        if ((kinds >> static_cast<unsigned>(part.kind) & 1) != 0) parts.push_back(part);
      }
      if (parts.empty() || mixer.verdict(parts, goal) != wanted) continue;
      ways.push_back(fewest(mixer, std::move(parts), goal, wanted));
    }
  }
  return ways;
}

// The openings up to `end`, those that touch as one.
std::vector<Calendar::Opening> openings(const Calendar& calendar, TimePoint begin, TimePoint end) {
  std::vector<Calendar::Opening> out;
  Calendar::Walk walk(calendar, begin);
  while (const auto next = walk.next(end)) {
    if (!out.empty() && out.back().end == next->begin) {
      out.back().end = next->end;
    } else {
      out.push_back(*next);
    }
  }
  for (auto& opening : out) opening.end = std::min(opening.end, end);
  return out;
}

bool is_in(const std::vector<Calendar::Opening>& openings, TimePoint time) {
  const auto next = std::upper_bound(
      openings.begin(), openings.end(), time,
      [](TimePoint at, const Calendar::Opening& opening) { return at < opening.begin; });
  return next != openings.begin() && time < std::prev(next)->end;
}

void say_first_difference(Cause& cause, const Calendar& first, const Calendar& second,
                          TimePoint begin, TimePoint end) {
  const auto ours = openings(first, begin, end);
  const auto theirs = openings(second, begin, end);
  std::set<TimePoint> edges;
  for (const auto* list : {&ours, &theirs}) {
    for (const Calendar::Opening& opening : *list) edges.insert({opening.begin, opening.end});
  }
  for (auto edge = edges.begin(); edge != edges.end() && std::next(edge) != edges.end(); ++edge) {
    const bool open = is_in(ours, *edge);
    if (open == is_in(theirs, *edge)) continue;
    cause.only = Calendar::Opening{*edge, *std::next(edge)};
    cause.only_first = open;
    return;
  }
}

struct Both {
  const SlaContract& contract;
  const GoalState& state;
};

Cause cause_of(const Part& part, const Mixer& mixer, const Both& first, const Both& second,
               TimePoint now) {
  Cause cause;
  cause.kind = part.kind;
  cause.status = part.status;
  if (part.kind == Kind::kDelay) {
    const TicketEvent& event = mixer.events()[part.event];
    cause.event = event.id;
    cause.first = time_for(first.contract, event);
    cause.second = time_for(second.contract, event);
  }
  cause.first_target = first.state.target.time;
  cause.second_target = second.state.target.time;
  const bool targets =
      !first.state.target.calendar.empty() && !second.state.target.calendar.empty();
  if (part.kind == Kind::kCalendar && targets) {
    const auto begin = std::min(first.state.started, second.state.started);
    const auto end = std::max(first.state.met.value_or(now), second.state.met.value_or(now));
    say_first_difference(cause, first.contract.calendars.find(first.state.target.calendar)->second,
                         second.contract.calendars.find(second.state.target.calendar)->second,
                         begin, end);
  }
  return cause;
}

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

std::string moment(const std::optional<TimePoint>& time) {
  return time ? "from " + to_rfc3339(*time) : std::string("not yet");
}

std::string promised(milliseconds target) {
  return target.count() == 0 ? std::string("nothing") : navette::to_text(target);
}

std::string sentence(const Cause& cause, const std::string& first, const std::string& second) {
  switch (cause.kind) {
    case Kind::kDelay: {
      std::string out = "event " + quoted(cause.event) + " counts " + moment(cause.first) +
                        " for " + first + " and " + moment(cause.second) + " for " + second;
      if (!cause.first || !cause.second) return out;
      return out + " (" + navette::to_text(std::chrono::abs(*cause.first - *cause.second)) + ")";
    }
    case Kind::kCalendar:
      if (!cause.only) return "the hours differ";
      return "the hours differ: " + to_rfc3339(cause.only->begin) + " to " +
             to_rfc3339(cause.only->end) + " counts for " + (cause.only_first ? first : second) +
             " only";
    case Kind::kTarget:
      return first + " promises " + promised(cause.first_target) + ", " + second + " " +
             promised(cause.second_target);
    case Kind::kStatus:
      return "the status " + quoted(cause.status) + " means something else";
    case Kind::kPriority:
      return "a change of priority means something else";
    case Kind::kReopen:
      return "reopening means something else";
  }
  return {};
}

}  // namespace

std::vector<Difference> compare(const std::vector<TicketEvent>& events, const SlaContract& first,
                                const SlaContract& second, TimePoint now) {
  std::vector<Difference> out;
  const SlaState ours = evaluate(events, first, now);
  const SlaState theirs = evaluate(events, second, now);
  std::optional<Mixer> mixer;
  for (const Goal goal : kAllGoals) {
    const GoalState& one = ours.of(goal);
    const GoalState& two = theirs.of(goal);
    if (one.verdict == two.verdict) continue;
    if (!mixer) mixer.emplace(events, first, second, now);
    Difference difference{.goal = goal, .first = one.verdict, .second = two.verdict, .ways = {}};
    for (const auto& parts : ways_to(*mixer, goal, two.verdict)) {
      std::vector<Cause> way;
      for (const Part& part : parts) {
        way.push_back(cause_of(part, *mixer, {first, one}, {second, two}, now));
      }
      difference.ways.push_back(std::move(way));
    }
    out.push_back(std::move(difference));
  }
  return out;
}

std::vector<std::string> explain(const Difference& difference, const SlaContract& first,
                                 const SlaContract& second) {
  const std::string one = quoted(first.name);
  const std::string two = quoted(second.name);
  const std::string head = std::string(to_text(difference.goal)) + ": " + one + " " +
                           to_text(difference.first) + ", " + two + " " +
                           to_text(difference.second) + ": ";
  std::vector<std::string> out;
  for (const auto& way : difference.ways) {
    std::vector<std::string> parts;
    parts.reserve(way.size());
    for (const Cause& cause : way) parts.push_back(sentence(cause, one, two));
    out.push_back(head + join(parts, "; and "));
  }
  return out;
}

}  // namespace navette::backoffice
