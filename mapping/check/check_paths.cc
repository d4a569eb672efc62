// What paths lead to: MAP003 (who may see it), MAP004 (is it there), MAP005 (what must be written).

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "mapping/check/checker.h"

namespace navette {
namespace {

using How = Facts::Member::How;

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kListedMax = 16;
  if (names.empty() || names.size() > kListedMax) return "";
  return "one of: " + join(names, ", ");
}

// Whether an item of a list can be meant by both.
bool may_meet(const std::vector<Path::Filter>& left, const std::vector<Path::Filter>& right) {
  for (const Path::Filter& a : left) {
    for (const Path::Filter& b : right) {
      if (a.by_index && b.by_index && a.index != b.index && (a.index < 0) == (b.index < 0)) {
        return false;
      }
      if (!a.by_index && !b.by_index && a.member == b.member && !(a.literal == b.literal)) {
        return false;
      }
    }
  }
  return true;
}

std::vector<Use::Step> joined(std::vector<Use::Step> above, const std::vector<Use::Step>& steps) {
  above.insert(above.end(), steps.begin(), steps.end());
  return above;
}

bool same_names(const std::vector<Use::Step>& steps, const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < std::min(steps.size(), names.size()); ++i) {
    if (steps[i].name != names[i]) return false;
  }
  return true;
}

}  // namespace

bool leads_into(const std::vector<Use::Step>& part, const std::vector<Use::Step>& whole) {
  if (part.size() < whole.size()) return false;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (part[i].name != whole[i].name || !may_meet(part[i].filters, whole[i].filters)) return false;
  }
  return true;
}

std::vector<Use::Step> Item::target(Side side) const {
  return joined(above[side], steps_of(*path[side], 0));
}

// ---- MAP004 ------------------------------------------------------------------------------------

void Checker::missing(const Item& item, const Use& use, std::size_t step,
                      const Facts::Member& member) {
  const Use::Step& at = use.steps[step];
  std::string above;
  for (std::size_t i = 0; i < step; ++i) above += (i > 0 ? "." : "") + use.steps[i].name;
  std::string list;
  for (const Use::Step& one : item.above[use.side]) list += (list.empty() ? "" : ".") + one.name;
  const std::string documents =
      list.empty() ? documents_of(use.side)
                   : "the items of " + in_quotes(list) + " of " + documents_of(use.side);
  const std::string where = above.empty() ? documents : in_quotes(above) + " of " + documents;
  const auto say = [&](Severity severity, const std::string& found) {
    Diagnostic& out = pointer_.say(severity, "MAP004", use.text, at.at, at.length, found);
    out.expected = listed(member.known);
    out.meant = nearest(at.name, member.known).value_or("");
    return &out;
  };
  const std::string name = in_quotes(at.name);
  switch (member.how) {
    case How::kKnown:
      return;
    case How::kAllowed:
      if (!member.seen) {
        say(Severity::kNote, "the schema does not name " + name + " in " + where)->advice =
            "correct the name, or add it to the schema";
      }
      return;
    case How::kUndeclared:
      if (!member.seen) {
        say(Severity::kError, "there is no " + name + " in " + where + ": its schema has none")
            ->advice = "correct the name, or add it to the schema";
      }
      return;
    case How::kForbidden:
      say(Severity::kError, "there is no " + name + " in " + where + ": its schema has none")
          ->advice = "correct the name, or add it to the schema";
      return;
    case How::kNoObject:
      say(Severity::kError, where + " has no members, so there is no " + name)->advice =
          "correct the path, or the schema";
      return;
    case How::kUnseen:
      say(Severity::kNote, "no sample has " + name + " in " + where)->advice =
          "correct the name, or add a sample that has it";
      return;
  }
}

// Whether the items that the filters ask for can be there; the spot becomes theirs.
bool Checker::check_filters(const Use& use, const Use::Step& step, Spot* spot) {
  const Facts& facts = facts_[use.side];
  for (const Path::Filter& filter : step.filters) {
    *spot = facts.items(*spot);
    if (filter.by_index || spot->constant) continue;
    const Facts::Member member = facts.member(*spot, filter.member);
    const bool declared = member.how == How::kKnown || member.seen;
    if (!declared) {
      Diagnostic& out = pointer_.say(
          member.how == How::kUnseen || member.how == How::kAllowed ? Severity::kNote
                                                                    : Severity::kError,
          "MAP004", use.text, filter.at, filter.member.size(),
          "the items of " + in_quotes(step.name) + " have no " + in_quotes(filter.member));
      out.expected = listed(member.known);
      out.meant = nearest(filter.member, member.known).value_or("");
      out.advice = "correct the name, or add it to the schema or a sample";
      return false;
    }
    if (!check_literal(use, step, filter, member.spot)) return false;
    std::erase_if(spot->samples, [&filter](const Json* item) {
      const Json* value = item->find(filter.member);
      return value == nullptr || !(*value == filter.literal);
    });
  }
  return true;
}

bool Checker::check_literal(const Use& use, const Use::Step& step, const Path::Filter& filter,
                            const Spot& spot) {
  std::vector<std::string> known;
  bool found = false;
  const auto choices = facts_[use.side].choices(spot);
  const auto look_at = [&](const Json& value) {
    found = found || value == filter.literal;
    if (std::find(known.begin(), known.end(), value.text()) == known.end()) {
      known.push_back(value.text());
    }
  };
  if (choices) {
    for (const Json& choice : *choices) look_at(choice);
  } else {
    for (const Json* sample : spot.samples) look_at(*sample);
  }
  if (found || known.empty()) return true;
  const auto meant = nearest(filter.literal.text(), known);
  // Samples need not have every item; a name that is nearly one of theirs is a slip.
  const bool sure = choices.has_value() || meant.has_value();
  Diagnostic& out =
      pointer_.say(sure ? Severity::kError : Severity::kNote, "MAP004", use.text, filter.literal_at,
                   filter.literal.text().size() + (filter.literal.is_string() ? 2 : 0),
                   "no item of " + in_quotes(step.name) + " has the " + in_quotes(filter.member) +
                       " " + filter.literal.dump());
  out.expected = listed(known);
  out.meant = meant.value_or("");
  out.advice = choices ? "correct it, or add it to the schema"
                       : "correct it, or add a sample that has such an item";
  return false;
}

void Checker::check_use(Item* item, const Use& use, bool own_path) {
  Spot spot = item->base[use.side];
  const Facts& facts = facts_[use.side];
  for (std::size_t i = 0; i < use.steps.size(); ++i) {
    // The ticket's number is no part of the document.
    if (own_path && i == 0 && use.steps.size() == 1 && use.steps[i].name == "id" &&
        item->said->text_template.find("{id}") != std::string::npos) {
      return;
    }
    const Facts::Member member = facts.member(spot, use.steps[i].name);
    missing(*item, use, i, member);
    if (member.how != How::kKnown && !member.seen) return;
    spot = member.spot;
    if (own_path && i + 1 < use.steps.size() && use.steps[i].filters.empty() &&
        facts.kinds(spot) == kListValue) {
      item->several[use.side] = true;
    }
    if (!check_filters(use, use.steps[i], &spot)) return;
  }
  if (!own_path) return;
  item->spot[use.side] = std::move(spot);
  item->found[use.side] = true;
}

void Checker::check_audience_paths() {
  for (const Side side : kBothSides) {
    const Endpoint& endpoint = flow_.side(side);
    Item item;
    FieldRule nothing;
    item.said = &nothing;
    item.base[side] = facts_[side].root();
    for (std::size_t i = 0; i < endpoint.audiences.size(); ++i) {
      Use use;
      use.side = side;
      use.text = {endpoint.audience_places[i], endpoint.audiences[i].first};
      Misread where;
      const auto path = Path::parse(use.text.value, &where);
      if (!path) {
        misread(use.text, 0, where, "path");
        continue;
      }
      use.steps = steps_of(*path, 0);
      narrow_[side].push_back({path->text(), use.steps, endpoint.audiences[i].second});
      check_use(&item, use, false);
    }
  }
}

// ---- MAP003 ------------------------------------------------------------------------------------

Audience Checker::audience(Side side, const std::vector<Use::Step>& steps, bool everything,
                           const std::string** because) const {
  Audience out = Audience::kPublic;
  for (const Narrow& narrow : narrow_[side]) {
    const bool meets =
        leads_into(steps, narrow.steps) || (everything && leads_into(narrow.steps, steps));
    if (!meets || narrow.audience >= out) continue;
    out = narrow.audience;
    *because = &narrow.text;
  }
  return out;
}

// Of what is written there: who may see all of it.
Audience Checker::audience_of_target(Side side, const std::vector<Use::Step>& steps) const {
  Audience out = Audience::kPublic;
  for (const Narrow& narrow : narrow_[side]) {
    if (leads_into(steps, narrow.steps)) out = std::min(out, narrow.audience);
  }
  return out;
}

void Checker::check_audiences(const Item& item) {
  if (!item.widen.empty() || !item.said->each.empty()) return;
  for (const Use& use : item.uses) {
    const Side to = other(use.side);
    if (item.only_towards && *item.only_towards != to) continue;
    if (use.by_expression != !item.said->expr[to].empty()) continue;
    const std::string* because = nullptr;
    const Audience source =
        audience(use.side, joined(item.above[use.side], use.steps), use.everything, &because);
    if (because == nullptr || !item.path[to]) continue;
    const Audience there = audience_of_target(to, item.target(to));
    if (source >= there) continue;
    const std::size_t at = use.steps.empty() ? use.at : use.steps.front().at;
    const std::size_t end =
        use.steps.empty() ? use.at + 1 : use.steps.back().at + use.steps.back().length;
    const std::string name = use.steps.empty() ? "the whole document" : in_quotes(use.path());
    std::string found = name + " is " + to_text(source) + " on the " + to_text(use.side) +
                        "'s side, and " + in_quotes(item.path_text(to)) + " is " + to_text(there) +
                        " on the " + to_text(to) + "'s";
    if (use.path() != *because) {
      found = name + " holds " + in_quotes(*because) + ", which is " + to_text(source) +
              " on the " + to_text(use.side) + "'s side, and " + in_quotes(item.path_text(to)) +
              " is " + to_text(there) + " on the " + to_text(to) + "'s";
    }
    Diagnostic& out = pointer_.say(Severity::kError, "MAP003", use.text, at, end - at, found);
    out.expected = std::string("a field that is no wider, or the reason why it may be seen");
    out.advice = std::string("list the field under `") + to_text(source) + ":` of the " +
                 to_text(to) + ", give the rule \"direction: to-" + to_text(use.side) +
                 "\", or say why with \"widen: REASON\"";
  }
}

// ---- MAP005 ------------------------------------------------------------------------------------

void Checker::check_required(Side side) {
  const Facts& facts = facts_[side];
  if (!facts.has_schema() || flow_.fields.empty()) return;
  if (flow_.only_towards && *flow_.only_towards != side) return;
  const bool any = std::any_of(items_.begin(), items_.end(),
                               [side](const Item& item) { return item.writes(side); });
  if (any) check_required_at(side, facts.root(), {});
}

void Checker::check_required_at(Side side, const Spot& spot,
                                const std::vector<std::string>& above) {
  const Facts& facts = facts_[side];
  const std::vector<std::string> required = facts.required(spot);
  for (const std::string& name : facts.declared(spot)) {
    std::vector<std::string> path = above;
    path.push_back(name);
    const Spot member = facts.member(spot, name).spot;
    bool whole = false;   // something writes it, or what it is in
    bool within = false;  // something writes into it
    for (const Item& item : items_) {
      if (!item.path[side] || (item.only_towards && *item.only_towards != side)) continue;
      const auto target = item.target(side);
      if (!same_names(target, path)) continue;
      whole = whole || (target.size() <= path.size() && item.said->each.empty());
      within = within || target.size() > path.size() || !item.said->each.empty();
      if (target.size() == path.size()) check_may_be_missing(side, name, item, spot);
    }
    whole = whole || is_set(side, path);
    const bool wanted = std::find(required.begin(), required.end(), name) != required.end();
    if (!whole && !within && wanted && !facts.read_only(member)) {
      const std::string dotted = join(path, ".");
      error("MAP005", flow_.side(side).place,
            "no rule writes " + in_quotes(dotted) + ", which the " + to_text(side) +
                "'s schema requires")
          .advice = "add a rule with " + in_quotes(std::string(to_text(side)) + ": " + dotted) +
                    ", name it in `where` if it is a filter, or give the flow \"direction: to-" +
                    to_text(other(side)) + "\"";
    }
    if (within && !whole) check_required_at(side, member, path);
  }
}

// By `where`, by a filter on the way, or by a template that is parsed back.
bool Checker::is_set(Side side, const std::vector<std::string>& path) const {
  if (path.size() == 1) {
    for (const auto& filter : flow_.side(side).where.members()) {
      if (lower_ascii(filter.first) == lower_ascii(path.front())) return true;
    }
  }
  for (const Item& item : items_) {
    if (item.only_towards && *item.only_towards != side) continue;
    if (item.path[side]) {
      const auto target = item.target(side);
      if (target.size() + 1 >= path.size() && path.size() >= 2 &&
          same_names(target, {path.begin(), path.end() - 1})) {
        const Use::Step& list = target[path.size() - 2];
        for (const Path::Filter& filter : list.filters) {
          if (!filter.by_index && filter.member == path.back()) return true;
        }
      }
    } else if (!item.said->text_template.empty()) {
      for (const Use& use : item.uses) {
        if (use.side != side) continue;
        const auto target = joined(item.above[side], use.steps);
        if (target.size() <= path.size() && same_names(target, path)) return true;
      }
    }
  }
  return false;
}

// A source that need not be there, copied to where something must be.
void Checker::check_may_be_missing(Side side, const std::string& name, const Item& item,
                                   const Spot& target) {
  const Side from = other(side);
  const FieldRule& rule = *item.said;
  const Facts& facts = facts_[from];
  const auto required = facts_[side].required(target);
  if (std::find(required.begin(), required.end(), name) == required.end()) return;
  if (!facts.has_schema() || !item.path[from] || !item.found[from]) return;
  if (rule.default_value[side] || !rule.expr[side].empty() || !rule.each.empty()) return;
  if (item.rule && item.rule->row(from, "") != nullptr) return;
  if (!rule.when[from].empty() || !rule.text_template.empty()) return;
  Spot at = item.base[from];
  bool always = true;
  for (const Path::Step& step : item.path[from]->steps()) {
    const auto there = facts.required(at);
    always = always && step.filters.empty() &&
             std::find(there.begin(), there.end(), step.name) != there.end();
    at = facts.member(at, step.name).spot;
  }
  const bool null_here = (facts.kinds(at) & kNullValue) != 0 && !at.schemas.empty();
  const bool null_there = (facts_[side].kinds(item.spot[side]) & kNullValue) != 0;
  if (always && (!null_here || null_there)) return;
  error("MAP005", item.text(side),
        in_quotes(item.path_text(from)) + " may be " + (always ? "null" : "missing") + " in " +
            documents_of(from) + ", and the " + to_text(side) + "'s schema requires " +
            in_quotes(item.path_text(side)))
      .advice = std::string("add \"default: {") + to_text(side) +
                ": ...}\", or correct the schema of either side";
}

}  // namespace navette
