// What was understood, as JSON: for `navette check --print` and for a flow's hash.

#include <cstdint>
#include <cstdio>

#include "base/clock.h"
#include "config/loading.h"
#include "config/scalar.h"

namespace navette {
namespace {

const char* policy_text(ConflictPolicy policy) {
  switch (policy) {
    case ConflictPolicy::kNewest:
      return "newest";
    case ConflictPolicy::kClient:
      return "client";
    case ConflictPolicy::kProvider:
      return "provider";
    case ConflictPolicy::kPark:
      return "park";
  }
  return "";
}

const char* unmatched_text(Unmatched unmatched) {
  switch (unmatched) {
    case Unmatched::kKeep:
      return "keep";
    case Unmatched::kClear:
      return "clear";
    case Unmatched::kReject:
      return "reject";
  }
  return "";
}

std::string direction_text(Side side) {
  return std::string("to-") + to_text(side);
}

Json printable(const Endpoint& endpoint) {
  Json out = Json::object();
  out.set("system", endpoint.system);
  out.set("entity", endpoint.entity);
  out.set("where", endpoint.where);
  for (const auto& [path, audience] : endpoint.audiences) {
    if (out.find(to_text(audience)) == nullptr) out.set(to_text(audience), Json::array());
    out.find(to_text(audience))->push(path);
  }
  return out;
}

Json pair_of(const Sides<std::string>& sides) {
  return Json::Array{sides.client, sides.provider};
}

std::string limit_text(const TextLimit& limit) {
  return std::to_string(limit.count) + (limit.bytes ? " bytes" : " characters");
}

void set_sides(Json& out, const FieldRule& rule) {
  for (const Side side : {Side::kClient, Side::kProvider}) {
    if (rule.default_value[side]) {
      if (out.find("default") == nullptr) out.set("default", Json::object());
      out.find("default")->set(to_text(side), *rule.default_value[side]);
    }
    if (rule.empty[side] != EmptyPolicy::kKeep) {
      if (out.find("empty") == nullptr) out.set("empty", Json::object());
      const char* word = rule.empty[side] == EmptyPolicy::kOmit ? "omit" : "null";
      out.find("empty")->set(to_text(side), word);
    }
    if (rule.limit[side].count > 0) {
      if (out.find("limit") == nullptr) out.set("limit", Json::object());
      out.find("limit")->set(to_text(side), limit_text(rule.limit[side]));
      if (rule.overflow == Overflow::kReject) out.find("limit")->set("overflow", "reject");
    }
  }
}

void set_texts(Json& out, const char* key, const Sides<std::string>& texts) {
  if (texts.client.empty() && texts.provider.empty()) return;
  Json& both = out.set(key, Json::object());
  if (!texts.client.empty()) both.set("client", texts.client);
  if (!texts.provider.empty()) both.set("provider", texts.provider);
}

Json printable(const std::vector<std::pair<std::string, std::string>>& attributes) {
  if (attributes.size() == 1 && attributes[0].first == "name") return attributes[0].second;
  Json out = Json::object();
  for (const auto& [attribute, value] : attributes) out.set(attribute, value);
  return out;
}

Json printable(const FieldRule& rule) {
  Json out = Json::object();
  out.set("name", rule.name);
  if (!rule.client.empty()) out.set("client", rule.client);
  out.set("provider", rule.provider);
  if (!rule.table.empty()) out.set("table", rule.table);
  if (!rule.text_template.empty()) out.set("template", rule.text_template);
  if (rule.has_people) {
    Json& people = out.set("people", Json::array());
    for (const PersonPair& pair : rule.people) {
      people.push(Json::Object{{"client", printable(pair.known.client)},
                               {"provider", printable(pair.known.provider)}});
    }
    Json& by = out.set("by", Json::array());
    for (const std::string& attribute : rule.by) by.push(attribute);
  }
  if (rule.has_people || rule.unmatched_said) out.set("unmatched", unmatched_text(rule.unmatched));
  if (rule.markup) out.set("markup", pair_of(*rule.markup));
  if (rule.date) {
    out.set("date", pair_of(*rule.date));
    out.set("zone", pair_of(rule.zone));
  }
  if (rule.duration) out.set("duration", pair_of(*rule.duration));
  if (rule.number) out.set("number", pair_of(*rule.number));
  for (const std::string& step : rule.text_steps) {
    if (out.find("do") == nullptr) out.set("do", Json::array());
    out.find("do")->push(step);
  }
  set_texts(out, "expr", rule.expr);
  for (const FieldRule& inner : rule.each) {
    if (out.find("each") == nullptr) out.set("each", Json::array());
    out.find("each")->push(printable(inner));
  }
  set_sides(out, rule);
  set_texts(out, "when", rule.when);
  set_texts(out, "owner", rule.owner_while);
  if (!rule.widen.empty()) out.set("widen", rule.widen);
  if (rule.create_only) out.set("when", "create");
  if (rule.owner == Ownership::kClient) out.set("owner", "client");
  if (rule.owner == Ownership::kProvider) out.set("owner", "provider");
  if (rule.only_towards) out.set("direction", direction_text(*rule.only_towards));
  if (rule.conflict) out.set("conflict", policy_text(*rule.conflict));
  return out;
}

Json printable(const Table& table) {
  Json out = Json::object();
  Json& rows = out.set("rows", Json::array());
  for (const auto& [client, provider] : table.rows) rows.push(Json::Array{client, provider});
  if (table.pass) out.set("unknown", "pass");
  if (table.default_client || table.default_provider) {
    Json& fallback = out.set("default", Json::object());
    if (table.default_client) fallback.set("client", *table.default_client);
    if (table.default_provider) fallback.set("provider", *table.default_provider);
  }
  return out;
}

Json printable(const CommentPolicy& comments) {
  if (!comments.enabled) return false;
  Json out = Json::object();
  Json& visibility = out.set("visibility", Json::object());
  for (const Side side : {Side::kProvider, Side::kClient}) {
    const auto& towards = comments.visibility[side];
    visibility.set(
        direction_text(side),
        Json::Object{{"public", towards[2]}, {"shared", towards[1]}, {"internal", towards[0]}});
  }
  out.set("widen", comments.widen);
  out.set("attribution", comments.attribution);
  out.set("edits", comments.repost_edits ? "repost" : "ignore");
  return out;
}

Json printable(const RetentionConfig& retention) {
  Json out = Json::object();
  if (retention.payload) out.set("payload", to_text(*retention.payload));
  if (retention.metadata) out.set("metadata", to_text(*retention.metadata));
  if (retention.audit) out.set("audit", to_text(*retention.audit));
  if (retention.bytes_max) out.set("size", size_text(*retention.bytes_max));
  return out;
}

Json printable(const FlowLimits& limits) {
  Json out = Json::object();
  if (limits.overwrites) out.set("overwrites", *limits.overwrites);
  if (limits.clears) out.set("clears", *limits.clears);
  return out;
}

Json printable(const SystemConfig& system, const ConnectorSpec* spec) {
  Json out = Json::object();
  out.set("connector", system.connector);
  out.set("poll", to_text(system.poll));
  out.set("concurrency", system.concurrency);
  if (system.rate) out.set("rate", rate_text(*system.rate));
  out.set("external", system.external);
  if (!system.bus_public_key.empty()) out.set("bus_public_key", system.bus_public_key);
  if (!system.webhook_secret.empty()) out.set("webhook_secret", "***");
  for (const auto& [name, value] : system.settings) {
    bool secret = spec == nullptr;  // nobody says what is one
    if (spec != nullptr) {
      for (const SettingSpec& setting : spec->settings) {
        secret = secret || (setting.name == name && setting.kind == Kind::kSecret);
      }
    }
    out.set(name, secret ? std::string("***") : value);
  }
  return out;
}

}  // namespace

Json printable(const HubConfig& hub, const ConnectorCatalog& catalog) {
  Json out = Json::object();
  out.set("store", hub.store);
  if (!hub.folder.empty()) out.set("folder", hub.folder);
  out.set("listen", hub.listen);
  Json& bus = out.set("bus", Json::object());
  bus.set("listen", hub.bus.listen);
  if (!hub.bus.public_key.empty()) bus.set("public_key", hub.bus.public_key);
  if (!hub.bus.secret_key.empty()) bus.set("secret_key", "***");
  if (Json retention = printable(hub.retention); retention.size() > 0)
    out.set("retention", std::move(retention));
  Json& systems = out.set("systems", Json::object());
  for (const auto& [name, system] : hub.systems) {
    systems.set(name, printable(system, catalog.find(system.connector)));
  }
  out.set("flows", hub.flows);
  return out;
}

Json printable(const FlowConfig& flow) {
  Json out = Json::object();
  out.set("flow", flow.name);
  out.set("client", printable(flow.client));
  out.set("provider", printable(flow.provider));
  if (!flow.since.empty()) out.set("since", flow.since);
  if (flow.zone != "UTC") out.set("zone", flow.zone);
  if (flow.only_towards) out.set("direction", direction_text(*flow.only_towards));
  Json& fields = out.set("fields", Json::array());
  for (const FieldRule& rule : flow.fields) fields.push(printable(rule));
  out.set("comments", printable(flow.comments));
  if (flow.attachments.enabled) {
    out.set("attachments", Json::Object{{"max_size", size_text(flow.attachments.bytes_max)}});
  } else {
    out.set("attachments", false);
  }
  if (flow.limits.overwrites || flow.limits.clears) out.set("limits", printable(flow.limits));
  out.set("conflicts", Json::Object{{"default", policy_text(flow.conflict)}});
  Json& tables = out.set("tables", Json::object());
  for (const auto& [name, table] : flow.tables) tables.set(name, printable(table));
  return out;
}

std::string hash_of(const Json& printed_flow) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a: tells versions apart, proves nothing
  for (const char c : printed_flow.dump()) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  char text[17] = {};
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

}  // namespace navette
