#include "tools/shadow_compare.h"

#include <set>
#include <utility>

#include "sync/merge.h"

namespace navette::tools {
namespace {

using Kind = ShadowDifference::Kind;

bool is_mark(const Mapping& mapping, std::size_t index) {
  return mapping.mark_of(Side::kClient) == index || mapping.mark_of(Side::kProvider) == index;
}

bool writes_to(const FlowConfig& flow, const FieldRule& rule, Side target) {
  const Ownership theirs = target == Side::kClient ? Ownership::kClient : Ownership::kProvider;
  return (!rule.only_towards || *rule.only_towards == target) &&
         (!flow.only_towards || *flow.only_towards == target) && rule.owner != theirs;
}

ShadowValue value_of(const Mapping& mapping, std::size_t index, Side source, const Record& record,
                     bool linked) {
  ShadowValue made;
  made.rule = mapping.rule(index).name;
  made.place = mapping.rule(index).place;
  if (is_mark(mapping, index)) {
    made.kind = ShadowValue::Kind::kWritten;
    made.value = Json(mapping.mark_text(index, record.id));
    return made;
  }
  Converted converted =
      mapping.convert(index, source, mapping.read(index, source, record), {record.id, !linked});
  made.reason = std::move(converted.reason);
  if (converted.kind == Converted::Kind::kReject) made.kind = ShadowValue::Kind::kRefused;
  if (converted.kind == Converted::Kind::kValue) {
    made.kind = ShadowValue::Kind::kWritten;
    made.value = std::move(converted.value);
  }
  return made;
}

std::optional<Json> written(const ShadowValue& made) {
  if (made.kind != ShadowValue::Kind::kWritten) return std::nullopt;
  return made.value;
}

// What the twin's field holds, read as the rule of that path reads it.
Json held(const Flow& flow, Side target, const std::string& path, const Record& twin) {
  for (std::size_t i = 0; i < flow.mapping.size(); ++i) {
    if (path_of(flow.mapping.rule(i), target) == path) return flow.mapping.read(i, target, twin);
  }
  return {};
}

bool equal(const Flow& flow, Side target, const std::string& path, const Json& a, const Json& b) {
  for (std::size_t i = 0; i < flow.mapping.size(); ++i) {
    if (path_of(flow.mapping.rule(i), target) == path) return flow.mapping.same(i, target, a, b);
  }
  return a == b;
}

}  // namespace

const char* to_text(Kind kind) {
  switch (kind) {
    case Kind::kChanged:
      return "another value";
    case Kind::kWrites:
      return "newly written";
    case Kind::kLeaves:
      return "no longer written";
    case Kind::kError:
      return "new error";
    case Kind::kErrorGone:
      return "error gone";
  }
  return "";
}

std::map<std::string, ShadowValue> shadow_values(const Flow& flow, Side source,
                                                 const Record& record, bool linked) {
  const Side target = other(source);
  std::map<std::string, ShadowValue> values;
  for (std::size_t i = 0; i < flow.mapping.size(); ++i) {
    const FieldRule& rule = flow.mapping.rule(i);
    const std::string& path = path_of(rule, target);
    if (path.empty() || (linked && rule.create_only)) continue;
    if (is_mark(flow.mapping, i)) {
      if (flow.mapping.mark_of(target) != i) continue;
    } else if (!writes_to(flow.config, rule, target) || !flow.mapping.applies(i, source, record)) {
      continue;
    }
    values[path] = value_of(flow.mapping, i, source, record, linked);
  }
  return values;
}

std::vector<ShadowDifference> shadow_compare(const Flow& then, const Flow& now, Side source,
                                             const Record& record, const Record* twin) {
  const Side target = other(source);
  const bool linked = twin != nullptr;
  auto before = shadow_values(then, source, record, linked);
  auto after = shadow_values(now, source, record, linked);
  std::set<std::string> paths;
  for (const auto& [path, made] : before) paths.insert(path);
  for (const auto& [path, made] : after) paths.insert(path);
  std::vector<ShadowDifference> found;
  for (const std::string& path : paths) {
    const ShadowValue& a = before[path];
    const ShadowValue& b = after[path];
    ShadowDifference one;
    one.path = path;
    one.rule = b.rule.empty() ? a.rule : b.rule;
    one.place = b.rule.empty() ? a.place : b.place;
    one.before = written(a);
    one.after = written(b);
    const bool refused = b.kind == ShadowValue::Kind::kRefused;
    if (refused != (a.kind == ShadowValue::Kind::kRefused)) {
      one.kind = refused ? Kind::kError : Kind::kErrorGone;
      one.reason = refused ? b.reason : a.reason;
    } else if (one.before.has_value() != one.after.has_value()) {
      // A new ticket's field that stays empty is no write.
      const Json& value = one.after ? *one.after : *one.before;
      if (!linked && value.is_null()) continue;
      one.kind = one.after ? Kind::kWrites : Kind::kLeaves;
    } else if (!one.after || equal(now, target, path, *one.before, *one.after)) {
      continue;
    }
    if (linked && one.after) {
      const Json there = held(now, target, path, *twin);
      const bool lost = !there.is_null() && !equal(now, target, path, *one.after, there);
      one.deletes = lost && one.after->is_null();
      one.overwrites = lost && !one.deletes;
    }
    found.push_back(std::move(one));
  }
  return found;
}

}  // namespace navette::tools
