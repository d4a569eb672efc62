#include "connectors/declarative/template.h"

#include <optional>
#include <utility>
#include <vector>

namespace navette::declarative {

struct Template::Node {
  enum class Kind : unsigned char { kConstant, kText, kList, kObject, kEach, kIf };
  Kind kind = Kind::kConstant;
  Json constant;
  std::vector<std::string> literals;  // kText: around the holes; one more than there are holes
  std::vector<Expression> holes;      // kText; kEach: list and condition; kIf: condition
  std::vector<Node> names;            // kObject; kEach: at most one
  std::vector<bool> optional;         // kObject: leave out when null
  std::vector<Node> parts;
  std::string item_name = "item";
};

namespace {

using Node = Template::Node;
using Kind = Template::Node::Kind;

// Where the hole that starts at `from` ends: at the } outside quotes.
std::size_t hole_end(const std::string& text, std::size_t from) {
  bool quoted = false;
  for (std::size_t at = from; at < text.size(); ++at) {
    if (quoted && text[at] == '\\') {
      ++at;
    } else if (text[at] == '\'') {
      quoted = !quoted;
    } else if (!quoted && text[at] == '}') {
      return at;
    }
  }
  return std::string::npos;
}

Result<Node> read_text(const std::string& text) {
  Node node;
  if (text.find("${") == std::string::npos) {
    node.constant = text;
    return node;
  }
  node.kind = Kind::kText;
  std::size_t at = 0;
  while (true) {
    const std::size_t start = text.find("${", at);
    node.literals.push_back(
        text.substr(at, start == std::string::npos ? std::string::npos : start - at));
    if (start == std::string::npos) return node;
    const std::size_t end = hole_end(text, start + 2);
    if (end == std::string::npos) {
      return Error{Fault::kMisconfigured,
                   "read template \"" + text + "\": found ${ without }, expected ${expression}"};
    }
    Result<Expression> hole = Expression::parse(text.substr(start + 2, end - start - 2));
    if (!hole) return hole.error();
    node.holes.push_back(*std::move(hole));
    at = end + 1;
  }
}

Result<Node> read_node(const YamlNode& yaml);

Error at_place(const YamlNode& yaml, const Error& error) {
  return Error{Fault::kMisconfigured, place_text(yaml.place) + error.message};
}

Status add_hole(const YamlNode& yaml, Node& node) {
  Result<Expression> hole = Expression::parse(yaml.text);
  if (!hole) return at_place(yaml, hole.error());
  node.holes.push_back(*std::move(hole));
  return {};
}

Status add_part(const YamlNode* yaml, Node& node) {
  if (yaml == nullptr) {
    node.parts.emplace_back();
    return {};
  }
  Result<Node> part = read_node(*yaml);
  if (!part) return part.error();
  node.parts.push_back(*std::move(part));
  return {};
}

Result<Node> read_special(const YamlNode& yaml) {
  Node node;
  const bool each = yaml.find("$each") != nullptr;
  node.kind = each ? Kind::kEach : Kind::kIf;
  for (const YamlMember& member : yaml.members) {
    const std::string& name = member.key.text;
    const bool known = each ? name == "$each" || name == "$as" || name == "$when" ||
                                  name == "$name" || name == "$value"
                            : name == "$if" || name == "$then" || name == "$else";
    if (!known) {
      return Error{Fault::kMisconfigured,
                   place_text(member.key.place) + "found \"" + name + "\", expected " +
                       (each ? "$each, $as, $when, $name or $value" : "$if, $then or $else")};
    }
  }
  if (!each) {
    NAVETTE_TRY(add_hole(*yaml.find("$if"), node));
    NAVETTE_TRY(add_part(yaml.find("$then"), node));
    NAVETTE_TRY(add_part(yaml.find("$else"), node));
    return node;
  }
  NAVETTE_TRY(add_hole(*yaml.find("$each"), node));
  if (const YamlNode* as = yaml.find("$as")) node.item_name = as->text;
  if (const YamlNode* when = yaml.find("$when")) NAVETTE_TRY(add_hole(*when, node));
  if (const YamlNode* name = yaml.find("$name")) {
    Result<Node> read = read_text(name->text);
    if (!read) return at_place(*name, read.error());
    node.names.push_back(*std::move(read));
  }
  NAVETTE_TRY(add_part(yaml.find("$value"), node));
  return node;
}

Result<Node> read_object(const YamlNode& yaml) {
  if (yaml.find("$each") != nullptr || yaml.find("$if") != nullptr) return read_special(yaml);
  Node node;
  node.kind = Kind::kObject;
  for (const YamlMember& member : yaml.members) {
    std::string name = member.key.text;
    const bool optional = name.ends_with('?');
    if (optional) name.pop_back();
    Result<Node> read = read_text(name);
    if (!read) return at_place(member.key, read.error());
    node.names.push_back(*std::move(read));
    node.optional.push_back(optional);
    NAVETTE_TRY(add_part(&member.value, node));
  }
  return node;
}

Result<Node> read_node(const YamlNode& yaml) {
  if (yaml.is_map()) return read_object(yaml);
  if (yaml.is_list()) {
    Node node;
    node.kind = Kind::kList;
    for (const YamlNode& item : yaml.items) NAVETTE_TRY(add_part(&item, node));
    return node;
  }
  const Json value = to_json(yaml);
  if (!value.is_string()) {
    Node node;
    node.constant = value;
    return node;
  }
  Result<Node> node = read_text(yaml.text);
  if (!node) return at_place(yaml, node.error());
  return node;
}

Json evaluate(const Node& node, const Scope& scope);

Json evaluate_text(const Node& node, const Scope& scope) {
  if (node.holes.size() == 1 && node.literals[0].empty() && node.literals[1].empty()) {
    return node.holes[0].evaluate(scope);
  }
  std::string out = node.literals[0];
  for (std::size_t i = 0; i < node.holes.size(); ++i) {
    out += node.holes[i].evaluate(scope).text();
    out += node.literals[i + 1];
  }
  return out;
}

Json evaluate_each(const Node& node, const Scope& scope) {
  const Json list = node.holes[0].evaluate(scope);
  Json out = node.names.empty() ? Json::array() : Json::object();
  if (!list.is_array()) return out;
  for (const Json& item : list.items()) {
    Scope inner(&scope);
    inner.set(node.item_name, item);
    if (node.holes.size() > 1 && !node.holes[1].holds(inner)) continue;
    Json value = evaluate(node.parts[0], inner);
    if (node.names.empty()) {
      out.push(std::move(value));
    } else {
      out.set(evaluate(node.names[0], inner).text(), std::move(value));
    }
  }
  return out;
}

Json evaluate(const Node& node, const Scope& scope) {
  Json out;
  switch (node.kind) {
    case Kind::kConstant:
      return node.constant;
    case Kind::kText:
      return evaluate_text(node, scope);
    case Kind::kEach:
      return evaluate_each(node, scope);
    case Kind::kIf:
      return evaluate(node.parts[node.holes[0].holds(scope) ? 0 : 1], scope);
    case Kind::kList:
      out = Json::array();
      for (const Node& part : node.parts) out.push(evaluate(part, scope));
      return out;
    case Kind::kObject:
      break;
  }
  out = Json::object();
  for (std::size_t i = 0; i < node.parts.size(); ++i) {
    Json value = evaluate(node.parts[i], scope);
    if (value.is_null() && node.optional[i]) continue;
    out.set(evaluate(node.names[i], scope).text(), std::move(value));
  }
  return out;
}

}  // namespace

Result<Template> Template::read(const YamlNode& node) {
  Result<Node> root = read_node(node);
  if (!root) return root.error();
  Template made;
  made.root_ = std::make_shared<const Node>(*std::move(root));
  return made;
}

Result<Template> Template::text(const std::string& text) {
  Result<Node> root = read_text(text);
  if (!root) return root.error();
  Template made;
  made.root_ = std::make_shared<const Node>(*std::move(root));
  return made;
}

Json Template::evaluate(const Scope& scope) const {
  return root_ == nullptr ? Json() : declarative::evaluate(*root_, scope);
}

std::string place_text(const Place& place) {
  if (place.line == 0) return place.file + ": ";
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
}

}  // namespace navette::declarative
