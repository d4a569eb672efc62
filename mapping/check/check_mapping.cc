#include "mapping/check/check_mapping.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "config/scalar.h"
#include "mapping/check/checker.h"
#include "mapping/zone.h"

namespace navette {

std::string Use::path() const {
  std::string out;
  for (const Step& step : steps) out += (out.empty() ? "" : ".") + step.name;
  return out;
}

Place Item::place(const std::string& key) const {
  const auto at = said->places.find(key);
  return at != said->places.end() && at->second.line > 0 ? at->second : said->place;
}

bool Item::writes(Side side) const {
  if (only_towards && *only_towards != side) return false;
  return !path_text(side).empty() && path_text(side) != "id";
}

std::vector<Use::Step> steps_of(const Path& path, std::size_t offset) {
  std::vector<Use::Step> out;
  for (const Path::Step& step : path.steps()) {
    Use::Step one{step.name, step.filters, offset + step.at, step.name.size()};
    if (path.text()[step.at] == '`') one.length += 2;
    for (Path::Filter& filter : one.filters) {
      filter.at += offset;
      filter.literal_at += offset;
    }
    out.push_back(std::move(one));
  }
  return out;
}

Checker::Checker(const FlowConfig& flow, const std::string& source,
                 const MappingCheckOptions& options, Report* report)
    : flow_(flow),
      options_(options),
      facts_{Facts(flow.client), Facts(flow.provider)},
      pointer_(source, report) {}

void Checker::misread(const Pointer::Text& text, std::size_t offset, const Misread& where,
                      const std::string& what) {
  pointer_
      .say(Severity::kError, "MAP002", text, offset + where.at, 1,
           "the " + what + " cannot be read: here stands " + where.found)
      .expected = where.expected;
}

void Checker::read_path(Item* item, Side side) {
  const Pointer::Text text = item->text(side);
  if (text.value.empty()) return;
  Misread where;
  auto path = Path::parse(text.value, &where);
  if (!path) {
    // What is no path at all was said when the file was read.
    if (parse_field_path(text.value)) misread(text, 0, where, "path");
    return;
  }
  item->path[side] = std::move(*path);
  Use use;
  use.side = side;
  use.text = text;
  use.steps = steps_of(*item->path[side], 0);
  for (const Use::For what : {Use::For::kRead, Use::For::kWritten}) {
    const Side target = what == Use::For::kRead ? other(side) : side;
    if (item->only_towards && *item->only_towards != target) continue;
    use.what = what;
    break;
  }
  check_use(item, use, true);
  use.what = Use::For::kRead;
  if (!item->only_towards || *item->only_towards == other(side)) item->uses.push_back(use);
}

void Checker::read_template(Item* item) {
  const FieldRule& rule = *item->said;
  if (rule.text_template.empty()) return;
  const Pointer::Text text{item->place("template"), rule.text_template};
  auto form = Template::parse(rule.text_template);
  if (!form) {
    for (std::size_t open = text.value.find('{'); open != std::string_view::npos;
         open = text.value.find('{', open + 1)) {
      const std::size_t close = text.value.find('}', open);
      Misread where;
      const std::string_view inner = text.value.substr(open + 1, close - open - 1);
      if (close == std::string_view::npos || Path::parse(inner, &where)) continue;
      return misread(text, open + 1, where, "template");
    }
    error("MAP002", text, "the template cannot be read: " + form.error().message).advice =
        "write {id}, {value}, or paths of the other side's document";
    return;
  }
  if (form->of != Template::Of::kPaths) return;
  const Side towards = item->path.client ? Side::kClient : Side::kProvider;
  std::size_t at = form->literals().front().size();
  for (std::size_t i = 0; i < form->places(); ++i) {
    Use use;
    use.side = other(towards);
    use.text = text;
    use.steps = steps_of(form->paths()[i], at + 1);
    at += form->paths()[i].text().size() + 2 + form->literals()[i + 1].size();
    check_use(item, use, false);
    item->uses.push_back(std::move(use));
  }
  if (!form->reversible() && !item->only_towards) {
    error("MAP009", text, "the template cannot be read back: two places stand side by side")
        .advice = "put a text between the places, or add \"direction: to-" +
                  std::string(to_text(towards)) + "\"";
  }
}

void Checker::add_operand(Item* item, Side side, const Pointer::Text& text,
                          const Condition::Node::Operand& operand) {
  if (!operand.path) return;
  Use use;
  use.side = side;
  use.what = Use::For::kCondition;
  use.text = text;
  use.steps = steps_of(*operand.path, operand.at);
  check_use(item, use, false);
}

void Checker::add_condition(Item* item, Side side, const Pointer::Text& text,
                            const Condition::Node& node) {
  add_operand(item, side, text, node.left);
  add_operand(item, side, text, node.right);
  for (const Condition::Node& child : node.children) add_condition(item, side, text, child);
  check_comparison(*item, side, text, node);
}

void Checker::read_conditions(Item* item) {
  for (const Side side : kBothSides) {
    for (const auto& [key, condition] : {std::pair{"when.", &item->said->when[side]},
                                         std::pair{"owner.", &item->said->owner_while[side]}}) {
      if (condition->empty()) continue;
      const Pointer::Text text{item->place(std::string(key) + to_text(side)), *condition};
      Misread where;
      const auto parsed = Condition::parse(*condition, &where);
      if (parsed) {
        add_condition(item, side, text, parsed->root());
      } else {
        misread(text, 0, where, "condition");
      }
    }
  }
}

void Checker::check_zone(const Pointer::Text& text) {
  if (Zone::find(text.value)) return;
  Diagnostic& wrong = error("MAP002", text, "there is no time zone " + in_quotes(text.value));
  wrong.expected = "a name of the tz database, such as Europe/Paris or UTC";
  wrong.meant = nearest(text.value, Zone::names()).value_or("");
}

// What the reading of pictures lets pass: unknown components, a bracket that is not closed, and a
// day of a year without its month, for [m] was written for [M].
void Checker::check_picture(const Pointer::Text& text) {
  constexpr std::string_view kComponents = "YMDdFWwXxHhPmsfZzCE";
  std::string seen;
  std::size_t minutes = 0;
  for (std::size_t open = text.value.find('['); open != std::string_view::npos;
       open = text.value.find('[', open + 1)) {
    if (text.value.substr(open + 1, 1) == "[") {  // a bracket as it is
      ++open;
      continue;
    }
    const std::size_t close = text.value.find(']', open);
    const std::string_view inner = text.value.substr(open + 1, close - open - 1);
    if (close == std::string_view::npos || inner.find('[') != std::string_view::npos) {
      pointer_.say(Severity::kError, "MAP002", text, open, 1, "this [ has no ] of its own");
      return;
    }
    if (inner.empty() || kComponents.find(inner.front()) == std::string_view::npos) {
      pointer_
          .say(Severity::kError, "MAP002", text, open, inner.size() + 2,
               "the picture has no part [" + std::string(inner) + "]")
          .expected =
          "one of: Y M D d F W w X x H h P m s f Z z C E, with a form such as [D01] or [MNn]";
      return;
    }
    if (inner.front() == 'm' && minutes == 0) minutes = open + 1;
    seen += inner.front();
  }
  const auto has = [&seen](char part) { return seen.find(part) != std::string::npos; };
  if (!has('D') || !has('Y') || has('M')) return;
  pointer_
      .say(Severity::kError, "MAP002", text, minutes, 1,
           std::string("the picture has a day and a year, and no month") +
               (minutes > 0 ? ": [m] stands for minutes" : ""))
      .expected = "[M01]";
}

// Dates and zones; the other forms are words that were checked when the file was read.
void Checker::read_forms(const Item& item) {
  const FieldRule& rule = *item.said;
  if (rule.places.contains("zone.client")) {
    for (const Side side : kBothSides) {
      check_zone({item.place(std::string("zone.") + to_text(side)), rule.zone[side]});
    }
  } else if (rule.places.contains("zone")) {
    check_zone({item.place("zone"), rule.zone.client});
  }
  if (!rule.date) return;
  for (const Side side : kBothSides) {
    const std::string& said = (*rule.date)[side];
    const auto form = DateForm::parse(said, "UTC");
    const Pointer::Text text{item.place(std::string("date.") + to_text(side)), said};
    if (form) {
      check_picture(text);
      continue;
    }
    Diagnostic& wrong = error("MAP002", text, form.error().message);
    wrong.expected = "date, datetime, epoch, epoch_ms, or a picture such as [D01].[M01].[Y0001]";
    wrong.meant = nearest(said, {"date", "datetime", "epoch", "epoch_ms"}).value_or("");
  }
}

void Checker::collect(const std::vector<FieldRule>& rules, const Item* parent) {
  for (const FieldRule& rule : rules) {
    const std::size_t errors = pointer_.errors();
    Item item;
    item.said = &rule;
    item.inner = parent != nullptr;
    item.widen = rule.widen;
    item.only_towards = flow_.only_towards ? flow_.only_towards : rule.only_towards;
    for (const Side side : kBothSides) {
      item.base[side] =
          parent != nullptr ? facts_[side].items(parent->spot[side]) : facts_[side].root();
      item.spot[side].constant = true;
      if (parent == nullptr) continue;
      item.above[side] = parent->above[side];
      if (!parent->path[side]) continue;
      for (Use::Step& step : steps_of(*parent->path[side], 0)) {
        item.above[side].push_back(std::move(step));
      }
    }
    if (parent != nullptr) {
      if (item.widen.empty()) item.widen = parent->widen;
      if (parent->only_towards) item.only_towards = parent->only_towards;
    }
    for (const Side side : kBothSides) read_path(&item, side);
    read_template(&item);
    read_conditions(&item);
    read_forms(item);
    read_expressions(&item);
    auto compiled = Rule::compile(rule, flow_);
    if (compiled) item.rule = std::move(*compiled);
    if (!compiled && options_.whole && pointer_.errors() == errors && rule.each.empty()) {
      error("MAP002", rule.place, compiled.error().message);
    }
    items_.push_back(item);
    if (!rule.each.empty()) collect(rule.each, &item);
  }
}

void Checker::run() {
  if (flow_.zone_place.line > 0) check_zone({flow_.zone_place, flow_.zone});
  check_audience_paths();
  collect(flow_.fields, nullptr);
  for (const Item& item : items_) check_audiences(item);
  if (!options_.whole) return;
  for (const Side side : kBothSides) {
    check_required(side);
    check_overlaps(side);
  }
  for (const Item& item : items_) {
    if (item.rule) check_rule(item);
  }
}

void Checker::check_rule(const Item& item) {
  check_table(item);
  for (const Side to : kBothSides) {
    const Side from = other(to);
    const auto& constant = item.said->default_value[to];
    if (constant) {
      check_written(item, to, *constant, item.place(std::string("default.") + to_text(to)),
                    "the default");
    }
    check_date_format(item, to);
    check_unit(item, to);
    if (!item.writes(to)) continue;
    check_gaps(item, from);
    check_samples(item, from);
    check_read_only(item, to);
    check_kinds(item, to);
    check_nulls(item, to);
    check_lengths(item, to);
  }
  check_fallible(item);
  check_laws(item);
}

void check_mapping(const FlowConfig& flow, const std::string& source,
                   const MappingCheckOptions& options, Report* report) {
  Checker(flow, source, options, report).run();
}

void check_mappings(LoadResult* loaded, bool portable) {
  for (const FlowConfig& flow : loaded->flows) {
    const auto source = loaded->sources.find(flow.file);
    if (source == loaded->sources.end()) continue;
    MappingCheckOptions options;
    options.portable = portable;
    options.whole = std::none_of(
        loaded->diagnostics.begin(), loaded->diagnostics.end(), [&flow](const Diagnostic& one) {
          return one.severity == Severity::kError && one.place.file == flow.file;
        });
    Report report;
    report.add_source(flow.file, source->second);
    check_mapping(flow, source->second, options, &report);
    for (Diagnostic& one : report.finish()) loaded->diagnostics.push_back(std::move(one));
  }
  sort_by_place(loaded->diagnostics);
}

}  // namespace navette
