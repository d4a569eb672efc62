// Goal: the command says what is wrong, how it went, and what to do next.

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "navette/json.h"

#include "tests/tools/process.h"

namespace navette {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::vector<std::vector<std::string>> kCommands = {{"init"},
                                                         {"check"},
                                                         {"test"},
                                                         {"try"},
                                                         {"run"},
                                                         {"status"},
                                                         {"links"},
                                                         {"why"},
                                                         {"verify"},
                                                         {"resume"},
                                                         {"shadow"},
                                                         {"tail"},
                                                         {"eval"},
                                                         {"connector"},
                                                         {"connector", "run"},
                                                         {"keys"},
                                                         {"docs"},
                                                         {"docs", "schema"},
                                                         {"version"},
                                                         {"store"},
                                                         {"store", "copy"},
                                                         {"store", "backup"},
                                                         {"store", "restore"},
                                                         {"dead"},
                                                         {"dead", "list"},
                                                         {"dead", "show"},
                                                         {"dead", "edit"},
                                                         {"dead", "replay"},
                                                         {"dead", "drop"},
                                                         {"replay"},
                                                         {"report"},
                                                         {"report", "daily"},
                                                         {"report", "credit"},
                                                         {"report", "sla"},
                                                         {"report", "drift"}};

Variables example_environment(const std::string& data) {
  return {{"RT_URL", "http://127.0.0.1:9"},
          {"RT_TOKEN", "token"},
          {"REDMINE_URL", "http://127.0.0.1:9"},
          {"REDMINE_API_KEY", "key"},
          {"NAVETTE_DATA", data}};
}

TEST(Command, EveryHelpHasExamples) {
  for (std::vector<std::string> words : kCommands) {
    words.emplace_back("--help");
    const Ran ran = run_navette(words);
    EXPECT_EQ(ran.code, 0) << words.front();
    EXPECT_THAT(ran.out, HasSubstr("Examples:\n  navette " + words.front()));
  }
  const Ran root = run_navette({"--help"});
  EXPECT_EQ(root.code, 0);
  EXPECT_THAT(root.out, HasSubstr("Exit codes:"));
  for (const auto& words : kCommands) EXPECT_THAT(root.out, HasSubstr("\n  " + words[0] + " "));
}

TEST(Command, WrongUseEndsWith2AndSaysWhatToDo) {
  const Ran nothing = run_navette({});
  EXPECT_EQ(nothing.code, 2);
  const Ran stats = run_navette({"stats"});
  EXPECT_EQ(stats.code, 2);
  EXPECT_THAT(stats.err, HasSubstr("there is no command 'stats'; did you mean 'status'?"));
  const Ran option = run_navette({"status", "--bogus"});
  EXPECT_EQ(option.code, 2);
  EXPECT_THAT(option.err, HasSubstr("--bogus"));
  EXPECT_THAT(option.err, HasSubstr("See `navette status --help`."));
  EXPECT_EQ(run_navette({"try"}).code, 2);
  EXPECT_EQ(run_navette({"run", "--log", "xml"}).code, 2);
}

TEST(Command, VersionIsPrinted) {
  EXPECT_THAT(run_navette({"version"}).out, StartsWith("navette "));
  const auto json = Json::parse(run_navette({"version", "--json"}).out);
  ASSERT_TRUE(json);
  EXPECT_FALSE(json->at("version").text().empty());
}

TEST(Command, KeysAreAPair) {
  const auto keys = Json::parse(run_navette({"keys", "--json"}).out);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->at("public_key").text().size(), 40U);
  EXPECT_EQ(keys->at("secret_key").text().size(), 40U);
  EXPECT_NE(keys->at("public_key").text(), keys->at("secret_key").text());
}

TEST(Command, WhatInitWritesPassesTheCheck) {
  const TemporaryFolder folder;
  const Ran init = run_navette({"init", folder.at("acme")});
  ASSERT_EQ(init.code, 0) << init.err;
  EXPECT_THAT(init.out, HasSubstr("navette check --live"));
  const Ran check =
      run_navette({"check", "--config", folder.at("acme")}, example_environment(folder.path()));
  EXPECT_EQ(check.code, 0) << check.err;
  EXPECT_EQ(check.err, "");
  EXPECT_EQ(check.out, "The configuration is good: 1 flow, 2 systems.\n");
}

TEST(Command, InitOverwritesNothing) {
  const TemporaryFolder folder;
  folder.write("acme/navette.yaml", "mine");
  const Ran again = run_navette({"init", folder.at("acme")});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("navette.yaml: it is there already"));
  EXPECT_FALSE(std::filesystem::exists(folder.at("acme/people.yaml")));
}

TEST(Command, CheckPrintsWhatItUnderstoodWithoutSecrets) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_navette({"init", folder.at("acme")}).code, 0);
  Variables environment = example_environment(folder.path());
  environment["RT_TOKEN"] = "very-s3cret-token";
  const Ran check = run_navette({"check", "--print", "--config", folder.at("acme")}, environment);
  EXPECT_EQ(check.code, 0);
  EXPECT_THAT(check.out, HasSubstr("***"));
  EXPECT_THAT(check.out + check.err, testing::Not(HasSubstr("s3cret")));
}

struct Broken {
  const char* name;
  const char* hub;
  const char* said;  // place, sentence
};

constexpr const char* kFine =
    "store: sqlite:/tmp/none/navette.db\n"
    "systems: {tracker: {connector: redmine, url: http://127.0.0.1:9, api_key: '${env:KEY}'}}\n";

// Goal: nothing is started by a configuration with a mistake, and the mistake's place is told.
TEST(Command, ABrokenConfigurationEndsWith2) {
  const std::vector<Broken> cases = {
      {"no yaml", "store: [", "navette.yaml:"},
      {"duplicate key", "store: a\nstore: b\n", "navette.yaml:2:1: error:"},
      {"misspelt", "stroe: sqlite:/tmp/x.db\n", "did you mean"},
      {"no such connector", "store: sqlite:/tmp/x.db\nsystems: {t: {connector: redmin}}\n",
       "did you mean"},
  };
  for (const Broken& one : cases) {
    const TemporaryFolder folder;
    folder.write("navette.yaml", one.hub);
    for (const char* command : {"check", "run"}) {
      const Ran ran = run_navette({command, "--config", folder.path()}, {{"KEY", "k"}});
      EXPECT_EQ(ran.code, 2) << one.name << ": " << command;
      EXPECT_THAT(ran.err, HasSubstr(one.said)) << one.name;
      EXPECT_EQ(ran.out, "");
    }
    const Ran json = run_navette({"check", "--json", "--config", folder.path()}, {{"KEY", "k"}});
    const auto report = Json::parse(json.out);
    ASSERT_TRUE(report) << json.out;
    EXPECT_FALSE(report->at("ok").as_bool(true));
    EXPECT_GT(report->at("diagnostics").size(), 0U);
  }
  const Ran missing = run_navette({"run", "--config", "/nowhere/navette.yaml"});
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("/nowhere/navette.yaml"));
}

TEST(Command, RunNeedsAFolderForItsStore) {
  const TemporaryFolder folder;
  folder.write("navette.yaml", kFine);
  const Ran ran = run_navette({"run", "--config", folder.path()}, {{"KEY", "k"}});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("/tmp/none"));
}

TEST(Command, ToolsBesideAHubSayWhenThereIsNoStore) {
  for (const char* command : {"status", "links"}) {
    const Ran ran = run_navette({command, "--store", "sqlite:/nowhere/navette.db"});
    EXPECT_EQ(ran.code, 2) << command;
    EXPECT_THAT(ran.err, HasSubstr("/nowhere/navette.db")) << command;
  }
  EXPECT_EQ(run_navette({"tail", "--store", "sqlite:/nowhere/navette.db"}).code, 2);
  EXPECT_EQ(run_navette({"why", "twelve", "--store", "sqlite:/nowhere/navette.db"}).code, 2);
}

TEST(Command, SchemasAndPagesAreMade) {
  for (const char* kind : {"hub", "flow", "people", "cases"}) {
    const Ran ran = run_navette({"docs", "schema", kind});
    const auto schema = Json::parse(ran.out);
    ASSERT_TRUE(schema) << kind;
    EXPECT_THAT(schema->at("$schema").text(), HasSubstr("json-schema.org"));
  }
  EXPECT_THAT(run_navette({"docs", "configuration"}).out, HasSubstr("# "));
  EXPECT_THAT(run_navette({"docs", "connector"}).out, HasSubstr("redmine\n"));
  EXPECT_THAT(run_navette({"docs", "connector", "redmine"}).out, HasSubstr("api_key"));
  EXPECT_EQ(run_navette({"docs", "connector", "blackmine"}).code, 2);
}

TEST(Command, ThePageAboutTheCommandsIsCurrent) {
  std::ifstream file(NAVETTE_SOURCE_DIR "/docs/commands.md");
  std::ostringstream page;
  page << file.rdbuf();
  EXPECT_EQ(run_navette({"docs", "commands"}).out, page.str())
      << "make it anew: navette docs commands > docs/commands.md";
}

}  // namespace
}  // namespace navette
