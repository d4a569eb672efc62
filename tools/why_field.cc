#include "tools/why_field.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

constexpr int kEventsMax = 5000;
constexpr int kPage = 500;

const std::string& path_on(const FieldRule& rule, Side side) {
  return side == Side::kClient ? rule.client : rule.provider;
}

// "custom_fields" is also the field of a rule for "custom_fields[name='x'].value".
bool names(const FieldRule& rule, Side side, const std::string& field) {
  const std::string& path = path_on(rule, side);
  if (rule.name == field || path == field) return true;
  return path.size() > field.size() && path.starts_with(field) &&
         (path[field.size()] == '.' || path[field.size()] == '[');
}

Json rule_line(const FieldRule& rule) {
  Json line = Json::object();
  line.set("name", rule.name);
  line.set("at", rule.place.file + ":" + std::to_string(rule.place.line));
  line.set("client", rule.client);
  line.set("provider", rule.provider);
  if (!rule.table.empty()) line.set("table", rule.table);
  return line;
}

// Everything that is known of one ticket in one flow.
struct Known {
  std::optional<LinkRow> link;
  Json state;
  std::vector<EventRow> events;
  std::vector<CommandRow> commands;
  std::vector<ChangeRow> changes;  // of both tickets, oldest first
};

Status add_changes(Store& store, const std::string& flow, Side side, const std::string& id,
                   std::vector<ChangeRow>& changes) {
  ChangeFilter filter{flow, side, id, {}, 0, kPage};
  for (;;) {
    auto page = store.changes(filter);
    if (!page) return page.error();
    changes.insert(changes.end(), page->begin(), page->end());
    if (page->size() < static_cast<std::size_t>(kPage)) return {};
    filter.after_seq = page->back().seq;
  }
}

Result<Known> learn(Store& store, const FlowTicket& ticket) {
  Known known;
  auto link = store.link_of(ticket.flow, ticket.side, ticket.id);
  if (!link) return link.error();
  known.link = *link;
  if (!known.link) {
    NAVETTE_TRY(add_changes(store, ticket.flow, ticket.side, ticket.id, known.changes));
    return known;
  }
  auto state = Json::parse(known.link->state, "state of link");
  if (state) known.state = std::move(*state);
  auto events = store.events(known.link->id, kEventsMax);
  if (!events) return events.error();
  known.events = std::move(*events);
  auto commands = store.commands(known.link->id, false);
  if (!commands) return commands.error();
  known.commands = std::move(*commands);
  for (const Side side : {Side::kClient, Side::kProvider}) {
    if (known.link->id_of(side).empty()) continue;
    NAVETTE_TRY(add_changes(store, ticket.flow, side, known.link->id_of(side), known.changes));
  }
  std::sort(known.changes.begin(), known.changes.end(),
            [](const ChangeRow& a, const ChangeRow& b) { return a.seq < b.seq; });
  return known;
}

// How the newest change of a ticket without a link ended, as a sentence.
std::string without_link(const Known& known) {
  const ChangeRow& last = known.changes.back();
  const std::string why = last.reason.empty() ? "" : ": " + last.reason;
  switch (last.disposition) {
    case Disposition::kPending:
      return "nothing was written yet: its change waits" + why;
    case Disposition::kFiltered:
      return "nothing was written: the flow leaves this ticket out" + why;
    case Disposition::kDead:
      return "nothing was written: its change is dead letter " + std::to_string(last.seq) + why;
    default:
      return "nothing was written: the ticket has no twin" + why;
  }
}

struct Written {
  const EventRow* event = nullptr;
  Json line;
};

// The last time that `rule` was written on that side.
Written last_written(const Known& known, const std::string& system, const std::string& rule) {
  for (auto event = known.events.rbegin(); event != known.events.rend(); ++event) {
    if (event->kind != "merged" && event->kind != "created") continue;
    const auto data = Json::parse(event->data, "event");
    if (!data) continue;
    const Json& where = data->at(event->kind == "merged" ? "target" : "on");
    if (!system.empty() && where.text() != system) continue;
    const Json* fields = data->find("fields");
    for (const Json& line :
         fields != nullptr && fields->is_array() ? fields->items() : Json::Array()) {
      if (line.at("rule").text() != rule) continue;
      Json written = line;
      written.set("on", moment(event->at));
      if (event->kind == "created") written.set("as", "a new ticket");
      if (data->find("config") != nullptr) written.set("config_hash", data->at("config"));
      return {&*event, std::move(written)};
    }
  }
  return {};
}

// What was sent for that write, and what was answered, each attempt.
Json attempts_of(const Known& known, const EventRow& written, const std::string& system) {
  Json list = Json::array();
  for (const EventRow& event : known.events) {
    if (event.correlation != written.correlation) continue;
    if (event.kind != "sent" && event.kind != "looked" && event.kind != "found") continue;
    const auto data = Json::parse(event.data, "event");
    if (!data || (!system.empty() && data->at("target").text() != system)) continue;
    const std::string kind = data->at("kind").text();
    if (kind == "comment" || kind == "attach") continue;
    Json& line = list.push(*data);
    line.set("at", moment(event.at));
  }
  return list;
}

Json origin_of(const Known& known, const std::string& correlation) {
  for (auto change = known.changes.rbegin(); change != known.changes.rend(); ++change) {
    if (change->correlation != correlation) continue;
    Json line = Json::object();
    line.set("id", change->seq);
    line.set("ticket", std::string(to_text(change->side)) + ":" + change->entity_id);
    line.set("seen_by", change->origin);
    line.set("received", moment(change->received_at));
    line.set("ended", to_text(change->disposition));
    if (!change->reason.empty()) line.set("reason", change->reason);
    line.set("config_hash", change->config_hash);
    line.set("correlation", correlation);
    return line;
  }
  return {};
}

// Why this rule never writes to that side; empty: it may.
std::string never(const FieldRule& rule, const FlowConfig& flow, Side side) {
  const std::string here = to_text(side);
  const std::string there = to_text(other(side));
  if (rule.only_towards && *rule.only_towards != side) {
    return "the rule writes to the " + there + "'s side only";
  }
  if (flow.only_towards && *flow.only_towards != side) {
    return "the flow writes to the " + there + "'s side only";
  }
  const bool own =
      rule.owner == (side == Side::kClient ? Ownership::kClient : Ownership::kProvider);
  if (own) return "the " + here + " owns it: the other side never writes it";
  return {};
}

std::string answer_for(const Known& known, const FieldRule* rule, const FlowConfig* flow, Side side,
                       const Json& story) {
  if (!known.link) return without_link(known);
  if (const Json* parked = story.find("parked")) {
    return "it is held back: " + parked->at("reason").text();
  }
  if (const Json* written = story.find("written")) {
    return "it was written from the other side's value " + brief(written->at("from")) + " as " +
           brief(written->at("to"));
  }
  if (rule != nullptr && flow != nullptr) {
    const std::string why = never(*rule, *flow, side);
    if (!why.empty()) return "nothing was written: " + why;
    if (rule->create_only) return "nothing was written: the rule is for new tickets only";
  }
  const ChangeRow* last = known.changes.empty() ? nullptr : &known.changes.back();
  if (last != nullptr && last->disposition == Disposition::kPending) {
    return "nothing was written yet: a change waits" +
           (last->reason.empty() ? std::string() : ": " + last->reason);
  }
  if (last != nullptr && last->disposition == Disposition::kDead) {
    return "nothing was written: a change is dead letter " + std::to_string(last->seq) + ": " +
           last->reason;
  }
  if (story.find("agreed") != nullptr) {
    return "nothing had to be written: this side's value is the one that both agreed on";
  }
  return "nothing was written: no change of it was seen";
}

}  // namespace

Result<Json> field_story(Store& store, const FlowConfig* flow, const FlowTicket& ticket,
                         const std::string& field) {
  auto known = learn(store, ticket);
  if (!known) return known.error();
  if (!known->link && known->changes.empty()) return Json();
  Json story = Json::object();
  story.set("flow", ticket.flow);
  story.set("ticket", std::string(to_text(ticket.side)) + ":" + ticket.id);
  story.set("field", field);
  const FieldRule* rule = nullptr;
  std::vector<std::string> paths;
  for (const FieldRule& one : flow != nullptr ? flow->fields : std::vector<FieldRule>()) {
    if (!path_on(one, ticket.side).empty()) paths.push_back(path_on(one, ticket.side));
  }
  if (flow != nullptr) {
    for (const FieldRule& one : flow->fields) {
      if (rule == nullptr && names(one, ticket.side, field)) rule = &one;
    }
    if (rule == nullptr) {
      std::string answer = "nothing was written: no rule of " + flow->file + " maps it";
      if (const auto meant = nearest(field, paths)) answer += "; did you mean '" + *meant + "'?";
      story.set("answer", answer);
      return story;
    }
    story.set("rule", rule_line(*rule));
    story.set("config_hash", flow->hash);
  }
  const std::string name = rule != nullptr ? rule->name : field;
  const std::string system = flow != nullptr ? flow->side(ticket.side).system : std::string();
  if (const Json* agreed = known->state.at("base").find(name)) story.set("agreed", *agreed);
  if (const Json* parked = known->state.at("parked").find(name)) {
    Json& line = story.set("parked", *parked);
    line.set("since", moment(parked->at("since").as_int()));
  }
  const Written written = last_written(*known, system, name);
  if (written.event != nullptr) {
    story.set("written", written.line);
    story.set("sent", attempts_of(*known, *written.event, system));
    Json origin = origin_of(*known, written.event->correlation);
    if (!origin.is_null()) story.set("change", std::move(origin));
  } else if (!known->changes.empty()) {
    story.set("change", origin_of(*known, known->changes.back().correlation));
  }
  story.set("answer", answer_for(*known, rule, flow, ticket.side, story));
  return story;
}

}  // namespace navette::tools
