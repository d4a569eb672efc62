#include "mapping/check/scalar_places.h"

#include <string>

#include <gtest/gtest.h>

#include "config/yaml.h"

namespace navette {
namespace {

// Line and column of the mark `@` in the value of `a`, found through the parser's own place.
std::string place_of_mark(const std::string& file) {
  std::vector<Diagnostic> diagnostics;
  const auto root = parse_yaml("f.yaml", file, diagnostics);
  if (!root || !diagnostics.empty()) return render(diagnostics);
  const YamlNode* node = root->find("a");
  const auto places = scalar_places(file, node->place, node->text);
  if (!places) return "nothing";
  if (places->size() != node->text.size()) return "another length";
  const Place& place = places->at(node->text.find('@'));
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

TEST(ScalarPlaces, EveryWayToWriteAScalarLeadsBackToTheFile) {
  EXPECT_EQ(place_of_mark("a: x @ y\n"), "f.yaml:1:6");
  EXPECT_EQ(place_of_mark("a: one\n   é @\n"), "f.yaml:2:6");
  EXPECT_EQ(place_of_mark("a: 'it''s @'\n"), "f.yaml:1:11");
  EXPECT_EQ(place_of_mark("a: \"\\\"é\\n @\"\n"), "f.yaml:1:11");
  EXPECT_EQ(place_of_mark("b: 1\na: |\n  {\n    x @\n  }\n"), "f.yaml:4:7");
  EXPECT_EQ(place_of_mark("a: |-\n\n  one\n\n  @\n"), "f.yaml:5:3");
  EXPECT_EQ(place_of_mark("a: >-\n  one\n  @\n"), "f.yaml:3:3");
}

TEST(ScalarPlaces, ATextThatIsNotInTheFileHasNoPlaces) {
  const Place start{"f.yaml", 1, 4};
  EXPECT_FALSE(scalar_places("a: ${X}\n", start, "value").has_value());
  EXPECT_FALSE(scalar_places("", start, "value").has_value());
  EXPECT_FALSE(scalar_places("a: ", start, std::string(1, '\0')).has_value());
}

}  // namespace
}  // namespace navette
