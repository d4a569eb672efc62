#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "sync/retention.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/setup.h"
#include "tools/text.h"
#include "tools/ticket.h"
#include "tools/why_field.h"

namespace navette::tools {
namespace {

constexpr int kPageSize = 500;

struct Asked {
  StoreOption store;
  std::string ticket;
  std::string flow;
  int limit = 100;
  bool json = false;
};

// The flows of the store know "client" and "provider"; a system's name needs the configuration.
Result<std::vector<FlowTicket>> candidates(const Asked& asked, Store& store) {
  const auto name = parse_ticket(asked.ticket);
  if (!name) return name.error();
  const auto side = side_of(*name);
  if (!side) {
    const LoadResult config = load(asked.store.config);
    return tickets_of(*name, asked.flow, config.flows);
  }
  const auto counts = store.counts();
  if (!counts) return counts.error();
  std::vector<FlowTicket> found;
  for (const FlowCounts& flow : *counts) {
    if (asked.flow.empty() || flow.flow == asked.flow)
      found.push_back({flow.flow, *side, name->id});
  }
  return found;
}

Json change_line(const ChangeRow& change, const Json& marks) {
  Json data = Json::object();
  data.set("seen",
           std::string(to_text(change.side)) + ":" + change.entity_id + " by " + change.origin);
  data.set("ended", to_text(change.disposition));
  if (!change.reason.empty()) data.set("reason", change.reason);
  if (change.disposition == Disposition::kPending && change.next_at != 0) {
    data.set("next try", moment(change.next_at));
  }
  if (change.attempts > 1) data.set("attempts", std::int64_t{change.attempts});
  if (change.payload_pruned_at != 0) {
    data.set("payload", payload_pruned_text(marks, change.payload_pruned_at));
  }
  Json line = Json::object();
  line.set("at", moment(change.received_at));
  line.set("kind", "change");
  line.set("correlation", change.correlation);
  line.set("data", std::move(data));
  return line;
}

Json event_line(const EventRow& event) {
  Json line = Json::object();
  line.set("at", moment(event.at));
  line.set("kind", event.kind);
  line.set("correlation", event.correlation);
  const auto data = Json::parse(event.data, "event");
  line.set("data", data ? *data : Json(event.data));
  return line;
}

// The last `limit` changes of one ticket.
Status add_changes(Store& store, const FlowTicket& ticket, int limit, const Json& marks,
                   Json& timeline) {
  ChangeFilter filter{ticket.flow, ticket.side, ticket.id, {}, 0, kPageSize};
  std::vector<ChangeRow> last;
  for (;;) {
    auto page = store.changes(filter);
    if (!page) return page.error();
    const bool more = page->size() == static_cast<std::size_t>(kPageSize);
    if (!page->empty()) filter.after_seq = page->back().seq;
    last.insert(last.end(), page->begin(), page->end());
    const auto keep = static_cast<std::size_t>(limit);
    if (last.size() > keep) last.erase(last.begin(), last.end() - limit);
    if (!more) break;
  }
  for (const ChangeRow& change : last) timeline.push(change_line(change, marks));
  return {};
}

void newest_first(Json& timeline, int limit) {
  auto& items = timeline.items();
  std::stable_sort(items.begin(), items.end(), [](const Json& a, const Json& b) {
    const auto before = parse_rfc3339(a.at("at").text());
    const auto after = parse_rfc3339(b.at("at").text());
    return before > after;
  });
  if (items.size() > static_cast<std::size_t>(limit)) items.resize(static_cast<std::size_t>(limit));
}

// What is missing from a story that began then: {"changes": "what is older than ...", "events"}.
Json pruned_notes(const Json& marks, std::int64_t since) {
  Json notes = Json::object();
  for (const auto& [name, which] :
       {std::pair{"changes", "metadata"}, std::pair{"events", "audit"}}) {
    const Json* mark = marks.find(which);
    if (mark == nullptr || mark->at("before").as_int() <= since) continue;
    notes.set(name, pruned_text(marks, which));
  }
  return notes;
}

// Null when this flow never saw the ticket.
Result<Json> story_of(Store& store, const FlowTicket& ticket, int limit) {
  const auto link = store.link_of(ticket.flow, ticket.side, ticket.id);
  if (!link) return link.error();
  const auto marks = retention_marks(store);
  if (!marks) return marks.error();
  Json story = Json::object();
  story.set("flow", ticket.flow);
  Json timeline = Json::array();
  if (*link) {
    const LinkRow& row = **link;
    story.set("link", row.id);
    story.set("client", row.client_id);
    story.set("provider", row.provider_id);
    const auto state = Json::parse(row.state, "state of link");
    story.set("parked", state && state->find("parked") ? state->at("parked") : Json::object());
    const auto events = store.events(row.id, limit);
    if (!events) return events.error();
    for (const EventRow& event : *events) timeline.push(event_line(event));
    for (const Side side : {Side::kClient, Side::kProvider}) {
      if (row.id_of(side).empty()) continue;
      NAVETTE_TRY(
          add_changes(store, {ticket.flow, side, row.id_of(side)}, limit, *marks, timeline));
    }
  } else {
    story.set("link", nullptr);
    story.set(to_text(ticket.side), ticket.id);
    NAVETTE_TRY(add_changes(store, ticket, limit, *marks, timeline));
    if (timeline.size() == 0) return Json();
  }
  newest_first(timeline, limit);
  const std::int64_t since = *link ? (*link)->created_at : 0;
  if (Json pruned = pruned_notes(*marks, since); pruned.size() > 0) {
    story.set("pruned", std::move(pruned));
  }
  story.set("timeline", std::move(timeline));
  return story;
}

std::string story_text(const Json& story) {
  std::string out = brief(story.at("flow")) +
                    "  client:" + (story.find("client") ? brief(story.at("client")) : "-") +
                    " <-> provider:" + (story.find("provider") ? brief(story.at("provider")) : "-");
  out += story.at("link").is_null() ? "  (no link)\n" : "\n";
  const Json& parked = story.at("parked");
  if (parked.size() > 0) out += "  held back:\n" + outline(parked, "    ");
  for (const Json& line : story.at("timeline").items()) {
    out += "\n" + line.at("at").text() + "  " + brief(line.at("kind")) + "\n" +
           outline(line.at("data"), "    ");
  }
  for (const auto& [name, why] :
       story.find("pruned") != nullptr ? story.at("pruned").members() : Json::Object()) {
    out += "\n" + name + ": " + why.text() + "\n";
  }
  return out;
}

// The ticket and the field of "client:12.Status"; nothing when no field is named. The first dot
// parts them, since ids have none.
std::optional<std::pair<std::string, std::string>> field_of(const Asked& asked) {
  const auto colon = asked.ticket.find(':');
  const auto dot = asked.ticket.find('.', colon == std::string::npos ? 0 : colon);
  if (dot == std::string::npos || dot + 1 == asked.ticket.size()) return std::nullopt;
  return std::pair(asked.ticket.substr(0, dot), asked.ticket.substr(dot + 1));
}

std::string field_text(const Json& story) {
  Json rest = story;
  for (const char* said : {"flow", "ticket", "field", "answer"}) rest.erase(said);
  return brief(story.at("flow")) + "  " + brief(story.at("ticket")) + "." +
         brief(story.at("field")) + ": " + brief(story.at("answer"), 400) + "\n" +
         outline(rest, "    ");
}

// Why a field is as it is, for each flow that knows the ticket.
int explain_field(Asked asked, const std::string& ticket, const std::string& field) {
  asked.ticket = ticket;
  auto store = open_for_reading(asked.store);
  if (!store) return fail(store.error());
  const auto tickets = candidates(asked, **store);
  if (!tickets) return fail(tickets.error());
  const LoadResult config = load(asked.store.config);
  Json stories = Json::array();
  for (const FlowTicket& one : *tickets) {
    auto story = field_story(**store, find_flow(config, one.flow), one, field);
    if (!story) return fail(story.error());
    if (!story->is_null()) stories.push(std::move(*story));
  }
  if (stories.size() == 0) {
    std::fprintf(stderr,
                 "navette: no change of %s ever came in; is it within the flow's `where`, and "
                 "after its `since`?\n",
                 ticket.c_str());
    return kBad;
  }
  if (asked.json) {
    print_json(stories);
  } else {
    for (const Json& story : stories.items()) print(field_text(story));
  }
  return kOk;
}

int explain(const Asked& asked) {
  if (const auto field = field_of(asked)) return explain_field(asked, field->first, field->second);
  auto store = open_for_reading(asked.store);
  if (!store) return fail(store.error());
  const auto tickets = candidates(asked, **store);
  if (!tickets) return fail(tickets.error());
  Json stories = Json::array();
  for (const FlowTicket& ticket : *tickets) {
    auto story = story_of(**store, ticket, asked.limit);
    if (!story) return fail(story.error());
    if (!story->is_null()) stories.push(std::move(*story));
  }
  if (stories.size() == 0) {
    std::fprintf(stderr,
                 "navette: no change of %s ever came in%s; is it within the flow's `where`, and "
                 "after its `since`?\n",
                 asked.ticket.c_str(),
                 asked.flow.empty() ? "" : (" for the flow " + asked.flow).c_str());
    return kBad;
  }
  if (asked.json) {
    print_json(stories);
  } else {
    for (const Json& story : stories.items()) print(story_text(story));
  }
  return kOk;
}

}  // namespace

void add_why(CLI::App& root, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      root, "why",
      "Tells what happened to a ticket, newest first: what was seen, merged, sent, answered and "
      "held back. With a field: where its value came from, by which rule, with which answer, or "
      "why "
      "nothing was written to it. Works beside a running hub. Ends with 1 when the ticket is not "
      "known.",
      "  navette why client:12\n"
      "  navette why provider:7.priority\n"
      "  navette why tracker:7 --limit 10\n"
      "  navette why provider:7 --flow acme-support --json");
  command
      ->add_option("ticket", asked->ticket,
                   "client:ID, provider:ID or SYSTEM:ID, with a field as client:ID.FIELD")
      ->type_name("TICKET[.FIELD]")
      ->required();
  add_store(*command, asked->store);
  command->add_option("--flow", asked->flow, "Only this flow")->type_name("NAME");
  command->add_option("--limit", asked->limit, "Tell at the most so much")
      ->type_name("COUNT")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  add_json(*command, asked->json);
  command->callback([asked, &chosen] { chosen = [asked] { return explain(*asked); }; });
}

}  // namespace navette::tools
