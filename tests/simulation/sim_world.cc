#include "tests/simulation/sim_world.h"

#include <cstdio>
#include <set>

#include "mapping/mapping.h"
#include "sync/children.h"
#include "sync/link_state.h"

namespace navette::test {
namespace {

FieldRule rule(std::string client, std::string provider, std::string table = {}) {
  FieldRule one;
  one.name = client + "~" + provider;
  one.client = std::move(client);
  one.provider = std::move(provider);
  one.table = std::move(table);
  return one;
}

}  // namespace

void CountingSink::emit(const Event& event) noexcept {
  ++counts[std::string(event.name)];
  if (!print) return;
  std::string line(event.name);
  for (const auto& [key, value] : event.fields) line += " " + std::string(key) + "=" + value;
  std::fprintf(stderr, "%s\n", line.c_str());
}

FlowConfig example_flow() {
  FlowConfig flow;
  flow.name = "acme";
  flow.hash = "h";
  flow.since = "2020-01-01T00:00:00Z";
  flow.client.system = "desk";
  flow.provider.system = "tracker";
  flow.fields = {rule("title", "subject"), rule("status", "status", "statuses"),
                 rule("severity", "priority")};
  FieldRule to_provider = rule("id", "reference");
  to_provider.text_template = "C-{id}";
  FieldRule to_client = rule("reference", "id");
  to_client.text_template = "P-{id}";
  flow.fields.push_back(to_provider);
  flow.fields.push_back(to_client);
  Table statuses;
  statuses.name = "statuses";
  statuses.rows = {
      {Json("new"), Json("new")}, {Json("open"), Json("progress")}, {Json("done"), Json("closed")}};
  flow.tables["statuses"] = statuses;
  flow.comments.visibility.client = {"internal", "internal", "public"};
  flow.comments.visibility.provider = {"internal", "internal", "public"};
  return flow;
}

SimWorld::SimWorld(std::uint64_t seed, FlowConfig config)
    : loop(seed),
      random(seed + 1),
      client("desk", loop),
      provider("tracker", loop),
      flow(std::move(config)) {
  client.description.internal_comments = true;
  client.description.attachment_visibility = true;
  provider.description.internal_comments = true;
  store = std::move(*open_store("sqlite::memory:"));
}

SimWorld::~SimWorld() {
  kill();
}

void SimWorld::start() {
  peers = std::make_unique<FakePeers>(loop, client, provider);
  engine = std::make_unique<Engine>(EngineContext{loop, random, *store, *peers, events});
  std::map<std::string, SystemConfig> systems;
  for (const char* name : {"desk", "tracker"}) {
    systems[name].name = name;
    systems[name].poll = std::chrono::milliseconds(500);
  }
  const Status configured = engine->configure(systems, {flow});
  if (!configured) std::fprintf(stderr, "%s\n", configured.error().message.c_str());
  engine->start();
}

void SimWorld::kill() {
  engine.reset();
  loop.drop_all();
  peers.reset();
}

bool SimWorld::settle(std::chrono::milliseconds span) {
  const auto end = loop.steady() + span;
  while (loop.steady() < end) {
    const auto before = client.version() + provider.version();
    loop.run_for(std::chrono::seconds(5));
    const auto counts = store->counts();
    const bool quiet = counts && !counts->empty() &&
                       counts->front().by[static_cast<int>(Disposition::kPending)] == 0;
    if (quiet && before == client.version() + provider.version()) return true;
  }
  return false;
}

std::vector<std::string> SimWorld::violations() {
  std::vector<std::string> wrong;
  check_pairs(wrong);
  const auto counts = store->counts();
  for (const FlowCounts& one : *counts) {
    std::int64_t sum = 0;
    for (const std::int64_t count : one.by) sum += count;
    if (sum != one.accepted) wrong.push_back("in is not the sum");
    if (one.open_commands != 0) wrong.push_back("a command is open");
    if (one.by[static_cast<int>(Disposition::kDead)] != 0) wrong.push_back("a change is dead");
  }
  return wrong;
}

void SimWorld::check_pairs(std::vector<std::string>& wrong) {
  LinkFilter filter;
  filter.limit = 100'000;
  const auto links = store->links(filter);
  std::set<std::string> clients;
  std::set<std::string> providers;
  for (const LinkRow& link : *links) {
    if (!clients.insert(link.client_id).second || !providers.insert(link.provider_id).second)
      wrong.push_back("a ticket has two twins: " + link.client_id + "/" + link.provider_id);
    check_pair(link, wrong);
  }
  for (const Side side : {Side::kClient, Side::kProvider}) {
    const auto& linked = side == Side::kClient ? clients : providers;
    for (const auto& [id, ticket] : desk(side).tickets()) {
      if (!ticket.deleted && !linked.contains(id))
        wrong.push_back(std::string(to_text(side)) + ":" + id + " has no twin");
    }
  }
}

void SimWorld::check_pair(const LinkRow& link, std::vector<std::string>& wrong) {
  const std::string name = link.client_id + "/" + link.provider_id;
  const auto state = LinkState::parse(link.state);
  const auto mapping = Mapping::compile(flow);
  const Record a = client.fetch(link.client_id);
  const Record b = provider.fetch(link.provider_id);
  if (a.deleted || b.deleted) return;
  for (std::size_t i = 0; i < mapping->size(); ++i) {
    const FieldRule& one = mapping->rule(i);
    if (!one.text_template.empty() || state->parked.contains(one.name)) continue;
    const Converted wanted =
        mapping->convert(i, Side::kClient, mapping->read(i, Side::kClient, a), {a.id, false});
    const Json found = mapping->read(i, Side::kProvider, b);
    if (!mapping->same(i, Side::kProvider, wanted.value, found))
      wrong.push_back(name + " differs in " + one.name + ": " + wanted.value.dump() + " and " +
                      found.dump());
  }
  if (b.doc.at("reference").text() != "C-" + a.id || a.doc.at("reference").text() != "P-" + b.id)
    wrong.push_back(name + " is not marked");
  check_comments(link, Side::kClient, wrong);
  check_comments(link, Side::kProvider, wrong);
}

// Every comment and file of people is on the other side once, and no wider.
void SimWorld::check_comments(const LinkRow& link, Side from, std::vector<std::string>& wrong) {
  const Record source = desk(from).fetch(link.id_of(from));
  const Record target = desk(other(from)).fetch(link.id_of(other(from)));
  const std::string name = std::string(to_text(from)) + ":" + source.id;
  for (const Comment& comment : source.comments) {
    if (comment.own) continue;
    int copies = 0;
    for (const Comment& copy : target.comments) {
      if (!copy.own || copy.text.find(comment.text) == std::string::npos) continue;
      ++copies;
      if (copy.visibility > comment.visibility)
        wrong.push_back(name + " comment " + comment.text + " leaked");
    }
    if (copies != 1)
      wrong.push_back(name + " comment " + comment.text + " has " + std::to_string(copies) +
                      " copies");
  }
  for (const Attachment& file : source.attachments) {
    if (file.own) continue;
    int copies = 0;
    for (const Attachment& copy : target.attachments) copies += copy.own && copy.name == file.name;
    if (copies != 1)
      wrong.push_back(name + " file " + file.name + " has " + std::to_string(copies) + " copies");
  }
}

}  // namespace navette::test
