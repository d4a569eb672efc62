#include <utility>

#include "base/text.h"
#include "config/publish.h"
#include "config/scalar.h"
#include "config/shapes.h"
#include "config/yaml.h"

namespace navette {
namespace {

// A value may always come from outside the file.
constexpr const char* kReference = R"(\$\{(env|file):)";

Json text_schema(const std::string& pattern) {
  Json out = Json::object();
  out.set("type", "string");
  if (!pattern.empty()) out.set("pattern", "(" + pattern + ")|" + kReference);
  return out;
}

Json or_reference(Json schema) {
  Json out = Json::object();
  out.set("anyOf", Json::Array{std::move(schema),
                               Json::Object{{"type", "string"}, {"pattern", kReference}}});
  return out;
}

Json integer_schema(const Shape& shape) {
  Json out = Json::object();
  out.set("type", "integer");
  if (shape.min) out.set("minimum", *shape.min);
  if (shape.max) out.set("maximum", *shape.max);
  return or_reference(std::move(out));
}

// Bytes or a text: numbers without a unit need no quotes in YAML.
Json quantity_schema(const std::string& pattern) {
  Json out = Json::object();
  out.set("anyOf",
          Json::Array{Json::Object{{"type", "integer"}, {"minimum", 0}}, text_schema(pattern)});
  return out;
}

Json choice_schema(const Shape& shape) {
  Json words = Json::array();
  for (const std::string& choice : shape.choices) {
    words.push(choice);
    if (choice == "null") words.push(Json());  // YAML's, when it is not quoted
  }
  Json out = Json::object();
  out.set("enum", std::move(words));
  return or_reference(std::move(out));
}

Json scalar_schema(const Shape& shape) {
  switch (shape.kind) {
    case Kind::kUrl:
      return text_schema("^https?://");
    case Kind::kDuration:
      return text_schema("^[0-9]+(ms|s|m|h|d)$");
    case Kind::kSize:
      return quantity_schema("^[0-9]+ *([kKmMgG][iI]?)?([bB]|[bB]ytes?)?$");
    case Kind::kRate:
      return text_schema("^[0-9]+/(s|min|h|d)$");
    case Kind::kLimit:
      return quantity_schema("^[0-9]+ *([bB]ytes?|[cC]haracters?)?$");
    case Kind::kTemplate:
      return text_schema(R"(^[^{}]*\{id\}[^{}]*$)");
    case Kind::kDate:
      return text_schema("^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].*)?$");
    case Kind::kAddress:
      return text_schema(":[0-9]{1,5}$");
    case Kind::kBoolean:
      return or_reference(Json::Object{{"type", "boolean"}});
    case Kind::kInteger:
      return integer_schema(shape);
    case Kind::kChoice:
      return choice_schema(shape);
    case Kind::kSecret: {
      Json out = Json::object();
      out.set("type", "string");
      out.set("pattern", kReference);
      out.set("writeOnly", true);
      return out;
    }
    case Kind::kValue:
      return Json::Object{{"type", Json::Array{"string", "number", "integer", "boolean", "null"}}};
    default:
      break;
  }
  Json out = Json::object();
  // A name that looks like a number is read as the text that it is.
  out.set("type", Json::Array{"string", "number", "boolean"});
  if (shape.min && *shape.min > 0) out.set("minLength", *shape.min);
  if (shape.max) out.set("maxLength", *shape.max);
  return out;
}

Json schema_of(const Shape& shape);

// A default, or example, as the value that YAML makes of it.
Json yaml_value(const Shape& shape, const std::string& text) {
  YamlNode node;
  node.type = YamlNode::Type::kScalar;
  node.text = text;
  node.plain = shape.kind == Kind::kBoolean || shape.kind == Kind::kInteger;
  return to_json(node);
}

Json member_schema(const Member& member) {
  Json out = schema_of(member.shape);
  out.set("description", member.about);
  if (member.fallback) out.set("default", yaml_value(member.shape, *member.fallback));
  const bool scalar = member.shape.kind < Kind::kObject;
  if (scalar && !member.example.empty()) {
    out.set("examples", Json::Array{yaml_value(member.shape, std::string(trim(member.example)))});
  }
  return out;
}

Json object_schema(const Shape& shape) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Member& member : shape.members) {
    properties.set(member.name, member_schema(member));
    for (const std::string& old_name : member.old_names) {
      Json deprecated = member_schema(member);
      deprecated.set("deprecated", true);
      properties.set(old_name, std::move(deprecated));
    }
    if (member.required && member.old_names.empty()) required.push(member.name);
  }
  Json out = Json::object();
  out.set("type", "object");
  out.set("properties", std::move(properties));
  if (required.size() > 0) out.set("required", std::move(required));
  if (!shape.extra) out.set("additionalProperties", false);
  return out;
}

Json schema_of(const Shape& shape) {
  if (shape.kind == Kind::kObject) return object_schema(shape);
  if (shape.kind < Kind::kObject) return scalar_schema(shape);
  Json out = Json::object();
  if (shape.kind == Kind::kJson) return out;
  if (shape.kind == Kind::kMap) {
    out.set("type", "object");
    out.set("additionalProperties", schema_of(shape.parts[0]));
    if (shape.min) out.set("minProperties", *shape.min);
  } else if (shape.kind == Kind::kList) {
    out.set("type", "array");
    out.set("items", schema_of(shape.parts[0]));
    if (shape.min) out.set("minItems", *shape.min);
    if (shape.max) out.set("maxItems", *shape.max);
  } else {
    Json parts = Json::array();
    for (const Shape& part : shape.parts) parts.push(schema_of(part));
    out.set("anyOf", std::move(parts));
  }
  return out;
}

Json document(const std::string& id, const std::string& title, const Shape& shape) {
  Json out = Json::object();
  out.set("$schema", "https://json-schema.org/draft/2020-12/schema");
  out.set("$comment", "Generated by Navette from its own description of the file. Do not edit.");
  out.set("$id", "urn:navette:schema:" + id);
  out.set("title", title);
  const Json schema = schema_of(shape);
  for (const Json::Member& member : schema.members()) out.set(member.first, member.second);
  return out;
}

// A system whose `connector` is this one has these settings and no other.
Json when_connector(const ConnectorSpec& connector) {
  const Json is_it = Json::Object{
      {"properties", Json::Object{{"connector", Json::Object{{"const", connector.name}}}}},
      {"required", Json::Array{"connector"}}};
  Json out = Json::object();
  out.set("if", is_it);
  out.set("then", schema_of(system_shape(connector)));
  return out;
}

}  // namespace

Json json_schema_hub(const ConnectorCatalog& catalog) {
  Json out = document("navette", "navette.yaml: the hub, its bus and its systems", hub_shape());
  Json& system = *out.find("properties")->find("systems")->find("additionalProperties");
  Json names = Json::array();
  Json rules = Json::array();
  for (const std::string& name : catalog.names()) {
    names.push(name);
    rules.push(when_connector(*catalog.find(name)));
  }
  if (names.size() == 0) return out;
  // Of an own connector, in its own process, nothing is known: the names are only offered.
  system.find("properties")->find("connector")->set("examples", std::move(names));
  system.set("allOf", std::move(rules));
  return out;
}

Json json_schema_flow() {
  return document("flow", "A flow: two systems' tickets kept in step", flow_shape());
}

Json json_schema_people() {
  return document("people", "The people of both sides, in pairs", people_shape());
}

Json json_schema_cases() {
  return document("cases", "Tests of a flow's rules, beside it", cases_shape());
}

}  // namespace navette
