#include "tests/bench/scale_world.h"

#include <algorithm>

#include "sync/link_state.h"

namespace navette::test {
namespace {

constexpr std::int64_t kRowsMax = 5000;  // of one batch
// Prime to every power of ten: a walk with this step meets every link, and no neighbours.
constexpr std::int64_t kStep = 7'368'787;

FieldRule rule(const std::string& client, const std::string& provider) {
  FieldRule one;
  one.name = client + "~" + provider;
  one.client = client;
  one.provider = provider;
  return one;
}

std::string title(const std::string& id) {
  return "The printer of room " + id + " is on fire";
}

// The base says that both sides have the old title; the client has a new one since.
std::string state_of(const std::string& id) {
  LinkState state;
  state.base["title~subject"] = {Json(title(id)), Json(title(id))};
  state.base["severity~priority"] = {Json("high"), Json("high")};
  state.base["owner~assignee"] = {Json("ada"), Json("ada")};
  state.created_on = "provider";
  return state.dump();
}

Record ticket(const std::string& system, const std::string& id) {
  const bool client = system == "desk";
  Record record;
  record.id = id;
  record.version = "1";
  record.updated_at = "2026-01-01T00:00:00Z";
  record.doc = Json::object();
  record.doc.set("id", id);
  record.doc.set(client ? "title" : "subject", client ? title(id) + " again" : title(id));
  record.doc.set(client ? "severity" : "priority", "high");
  record.doc.set(client ? "owner" : "assignee", "ada");
  return record;
}

}  // namespace

FlowConfig scale_flow(const std::string& name) {
  FlowConfig flow;
  flow.name = name;
  flow.hash = "h";
  flow.client.system = "desk";
  flow.provider.system = "tracker";
  flow.fields = {rule("title", "subject"), rule("severity", "priority"), rule("owner", "assignee")};
  return flow;
}

Status fill_store(Store& store, const ScaleOrder& order) {
  for (std::int64_t at = 0; at < order.links;) {
    Batch batch;
    for (; at < order.links && static_cast<std::int64_t>(batch.size()) < kRowsMax; ++at) {
      const std::string id = std::to_string(order.first + at);
      LinkRow link;
      link.id = store.new_id();
      link.flow = order.flow;
      link.client_id = id;
      link.provider_id = id;
      link.state = state_of(id);
      batch.push_back(PutLink{std::move(link)});
    }
    NAVETTE_TRY(store.commit(batch));
  }
  const std::int64_t tickets = std::max<std::int64_t>(order.links, 1);
  for (std::int64_t at = 0; at < order.pending;) {
    Batch batch;
    for (; at < order.pending && static_cast<std::int64_t>(batch.size()) < kRowsMax; ++at) {
      ChangeRow change;
      change.flow = order.flow;
      change.entity_id = std::to_string(order.first + at * kStep % tickets);
      change.version = "2";
      change.origin = order.origin;
      change.correlation = std::to_string(at);
      change.config_hash = "h";
      change.received_at = 1'764'000'000'000 + at;
      change.next_at = order.next_at;
      batch.push_back(AddChange{std::move(change)});
    }
    NAVETTE_TRY(store.commit(batch));
  }
  // Polls have nothing to tell: "0" is the cursor that they answer.
  return store.commit(
      {SetCursor{order.flow + "/client", "0"}, SetCursor{order.flow + "/provider", "0"}});
}

const Description* ScalePeers::description(const std::string& /*system*/) const {
  return &description_;
}

std::string ScalePeers::trouble(const std::string& /*system*/) const {
  return {};
}

void ScalePeers::poll(const std::string& system, PollRequest request, Done<Page> done) {
  loop_.post([this, system, cursor = request.cursor, done] {
    if (system == down) return done(Error{Fault::kRetryLater, "connection refused"});
    Page page;
    page.cursor = cursor;
    done(std::move(page));
  });
}

void ScalePeers::fetch(const std::string& system, std::string /*entity*/, std::string id,
                       Json /*where*/, Done<Record> done) {
  ++fetches;
  loop_.post([this, system, id = std::move(id), done] {
    if (system == down) return done(Error{Fault::kRetryLater, "connection refused"});
    if (poison && poison(id)) return done(Error{Fault::kRejected, "it can't be read"});
    done(ticket(system, id));
  });
}

void ScalePeers::find(const std::string& /*system*/, std::string /*entity*/, Json /*where*/,
                      std::string /*path*/, std::string /*value*/,
                      Done<std::vector<std::string>> done) {
  loop_.post([done] { done(std::vector<std::string>()); });
}

void ScalePeers::execute(const std::string& system, Command command, std::string /*content*/,
                         std::function<void(Outcome)> done) {
  loop_.post([this, system, command = std::move(command), done] {
    Outcome outcome;
    if (system == down) {
      outcome.verdict = Verdict::kRetryable;
      outcome.message = "connection refused";
      return done(std::move(outcome));
    }
    ++writes;
    if (on_write) on_write(command);
    outcome.id = command.id;
    outcome.after = ticket(system, command.id);
    for (const FieldWrite& field : command.fields) outcome.after->doc.set(field.path, field.value);
    done(std::move(outcome));
  });
}

void ScalePeers::preview(const std::string& /*system*/, Command /*command*/, Done<Json> done) {
  loop_.post([done] { done(Json::array()); });
}

void ScalePeers::download(const std::string& /*system*/, std::string /*ticket*/,
                          std::string /*attachment*/, std::int64_t /*bytes_max*/,
                          Done<std::string> done) {
  loop_.post([done] { done(Error{Fault::kRejected, "download: gone"}); });
}

}  // namespace navette::test
