// The schemas and the reference page in docs/ are those of this build. NAVETTE_UPDATE=1 rewrites
// them.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/check.h"
#include "config/publish.h"
#include "config/shapes.h"
#include "config/yaml.h"
#include "tests/config/helpers.h"

namespace navette::testing {
namespace {

void expect_published(const std::string& path, const std::string& text) {
  const std::filesystem::path file = std::filesystem::path(NAVETTE_SOURCE_DIR) / "docs" / path;
  if (updating()) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  EXPECT_EQ(read_text(file), text) << "run this test with NAVETTE_UPDATE=1";
}

TEST(Published, SchemasAreThoseOfThisBuild) {
  expect_published("schemas/navette.json", json_schema_hub(EmptyCatalog()).pretty() + "\n");
  expect_published("schemas/flow.json", json_schema_flow().pretty() + "\n");
  expect_published("schemas/people.json", json_schema_people().pretty() + "\n");
  expect_published("schemas/cases.json", json_schema_cases().pretty() + "\n");
}

TEST(Published, TheReferenceIsThatOfThisBuild) {
  expect_published("configuration.md", reference_page());
}

TEST(Published, TheSchemaKnowsTheSettingsOfEachConnector) {
  const Json schema = json_schema_hub(FakeCatalog());
  const Json& system = schema.at("properties").at("systems").at("additionalProperties");
  ASSERT_EQ(system.at("allOf").size(), 2U);
  const Json& redmine = system.at("allOf").items()[0].at("then");
  EXPECT_TRUE(redmine.at("properties").at("api_key").at("writeOnly").as_bool());
  EXPECT_FALSE(redmine.at("additionalProperties").as_bool(true));
}

// Everything a person may read about a member is there, and examples and defaults are right.
void expect_complete(const Shape& shape, const std::string& path) {
  for (const Member& member : shape.members) {
    const std::string name = path + "." + member.name;
    EXPECT_TRUE(!member.about.empty() && member.about.back() == '.') << name;
    for (const std::string& text : {member.example, member.fallback.value_or("")}) {
      if (text.empty()) continue;
      Report report;
      std::vector<Diagnostic> trouble;
      const bool quote = member.shape.kind < Kind::kObject && member.shape.kind != Kind::kBoolean &&
                         text.front() != '"';
      auto node = parse_yaml(name, quote ? "\"" + text + "\"" : text, trouble);
      ASSERT_TRUE(node.has_value()) << name << ": " << text;
      References references([](const std::string&) { return "8701"; }, "/", report);
      if (member.shape.kind != Kind::kSecret) references.resolve(*node, Missing::kError);
      node->referenced = node->referenced || member.shape.kind == Kind::kSecret;
      check_shape(*node, member.shape, name, report);
      EXPECT_EQ(render(report.finish()), "") << name;
    }
    expect_complete(member.shape, name);
  }
  for (const Shape& part : shape.parts) expect_complete(part, path + "[]");
}

TEST(Published, EveryMemberIsExplainedAndItsExampleAndDefaultAreValid) {
  expect_complete(hub_shape(), "navette");
  expect_complete(flow_shape(), "flow");
  expect_complete(people_shape(), "people");
  expect_complete(cases_shape(), "cases");
  const FakeCatalog catalog;
  for (const std::string& name : catalog.names()) {
    expect_complete(system_shape(*catalog.find(name)), name);
  }
}

TEST(Published, EveryKeyOfARuleHasAnExampleAndAPlaceInTheGuide) {
  for (const Member& member : member_shape(flow_shape(), "fields").parts[0].members) {
    EXPECT_NE(member.example, "") << member.name;
    EXPECT_NE(member.guide, "") << member.name;
  }
}

// Goal: defaults are declared once. Method: what a bare file gives is what the model begins with.
TEST(Published, DefaultsOfTheDescriptionAreThoseOfTheModel) {
  const SystemConfig system;
  EXPECT_EQ(member_shape(hub_shape(), "listen").kind, Kind::kAddress);
  EXPECT_EQ(find_member(hub_shape(), "listen")->fallback, HubConfig().listen);
  EXPECT_EQ(find_member(hub_shape(), "flows")->fallback, HubConfig().flows);
  EXPECT_EQ(find_member(system_shape(), "concurrency")->fallback,
            std::to_string(system.concurrency));
}

}  // namespace
}  // namespace navette::testing
