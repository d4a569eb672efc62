// The way there and back, by trying: MAP009.

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "mapping/check/checker.h"
#include "mapping/quantity.h"

namespace navette {
namespace {

constexpr std::size_t kShownMax = 60;

std::string shown(const Json& value) {
  const std::string text = value.dump();
  const std::string_view head = utf8_prefix(text, kShownMax);
  return std::string(head) + (head.size() < text.size() ? "\u2026" : "");
}

// Values at the edges of what a rule's steps can hold.
std::vector<Json> edges(const Item& item, Side from) {
  const FieldRule& rule = *item.said;
  std::vector<Json> out;
  if (rule.date) {
    const auto form = DateForm::parse((*rule.date)[from], rule.zone[from]);
    if (!form) return out;
    for (const std::int64_t seconds : {1774780215, 1709208000, 1798761599, 1751414400}) {
      const auto value = form->write(TimePoint(std::chrono::seconds(seconds)));
      if (value) out.push_back(*value);
    }
  }
  if (rule.duration) {
    for (const std::int64_t seconds : {5400, 60, 90000, 5415}) {
      out.push_back(write_duration(seconds * 1000, (*rule.duration)[from], nullptr));
    }
  }
  if (rule.number) {
    if ((*rule.number)[from] == "text") {
      for (const char* text : {"0", "-7", "12345678901234567890"}) out.emplace_back(text);
    } else {
      for (const int number : {0, -7}) out.emplace_back(number);
    }
    if ((*rule.number)[from] != "integer") out.emplace_back(1.5);
  }
  if (!rule.text_steps.empty() && item.spot[from].samples.empty()) out.emplace_back("Mixed Case");
  return out;
}

bool same(const Item& item, Side side, const Json& a, const Json& b) {
  return a == b || item.rule->same(side, a, b);
}

// Whether a value went to another day, or not a date any more.
bool far_off(const Item& item, Side side, const Json& a, const Json& b) {
  if (!item.said->date) return false;
  const auto form = DateForm::parse((*item.said->date)[side], item.said->zone[side]);
  const auto left = form ? form->read(a) : std::nullopt;
  const auto right = form ? form->read(b) : std::nullopt;
  if (!left || !right) return true;
  const auto apart = *left > *right ? *left - *right : *right - *left;
  return apart > std::chrono::hours(36);
}

}  // namespace

void Checker::check_laws(const Item& item) {
  if (item.rule->kind() == Rule::Kind::kTemplate) return check_template_law(item);
  if (!item.writes(Side::kClient) || !item.writes(Side::kProvider)) return;
  const FieldRule& rule = *item.said;
  if (rule.owner != Ownership::kBoth || rule.create_only) return;
  switch (item.rule->kind()) {
    case Rule::Kind::kExpression:
      return check_expression_law(item);
    case Rule::Kind::kEach:
    case Rule::Kind::kMarkup:
    case Rule::Kind::kPeople:
      return;
    default:
      break;
  }
  for (const Side from : kBothSides) {
    if (check_law(item, from)) return;
  }
}

bool Checker::check_law(const Item& item, Side from) {
  const Side to = other(from);
  const Rule& rule = *item.rule;
  std::vector<Json> values = facts_[from].values(item.spot[from]);
  const bool listed = facts_[from].choices(item.spot[from]).has_value();
  if (!listed) {
    for (Json& edge : edges(item, from)) values.push_back(std::move(edge));
  }
  for (const Json& value : values) {
    if (Rule::is_empty(value) || value.is_array() || value.is_object()) continue;
    // Of a value that has several rows, or none, the table speaks by itself.
    if (rule.kind() == Rule::Kind::kTable && !rule.passes_unknown()) return false;
    if (rule.kind() == Rule::Kind::kTable && rule.row(from, Rule::as_key(value)) != nullptr)
      continue;
    const Converted there = rule.convert(from, value, {});
    if (there.kind != Converted::Kind::kValue || there.value.is_null()) continue;
    const Converted back = rule.convert(to, there.value, {});
    const bool returns = back.kind == Converted::Kind::kValue;
    if (returns && same(item, from, value, back.value)) continue;
    const Converted again = returns ? rule.convert(from, back.value, {}) : Converted{};
    const bool settles = returns && again.kind == Converted::Kind::kValue &&
                         same(item, to, there.value, again.value) &&
                         !far_off(item, from, value, back.value);
    std::string found = "the " + std::string(to_text(from)) + "'s " + shown(value) + " becomes " +
                        shown(there.value) + ", and that ";
    found += returns ? "comes back as " + shown(back.value) : "cannot come back: " + back.reason;
    Diagnostic& out = pointer_.say(
        settles && rule.kind() != Rule::Kind::kTable ? Severity::kNote : Severity::kError, "MAP009",
        item.text(from), std::move(found));
    out.advice = std::string("give the rule \"direction: to-") + to_text(to) +
                 "\" or \"owner: " + to_text(from) + "\", or a form that keeps the value";
    return true;
  }
  return false;
}

// An expression for either way: what the one makes of a document, the other must turn back. What
// else the second one reads is not there when it is tried, so it may read this field only.
void Checker::check_expression_law(const Item& item) {
  for (const Side from : kBothSides) {
    const Side to = other(from);
    if (item.said->expr[from].empty() || item.said->expr[to].empty()) return;
    const auto own = steps_of(*item.path[to], 0);
    const bool only_own = std::all_of(item.uses.begin(), item.uses.end(), [&](const Use& use) {
      return use.side != to || !use.by_expression || leads_into(use.steps, own);
    });
    if (!only_own) continue;
    for (const Json& document : facts_[from].examples(item.base[from])) {
      const auto value = item.path[from]->read(document);
      const auto there = item.rule->source(from, document, {});
      if (!value || value->is_null() || !there || !*there) continue;
      Json made = Json::object();
      if (!item.path[to]->write(&made, **there)) continue;
      const auto back = item.rule->source(to, made, {});
      if (back && *back && **back == *value) continue;
      const std::string end = !back    ? "cannot come back: " + back.error().message
                              : !*back ? std::string("comes back as nothing")
                                       : "comes back as " + shown(**back);
      error("MAP009", item.text(from),
            "the " + std::string(to_text(from)) + "'s " + shown(*value) + " becomes " +
                shown(**there) + ", and that " + end)
          .advice =
          std::string("correct one of the expressions, or give the rule \"direction: to-") +
          to_text(to) + "\"";
      break;
    }
  }
}

// Texts of several places, filled with what the samples have.
void Checker::check_template_law(const Item& item) {
  const Template& form = item.rule->text_template();
  if (form.of != Template::Of::kPaths || item.only_towards) return;
  const Side from = other(form.towards);
  for (const Json& document : facts_[from].examples(item.base[from])) {
    std::vector<std::string> fillings;
    for (const Path& path : form.paths()) {
      const auto filling = path.read(document);
      if (filling && !Rule::is_empty(*filling)) fillings.push_back(Rule::as_key(*filling));
    }
    if (fillings.size() != form.places()) continue;
    const std::string text = form.write(fillings);
    const auto back = form.read(text);
    if (back && *back == fillings) continue;
    error("MAP009", Pointer::Text{item.place("template"), item.said->text_template},
          "the text " + in_quotes(text) + " is read back as " +
              (back ? in_quotes(join(*back, "\", \"")) : "nothing") + ", and was made of " +
              in_quotes(join(fillings, "\", \"")))
        .advice = std::string("put another text between the places, or add \"direction: to-") +
                  to_text(form.towards) + "\"";
    return;
  }
}

}  // namespace navette
