// The request-tracker connector against a real Request Tracker.

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

class RequestTracker : public testing::Test {
 protected:
  RequestTracker() : host_(request_tracker()["RT_URL"]) {
    connector_ = make("RT_TOKEN");
    Result<Description> described = connector_->connect();
    EXPECT_TRUE(described) << described.error().message;
    if (described) description_ = *described;
  }

  std::unique_ptr<Connector> make(const std::string& token) {
    auto made = make_connector(
        "request-tracker",
        {{"url", request_tracker()["RT_URL"]}, {"token", request_tracker()[token]}}, host_);
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

  RealHost host_;
  std::unique_ptr<Connector> connector_;
  Description description_;
  Json where_ = where_of("Queue", "Helpdesk");
};

TEST_F(RequestTracker, SaysWhoItIsAndWhatItCanKeepInternal) {
  EXPECT_EQ(description_.self.id, "navette");
  EXPECT_THAT(description_.system, HasSubstr("5.0"));
  EXPECT_TRUE(description_.internal_comments);
  EXPECT_TRUE(description_.comment_keys);
  EXPECT_TRUE(description_.attachment_visibility);
  EXPECT_THAT(description_.warnings, IsEmpty());
}

TEST_F(RequestTracker, CreatesWithEveryFieldAndReadsItBack) {
  const std::string id = create({{"Subject", "Imprimante en panne é€😀"},
                                 {"Status", "stalled"},
                                 {"Priority", 42},
                                 {"Owner", "camille@client.example"},
                                 {"Requestor", "alice@client.example"},
                                 {"Due", "2026-12-01T10:00:00Z"},
                                 {"Starts", "2026-11-30"},
                                 {"TimeWorked", 5},
                                 {"Content", rich("html", "<p>Plus d'<b>encre</b> é</p>")},
                                 {"CustomFields.Severity", "Major"},
                                 {"CustomFields.External ref", "NAV-1"}});
  const Record record = fetch(id);
  EXPECT_EQ(record.doc.at("Subject").text(), "Imprimante en panne é€😀");
  EXPECT_EQ(record.doc.at("Status").text(), "stalled");
  EXPECT_EQ(record.doc.at("Queue").text(), "Helpdesk");
  EXPECT_EQ(record.doc.at("Priority"), Json(42));
  EXPECT_EQ(record.doc.at("Owner").text(), "camille");
  EXPECT_EQ(record.doc.at("Requestor").text(), "alice");
  EXPECT_EQ(record.doc.at("Due").text(), "2026-12-01T10:00:00Z");
  EXPECT_EQ(record.doc.at("Starts").text(), "2026-11-30T00:00:00Z");
  EXPECT_EQ(record.doc.at("TimeWorked"), Json(5));
  EXPECT_TRUE(record.doc.at("Resolved").is_null());
  EXPECT_EQ(record.doc.at("Content"), rich("html", "<p>Plus d'<b>encre</b> é</p>"));
  EXPECT_EQ(record.doc.at("CustomFields").at("Severity").text(), "Major");
  EXPECT_EQ(record.doc.at("CustomFields").at("External ref").text(), "NAV-1");
  EXPECT_FALSE(record.deleted);
  EXPECT_TRUE(record.in_scope);
  EXPECT_THAT(record.comments, IsEmpty());
  EXPECT_THAT(record.attachments, IsEmpty());
}

TEST_F(RequestTracker, ClearsFieldsAndDoesNotTouchWhatIsEqual) {
  const std::string id = create({{"Subject", "clear"},
                                 {"Due", "2026-12-01T10:00:00Z"},
                                 {"Owner", "camille"},
                                 {"CustomFields.Severity", "Minor"}});
  Outcome outcome = connector_->execute(update_command(id, where_,
                                                       {{"Due", nullptr},
                                                        {"Owner", nullptr},
                                                        {"CustomFields.Severity", nullptr},
                                                        {"CustomFields.External ref", nullptr}}),
                                        "");
  ASSERT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
  EXPECT_THAT(outcome.refused, IsEmpty()) << describe(outcome);
  const Record cleared = fetch(id);
  EXPECT_TRUE(cleared.doc.at("Due").is_null());
  EXPECT_TRUE(cleared.doc.at("Owner").is_null());
  EXPECT_TRUE(cleared.doc.at("CustomFields").at("Severity").is_null());
  // The same again: nothing moves.
  outcome = connector_->execute(update_command(id, where_,
                                               {{"Subject", "clear"},
                                                {"Due", ""},
                                                {"CustomFields.Severity", ""},
                                                {"CustomFields.External ref", nullptr}}),
                                "");
  EXPECT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
  EXPECT_EQ(fetch(id).version, cleared.version);
}

TEST_F(RequestTracker, TellsWhatWasRefusedWithTheSentence) {
  const Json strict = where_of("Queue", "Strict");
  const Outcome made = connector_->execute(create_command(strict, {{"Subject", "strict"}}), "");
  ASSERT_EQ(made.verdict, Verdict::kOk) << describe(made);
  const Outcome outcome = connector_->execute(
      update_command(made.id, strict,
                     {{"Status", "resolved"}, {"Subject", "taken"}, {"Owner", "nobody-known"}}),
      "");
  ASSERT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
  ASSERT_EQ(outcome.refused.size(), 2U) << describe(outcome);
  EXPECT_EQ(outcome.refused[0].path, "Status");
  EXPECT_THAT(outcome.refused[0].reason, HasSubstr("can't change status"));
  EXPECT_EQ(outcome.refused[0].found.text(), "new");
  EXPECT_EQ(outcome.refused[1].path, "Owner");
  EXPECT_EQ(outcome.after->doc.at("Subject").text(), "taken");
}

TEST_F(RequestTracker, ReplyKeepsTheStatusAndCarriesItsKey) {
  const std::string id = create({{"Subject", "reply"}});
  const Outcome reply = connector_->execute(
      comment_command(id, where_, Visibility::kPublic, "<p>Réponse</p>", "key-public"), "");
  ASSERT_EQ(reply.verdict, Verdict::kOk) << describe(reply);
  EXPECT_THAT(reply.refused, IsEmpty()) << describe(reply);
  const Outcome note = connector_->execute(
      comment_command(id, where_, Visibility::kInternal, "0", "key-internal"), "");
  ASSERT_EQ(note.verdict, Verdict::kOk) << describe(note);
  const Record record = fetch(id);
  EXPECT_EQ(record.doc.at("Status").text(), "new");
  ASSERT_EQ(record.comments.size(), 2U);
  EXPECT_EQ(record.comments[0].id, reply.id);
  EXPECT_EQ(record.comments[0].key, "key-public");
  EXPECT_EQ(record.comments[0].visibility, Visibility::kPublic);
  EXPECT_EQ(record.comments[0].text, "<p>Réponse</p>");
  EXPECT_TRUE(record.comments[0].own);
  EXPECT_EQ(record.comments[0].author.name, "Navette (synchronisation)");
  EXPECT_EQ(record.comments[1].id, note.id);
  EXPECT_EQ(record.comments[1].visibility, Visibility::kInternal);
  EXPECT_EQ(record.comments[1].text, "0 ");
}

TEST_F(RequestTracker, ReplyOnAResolvedTicketLeavesItResolved) {
  const std::string id = create({{"Subject", "resolved"}, {"Status", "resolved"}});
  const Outcome reply =
      connector_->execute(comment_command(id, where_, Visibility::kPublic, "Merci"), "");
  ASSERT_EQ(reply.verdict, Verdict::kOk) << describe(reply);
  EXPECT_EQ(fetch(id).doc.at("Status").text(), "resolved");
}

TEST_F(RequestTracker, EmptyTextsAreNeverSent) {
  const std::string id = create({{"Subject", "empty"}});
  const Outcome outcome =
      connector_->execute(comment_command(id, where_, Visibility::kPublic, " \n"), "");
  EXPECT_EQ(outcome.verdict, Verdict::kRejected);
  EXPECT_THAT(fetch(id).comments, IsEmpty());
}

TEST_F(RequestTracker, FilesSurviveWithTheirNamesAndVisibility) {
  const std::string id = create({{"Subject", "files"}});
  const std::string bytes = every_byte(70'000);
  const Outcome shown = connector_->execute(
      attach_command(id, where_, Visibility::kPublic, "été 😀/a b.bin", 70'000), bytes);
  ASSERT_EQ(shown.verdict, Verdict::kOk) << describe(shown);
  const Outcome hidden =
      connector_->execute(attach_command(id, where_, Visibility::kInternal, "plain.txt", 3), "abc");
  ASSERT_EQ(hidden.verdict, Verdict::kOk) << describe(hidden);
  const Record record = fetch(id);
  ASSERT_EQ(record.attachments.size(), 2U);
  EXPECT_EQ(record.attachments[0].id, shown.id);
  EXPECT_EQ(record.attachments[0].name, "été 😀_a b.bin");
  EXPECT_EQ(record.attachments[0].size, 70'000);
  EXPECT_EQ(record.attachments[0].visibility, Visibility::kPublic);
  EXPECT_TRUE(record.attachments[0].own);
  EXPECT_EQ(record.attachments[0].key, "attach-1");
  EXPECT_EQ(record.attachments[1].visibility, Visibility::kInternal);
  EXPECT_EQ(record.attachments[1].comment_id, record.comments[1].id);
  EXPECT_EQ(record.doc.at("Status").text(), "new");
  const Result<std::string> back = connector_->download(id, shown.id, 100'000);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, bytes);
  EXPECT_FALSE(connector_->download(id, shown.id, 1'000));
  const Result<std::string> none = connector_->download(id, "999999", 1'000);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().fault, Fault::kRejected);
}

TEST_F(RequestTracker, AnEmptyFileIsRejectedBeforeItIsSent) {
  const std::string id = create({{"Subject", "empty file"}});
  const Outcome outcome =
      connector_->execute(attach_command(id, where_, Visibility::kPublic, "e.txt", 0), "");
  EXPECT_EQ(outcome.verdict, Verdict::kRejected);
  EXPECT_THAT(fetch(id).comments, IsEmpty());
}

TEST_F(RequestTracker, FindsByCustomFieldExactly) {
  const std::string id =
      create({{"Subject", "find"}, {"CustomFields.External ref", "l'été \\ 77"}});
  Result<std::vector<std::string>> ids =
      connector_->find("ticket", where_, "CustomFields.External ref", "l'été \\ 77");
  ASSERT_TRUE(ids) << ids.error().message;
  EXPECT_THAT(*ids, ElementsAre(id));
  ids = connector_->find("ticket", where_, "CustomFields.External ref", "L'été \\ 77");
  ASSERT_TRUE(ids) << ids.error().message;
  EXPECT_THAT(*ids, IsEmpty());
}

TEST_F(RequestTracker, PollsEachChangeAndThenNothing) {
  PollRequest request;
  request.where = where_;
  EXPECT_THAT(poll_all(*connector_, request), IsEmpty());
  const std::string start = request.cursor;
  const std::string first = create({{"Subject", "poll 1"}});
  const std::string second = create({{"Subject", "poll 2"}});
  connector_->execute(comment_command(first, where_, Visibility::kInternal, "note"), "");
  EXPECT_THAT(poll_all(*connector_, request), ElementsAre(second, first));
  EXPECT_THAT(poll_all(*connector_, request), IsEmpty());
  host_.skip(std::chrono::minutes(1));
  EXPECT_THAT(poll_all(*connector_, request), IsEmpty());
  // An old cursor still works.
  request.cursor = start;
  EXPECT_THAT(poll_all(*connector_, request), ElementsAre(second, first));
}

TEST_F(RequestTracker, PollsSmallPagesToTheEnd) {
  PollRequest request;
  request.where = where_;
  request.limit = 3;
  poll_all(*connector_, request);
  std::vector<std::string> made;
  for (int i = 0; i < 8; ++i) made.push_back(create({{"Subject", "page"}}));
  std::vector<std::string> seen = poll_all(*connector_, request);
  for (const std::string& id : made) EXPECT_THAT(seen, Contains(id));
}

TEST_F(RequestTracker, FirstStartWalksBackAndMissesNothingAfter) {
  std::vector<std::string> made;
  for (int i = 0; i < 5; ++i) made.push_back(create({{"Subject", "back"}}));
  PollRequest request;
  request.where = where_;
  request.since = "2020-01-01T00:00:00Z";
  request.limit = 2;
  const std::vector<std::string> seen = poll_all(*connector_, request);
  for (const std::string& id : made) EXPECT_THAT(seen, Contains(id));
  EXPECT_THAT(poll_all(*connector_, request), IsEmpty());
  PollRequest later = request;
  later.cursor.clear();
  later.since = "2090-01-01T00:00:00Z";
  EXPECT_THAT(poll_all(*connector_, later), IsEmpty());
}

TEST_F(RequestTracker, MergedMissingAndForeignTicketsAreToldApart) {
  const std::string gone = create({{"Subject", "merge me"}});
  const std::string kept = create({{"Subject", "into me"}});
  HttpRequest merge;
  merge.method = "PUT";
  merge.url = request_tracker()["RT_URL"] + "/REST/2.0/ticket/" + gone;
  merge.headers = {{"Authorization", "token " + request_tracker()["RT_TOKEN"]},
                   {"Content-Type", "application/json"}};
  merge.body = "{\"MergeInto\":" + kept + "}";
  ASSERT_EQ(host_.http().send(merge).answer.status, 200);
  const Record merged = fetch(gone);
  EXPECT_TRUE(merged.deleted);
  EXPECT_EQ(merged.id, gone);
  EXPECT_EQ(merged.merged_into, kept);
  EXPECT_EQ(connector_->execute(update_command(gone, where_, {{"Subject", "x"}}), "").verdict,
            Verdict::kGone);
  EXPECT_TRUE(fetch("987654").deleted);
  const Result<Record> foreign = connector_->fetch("ticket", kept, where_of("Queue", "Strict"));
  ASSERT_TRUE(foreign);
  EXPECT_FALSE(foreign->in_scope);
}

TEST_F(RequestTracker, PreviewShowsWhatWouldBeSentAndSendsNothing) {
  const std::string id = create({{"Subject", "before"}});
  const Record before = fetch(id);
  const Result<Json> update =
      connector_->preview(update_command(id, where_, {{"Subject", "after"}, {"Status", "new"}}));
  ASSERT_TRUE(update) << update.error().message;
  ASSERT_EQ(update->size(), 1U) << update->dump();
  EXPECT_EQ(update->items()[0].at("body").dump(), R"({"Subject":"after"})");
  const Result<Json> comment =
      connector_->preview(comment_command(id, where_, Visibility::kPublic, "hello"));
  ASSERT_TRUE(comment) << comment.error().message;
  EXPECT_THAT(comment->dump(), HasSubstr("/correspond"));
  EXPECT_EQ(comment->dump().find(request_tracker()["RT_TOKEN"]), std::string::npos);
  const Result<Json> made =
      connector_->preview(create_command(where_, {{"Subject", "new one"}, {"Status", "stalled"}}));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->size(), 2U) << made->dump();
  EXPECT_EQ(fetch(id).version, before.version);
}

TEST_F(RequestTracker, AWrongTokenIsToldAtConnect) {
  auto made = make_connector(
      "request-tracker", {{"url", request_tracker()["RT_URL"]}, {"token", "1-27-abcdef"}}, host_);
  ASSERT_TRUE(made);
  const Result<Description> described = (*made)->connect();
  ASSERT_FALSE(described);
  EXPECT_EQ(described.error().fault, Fault::kMisconfigured);
  EXPECT_EQ(described.error().message.find("1-27-abcdef"), std::string::npos);
}

}  // namespace
}  // namespace navette::test
