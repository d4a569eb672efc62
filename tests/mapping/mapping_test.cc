#include "mapping/mapping.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace navette {
namespace {

FieldRule rule(std::string client, std::string provider) {
  FieldRule out;
  out.client = std::move(client);
  out.provider = std::move(provider);
  out.name = out.client + "~" + out.provider;
  return out;
}

Mapping compiled(FieldRule field) {
  FlowConfig flow;
  Table statuses;
  statuses.name = "statuses";
  statuses.rows = {
      {"new", "New"}, {"open", "In Progress"}, {"stalled", "In Progress"}, {"open", "Feedback"}};
  flow.tables["statuses"] = statuses;
  Table priorities;
  priorities.name = "priorities";
  priorities.rows = {{1, "Low"}, {2, "High"}};
  priorities.default_provider = Json("Normal");
  priorities.default_client = Json(0);
  flow.tables["priorities"] = priorities;
  flow.fields = {std::move(field)};
  auto mapping = Mapping::compile(flow);
  EXPECT_TRUE(mapping) << (mapping ? "" : mapping.error().message);
  return *mapping;
}

Json converted(const Mapping& mapping, Side from, const Json& value) {
  const Converted out = mapping.convert(0, from, value, {.source_id = "", .creating = false});
  EXPECT_EQ(out.kind, Converted::Kind::kValue) << out.reason;
  return out.value;
}

Record record(const char* json) {
  Record out;
  out.id = "17";
  out.doc = *Json::parse(json);
  return out;
}

TEST(MappingTable, FirstRowWinsInBothDirections) {
  FieldRule field = rule("Status", "status");
  field.table = "statuses";
  const Mapping mapping = compiled(field);
  EXPECT_EQ(converted(mapping, Side::kClient, "open"), Json("In Progress"));
  EXPECT_EQ(converted(mapping, Side::kClient, "stalled"), Json("In Progress"));
  EXPECT_EQ(converted(mapping, Side::kProvider, "In Progress"), Json("open"));
  EXPECT_EQ(converted(mapping, Side::kProvider, "Feedback"), Json("open"));
  EXPECT_EQ(converted(mapping, Side::kClient, nullptr), Json());
}

TEST(MappingTable, RejectsAnUnknownValueAndNamesTheKnownOnes) {
  FieldRule field = rule("Status", "status");
  field.table = "statuses";
  const Mapping mapping = compiled(field);
  const Converted out = mapping.convert(0, Side::kClient, "opne", {});
  ASSERT_EQ(out.kind, Converted::Kind::kReject);
  EXPECT_EQ(out.reason,
            "convert Status~status: the client's value \"opne\" has no row in table \"statuses\" "
            "and there is no default; known are \"new\", \"open\", \"stalled\"; did you mean "
            "\"open\"? Add a row or a default.");
  const Converted cased = mapping.convert(0, Side::kProvider, "nwe", {});
  ASSERT_EQ(cased.kind, Converted::Kind::kReject);
  EXPECT_NE(cased.reason.find("did you mean \"New\"?"), std::string::npos) << cased.reason;
}

TEST(MappingTable, ReadsAnotherCaseAsTheTablesSpelling) {
  FieldRule field = rule("Status", "status");
  field.table = "statuses";
  const Mapping mapping = compiled(field);
  EXPECT_EQ(mapping.read(0, Side::kClient, record(R"({"Status":"OPEN"})")), Json("open"));
  EXPECT_TRUE(mapping.same(0, Side::kClient, "OPEN", "open"));
  EXPECT_FALSE(mapping.same(0, Side::kClient, "open", "new"));
  const Converted found = mapping.convert(0, Side::kProvider, "IN PROGRESS", {});
  EXPECT_EQ(found.value, Json("open"));
  EXPECT_EQ(found.row, "In Progress");
}

TEST(MappingTable, TakesItsDefaultAndNumbersAsTexts) {
  FieldRule field = rule("Priority", "priority");
  field.table = "priorities";
  const Mapping mapping = compiled(field);
  EXPECT_EQ(converted(mapping, Side::kClient, "1"), Json("Low"));
  EXPECT_EQ(converted(mapping, Side::kClient, 2), Json("High"));
  EXPECT_EQ(converted(mapping, Side::kClient, 42), Json("Normal"));
  EXPECT_EQ(converted(mapping, Side::kProvider, "High"), Json(2));
  EXPECT_EQ(converted(mapping, Side::kProvider, "Urgent"), Json(0));
}

TEST(MappingRead, TellsEmptyFromMissingOnlyInThePath) {
  const Mapping mapping = compiled(rule("a", "b"));
  EXPECT_EQ(mapping.read(0, Side::kClient, record(R"({"a":""})")), Json());
  EXPECT_EQ(mapping.read(0, Side::kClient, record(R"({"a":null})")), Json());
  EXPECT_EQ(mapping.read(0, Side::kClient, record(R"({"a":[]})")), Json());
  EXPECT_EQ(mapping.read(0, Side::kClient, record(R"({})")), Json());
  EXPECT_EQ(mapping.read(0, Side::kClient, record(R"({"a":["x"]})")), Json("x"));
  EXPECT_EQ(mapping.read(0, Side::kClient, record(R"({"a":"x\r\ny\rz"})")), Json("x\ny\nz"));
  EXPECT_EQ(mapping.read(0, Side::kClient, record(R"({"a":0})")), Json(0));
  EXPECT_EQ(mapping.read(0, Side::kClient, record(R"({"a":false})")), Json(false));
}

TEST(MappingDefault, StandsForAnEmptyValue) {
  FieldRule field = rule("a", "b");
  field.default_value.provider = Json("(none)");
  const Mapping mapping = compiled(field);
  EXPECT_EQ(converted(mapping, Side::kClient, nullptr), Json("(none)"));
  EXPECT_EQ(converted(mapping, Side::kProvider, nullptr), Json());
  FieldRule constant = rule("", "tracker");
  constant.default_value.provider = Json("Support");
  EXPECT_EQ(converted(compiled(constant), Side::kClient, nullptr), Json("Support"));
}

TEST(MappingTemplate, MarksTheOtherSideAndIsParsedBack) {
  FieldRule field = rule("id", "custom_fields[name='External ref'].value");
  field.text_template = "RT-{id}";
  const Mapping mapping = compiled(field);
  EXPECT_EQ(mapping.mark_of(Side::kProvider), 0U);
  EXPECT_FALSE(mapping.mark_of(Side::kClient).has_value());
  EXPECT_EQ(mapping.read(0, Side::kClient, record("{}")), Json("17"));
  EXPECT_EQ(mapping.mark_text(0, "17"), "RT-17");
  EXPECT_EQ(mapping.id_of_mark(0, "RT-17"), "17");
  EXPECT_EQ(mapping.id_of_mark(0, " RT-17\n"), "17");
  EXPECT_FALSE(mapping.id_of_mark(0, "RT-").has_value());
  EXPECT_FALSE(mapping.id_of_mark(0, "JIRA-17").has_value());
  const ConvertContext context = {.source_id = "18", .creating = true};
  EXPECT_EQ(mapping.convert(0, Side::kClient, "17", context).value, Json("RT-18"));
  EXPECT_EQ(converted(mapping, Side::kClient, "17"), Json("RT-17"));
  EXPECT_EQ(mapping.convert(0, Side::kProvider, "RT-17", {}).kind, Converted::Kind::kKeep);
}

TEST(MappingTemplate, OfAValueGoesBothWays) {
  FieldRule field = rule("Building", "location");
  field.text_template = "Site <{value}>";
  const Mapping mapping = compiled(field);
  EXPECT_EQ(converted(mapping, Side::kClient, "B7"), Json("Site <B7>"));
  EXPECT_EQ(converted(mapping, Side::kProvider, "Site <B7>"), Json("B7"));
  EXPECT_EQ(mapping.convert(0, Side::kProvider, "B7", {}).kind, Converted::Kind::kReject);
  EXPECT_FALSE(mapping.mark_of(Side::kProvider).has_value());
}

TEST(MappingPeople, LooksUpBothWaysAndKeepsClearsOrRejects) {
  FieldRule field = rule("Owner", "assigned_to");
  field.has_people = true;
  field.people = {{{.client = {{"name", "camille"}}, .provider = {{"name", "Camille Martin"}}}},
                  {{.client = {{"name", "bob"}}, .provider = {{"name", "Bob Developer"}}}}};
  const Mapping mapping = compiled(field);
  EXPECT_EQ(converted(mapping, Side::kClient, "camille"), Json("Camille Martin"));
  EXPECT_EQ(converted(mapping, Side::kProvider, "bob developer"), Json("bob"));
  EXPECT_EQ(converted(mapping, Side::kClient, nullptr), Json());
  const Converted kept = mapping.convert(0, Side::kClient, "zoe", {});
  EXPECT_EQ(kept.kind, Converted::Kind::kKeep);
  EXPECT_NE(kept.reason.find("\"zoe\""), std::string::npos);
  field.unmatched = Unmatched::kClear;
  const Converted cleared = compiled(field).convert(0, Side::kClient, "zoe", {});
  EXPECT_EQ(cleared.value, Json());
  EXPECT_EQ(cleared.losses.size(), 1U);
  field.unmatched = Unmatched::kReject;
  EXPECT_EQ(compiled(field).convert(0, Side::kClient, "zoe", {}).kind, Converted::Kind::kReject);
}

TEST(MappingDate, GoesBetweenItsForms) {
  FieldRule field = rule("Due", "due_date");
  field.date = Sides<std::string>{.client = "datetime", .provider = "date"};
  const Mapping mapping = compiled(field);
  const auto read = [&mapping](const char* due) {
    return mapping.read(0, Side::kClient, record(due));
  };
  EXPECT_EQ(read(R"({"Due":"2026-12-01T10:00:00+02:00"})"), Json("2026-12-01T08:00:00Z"));
  EXPECT_EQ(read(R"({"Due":"2026-12-01 10:00:00"})"), Json("2026-12-01T10:00:00Z"));
  EXPECT_EQ(read(R"({"Due":"1970-01-01T00:00:00Z"})"), Json());
  EXPECT_EQ(converted(mapping, Side::kClient, "2026-12-01T08:00:00Z"), Json("2026-12-01"));
  EXPECT_EQ(converted(mapping, Side::kProvider, "2026-12-01"), Json("2026-12-01T00:00:00Z"));
  EXPECT_EQ(mapping.convert(0, Side::kClient, "soon", {}).kind, Converted::Kind::kReject);
  EXPECT_TRUE(mapping.same(0, Side::kClient, "2026-12-01T00:00:00Z", "2026-12-01T08:00:00Z"));
  EXPECT_FALSE(mapping.same(0, Side::kProvider, "2026-12-01", "2026-12-02"));
  field.date = Sides<std::string>{.client = "epoch", .provider = "datetime"};
  const Mapping epoch = compiled(field);
  EXPECT_EQ(converted(epoch, Side::kClient, 1'764'583'200), Json("2025-12-01T10:00:00Z"));
  EXPECT_EQ(converted(epoch, Side::kProvider, "2025-12-01T10:00:00Z"), Json(1'764'583'200));
}

TEST(MappingLimit, CutsAtACharacterAndSaysSo) {
  FieldRule field = rule("Subject", "subject");
  field.limit.client = {.count = 10, .bytes = true};
  field.limit.provider = {.count = 4, .bytes = false};
  const Mapping mapping = compiled(field);
  const Converted cut = mapping.convert(0, Side::kProvider, "ééééééééé", {});
  EXPECT_EQ(cut.value, Json("ééé…"));
  EXPECT_EQ(cut.losses, std::vector<std::string>{"cut to 10 bytes"});
  EXPECT_TRUE(mapping.same(0, Side::kClient, "ééééééééé", "ééé…"));
  EXPECT_FALSE(mapping.same(0, Side::kClient, "ééééééééé", "éé…"));
  EXPECT_EQ(converted(mapping, Side::kClient, "😀😀😀😀😀"), Json("😀😀😀…"));
  EXPECT_EQ(converted(mapping, Side::kClient, "😀😀😀😀"), Json("😀😀😀😀"));
  // e + combining acute, four times: a mark never stands alone.
  EXPECT_EQ(converted(mapping, Side::kClient, "ae\u0301e\u0301e\u0301"), Json("ae\u0301…"));
  field.limit.client = {.count = 3, .bytes = true};
  EXPECT_EQ(converted(compiled(field), Side::kProvider, "é€"), Json("é"));
}

TEST(MappingSame, ToleratesWhatTargetsTakeAway) {
  const Mapping mapping = compiled(rule("Subject", "subject"));
  EXPECT_TRUE(mapping.same(0, Side::kClient, "a\nb", "ab"));
  EXPECT_FALSE(mapping.same(0, Side::kClient, "a\nb", "a\n\nb"));
  EXPECT_FALSE(mapping.same(0, Side::kClient, "a b", "ab"));
  EXPECT_TRUE(mapping.same(0, Side::kClient, "a\r\nb", "a\nb"));
  EXPECT_TRUE(mapping.same(0, Side::kClient, "42", 42));
  EXPECT_TRUE(mapping.same(0, Side::kClient, "1.50", 1.5));
  EXPECT_FALSE(mapping.same(0, Side::kClient, "007", 7));
  EXPECT_FALSE(mapping.same(0, Side::kClient, "x", nullptr));
  EXPECT_TRUE(mapping.same(0, Side::kClient, "", nullptr));
}

TEST(MappingText, LosesControlCharactersAndBrokenBytesLoudly) {
  const Mapping mapping = compiled(rule("Subject", "subject"));
  const Converted out =
      mapping.convert(0, Side::kClient, std::string("a\0b\x1B[1m\tc\xFF\u0085", 12), {});
  EXPECT_EQ(out.value, Json("ab[1m\tc\uFFFD"));
  EXPECT_EQ(out.losses.size(), 2U);
  EXPECT_EQ(converted(mapping, Side::kClient, "\x01"), Json());
}

TEST(MappingMarkup, ReadsAnObjectOrAText) {
  FieldRule field = rule("Content", "description");
  field.markup = Sides<std::string>{.client = "text", .provider = "textile"};
  const Mapping mapping = compiled(field);
  const Json expected = *Json::parse(R"({"markup":"text","text":"a\nb"})");
  EXPECT_EQ(mapping.read(0, Side::kClient,
                         record(R"({"Content":{"markup":"text","text":"\r\n a\r\nb \n"}})")),
            *Json::parse(R"({"markup":"text","text":" a\nb"})"));
  EXPECT_EQ(mapping.read(0, Side::kClient, record(R"({"Content":"a\nb"})")), expected);
  EXPECT_EQ(mapping.read(0, Side::kClient, record(R"({"Content":" \n "})")), Json());
  EXPECT_EQ(mapping.read(0, Side::kProvider, record(R"({"description":"a"})")),
            *Json::parse(R"({"markup":"textile","text":"a"})"));
  // A rule without markup carries the plain text.
  EXPECT_EQ(compiled(rule("Content", "b"))
                .read(0, Side::kClient, record(R"({"Content":{"markup":"text","text":"a"}})")),
            Json("a"));
}

TEST(MappingMarkup, ConvertsToTheOtherSidesMarkup) {
  FieldRule field = rule("Content", "description");
  field.markup = Sides<std::string>{.client = "text", .provider = "textile"};
  field.limit.provider = {.count = 40, .bytes = true};
  const Mapping mapping = compiled(field);
  const auto rich = [](const char* markup, const char* text) {
    Json value = Json::object();
    value.set("markup", markup);
    value.set("text", text);
    return value;
  };
  EXPECT_EQ(converted(mapping, Side::kClient, rich("html", "<b>a</b>")), rich("textile", "*a*"));
  EXPECT_EQ(converted(mapping, Side::kProvider, rich("textile", "a &#42;b")), rich("text", "a *b"));
  const Json whole = rich("text", "0123456789 0123456789 0123456789 0123456789");
  const Converted cut = mapping.convert(0, Side::kClient, whole, {});
  EXPECT_EQ(cut.losses, std::vector<std::string>{"cut to 40 bytes"});
  EXPECT_EQ(cut.value, rich("textile", "0123456789 0123456789 0123456789 0123…"));
  EXPECT_TRUE(mapping.same(0, Side::kProvider,
                           rich("textile", "0123456789 0123456789 0123456789 0123456789"),
                           cut.value));
  EXPECT_TRUE(mapping.same(0, Side::kClient, rich("text", "a b\nc"),
                           rich("html", "<div>a b</div><div>c</div>")));
  EXPECT_FALSE(mapping.same(0, Side::kClient, rich("text", "a"), rich("text", "b")));
}

TEST(MappingComment, CarriesTheAuthorAndTheText) {
  const Mapping mapping = compiled(rule("a", "b"));
  Comment comment;
  comment.author.name = "*Zoé* <x>";
  comment.text = "It is *broken*\r\n\r\n# really\x01";
  const std::string textile = mapping.comment_text(comment, "textile", "{author}:");
  EXPECT_EQ(textile, "&#42;Zoé* &lt;x>:\n\nIt is &#42;broken*\n\n&#35; really");
  Comment copy;
  copy.markup = "textile";
  copy.text = textile;
  EXPECT_EQ(mapping.comment_content(copy, "{author}:"), mapping.comment_content(comment, ""));
  EXPECT_EQ(mapping.comment_content(comment, ""), "It is *broken*\n\n# really");
  // Without its line, and for a text that never had one.
  EXPECT_EQ(mapping.comment_text(comment, "text", ""), "It is *broken*\n\n# really");
  EXPECT_EQ(mapping.comment_content(comment, "{author}:"), "It is *broken*\n\n# really");
  comment.author = {};
  EXPECT_EQ(mapping.comment_text(comment, "text", "From {author}").substr(0, 6), "From ?");
  for (std::size_t bytes = 1; bytes < 60; ++bytes) {
    EXPECT_LE(mapping.comment_text(comment, "html", "{author}:", bytes).size(), bytes);
  }
}

// Goal: what convert() gave and the target then normalised is still the same to the rule. Method:
// random texts, and what Request Tracker and Redmine were seen to do to them.
class MappingEcho : public testing::Test {
 protected:
  MappingEcho() : random_(seed()) {}

  static std::uint64_t seed() {
    const char* given = std::getenv("NAVETTE_SEED");
    const std::uint64_t value =
        given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::printf("NAVETTE_SEED=%llu\n", static_cast<unsigned long long>(value));
    return value;
  }
  std::string text() {
    const std::vector<std::string> pieces = {"a",    " ",   "é",    "😀",     "\n",      "\r\n",
                                             "\t",   "*b*", "<x>",  "#",     "e\u0301", "\x01",
                                             "\xFF", "\r",  "  \n", "word ", "\n\n",    "1"};
    std::string out;
    const std::uint64_t count = random_.below(random_.below(4) == 0 ? 300 : 20);
    for (std::uint64_t i = 0; i < count; ++i) out += pieces[random_.below(pieces.size())];
    return out;
  }
  static Record holding(const char* name, const std::string& value) {
    Record out;
    out.doc.set(name, value);
    return out;
  }

  Random random_;
};

TEST_F(MappingEcho, ASubjectThatRequestTrackerStoredIsTheSame) {
  FieldRule field = rule("Subject", "subject");
  field.limit.client = {.count = 200, .bytes = true};
  const Mapping mapping = compiled(field);
  for (int round = 0; round < 1000; ++round) {
    const Json source = mapping.read(0, Side::kProvider, holding("subject", text()));
    const Json written = converted(mapping, Side::kProvider, source);
    std::string stored(written.as_string());
    std::erase(stored, '\n');
    ASSERT_LE(stored.size(), 200U);
    const Json found = mapping.read(0, Side::kClient, holding("Subject", stored));
    ASSERT_TRUE(mapping.same(0, Side::kClient, written, found)) << written.dump();
  }
}

TEST_F(MappingEcho, ADescriptionThatRedmineStoredIsTheSame) {
  FieldRule field = rule("Content", "description");
  field.markup = Sides<std::string>{.client = "text", .provider = "textile"};
  const Mapping mapping = compiled(field);
  for (int round = 0; round < 1000; ++round) {
    const Json source = mapping.read(0, Side::kClient, holding("Content", text()));
    const Json written = converted(mapping, Side::kClient, source);
    std::string stored;
    for (const char c : std::string(written.at("text").as_string())) {
      stored += c == '\n' ? std::string("\r\n") : std::string(1, c);
    }
    const Json found = mapping.read(0, Side::kProvider, holding("description", stored));
    ASSERT_EQ(found, written);
    const Json back = converted(mapping, Side::kProvider, found);
    ASSERT_TRUE(mapping.same(0, Side::kClient, back, source)) << source.dump();
  }
}

TEST(MappingCompile, ReportsEveryMistakeWithItsPlace) {
  FlowConfig flow;
  flow.tables["statuses"] = {};
  FieldRule first = rule("a..b", "c");
  first.path_place.client = {.file = "f.yaml", .line = 7, .column = 15};
  FieldRule second = rule("a", "b");
  second.table = "status";
  second.place = {.file = "f.yaml", .line = 8, .column = 5};
  FieldRule third = rule("a", "b");
  third.text_template = "X{id}";
  third.markup = Sides<std::string>{.client = "text", .provider = "rtf"};
  flow.fields = {first, second, third};
  const auto mapping = Mapping::compile(flow);
  ASSERT_FALSE(mapping);
  const std::string& message = mapping.error().message;
  EXPECT_NE(message.find("f.yaml:7:15: read path \"a..b\": column 3"), std::string::npos);
  EXPECT_NE(message.find("f.yaml:8:5: find table \"status\""), std::string::npos);
  EXPECT_NE(message.find("did you mean \"statuses\"?"), std::string::npos);
  EXPECT_NE(message.find("expected one at the most"), std::string::npos);
}

}  // namespace
}  // namespace navette
