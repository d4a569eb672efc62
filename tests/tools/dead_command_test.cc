// Goal: dead letters are listed, shown, edited, dropped and replayed by the commands, beside a hub
// and without one. Method: a store with dead letters in it, and a hub whose systems do not answer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "navette/json.h"

#include "store/store.h"
#include "tests/console/http_client.h"
#include "tests/tools/process.h"

namespace navette {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kCanary = "canary-5b1e9c-secret";

class DeadCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("navette.yaml",
                  "store: " + place() +
                      "\nlisten: 127.0.0.1:0\nsystems:\n"
                      "  tracker: {connector: redmine, url: \"http://127.0.0.1:9\", "
                      "api_key: \"${env:KEY}\"}\n"
                      "  desk: {connector: request-tracker, url: \"http://127.0.0.1:9\", "
                      "token: \"${env:KEY}\"}\n");
    folder_.write("flows/acme.yaml",
                  "flow: acme\n"
                  "client: {system: desk, where: {Queue: Helpdesk}}\n"
                  "provider: {system: tracker, where: {project: acme}}\n"
                  "fields:\n  - {client: Subject, provider: subject}\n");
    auto store = open_store(place());
    ASSERT_TRUE(store) << store.error().message;
    Batch batch;
    for (int i = 1; i <= 5; ++i) batch.push_back(dead(i));
    ASSERT_TRUE((*store)->commit(batch));
  }
  static AddChange dead(int i) {
    ChangeRow row;
    row.flow = "acme";
    row.side = i == 5 ? Side::kProvider : Side::kClient;
    row.entity_id = std::to_string(10 + i);
    row.origin = "poll";
    row.correlation = "corr-" + std::to_string(i);
    row.config_hash = "cafe";
    row.payload = R"({"id":"1","doc":{"Subject":"number )" + std::to_string(i) + R"("}})";
    row.received_at = 1'700'000'000'000;
    row.ended_at = 1'700'000'000'000 + i * 60'000;
    row.disposition = Disposition::kDead;
    row.reason = i <= 2 ? "the title is too long" : "the project is closed";
    return AddChange{std::move(row)};
  }
  std::string place() const { return "sqlite:" + folder_.at("navette.db"); }
  Ran navette(std::vector<std::string> words) const {
    words.insert(words.end(), {"--config", folder_.path()});
    return run_navette(words, environment_);
  }
  Json json(std::vector<std::string> words) const {
    words.push_back("--json");
    const Ran ran = navette(std::move(words));
    const auto parsed = Json::parse(ran.out);
    EXPECT_TRUE(parsed) << ran.out << ran.err;
    return parsed ? *parsed : Json();
  }
  std::vector<std::string> listed(std::vector<std::string> filters) const {
    filters.insert(filters.begin(), {"dead", "list"});
    std::vector<std::string> ids;
    const Json found = json(std::move(filters));
    for (const Json& letter : found.at("letters").items()) ids.push_back(letter.at("id").text());
    return ids;
  }
  void start_hub() {
    hub_ = std::make_unique<Process>(std::vector<std::string>{"run", "--config", folder_.path()},
                                     environment_);
    ASSERT_TRUE(hub_->await_err("\"hub_started\"")) << hub_->err;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(folder_.at(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  std::string address() const {
    std::string text = read("hub.address");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }
  std::string token() const {
    std::string text = read("admin.token");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return "X-Navette-Token: " + text + "\r\n";
  }

  RawAnswer ask(const std::string& path) const {
    return send_raw(address(), "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
                                   token() + "\r\n");
  }

  TemporaryFolder folder_;
  Variables environment_ = {{"KEY", kCanary}};
  std::unique_ptr<Process> hub_;
};

TEST_F(DeadCommandTest, ListsByEveryFilterAndCountsByReason) {
  using Ids = std::vector<std::string>;
  EXPECT_EQ(listed({}), (Ids{"1", "2", "3", "4", "5"}));
  EXPECT_EQ(listed({"--reason", "too long"}), (Ids{"1", "2"}));
  EXPECT_EQ(listed({"--text", "number 4"}), (Ids{"4"}));
  EXPECT_EQ(listed({"--system", "tracker"}), (Ids{"5"}));
  EXPECT_EQ(listed({"--entity", "ticket", "--system", "desk", "--limit", "2"}), (Ids{"1", "2"}));
  EXPECT_EQ(listed({"--ticket", "client:13"}), (Ids{"3"}));
  EXPECT_EQ(listed({"--ticket", "tracker:15"}), (Ids{"5"}));
  EXPECT_EQ(listed({"--flow", "acme", "--since", "2023-11-14T22:16:00Z"}), (Ids{"3", "4", "5"}));
  EXPECT_EQ(listed({"--until", "2023-11-14T22:16:00Z"}), (Ids{"1", "2"}));
  EXPECT_EQ(listed({"--since", "2h"}), Ids{});
  EXPECT_EQ(listed({"4", "2"}), (Ids{"2", "4"}));
  EXPECT_EQ(listed({"--after", "3"}), (Ids{"4", "5"}));
  EXPECT_EQ(listed({"--state", "delivered"}), Ids{});
  const Ran text = navette({"dead", "list", "--limit", "1"});
  EXPECT_EQ(text.code, 0);
  EXPECT_THAT(text.out, HasSubstr("2 x acme: the title is too long"));
  EXPECT_THAT(text.out, HasSubstr("the next ones with --after 1"));
  EXPECT_EQ(navette({"dead", "list", "--system", "nobody"}).code, 1);
  EXPECT_EQ(navette({"dead", "list", "--since", "soon"}).code, 1);
}

TEST_F(DeadCommandTest, EditsKeepTheOriginalAndCanBeTakenBack) {
  const Json edited = json({"dead", "edit", "1", "--set", "Subject=short", "--set", "Owner=null"});
  EXPECT_EQ(edited.at("payload").at("doc").at("Subject").text(), "number 1");
  EXPECT_EQ(edited.at("edited").at("differs").dump(), R"({"doc":{"Subject":"short"}})");
  EXPECT_THAT(navette({"dead", "show", "1"}).out, HasSubstr("short"));
  folder_.write("message.json", R"({"id":"1","doc":{"Subject":"from a file"}})");
  EXPECT_EQ(json({"dead", "edit", "1", "--file", folder_.at("message.json")})
                .at("edited")
                .at("payload")
                .at("doc")
                .at("Subject")
                .text(),
            "from a file");
  EXPECT_EQ(json({"dead", "edit", "1", "--undo"}).find("edited"), nullptr);
  EXPECT_EQ(navette({"dead", "edit", "1"}).code, 1) << "this is no terminal";
  EXPECT_EQ(navette({"dead", "edit", "99", "--set", "a=b"}).code, 1);
  EXPECT_EQ(navette({"dead", "show", "99"}).code, 1);
}

TEST_F(DeadCommandTest, DropNeedsAReasonAndASelection) {
  EXPECT_EQ(navette({"dead", "drop", "1"}).code, 2);
  EXPECT_EQ(navette({"dead", "drop", "--because", "tests"}).code, 2);
  EXPECT_EQ(json({"dead", "drop", "1", "2", "--because", "tests"}).at("dropped").as_int(), 2);
  EXPECT_EQ(navette({"dead", "drop", "1", "--because", "again"}).code, 1);
  EXPECT_EQ(listed({}).size(), 3U);
  EXPECT_THAT(navette({"dead", "show", "1"}).out, HasSubstr("dropped: tests"));
  const Json status = json({"status"});
  const Json& flow = status.at("flows").items()[0];
  EXPECT_EQ(flow.at("dead").as_int(), 3);
  EXPECT_EQ(flow.at("filtered").as_int(), 2);
  EXPECT_EQ(flow.at("difference").as_int(-1), 0);
}

TEST_F(DeadCommandTest, WithoutAHubAReplayIsChosenAndWaitsForOne) {
  EXPECT_EQ(navette({"replay"}).code, 2) << "everything must be said";
  const Ran chosen = navette({"replay", "--reason", "too long", "--rate", "5/s"});
  EXPECT_EQ(chosen.code, 0) << chosen.err;
  EXPECT_THAT(chosen.err, HasSubstr("no hub runs on this store"));
  EXPECT_THAT(chosen.out, HasSubstr("2 chosen = 0 delivered"));
  EXPECT_THAT(chosen.out, HasSubstr("2 still pending"));
  EXPECT_EQ(navette({"replay", "1"}).code, 1) << "another replay has it";
  const Json replays = json({"replay", "--list"});
  ASSERT_GE(replays.size(), 1U);
  const std::string id = replays.items().back().at("replay").text();
  EXPECT_EQ(navette({"replay", "--stop", id}).code, 0);
  EXPECT_EQ(listed({}).size(), 5U);
  EXPECT_EQ(navette({"replay", "1", "--from", "nowhere"}).code, 1);
  EXPECT_EQ(navette({"replay", "1", "--rate", "fast"}).code, 1);
}

TEST_F(DeadCommandTest, WhatWritesGoesThroughTheHubThatRuns) {
  start_hub();
  EXPECT_EQ(json({"dead", "drop", "5", "--because", "tests"}).at("dropped").as_int(), 1);
  EXPECT_EQ(json({"dead", "edit", "1", "--set", "Subject=x"}).at("edited").is_object(), true);
  EXPECT_EQ(navette({"dead", "drop", "5", "--because", "again"}).code, 1);
  const Json begun = json({"replay", "--all", "--no-wait"});
  EXPECT_EQ(begun.at("chosen").as_int(), 4) << begun.dump();
  EXPECT_EQ(navette({"replay", "--watch", "424242"}).code, 1);
  hub_->signal(SIGKILL);
  hub_->wait();
  // The next hub goes on with it; its systems do not answer, so the changes wait.
  start_hub();
  Json report;
  for (int i = 0; i < 100 && report.at("pending").as_int() != 4; ++i) {
    report = json({"replay", "--list"}).items()[0];
  }
  EXPECT_EQ(report.at("pending").as_int(), 4) << report.dump();
  EXPECT_EQ(report.at("difference").as_int(-1), 0);
  EXPECT_EQ(json({"status"}).at("flows").items()[0].at("difference").as_int(-1), 0);
}

TEST_F(DeadCommandTest, TheApiAsksForTheTokenAndAnswersTheSame) {
  start_hub();
  EXPECT_EQ(get(address(), "/admin/dead").status, 401);
  const RawAnswer list = ask("/admin/dead?reason=closed&limit=1");
  ASSERT_EQ(list.status, 200) << list.body;
  const auto found = Json::parse(list.body);
  EXPECT_EQ(found->at("total").as_int(), 3);
  EXPECT_EQ(found->at("letters").size(), 1U);
  EXPECT_EQ(ask("/admin/dead/3").status, 200);
  EXPECT_EQ(ask("/admin/dead/77").status, 404);
  EXPECT_EQ(ask("/admin/nothing").status, 404);
  EXPECT_EQ(post(address(), "/admin/dead/drop", R"({"ids":[3]})", token()).status, 404);
  EXPECT_EQ(post(address(), "/admin/dead/drop", "no json", token()).status, 400);
  EXPECT_EQ(post(address(), "/admin/dead/drop", R"({"ids":[3],"because":"b"})", token()).status,
            200);
  EXPECT_EQ(post(address(), "/admin/dead/4/edit", R"({"set":{"Subject":"s"}})", token()).status,
            200);
  const RawAnswer replay = post(address(), "/admin/replay", R"({"ids":["4"]})", token());
  EXPECT_EQ(replay.status, 200) << replay.body;
  EXPECT_EQ(Json::parse(replay.body)->at("chosen").as_int(), 1);
  EXPECT_EQ(ask("/admin/replay").status, 200);
}

// Goal: a secret of the configuration is nowhere to be read. Method: it comes in with a webhook.
TEST_F(DeadCommandTest, ASecretIsInNoLogStoreLetterOrAnswer) {
  start_hub();
  const std::string body = std::string(R"({"id":12,"note":"key )") + kCanary + R"("})";
  EXPECT_EQ(post(address(), "/hooks/tracker", body).status, 202);
  const Ran why = navette({"why", "provider:12", "--json"});
  EXPECT_EQ(why.code, 0) << why.err;
  EXPECT_THAT(why.out, Not(HasSubstr(kCanary)));
  EXPECT_THAT(ask("/admin/dead/6").body, HasSubstr("***"));
  for (const char* path : {"/admin/dead?state=all", "/admin/dead/6", "/status", "/metrics"}) {
    EXPECT_THAT(ask(path).body, Not(HasSubstr(kCanary))) << path;
  }
  hub_->signal(SIGTERM);
  EXPECT_EQ(hub_->wait(), 0);
  EXPECT_THAT(hub_->err, Not(HasSubstr(kCanary)));
  for (const char* file : {"navette.db", "navette.db-wal", "hub.address"}) {
    EXPECT_THAT(read(file), Not(HasSubstr(kCanary))) << file;
  }
}

}  // namespace
}  // namespace navette
