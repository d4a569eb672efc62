// What only the flow as a whole, and the connectors' declarations, can show.

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "config/fields.h"
#include "config/loading.h"
#include "config/scalar.h"
#include "config/shapes.h"

namespace navette {
namespace {

constexpr Side kSides[] = {Side::kClient, Side::kProvider};

std::string in_quotes(const std::string& text) {
  return "\"" + text + "\"";
}

const std::string& path_of(const FieldRule& rule, Side side) {
  return side == Side::kClient ? rule.client : rule.provider;
}

class FlowChecker {
 public:
  FlowChecker(Loading& loading, FlowDraft& draft)
      : loading_(loading), report_(loading.report), draft_(draft), flow_(draft.flow) {}

  void check() {
    for (const Side side : kSides) check_endpoint(side);
    check_sides_differ();
    for (std::size_t i = 0; i < flow_.fields.size(); ++i) {
      check_rule(flow_.fields[i], *draft_.rules[i]);
    }
    check_names();
    for (const Side side : kSides) {
      check_written_once(side);
      check_required(side);
    }
    check_conflicts();
    check_tables_used();
  }

 private:
  const ConnectorSpec* spec(Side side) const { return spec_of(loading_, flow_.side(side).system); }

  const YamlNode* endpoint_node(Side side) const { return draft_.root->find(to_text(side)); }

  void check_endpoint(Side side) {
    const YamlNode* node = endpoint_node(side);
    const YamlNode* system = node == nullptr ? nullptr : node->find("system");
    if (loading_.flow_alone) return;
    if (node != nullptr && node->is_map() && system == nullptr) {
      report_.error("CFG005", *node, "\"system\" is missing").expected =
          "a system that navette.yaml has";
    }
    if (system == nullptr || !system->is_scalar() || system->unresolved) return;
    if (!loading_.hub_readable) return;
    if (!loading_.hub.systems.contains(system->text)) {
      std::vector<std::string> known;
      for (const auto& entry : loading_.hub.systems) known.push_back(entry.first);
      Diagnostic& error =
          report_.error("CFG021", *system, "navette.yaml has no system " + shown(*system));
      error.expected = "one of: " + join(known, ", ");
      if (!system->referenced) error.meant = nearest(system->text, known).value_or("");
      return;
    }
    if (const ConnectorSpec* connector = spec(side)) check_where(*node, *connector);
  }

  void check_where(const YamlNode& endpoint, const ConnectorSpec& connector) {
    const YamlNode* where = endpoint.find("where");
    if (where != nullptr && !where->is_map()) return;
    std::vector<std::string> known;
    for (const FilterSpec& filter : connector.filters) {
      known.push_back(filter.name);
      if (!filter.required || (where != nullptr && where->find(filter.name) != nullptr)) continue;
      Diagnostic& error =
          report_.error("CFG023", where != nullptr ? *where : endpoint,
                        "`where` does not name " + in_quotes(filter.name) + ", which " +
                            connector.name + " needs to make a ticket");
      error.advice =
          "add " +
          in_quotes(filter.name + ": " + (filter.example.empty() ? "..." : filter.example)) +
          " to `where`: " + filter.about;
    }
    if (where == nullptr) return;
    for (const YamlMember& member : where->members) {
      if (std::find(known.begin(), known.end(), member.key.text) != known.end()) continue;
      Diagnostic& error = report_.error(
          "CFG023", member.key, in_quotes(member.key.text) + " is no filter of " + connector.name);
      error.expected =
          known.empty() ? "nothing: it has no filters" : "one of: " + join(known, ", ");
      error.meant = nearest(member.key.text, known).value_or("");
    }
  }

  void check_sides_differ() {
    if (flow_.client.system.empty() || flow_.client.system != flow_.provider.system) return;
    const YamlNode* node = endpoint_node(Side::kProvider);
    const YamlNode* system = node == nullptr ? nullptr : node->find("system");
    if (system == nullptr) return;
    report_
        .error("CFG032", *system,
               "both sides of the flow are the system " + in_quotes(system->text))
        .advice = "name two different systems; tickets inside one system are its own affair";
  }

  // ---- one rule --------------------------------------------------------------------------------

  void check_rule(FieldRule& rule, const YamlNode& node) {
    check_constant(rule, node);
    check_converters(rule, node);
    if (!loading_.flow_alone || rule.text_template.find("{id}") != std::string::npos) {
      check_mark(rule, node);
    }
    check_places(rule, node);
    check_owner(rule, node);
    if (const YamlNode* table = node.find("table")) check_table(*table);
    for (const Side side : kSides) check_field(rule, node, side);
    fill_markup(rule);
    check_inner(rule, node);
  }

  // {id} and {value} speak of the rule's own paths; anything else is a path of the other side, and
  // then the rule names the side that holds the text and no other.
  void check_places(const FieldRule& rule, const YamlNode& node) {
    const YamlNode* form = node.find("template");
    if (form == nullptr || !form->is_scalar() || form->unresolved) return;
    if (rule.client.empty() || rule.provider.empty()) return;
    for (std::size_t at = form->text.find('{'); at != std::string::npos;
         at = form->text.find('{', at + 1)) {
      const std::string place = form->text.substr(at + 1, form->text.find('}', at) - at - 1);
      if (place == "id" || place == "value") continue;
      Diagnostic& error =
          report_.error("CFG036", *form, "{" + place + "} is neither {id} nor {value}");
      error.expected = "{id} for the ticket's number, or {value} for the value of the field";
      error.advice = "to fill in paths of the other side, name only the side that holds the text";
      return;
    }
  }

  // Paths of inner rules start at the item, of which no connector says anything.
  void check_inner(const FieldRule& rule, const YamlNode& node) {
    const YamlNode* each = node.find("each");
    if (each == nullptr || each->items.size() != rule.each.size()) return;
    for (std::size_t i = 0; i < rule.each.size(); ++i) {
      const FieldRule& inner = rule.each[i];
      const YamlNode& at = each->items[i];
      check_constant(inner, at);
      check_converters(inner, at);
      check_places(inner, at);
      if (const YamlNode* table = at.find("table")) check_table(*table);
      check_inner(inner, at);
    }
  }

  // Where a side without a path gets its value from, or gives it to.
  static bool has_source(const FieldRule& rule, Side missing) {
    if (rule.default_value[other(missing)]) return true;
    if (!rule.text_template.empty()) return true;
    return !rule.expr[other(missing)].empty();
  }

  void check_constant(const FieldRule& rule, const YamlNode& node) {
    if (node.find("client") == nullptr && node.find("provider") == nullptr) {
      report_.error("CFG005", node, "the rule has neither \"client\" nor \"provider\"").expected =
          "the paths of the field on both sides";
      return;
    }
    if (node.find("client") == nullptr && !has_source(rule, Side::kClient)) {
      report_.error("CFG036", node, "a rule without \"client\" sets a constant, and there is none")
          .advice = "add \"client\", or \"default: {provider: ...}\" with the constant";
    }
    if (node.find("provider") == nullptr && !has_source(rule, Side::kProvider)) {
      report_
          .error("CFG036", node, "a rule without \"provider\" sets a constant, and there is none")
          .advice = "add \"provider\", or \"default: {client: ...}\" with the constant";
    }
  }

  void check_converters(const FieldRule& rule, const YamlNode& node) {
    const YamlNode* first = nullptr;
    std::string first_name;
    for (const char* name :
         {"table", "template", "people", "markup", "date", "duration", "number", "expr", "each"}) {
      const YamlNode* converter = node.find(name);
      if (converter == nullptr) continue;
      if (first == nullptr) {
        first = converter;
        first_name = name;
        continue;
      }
      Diagnostic& error =
          report_.error("CFG036", *converter,
                        in_quotes(name) + " and " + in_quotes(first_name) + " stand in one rule");
      error.expected =
          "one of: table, template, people, markup, date, duration, number, expr, each";
      error.advice = "keep the one that fits the field";
    }
    const YamlNode* unmatched = node.find("unmatched");
    if (unmatched != nullptr && first == nullptr && rule.limit.client.count == 0 &&
        rule.limit.provider.count == 0) {
      report_.error("CFG036", *unmatched, "\"unmatched\" stands in a rule that always matches")
          .advice = "remove it, or add \"table\", \"people\" or another conversion";
    }
  }

  // Ticket numbers are never written: a rule with `id` goes one way by itself.
  void check_mark(FieldRule& rule, const YamlNode& node) {
    const YamlNode* form = node.find("template");
    if (rule.client == "id" && rule.provider == "id") {
      report_.error("CFG036", node, "both sides of the rule are the ticket's number").advice =
          "name the field that shall hold the other side's number";
      return;
    }
    if (rule.client != "id" && rule.provider != "id") {
      if (form != nullptr && form->is_scalar()) {
        report_.error("CFG036", *form, "a template holds a ticket's number, and no side is `id`")
            .expected = "{client: id, provider: FIELD, template: ...} or the other way round";
      }
      return;
    }
    const Side target = rule.client == "id" ? Side::kProvider : Side::kClient;
    if (rule.only_towards && *rule.only_towards != target) {
      const YamlNode* direction = node.find("direction");
      report_
          .error("CFG036", direction != nullptr ? *direction : node,
                 "a ticket's number cannot be written, and the rule goes towards it")
          .expected = std::string("to-") + to_text(target);
    }
    rule.only_towards = target;
  }

  void check_owner(const FieldRule& rule, const YamlNode& node) {
    if (rule.owner == Ownership::kBoth) return;
    const YamlNode* owner = node.find("owner");
    if (owner == nullptr) return;
    const Side side = rule.owner == Ownership::kClient ? Side::kClient : Side::kProvider;
    if (node.find("direction") != nullptr && rule.only_towards == side) {
      report_
          .error("CFG036", *owner,
                 std::string("the ") + to_text(side) + " owns the field, and the rule writes to " +
                     "the " + to_text(side) + " only")
          .advice = std::string("use \"direction: to-") + to_text(other(side)) +
                    "\", or the other side as the owner";
    }
    if (const YamlNode* conflict = node.find("conflict")) {
      report_
          .error("CFG036", *conflict,
                 "\"conflict\" stands beside \"owner\", which decides every conflict already")
          .advice = "keep one of the two";
    }
  }

  void check_table(const YamlNode& table) {
    if (!table.is_scalar() || table.unresolved || flow_.tables.contains(table.text)) return;
    std::vector<std::string> known;
    for (const auto& entry : flow_.tables) known.push_back(entry.first);
    Diagnostic& error = report_.error("CFG022", table, "there is no table " + shown(table));
    if (known.empty()) {
      error.advice = "add it: tables: {" + table.text + ": {client value: provider value}}";
    } else {
      error.expected = "one of: " + join(known, ", ");
      error.meant = nearest(table.text, known).value_or("");
    }
  }

  // Whether tickets, then this rule, carry values towards that side.
  bool writes_to(const FieldRule& rule, Side side) const {
    if (flow_.only_towards && *flow_.only_towards != side) return false;
    return !rule.only_towards || *rule.only_towards == side;
  }

  void check_field(FieldRule& rule, const YamlNode& node, Side side) {
    const std::string& path = path_of(rule, side);
    const ConnectorSpec* connector = spec(side);
    const YamlNode* at = node.find(to_text(side));
    if (connector == nullptr || connector->fields.empty() || at == nullptr) return;
    if (path == "id" || !at->is_scalar() || at->unresolved || !parse_field_path(path)) return;
    const FieldInfo* field = find_field(connector->fields, path);
    if (field == nullptr) {
      unknown_field(*at, path, *connector);
      return;
    }
    if (!writes_to(rule, side)) return;
    const std::string away = std::string("direction: to-") + to_text(other(side));
    if (!field->writable) {
      Diagnostic& error = report_.error(
          "CFG025", *at, in_quotes(path) + " of " + connector->name + " cannot be written");
      error.advice = "add " + in_quotes(away) + " so that it is only read, or choose another field";
      return;
    }
    const Ownership owns = side == Side::kClient ? Ownership::kClient : Ownership::kProvider;
    if (field->create_only && !rule.create_only && rule.owner != owns) {
      Diagnostic& error = report_.error(
          "CFG026", *at,
          in_quotes(path) + " of " + connector->name + " can only be set when a ticket is made");
      error.advice = "add \"when: create\", or " + in_quotes(away) + " so that it is only read";
    }
    if (field->bytes_max > 0 && rule.limit[side].count == 0) {
      rule.limit[side] = TextLimit{field->bytes_max, true};
    }
  }

  void unknown_field(const YamlNode& at, const std::string& path, const ConnectorSpec& connector) {
    constexpr std::size_t kListedMax = 24;
    Diagnostic& error =
        report_.error("CFG024", at, in_quotes(path) + " is no field of " + connector.name);
    error.meant = nearest_field(connector.fields, path).value_or("");
    std::vector<std::string> known;
    for (const FieldInfo& field : connector.fields) known.push_back(field.path);
    if (known.size() <= kListedMax) error.expected = "one of: " + join(known, ", ");
    error.advice = "docs/connectors/" + connector.name + ".md lists its fields";
  }

  // Rich text is never copied as it is between sides that write it differently.
  void fill_markup(FieldRule& rule) {
    if (rule.markup || rule.date || rule.has_people || !rule.table.empty()) return;
    Sides<std::string> markup;
    for (const Side side : kSides) {
      const ConnectorSpec* connector = spec(side);
      const FieldInfo* field =
          connector == nullptr ? nullptr : find_field(connector->fields, path_of(rule, side));
      if (field == nullptr) return;
      markup[side] = field->markup;
    }
    if (markup.client.empty() && markup.provider.empty()) return;
    for (const Side side : kSides) {
      if (markup[side].empty()) markup[side] = "text";
    }
    rule.markup = markup;
  }

  // ---- the flow --------------------------------------------------------------------------------

  void check_names() {
    std::map<std::string, const YamlNode*> seen;
    for (std::size_t i = 0; i < flow_.fields.size(); ++i) {
      const YamlNode& node = *draft_.rules[i];
      if (flow_.fields[i].provider.empty() && flow_.fields[i].client.empty()) continue;
      const auto [first, is_new] = seen.emplace(flow_.fields[i].name, &node);
      if (is_new) continue;
      const YamlNode* name = node.find("name");
      if (name == nullptr) continue;  // the same paths: check_written_once() says so
      report_
          .error("CFG027", *name,
                 "another rule is called " + in_quotes(flow_.fields[i].name) + " too")
          .advice = "give each rule its own name; the other one is at line " +
                    std::to_string(first->second->place.line);
    }
  }

  void check_written_once(Side side) {
    std::map<std::string, int> lines;
    for (std::size_t i = 0; i < flow_.fields.size(); ++i) {
      const FieldRule& rule = flow_.fields[i];
      const std::string& path = path_of(rule, side);
      const YamlNode* at = draft_.rules[i]->find(to_text(side));
      if (path.empty() || path == "id" || at == nullptr || !writes_to(rule, side)) continue;
      const auto [first, is_new] = lines.emplace(path, at->place.line);
      if (is_new) continue;
      report_
          .error("CFG027", *at,
                 in_quotes(path) + " on the " + to_text(side) + "'s side is written by two rules")
          .advice = "the other rule is at line " + std::to_string(first->second) +
                    "; keep one of them, or give one \"direction: to-" + to_text(other(side)) +
                    "\"";
    }
  }

  void check_required(Side side) {
    const ConnectorSpec* connector = spec(side);
    const YamlNode* fields = draft_.root->find("fields");
    if (connector == nullptr || fields == nullptr || flow_.fields.empty()) return;
    if (flow_.only_towards && *flow_.only_towards != side) return;
    for (const FieldInfo& field : connector->fields) {
      if (!field.required || is_filled(field.path, side)) continue;
      const YamlNode* at = endpoint_node(side);
      report_
          .error("CFG037", at != nullptr ? *at : *fields,
                 "no rule fills " + in_quotes(field.path) + ", and " + connector->name +
                     " refuses new tickets without it")
          .advice = "add a rule with " + in_quotes(std::string(to_text(side)) + ": " + field.path) +
                    ", name it in `where` if it is a filter, or give the flow \"direction: to-" +
                    to_text(other(side)) + "\"";
    }
  }

  bool is_filled(const std::string& path, Side side) const {
    for (const auto& filter : flow_.side(side).where.members()) {
      if (lower_ascii(filter.first) == lower_ascii(path)) return true;
    }
    return std::any_of(flow_.fields.begin(), flow_.fields.end(), [&](const FieldRule& rule) {
      return path_of(rule, side) == path && writes_to(rule, side);
    });
  }

  void check_conflicts() {
    const YamlNode* conflicts = draft_.root->find("conflicts");
    if (conflicts == nullptr || !conflicts->is_map()) return;
    for (const YamlMember& member : conflicts->members) {
      if (!member.value.is_scalar()) continue;
      const auto policy = parse_policy(member.value.text);
      if (member.key.text == "default") {
        if (policy) flow_.conflict = *policy;
      } else if (!apply_policy(member.key.text, policy)) {
        unknown_conflict(member.key);
      }
    }
  }

  // Says whether a rule has that name or path.
  bool apply_policy(const std::string& name, const std::optional<ConflictPolicy>& policy) {
    bool any = false;
    for (FieldRule& rule : flow_.fields) {
      if (rule.name != name && rule.client != name && rule.provider != name) continue;
      any = true;
      if (!rule.conflict) rule.conflict = policy;  // the rule's own word is the nearer one
    }
    return any;
  }

  void unknown_conflict(const YamlNode& key) {
    std::vector<std::string> known = {"default"};
    for (const FieldRule& rule : flow_.fields) {
      for (const std::string& name : {rule.client, rule.provider, rule.name}) {
        if (!name.empty()) known.push_back(name);
      }
    }
    Diagnostic& error =
        report_.error("CFG038", key, in_quotes(key.text) + " is neither a rule nor a field of one");
    error.expected = "\"default\", a rule's name, or one of its paths";
    error.meant = nearest(key.text, known).value_or("");
  }

  static void add_tables(const FieldRule& rule, std::set<std::string>& used) {
    if (!rule.table.empty()) used.insert(rule.table);
    for (const FieldRule& inner : rule.each) add_tables(inner, used);
  }

  void check_tables_used() {
    const YamlNode* tables = draft_.root->find("tables");
    if (tables == nullptr) return;
    std::set<std::string> used;
    for (const FieldRule& rule : flow_.fields) add_tables(rule, used);
    for (const std::string& name : used) {
      // The unused table may be the one that this rule misspells.
      if (!flow_.tables.contains(name)) return;
    }
    for (const YamlMember& member : tables->members) {
      if (used.contains(member.key.text)) continue;
      report_.note("CFG040", member.key, "no rule uses the table " + in_quotes(member.key.text))
          .advice = "name it in a rule, or remove it";
    }
  }

  Loading& loading_;
  Report& report_;
  FlowDraft& draft_;
  FlowConfig& flow_;
};

}  // namespace

void check_flow(Loading& loading, FlowDraft& draft) {
  FlowChecker(loading, draft).check();
}

}  // namespace navette
