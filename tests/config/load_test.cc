#include "config/load.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/helpers.h"

namespace navette::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Load : public ::testing::Test {
 protected:
  LoadResult load_good(const std::map<std::string, std::string>& more = {}) {
    return load_config((kConfigTests / "good").string(), catalog_, fake_environment(more));
  }

  // A navette.yaml of its own beside one flow.
  LoadResult load_hub(const std::string& hub, const LoadOptions& options = {},
                      const std::map<std::string, std::string>& more = {}) {
    folder_ =
        std::filesystem::path(::testing::TempDir()) /
        ("navette-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(folder_ / "flows");
    std::ofstream(folder_ / "navette.yaml") << hub;
    std::filesystem::copy_file(kConfigTests / "good/flows/acme-support.yaml",
                               folder_ / "flows/acme-support.yaml",
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(kConfigTests / "good/people.yaml", folder_ / "people.yaml",
                               std::filesystem::copy_options::overwrite_existing);
    return load_config((folder_ / "navette.yaml").string(), catalog_, fake_environment(more),
                       options);
  }

  // As load_hub(), with this text as the flow.
  LoadResult load_flow(const std::string& flow) {
    load_hub(read_text(kConfigTests / "good/navette.yaml"));
    std::ofstream(folder_ / "flows/acme-support.yaml") << flow;
    return load_config(folder_.string(), catalog_, fake_environment());
  }

  FakeCatalog catalog_;
  std::filesystem::path folder_;
};

TEST_F(Load, LimitsAreOptionalAndAreOfTheFlow) {
  const LoadResult without = load_good();
  EXPECT_FALSE(without.flows.at(0).limits.overwrites);
  const std::string flow = read_text(kConfigTests / "good/flows/acme-support.yaml");
  const LoadResult limited = load_flow(flow + "\nlimits: {overwrites: 500}\n");
  EXPECT_EQ(render(limited.diagnostics), "");
  EXPECT_EQ(limited.flows.at(0).limits.overwrites, 500);
  EXPECT_FALSE(limited.flows.at(0).limits.clears);
  EXPECT_NE(limited.flows.at(0).hash, without.flows.at(0).hash);
  EXPECT_THAT(render(load_flow(flow + "\nlimits: {overwrites: -1}\n").diagnostics),
              HasSubstr("overwrites"));
}

TEST_F(Load, RetentionIsOptionalAndSizeIsForSqlite) {
  const LoadResult without = load_good();
  EXPECT_FALSE(without.hub.retention.payload);
  const std::string hub = read_text(kConfigTests / "good/navette.yaml");
  const LoadResult kept =
      load_hub(hub + "\nretention: {payload: 30d, audit: 1825d, size: 10 GB}\n");
  EXPECT_EQ(render(kept.diagnostics), "");
  EXPECT_EQ(kept.hub.retention.payload, std::chrono::hours(24 * 30));
  EXPECT_FALSE(kept.hub.retention.metadata);
  EXPECT_EQ(kept.hub.retention.audit, std::chrono::hours(24 * 1825));
  EXPECT_EQ(kept.hub.retention.bytes_max, std::int64_t{10} << 30);
  std::string other = hub;
  other.replace(other.find("store:"), other.find('\n', other.find("store:")) - other.find("store:"),
                "store: postgresql://navette@db/navette\nfolder: /var/lib/navette");
  EXPECT_THAT(render(load_hub(other + "\nretention: {size: 10 GB}\n").diagnostics),
              HasSubstr("\"size\" is of no use with this store"));
}

TEST_F(Load, AGoodConfigurationIsUnderstoodWhole) {
  const LoadResult result = load_good();
  EXPECT_EQ(render(result.diagnostics), "");
  EXPECT_EQ(result.hub.store, "sqlite:/var/lib/navette/navette.db");
  EXPECT_EQ(result.hub.listen, "127.0.0.1:8700");
  const SystemConfig& helpdesk = result.hub.systems.at("acme-helpdesk");
  EXPECT_EQ(helpdesk.settings.at("token"), "1-14-rt-token-8a51");
  EXPECT_EQ(helpdesk.settings.at("overlap"), "2s");
  EXPECT_EQ(helpdesk.poll, std::chrono::seconds(5));
  EXPECT_EQ(result.hub.systems.at("tracker").concurrency, 4);
  EXPECT_EQ(result.hub.systems.at("tracker").rate, (Rate{600, std::chrono::minutes(1)}));
  EXPECT_FALSE(helpdesk.rate);

  ASSERT_EQ(result.flows.size(), 1U);
  const FlowConfig& flow = result.flows[0];
  EXPECT_EQ(flow.name, "acme-support");
  EXPECT_EQ(flow.provider.entity, "ticket");
  EXPECT_EQ(flow.client.where.at("Queue").as_string(), "Helpdesk");
  EXPECT_EQ(flow.since, "2026-01-01T00:00:00Z");
  ASSERT_EQ(flow.fields.size(), 6U);
  EXPECT_EQ(flow.fields[0].name, "Subject~subject");
  EXPECT_TRUE(flow.fields[0].limit.client.bytes);
  EXPECT_EQ(flow.fields[0].limit.provider.count, 255);
  EXPECT_EQ(flow.fields[1].conflict, ConflictPolicy::kProvider);
  EXPECT_EQ(flow.fields[2].owner, Ownership::kClient);
  ASSERT_EQ(flow.fields[3].people.size(), 2U);
  EXPECT_EQ(flow.fields[3].people[0].known.provider[0].second, "Alice Developer");
  EXPECT_TRUE(flow.fields[4].create_only);
  EXPECT_EQ(flow.fields[5].only_towards, Side::kProvider);
  EXPECT_EQ(flow.tables.at("statuses").rows[1].second.as_string(), "In Progress");
  EXPECT_EQ(flow.tables.at("severities").default_provider->as_string(), "Low");
  EXPECT_EQ(flow.attachments.bytes_max, 20 << 20);
  EXPECT_EQ(flow.comments.visibility.provider[0], "internal");
  EXPECT_EQ(flow.comments.visibility.provider[2], "public");
}

TEST_F(Load, WhatTheConnectorsKnowFillsWhatRulesLeaveOut) {
  const LoadResult result = load_good();
  ASSERT_EQ(result.flows.size(), 1U);
  const FieldRule& content = result.flows[0].fields[4];
  ASSERT_TRUE(content.markup.has_value());
  EXPECT_EQ(content.markup->client, "html");
  EXPECT_EQ(content.markup->provider, "textile");
}

TEST_F(Load, SecretsShowInTheConfigurationAlone) {
  const LoadResult result = load_good({{"NAVETTE_POLL", "1-14-rt-token-8a51"}});
  const std::string all =
      render(result.diagnostics) + to_json(result.diagnostics).dump() + result.printed.dump();
  EXPECT_THAT(all, HasSubstr("the value of ${env:NAVETTE_POLL"));
  EXPECT_THAT(all, Not(HasSubstr("rt-token")));
  EXPECT_THAT(all, Not(HasSubstr("redmine-key")));
}

TEST_F(Load, PrintedFormNamesSecretsAndShowsTheRest) {
  const LoadResult result = load_good();
  const Json& helpdesk = result.printed.at("hub").at("systems").at("acme-helpdesk");
  EXPECT_EQ(helpdesk.at("token").as_string(), "***");
  EXPECT_EQ(helpdesk.at("url").as_string(), "https://rt.acme.example");
}

TEST_F(Load, TheHashFollowsTheMeaningOfAFlowAndNotTheSecrets) {
  const std::string hash = load_good().flows.at(0).hash;
  EXPECT_EQ(hash.size(), 16U);
  EXPECT_EQ(load_good({{"RT_TOKEN", "another"}}).flows.at(0).hash, hash);
}

TEST_F(Load, AMissingFileIsReportedByItsName) {
  const LoadResult result = load_config("/nowhere/navette.yaml", catalog_, fake_environment());
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_THAT(render(result.diagnostics), HasSubstr("/nowhere/navette.yaml: error: "));
}

constexpr const char* kExternalHub = R"(
store: sqlite:${env:NAVETTE_DATA}/navette.db
bus: {listen: "tcp://127.0.0.1:0"}
systems:
  acme-helpdesk: {connector: request-tracker, url: "${env:FAR_URL}", token: "${env:FAR_TOKEN}",
                  external: true}
  tracker: {connector: redmine, url: "${env:REDMINE_URL}", api_key: "${env:REDMINE_API_KEY}"}
)";

TEST_F(Load, TheHubNeedsNoSecretsOfExternalSystems) {
  const LoadResult result = load_hub(kExternalHub);
  EXPECT_EQ(render(result.diagnostics), "");
  EXPECT_FALSE(result.hub.systems.at("acme-helpdesk").settings.contains("token"));
}

TEST_F(Load, AConnectorsProcessNeedsItsOwnSettingsAlone) {
  const LoadOptions options{.process_of = "acme-helpdesk"};
  const LoadResult lacking = load_hub(kExternalHub, options);
  EXPECT_FALSE(lacking.ok());
  const LoadResult result =
      load_hub(kExternalHub, options, {{"FAR_URL", "https://far.example"}, {"FAR_TOKEN", "t"}});
  EXPECT_EQ(render(result.diagnostics), "");
  EXPECT_EQ(result.hub.systems.at("acme-helpdesk").settings.at("token"), "t");
  EXPECT_TRUE(result.flows.empty());
}

TEST_F(Load, ASecretMayComeFromAFileAndLosesItsLineEnd) {
  const std::filesystem::path secret = std::filesystem::path(::testing::TempDir()) / "api.key";
  std::ofstream(secret) << "from-a-file\n";
  const LoadResult result = load_hub(
      "store: sqlite:x.db\nsystems:\n"
      "  acme-helpdesk: {connector: request-tracker, url: https://a.example,"
      " token: \"${env:RT_TOKEN}\"}\n"
      "  tracker: {connector: redmine, url: https://b.example, api_key: \"Bearer ${file:" +
      secret.string() + "}\"}\n");
  EXPECT_EQ(render(result.diagnostics), "");
  EXPECT_EQ(result.hub.systems.at("tracker").settings.at("api_key"), "Bearer from-a-file");
}

unsigned seed_of_run() {
  const char* wanted = std::getenv("NAVETTE_SEED");
  return wanted != nullptr ? static_cast<unsigned>(std::atoi(wanted)) : std::random_device{}();
}

std::string damage(std::string text, std::mt19937& random) {
  const std::string letters = "{}[]:,-$\"' \ntokenurlpoll";
  for (int edit = 0; edit < 2; ++edit) {
    const std::size_t at = random() % text.size();
    if (random() % 2 == 0) {
      text[at] = letters[random() % letters.size()];
    } else {
      text.erase(at, 1 + random() % 12);
    }
  }
  return text;
}

// Goal: whatever is wrong, secrets from outside stay outside. Method: random damage to good files.
TEST_F(Load, DamagedHubsAreExplainedWithoutSecrets) {
  const unsigned seed = seed_of_run();
  SCOPED_TRACE("NAVETTE_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string good = read_text(kConfigTests / "good/navette.yaml");
  for (int round = 0; round < 40; ++round) {
    const std::string hub = damage(good, random);
    const LoadResult result = load_hub(hub);
    const std::string said = render(result.diagnostics) + result.printed.dump();
    EXPECT_EQ(said.find("1-14-rt-token-8a51"), std::string::npos) << hub << "\n" << said;
    EXPECT_EQ(said.find("redmine-key-77f0"), std::string::npos) << hub << "\n" << said;
  }
}

TEST_F(Load, DamagedFlowsNeverCrashAndErrorsHaveAPlace) {
  const unsigned seed = seed_of_run();
  SCOPED_TRACE("NAVETTE_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string good = read_text(kConfigTests / "good/flows/acme-support.yaml");
  for (int round = 0; round < 40; ++round) {
    const std::string flow = damage(good, random);
    const LoadResult result = load_flow(flow);
    for (const Diagnostic& diagnostic : result.diagnostics) {
      const bool has_place = diagnostic.place.line > 0 && diagnostic.place.column > 0;
      EXPECT_TRUE(has_place || diagnostic.code == "CFG001") << flow << render(result.diagnostics);
    }
  }
}

}  // namespace
}  // namespace navette::testing
