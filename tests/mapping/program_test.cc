// Goal: the fast way from text to text gives what Mapper gives, whatever the document looks like.
// Method: realistic documents, damaged at random in value, shape and spelling; both ways compared.

#include "mapping/program.h"

#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "mapping/mapper.h"
#include "tests/bench/mapping/tickets.h"
#include "tests/mapping/flow_text.h"

namespace navette {
namespace {

std::uint64_t seed() {
  const char* said = std::getenv("NAVETTE_SEED");
  const std::uint64_t seed = said != nullptr ? std::strtoull(said, nullptr, 10) : 20261127;
  std::printf("NAVETTE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

class Damage {
 public:
  explicit Damage(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return random_() % bound; }
  bool one_in(std::size_t of) { return below(of) == 0; }

  // Some values replaced, removed, wrapped.
  void values(Json* value, int depth = 0) {
    if (value->is_object()) {
      auto& members = value->members();
      for (std::size_t i = 0; i < members.size();) {
        if (one_in(40)) {
          members.erase(members.begin() + static_cast<std::ptrdiff_t>(i));
          continue;
        }
        values(&members[i].second, depth + 1);
        ++i;
      }
    } else if (value->is_array()) {
      for (Json& item : value->items()) values(&item, depth + 1);
      if (one_in(20) && !value->items().empty()) value->push(Json(value->items().front()));
    }
    if (depth > 0 && one_in(30)) *value = odd(*value);
  }

  // The text with random spellings.
  std::string text(const Json& value) {
    std::string out;
    write(value, &out);
    return out;
  }

 private:
  Json odd(const Json& value) {
    switch (below(14)) {
      case 0:
        return {};
      case 1:
        return "";
      case 2:
        return Json::array();
      case 3:
        return Json::object();
      case 4: {
        Json list = Json::array();
        list.push(value);
        return list;
      }
      case 5:
        return Json(std::int64_t{0} - static_cast<std::int64_t>(below(100)));
      case 6:
        return Json::BigNumber{"12345678901234567890123"};
      case 7:
        return 1.5;
      case 8:
        return true;
      case 9:
        return "a\r\nb\x01"
               "c \xC2\x85 \x7F \"q\" \\ /\t\xC3\xA9\xF0\x9F\x98\x80";
      case 10:
        return "  2026-02-30  ";
      case 11:
        return "2026-03-29T02:30:00";
      case 12:
        return "High ";
      default:
        return Json(std::string(300, 'x'));
    }
  }

  void blank(std::string* out) {
    if (one_in(60)) *out += " \n";
  }

  void write_string(std::string_view text, std::string* out) {
    *out += '"';
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x80 && one_in(200)) {
        char hex[8];
        std::snprintf(hex, sizeof hex, "\\u%04X", byte);
        *out += hex;
      } else if (c == '/' && one_in(4)) {
        *out += "\\/";
      } else {
        const std::string one = Json(std::string(1, c)).dump();
        *out += byte < 0x80 ? one.substr(1, one.size() - 2) : std::string(1, c);
      }
    }
    if (one_in(100)) *out += "\\ud83d\\ude00\\u00e9";
    if (one_in(300)) *out += "\\ud83d";
    *out += '"';
  }

  void write(const Json& value, std::string* out) {
    blank(out);
    if (value.is_object()) {
      *out += '{';
      bool first = true;
      for (const auto& [name, member] : value.members()) {
        if (one_in(200)) {  // a duplicate before it
          *out += first ? "\"" : ",\"";
          *out += name + "\":{\"key\":1,\"value\":[2]}";
          first = false;
        }
        if (!first) *out += ',';
        first = false;
        blank(out);
        if (one_in(300)) {
          write_string(name, out);
        } else {
          *out += Json(name).dump();
        }
        blank(out);
        *out += ':';
        write(member, out);
      }
      *out += '}';
    } else if (value.is_array()) {
      *out += '[';
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (i > 0) *out += ',';
        write(value.items()[i], out);
      }
      *out += ']';
    } else if (value.is_string()) {
      write_string(value.as_string(), out);
    } else if (value.is_int() && one_in(30)) {
      *out += value.dump() + (one_in(2) ? ".0" : "e0");
    } else {
      *out += value.dump();
    }
    blank(out);
  }

  std::mt19937_64 random_;
};

// Json::parse() of the whole text would be one more opinion about what is no JSON; Program only
// promises to agree where there is a document.
void expect_same(const Mapper& mapper, Program& program, const std::string& text) {
  const auto document = Json::parse(text);
  const auto answer = program.run(text);
  if (!document) return;
  const Mapped mapped = mapper.map(*document);
  if (!mapped.problems.empty()) {
    ASSERT_EQ(answer, Program::Answer::kRejected) << text << "\n" << mapped.problems[0].reason;
    ASSERT_EQ(program.problems().size(), mapped.problems.size());
    ASSERT_EQ(program.problems().front().reason, mapped.problems.front().reason);
    return;
  }
  ASSERT_EQ(answer, Program::Answer::kMapped) << text;
  const auto result = Json::parse(program.text());
  ASSERT_TRUE(result) << text << "\nbecame " << program.text();
  ASSERT_EQ(*result, mapped.document)
      << text << "\nbecame " << program.text() << "\nexpected " << mapped.document.dump();
}

FlowConfig bench_flow() {
  auto loaded = load_flow_file(std::string(NAVETTE_SOURCE_DIR) + "/tests/bench/mapping/flow.yaml",
                               process_environment());
  EXPECT_TRUE(loaded.ok()) << render(loaded.diagnostics);
  return loaded.flows.empty() ? FlowConfig{} : loaded.flows.front();
}

class ProgramLaw : public ::testing::TestWithParam<Side> {};

TEST_P(ProgramLaw, GivesWhatMapperGivesForTickets) {
  const FlowConfig flow = bench_flow();
  const auto forward = Mapper::compile(flow, Side::kClient);
  const auto mapper = Mapper::compile(flow, GetParam());
  auto program = Program::compile(flow, GetParam());
  ASSERT_TRUE(forward && mapper && program);
  Damage damage(seed());
  for (std::uint64_t i = 0; i < 1500; ++i) {
    std::string text;
    bench::append_ticket(1, i, {.shuffled = i % 2 == 1}, &text);
    Json document = *Json::parse(text);
    if (GetParam() == Side::kProvider) document = forward->map(document).document;
    if (i % 3 != 0) damage.values(&document);
    ASSERT_NO_FATAL_FAILURE(
        expect_same(*mapper, *program, i % 3 == 2 ? damage.text(document) : document.dump()));
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, ProgramLaw, ::testing::Values(Side::kClient, Side::kProvider),
                         [](const auto& param) { return std::string(to_text(param.param)); });

// What the tickets above have not: one rule of every sort over documents full of surprises.
constexpr const char* kEverything = R"yaml(
zone: Europe/Paris
fields:
  - {client: a, provider: copy, empty: {provider: "null"}, direction: to-provider}
  - {client: a, provider: short, limit: {provider: 5}, do: [trim, upper], direction: to-provider}
  - {client: b.c, provider: deep.copy, empty: {provider: omit}, direction: to-provider}
  - client: b.c
    provider: deep.number
    number: [number, text]
    unmatched: keep
    direction: to-provider
  - {client: b.c, provider: deep.table, table: t, unmatched: clear, direction: to-provider}
  - {client: b.c, provider: deep.cases, table: cases, unmatched: clear, direction: to-provider}
  - client: b.d
    provider: seconds
    date: [datetime, epoch]
    unmatched: keep
    direction: to-provider
  - client: b.d
    provider: millis
    date: [datetime, epoch_ms]
    unmatched: keep
    direction: to-provider
  - direction: to-provider
    client: b.d
    provider: local
    date: [datetime, datetime]
    zone: [UTC, America/New_York]
    unmatched: keep
  - {client: b.d, provider: day, date: [datetime, date], unmatched: clear, direction: to-provider}
  - direction: to-provider
    client: b.d
    provider: picture
    date: [datetime, "[D01].[M01].[Y0001] [H01]:[m01]"]
    unmatched: keep
  - client: e
    provider: clock
    duration: [minutes, "h:mm"]
    unmatched: keep
    direction: to-provider
  - {client: e, provider: iso, duration: [seconds, iso], unmatched: keep, direction: to-provider}
  - {client: e, provider: whole, number: [text, integer], unmatched: keep, direction: to-provider}
  - {client: f, provider: rich, markup: [textile, html], direction: to-provider}
  - {client: p, provider: person, people: people.yaml, unmatched: keep, direction: to-provider}
  - {client: "n[0]", provider: first, direction: to-provider}
  - {client: "m[k='x'].v", provider: "m[k='x'].v", direction: to-provider}
  - {client: "m[k=2]", provider: "m[k='y'].v", default: {provider: none}, direction: to-provider}
  - direction: to-provider
    client: l
    provider: list
    each:
      - {client: k, provider: k, default: {provider: 0}}
      - {client: v, provider: w.v, when: "k = 'x'"}
      - {provider: u, expr: "$string(v) & k"}
  - {client: a, provider: when.equal, when: {client: "b.c = 'Major'"}, direction: to-provider}
  - {client: a, provider: when.less, when: {client: "b.c < 5 or not(e)"}, direction: to-provider}
  - {client: a, provider: when.in, when: {client: "'x' in g"}, direction: to-provider}
  - {provider: mark, template: "{a}/{b.c}!", unmatched: keep, direction: to-provider}
  - client: a
    provider: wrapped
    template: "<<{value}>>"
    unmatched: keep
    direction: to-provider
  - {provider: constant, default: {provider: 12}, direction: to-provider}
  - {provider: said, expr: "b.c & '-' & $string(e)", direction: to-provider}
  - {provider: listed, expr: "[g, e]", direction: to-provider}
  - {client: h, provider: tree, direction: to-provider}
tables:
  t: {default: {client: 9}, rows: [[Major, 1], [Minor, 2], [null, 0], [3, three]]}
  cases: {default: {provider: 9}, rows: [[MAJOR, 1], [Minor, 2], [mInoR, 3], [X, 4]]}
)yaml";

Json surprise(Damage& damage, int depth) {
  static const std::vector<std::string> kTexts = {"x",
                                                  "Major",
                                                  "minor",
                                                  "Minor",
                                                  "",
                                                  " pad ",
                                                  "camille",
                                                  "alice@p.example",
                                                  "12",
                                                  "007",
                                                  "-5",
                                                  "2026-01-31",
                                                  "<<x>>",
                                                  "u/v!",
                                                  "1:30",
                                                  "PT5M",
                                                  "*b* _i_",
                                                  "2026-10-25T02:30:00Z",
                                                  "2026-03-29T01:30:00.5+0100",
                                                  "20260101",
                                                  "1764237600",
                                                  "é\u00a0è",
                                                  "a\nb",
                                                  "tab\t\"",
                                                  "BOB",
                                                  "\\",
                                                  "12.50",
                                                  "1e3"};
  switch (damage.below(depth > 0 ? 10 : 7)) {
    case 0:
      return {};
    case 1:
      return damage.one_in(2);
    case 2:
      return Json(static_cast<std::int64_t>(damage.below(200)) - 20);
    case 3:
      return Json(static_cast<double>(damage.below(1000)) / 8);
    case 7: {
      Json list = Json::array();
      for (std::size_t i = damage.below(4); i > 0; --i) list.push(surprise(damage, depth - 1));
      return list;
    }
    case 8:
    case 9: {
      Json object = Json::object();
      for (const char* name : {"k", "v", "c", "d", "markup", "text"}) {
        if (damage.one_in(2)) object.set(name, surprise(damage, depth - 1));
      }
      return object;
    }
    default:
      return Json(kTexts[damage.below(kTexts.size())]);
  }
}

Json surprises(Damage& damage) {
  Json document = Json::object();
  for (const char* name : {"a", "b", "e", "f", "g", "h", "l", "m", "n", "p"}) {
    if (damage.one_in(5)) continue;
    Json value = surprise(damage, 2);
    if (*name == 'b' && damage.below(3) > 0) {
      value = Json::object();
      for (const char* inner : {"c", "d"}) value.set(inner, surprise(damage, 1));
    }
    if ((*name == 'l' || *name == 'm') && damage.below(3) > 0) {
      value = Json::array();
      for (std::size_t items = damage.below(4); items > 0; --items) {
        Json item = Json::object();
        for (const char* inner : {"k", "v"}) item.set(inner, surprise(damage, 1));
        value.push(std::move(item));
      }
    }
    document.set(name, std::move(value));
  }
  return document;
}

TEST(Program, GivesWhatMapperGivesForSurprises) {
  struct Ways {
    Mapper mapper;
    Program program;
  };
  const FlowConfig flow = flow_of(kEverything);
  std::vector<Ways> ways;  // one for each rule, and one for all
  for (std::size_t i = 0; i <= flow.fields.size(); ++i) {
    FlowConfig some = flow;
    if (i < flow.fields.size()) some.fields = {flow.fields[i]};
    auto mapper = Mapper::compile(some, Side::kClient);
    auto program = Program::compile(some, Side::kClient);
    ASSERT_TRUE(mapper && program);
    for (const Program::Tier tier : program->tiers()) EXPECT_NE(tier, Program::Tier::kDocument);
    ways.push_back({std::move(*mapper), std::move(*program)});
  }
  Damage damage(seed());
  constexpr std::size_t kRuns = 60'000;
  for (std::size_t i = 0; i < kRuns; ++i) {
    const Json document = surprises(damage);
    Ways& way = ways[i % ways.size()];
    const std::string text = damage.one_in(2) ? damage.text(document) : document.dump();
    ASSERT_NO_FATAL_FAILURE(expect_same(way.mapper, way.program, text));
  }
  // Else little was tested but Mapper.
  std::size_t whole = 0;
  for (const Ways& way : ways) whole += way.program.whole_documents();
  EXPECT_LT(whole, kRuns / 3);
}

TEST(Program, MinusZeroIsANumberOfItsOwn) {
  const FlowConfig flow = flow_of(
      "fields:\n"
      "  - {client: h, provider: m, markup: [html, markdown], direction: to-provider}\n"
      "  - {client: \"l[k=0].v\", provider: v, direction: to-provider}\n");
  const auto mapper = Mapper::compile(flow, Side::kClient);
  auto program = Program::compile(flow, Side::kClient);
  ASSERT_TRUE(mapper && program);
  expect_same(*mapper, *program, R"({"h":-0,"l":[{"k":-0,"v":-0}]})");
}

TEST(Program, SaysWhatIsNoDocument) {
  auto program = Program::compile(bench_flow(), Side::kClient);
  ASSERT_TRUE(program);
  for (const char* text : {"", " ", "{", "[1]", "12", "{\"key\":}", "{\"key\":\"a\"}{",
                           "{\"key\" 1}", "{\"fields\":{\"summary\":\"a\x01\"}}", "{\"key\":tru}",
                           "nul", "{\"key\":\"\xFF\"}", "{\"key\":\"a}"}) {
    EXPECT_EQ(program->run(text), Program::Answer::kUnreadable) << text;
    EXPECT_NE(program->unreadable().message, "") << text;
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"fields\":";
  EXPECT_EQ(program->run(deep), Program::Answer::kUnreadable);
  EXPECT_EQ(program->run(std::string(100'000, '[')), Program::Answer::kUnreadable);
}

}  // namespace
}  // namespace navette
