// Every folder under broken/ is a configuration with mistakes of one kind, and what an engineer is
// told about them. NAVETTE_UPDATE=1 rewrites the expected texts.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/config/helpers.h"

namespace navette::testing {
namespace {

std::vector<std::string> broken_folders() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kConfigTests / "broken")) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Broken : public ::testing::TestWithParam<std::string> {};

TEST_P(Broken, IsExplainedAsExpected) {
  const std::filesystem::path folder = kConfigTests / "broken" / GetParam();
  const FakeCatalog catalog;
  const LoadResult result =
      load_config(folder.string(), catalog, fake_environment({{"SHORT_POLL", "5 seconds"}}));
  EXPECT_FALSE(result.diagnostics.empty());
  EXPECT_EQ(result.ok(), GetParam().starts_with("note-"));

  const std::string text = without_folder(render(result.diagnostics), folder);
  EXPECT_EQ(text.find("hunter2"), std::string::npos) << "a secret shows:\n" << text;
  EXPECT_EQ(text.find("rt-token"), std::string::npos) << "a secret shows:\n" << text;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    const auto& codes = diagnostic_codes();
    EXPECT_TRUE(std::any_of(codes.begin(), codes.end(), [&](const DiagnosticCode& code) {
      return code.code == diagnostic.code;
    })) << diagnostic.code;
  }
  if (updating()) {
    std::ofstream(folder / "expected.txt", std::ios::binary) << text;
  }
  EXPECT_EQ(text, read_text(folder / "expected.txt"));
}

std::string test_name(const ::testing::TestParamInfo<std::string>& folder) {
  std::string name = folder.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Broken, ::testing::ValuesIn(broken_folders()), test_name);

}  // namespace
}  // namespace navette::testing
