#include "connectors/host/wire.h"

#include <gtest/gtest.h>

namespace navette::wire {
namespace {

Person alice() {
  return {"7", "alice", "Alice Ü", "alice@example.com"};
}

Record full_record() {
  Record record;
  record.entity = "issue";
  record.id = "42";
  record.version = "v9";
  record.updated_at = "2026-11-24T02:18:22Z";
  record.url = "https://tracker/42";
  record.merged_into = "41";
  record.deleted = true;
  record.in_scope = false;
  record.doc = *Json::parse(R"({"subject":"a","empty":{},"none":null,"list":[]})");
  Comment comment;
  comment.id = "c1";
  comment.key = "k1";
  comment.author = alice();
  comment.own = true;
  comment.created_at = "2026-11-24T02:18:22Z";
  comment.visibility = Visibility::kShared;
  comment.markup = "";
  comment.text = "text\r\n\x01";
  record.comments = {comment, Comment{}};
  Attachment attachment;
  attachment.id = "a1";
  attachment.key = "k2";
  attachment.name = "name / ü.txt";
  attachment.content_type = "text/plain";
  attachment.size = 0;
  attachment.author = alice();
  attachment.own = true;
  attachment.created_at = "2026-11-24T02:18:22Z";
  attachment.visibility = Visibility::kPublic;
  attachment.comment_id = "c1";
  record.attachments = {attachment, Attachment{}};
  return record;
}

// What is read back prints the same: equal members, none lost.
template <class T, class Decode>
void expect_round_trip(const T& value, Decode decode) {
  const Json json = encode(value);
  const auto read = decode(*Json::parse(json.dump()));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(encode(*read).dump(), json.dump());
}

TEST(Wire, ReadsBackEveryMemberOfARecord) {
  const Record record = full_record();
  expect_round_trip(record, decode_record);
  const auto read = decode_record(encode(record));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->entity, "issue");
  EXPECT_EQ(read->merged_into, "41");
  EXPECT_TRUE(read->deleted);
  EXPECT_FALSE(read->in_scope);
  EXPECT_EQ(read->doc, record.doc);
  ASSERT_EQ(read->comments.size(), 2U);
  EXPECT_EQ(read->comments[0].author.name, "Alice Ü");
  EXPECT_EQ(read->comments[0].visibility, Visibility::kShared);
  EXPECT_EQ(read->comments[0].markup, "");
  EXPECT_EQ(read->comments[0].text, "text\r\n\x01");
  EXPECT_EQ(read->comments[1].markup, "text");
  ASSERT_EQ(read->attachments.size(), 2U);
  EXPECT_EQ(read->attachments[0].size, 0);
  EXPECT_EQ(read->attachments[0].comment_id, "c1");
  EXPECT_EQ(read->attachments[1].size, -1);
}

TEST(Wire, ReadsBackRequestsPagesAndDescriptions) {
  PollRequest poll;
  poll.where = Json::object();
  poll.since = "2026-01-01T00:00:00Z";
  poll.cursor = "c";
  poll.limit = 7;
  expect_round_trip(poll, decode_poll_request);
  expect_round_trip(PollRequest{}, decode_poll_request);

  Page page;
  page.records = {full_record()};
  page.cursor = "next";
  page.more = true;
  expect_round_trip(page, decode_page);

  Description description;
  description.connector = "redmine";
  description.version = "1.2";
  description.system = "Redmine 5.0.4";
  description.self = alice();
  description.fields = {{"subject", "The title.", true, false, true, 200, "text"},
                        {"author", "", false, true, false, 0, ""}};
  description.internal_comments = true;
  description.comment_keys = true;
  description.attachment_visibility = true;
  description.can_poll = false;
  description.comment_markup = "textile";
  description.attachment_bytes_max = std::int64_t{5} << 30;
  description.warnings = {"no right to see logins"};
  expect_round_trip(description, decode_description);
  EXPECT_EQ(decode_description(encode(description))->attachment_bytes_max, std::int64_t{5} << 30);
}

TEST(Wire, ReadsBackCommandsOfEachKind) {
  for (const CommandKind kind :
       {CommandKind::kCreate, CommandKind::kUpdate, CommandKind::kComment, CommandKind::kAttach}) {
    Command command;
    command.key = "key-1";
    command.kind = kind;
    command.id = "42";
    command.where = *Json::parse(R"({"Queue":"Helpdesk"})");
    command.fields = {{"subject", Json("x")}, {"due", Json()}};
    command.comment.text = "hello";
    command.attachment.name = "a.txt";
    expect_round_trip(command, decode_command);
    const auto read = decode_command(encode(command));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->kind, kind);
    ASSERT_EQ(read->fields.size(), 2U);
    EXPECT_TRUE(read->fields[1].value.is_null()) << "null clears; it must travel";
  }
}

TEST(Wire, ReadsBackEveryVerdict) {
  for (int i = 0; i <= static_cast<int>(Verdict::kAmbiguous); ++i) {
    Outcome outcome;
    outcome.verdict = static_cast<Verdict>(i);
    outcome.message = "why";
    outcome.retry_after = std::chrono::milliseconds(1500);
    outcome.id = "42";
    outcome.refused = {{"status", "not allowed", Json("open"), Json("new")}};
    outcome.after = full_record();
    expect_round_trip(outcome, decode_outcome);
    EXPECT_EQ(decode_outcome(encode(outcome))->verdict, outcome.verdict);
  }
}

TEST(Wire, NamesThePlaceOfWhatItCannotRead) {
  const auto broken = [](const char* text) { return decode_record(*Json::parse(text)); };
  EXPECT_EQ(broken(R"({})").error().message, "read record: id: it is missing");
  EXPECT_EQ(broken(R"([])").error().message, "read record: expected an object, found array");
  EXPECT_EQ(broken(R"({"id":""})").error().message, "read record: id: it is empty");
  EXPECT_EQ(broken(R"({"id":"1","comments":[{"visibility":"public"},{"visibility":"all"}]})")
                .error()
                .message,
            "read record: comments[1].visibility: expected one of internal, shared, public; "
            "found \"all\"");
  EXPECT_EQ(broken(R"({"id":"1","comments":[{"text":"x"}]})").error().message,
            "read record: comments[0].visibility: it is missing");
  EXPECT_EQ(broken(R"({"id":"1","deleted":"no"})").error().message,
            "read record: deleted: expected a boolean, found string");
  EXPECT_FALSE(decode_poll_request(*Json::parse(R"({"limit":-1})")));
  EXPECT_FALSE(decode_outcome(*Json::parse(R"({"verdict":"ok","retry_after_ms":-5})")));
}

TEST(Wire, IgnoresMembersThatItDoesNotKnow) {
  EXPECT_TRUE(decode_record(*Json::parse(R"({"id":"1","colour":"blue"})")));
}

}  // namespace
}  // namespace navette::wire
