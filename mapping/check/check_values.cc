// Values against what schemas and samples say: MAP006, MAP007, MAP008, MAP010.

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "mapping/check/checker.h"

namespace navette {
namespace {

std::vector<std::string> texts_of(const std::vector<Json>& values) {
  std::vector<std::string> out;
  out.reserve(values.size());
  for (const Json& value : values) out.push_back(value.text());
  return out;
}

}  // namespace

// A literal that no value of the path can equal.
void Checker::check_comparison(const Item& item, Side side, const Pointer::Text& text,
                               const Condition::Node& node) {
  using Node = Condition::Node;
  const bool compares = node.kind == Node::Kind::kCompare || node.kind == Node::Kind::kIn;
  if (!compares || (node.left.path.has_value() == node.right.path.has_value())) return;
  const Node::Operand& asked = node.left.path ? node.left : node.right;
  const Node::Operand& literal = node.left.path ? node.right : node.left;
  const Facts& facts = facts_[side];
  Spot spot = item.base[side];
  for (const Path::Step& step : asked.path->steps()) {
    spot = facts.member(spot, step.name).spot;
    if (!step.filters.empty()) spot = facts.items(spot);
  }
  if (node.kind == Node::Kind::kIn) spot = facts.items(spot);
  if (spot.constant || spot.schemas.empty()) return;
  const std::size_t length =
      literal.literal.text().size() + (literal.literal.is_string() ? 2U : 0U);
  if (const auto choices = facts.choices(spot)) {
    if (std::find(choices->begin(), choices->end(), literal.literal) != choices->end()) return;
    Diagnostic& out = pointer_.say(Severity::kError, "MAP007", text, literal.at, length,
                                   in_quotes(asked.path->text()) + " of " + documents_of(side) +
                                       " is never " + literal.literal.dump());
    out.expected = "one of: " + join(texts_of(*choices), ", ");
    out.meant = nearest(literal.literal.text(), texts_of(*choices)).value_or("");
    return;
  }
  const unsigned kinds = facts.kinds(spot);
  if ((kinds & kind_of_value(literal.literal)) != 0) return;
  if (literal.literal.is_number() && (kinds & kNumberValue) != 0) return;
  pointer_.say(Severity::kError, "MAP010", text, literal.at, length,
               in_quotes(asked.path->text()) + " of " + documents_of(side) + " is " +
                   kinds_text(kinds) + ", and never equals " + literal.literal.dump());
}

// ---- MAP007 ------------------------------------------------------------------------------------

// A value of the file that a side gets.
void Checker::check_written(const Item& item, Side side, const Json& value, const Place& place,
                            const std::string& what) {
  const Facts& facts = facts_[side];
  const Spot& spot = item.spot[side];
  if (Rule::is_empty(value) || !item.found[side]) return;
  const Pointer::Text text{place, value.is_string() ? value.as_string() : std::string_view()};
  if (const auto choices = facts.choices(spot)) {
    if (std::find(choices->begin(), choices->end(), value) != choices->end()) return;
    Diagnostic& out =
        error("MAP007", text,
              what + " " + value.dump() + " is none of the values that " +
                  in_quotes(item.path_text(side)) + " of " + documents_of(side) + " has");
    out.expected = "one of: " + join(texts_of(*choices), ", ");
    out.meant = nearest(value.text(), texts_of(*choices)).value_or("");
    return;
  }
  const unsigned kinds = facts.kinds(spot);
  if ((kinds & kind_of_value(value)) != 0 || !item.writes(side)) return;
  error("MAP010", text,
        what + " " + value.dump() + " is " + kinds_text(kind_of_value(value)) + ", and " +
            in_quotes(item.path_text(side)) + " of " + documents_of(side) + " takes " +
            kinds_text(kinds));
}

void Checker::check_table(const Item& item) {
  const auto found = flow_.tables.find(item.said->table);
  if (found == flow_.tables.end()) return;
  const Table& table = found->second;
  for (const Side side : kBothSides) {
    for (std::size_t i = 0; i < table.rows.size() && i < table.row_places.size(); ++i) {
      const auto& [client, provider] = table.rows[i];
      check_written(item, side, side == Side::kClient ? client : provider,
                    table.row_places[i][side], "the row's value");
    }
    const auto& fallback = side == Side::kClient ? table.default_client : table.default_provider;
    if (fallback) {
      check_written(item, side, *fallback, table.default_place[side], "the table's default");
    }
  }
}

// ---- MAP006 ------------------------------------------------------------------------------------

// Whether the rule applies to a document that has nothing but this value.
bool Checker::carried(const Item& item, Side from, const Json& value) const {
  const auto& condition = item.rule->condition(from);
  if (!condition) return true;
  Json document = Json::object();
  return item.path[from] && item.path[from]->write(&document, value) && condition->holds(document);
}

void Checker::check_gaps(const Item& item, Side from) {
  const Rule& rule = *item.rule;
  if (rule.kind() != Rule::Kind::kTable || rule.fallback(from) || rule.passes_unknown()) return;
  if (item.said->unmatched_said && item.said->unmatched != Unmatched::kReject) return;
  std::vector<std::string> gaps;
  for (const Json& value : facts_[from].values(item.spot[from])) {
    const bool known =
        facts_[from].choices(item.spot[from]).has_value() || !item.spot[from].samples.empty();
    if (!known || Rule::is_empty(value) || value.is_array() || value.is_object()) continue;
    if (!carried(item, from, value)) continue;
    if (rule.row(from, Rule::as_key(value)) == nullptr) gaps.push_back(in_quotes(value.text()));
  }
  if (gaps.empty()) return;
  const bool meant = item.said->unmatched_said;
  Diagnostic& out = pointer_.say(meant ? Severity::kNote : Severity::kError, "MAP006",
                                 Pointer::Text{item.place("table"), item.said->table},
                                 "the " + std::string(to_text(from)) + "'s " + join(gaps, ", ") +
                                     (gaps.size() == 1 ? " has" : " have") +
                                     " no row in the table " + in_quotes(item.said->table));
  out.expected = "a row for every value that " + in_quotes(item.path_text(from)) + " may have";
  out.meant.clear();
  out.advice = "add a row, a default for the table, or `unknown: pass`";
}

// ---- MAP010, by trying -------------------------------------------------------------------------

// Every value of the samples must get across.
void Checker::check_samples(const Item& item, Side from) {
  const Rule& rule = *item.rule;
  const Rule::Kind kind = rule.kind();
  if (kind != Rule::Kind::kDate && kind != Rule::Kind::kDuration && kind != Rule::Kind::kNumber &&
      kind != Rule::Kind::kTemplate) {
    return;
  }
  if (kind == Rule::Kind::kTemplate && (rule.text_template().of != Template::Of::kValue)) return;
  if (item.said->unmatched_said && item.said->unmatched != Unmatched::kReject) return;
  for (const Json* sample : item.spot[from].samples) {
    if (Rule::is_empty(*sample) || !carried(item, from, *sample)) continue;
    const Converted out = rule.convert(from, *sample, {});
    if (out.kind != Converted::Kind::kReject) continue;
    error("MAP010", item.text(from), "a sample would be rejected: " + out.reason).advice =
        "correct the form, or add `unmatched: keep` or `clear`";
    return;
  }
}

// ---- MAP008 ------------------------------------------------------------------------------------

bool Checker::may_fail(const Item& item, Side from) const {
  const Rule& rule = *item.rule;
  const Facts& facts = facts_[from];
  const Spot& spot = item.spot[from];
  const unsigned kinds = facts.kinds(spot) & ~kNullValue;
  const std::string format = facts.format(spot);
  switch (rule.kind()) {
    case Rule::Kind::kTable: {
      if (rule.fallback(from) || rule.passes_unknown()) return false;
      const auto choices = facts.choices(spot);
      // A gap is spoken of by itself.
      return !choices;
    }
    case Rule::Kind::kDate: {
      const std::string& form = (*item.said->date)[from];
      if (kinds == kTextValue && (format == "date" || format == "date-time")) return false;
      return kinds != kIntegerValue || !form.starts_with("epoch");
    }
    case Rule::Kind::kDuration: {
      const std::string& form = (*item.said->duration)[from];
      if (form == "iso" && format == "duration") return false;
      return (kinds & ~kNumberValue) != 0 || form == "iso" || form == "h:mm";
    }
    case Rule::Kind::kNumber: {
      const std::string& form = (*item.said->number)[other(from)];
      return (kinds & ~(form == "integer" ? unsigned{kIntegerValue} : unsigned{kNumberValue})) != 0;
    }
    case Rule::Kind::kTemplate:
      return rule.text_template().of == Template::Of::kValue &&
             rule.text_template().towards == from;
    default:
      return false;
  }
}

void Checker::check_fallible(const Item& item) {
  if (item.said->unmatched_said) return;
  std::string sides;
  for (const Side from : kBothSides) {
    if (!item.writes(other(from)) || !may_fail(item, from)) continue;
    sides += std::string(sides.empty() ? "the " : " or the ") + to_text(from);
  }
  if (sides.empty()) return;
  for (const auto& [key, text, what] :
       {std::tuple<const char*, std::string, const char*>{"table", item.said->table,
                                                          "has no row in the table"},
        {"date", "", "is no date"},
        {"duration", "", "is no duration"},
        {"number", "", "is no number"},
        {"template", item.said->text_template, "is not of this form"}}) {
    if (!item.said->places.contains(key)) continue;
    note("MAP008", Pointer::Text{item.place(key), text},
         "the rule does not say what happens to a value of " + sides + " that " + what)
        .advice =
        "add \"unmatched: reject\" if the document shall be rejected, or `keep`, `clear`" +
        std::string(key == std::string("table") ? ", or a default for the table" : "");
    return;
  }
}

// ---- MAP013 ------------------------------------------------------------------------------------

void Checker::check_overlaps(Side side) {
  for (std::size_t i = 0; i < items_.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const Item& one = items_[j];
      const Item& two = items_[i];
      if (!one.writes(side) || !two.writes(side) || !one.path[side] || !two.path[side]) continue;
      if (!one.said->when[other(side)].empty() || !two.said->when[other(side)].empty()) continue;
      const auto first = one.target(side);
      const auto second = two.target(side);
      const bool same = first.size() == second.size() && leads_into(first, second);
      // The file's own check speaks of two rules with the same path.
      if (same && !one.inner && !two.inner) continue;
      const bool within = leads_into(first, second) || leads_into(second, first);
      const bool list = (!one.said->each.empty() || !two.said->each.empty());
      if (!within || (list && !same) || one.said->create_only || two.said->create_only) continue;
      error("MAP013", two.text(side),
            in_quotes(two.path_text(side)) + " of " + documents_of(side) +
                " is written by the rule at line " + std::to_string(one.said->place.line) + " too")
          .advice = "keep one of them, or give one \"direction: to-" +
                    std::string(to_text(other(side))) + "\" or a condition";
    }
  }
}

}  // namespace navette
