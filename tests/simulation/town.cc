#include "tests/simulation/town.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include "sync/link_state.h"

namespace navette::test {
namespace {

// Until a new process asks for the first time. What polls said before is forgotten by then, and so
// it must be longer than a replica lags behind.
constexpr milliseconds kRestart = TownSystem::kLagMax + milliseconds(100);

FieldRule rule(std::string client, std::string provider, std::string table = {}) {
  FieldRule one;
  one.name = client + "~" + provider;
  one.client = std::move(client);
  one.provider = std::move(provider);
  one.table = std::move(table);
  return one;
}

FieldRule mark(std::string client, std::string provider, std::string text) {
  FieldRule one = rule(std::move(client), std::move(provider));
  one.text_template = std::move(text);
  return one;
}

FlowConfig flow_of(const std::string& name, const std::string& desk, const Town& town) {
  FlowConfig flow;
  flow.name = name;
  flow.hash = "h";
  flow.since = "2020-01-01T00:00:00Z";
  flow.client.system = desk;
  flow.provider.system = "tracker";
  flow.provider.where.set("project", name);
  flow.fields = {rule("title", "subject"), rule("status", "status", "statuses"),
                 rule("severity", "priority"), mark("id", "reference", desk + ":{id}"),
                 mark("reference", "id", "tracker:{id}")};
  Table statuses;
  statuses.name = "statuses";
  statuses.rows = {
      {Json("new"), Json("new")}, {Json("open"), Json("progress")}, {Json("done"), Json("closed")}};
  flow.tables["statuses"] = statuses;
  const std::string internal = town.knob("internal_stays") != 0 ? "none" : "internal";
  // Towards the client everything said "public" is wished, and never granted to what is internal.
  flow.comments.visibility.client = {internal == "none" ? internal : "public", "public", "public"};
  flow.comments.visibility.provider = {internal, "internal", "public"};
  flow.comments.repost_edits = town.knob("edits_stay") == 0;
  constexpr ConflictPolicy kPolicies[] = {ConflictPolicy::kNewest, ConflictPolicy::kClient,
                                          ConflictPolicy::kProvider, ConflictPolicy::kPark};
  flow.conflict = kPolicies[town.knob("policy") % 4];
  return flow;
}

}  // namespace

int Town::knob(const std::string& name) const {
  const auto found = knobs_.find(name);
  return found == knobs_.end() ? 0 : found->second;
}

Town::Town(std::uint64_t seed, const Knobs& knobs, bool tells)
    : loop(seed), knobs_(knobs), seed_(seed), tells_(tells) {
  for (const char* name : {"desk-a", "desk-b", "tracker"}) {
    owned_.push_back(
        std::make_unique<TownSystem>(name, std::string(name) != "tracker", loop, model));
    systems_[name] = owned_.back().get();
    set_up(*owned_.back());
  }
  flows = {flow_of("acme", "desk-a", *this), flow_of("beta", "desk-b", *this)};
  store = std::move(*open_store("sqlite::memory:"));
  const auto link_of = [this](const std::string& ticket) -> std::optional<LinkRow> {
    const auto colon = ticket.find(':');
    const Side side = ticket.substr(0, colon) == "tracker" ? Side::kProvider : Side::kClient;
    const auto link = store->link_of(model.ticket(ticket).flow, side, ticket.substr(colon + 1));
    return link ? *link : std::nullopt;
  };
  model.linked = [link_of](const std::string& ticket) { return link_of(ticket).has_value(); };
  model.settled = [this, link_of](const std::string& ticket, const std::string& field) {
    const auto link = link_of(ticket);
    if (!link) return false;
    const auto state = LinkState::parse(link->state);
    const auto open = state->open.find(field + "~" + systems_.at("tracker")->path_of(field));
    return open == state->open.end() || !open->second.create;
  };
  start_hub();
}

Town::~Town() {
  zombies_.clear();
  hub_.reset();
}

void Town::set_up(TownSystem& one) {
  const auto at = [&](const char* what) { return knob(one.name() + "." + what); };
  one.description.internal_comments = true;
  one.description.attachment_visibility = true;
  one.faults = {at("refused"), at("throttled"), at("conflict"), at("unsent"),
                at("lost"),    at("late"),      at("half"),     at("bare"),
                at("stale"),   at("repeated"),  at("hints"),    20 + at("slow")};
  one.skew = milliseconds(at("skew"));
  one.feed_lag = milliseconds(at("feed_lag"));
  // Of two answers within one second nobody could tell which is older.
  one.whole_seconds = at("whole_seconds") != 0 && one.faults.stale == 0;
  one.takes_keys = at("takes_keys") != 0;
  one.marks_late = at("marks_late") != 0;
  one.quiet_edits = at("quiet_edits") != 0;
  one.description.quiet_changes = one.quiet_edits;
  one.refuses_done = at("refuses_done") != 0;
  one.rejects_comments = at("rejects_comments") != 0;
  one.tell = [this](const std::string& line) { tell(line); };
  one.on_change = [this, &one](const std::string& id) {
    if (loop.random().below(100) >= static_cast<std::uint64_t>(one.faults.hints)) return;
    loop.after(milliseconds(loop.random().below(2000)), [this, &one, id] {
      // A webhook that nobody takes is lost: the next poll brings it.
      if (hub_ && !hub_->fate->dead) static_cast<void>(hub_->engine->hint(one.name(), id, "{}"));
    });
  };
}

void Town::tell(const std::string& line) {
  if (!tells_) return;
  char at[32];
  std::snprintf(at, sizeof at, "%9.3f s  ", static_cast<double>(loop.steady().count()) / 1000.0);
  story_.push_back(at + line);
}

void Town::start_hub() {
  hub_ = std::make_unique<Hub>(loop, model, *store, systems_, seed_ + ++hubs_);
  hub_->fate->flaky_percent = knob("flaky_store");
  hub_->fate->unsaved = [this](std::int64_t link) {
    const auto row = store->link(link);
    if (!row || !*row) return;
    for (const FlowConfig& flow : flows) {
      if (flow.name != (*row)->flow) continue;
      for (const Side side : {Side::kClient, Side::kProvider}) {
        if (!(*row)->id_of(side).empty())
          model.unanswered(system(flow.side(side).system).key((*row)->id_of(side)));
      }
    }
  };
  if (tells_) hub_->fate->tell = [this](const std::string& line) { tell("   hub: " + line); };
  hub_->start(flows);
}

void Town::bury(std::unique_ptr<Hub> hub) {
  hub->fate->die();
  hub->engine.reset();
  graveyard_.push_back(std::move(hub));
}

void Town::kill_hub() {
  bury(std::move(hub_));
  loop.run_for(kRestart);
  start_hub();
}

void Town::take_over() {
  hub_->fate->lose_lease();
  zombies_.push_back(std::move(hub_));
  loop.run_for(kRestart);
  start_hub();
}

void Town::run(milliseconds span) {
  const milliseconds end = loop.steady() + span;
  while (loop.steady() < end) {
    const bool died =
        loop.run_until([this] { return failed() || hub_->fate->dead; }, end - loop.steady());
    if (failed()) return;
    if (!died) break;
    tell("the hub dies");
    bury(std::move(hub_));
    loop.run_for(kRestart + milliseconds(loop.random().below(2000)));
    start_hub();
  }
  if (loop.steady() < end) loop.run_for(end - loop.steady());
}

void Town::heal() {
  for (const auto& [name, one] : systems_) {
    // Requests that wait there for an answer get it only when they were to.
    answers_at_ = std::max(answers_at_, one->silent_until);
    one->faults = TownFaults{};
    one->down = false;
    one->silent_until = milliseconds(0);
  }
  for (auto& zombie : zombies_) bury(std::move(zombie));
  zombies_.clear();
  hub_->fate->crash_after = -1;
  hub_->fate->flaky_percent = 0;
  hub_->fate->store_trouble_until = milliseconds(0);
  knobs_.erase("flaky_store");
}

int Town::writes() const {
  int sum = hub_->fate->writes;
  for (const auto& one : graveyard_) sum += one->fate->writes;
  return sum;
}

std::int64_t Town::pending(const std::vector<std::string>& names) {
  std::int64_t sum = 0;
  const auto counts = store->counts();
  for (const FlowCounts& one : *counts) {
    for (const std::string& name : names) {
      if (one.flow == name) sum += one.by[static_cast<int>(Disposition::kPending)];
    }
  }
  return sum;
}

// The hub knows that the systems of these flows are there again.
bool Town::reached(const std::vector<std::string>& names) {
  const Json gauges = hub_->engine->gauges();
  for (const FlowConfig& flow : flows) {
    if (std::find(names.begin(), names.end(), flow.name) == names.end()) continue;
    for (const Json& one : gauges.at("systems").items()) {
      const std::string name = one.at("system").text();
      const bool of_flow = name == flow.client.system || name == flow.provider.system;
      if (of_flow && !one.at("trouble").text().empty()) return false;
    }
  }
  return true;
}

bool Town::settle(const std::vector<std::string>& names, milliseconds span) {
  run(std::max(milliseconds(0), answers_at_ - loop.steady()));
  const milliseconds end = loop.steady() + span;
  const auto changes = [this] {
    std::uint64_t sum = 0;
    for (const auto& [name, one] : systems_) sum += one->changes();
    return sum;
  };
  run(milliseconds(3000));
  while (loop.steady() < end && !failed()) {
    const auto before = changes();
    const bool there = reached(names);
    run(milliseconds(4000));
    if (pending(names) == 0 && before == changes() && there && reached(names)) return true;
  }
  return failed();
}

void Town::finish() {
  const std::vector<std::string> all{"acme", "beta"};
  tell("everything is well again");
  heal();
  if (const int dead = knob("dead_last"); dead != 0) {
    TownSystem& desk = system(dead == 1 ? "desk-a" : "desk-b");
    desk.down = true;
    tell("but " + desk.name() + " is dead");
    const std::vector<std::string> others{dead == 1 ? "beta" : "acme"};
    if (!settle(others, std::chrono::minutes(6)))
      model.fail("blocked: " + others.front() +
                 " does not come to rest while the system of another "
                 "flow is dead");
    judge_all(others);
    if (failed()) return;
    desk.down = false;
    tell("and is back");
  }
  if (!settle(all, std::chrono::minutes(20)))
    model.fail("stuck: " + std::to_string(pending(all)) + " changes are pending after 20 minutes");
  // What no poll tells is found by the sweep, which looks at each ticket once a minute.
  if (std::any_of(owned_.begin(), owned_.end(), [](const auto& one) { return one->quiet_edits; }))
    run(std::chrono::minutes(3));
  if (!failed()) judge_all(all);
  if (failed()) return;
  const int before = writes();
  run(std::chrono::minutes(2));
  if (writes() != before) model.fail("loop: it does not come to rest");
}

}  // namespace navette::test
