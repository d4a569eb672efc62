// The catalog as the rest of Navette sees it, and the pages made of it.

#include "connectors/declarative/catalog.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/connectors/declarative/fake_host.h"

namespace navette::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Catalog, HasTheBuiltInConnectors) {
  const Result<Catalog> catalog = load_catalog();
  ASSERT_TRUE(catalog) << catalog.error().message;
  EXPECT_THAT(catalog->names(), ElementsAre("redmine", "request-tracker"));
  const ConnectorSpec* spec = catalog->find("redmine");
  ASSERT_NE(spec, nullptr);
  EXPECT_EQ(spec->filters.at(0).name, "project");
  EXPECT_EQ(catalog->find("no-such"), nullptr);
}

TEST(Catalog, AFolderAddsAndReplaces) {
  std::string pattern = (std::filesystem::temp_directory_path() / "navette-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  std::ifstream in(std::string(NAVETTE_SOURCE_DIR) + "/connectors/catalog/redmine.yaml");
  std::ostringstream text;
  text << in.rdbuf();
  std::string changed = text.str();
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
    std::ifstream in(path);
    std::ostringstream kept;
    kept << in.rdbuf();
    EXPECT_EQ(kept.str(), page) << path << " is old: run this test with NAVETTE_UPDATE=1";
  }
}

}  // namespace
}  // namespace navette::test
