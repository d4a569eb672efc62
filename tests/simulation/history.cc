#include "tests/simulation/history.h"

#include <algorithm>
#include <utility>

namespace navette::test {
namespace {

struct Likely {
  Do what;
  int weight;
};
constexpr Likely kSteps[] = {{Do::kCreate, 12},   {Do::kPoison, 1},      {Do::kTitle, 14},
                             {Do::kStatus, 10},   {Do::kSeverity, 12},   {Do::kClear, 3},
                             {Do::kBoth, 6},      {Do::kComment, 16},    {Do::kRephrase, 5},
                             {Do::kAttach, 6},    {Do::kDelete, 1},      {Do::kRobots, 1},
                             {Do::kKill, 2},      {Do::kCrash, 3},       {Do::kTakeOver, 1},
                             {Do::kDown, 2},      {Do::kSilent, 1},      {Do::kStoreTrouble, 1},
                             {Do::kClockJump, 1}, {Do::kSystemClock, 1}, {Do::kWait, 4}};

Do any_step(Random& random) {
  int sum = 0;
  for (const Likely& one : kSteps) sum += one.weight;
  auto at = static_cast<int>(random.below(static_cast<std::uint64_t>(sum)));
  for (const Likely& one : kSteps) {
    if (at < one.weight) return one.what;
    at -= one.weight;
  }
  return Do::kWait;
}

struct Range {
  const char* name;
  int percent;  // of the histories that have it
  int max;
};
constexpr Range kSystemKnobs[] = {
    {"refused", 40, 8},      {"throttled", 20, 5},       {"conflict", 20, 6},
    {"unsent", 30, 5},       {"lost", 50, 15},           {"late", 30, 8},
    {"half", 30, 6},         {"bare", 30, 40},           {"stale", 30, 30},
    {"repeated", 40, 20},    {"hints", 40, 80},          {"slow", 30, 400},
    {"skew", 40, 90'000},    {"feed_lag", 30, 800},      {"whole_seconds", 40, 1},
    {"takes_keys", 40, 1},   {"marks_late", 15, 1},      {"quiet_edits", 20, 1},
    {"refuses_done", 15, 1}, {"rejects_comments", 15, 1}};

int up_to(Random& random, int max) {
  return 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(max)));
}

// Carries one step out.
class Player {
 public:
  Player(Town& town, const Step& step) : town_(town), what_(step.what), random_(step.salt) {}

  void play() {
    switch (what_) {
      case Do::kCreate:
      case Do::kPoison:
        return create();
      case Do::kTitle:
      case Do::kStatus:
      case Do::kSeverity:
      case Do::kClear:
      case Do::kRephrase:
      case Do::kComment:
      case Do::kAttach:
      case Do::kDelete:
        return with_ticket();
      case Do::kBoth:
      case Do::kRobots:
        return with_pair();
      case Do::kWait:
        return town_.run(milliseconds(up_to(random_, 20'000)));
      default:
        return trouble();
    }
  }

 private:
  TownSystem& any_system() {
    auto at = town_.systems().begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random_.below(town_.systems().size())));
    return *at->second;
  }
  std::string token(const char* kind) {
    return kind + std::to_string(town_.loop.steady().count()) + "-" +
           std::to_string(random_.below(100'000));
  }
  Visibility any_visibility() {
    return random_.below(2) == 0 ? Visibility::kInternal : Visibility::kPublic;
  }
  void say(const TownSystem& where, const std::string& what) {
    town_.tell(where.name() + ": somebody " + what);
  }

  void create();
  void with_ticket();
  void with_pair();
  void trouble();
  void set_any(TownSystem& one, const std::string& id, const std::string& field);

  Town& town_;
  Do what_;
  Random random_;
};

void Player::create() {
  TownSystem& one = any_system();
  std::string flow = one.name() == "desk-b" ? "beta" : "acme";
  if (one.name() == "tracker" && random_.below(2) == 0) flow = "beta";
  const bool poison = what_ == Do::kPoison;
  const std::string title = (poison ? "poison " : "") + token("t");
  const std::string id =
      one.create(one.name() == "tracker" ? flow : std::string(), flow, title, poison);
  say(one, "opens " + id + " '" + title + "' (" + flow + ")");
}

void Player::set_any(TownSystem& one, const std::string& id, const std::string& field) {
  constexpr const char* kStatuses[] = {"new", "open", "done"};
  std::string value = token(field == "title" ? "t" : "s");
  if (field == "title" && town_.model.ticket(one.key(id)).poisoned) value = "poison " + value;
  if (field == "status") value = kStatuses[random_.below(3)];
  if (what_ == Do::kClear) value = "-";
  one.set(id, field, value);
  say(one, "sets " + field + " of " + id + " to '" + value + "'");
}

void Player::with_ticket() {
  TownSystem& one = any_system();
  const auto ids = one.ids(true);
  if (ids.empty()) return create();
  const std::string id = ids[random_.below(ids.size())];
  const Visibility visibility = any_visibility();
  const std::string seen = visibility == Visibility::kInternal ? " (internal)" : " (public)";
  switch (what_) {
    case Do::kTitle:
      return set_any(one, id, "title");
    case Do::kStatus:
      return set_any(one, id, "status");
    case Do::kRephrase:
      one.rephrase(id, random_.below(100));
      return say(one, "rephrases a comment of " + id);
    case Do::kComment:
      return say(one, "says " +
                          std::to_string(one.comment(id, visibility, random_.below(10) == 0)) +
                          " on " + id + seen);
    case Do::kAttach:
      return say(one,
                 "attaches " + Model::file_name(one.attach(id, visibility)) + " to " + id + seen);
    case Do::kDelete:
      one.remove(id);
      return say(one, "deletes " + id);
    default:
      return set_any(one, id, "severity");
  }
}

void Player::with_pair() {
  TownSystem& tracker = town_.system("tracker");
  const auto ids = tracker.ids(true);
  if (ids.empty()) return create();
  const std::string id = ids[random_.below(ids.size())];
  const std::string twin = town_.model.ticket(tracker.key(id)).twin;
  if (twin.empty() || town_.model.ticket(twin).deleted) return with_ticket();
  const auto colon = twin.find(':');
  TownSystem& desk = town_.system(twin.substr(0, colon));
  const std::string other = twin.substr(colon + 1);
  if (what_ == Do::kRobots) {
    desk.post_robot(other, {"severity", "desk robot", 1000});
    tracker.post_robot(id, {"severity", "tracker robot", 1000});
    town_.model.excuse(tracker.key(id), "severity");
    town_.tell("robots fight for the severity of " + tracker.key(id) + " and " + twin);
    return set_any(desk, other, "severity");
  }
  const std::string field = random_.below(2) == 0 ? "title" : "severity";
  set_any(desk, other, field);
  set_any(tracker, id, field);
}

void Player::trouble() {
  TownSystem& one = any_system();
  Hub* hub = town_.hub();
  const milliseconds span(up_to(random_, 15'000));
  const std::string length = " for " + std::to_string(span.count()) + " ms";
  switch (what_) {
    case Do::kKill:
      town_.tell("the hub is killed");
      return town_.kill_hub();
    case Do::kCrash:
      hub->fate->crash_after = up_to(random_, 30);
      return town_.tell("the hub will die after " + std::to_string(hub->fate->crash_after) +
                        " boundaries");
    case Do::kTakeOver:
      town_.tell("another hub takes over; the old one does not know");
      return town_.take_over();
    case Do::kDown:
      one.down = true;
      town_.tell(one.name() + " is down" + length);
      town_.loop.after(span, [&one] { one.down = false; });
      return;
    case Do::kSilent:
      one.silent_until = town_.loop.steady() + span;
      return town_.tell(one.name() + " takes requests and does not answer" + length);
    case Do::kStoreTrouble:
      hub->fate->store_trouble_until = town_.loop.steady() + span;
      return town_.tell("the store can't be written" + length);
    case Do::kClockJump: {
      const milliseconds by(static_cast<int>(random_.below(7'200'000)) - 3'600'000);
      town_.loop.jump(by);
      return town_.tell("the hub's clock jumps by " + std::to_string(by.count()) + " ms");
    }
    default: {
      const milliseconds by(static_cast<int>(random_.below(240'000)) - 120'000);
      one.skew += by;
      return town_.tell("the clock of " + one.name() + " jumps by " + std::to_string(by.count()) +
                        " ms");
    }
  }
}

std::string kind_of(const Ending& ending) {
  if (ending.wrong.empty()) return {};
  // "lost: severity of ..."
  const std::string& first = ending.wrong.front();
  return first.substr(0, first.find(' ', first.find(' ') + 1));
}

// Tries changes of a history and keeps those after which it still breaks the same promise.
class Shrinker {
 public:
  Shrinker(History history, int runs)
      : best_(std::move(history)), kind_(kind_of(run_history(best_))), runs_(runs) {}

  History shrunk() {
    for (bool better = true; better && runs_ > 0;) {
      better = drop_steps();
      better = drop_knobs() || better;
      better = drop_waits() || better;
    }
    return best_;
  }

 private:
  bool keep(History changed) {
    if (runs_-- <= 0 || kind_of(run_history(changed)) != kind_) return false;
    best_ = std::move(changed);
    return true;
  }
  bool drop_steps() {
    bool better = false;
    for (std::size_t size = std::max<std::size_t>(best_.steps.size() / 2, 1); size > 0; size /= 2) {
      for (std::size_t at = best_.steps.size(); at > 0 && runs_ > 0;) {
        at -= std::min(at, size);
        History changed = best_;
        const auto first = changed.steps.begin() + static_cast<std::ptrdiff_t>(at);
        const auto count = std::min(size, changed.steps.size() - at);
        changed.steps.erase(first, first + static_cast<std::ptrdiff_t>(count));
        better = keep(std::move(changed)) || better;
      }
    }
    return better;
  }
  bool drop_knobs() {
    bool better = false;
    const Knobs knobs = best_.knobs;
    for (const auto& [name, value] : knobs) {
      History changed = best_;
      changed.knobs.erase(name);
      better = keep(std::move(changed)) || better;
    }
    return better;
  }
  bool drop_waits() {
    bool better = false;
    for (std::size_t i = 0; i < best_.steps.size(); ++i) {
      if (best_.steps[i].wait_ms == 0) continue;
      History changed = best_;
      changed.steps[i].wait_ms = 0;
      better = keep(std::move(changed)) || better;
    }
    return better;
  }

  History best_;
  std::string kind_;
  int runs_;
};

}  // namespace

History make_history(std::uint64_t seed, int steps) {
  Random random(seed);
  History history;
  history.seed = seed;
  for (const char* system : {"desk-a", "desk-b", "tracker"}) {
    for (const Range& one : kSystemKnobs) {
      if (static_cast<int>(random.below(100)) < one.percent)
        history.knobs[std::string(system) + "." + one.name] = up_to(random, one.max);
    }
  }
  history.knobs["policy"] = static_cast<int>(random.below(8));
  if (random.below(5) == 0) history.knobs["internal_stays"] = 1;
  if (random.below(5) == 0) history.knobs["edits_stay"] = 1;
  if (random.below(3) == 0) history.knobs["flaky_store"] = up_to(random, 8);
  if (random.below(2) == 0) history.knobs["dead_last"] = up_to(random, 2);
  const int hurry = up_to(random, 1500);
  for (int i = 0; i < steps; ++i) {
    Step step{any_step(random), random.next(), 0};
    step.wait_ms = up_to(random, hurry);
    history.steps.push_back(step);
  }
  return history;
}

Ending run_history(const History& history, bool tells) {
  Town town(history.seed, history.knobs, tells);
  for (const Step& step : history.steps) {
    Player(town, step).play();
    town.run(milliseconds(step.wait_ms));
    if (town.failed()) break;
  }
  if (!town.failed()) town.finish();
  return {town.model.wrong(), town.story(), town.writes()};
}

History shrink(const History& history, int runs_max) {
  return Shrinker(history, runs_max).shrunk();
}

std::string explain(const History& history) {
  const Ending ending = run_history(history, true);
  std::string text = "history NAVETTE_SEED=" + std::to_string(history.seed) + ", " +
                     std::to_string(history.steps.size()) + " steps are left of it\n";
  for (const auto& [name, value] : history.knobs)
    text += "  " + name + " = " + std::to_string(value) + "\n";
  for (const std::string& line : ending.story) text += line + "\n";
  for (const std::string& line : ending.wrong) text += "WRONG: " + line + "\n";
  return text;
}

}  // namespace navette::test
