#include "sync/dead_letters.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "sync/retention.h"

namespace navette {
namespace {

constexpr int kRowsAtOnce = 500;
constexpr int kEventsMax = 200;

Json moment_of(std::int64_t ms) {
  return ms == 0 ? Json() : Json(to_rfc3339(TimePoint(std::chrono::milliseconds(ms))));
}

// A text that is JSON as what it says, else as it is.
Json parsed_or_text(const std::string& text) {
  if (text.empty()) return {};
  auto value = Json::parse(text, "payload");
  return value ? std::move(*value) : Json(text);
}

AddEvent journal(const ChangeRow& change, std::string kind, const Json& data, std::int64_t now) {
  EventRow row;
  row.at = now;
  row.flow = change.flow;
  row.link = change.link;
  row.kind = std::move(kind);
  row.correlation = change.correlation;
  row.data = data.dump();
  return AddEvent{std::move(row)};
}

Result<std::int64_t> count(Store& store, const ChangeFilter& filter) {
  auto groups = store.reasons(filter);
  if (!groups) return groups.error();
  std::int64_t sum = 0;
  for (const ReasonCount& one : *groups) sum += one.changes;
  return sum;
}

std::optional<Disposition> disposition_of(const std::string& text) {
  for (int i = 0; i < kDispositionCount; ++i) {
    if (to_text(static_cast<Disposition>(i)) == text) return static_cast<Disposition>(i);
  }
  return std::nullopt;
}

Json command_line(const CommandRow& row) {
  Json line = Json::object();
  line.set("command", row.id);
  line.set("kind", row.kind);
  line.set("to", to_text(row.side));
  line.set("phase", row.phase);
  line.set("attempts", std::int64_t{row.attempts});
  line.set("key", row.key);
  line.set("outcome", row.outcome);
  line.set("at", moment_of(row.updated_at));
  line.set("payload", parsed_or_text(row.payload));
  return line;
}

Json event_line(const EventRow& row) {
  Json line = Json::object();
  line.set("at", moment_of(row.at));
  line.set("kind", row.kind);
  line.set("correlation", row.correlation);
  line.set("data", parsed_or_text(row.data));
  return line;
}

}  // namespace

std::string_view to_text(ReplayFrom from) {
  switch (from) {
    case ReplayFrom::kRaw:
      return "raw";
    case ReplayFrom::kMapped:
      return "mapped";
    case ReplayFrom::kCommand:
      return "command";
  }
  return "";
}

// ---- replays -----------------------------------------------------------------------------------

std::string ReplayState::dump() const {
  Json out = Json::object();
  out.set("from", navette::to_text(from));
  out.set("config_then", config_then);
  out.set("per_second", std::int64_t{per_second});
  out.set("ended_as", ended_as);
  out.set("chosen", chosen);
  out.set("cursor", cursor);
  out.set("skipped", skipped);
  if (!result.is_null()) out.set("result", result);
  if (!stopped.empty()) out.set("stopped", stopped);
  return out.dump();
}

Result<ReplayState> ReplayState::parse(const std::string& text) {
  auto json = Json::parse(text, "state of replay");
  if (!json) return json.error();
  ReplayState state;
  const std::string from = json->at("from").text();
  if (from == "mapped") state.from = ReplayFrom::kMapped;
  if (from == "command") state.from = ReplayFrom::kCommand;
  state.config_then = json->at("config_then").as_bool();
  state.per_second = static_cast<int>(json->at("per_second").as_int());
  state.ended_as = json->at("ended_as").text();
  state.chosen = json->at("chosen").as_int();
  state.cursor = json->at("cursor").as_int();
  if (json->at("skipped").is_object()) state.skipped = json->at("skipped");
  state.result = json->at("result");
  state.stopped = json->at("stopped").text();
  return state;
}

Result<std::int64_t> begin_replay(Store& store, const ReplayOrder& order, std::int64_t now) {
  ReplayState state;
  state.from = order.from;
  state.config_then = order.config_then;
  state.per_second = order.per_second;
  if (order.filter.disposition) state.ended_as = to_text(*order.filter.disposition);
  ReplayRow row;
  row.id = store.new_id();
  row.created_at = now;
  row.updated_at = now;
  row.state = state.dump();
  NAVETTE_TRY(store.commit({PutReplay{row}, ChooseChanges{row.id, order.filter}}));
  auto chosen = count(store, {.replay = row.id});
  if (!chosen) return chosen.error();
  state.chosen = *chosen;
  row.open = *chosen > 0;
  if (!row.open) {
    auto marks = retention_marks(store);
    const std::string gone = marks ? pruned_text(*marks, "metadata") : std::string();
    state.stopped = "nothing was found" + (gone.empty() ? gone : "; " + gone);
  }
  row.state = state.dump();
  NAVETTE_TRY(store.commit({PutReplay{row}}));
  if (row.open) return row.id;
  return Error{Fault::kRejected,
               "replay: no change is found by these filters (one that another replay has just "
               "chosen is left to it)"};
}

Status stop_replay(Store& store, std::int64_t id, const std::string& because, std::int64_t now) {
  auto row = store.replay(id);
  if (!row) return row.error();
  if (!*row || !(*row)->open) {
    return Error{Fault::kRejected,
                 "stop replay " + std::to_string(id) + ": no such replay is open"};
  }
  auto state = ReplayState::parse((*row)->state);
  if (!state) return state.error();
  auto before = replay_report(store, **row);
  if (!before) return before.error();
  state->stopped = because.empty() ? "stopped" : because;
  state->result = std::move(*before);
  (*row)->open = false;
  (*row)->updated_at = now;
  (*row)->state = state->dump();
  return store.commit({PutReplay{**row}});
}

Result<Json> replay_report(Store& store, const ReplayRow& row) {
  auto state = ReplayState::parse(row.state);
  if (!state) return state.error();
  if (!row.open && state->result.is_object()) {
    Json report = state->result;
    report.set("open", false);
    report.set("updated", moment_of(row.updated_at));
    if (!state->stopped.empty()) report.set("stopped", state->stopped);
    return report;
  }
  std::int64_t by[kDispositionCount] = {};
  auto groups = store.reasons({.replay = row.id});
  if (!groups) return groups.error();
  for (const ReasonCount& one : *groups) by[static_cast<int>(one.disposition)] += one.changes;
  // Those that wait for their turn are still as they ended.
  const auto wanted = disposition_of(state->ended_as);
  std::int64_t to_come = 0;
  auto waiting =
      store.reasons({.disposition = wanted, .after_seq = state->cursor, .replay = row.id});
  if (!waiting) return waiting.error();
  for (const ReasonCount& one : *waiting) {
    if (one.disposition == Disposition::kPending) continue;
    by[static_cast<int>(one.disposition)] -= one.changes;
    to_come += one.changes;
  }
  Json report = Json::object();
  report.set("replay", row.id);
  report.set("open", row.open);
  report.set("from", to_text(state->from));
  report.set("config", state->config_then ? "then" : "now");
  report.set("rate", std::int64_t{state->per_second});
  report.set("chosen", state->chosen);
  std::int64_t sum = to_come;
  for (int i = 1; i < kDispositionCount; ++i) {
    report.set(to_text(static_cast<Disposition>(i)), by[i]);
    sum += by[i];
  }
  report.set("pending", by[0]);
  report.set("to_come", to_come);
  sum += by[0];
  for (const auto& [reason, times] : state->skipped.members()) sum += times.as_int();
  report.set("skipped", state->skipped);
  report.set("difference", state->chosen - sum);
  if (!state->stopped.empty()) report.set("stopped", state->stopped);
  report.set("started", moment_of(row.created_at));
  report.set("updated", moment_of(row.updated_at));
  return report;
}

// ---- letters -----------------------------------------------------------------------------------

Json letter_line(const ChangeRow& change) {
  Json line = Json::object();
  line.set("id", change.seq);
  line.set("flow", change.flow);
  line.set("side", to_text(change.side));
  line.set("ticket", change.entity_id);
  line.set("state", to_text(change.disposition));
  line.set("reason", change.reason);
  line.set("origin", change.origin);
  line.set("correlation", change.correlation);
  line.set("config_hash", change.config_hash);
  line.set("attempts", std::int64_t{change.attempts});
  line.set("received", moment_of(change.received_at));
  line.set("ended", moment_of(change.ended_at));
  if (change.link != 0) line.set("link", change.link);
  if (change.replay != 0) line.set("replay", change.replay);
  return line;
}

Result<Json> letter_whole(Store& store, std::int64_t seq) {
  auto found = store.change(seq);
  if (!found) return found.error();
  if (!*found) {
    auto marks = retention_marks(store);
    const std::string gone = marks ? pruned_text(*marks, "metadata") : std::string();
    return Error{Fault::kRejected, "show dead letter " + std::to_string(seq) +
                                       ": there is no such change; `navette dead list` has them" +
                                       (gone.empty() ? gone : ", and " + gone)};
  }
  const ChangeRow& change = **found;
  Json out = letter_line(change);
  out.set("payload", parsed_or_text(change.payload));
  if (change.payload_pruned_at != 0) {
    auto marks = retention_marks(store);
    if (!marks) return marks.error();
    out.set("payload_pruned", payload_pruned_text(*marks, change.payload_pruned_at));
  }
  auto edit = store.edit(seq);
  if (!edit) return edit.error();
  if (*edit) {
    Json& edited = out.set("edited", Json::object());
    edited.set("at", moment_of((*edit)->at));
    edited.set("payload", parsed_or_text((*edit)->payload));
    edited.set("differs", merge_patch(out.at("payload"), edited.at("payload")));
  }
  Json commands = Json::array();
  Json events = Json::array();
  if (change.link != 0) {
    auto rows = store.commands(change.link, false);
    if (!rows) return rows.error();
    for (const CommandRow& row : *rows) commands.push(command_line(row));
  }
  auto lines = change.link != 0 ? store.events(change.link, kEventsMax)
                                : store.unlinked_events(change.correlation, kEventsMax);
  if (!lines) return lines.error();
  for (const EventRow& row : *lines) events.push(event_line(row));
  out.set("commands", std::move(commands));
  out.set("events", std::move(events));
  return out;
}

Result<std::int64_t> drop_dead(Store& store, ChangeFilter filter, const std::string& because,
                               std::int64_t now) {
  if (because.empty()) {
    return Error{Fault::kRejected, "drop dead letters: say why: expected a reason"};
  }
  filter.disposition = Disposition::kDead;
  filter.limit = kRowsAtOnce;
  std::int64_t dropped = 0;
  for (;;) {
    auto rows = store.changes(filter);
    if (!rows) return rows.error();
    if (rows->empty()) return dropped;
    filter.after_seq = rows->back().seq;
    Batch batch;
    MoveChanges move{{}, Disposition::kDead, Disposition::kFiltered, "dropped: " + because, now};
    for (const ChangeRow& row : *rows) {
      move.seqs.push_back(row.seq);
      Json data = Json::object();
      data.set("change", row.seq);
      data.set("because", because);
      data.set("was", row.reason);
      batch.push_back(journal(row, "dropped", data, now));
    }
    batch.push_back(std::move(move));
    NAVETTE_TRY(store.commit(batch));
    dropped += static_cast<std::int64_t>(rows->size());
  }
}

Status edit_dead(Store& store, std::int64_t seq, const std::string& message, std::int64_t now) {
  const std::string what = "edit dead letter " + std::to_string(seq) + ": ";
  auto found = store.change(seq);
  if (!found) return found.error();
  if (!*found) return Error{Fault::kRejected, what + "there is no such change"};
  const ChangeRow& change = **found;
  if (change.disposition != Disposition::kDead) {
    return Error{Fault::kRejected,
                 what + "it is not dead, it is " + std::string(to_text(change.disposition))};
  }
  auto original = Json::parse(change.payload, "its payload");
  if (!original || !original->at("doc").is_object()) {
    return Error{Fault::kRejected, what + "its ticket was never read, so there is nothing to edit"};
  }
  Json data = Json::object();
  data.set("change", seq);
  EditRow row{seq, message, now};
  if (!message.empty()) {
    auto edited = Json::parse(message, "the edited message");
    if (!edited) return edited.error();
    if (!edited->at("doc").is_object()) {
      return Error{Fault::kRejected, what + "expected the whole message with its \"doc\""};
    }
    const Json patch = merge_patch(original->at("doc"), edited->at("doc"));
    if (patch.is_null()) row.payload.clear();
    data.set("differs", patch);
  }
  return store.commit(
      {PutEdit{row}, journal(change, row.payload.empty() ? "edit_undone" : "edited", data, now)});
}

// ---- patches -----------------------------------------------------------------------------------

Json merge_patch(const Json& from, const Json& to) {
  if (from == to) return {};
  if (!from.is_object() || !to.is_object()) return to;
  Json patch = Json::object();
  for (const auto& [name, value] : to.members()) {
    const Json* before = from.find(name);
    if (before == nullptr) {
      patch.set(name, value);
    } else if (!(*before == value)) {
      patch.set(name, merge_patch(*before, value));
    }
  }
  for (const auto& [name, value] : from.members()) {
    if (to.find(name) == nullptr) patch.set(name, nullptr);
  }
  return patch;
}

void apply_merge_patch(Json& target, const Json& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = Json::object();
  for (const auto& [name, value] : patch.members()) {
    if (value.is_null()) {
      target.erase(name);
    } else if (Json* member = target.find(name); member != nullptr && value.is_object()) {
      apply_merge_patch(*member, value);
    } else {
      target.set(name, value);
    }
  }
}

}  // namespace navette
