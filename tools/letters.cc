#include "tools/letters.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "sync/repair.h"
#include "sync/write_limits.h"
#include "tools/ticket.h"

namespace navette::tools {
namespace {

constexpr int kListed = 50;
constexpr int kListedMax = 10'000;
constexpr int kReplaysListed = 20;

Error wrong(const std::string& what, const std::string& expected) {
  return {Fault::kRejected, what + ": expected " + expected};
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (trouble != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return number;
}

// RFC 3339, a date, or how long ago.
Result<std::int64_t> moment_of(const LetterContext& context, const Json& arguments,
                               const char* name) {
  const std::string text = arguments.at(name).text();
  if (text.empty()) return 0;
  if (const auto moment = parse_rfc3339(text)) return moment->time_since_epoch().count();
  if (const auto ago = parse_duration(text)) return (context.now - *ago).time_since_epoch().count();
  return wrong("read " + std::string(name) + " '" + text + "'",
               "a moment as 2026-01-31T12:00:00Z, a date, or how long ago as 2h or 3d");
}

Status set_ids(const Json& arguments, ChangeFilter& filter) {
  const Json& ids = arguments.at("ids");
  std::vector<std::string> words;
  if (ids.is_array()) {
    for (const Json& id : ids.items()) words.push_back(id.text());
  } else if (!ids.is_null()) {
    words = split(ids.text(), ',');
  }
  for (const std::string& word : words) {
    const auto number = number_of(word);
    if (!number) return wrong("read id '" + word + "'", "a number that `navette dead list` shows");
    filter.seqs.push_back(*number);
  }
  return {};
}

Status set_state(const Json& arguments, ChangeFilter& filter) {
  const std::string state = arguments.at("state").text();
  if (state == "all") return {};
  filter.disposition = Disposition::kDead;
  if (state.empty()) return {};
  for (int i = 1; i < kDispositionCount; ++i) {
    filter.disposition = static_cast<Disposition>(i);
    if (to_text(*filter.disposition) == state) return {};
  }
  return wrong("read state '" + state + "'", "dead, parked, filtered, unchanged, delivered or all");
}

// Which sides of which flows a system, an entity or a ticket's name stands for.
Status set_sides(const LetterContext& context, const Json& arguments, ChangeFilter& filter) {
  const std::string system = arguments.at("system").text();
  const std::string entity = arguments.at("entity").text();
  const std::string ticket = arguments.at("ticket").text();
  std::optional<TicketName> name;
  if (!ticket.empty()) {
    auto parsed = parse_ticket(ticket);
    if (!parsed) return Error{Fault::kRejected, parsed.error().message};
    name = *parsed;
    filter.entity_id = name->id;
    filter.side = side_of(*name);
  }
  const bool by_system = name && !filter.side;
  if (system.empty() && entity.empty() && !by_system) return {};
  for (const FlowSides& flow : context.flows) {
    for (const Side side : {Side::kClient, Side::kProvider}) {
      if (!system.empty() && flow.system[side] != system) continue;
      if (!entity.empty() && flow.entity[side] != entity) continue;
      if (by_system && flow.system[side] != name->of) continue;
      filter.sides.emplace_back(flow.name, side);
    }
  }
  if (!filter.sides.empty()) return {};
  return wrong("find the system or entity",
               "one that a configured flow has (is the configuration "
               "at hand? see --config)");
}

Json reason_line(const ReasonCount& one) {
  Json line = Json::object();
  line.set("flow", one.flow);
  line.set("state", to_text(one.disposition));
  line.set("reason", one.reason);
  line.set("changes", one.changes);
  line.set("first", to_rfc3339(TimePoint(std::chrono::milliseconds(one.first))));
  line.set("last", to_rfc3339(TimePoint(std::chrono::milliseconds(one.last))));
  return line;
}

Result<Json> list_dead(const LetterContext& context, const Json& arguments) {
  auto filter = filter_of(context, arguments);
  if (!filter) return filter.error();
  filter->after_seq = number_of(arguments.at("after").text()).value_or(0);
  const std::int64_t limit = number_of(arguments.at("limit").text()).value_or(kListed);
  filter->limit = static_cast<int>(std::clamp<std::int64_t>(limit, 0, kListedMax));
  auto rows = context.store.changes(*filter);
  if (!rows) return rows.error();
  filter->after_seq = 0;
  auto reasons = context.store.reasons(*filter);
  if (!reasons) return reasons.error();
  Json out = Json::object();
  std::int64_t total = 0;
  Json groups = Json::array();
  for (const ReasonCount& one : *reasons) {
    total += one.changes;
    groups.push(reason_line(one));
  }
  out.set("total", total);
  out.set("reasons", std::move(groups));
  Json& letters = out.set("letters", Json::array());
  for (const ChangeRow& row : *rows) letters.push(letter_line(row));
  return out;
}

void set_member(Json& target, const std::string& path, const Json& value) {
  Json* at = &target;
  const std::vector<std::string> names = split(path, '.');
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    Json* inner = at->find(names[i]);
    if (inner == nullptr || !inner->is_object()) inner = &at->set(names[i], Json::object());
    at = inner;
  }
  if (value.is_null()) {
    at->erase(names.back());
  } else {
    at->set(names.back(), value);
  }
}

Result<Json> edit(const LetterContext& context, std::int64_t id, const Json& arguments) {
  std::string message;
  if (arguments.at("message").is_object()) {
    message = arguments.at("message").dump();
  } else if (arguments.at("set").is_object()) {
    auto change = context.store.change(id);
    if (!change) return change.error();
    auto before = context.store.edit(id);
    if (!before) return before.error();
    std::string text;
    if (*before) {
      text = (*before)->payload;
    } else if (*change) {
      text = (*change)->payload;
    }
    auto edited = Json::parse(text.empty() ? "{}" : text, "its payload");
    if (!edited) return edited.error();
    if (Json* doc = edited->find("doc"); doc != nullptr && doc->is_object()) {
      for (const auto& [path, value] : arguments.at("set").members()) set_member(*doc, path, value);
    }
    message = edited->dump();
  } else if (!arguments.at("undo").as_bool()) {
    return wrong("edit dead letter", "\"set\", \"message\" or \"undo\": true");
  }
  const std::int64_t now = context.now.time_since_epoch().count();
  NAVETTE_TRY(edit_dead(context.store, id, message, now));
  return letter_whole(context.store, id);
}

Result<Json> drop(const LetterContext& context, const Json& arguments) {
  auto filter = filter_of(context, arguments);
  if (!filter) return filter.error();
  auto dropped = drop_dead(context.store, *filter, arguments.at("because").text(),
                           context.now.time_since_epoch().count());
  if (!dropped) return dropped.error();
  return Json(Json::Object{{"dropped", *dropped}});
}

Result<Json> report_of(const LetterContext& context, std::int64_t id) {
  auto row = context.store.replay(id);
  if (!row) return row.error();
  if (*row) return replay_report(context.store, **row);
  return Error{Fault::kRejected, "find replay " + std::to_string(id) + ": there is no such replay"};
}

Result<Json> list_replays(const LetterContext& context) {
  auto rows = context.store.replays(false, kReplaysListed);
  if (!rows) return rows.error();
  Json out = Json::array();
  for (const ReplayRow& row : *rows) {
    auto report = replay_report(context.store, row);
    if (!report) return report.error();
    out.push(std::move(*report));
  }
  return out;
}

Result<Json> begin(const LetterContext& context, const Json& arguments) {
  auto order = replay_order_of(context, arguments);
  if (!order) return order.error();
  auto id = begin_replay(context.store, *order, context.now.time_since_epoch().count());
  if (!id) return id.error();
  return report_of(context, *id);
}

Result<Json> stop(const LetterContext& context, std::int64_t id, const Json& arguments) {
  NAVETTE_TRY(stop_replay(context.store, id, arguments.at("because").text(),
                          context.now.time_since_epoch().count()));
  return report_of(context, id);
}

Result<Json> repair(const LetterContext& context, const Json& arguments) {
  std::vector<RepairTicket> tickets;
  const Json& list = arguments.at("tickets");
  for (const Json& one : list.is_array() ? list.items() : Json::Array()) {
    RepairTicket ticket;
    ticket.flow = one.at("flow").text();
    ticket.id = one.at("id").text();
    const std::string side = one.at("side").text();
    ticket.side = side == "provider" ? Side::kProvider : Side::kClient;
    const auto flow =
        std::find_if(context.flows.begin(), context.flows.end(),
                     [&](const FlowSides& known) { return known.name == ticket.flow; });
    if (flow == context.flows.end() || ticket.id.empty() ||
        (side != "client" && side != "provider")) {
      return wrong("read ticket " + one.dump(),
                   "a configured flow, \"client\" or \"provider\", an id");
    }
    ticket.config_hash = flow->hash;
    tickets.push_back(std::move(ticket));
  }
  if (tickets.empty()) return wrong("repair", "\"tickets\" with at least one");
  auto journalled = begin_repair(context.store, tickets, context.now.time_since_epoch().count());
  if (!journalled) return journalled.error();
  return Json(Json::Object{{"journalled", *journalled}});
}

// ---- flows that are held -----------------------------------------------------------------------

Result<bool> known_flow(const LetterContext& context, const std::string& flow) {
  const auto named = [&](const auto& one) { return one == flow; };
  for (const FlowSides& one : context.flows) {
    if (named(one.name)) return true;
  }
  auto counts = context.store.counts();
  if (!counts) return counts.error();
  for (const FlowCounts& one : *counts) {
    if (named(one.flow)) return true;
  }
  return false;
}

Result<Json> resume(const LetterContext& context, const Json& arguments) {
  const std::string flow = arguments.at("flow").text();
  const auto known = known_flow(context, flow);
  if (!known) return known.error();
  if (!*known) return wrong("find flow '" + flow + "'", "one that `navette status` shows");
  const std::string span = arguments.at("for").text();
  const auto free_for = span.empty() ? std::chrono::milliseconds(0) : parse_duration(span);
  if (!free_for) return wrong("read for '" + span + "'", "a duration, as 30m or 2h");
  const std::int64_t now = context.now.time_since_epoch().count();
  auto before = resume_flow(context.store, flow, now, free_for->count());
  if (!before) return before.error();
  return Json(Json::Object{{"flow", flow}, {"held", before->text(flow)}});
}

}  // namespace

std::vector<FlowSides> sides_of(const std::vector<FlowConfig>& flows) {
  std::vector<FlowSides> all;
  for (const FlowConfig& flow : flows) {
    all.push_back({flow.name,
                   {flow.client.system, flow.provider.system},
                   {flow.client.entity, flow.provider.entity},
                   flow.hash});
  }
  return all;
}

Result<ChangeFilter> filter_of(const LetterContext& context, const Json& arguments) {
  ChangeFilter filter;
  filter.flow = arguments.at("flow").text();
  filter.reason = arguments.at("reason").text();
  filter.text = arguments.at("text").text();
  auto since = moment_of(context, arguments, "since");
  if (!since) return since.error();
  auto until = moment_of(context, arguments, "until");
  if (!until) return until.error();
  filter.since = *since;
  filter.until = *until;
  NAVETTE_TRY(set_ids(arguments, filter));
  NAVETTE_TRY(set_state(arguments, filter));
  NAVETTE_TRY(set_sides(context, arguments, filter));
  return filter;
}

Result<ReplayOrder> replay_order_of(const LetterContext& context, const Json& arguments) {
  ReplayOrder order;
  auto filter = filter_of(context, arguments);
  if (!filter) return filter.error();
  order.filter = *filter;
  const std::string from = arguments.at("from").text();
  if (from == "mapped") {
    order.from = ReplayFrom::kMapped;
  } else if (from == "command") {
    order.from = ReplayFrom::kCommand;
  } else if (!from.empty() && from != "raw") {
    return wrong("read from '" + from + "'", "raw, mapped or command");
  }
  const std::string config = arguments.at("config").text();
  if (!config.empty() && config != "now" && config != "then") {
    return wrong("read config '" + config + "'", "now or then");
  }
  order.config_then = config == "then";
  std::string rate = arguments.at("rate").text();
  if (rate.ends_with("/s")) rate.resize(rate.size() - 2);
  const auto per_second = number_of(rate.empty() ? "0" : rate);
  if (!per_second || *per_second < 0 || *per_second > 1'000'000) {
    return wrong("read rate '" + rate + "'", "changes a second, as 20/s");
  }
  order.per_second = static_cast<int>(*per_second);
  return order;
}

Result<Json> answer_letters(const LetterContext& context, const LetterOrder& order) {
  const std::vector<std::string> parts = split(order.path, '/');
  const bool get = order.method == "GET";
  const bool dead = !parts.empty() && parts[0] == "dead";
  const bool replay = !parts.empty() && parts[0] == "replay";
  const std::int64_t id = parts.size() > 1 ? number_of(parts[1]).value_or(-1) : -1;
  if (parts.size() == 1 && dead && get) return list_dead(context, order.arguments);
  if (parts.size() == 1 && replay && get) return list_replays(context);
  if (parts.size() == 1 && replay && !get) return begin(context, order.arguments);
  if (order.path == "repair" && !get) return repair(context, order.arguments);
  if (order.path == "resume" && !get) return resume(context, order.arguments);
  if (parts.size() == 2 && dead && !get && parts[1] == "drop")
    return drop(context, order.arguments);
  if (parts.size() == 2 && dead && get && id >= 0) return letter_whole(context.store, id);
  if (parts.size() == 2 && replay && get && id >= 0) return report_of(context, id);
  if (parts.size() == 3 && dead && !get && id >= 0 && parts[2] == "edit")
    return edit(context, id, order.arguments);
  if (parts.size() == 3 && replay && !get && id >= 0 && parts[2] == "stop")
    return stop(context, id, order.arguments);
  return Error{Fault::kRejected, "there is nothing at " + order.method + " /admin/" + order.path};
}

void add_letter_filters(CLI::App& command, Json& arguments) {
  const auto option = [&](const std::string& name, const std::string& about,
                          const std::string& type) {
    command
        .add_option_function<std::string>(
            "--" + name,
            [&arguments, name](const std::string& value) { arguments.set(name, value); }, about)
        ->type_name(type);
  };
  option("flow", "Only this flow", "NAME");
  option("system", "Only changes that this system told of", "NAME");
  option("entity", "Only this kind of entity, as the flow names it", "NAME");
  option("ticket", "Only this ticket: client:ID, provider:ID or SYSTEM:ID", "TICKET");
  option("reason", "Only those whose reason holds this text", "TEXT");
  option("text", "Only those whose message or reason holds this text", "TEXT");
  option("since", "Only those that ended then or later: a moment, a date, or how long ago (2h, 3d)",
         "TIME");
  option("until", "Only those that ended before that", "TIME");
  command
      .add_option_function<std::vector<std::string>>(
          "ids",
          [&arguments](const std::vector<std::string>& ids) {
            Json& list = arguments.set("ids", Json::array());
            for (const std::string& one : ids) list.push(one);
          },
          "Only these, as `navette dead list` numbers them")
      ->type_name("ID");
}

}  // namespace navette::tools
