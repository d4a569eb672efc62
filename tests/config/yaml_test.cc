#include "config/yaml.h"

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/helpers.h"

namespace navette::testing {
namespace {

using ::testing::HasSubstr;

std::string complaint(const std::string& text) {
  std::vector<Diagnostic> diagnostics;
  static_cast<void>(parse_yaml("f.yaml", text, diagnostics));
  return render(diagnostics);
}

TEST(Yaml, KeysAndValuesKnowTheirPlaceInCharacters) {
  std::vector<Diagnostic> diagnostics;
  const auto root = parse_yaml("f.yaml", "größe: é\n  \nb: [\"ü\", {c: 1}]\r\n", diagnostics);
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(render(diagnostics), "");
  EXPECT_EQ(root->members[0].value.place.column, 8);
  const YamlNode* list = root->find("b");
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(list->items[0].place.line, 3);
  EXPECT_EQ(list->items[0].length, 3);
  EXPECT_EQ(list->items[1].members[0].key.place.column, 11);
}

TEST(Yaml, UnquotedScalarsAreWhatTheyLookLikeAndNothingMore) {
  std::vector<Diagnostic> diagnostics;
  const auto root = parse_yaml(
      "f.yaml",
      "[1, -2.5, true, null, ~, no, 007, 2026-01-01, 0x1F, \"1\", 12345678901234567890, .5]",
      diagnostics);
  ASSERT_TRUE(root.has_value());
  Json values = Json::array();
  for (const YamlNode& item : root->items) values.push(to_json(item));
  EXPECT_EQ(
      values.dump(),
      R"([1,-2.5,true,null,null,"no","007","2026-01-01","0x1F","1",12345678901234567890,".5"])");
}

TEST(Yaml, DuplicateKeysAreErrorsAtAnyDepth) {
  EXPECT_THAT(complaint("a: {b: 1, c: 2, b: 3}\n"), HasSubstr("f.yaml:1:17: error: the key \"b\""));
  EXPECT_THAT(complaint("- a: 1\n  \"a\": 2\n"), HasSubstr("f.yaml:2:3"));
}

TEST(Yaml, AnchorsAndMergeKeysWork) {
  std::vector<Diagnostic> diagnostics;
  const auto root =
      parse_yaml("f.yaml", "base: &b {x: 1, y: 2}\none: {<<: *b, y: 3}\ntwo: *b\n", diagnostics);
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(render(diagnostics), "");
  EXPECT_EQ(root->find("one")->find("x")->text, "1");
  EXPECT_EQ(root->find("one")->find("y")->text, "3");
  EXPECT_EQ(root->find("two")->find("y")->text, "2");
}

TEST(Yaml, AFewBytesCannotBecomeAWorldOfNodes) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) text += before + ", ";
    text += before + "]\n";
  }
  EXPECT_THAT(complaint(text), HasSubstr("more than 100000 values"));
  EXPECT_THAT(complaint(std::string(2 << 20, 'x')), HasSubstr("larger than 1 MB"));
  EXPECT_THAT(complaint(std::string(100'000, '[')), HasSubstr("nested deeper"));
}

TEST(Yaml, UnquotedReferencesInBracesAreExplained) {
  EXPECT_THAT(complaint("a: {url: ${env:RT_URL}, b: 1}\n"), HasSubstr("quotes"));
  EXPECT_THAT(complaint("a: {\n  url: ${env:RT_URL},\n  b: 1}\n"), HasSubstr("quotes"));
}

TEST(Yaml, AnAliasOfItselfAndAStrangeKeyAreErrors) {
  EXPECT_THAT(complaint("a: &a [*a]\n"), HasSubstr("error"));
  EXPECT_THAT(complaint("? [a, b]\n: c\n"), HasSubstr("a key is no text"));
  EXPECT_THAT(complaint("a: *b\n"), HasSubstr("error"));
}

// Goal: no file can crash the reader. Method: random damage to a good flow.
TEST(Yaml, DamagedFilesAreDiagnosedAndNeverCrash) {
  const char* wanted = std::getenv("NAVETTE_SEED");
  const unsigned seed =
      wanted != nullptr ? static_cast<unsigned>(std::atoi(wanted)) : std::random_device{}();
  SCOPED_TRACE("NAVETTE_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string good = read_text(kConfigTests / "good/flows/acme-support.yaml");
  const std::string bytes = "{}[]:,-&*#?|>'\"%@`\t\n \\!$\x01\xC3";
  for (int round = 0; round < 300; ++round) {
    std::string text = good;
    for (int edit = 0; edit < 3; ++edit) {
      const std::size_t at = random() % text.size();
      if (random() % 2 == 0) {
        text[at] = bytes[random() % bytes.size()];
      } else {
        text.erase(at, 1 + random() % 20);
      }
    }
    std::vector<Diagnostic> diagnostics;
    const auto root = parse_yaml("f.yaml", text, diagnostics);
    EXPECT_TRUE(root.has_value() || !diagnostics.empty()) << text;
    for (const Diagnostic& diagnostic : diagnostics) EXPECT_FALSE(diagnostic.found.empty());
  }
}

}  // namespace
}  // namespace navette::testing
