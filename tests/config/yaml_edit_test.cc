// Goal: a value is rewritten in place; nothing else of the file changes, and YAML reads it back.

#include "config/yaml_edit.h"

#include <gtest/gtest.h>

#include "config/yaml.h"

namespace navette::testing {
namespace {

const YamlMember* find_key(const YamlNode& node, const std::string& name) {
  for (const YamlMember& member : node.members) {
    if (member.key.text == name) return &member;
    if (const YamlMember* inner = find_key(member.value, name)) return inner;
  }
  for (const YamlNode& item : node.items) {
    if (const YamlMember* inner = find_key(item, name)) return inner;
  }
  return nullptr;
}

Json json_of(const YamlNode& node) {
  if (node.is_map()) {
    Json map = Json::object();
    for (const YamlMember& member : node.members) map.set(member.key.text, json_of(member.value));
    return map;
  }
  if (!node.is_list()) return to_json(node);
  Json list = Json::array();
  for (const YamlNode& item : node.items) list.push(json_of(item));
  return list;
}

// "what" replaced; the text up to it and after it is checked by the caller.
std::string replaced(const std::string& text, const Json& value) {
  std::vector<Diagnostic> trouble;
  const auto tree = parse_yaml("f.yaml", text, trouble);
  if (!tree) return "unreadable: " + render(trouble);
  const YamlMember* member = find_key(*tree, "what");
  const auto out = replace_map(text, member->key.place, value);
  if (!out) return out.error().message;
  const auto again = parse_yaml("f.yaml", *out, trouble);
  if (!again) return "unreadable: " + *out + render(trouble);
  EXPECT_TRUE(json_of(find_key(*again, "what")->value) == value) << *out;
  return *out;
}

Json parsed(const std::string& text) {
  return *Json::parse(text);
}

TEST(YamlEdit, BracesStayBraces) {
  EXPECT_EQ(replaced("a: 1\nwhat: {old: \"}\", x: '}', y: [1, {}]}   # why\nb: 2\n",
                     parsed(R"({"a":1,"t":"two words"})")),
            "a: 1\nwhat: {a: 1, t: two words}   # why\nb: 2\n");
  EXPECT_EQ(replaced("- {what: {a: it's, # }\n   b: 1}, z: 1}\n", parsed("{}")),
            "- {what: {}, z: 1}\n");
}

TEST(YamlEdit, LinesStayLinesAtTheirIndentation) {
  EXPECT_EQ(replaced("# head\nc:\n  - what:\n\n      # old\n      a: 1\n      b:\n        - 2\n\n"
                     "    # of z\n    z: 1\n",
                     parsed(R"({"x":null,"z":[1,2]})")),
            "# head\nc:\n  - what:\n\n      # old\n      x: null\n      z: [1, 2]\n\n"
            "    # of z\n    z: 1\n");
  EXPECT_EQ(replaced("what:\n  a: 1", parsed("{}")), "what:\n  {}\n");
}

TEST(YamlEdit, LongMapsTakeALineForEachMember) {
  const std::string words(60, 'w');
  Json value = Json::object();
  value.set("first", words);
  value.set("second", words);
  EXPECT_EQ(replaced("  what: {}\n", value),
            "  what: {first: " + words + ",\n         second: " + words + "}\n");
  Json nested = Json::object();
  nested.set("deep", value);
  EXPECT_EQ(replaced("what:\n  a: 1\n", nested),
            "what:\n  deep:\n    first: " + words + "\n    second: " + words + "\n");
}

TEST(YamlEdit, TextsThatYamlWouldReadOtherwiseAreQuoted) {
  const Json value = parsed(
      R"({"a":"true","b":"5","c":"null","d":"","e":" x","f":"a: b","g":"# c","h":"-","i":"l\nm",
          "j":"é","k":"~","l":"1e3","m":"{","n":"a,b","007":"007","":1,"o":"No","p":1.5,"q":-3,
          "r":12345678901234567890123,"s":false,"t":"2026-01-01","u":"x\u0007","v":"'q'"})");
  replaced("what: {}\n", value);
  replaced("what:\n  a: 1\n", value);
}

TEST(YamlEdit, WhatIsNoMapOfItsOwnIsLeft) {
  const auto refused = [](const std::string& text) {
    return replace_map(text, Place{"f.yaml", 1, 1}, Json::object()).error().message;
  };
  EXPECT_EQ(refused("what: *other\n"), "rewrite f.yaml:1:1: no map of its own stands there");
  EXPECT_EQ(refused("what: &name\n  a: 1\n"), "rewrite f.yaml:1:1: no map of its own stands there");
  EXPECT_EQ(refused("what:\n"), "rewrite f.yaml:1:1: no map stands there");
  EXPECT_EQ(refused(""), "rewrite f.yaml:1:1: the file has changed");
}

}  // namespace
}  // namespace navette::testing
