// Goal: each rule carries documents over as the guide says, both ways; missing, null and "" stay
// three things; what cannot be carried over is named.

#include "mapping/mapper.h"

#include <string>

#include <gmock/gmock.h>

#include "tests/mapping/flow_text.h"

namespace navette {
namespace {

using ::testing::HasSubstr;

Json json(const std::string& text) {
  auto value = Json::parse(text);
  EXPECT_TRUE(value) << text;
  return value ? *value : Json();
}

Mapped mapped(const std::string& fields, Side from, const std::string& document,
              const MapOptions& options = {}) {
  const auto mapper = Mapper::compile(flow_of(fields), from);
  EXPECT_TRUE(mapper) << (mapper ? "" : mapper.error().message);
  return mapper ? mapper->map(json(document), options) : Mapped{};
}

struct Case {
  const char* name;
  const char* rule;      // one line under `fields:`
  const char* client;    // document there
  const char* provider;  // document that it becomes
  bool back = true;      // the provider's document becomes the client's
};

// Tables for all.
constexpr const char* kTables =
    "tables:\n"
    "  states: {new: New, open: In Progress}\n"
    "  empties: {rows: [[null, None], [a, A]]}\n"
    "  passes: {rows: [[a, A]], unknown: pass}\n";

const Case kCases[] = {
    {"a copy keeps big numbers exact", "{client: a.b, provider: c}",
     R"({"a":{"b":12345678901234567890123}})", R"({"c":12345678901234567890123})"},
    {"a list stays a list", "{client: labels, provider: tags}", R"({"labels":["x"]})",
     R"({"tags":["x"]})"},
    {"null stays null", "{client: a, provider: b}", R"({"a":null})", R"({"b":null})"},
    {"an empty text stays one", "{client: a, provider: b}", R"({"a":""})", R"({"b":""})"},
    {"missing stays missing", "{client: a, provider: b}", "{}", "{}"},
    {"empty: omit", "{client: a, provider: b, empty: {provider: omit}}", R"({"a":null})", "{}",
     false},
    {"empty: null", "{client: a, provider: b, empty: {provider: null}}", "{}", R"({"b":null})",
     false},
    {"a default", "{client: a, provider: b, default: {provider: none}}", R"({"a":null})",
     R"({"b":"none"})", false},
    {"a constant", "{provider: kind, default: {provider: bug}}", "{}", R"({"kind":"bug"})", false},
    {"a table", "{client: s, provider: t, table: states}", R"({"s":"open"})",
     R"({"t":"In Progress"})"},
    {"a row for null", "{client: s, provider: t, table: empties}", R"({"s":null})",
     R"({"t":"None"})"},
    {"a row for null, missing", "{client: s, provider: t, table: empties}", "{}", R"({"t":"None"})",
     false},
    {"a table that lets pass", "{client: s, provider: t, table: passes}", R"({"s":"zzz"})",
     R"({"t":"zzz"})"},
    {"a template of a value", "{client: key, provider: ref, template: \"jira:{value}\"}",
     R"({"key":"AB-1"})", R"({"ref":"jira:AB-1"})"},
    {"a template of paths", "{provider: ref, template: \"{p.key}/{n}\"}",
     R"({"p":{"key":"AB"},"n":"7"})", R"({"ref":"AB/7"})"},
    {"a day on another clock",
     "{client: d, provider: e, date: [datetime, \"[D01].[M01].[Y0001] [H01]:[m01]\"], "
     "zone: [UTC, Europe/Paris]}",
     R"({"d":"2026-07-01T10:00:00Z"})", R"({"e":"01.07.2026 12:00"})"},
    {"an epoch", "{client: d, provider: e, date: [epoch_ms, datetime]}", R"({"d":1782900000123})",
     R"({"e":"2026-07-01T10:00:00.123Z"})"},
    {"minutes as h:mm", "{client: d, provider: e, duration: [minutes, \"h:mm\"]}", R"({"d":90})",
     R"({"e":"1:30"})"},
    {"hours as ISO 8601", "{client: d, provider: e, duration: [hours, iso]}", R"({"d":1.25})",
     R"({"e":"PT1H15M"})"},
    {"a number as text", "{client: d, provider: e, number: [text, integer]}",
     R"({"d":"12345678901234567890"})", R"({"e":12345678901234567890})"},
    {"trim and lower", "{client: d, provider: e, do: [trim, lower]}", R"({"d":" \u00c9a "})",
     R"({"e":"éa"})", false},
    {"a person by a name", "{client: o, provider: w, people: people.yaml}", R"({"o":"camille"})",
     R"({"w":"12"})"},
    {"a person by its e-mail", "{client: o, provider: w, people: people.yaml, by: [email]}",
     R"({"o":{"email":"BOB@c.example","name":"?"}})", R"({"w":"7"})", false},
    {"a custom field", "{client: \"cf[id=36].value\", provider: \"fields[name='N'].value\"}",
     R"({"cf":[{"id":36,"value":"x"}]})", R"({"fields":[{"name":"N","value":"x"}]})"},
    {"each item",
     "{client: c, provider: n, each: [{client: b, provider: t}, {client: s, provider: u, table: "
     "states}]}",
     R"({"c":[{"b":"1","s":"new"},{"b":"2","s":"open"}]})",
     R"({"n":[{"t":"1","u":"New"},{"t":"2","u":"In Progress"}]})"},
    {"markup", "{client: d, provider: e, markup: [html, markdown]}",
     R"({"d":"<p>a <strong>b</strong></p>"})", R"({"e":"a **b**"})"},
    {"an expression", "{provider: n, expr: \"$uppercase(a.b) & '!'\"}", R"({"a":{"b":"x"}})",
     R"({"n":"X!"})", false},
    {"an expression of nothing", "{provider: n, expr: a.b}", "{}", "{}", false},
    {"a condition that holds", "{client: a, provider: b, when: \"s = 'done' and not(p = true)\"}",
     R"({"a":1,"s":"done","p":false})", R"({"b":1})", false},
    {"a condition that does not", "{client: a, provider: b, when: \"s in list or n >= 3\"}",
     R"({"a":1,"s":"q","list":["r"],"n":2})", "{}", false},
    {"a direction", "{client: a, provider: b, direction: to-client}", R"({"a":1})", "{}", false},
};

TEST(Mapper, CarriesEachKindOfRuleOver) {
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.name);
    const std::string flow = std::string("fields:\n  - ") + test.rule + "\n" + kTables;
    const Mapped there = mapped(flow, Side::kClient, test.client);
    EXPECT_TRUE(there.problems.empty()) << there.problems.front().reason;
    EXPECT_EQ(there.document.dump(), json(test.provider).dump());
    if (!test.back) continue;
    const Mapped back = mapped(flow, Side::kProvider, test.provider);
    EXPECT_TRUE(back.problems.empty()) << back.problems.front().reason;
    EXPECT_EQ(back.document, json(test.client)) << back.document.dump();
  }
}

TEST(Mapper, NamesWhatCannotBeCarriedOver) {
  const std::string flow =
      "fields:\n"
      "  - {client: s, provider: t, table: states}\n"
      "  - {client: c, provider: n, each: [{client: d, provider: e, date: [date, date]}]}\n"
      "  - {client: l, provider: m, limit: {provider: 3, overflow: reject}}\n"
      "  - {client: q, provider: r, number: [text, integer], unmatched: clear}\n" +
      std::string(kTables);
  const Mapped out = mapped(flow, Side::kClient,
                            R"({"s":"opne","c":[{"d":"2026-01-02"},{"d":"x"}],"l":"long",)"
                            R"("q":"1.5"})");
  ASSERT_EQ(out.problems.size(), 3U);
  EXPECT_THAT(out.problems[0].reason, HasSubstr("did you mean \"open\"?"));
  EXPECT_EQ(out.problems[0].place.line, 5);
  EXPECT_EQ(out.problems[1].rule, "c~n[1].d~e");
  EXPECT_THAT(out.problems[1].reason, HasSubstr("\"x\" is no date"));
  EXPECT_THAT(out.problems[2].reason, HasSubstr("longer than 3 characters"));
  ASSERT_EQ(out.losses.size(), 1U);
  EXPECT_THAT(out.losses[0], HasSubstr("no whole number; the field was cleared"));
}

TEST(Mapper, PutsIntoWhatIsThereAndKeepsItsSpelling) {
  const std::string flow =
      "fields:\n"
      "  - {client: s, provider: t, table: states}\n"
      "  - {client: d, provider: e, date: [datetime, datetime]}\n"
      "  - {client: c, provider: f, markup: [text, markdown]}\n"
      "tables:\n  states: {rows: [[done, Closed], [done, Solved]]}\n";
  const Json there =
      json(R"({"t":"Solved","e":"2026-07-01T12:00:00+02:00","f":"**so** it is","other":1})");
  const Mapped out =
      mapped(flow, Side::kClient, R"({"s":"done","d":"2026-07-02T00:00:00Z","c":"so it is"})",
             {.existing = &there});
  EXPECT_EQ(out.document.dump(),
            R"({"t":"Solved","e":"2026-07-02T00:00:00Z","f":"**so** it is","other":1})");
}

TEST(Mapper, TracesWhatItDid) {
  const Mapped out = mapped(
      "fields:\n  - {client: a, provider: b, do: [trim], table: states}\n" + std::string(kTables),
      Side::kClient, R"({"a":" new "})", {.trace = true});
  ASSERT_EQ(out.traces.size(), 1U);
  const FieldTrace& trace = out.traces[0];
  EXPECT_EQ(trace.source, "a");
  EXPECT_EQ(trace.target, "b");
  EXPECT_EQ(trace.raw->dump(), "\" new \"");
  ASSERT_EQ(trace.steps.size(), 2U);
  EXPECT_EQ(trace.steps[0].what, "trim");
  EXPECT_EQ(trace.steps[1].what, "table states");
  EXPECT_EQ(trace.value->dump(), "\"New\"");
}

TEST(Mapper, SaysWhereAMistakeStands) {
  FlowConfig flow = flow_of(
      "fields:\n"
      "  - {provider: a, expr: \"1 +\"}\n"
      "  - {client: b, provider: b, when: \"x =\"}\n"
      "  - {client: c, provider: c, date: [date, date], zone: Europe/Pariss}\n");
  const auto mapper = Mapper::compile(flow, Side::kClient);
  ASSERT_FALSE(mapper);
  const std::string& message = mapper.error().message;
  EXPECT_THAT(message, HasSubstr("flow.yaml:5:25: read expression: S0207"));
  EXPECT_THAT(message, HasSubstr("flow.yaml:6:36: read condition \"x =\": column 4"));
  EXPECT_THAT(message, HasSubstr("did you mean \"Europe/Paris\"?"));
}

}  // namespace
}  // namespace navette
