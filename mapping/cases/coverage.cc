#include "mapping/cases/coverage.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "mapping/rule.h"
#include "mapping/text_template.h"

namespace navette {
namespace {

using Kind = CoveragePoint::Kind;

const std::string& path_text(const FieldRule& rule, Side side) {
  return side == Side::kClient ? rule.client : rule.provider;
}

std::string key_of(const Place& place, Side from) {
  return std::to_string(place.line) + ":" + std::to_string(place.column) + to_text(from);
}

// Whether documents of that side can ever make the rule do something.
bool goes(const FieldRule& rule, Side from, const std::optional<Side>& only_towards) {
  const Side to = other(from);
  if (rule.only_towards && *rule.only_towards != to) return false;
  if (only_towards && *only_towards != to) return false;
  if (!path_text(rule, to).empty()) return true;
  // A text of the other side's paths is parsed back into them.
  const auto form = Template::parse(rule.text_template);
  return !rule.text_template.empty() && form && form->of == Template::Of::kPaths;
}

bool is_constant(const FieldRule& rule, Side from) {
  return path_text(rule, from).empty() && rule.expr[other(from)].empty() &&
         rule.text_template.empty();
}

// Then no default is ever asked for.
bool has_row_for_nothing(const Table& table, Side from) {
  return std::any_of(table.rows.begin(), table.rows.end(), [from](const auto& row) {
    return Rule::as_key(from == Side::kClient ? row.first : row.second).empty();
  });
}

}  // namespace

Coverage::Coverage(const FlowConfig& flow) : tables_(flow.tables) {
  for (const Side from : {Side::kClient, Side::kProvider}) {
    take_rules(flow.fields, from, flow.only_towards);
  }
  std::vector<std::size_t> order(points_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto rank = [this](std::size_t i) {
    const CoveragePoint& point = points_[i];
    return std::tuple(point.from, point.kind, point.place.line, point.place.column);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&rank](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  std::vector<CoveragePoint> sorted;
  std::vector<std::size_t> now_at(order.size());
  for (const std::size_t i : order) {
    now_at[i] = sorted.size();
    sorted.push_back(std::move(points_[i]));
  }
  points_ = std::move(sorted);
  for (auto& [key, at] : index_) at = now_at[at];
}

void Coverage::take_rules(const std::vector<FieldRule>& rules, Side from,
                          const std::optional<Side>& only_towards) {
  for (const FieldRule& rule : rules) {
    if (!goes(rule, from, only_towards)) continue;
    point(Kind::kRule, from, rule.place, key_of(rule.place, from), "rule " + rule.name);
    take_branches(rule, from);
    const auto table = tables_.find(rule.table);
    if (table != tables_.end()) {
      table_of_[key_of(rule.place, from)] = table->first;
      take_rows(table->second, from);
    }
    take_rules(rule.each, from, std::nullopt);
  }
}

void Coverage::take_branches(const FieldRule& rule, Side from) {
  const Side to = other(from);
  const auto branch = [&](const std::string& name, const std::string& what) {
    point(Kind::kBranch, from, rule.place, key_of(rule.place, from) + name,
          "rule " + rule.name + ": " + what);
  };
  if (rule.create_only) {
    branch("creating", "the ticket is being made");
    branch("changing", "the ticket is there already, and `when: create` holds it back");
  }
  if (!rule.when[from].empty()) {
    branch("held", "its condition holds");
    branch("not held", "its condition does not hold");
  }
  const auto table = tables_.find(rule.table);
  const bool has_table = table != tables_.end();
  const bool row_for_nothing = has_table && has_row_for_nothing(table->second, from);
  if (rule.default_value[to] && !is_constant(rule, from) && !row_for_nothing) {
    branch("default", "the default is used");
    branch("no default", "the default is not used");
  }
  const auto& fallback = from == Side::kClient ? &Table::default_provider : &Table::default_client;
  if (has_table && (table->second.*fallback || table->second.pass)) {
    branch("unmatched", table->second.*fallback ? "the table's default is used"
                                                : "a value without a row passes");
  } else if (rule.unmatched_said || rule.has_people) {
    branch("unmatched", rule.unmatched == Unmatched::kKeep    ? "what fits nothing is kept back"
                        : rule.unmatched == Unmatched::kClear ? "what fits nothing clears it"
                                                              : "what fits nothing is refused");
  }
}

void Coverage::take_rows(const Table& table, Side from) {
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& [client, provider] = table.rows[i];
    const Json& value = from == Side::kClient ? client : provider;
    const std::string key = Rule::as_key(value);
    const Place place = i < table.row_places.size() ? table.row_places[i][from] : table.place;
    point(Kind::kRow, from, place, "row " + table.name + "\n" + to_text(from) + key,
          "table " + table.name + ": row of " + value.dump());
  }
}

// Once: a later row of the same value is never reached.
void Coverage::point(Kind kind, Side from, const Place& place, const std::string& key,
                     std::string what) {
  if (!index_.emplace(key, points_.size()).second) return;
  points_.push_back({kind, from, place, std::move(what)});
}

void Coverage::hit(const std::string& key) {
  const auto found = index_.find(key);
  if (found != index_.end()) points_[found->second].hit = true;
}

void Coverage::add(const Mapped& mapped, Side from, bool creating) {
  using End = FieldTrace::End;
  for (const FieldTrace& trace : mapped.traces) {
    const std::string key = key_of(trace.place, from);
    hit(key + (creating ? "creating" : "changing"));
    if (trace.held) hit(key + (*trace.held ? "held" : "not held"));
    if (trace.unmatched) hit(key + "unmatched");
    if (trace.end == End::kSkipped || trace.end == End::kOmitted) continue;
    hit(key);
    if (trace.defaulted) hit(key + "default");
    if (!trace.defaulted && trace.raw && trace.end != End::kRejected) hit(key + "no default");
    const auto table = table_of_.find(key);
    if (trace.row && table != table_of_.end()) {
      hit("row " + table->second + "\n" + to_text(from) + *trace.row);
    }
  }
}

CoverageCount Coverage::count(Kind kind) const {
  CoverageCount count;
  for (const CoveragePoint& point : points_) {
    if (point.kind != kind) continue;
    ++count.all;
    if (point.hit) ++count.hit;
  }
  return count;
}

CoverageCount Coverage::total() const {
  CoverageCount total;
  for (const Kind kind : {Kind::kRule, Kind::kRow, Kind::kBranch}) {
    const CoverageCount one = count(kind);
    total.hit += one.hit;
    total.all += one.all;
  }
  return total;
}

}  // namespace navette
