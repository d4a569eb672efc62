// What is said about mappings with mistakes: every folder under broken/ has a flow and what an
// engineer is told. NAVETTE_UPDATE=1 rewrites the expected texts and the page of codes.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/load.h"
#include "mapping/check/check_mapping.h"
#include "mapping/check/codes.h"

namespace navette {
namespace {

namespace fs = std::filesystem;

const fs::path kHere = fs::path(NAVETTE_SOURCE_DIR) / "tests/mapping_check";

bool updating() {
  return std::getenv("NAVETTE_UPDATE") != nullptr;
}

std::string read_text(const fs::path& path) {
  std::ifstream input(path, std::ios::binary);
  std::ostringstream out;
  out << input.rdbuf();
  return out.str();
}

void expect_text(const fs::path& path, const std::string& text) {
  if (updating()) std::ofstream(path, std::ios::binary) << text;
  EXPECT_EQ(text, read_text(path)) << path;
}

std::string without_folder(std::string text, const fs::path& folder) {
  const std::string prefix = folder.generic_string() + "/";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
    text.erase(at, prefix.size());
  }
  return text;
}

std::vector<std::string> folders(const char* where) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kHere / where)) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Broken : public ::testing::TestWithParam<std::string> {};

TEST_P(Broken, IsExplainedAsExpected) {
  const fs::path folder = kHere / "broken" / GetParam();
  LoadResult loaded = load_flow_file((folder / "flow.yaml").string(), process_environment());
  check_mappings(&loaded, GetParam() == "portable");
  EXPECT_FALSE(loaded.diagnostics.empty());
  for (const Diagnostic& one : loaded.diagnostics) {
    const auto& codes = mapping_codes();
    EXPECT_TRUE(!one.code.starts_with("MAP") ||
                std::any_of(codes.begin(), codes.end(),
                            [&one](const MappingCode& code) { return code.code == one.code; }))
        << one.code;
  }
  expect_text(folder / "expected.txt", without_folder(render(loaded.diagnostics), folder));
}

std::string test_name(const ::testing::TestParamInfo<std::string>& folder) {
  std::string name = folder.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Broken, ::testing::ValuesIn(folders("broken")), test_name);

Endpoint with_schema(const std::string& schema) {
  Endpoint endpoint;
  endpoint.schema = *Json::parse(schema);
  return endpoint;
}

std::vector<Diagnostic> check(const FlowConfig& flow, const MappingCheckOptions& options) {
  Report report;
  check_mapping(flow, "", options, &report);
  return report.finish();
}

TEST(Check, SaysWhatOtherProcessorsDoNotHaveOnlyWhenAsked) {
  FlowConfig flow;
  FieldRule rule;
  rule.provider = "due";
  rule.expr.provider = "$toZone(due, 'Europe/Paris')";
  flow.fields.push_back(rule);
  MappingCheckOptions options;
  options.functions.push_back(
      {"toZone", "<s-s:s>", 2, [](const std::vector<std::optional<Json>>& given) {
         return Result<std::optional<Json>>(given.front());
       }});
  EXPECT_TRUE(check(flow, options).empty());
  options.portable = true;
  ASSERT_EQ(check(flow, options).size(), 1U);
  EXPECT_EQ(check(flow, options).front().code, "MAP012");
}

// Schemas of trees refer to themselves.
TEST(Check, EndsForSchemasWithinThemselves) {
  FlowConfig flow;
  flow.client = with_schema(
      R"({"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"},
          "up": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}, {"$ref": "#/nowhere"}]},
          "deep": {"allOf": [{"$ref": "#/properties/deep"}, {"$ref": "#/properties/deep"}]},
          "name": {"type": "string"}}})");
  flow.provider = with_schema(R"({"$ref": "#", "anyOf": [{"$ref": "#"}, {"$ref": "#"}]})");
  FieldRule rule;
  rule.client = "left.right.up.left.nmae";
  rule.provider = "a.b";
  flow.fields.push_back(rule);
  rule.client = "deep.x";
  rule.provider.clear();
  rule.expr.client = "$string($)";
  flow.fields.push_back(rule);
  const auto said = check(flow, {});
  ASSERT_FALSE(said.empty());
  EXPECT_EQ(said.front().meant, "name");
}

TEST(Codes, HaveTheirPage) {
  expect_text(fs::path(NAVETTE_SOURCE_DIR) / "docs" / "diagnostics.md", mapping_codes_page());
}

}  // namespace
}  // namespace navette
