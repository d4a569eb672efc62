#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "mapping/date.h"
#include "mapping/markup.h"
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

struct Placeholder {
  std::string_view name;
  bool of_ticket;
};
constexpr std::array kPlaceholders = {Placeholder{"{id}", true}, Placeholder{"{value}", false}};

// Splits the text; the direction is for the caller to find.
void split_template(const FieldRule& rule, Template* out, Mistakes* mistakes) {
  const std::string& text = rule.text_template;
  int found = 0;
  for (const Placeholder& placeholder : kPlaceholders) {
    const std::size_t at = text.find(placeholder.name);
    if (at == std::string::npos) continue;
    ++found;
    if (text.find(placeholder.name, at + 1) != std::string::npos) ++found;
    out->before = text.substr(0, at);
    out->after = text.substr(at + placeholder.name.size());
    out->of_ticket = placeholder.of_ticket;
  }
  if (found != 1) {
    mistakes->add(rule.place, "read template \"" + text + "\": found " + std::to_string(found) +
                                  " placeholders, expected one: {id} (number of the ticket) or "
                                  "{value} (value of the field)");
  }
}

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

}  // namespace

void Rule::add_pair(const Json& client, const Json& provider) {
  const Sides<Json> pair = {.client = client, .provider = provider};
  for (const Side side : kSides) {
    const std::string key = pair[side].text();
    if (key.empty()) continue;
    if (from_[side].exact.emplace(key, pair[other(side)]).second) {
      from_[side].known.push_back(key);
    }
  }
}

Result<Rule> Rule::compile(const FieldRule& rule, const FlowConfig& flow) {
  Rule out;
  Mistakes mistakes;
  out.name_ = rule.name.empty() ? rule.client + "~" + rule.provider : rule.name;
  out.unmatched_ = rule.unmatched;
  out.default_ = rule.default_value;
  out.limit_ = rule.limit;

  const Sides<std::string> paths = {.client = rule.client, .provider = rule.provider};
  for (const Side side : kSides) {
    if (paths[side].empty()) continue;
    auto path = Path::parse(paths[side]);
    if (path) {
      out.path_[side] = std::move(*path);
    } else {
      const Place& place = rule.path_place[side];
      mistakes.add(place.line > 0 ? place : rule.place, path.error().message);
    }
  }
  if (rule.client.empty() && rule.provider.empty()) {
    mistakes.add(rule.place, "read a rule: it has neither `client` nor `provider`");
  }

  int kinds = 0;
  const auto take = [&](bool present, Kind kind) {
    if (!present) return;
    ++kinds;
    out.kind_ = kind;
  };
  take(!rule.table.empty(), Kind::kTable);
  take(!rule.text_template.empty(), Kind::kTemplate);
  take(rule.has_people, Kind::kPeople);
  take(rule.date.has_value(), Kind::kDate);
  take(rule.markup.has_value(), Kind::kMarkup);
  if (kinds > 1) {
    mistakes.add(rule.place, "read rule " + out.name_ +
                                 ": found several of table, template, people, date and markup, "
                                 "expected one at the most");
  }
  switch (out.kind_) {
    case Kind::kTable:
      out.take_table(rule, flow, &mistakes);
      break;
    case Kind::kTemplate:
      out.take_template(rule, &mistakes);
      break;
    case Kind::kPeople:
      for (const auto& [client, provider] : rule.people) out.add_pair(client, provider);
      break;
    case Kind::kDate:
    case Kind::kMarkup:
      out.take_forms(rule, &mistakes);
      break;
    case Kind::kCopy:
      break;
  }
  for (const Side side : kSides) index_by_case(out.from_[side].known, &out.from_[side].by_case);
  if (!mistakes.none()) return mistakes.error();
  return out;
}

void Rule::take_table(const FieldRule& rule, const FlowConfig& flow, Mistakes* mistakes) {
  table_ = rule.table;
  const auto table = flow.tables.find(rule.table);
  if (table == flow.tables.end()) {
    std::vector<std::string> known;
    for (const auto& [name, unused] : flow.tables) known.push_back(name);
    const auto near = nearest(rule.table, known);
    mistakes->add(rule.place, "find table \"" + rule.table + "\": found no such table, expected " +
                                  (known.empty() ? "one under `tables:`" : join(known, ", ")) +
                                  (near ? "; did you mean \"" + *near + "\"?" : ""));
    return;
  }
  for (const auto& [client, provider] : table->second.rows) add_pair(client, provider);
  from_.client.fallback = table->second.default_provider;
  from_.provider.fallback = table->second.default_client;
}

void Rule::take_template(const FieldRule& rule, Mistakes* mistakes) {
  split_template(rule, &template_, mistakes);
  if (!template_.of_ticket) return;
  if (is_id(path_.client) == is_id(path_.provider)) {
    mistakes->add(rule.place, "read template \"" + rule.text_template +
                                  "\": {id} is the number of a ticket; expected the path `id` on "
                                  "one side, and the field that holds the text on the other");
    return;
  }
  template_.towards = is_id(path_.client) ? Side::kProvider : Side::kClient;
}

void Rule::take_forms(const FieldRule& rule, Mistakes* mistakes) {
  for (const Side side : kSides) {
    if (rule.date) {
      date_[side] = (*rule.date)[side];
      if (!is_date_form(date_[side])) {
        mistakes->add(rule.place, "read rule " + name_ + ": found date \"" + date_[side] +
                                      "\", expected date, datetime or epoch");
      }
    }
    if (rule.markup) {
      markup_[side] = (*rule.markup)[side];
      if (!is_markup(markup_[side])) {
        mistakes->add(rule.place, "read rule " + name_ + ": found markup \"" + markup_[side] +
                                      "\", expected one of " + markup_names());
      }
    }
  }
}

}  // namespace navette
