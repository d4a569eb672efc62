// The redmine connector against a real Redmine.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/declarative/catalog.h"
#include "tests/connectors/declarative/support.h"
#include "tests/connectors/declarative/systems_main.h"

namespace navette::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kMark = "custom_fields[name='External ref'].value";

class RedmineTest : public testing::Test {
 protected:
  RedmineTest() : host_(redmine()["REDMINE_URL"]) {
    connector_ = make(redmine()["REDMINE_ALICE_KEY"]);
    Result<Description> described = connector_->connect();
    EXPECT_TRUE(described) << described.error().message;
    if (described) description_ = *described;
  }

  std::unique_ptr<Connector> make(const std::string& key) {
    auto made =
        make_connector("redmine", {{"url", redmine()["REDMINE_URL"]}, {"api_key", key}}, host_);
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }

  std::string create(std::vector<FieldWrite> fields) {
    const Outcome outcome = connector_->execute(create_command(where_, std::move(fields)), "");
    EXPECT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
    EXPECT_THAT(outcome.refused, IsEmpty()) << describe(outcome);
    return outcome.id;
  }

  Record fetch(const std::string& id) {
    Result<Record> record = connector_->fetch("ticket", id, where_);
    EXPECT_TRUE(record) << record.error().message;
    return record ? *record : Record{};
  }

  // As the administrator; answers the status.
  int ask(const std::string& method, const std::string& path, const std::string& body) {
    HttpRequest request;
    request.method = method;
    request.url = redmine()["REDMINE_URL"] + path;
    request.headers = {{"X-Redmine-API-Key", redmine()["REDMINE_ADMIN_KEY"]},
                       {"Content-Type", "application/json"}};
    request.body = body;
    return host_.http().send(request).answer.status;
  }

  RealHost host_;
  std::unique_ptr<Connector> connector_;
  Description description_;
  Json where_ = where_of("project", "support-acme");
};

TEST_F(RedmineTest, SaysWhoItIsAndWhatItCanKeepInternal) {
  EXPECT_EQ(description_.self.login, "alice");
  EXPECT_EQ(description_.self.name, "Alice Developer");
  EXPECT_TRUE(description_.internal_comments);
  EXPECT_FALSE(description_.attachment_visibility);
  EXPECT_THAT(description_.warnings, IsEmpty());
}

TEST_F(RedmineTest, CreatesWithEveryFieldAndReadsItBack) {
  const std::string id = create({{"subject", "VPN drops é€😀"},
                                 {"description", rich("textile", "every 5 min\n\n* a\n* b")},
                                 {"status", "In Progress"},
                                 {"priority", "High"},
                                 {"tracker", "Support"},
                                 {"assigned_to", "Bob Developer"},
                                 {"start_date", "2026-11-24"},
                                 {"due_date", "2026-12-24"},
                                 {"done_ratio", 30},
                                 {"estimated_hours", 1.5},
                                 {kMark, "RT-4711"}});
  const Record record = fetch(id);
  EXPECT_EQ(record.doc.at("subject").text(), "VPN drops é€😀");
  EXPECT_EQ(record.doc.at("description"), rich("textile", "every 5 min\n\n* a\n* b"));
  EXPECT_EQ(record.doc.at("status").text(), "In Progress");
  EXPECT_EQ(record.doc.at("priority").text(), "High");
  EXPECT_EQ(record.doc.at("tracker").text(), "Support");
  EXPECT_EQ(record.doc.at("assigned_to").text(), "Bob Developer");
  EXPECT_EQ(record.doc.at("project").text(), "Support ACME");
  EXPECT_EQ(record.doc.at("due_date").text(), "2026-12-24");
  EXPECT_EQ(record.doc.at("done_ratio"), Json(30));
  EXPECT_EQ(record.doc.at("estimated_hours"), Json(1.5));
  EXPECT_EQ(record.doc.at("custom_fields").items()[0].at("value").text(), "RT-4711");
  EXPECT_TRUE(record.in_scope);
}

TEST_F(RedmineTest, ClearsFieldsAndDoesNotTouchWhatIsEqual) {
  const std::string id = create({{"subject", "clear"},
                                 {"description", rich("textile", "a\r\nb")},
                                 {"assigned_to", "Bob Developer"},
                                 {"due_date", "2026-12-24"},
                                 {"estimated_hours", 2},
                                 {kMark, "RT-1"}});
  Outcome outcome = connector_->execute(update_command(id, where_,
                                                       {{"description", nullptr},
                                                        {"assigned_to", nullptr},
                                                        {"due_date", nullptr},
                                                        {"estimated_hours", nullptr},
                                                        {kMark, nullptr}}),
                                        "");
  ASSERT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
  EXPECT_THAT(outcome.refused, IsEmpty()) << describe(outcome);
  const Record cleared = fetch(id);
  EXPECT_TRUE(cleared.doc.at("assigned_to").is_null());
  EXPECT_TRUE(cleared.doc.at("due_date").is_null());
  EXPECT_TRUE(cleared.doc.at("description").is_null());
  // A write would move it to another second.
  ASSERT_TRUE(host_.pause(std::chrono::milliseconds(1100)));
  outcome = connector_->execute(
      update_command(id, where_, {{"subject", "clear"}, {"due_date", ""}, {kMark, ""}}), "");
  EXPECT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
  EXPECT_EQ(fetch(id).version, cleared.version);
}

TEST_F(RedmineTest, TellsWhatTheWorkflowRefusesBeforeItWrites) {
  const std::string id = create({{"subject", "closed"}, {"status", "Closed"}});
  const Outcome outcome = connector_->execute(
      update_command(id, where_, {{"status", "New"}, {"subject", "still written"}}), "");
  ASSERT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
  ASSERT_EQ(outcome.refused.size(), 1U) << describe(outcome);
  EXPECT_EQ(outcome.refused[0].path, "status");
  EXPECT_EQ(outcome.refused[0].found.text(), "Closed");
  EXPECT_THAT(outcome.refused[0].reason, HasSubstr("workflow"));
  EXPECT_EQ(outcome.after->doc.at("subject").text(), "still written");
}

TEST_F(RedmineTest, UnknownNamesAreRefusedFieldByField) {
  const Outcome outcome =
      connector_->execute(create_command(where_, {{"subject", "names"},
                                                  {"assigned_to", "Nobody Known"},
                                                  {"priority", "Terrible"},
                                                  {"custom_fields[name='No such'].value", "x"}}),
                          "");
  ASSERT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
  EXPECT_EQ(outcome.refused.size(), 3U) << describe(outcome);
}

TEST_F(RedmineTest, NotesArePublicOrPrivateAsAsked) {
  const std::string id = create({{"subject", "notes"}});
  const Outcome shown =
      connector_->execute(comment_command(id, where_, Visibility::kPublic, "one\ntwo"), "");
  ASSERT_EQ(shown.verdict, Verdict::kOk) << describe(shown);
  const Outcome hidden =
      connector_->execute(comment_command(id, where_, Visibility::kInternal, "secret"), "");
  ASSERT_EQ(hidden.verdict, Verdict::kOk) << describe(hidden);
  const Record record = fetch(id);
  ASSERT_EQ(record.comments.size(), 2U);
  EXPECT_EQ(record.comments[0].id, shown.id);
  EXPECT_EQ(record.comments[0].visibility, Visibility::kPublic);
  EXPECT_EQ(record.comments[0].text, "one\ntwo");
  EXPECT_TRUE(record.comments[0].own);
  EXPECT_EQ(record.comments[1].id, hidden.id);
  EXPECT_EQ(record.comments[1].visibility, Visibility::kInternal);
}

TEST_F(RedmineTest, APrivateNoteIsNotWrittenWithoutTheRight) {
  const std::string id = create({{"subject", "reporter"}});
  std::unique_ptr<Connector> reporter = make(redmine()["REDMINE_REPORTER_KEY"]);
  const Result<Description> described = reporter->connect();
  ASSERT_TRUE(described) << described.error().message;
  EXPECT_FALSE(described->internal_comments);
  EXPECT_THAT(described->warnings, ElementsAre(HasSubstr("private notes")));
  const Outcome outcome =
      reporter->execute(comment_command(id, where_, Visibility::kInternal, "secret"), "");
  EXPECT_EQ(outcome.verdict, Verdict::kMisconfigured) << describe(outcome);
  EXPECT_THAT(outcome.message, HasSubstr("Set notes as private"));
  EXPECT_THAT(fetch(id).comments, IsEmpty());
}

TEST_F(RedmineTest, FilesSurviveWithTheirNames) {
  const std::string id = create({{"subject", "files"}});
  const std::string bytes = every_byte(70'000);
  const Outcome outcome = connector_->execute(
      attach_command(id, where_, Visibility::kPublic, "été 😀 b.bin", 70'000), bytes);
  ASSERT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
  const Record record = fetch(id);
  ASSERT_EQ(record.attachments.size(), 1U);
  EXPECT_EQ(record.attachments[0].id, outcome.id);
  EXPECT_EQ(record.attachments[0].name, "été 😀 b.bin");
  EXPECT_EQ(record.attachments[0].size, 70'000);
  EXPECT_TRUE(record.attachments[0].own);
  const Result<std::string> back = connector_->download(id, outcome.id, 100'000);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, bytes);
  const Result<std::string> large = connector_->download(id, outcome.id, 1'000);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().fault, Fault::kRejected);
  EXPECT_FALSE(connector_->download(id, "999999", 1'000));
  const Outcome empty =
      connector_->execute(attach_command(id, where_, Visibility::kPublic, "empty.txt", 0), "");
  EXPECT_EQ(empty.verdict, Verdict::kOk) << describe(empty);
  const Outcome hidden = connector_->execute(
      attach_command(id, where_, Visibility::kInternal, "hidden.txt", 3), "abc");
  EXPECT_EQ(hidden.verdict, Verdict::kRejected);
  const Outcome huge = connector_->execute(
      attach_command(id, where_, Visibility::kPublic, "huge.bin", 6 << 20), every_byte(6 << 20));
  EXPECT_EQ(huge.verdict, Verdict::kRejected) << describe(huge);
  EXPECT_THAT(huge.message, HasSubstr("maximum allowed"));
}

TEST_F(RedmineTest, FindsByCustomFieldOpenOrClosed) {
  const std::string id = create({{"subject", "find"}, {"status", "Closed"}, {kMark, "RT-|77*"}});
  Result<std::vector<std::string>> ids = connector_->find("ticket", where_, kMark, "RT-|77*");
  ASSERT_TRUE(ids) << ids.error().message;
  EXPECT_THAT(*ids, ElementsAre(id));
  ids = connector_->find("ticket", where_, kMark, "RT-none");
  ASSERT_TRUE(ids) << ids.error().message;
  EXPECT_THAT(*ids, IsEmpty());
}

TEST_F(RedmineTest, PollsEachChangeOnceMoreWhenItsSecondIsOver) {
  PollRequest request;
  request.where = where_;
  poll_all(*connector_, request);
  const std::string start = request.cursor;
  const std::string first = create({{"subject", "poll 1"}});
  const std::string second = create({{"subject", "poll 2"}});
  EXPECT_THAT(poll_all(*connector_, request), ElementsAre(first, second));
  EXPECT_THAT(poll_all(*connector_, request), IsEmpty());
  host_.skip(std::chrono::seconds(3));
  EXPECT_THAT(poll_all(*connector_, request), Contains(second));
  EXPECT_THAT(poll_all(*connector_, request), IsEmpty());
  host_.skip(std::chrono::seconds(3));
  EXPECT_THAT(poll_all(*connector_, request), IsEmpty());
  request.cursor = start;
  EXPECT_THAT(poll_all(*connector_, request), ElementsAre(first, second));
}

TEST_F(RedmineTest, FirstStartWalksBackInSmallPages) {
  std::vector<std::string> made;
  for (int i = 0; i < 12; ++i) made.push_back(create({{"subject", "back"}}));
  PollRequest request;
  request.where = where_;
  request.since = "2020-01-01T00:00:00Z";
  request.limit = 3;
  const std::vector<std::string> seen = poll_all(*connector_, request);
  for (const std::string& id : made) EXPECT_THAT(seen, Contains(id));
}

TEST_F(RedmineTest, AnIssueThatIsGoneIsDeleted) {
  const std::string id = create({{"subject", "delete me"}});
  ASSERT_EQ(ask("DELETE", "/issues/" + id + ".json", ""), 204);
  EXPECT_TRUE(fetch(id).deleted);
  EXPECT_EQ(connector_->execute(update_command(id, where_, {{"subject", "x"}}), "").verdict,
            Verdict::kGone);
  EXPECT_EQ(connector_->execute(comment_command(id, where_, Visibility::kPublic, "x"), "").verdict,
            Verdict::kGone);
}

TEST_F(RedmineTest, PreviewShowsWhatWouldBeSentAndSendsNothing) {
  const std::string id = create({{"subject", "before"}});
  const Result<Json> update =
      connector_->preview(update_command(id, where_, {{"subject", "after"}, {"priority", "High"}}));
  ASSERT_TRUE(update) << update.error().message;
  ASSERT_EQ(update->size(), 1U);
  EXPECT_EQ(update->items()[0].at("body").dump(),
            R"({"issue":{"subject":"after","priority_id":3}})");
  const Result<Json> made =
      connector_->preview(create_command(where_, {{"subject", "new one"}, {"status", "Resolved"}}));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->size(), 2U) << made->dump();
  const Result<Json> file =
      connector_->preview(attach_command(id, where_, Visibility::kPublic, "a.bin", 10));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->size(), 2U) << file->dump();
  EXPECT_EQ(file->dump().find(redmine()["REDMINE_ALICE_KEY"]), std::string::npos);
  EXPECT_EQ(fetch(id).doc.at("subject").text(), "before");
}

TEST_F(RedmineTest, WrongKeysAndProjectsAreTold) {
  std::unique_ptr<Connector> wrong = make("0123456789012345678901234567890123456789");
  const Result<Description> described = wrong->connect();
  ASSERT_FALSE(described);
  EXPECT_EQ(described.error().fault, Fault::kMisconfigured);
  EXPECT_THAT(described.error().message, Not(HasSubstr("0123456789")));
  PollRequest request;
  request.where = where_of("project", "no-such");
  const Result<Page> page = connector_->poll(request);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().fault, Fault::kMisconfigured);
}

}  // namespace
}  // namespace navette::test
