// The catalog as the rest of Navette sees it, and the pages made of it.

#include "connectors/declarative/catalog.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/declarative/functions.h"
#include "tests/connectors/declarative/fake_host.h"

namespace navette::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The page about catalog files with the table of functions that exist.
std::string writing_page(const std::string& page) {
  const std::string head = "## Functions\n\n";
  const std::size_t from = page.find(head) + head.size();
  std::string table = "| function | value |\n|---|---|\n";
  for (const declarative::Function& function : declarative::functions()) {
    table += std::string("| `") + function.name + "` | " + function.about + " |\n";
  }
  return page.substr(0, from) + table + "\n" + page.substr(page.find("## Steps", from));
}

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Catalog, HasTheBuiltInConnectors) {
  const Result<Catalog> catalog = load_catalog();
  ASSERT_TRUE(catalog) << catalog.error().message;
  EXPECT_THAT(catalog->names(), ElementsAre("redmine", "request-tracker", "tryton"));
  const ConnectorSpec* spec = catalog->find("redmine");
  ASSERT_NE(spec, nullptr);
  EXPECT_EQ(spec->filters.at(0).name, "project");
  EXPECT_EQ(catalog->find("no-such"), nullptr);
}

TEST(Catalog, AFolderAddsAndReplaces) {
  std::string pattern = (std::filesystem::temp_directory_path() / "navette-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  std::string changed =
      text_of(std::string(NAVETTE_SOURCE_DIR) + "/connectors/catalog/redmine.yaml");
  changed.replace(changed.find("title: Redmine 5"), 16, "title: Ours");
  std::ofstream(pattern + "/ours.yaml") << changed;
  const Result<Catalog> catalog = load_catalog(pattern);
  std::filesystem::remove_all(pattern);
  ASSERT_TRUE(catalog) << catalog.error().message;
  EXPECT_EQ(catalog->find("redmine")->title, "Ours");
  const Result<Catalog> none = load_catalog(pattern + "/nowhere");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().fault, Fault::kMisconfigured);
}

TEST(Catalog, SettingsAreChecked) {
  FakeHost host([](const HttpRequest&) { return no_answer(HttpStage::kNotSent); });
  EXPECT_THAT(make_connector("redmine", {{"url", "http://x"}}, host).error().message,
              HasSubstr("api_key"));
  EXPECT_THAT(make_connector("redmin", {}, host).error().message, HasSubstr("expected redmine"));
  EXPECT_THAT(make_connector("redmine", {{"url", "u"}, {"api_key", "k"}, {"tokn", "x"}}, host)
                  .error()
                  .message,
              HasSubstr("tokn"));
  EXPECT_EQ(*origin_of({{"url", "https://a.test:8443/path"}}), "https://a.test:8443");
  EXPECT_FALSE(origin_of({{"url", "ftp://a.test"}}));
}

TEST(Catalog, EveryFunctionIsDescribed) {
  const std::string path = std::string(NAVETTE_SOURCE_DIR) + "/docs/connectors/writing.md";
  const std::string page = text_of(path);
  const std::string wanted = writing_page(page);
  if (std::getenv("NAVETTE_UPDATE") != nullptr) std::ofstream(path) << wanted;
  EXPECT_EQ(text_of(path), wanted) << path << " is old: run this test with NAVETTE_UPDATE=1";
}

// NAVETTE_UPDATE=1 writes the pages anew.
TEST(Catalog, ItsPagesAreCurrent) {
  const Result<Catalog> catalog = load_catalog();
  ASSERT_TRUE(catalog);
  for (const std::string& name : catalog->names()) {
    const std::string path = std::string(NAVETTE_SOURCE_DIR) + "/docs/connectors/" + name + ".md";
    const std::string page = catalog->reference(name);
    if (std::getenv("NAVETTE_UPDATE") != nullptr) {
      std::filesystem::create_directories(std::filesystem::path(path).parent_path());
      std::ofstream(path) << page;
    }
    EXPECT_EQ(text_of(path), page) << path << " is old: run this test with NAVETTE_UPDATE=1";
  }
}

}  // namespace
}  // namespace navette::test
