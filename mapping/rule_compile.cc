#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "mapping/extensions.h"
#include "mapping/jsonata/jsonata.h"
#include "mapping/markup.h"
#include "mapping/quantity.h"
#include "mapping/rule.h"

namespace navette {

// All mistakes of one rule, one a line.
class Mistakes {
 public:
  void add(const Place& place, const std::string& what) {
    std::string line;
    if (!place.file.empty()) line += place.file + ":";
    if (place.line > 0) {
      line += std::to_string(place.line) + ":" + std::to_string(place.column) + ":";
    }
    lines_.push_back(line.empty() ? what : line + " " + what);
  }
  bool none() const { return lines_.empty(); }
  Error error() const { return {.fault = Fault::kMisconfigured, .message = join(lines_, "\n")}; }

 private:
  std::vector<std::string> lines_;
};

namespace {

constexpr std::array kSides = {Side::kClient, Side::kProvider};

bool is_id(const std::optional<Path>& path) {
  return !path || path->single_name() == "id";
}

void index_by_case(const std::vector<std::string>& known,
                   std::map<std::string, std::string>* by_case) {
  std::map<std::string, int> count;
  for (const std::string& word : known) ++count[lower_ascii(word)];
  for (const std::string& word : known) {
    // Two values that differ in case only are two values.
    if (count[lower_ascii(word)] == 1) by_case->emplace(lower_ascii(word), word);
  }
}

const std::string& path_text(const FieldRule& rule, Side side) {
  return side == Side::kClient ? rule.client : rule.provider;
}

Place place_of(const FieldRule& rule, const std::string& key) {
  const auto found = rule.places.find(key);
  return found != rule.places.end() && found->second.line > 0 ? found->second : rule.place;
}

}  // namespace

void Rule::add_pair(const Json& client, const Json& provider) {
  const Sides<Json> pair = {.client = client, .provider = provider};
  for (const Side side : kSides) {
    const std::string key = as_key(pair[side]);
    if (!from_[side].exact.emplace(key, pair[other(side)]).second) continue;
    if (key.empty()) {
      from_[side].takes_empty = true;
    } else {
      from_[side].known.push_back(key);
    }
  }
}

Result<Rule> Rule::compile(const FieldRule& rule, const FlowConfig& flow) {
  Rule out;
  Mistakes mistakes;
  out.said_ = rule;
  out.name_ = rule.name.empty() ? rule.client + "~" + rule.provider : rule.name;
  const bool said = rule.has_people || rule.unmatched_said;
  out.unmatched_ = said ? rule.unmatched : Unmatched::kReject;
  out.default_ = rule.default_value;
  out.limit_ = rule.limit;
  out.take_paths(&mistakes);
  out.take_kind(flow, &mistakes);
  out.take_expressions(&mistakes);
  out.take_conditions(&mistakes);
  for (const Side side : kSides) index_by_case(out.from_[side].known, &out.from_[side].by_case);
  if (!mistakes.none()) return mistakes.error();
  return out;
}

void Rule::take_paths(Mistakes* mistakes) {
  for (const Side side : kSides) {
    const std::string& text = path_text(said_, side);
    if (text.empty()) continue;
    auto path = Path::parse(text);
    if (path) {
      path_[side] = std::move(*path);
    } else {
      const Place& place = said_.path_place[side];
      mistakes->add(place.line > 0 ? place : said_.place, path.error().message);
    }
  }
  if (said_.client.empty() && said_.provider.empty()) {
    mistakes->add(said_.place, "read a rule: it has neither `client` nor `provider`");
  }
}

void Rule::take_kind(const FlowConfig& flow, Mistakes* mistakes) {
  int kinds = 0;
  const auto take = [&](bool present, Kind kind) {
    if (!present) return;
    ++kinds;
    kind_ = kind;
  };
  take(!said_.table.empty(), Kind::kTable);
  take(!said_.text_template.empty(), Kind::kTemplate);
  take(said_.has_people, Kind::kPeople);
  take(said_.date.has_value(), Kind::kDate);
  take(said_.markup.has_value(), Kind::kMarkup);
  take(said_.duration.has_value(), Kind::kDuration);
  take(said_.number.has_value(), Kind::kNumber);
  take(!said_.expr.client.empty() || !said_.expr.provider.empty(), Kind::kExpression);
  take(!said_.each.empty(), Kind::kEach);
  if (kinds > 1) {
    mistakes->add(said_.place, "read rule " + name_ +
                                   ": found several of table, template, people, date, markup, "
                                   "duration, number, expr and each, expected one at the most");
  }
  if (kind_ == Kind::kTable) take_table(flow, mistakes);
  if (kind_ == Kind::kTemplate) take_template(mistakes);
  if (kind_ == Kind::kPeople) take_people();
  if (kind_ == Kind::kEach) take_inner(flow, mistakes);
  take_forms(mistakes);
  if (said_.date) take_dates(mistakes);
}

void Rule::take_table(const FlowConfig& flow, Mistakes* mistakes) {
  table_ = said_.table;
  const auto table = flow.tables.find(table_);
  if (table == flow.tables.end()) {
    std::vector<std::string> known;
    for (const auto& [name, unused] : flow.tables) known.push_back(name);
    const auto near = nearest(table_, known);
    mistakes->add(said_.place, "find table \"" + table_ + "\": found no such table, expected " +
                                   (known.empty() ? "one under `tables:`" : join(known, ", ")) +
                                   (near ? "; did you mean \"" + *near + "\"?" : ""));
    return;
  }
  for (const auto& [client, provider] : table->second.rows) add_pair(client, provider);
  from_.client.fallback = table->second.default_provider;
  from_.provider.fallback = table->second.default_client;
  pass_ = table->second.pass;
}

void Rule::take_people() {
  if (said_.by.empty()) said_.by = {"id", "login", "email", "name"};
  for (std::size_t i = 0; i < said_.people.size(); ++i) {
    for (const Side side : kSides) {
      const auto& known = said_.people[i].known[side];
      for (const auto& [attribute, value] : known) {
        persons_[side].emplace(attribute + "\n" + lower_ascii(value), i);
        from_[side].known.push_back(value);
      }
      person_writes_[side].push_back(known.empty() ? Json() : Json(known.front().second));
    }
  }
}

void Rule::take_template(Mistakes* mistakes) {
  auto parsed = Template::parse(said_.text_template);
  if (!parsed) {
    mistakes->add(place_of(said_, "template"), parsed.error().message);
    return;
  }
  template_ = std::move(*parsed);
  if (template_.of == Template::Of::kPaths) {
    if (path_.client.has_value() == path_.provider.has_value()) {
      mistakes->add(said_.place, "read template \"" + said_.text_template +
                                     "\": its places are paths; expected the rule to name the "
                                     "side that holds the text, and that side only");
    }
    template_.towards = path_.client ? Side::kClient : Side::kProvider;
    return;
  }
  if (template_.of != Template::Of::kTicket) return;
  if (is_id(path_.client) == is_id(path_.provider)) {
    mistakes->add(said_.place, "read template \"" + said_.text_template +
                                   "\": {id} is the number of a ticket; expected the path `id` on "
                                   "one side, and the field that holds the text on the other");
    return;
  }
  template_.towards = is_id(path_.client) ? Side::kProvider : Side::kClient;
}

void Rule::take_forms(Mistakes* mistakes) {
  const auto wrong = [&](const char* key, const std::string& found, const std::string& expected) {
    mistakes->add(place_of(said_, key), "read rule " + name_ + ": found " + key + " \"" + found +
                                            "\", expected " + expected);
  };
  for (const Side side : kSides) {
    if (said_.markup) {
      markup_[side] = (*said_.markup)[side];
      if (!is_markup(markup_[side])) wrong("markup", markup_[side], "one of " + markup_names());
    }
    if (said_.duration && !is_duration_form((*said_.duration)[side])) {
      wrong("duration", (*said_.duration)[side], "seconds, minutes, hours, h:mm or iso");
    }
    if (said_.number && !is_number_form((*said_.number)[side])) {
      wrong("number", (*said_.number)[side], "number, integer or text");
    }
  }
  for (const std::string& step : said_.text_steps) {
    if (step != "trim" && step != "lower" && step != "upper") {
      wrong("do", step, "trim, lower or upper");
    }
  }
}

void Rule::take_dates(Mistakes* mistakes) {
  for (const Side side : kSides) {
    auto form = DateForm::parse((*said_.date)[side], said_.zone[side]);
    if (form) {
      date_[side] = std::move(*form);
    } else {
      mistakes->add(place_of(said_, "date"), "read rule " + name_ + ": " + form.error().message);
    }
  }
}

void Rule::take_expressions(Mistakes* mistakes) {
  for (const Side side : kSides) {
    if (said_.expr[side].empty()) continue;
    auto compiled = jsonata::Expression::compile(said_.expr[side]);
    if (compiled) {
      extended_[side] = may_use_extensions(*compiled);
      expression_[side] = std::make_shared<const jsonata::Expression>(std::move(*compiled));
      continue;
    }
    const jsonata::JsonataError& error = compiled.error();
    mistakes->add(place_of(said_, std::string("expr.") + to_text(side)),
                  "read expression: " + error.code + " at character " +
                      std::to_string(error.position) + ": " + error.message);
  }
}

void Rule::take_conditions(Mistakes* mistakes) {
  const auto take = [&](const std::string& key, const std::string& text,
                        std::optional<Condition>* out) {
    if (text.empty()) return;
    auto condition = Condition::parse(text);
    if (condition) {
      *out = std::move(*condition);
    } else {
      mistakes->add(place_of(said_, key), condition.error().message);
    }
  };
  for (const Side side : kSides) {
    take(std::string("when.") + to_text(side), said_.when[side], &condition_[side]);
    take(std::string("owner.") + to_text(side), said_.owner_while[side], &owner_while_[side]);
  }
}

void Rule::take_inner(const FlowConfig& flow, Mistakes* mistakes) {
  for (const FieldRule& inner : said_.each) {
    auto rule = compile(inner, flow);
    if (rule) {
      inner_.push_back(std::move(*rule));
    } else {
      mistakes->add({}, rule.error().message);
    }
  }
}

}  // namespace navette
