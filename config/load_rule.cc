// One line under `fields:`, and the people file that it names.

#include <array>
#include <set>
#include <utility>

#include "config/loading.h"
#include "config/scalar.h"
#include "config/shapes.h"

namespace navette {
namespace {

constexpr Side kSides[] = {Side::kClient, Side::kProvider};
constexpr std::array kAttributes = {"id", "login", "email", "name"};

// ---- people ------------------------------------------------------------------------------------

using Attributes = std::vector<std::pair<std::string, std::string>>;

// In the order written; a text alone is a name.
Attributes read_person(const YamlNode* node) {
  Attributes person;
  if (node == nullptr || node->unresolved) return person;
  if (node->is_scalar()) person.emplace_back("name", node->text);
  for (const YamlMember& member : node->members) {
    if (!member.value.is_scalar() || member.value.unresolved) continue;
    person.emplace_back(member.key.text, member.value.text);
  }
  return person;
}

void note_twice(Loading& loading, const YamlNode& item, const std::string& side,
                std::set<std::string>& seen) {
  const YamlNode* person = item.find(side);
  if (person == nullptr) return;
  for (const auto& [attribute, value] : read_person(person)) {
    std::string key = attribute;
    key.append("\n").append(value);
    if (seen.insert(std::move(key)).second) continue;
    const YamlNode* at = person->is_map() ? person->find(attribute) : person;
    std::string found = "\"";
    found.append(value).append("\" stands twice on the ").append(side).append("'s side");
    loading.report.note("CFG028", *at, found).advice =
        "the first pair wins; remove this one if that is not meant";
  }
}

void read_people(Loading& loading, const YamlNode& node, FieldRule& rule) {
  rule.has_people = true;
  auto tree = read_yaml_file(loading, loading.folder / node.text, &node, "CFG030");
  if (!tree) return;
  if (!tree->is_list()) {
    Diagnostic& error = loading.report.error(
        "CFG030", *tree, "a people file is a list; here stands " + std::string(tree->type_name()));
    error.expected = "lines such as - {client: camille, provider: Alice Developer}";
    return;
  }
  loading.references.resolve(*tree, Missing::kError);
  check_shape(*tree, people_shape(), "the file", loading.report);
  std::set<std::string> clients;
  std::set<std::string> providers;
  for (const YamlNode& item : tree->items) {
    note_twice(loading, item, "client", clients);
    note_twice(loading, item, "provider", providers);
    rule.people.push_back(read_pair_of_people(item));
  }
}

// ---- a rule ------------------------------------------------------------------------------------

const Shape& rule_shape() {
  return member_shape(flow_shape(), "fields").parts[0];
}

// [client, provider] of a list of two texts.
std::optional<Sides<std::string>> read_pair(const YamlNode* node) {
  if (node == nullptr || node->items.size() != 2) return std::nullopt;
  return Sides<std::string>{node->items[0].text, node->items[1].text};
}

// The texts of a list, or a text alone.
std::vector<std::string> read_list(const YamlNode* node) {
  std::vector<std::string> out;
  if (node == nullptr) return out;
  for (const YamlNode& item : node->items) out.push_back(item.text);
  return out;
}

class RuleReader {
 public:
  RuleReader(Loading& loading, const YamlNode& node)
      : loading_(loading), node_(node), reader_(&node, rule_shape()) {}

  FieldRule read(const std::string& zone) {
    rule_.place = node_.place;
    rule_.client = reader_.text_or_empty("client");
    rule_.provider = reader_.text_or_empty("provider");
    rule_.table = text("table");
    rule_.text_template = text("template");
    rule_.name = reader_.text("name").value_or(default_name());
    rule_.widen = text("widen");
    read_unmatched();
    read_forms(zone);
    read_sides();
    read_policies();
    const YamlNode* each = reader_.find("each");
    if (each != nullptr) {
      remember("each", *each);
      for (const YamlNode& item : each->items) {
        if (item.is_map()) rule_.each.push_back(RuleReader(loading_, item).read(zone));
      }
    }
    return std::move(rule_);
  }

 private:
  void remember(const std::string& key, const YamlNode& node) { rule_.places[key] = node.place; }

  std::string text(const std::string& key) {
    const YamlNode* node = reader_.find(key);
    if (node == nullptr || !node->is_scalar() || node->unresolved) return {};
    remember(key, *node);
    return node->text;
  }

  // Stored state belongs to it.
  std::string default_name() const {
    if (!rule_.client.empty() && !rule_.provider.empty()) {
      return rule_.client + "~" + rule_.provider;
    }
    const std::string& inner = rule_.text_template;
    if (rule_.client.empty()) return (inner.empty() ? "" : inner) + "~" + rule_.provider;
    return rule_.client + "~" + inner;
  }

  // One text for `first` (and `second`, where it is given), or {client, provider}.
  void read_either(const std::string& key, Sides<std::string>& out, Side alone) {
    const YamlNode* node = reader_.find(key);
    if (node == nullptr || node->unresolved) return;
    if (node->is_scalar()) {
      out[alone] = node->text;
      remember(key + "." + to_text(alone), *node);
    }
    for (const Side side : kSides) {
      const YamlNode* one = node->is_map() ? node->find(to_text(side)) : nullptr;
      if (one == nullptr || !one->is_scalar() || one->unresolved) continue;
      out[side] = one->text;
      remember(key + "." + to_text(side), *one);
    }
  }

  void read_unmatched() {
    const YamlNode* people = reader_.find("people");
    if (people != nullptr && people->is_scalar() && !people->unresolved && !people->text.empty()) {
      remember("people", *people);
      read_people(loading_, *people, rule_);
    }
    rule_.by = read_list(reader_.find("by"));
    if (rule_.by.empty()) rule_.by.assign(kAttributes.begin(), kAttributes.end());
    const std::string unmatched = text("unmatched");
    rule_.unmatched_said = !unmatched.empty();
    rule_.unmatched = rule_.has_people ? Unmatched::kKeep : Unmatched::kReject;
    if (unmatched == "keep") rule_.unmatched = Unmatched::kKeep;
    if (unmatched == "clear") rule_.unmatched = Unmatched::kClear;
    if (unmatched == "reject") rule_.unmatched = Unmatched::kReject;
  }

  std::optional<Sides<std::string>> pair(const std::string& key) {
    const YamlNode* node = reader_.find(key);
    auto out = read_pair(node);
    if (!out) return out;
    remember(key, *node);
    for (const Side side : kSides) {
      remember(key + "." + to_text(side), node->items[side == Side::kClient ? 0 : 1]);
    }
    return out;
  }

  void read_forms(const std::string& zone) {
    rule_.markup = pair("markup");
    rule_.date = pair("date");
    rule_.duration = pair("duration");
    rule_.number = pair("number");
    rule_.text_steps = read_list(reader_.find("do"));
    rule_.zone = {zone, zone};
    if (auto zones = pair("zone")) rule_.zone = *zones;
    if (const std::string one = text("zone"); !one.empty()) rule_.zone = {one, one};
    read_either("expr", rule_.expr, Side::kProvider);
  }

  void read_sides() {
    const Reader defaults(reader_.find("default"), member_shape(rule_shape(), "default"));
    const Reader limits(reader_.find("limit"), member_shape(rule_shape(), "limit"));
    const Reader empties(reader_.find("empty"), member_shape(rule_shape(), "empty"));
    for (const Side side : kSides) {
      if (const YamlNode* value = defaults.find(to_text(side))) {
        rule_.default_value[side] = value_of(value);
        remember(std::string("default.") + to_text(side), *value);
      }
      if (const auto limit = parse_limit(limits.text_or_empty(to_text(side)))) {
        rule_.limit[side] = *limit;
        remember(std::string("limit.") + to_text(side), *limits.find(to_text(side)));
      }
      const std::string empty = empties.text_or_empty(to_text(side));
      if (empty == "omit") rule_.empty[side] = EmptyPolicy::kOmit;
      // `null` without quotes is YAML's null, which find() takes for nothing.
      const YamlNode* node = reader_.find("empty");
      const YamlNode* word = node == nullptr ? nullptr : node->find(to_text(side));
      if (empty == "null" || (word != nullptr && word->is_null())) {
        rule_.empty[side] = EmptyPolicy::kNull;
      }
      rule_.path_place[side] = reader_.place(to_text(side));
    }
    if (limits.text_or_empty("overflow") == "reject") rule_.overflow = Overflow::kReject;
  }

  void read_policies() {
    rule_.create_only = reader_.text("when") == "create";
    if (!rule_.create_only) read_either("when", rule_.when, Side::kClient);
    const std::string owner = reader_.text_or_empty("owner");
    if (owner == "client") rule_.owner = Ownership::kClient;
    if (owner == "provider") rule_.owner = Ownership::kProvider;
    const YamlNode* owners = reader_.find("owner");
    if (owners != nullptr && owners->is_map()) {
      read_either("owner", rule_.owner_while, Side::kClient);
    }
    rule_.only_towards = parse_direction(reader_.text_or_empty("direction"));
    // An expression for one side says nothing about the other.
    if (!rule_.only_towards && rule_.expr.client.empty() != rule_.expr.provider.empty()) {
      rule_.only_towards = rule_.expr.client.empty() ? Side::kProvider : Side::kClient;
    }
    rule_.conflict = parse_policy(reader_.text_or_empty("conflict"));
  }

  Loading& loading_;
  const YamlNode& node_;
  const Reader reader_;
  FieldRule rule_;
};

}  // namespace

PersonPair read_pair_of_people(const YamlNode& node) {
  PersonPair pair;
  for (const Side side : kSides) pair.known[side] = read_person(node.find(to_text(side)));
  return pair;
}

std::optional<Json> value_of(const YamlNode* node) {
  if (node == nullptr || node->unresolved || node->is_list() || node->is_map()) return std::nullopt;
  return to_json(*node);
}

FieldRule read_rule(Loading& loading, const YamlNode& node, const std::string& zone) {
  return RuleReader(loading, node).read(zone);
}

}  // namespace navette
