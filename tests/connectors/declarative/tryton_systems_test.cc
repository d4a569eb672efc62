// The tryton connector against a real Tryton.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/declarative/catalog.h"
#include "connectors/declarative/functions.h"
#include "tests/connectors/declarative/support.h"
#include "tests/connectors/declarative/systems_main.h"

namespace navette::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using Settings = std::map<std::string, std::string>;

// The real host; it remembers what was sent, and a test may step in before a request.
class Wire final : public Host, public Http {
 public:
  explicit Wire(const std::string& origin) : real_(origin) {}
  std::chrono::system_clock::time_point now() override { return real_.now(); }
  Status pause(std::chrono::milliseconds how_long) override { return real_.pause(how_long); }
  Http& http() override { return *this; }
  HttpExchange send(const HttpRequest& request) noexcept override {
    requests.push_back(request);
    if (before) before(request);
    return real_.http().send(request);
  }
  int count(const std::string& method) const {
    int n = 0;
    for (const HttpRequest& request : requests) n += request.body.find(method) != std::string::npos;
    return n;
  }
  RealHost& real() { return real_; }

  std::vector<HttpRequest> requests;
  std::function<void(const HttpRequest&)> before;

 private:
  RealHost real_;
};

class TrytonTest : public testing::Test {
 protected:
  TrytonTest() : host_(*origin_of({{"url", tryton()["TRYTON_URL"]}})) {
    connector_ = connected({});
  }

  std::unique_ptr<Connector> make(Settings settings) {
    settings.emplace("url", tryton()["TRYTON_URL"]);
    settings.emplace("user", tryton()["TRYTON_LOGIN"]);
    settings.emplace("password", tryton()["TRYTON_PASSWORD"]);
    auto made = make_connector("tryton", settings, host_);
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }

  std::unique_ptr<Connector> connected(const Settings& settings) {
    auto made = make(settings);
    const Result<Description> described = made->connect();
    EXPECT_TRUE(described) << described.error().message;
    if (described) description_ = *described;
    return made;
  }

  std::unique_ptr<Connector> alice() {
    return connected({{"user", tryton()["TRYTON_LIMITED_LOGIN"]},
                      {"password", tryton()["TRYTON_LIMITED_PASSWORD"]}});
  }

  std::string create(std::vector<FieldWrite> fields) {
    const Outcome outcome = connector_->execute(create_command(where_, std::move(fields)), "");
    EXPECT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
    EXPECT_THAT(outcome.refused, IsEmpty()) << describe(outcome);
    return outcome.id;
  }

  Record fetch(const std::string& id) { return fetch(*connector_, id); }
  Record fetch(Connector& connector, const std::string& id) {
    Result<Record> record = connector.fetch("ticket", id, where_);
    EXPECT_TRUE(record) << record.error().message;
    return record ? *record : Record{};
  }

  Outcome update(const std::string& id, std::vector<FieldWrite> fields) {
    return connector_->execute(update_command(id, where_, std::move(fields)), "");
  }

  // As the administrator: what stands in `result`. `params` is JSON text.
  Json ask(const std::string& method, const std::string& params) {
    HttpRequest request;
    request.method = "POST";
    request.url = tryton()["TRYTON_URL"];
    const std::string who =
        tryton()["TRYTON_ADMIN_LOGIN"] + ":" + tryton()["TRYTON_ADMIN_PASSWORD"];
    request.headers = {{"Authorization", "Basic " + declarative::base64_encode(who)},
                       {"Content-Type", "application/json"}};
    request.body = R"({"id":1,"method":")" + method + R"(","params":)" + params + "}";
    const HttpExchange got = host_.real().http().send(request);
    EXPECT_EQ(got.answer.status, 200) << got.answer.body;
    const Result<Json> body = Json::parse(got.answer.body);
    if (!body) return {};
    EXPECT_TRUE(body->at("error").is_null()) << body->dump();
    return body->at("result");
  }

  Json task(const std::string& id, const std::string& field) {
    return ask("model.project.work.read", "[[" + id + "],[\"" + field + "\"],{}]")
        .items()
        .at(0)
        .at(field);
  }

  Wire host_;
  std::unique_ptr<Connector> connector_;
  Description description_;
  Json where_ = where_of("project", "Maintenance 2025");
};

TEST_F(TrytonTest, SaysWhoItIsAndWhatItCanNotKeepInternal) {
  EXPECT_EQ(description_.self.id, tryton()["TRYTON_USER_NAVETTE"]);
  EXPECT_EQ(description_.self.name, "Navette");
  EXPECT_FALSE(description_.internal_comments);
  EXPECT_FALSE(description_.attachment_visibility);
  EXPECT_THAT(description_.warnings, IsEmpty());
  alice();
  EXPECT_THAT(description_.warnings, ElementsAre(HasSubstr("may not write tasks")));
}

TEST_F(TrytonTest, CreatesWithEveryFieldAndReadsItBack) {
  const std::string id = create({{"name", "VPN drops é€😀"},
                                 {"description", rich("text", "every 5 min\n\n* a\n* b")},
                                 {"status", "En cours"},
                                 {"progress", 0.25},
                                 {"effort_duration", 5400},
                                 {"timesheet_available", true},
                                 {"external_ref", "RT-4711"}});
  const Record record = fetch(id);
  EXPECT_EQ(record.doc.at("name").text(), "VPN drops é€😀");
  EXPECT_EQ(record.doc.at("description"), rich("text", "every 5 min\n\n* a\n* b"));
  EXPECT_EQ(record.doc.at("status").text(), "En cours");
  EXPECT_EQ(record.doc.at("progress"), Json(0.25));
  EXPECT_EQ(record.doc.at("effort_duration"), Json(5400));
  EXPECT_EQ(record.doc.at("timesheet_available"), Json(true));
  EXPECT_EQ(record.doc.at("external_ref").text(), "RT-4711");
  EXPECT_EQ(record.doc.at("project").text(), "Maintenance 2025");
  EXPECT_TRUE(record.in_scope);
  EXPECT_EQ(task(id, "comment").text(), "every 5 min\n\n* a\n* b\n\nExternal ref = RT-4711");
  EXPECT_EQ(host_.count("model.project.work.create"), 1) << "the mark is in the same transaction";
}

TEST_F(TrytonTest, ADoneTaskBringsItsProgressAndAReopenedOneKeepsIt) {
  const std::string id = create({{"name", "done"}, {"status", "work_done_status"}});
  EXPECT_EQ(fetch(id).doc.at("status").text(), "Terminés");
  EXPECT_EQ(fetch(id).doc.at("progress"), Json(1.0));
  const Outcome outcome = update(id, {{"status", tryton()["TRYTON_STATUS_WAITING"]}});
  EXPECT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
  EXPECT_EQ(fetch(id).doc.at("status").text(), "En attente");
  const Outcome unknown = update(id, {{"status", "Nirgendwo"}});
  ASSERT_THAT(unknown.refused, SizeIs(1));
  EXPECT_THAT(unknown.refused[0].reason, HasSubstr("Nirgendwo"));
}

TEST_F(TrytonTest, ATaskWhoseChildrenAreOpenIsRefusedInTrytonsWords) {
  const std::string id = create({{"name", "parent"}});
  ask("model.project.work.create",
      R"([[{"name":"child","type":"task","parent":)" + id + R"(,"company":1}],{}])");
  const Outcome outcome = update(id, {{"status", "work_done_status"}});
  EXPECT_EQ(outcome.verdict, Verdict::kRejected) << describe(outcome);
  EXPECT_THAT(outcome.message, HasSubstr("enfants"));
}

TEST_F(TrytonTest, TheReferenceSurvivesEditsOfTheDescription) {
  const std::string id = create({{"name", "ref"}, {"external_ref", "A-1"}});
  EXPECT_TRUE(fetch(id).doc.at("description").is_null());
  EXPECT_EQ(update(id, {{"description", "one\r\ntwo"}}).verdict, Verdict::kOk);
  EXPECT_EQ(task(id, "comment").text(), "one\ntwo\n\nExternal ref = A-1");
  EXPECT_EQ(update(id, {{"external_ref", "B-2"}}).verdict, Verdict::kOk);
  EXPECT_EQ(fetch(id).doc.at("description"), rich("text", "one\ntwo"));
  EXPECT_EQ(fetch(id).doc.at("external_ref").text(), "B-2");
  EXPECT_EQ(update(id, {{"description", nullptr}, {"external_ref", nullptr}}).verdict,
            Verdict::kOk);
  EXPECT_EQ(task(id, "comment").text(), "");
  EXPECT_TRUE(fetch(id).doc.at("external_ref").is_null());
  // People write behind it.
  ask("model.project.work.write",
      "[[" + id + R"(],{"comment":"a\n\nExternal ref = C-3\n\nand more"},{}])");
  EXPECT_EQ(fetch(id).doc.at("external_ref").text(), "C-3");
  EXPECT_EQ(fetch(id).doc.at("description"), rich("text", "a\n\nand more"));
}

TEST_F(TrytonTest, FindsByReferenceWithWildcardsInIt) {
  const std::string odd = R"(R_T%4\7'")";
  const std::string id =
      create({{"name", "odd"}, {"status", "work_done_status"}, {"external_ref", odd}});
  create({{"name", "like it"}, {"external_ref", R"(RxT4\7'")"}});
  Result<std::vector<std::string>> ids = connector_->find("ticket", where_, "external_ref", odd);
  ASSERT_TRUE(ids) << ids.error().message;
  EXPECT_THAT(*ids, ElementsAre(id));
  ids = connector_->find("ticket", where_, "external_ref", "R_T%4");
  ASSERT_TRUE(ids) << ids.error().message;
  EXPECT_THAT(*ids, IsEmpty());
}

TEST_F(TrytonTest, AWriteOnAStaleTaskIsAConflict) {
  const std::string id = create({{"name", "mine"}});
  host_.before = [&](const HttpRequest& request) {
    if (request.body.find("model.project.work.write") == std::string::npos) return;
    ask("model.project.work.write", "[[" + id + R"(],{"name":"theirs"},{}])");
  };
  const Outcome outcome = update(id, {{"name", "mine again"}});
  host_.before = nullptr;
  EXPECT_EQ(outcome.verdict, Verdict::kConflict) << describe(outcome);
  EXPECT_EQ(fetch(id).doc.at("name").text(), "theirs");
}

TEST_F(TrytonTest, AnEqualWriteIsNotSent) {
  const std::string id = create({{"name", "same"}, {"description", "x"}});
  const std::string version = fetch(id).version;
  EXPECT_EQ(update(id, {{"name", "same"}, {"description", "x\n"}}).verdict, Verdict::kOk);
  EXPECT_EQ(fetch(id).version, version);
  EXPECT_EQ(host_.count("model.project.work.write"), 0);
}

TEST_F(TrytonTest, OneLogInServesAndAnEndedSessionIsRenewed) {
  const std::string id = create({{"name", "session"}});
  for (int i = 0; i < 5; ++i) fetch(id);
  EXPECT_EQ(host_.count("common.db.login"), 1);
  HttpRequest logout = host_.requests.back();
  logout.body = R"({"id":1,"method":"common.db.logout","params":[]})";
  ASSERT_EQ(host_.real().http().send(logout).answer.status, 200);
  EXPECT_EQ(update(id, {{"name", "renewed"}}).verdict, Verdict::kOk);
  EXPECT_EQ(host_.count("common.db.login"), 2);
  EXPECT_EQ(fetch(id).doc.at("name").text(), "renewed");
  const HttpRequest last = host_.requests.back();
  connector_.reset();
  EXPECT_EQ(host_.count("common.db.logout"), 1);
  EXPECT_EQ(host_.real().http().send(last).answer.status, 401) << "it was logged out";
}

TEST_F(TrytonTest, AWrongPasswordDoesNotLockTheAccount) {
  auto wrong = make({{"password", "not the password"}});
  const int before = host_.count("common.db.login");
  for (int i = 0; i < 8; ++i) {
    const Result<Description> described = wrong->connect();
    ASSERT_FALSE(described);
    EXPECT_EQ(described.error().fault, Fault::kMisconfigured);
    EXPECT_THAT(described.error().message, Not(HasSubstr("not the password")));
  }
  EXPECT_EQ(host_.count("common.db.login"), before + 1);
  EXPECT_TRUE(make({})->connect()) << "it would be refused by now";
}

TEST_F(TrytonTest, NothingInternalIsWrittenUnlessTheSettingsSaySo) {
  const std::string id = create({{"name", "notes"}});
  const Outcome refused =
      connector_->execute(comment_command(id, where_, Visibility::kInternal, "secret"), "");
  EXPECT_EQ(refused.verdict, Verdict::kMisconfigured) << describe(refused);
  EXPECT_THAT(refused.message, HasSubstr("internal_comments"));
  const Outcome shared =
      connector_->execute(comment_command(id, where_, Visibility::kShared, "secret"), "");
  EXPECT_EQ(shared.verdict, Verdict::kMisconfigured) << describe(shared);
  const Outcome file = connector_->execute(
      attach_command(id, where_, Visibility::kInternal, "hidden.txt", 3), "abc");
  EXPECT_EQ(file.verdict, Verdict::kRejected) << describe(file);
  EXPECT_THAT(fetch(id).comments, IsEmpty());
  EXPECT_THAT(fetch(id).attachments, IsEmpty());
  EXPECT_EQ(host_.count("model.ir.note.create") + host_.count("model.ir.attachment.create"), 0);
}

TEST_F(TrytonTest, ANoteOfPeopleIsForWhomTheSettingsSay) {
  const std::string id = create({{"name", "human"}});
  ask("model.ir.note.create", R"([[{"resource":"project.work,)" + id +
                                  R"(","message":"plain"},{"resource":"project.work,)" + id +
                                  R"(","message":"[public]\nfor all"},{"resource":"project.work,)" +
                                  id + R"(","message":"[internal]\nfor us"}],{}])");
  const Record closed = fetch(id);
  ASSERT_THAT(closed.comments, SizeIs(3));
  EXPECT_EQ(closed.comments[0].visibility, Visibility::kInternal);
  EXPECT_FALSE(closed.comments[0].own);
  EXPECT_EQ(closed.comments[1].visibility, Visibility::kPublic);
  EXPECT_EQ(closed.comments[1].text, "for all");
  EXPECT_EQ(closed.comments[2].visibility, Visibility::kInternal);
  const auto open = connected({{"notes", "public"}});
  const Record shown = fetch(*open, id);
  ASSERT_THAT(shown.comments, SizeIs(3));
  EXPECT_EQ(shown.comments[0].visibility, Visibility::kPublic);
  EXPECT_EQ(shown.comments[0].text, "plain");
  EXPECT_EQ(shown.comments[2].visibility, Visibility::kInternal);
}

TEST_F(TrytonTest, ATextThatLooksLikeAMarkDoesNotWidenIt) {
  const std::string id = create({{"name", "marks"}});
  for (const char* notes : {"internal", "public"}) {
    const auto connector = connected({{"notes", notes}, {"internal_comments", "write"}});
    EXPECT_TRUE(description_.internal_comments);
    for (const Visibility visibility : {Visibility::kInternal, Visibility::kPublic}) {
      for (const char* text : {"[public]\nx", "[internal]\nx", "[public]", "plain"}) {
        const Outcome outcome =
            connector->execute(comment_command(id, where_, visibility, text), "");
        ASSERT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
        const Comment back = fetch(*connector, id).comments.back();
        EXPECT_EQ(back.visibility, visibility) << notes << " " << text;
        EXPECT_EQ(back.text, text);
      }
    }
  }
}

TEST_F(TrytonTest, FilesSurviveWithTheirNames) {
  const std::string id = create({{"name", "files"}});
  const std::string bytes = every_byte(5 << 20);
  const Outcome outcome = connector_->execute(
      attach_command(id, where_, Visibility::kPublic, "été/😀 b.bin", 5 << 20), bytes);
  ASSERT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
  const Record record = fetch(id);
  ASSERT_THAT(record.attachments, SizeIs(1));
  EXPECT_EQ(record.attachments[0].name, "été_😀 b.bin");
  EXPECT_EQ(record.attachments[0].size, 5 << 20);
  EXPECT_EQ(record.attachments[0].visibility, Visibility::kPublic);
  EXPECT_TRUE(record.attachments[0].own);
  const Result<std::string> back = connector_->download(id, outcome.id, 6 << 20);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, bytes);
  EXPECT_FALSE(connector_->download(id, outcome.id, 1'000));
  const std::string other = create({{"name", "other"}});
  EXPECT_FALSE(connector_->download(other, outcome.id, 6 << 20)) << "a file of another task";
}

TEST_F(TrytonTest, PollsTasksNotesAndFilesOfItsProjectOnly) {
  PollRequest request;
  request.where = where_;
  poll_all(*connector_, request);
  const std::string start = request.cursor;
  const std::string first = create({{"name", "poll 1"}});
  const std::string second = create({{"name", "poll 2"}});
  EXPECT_THAT(poll_all(*connector_, request), ElementsAre(first, second));
  EXPECT_THAT(poll_all(*connector_, request), IsEmpty());
  ask("model.ir.note.create",
      R"([[{"resource":"project.work,)" + first + R"(","message":"a"}],{}])");
  EXPECT_THAT(poll_all(*connector_, request), ElementsAre(first));
  ask("model.ir.note.create",
      R"([[{"resource":"project.work,)" + first + R"(","message":"b"}],{}])");
  EXPECT_THAT(poll_all(*connector_, request), ElementsAre(first)) << "within one second";
  ask("model.ir.attachment.create",
      R"([[{"resource":"project.work,)" + second + R"(","name":"f","type":"data"}],{}])");
  EXPECT_THAT(poll_all(*connector_, request), ElementsAre(second));
  ask("model.project.work.write", "[[" + second + R"(],{"name":"x"},{}])");
  EXPECT_THAT(poll_all(*connector_, request), ElementsAre(second));
  ask("model.project.work.create", R"([[{"name":"elsewhere","type":"task","parent":2,"company":1}],
                                      {}])");
  EXPECT_THAT(poll_all(*connector_, request), IsEmpty());
  request.cursor = start;
  request.limit = 1;
  const std::vector<std::string> again = poll_all(*connector_, request);
  EXPECT_THAT(again, Contains(first));
  EXPECT_THAT(again, Contains(second));
}

TEST_F(TrytonTest, FirstStartWalksThroughManyTasksOfOneMoment) {
  std::string rows;
  for (int i = 0; i < 450; ++i) {
    rows += (i == 0 ? "" : ",") + std::string(R"({"name":"bulk","type":"task","parent":2,
                                                  "company":1})");
  }
  const Json made = ask("model.project.work.create", "[[" + rows + "],{}]");
  ASSERT_EQ(made.size(), 450U);
  PollRequest request;
  request.where = where_of("project", "Déploiement mairie");
  request.since = "2020-01-01T00:00:00Z";
  const std::vector<std::string> seen = poll_all(*connector_, request);
  for (const Json& id : made.items()) EXPECT_THAT(seen, Contains(id.text()));
  EXPECT_THAT(poll_all(*connector_, request), IsEmpty());
}

TEST_F(TrytonTest, ATaskThatIsGoneIsDeletedAndGone) {
  const std::string id = create({{"name", "delete me"}});
  ask("model.project.work.delete", "[[" + id + "],{}]");
  EXPECT_TRUE(fetch(id).deleted);
  EXPECT_TRUE(fetch("not a number").deleted);
  EXPECT_EQ(update(id, {{"name", "x"}}).verdict, Verdict::kGone);
  EXPECT_EQ(connector_->execute(comment_command(id, where_, Visibility::kPublic, "x"), "").verdict,
            Verdict::kGone);
  EXPECT_EQ(
      connector_->execute(attach_command(id, where_, Visibility::kPublic, "x", 1), "x").verdict,
      Verdict::kGone);
}

TEST_F(TrytonTest, WhatTrytonRefusesIsRejectedAndNothingElse) {
  Outcome outcome =
      connector_->execute(create_command(where_, {{"name", std::string("nul\0", 4)}}), "");
  EXPECT_EQ(outcome.verdict, Verdict::kRejected) << describe(outcome);
  const auto limited = alice();
  outcome = limited->execute(create_command(where_, {{"name", "not allowed"}}), "");
  EXPECT_EQ(outcome.verdict, Verdict::kRejected) << describe(outcome);
  const std::string id = create({{"name", "line\nbreak\tand tab"}});
  EXPECT_EQ(fetch(id).doc.at("name").text(), "line break and tab");
}

TEST_F(TrytonTest, PreviewShowsWhatWouldBeSentAndSendsNothing) {
  const std::string id = create({{"name", "before"}});
  const Result<Json> update =
      connector_->preview(update_command(id, where_, {{"name", "after"}, {"status", "En cours"}}));
  ASSERT_TRUE(update) << update.error().message;
  ASSERT_EQ(update->size(), 1U);
  EXPECT_THAT(update->dump(), HasSubstr(R"({"name":"after","status":3})"));
  const Result<Json> made = connector_->preview(create_command(where_, {{"name", "new one"}}));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->size(), 1U) << made->dump();
  const Result<Json> file =
      connector_->preview(attach_command(id, where_, Visibility::kPublic, "a.bin", 10));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->size(), 1U) << file->dump();
  EXPECT_EQ(fetch(id).doc.at("name").text(), "before");
}

TEST_F(TrytonTest, WrongProjectsAndDatabasesAreTold) {
  PollRequest request;
  request.where = where_of("project", "no such");
  const Result<Page> page = connector_->poll(request);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().fault, Fault::kMisconfigured);
  const std::string url = tryton()["TRYTON_URL"];
  const Result<Description> described =
      make({{"url", url.substr(0, url.size() - 4) + "nowhere"}})->connect();
  ASSERT_FALSE(described);
  EXPECT_EQ(described.error().fault, Fault::kMisconfigured);
  EXPECT_THAT(described.error().message, HasSubstr("database"));
}

}  // namespace
}  // namespace navette::test
