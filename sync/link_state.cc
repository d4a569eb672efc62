#include "sync/link_state.h"

namespace navette {
namespace {

Json pair_of(const Json& client, const Json& provider) {
  return Json(Json::Array{client, provider});
}

Json dump_writes(const std::vector<PastWrite>& writes) {
  Json list = Json::array();
  for (const PastWrite& write : writes)
    list.push(Json(Json::Array{Json(to_text(write.side)), write.value, Json(write.at)}));
  return list;
}

std::vector<PastWrite> parse_writes(const Json& list) {
  std::vector<PastWrite> writes;
  if (!list.is_array()) return writes;
  for (const Json& one : list.items()) {
    if (one.size() != 3) continue;
    const Side side = one.items()[0].as_string() == "client" ? Side::kClient : Side::kProvider;
    writes.push_back({side, one.items()[1], one.items()[2].as_int()});
  }
  return writes;
}

Json dump_open(const std::map<std::string, OpenWrite>& open) {
  Json out = Json::object();
  for (const auto& [name, one] : open) {
    Json& entry = out.set(name, Json::object());
    entry.set("side", to_text(one.side));
    entry.set("from", one.from);
    entry.set("wanted", one.wanted);
    entry.set("was", one.was);
    entry.set("at", one.at);
    entry.set("create", one.create);
    entry.set("answered", one.answered);
  }
  return out;
}

std::map<std::string, OpenWrite> parse_open(const Json& entries) {
  std::map<std::string, OpenWrite> open;
  if (!entries.is_object()) return open;
  for (const auto& [name, one] : entries.members()) {
    const Side side = one.at("side").text() == "client" ? Side::kClient : Side::kProvider;
    open[name] = {side,
                  one.at("from"),
                  one.at("wanted"),
                  one.at("was"),
                  one.at("at").as_int(),
                  one.at("create").as_bool(),
                  one.at("answered").as_bool()};
  }
  return open;
}

}  // namespace

std::string LinkState::dump() const {
  Json out = Json::object();
  Json& bases = out.set("base", Json::object());
  for (const auto& [name, values] : base) bases.set(name, pair_of(values.client, values.provider));
  Json& held = out.set("parked", Json::object());
  for (const auto& [name, one] : parked) {
    Json& entry = held.set(name, Json::object());
    entry.set("reason", one.reason);
    entry.set("since", one.since);
    entry.set("client", one.client);
    entry.set("provider", one.provider);
  }
  if (!writes.empty()) {
    Json& past = out.set("writes", Json::object());
    for (const auto& [name, list] : writes) past.set(name, dump_writes(list));
  }
  if (!open.empty()) out.set("open", dump_open(open));
  out.set("digest", pair_of(Json(digest.client), Json(digest.provider)));
  if (!seen.client.empty() || !seen.provider.empty())
    out.set("seen", pair_of(Json(seen.client), Json(seen.provider)));
  if (!broken.empty()) out.set("broken", broken);
  if (!created_on.empty()) out.set("created_on", created_on);
  return out.dump();
}

Result<LinkState> LinkState::parse(const std::string& text) {
  LinkState state;
  if (text.empty()) return state;
  auto read = Json::parse(text, "state of a link");
  if (!read) return read.error();
  if (const Json* bases = read->find("base"); bases != nullptr && bases->is_object()) {
    for (const auto& [name, values] : bases->members()) {
      if (values.is_array() && values.size() == 2)
        state.base[name] = {values.items()[0], values.items()[1]};
    }
  }
  if (const Json* held = read->find("parked"); held != nullptr && held->is_object()) {
    for (const auto& [name, one] : held->members()) {
      state.parked[name] = {one.at("reason").text(), one.at("since").as_int(), one.at("client"),
                            one.at("provider")};
    }
  }
  if (const Json* past = read->find("writes"); past != nullptr && past->is_object()) {
    for (const auto& [name, list] : past->members()) state.writes[name] = parse_writes(list);
  }
  state.open = parse_open(read->at("open"));
  const Json& times = read->at("seen");
  if (times.is_array() && times.size() == 2)
    state.seen = {times.items()[0].text(), times.items()[1].text()};
  const Json& digests = read->at("digest");
  if (digests.is_array() && digests.size() == 2)
    state.digest = {digests.items()[0].text(), digests.items()[1].text()};
  state.broken = read->at("broken").text();
  state.created_on = read->at("created_on").text();
  return state;
}

}  // namespace navette
