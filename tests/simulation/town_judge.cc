// What must hold once the town has come to rest.

#include <algorithm>

#include "sync/link_state.h"
#include "tests/simulation/town.h"

namespace navette::test {
namespace {

const char* const kFields[] = {"title", "status", "severity"};

std::string field_of_rule(const FlowConfig& flow, const std::string& name) {
  for (const FieldRule& rule : flow.fields) {
    if (rule.name == name && rule.text_template.empty()) return rule.client;
  }
  return {};
}

}  // namespace

void Town::judge_all(const std::vector<std::string>& names) {
  judge_counts(names);
  for (const FlowConfig& flow : flows) {
    if (std::find(names.begin(), names.end(), flow.name) == names.end()) continue;
    for (const Side side : {Side::kClient, Side::kProvider}) {
      TownSystem& one = system(flow.side(side).system);
      for (const auto& [id, ticket] : one.tickets()) {
        if (model.ticket(one.key(id)).flow == flow.name) judge_ticket(flow, side, id);
      }
    }
    LinkFilter filter;
    filter.flow = flow.name;
    filter.limit = 100'000;
    const auto links = store->links(filter);
    for (const LinkRow& link : *links) judge_link(flow, link);
  }
}

void Town::judge_counts(const std::vector<std::string>& names) {
  const auto counts = store->counts();
  for (const FlowCounts& one : *counts) {
    std::int64_t sum = 0;
    for (const std::int64_t count : one.by) sum += count;
    if (sum != one.accepted) model.fail("silent: in of " + one.flow + " is not the sum");
    if (std::find(names.begin(), names.end(), one.flow) == names.end()) continue;
    if (one.open_commands != 0) model.fail("stuck: a command of " + one.flow + " is open");
  }
  ChangeFilter dead;
  dead.disposition = Disposition::kDead;
  dead.limit = 10'000;
  const auto changes = store->changes(dead);
  for (const ChangeRow& change : *changes) {
    const FlowConfig& flow = flows[change.flow == "acme" ? 0 : 1];
    const std::string key = system(flow.side(change.side).system).key(change.entity_id);
    if (!model.ticket(key).poisoned) model.fail("stuck: " + key + " is dead: " + change.reason);
  }
}

// Every ticket has one twin, or a reason for none that can be seen.
void Town::judge_ticket(const FlowConfig& flow, Side side, const std::string& id) {
  TownSystem& one = system(flow.side(side).system);
  const KnownTicket& known = model.ticket(one.key(id));
  if (known.deleted) return;
  const auto link = store->link_of(flow.name, side, id);
  if (known.poisoned) {
    ChangeFilter dead;
    dead.flow = flow.name;
    dead.side = side;
    dead.entity_id = id;
    dead.disposition = Disposition::kDead;
    if (store->changes(dead)->empty())
      model.fail("silent: " + one.key(id) + " is refused, and nothing says so");
    return;
  }
  if (!*link || (*link)->id_of(other(side)).empty()) {
    model.fail("lost: " + one.key(id) + " has no link");
    return;
  }
  const std::string twin = system(flow.side(other(side)).system).key((*link)->id_of(other(side)));
  if (twin != known.twin)
    model.fail("doubled: " + one.key(id) + " is linked to " + twin + ", its twin is " + known.twin);
}

bool Town::may_be_parked(const FlowConfig& flow, const LinkRow& link, const std::string& field) {
  const std::string client = system(flow.client.system).key(link.client_id);
  if (model.excused(client, field)) return true;
  if (flow.conflict == ConflictPolicy::kPark && model.times_edited(client, field) > 1) return true;
  // The same few words, again and again: that looks like two robots.
  return (field == "status" || field == "severity") && model.times_edited(client, field) > 3;
}

void Town::judge_parked(const FlowConfig& flow, const LinkRow& link, const std::string& name) {
  const std::string client = system(flow.client.system).key(link.client_id);
  if (const std::string field = field_of_rule(flow, name); !field.empty()) {
    if (!may_be_parked(flow, link, field))
      model.fail("parked: " + field + " of " + client + " for no reason that the town knows");
    return;
  }
  if (name.starts_with("comment ")) {
    const auto colon = name.find(':');
    const Side side = name.substr(8, colon - 8) == "client" ? Side::kClient : Side::kProvider;
    for (const Comment& comment :
         system(flow.side(side).system).tickets()[link.id_of(side)].now.comments) {
      const int number = Model::comment_in(comment.text).first;
      if (comment.id == name.substr(colon + 1) &&
          model.excused(client, "comment " + std::to_string(number)))
        return;
    }
  }
  model.fail("parked: " + name + " of " + client + " for no reason that the town knows");
}

void Town::judge_link(const FlowConfig& flow, const LinkRow& link) {
  TownSystem& desk = system(flow.client.system);
  TownSystem& tracker = system(flow.provider.system);
  const auto state = LinkState::parse(link.state);
  const std::string name = desk.key(link.client_id);
  if (!model.knows(name) || !model.knows(tracker.key(link.provider_id))) {
    model.fail("stuck: a link is half made: " + name + " " + tracker.key(link.provider_id));
    return;
  }
  if (model.ticket(name).deleted || model.ticket(tracker.key(link.provider_id)).deleted) {
    if (state->broken.empty()) model.fail("silent: " + name + " or its twin was deleted");
    return;
  }
  for (const auto& [what, parked] : state->parked) judge_parked(flow, link, what);
  for (const char* field : kFields) {
    const std::string a = desk.shown_value(link.client_id, field);
    const std::string b = tracker.shown_value(link.provider_id, field);
    const FieldRule* held = nullptr;
    for (const FieldRule& one : flow.fields) {
      if (one.client == field && state->parked.contains(one.name)) held = &one;
    }
    if (a != b && held == nullptr)
      model.fail("apart: " + std::string(field) + " of " + name + " is '" + a + "' and '" + b +
                 "'");
  }
  if (tracker.tickets()[link.provider_id].now.doc.at("reference").text() != name ||
      desk.tickets()[link.client_id].now.doc.at("reference").text() !=
          tracker.key(link.provider_id))
    model.fail("apart: " + name + " is not marked");
  judge_said(flow, link);
}

// What was said and attached is on the other side, in its last version.
void Town::judge_said(const FlowConfig& flow, const LinkRow& link) {
  for (const Side side : {Side::kClient, Side::kProvider}) {
    TownSystem& one = system(flow.side(side).system);
    const std::string name = one.key(link.id_of(side));
    for (const auto& [number, said] : model.comments()) {
      if (said.ticket != name) continue;
      const std::string what = "comment " + std::to_string(number);
      if (model.excused(name, what)) continue;
      const bool stays = said.visibility == Visibility::kInternal && knob("internal_stays") != 0;
      const bool last_only = flow.comments.repost_edits && !one.quiet_edits;
      const bool there = last_only ? said.copies.contains(said.version) : !said.copies.empty();
      if (stays && !said.copies.empty()) model.fail("leak: " + what + " was to stay on " + name);
      if (!stays && !there)
        model.fail("lost: " + what + "." + std::to_string(said.version) + " of " + name);
    }
    for (const auto& [number, said] : model.files()) {
      if (said.ticket != name) continue;
      const bool stays = said.visibility == Visibility::kInternal && knob("internal_stays") != 0;
      if (!stays && said.copies.empty())
        model.fail("lost: " + Model::file_name(number) + " of " + name);
    }
  }
}

}  // namespace navette::test
