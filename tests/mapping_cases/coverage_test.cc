// Goal: what no document exercised is named, and nothing that can never be exercised.

#include "mapping/cases/coverage.h"

#include <gmock/gmock.h>

#include "tests/mapping/flow_text.h"

namespace navette {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = CoveragePoint::Kind;

class CoverageOf {
 public:
  explicit CoverageOf(const std::string& fields) : flow_(flow_of(fields)), coverage_(flow_) {}

  CoverageOf& map(Side from, const std::string& document, bool creating = true) {
    const auto mapper = Mapper::compile(flow_, from);
    EXPECT_TRUE(mapper);
    coverage_.add(mapper->map(*Json::parse(document), {.trace = true, .creating = creating}), from,
                  creating);
    return *this;
  }
  std::vector<std::string> missing(Kind kind) const {
    std::vector<std::string> out;
    for (const CoveragePoint& point : coverage_.points()) {
      if (point.kind != kind || point.hit) continue;
      out.push_back(std::to_string(point.place.line) + " " + to_text(point.from) + ": " +
                    point.what);
    }
    return out;
  }
  const Coverage& coverage() const { return coverage_; }

 private:
  FlowConfig flow_;
  Coverage coverage_;
};

TEST(Coverage, ARuleIsExercisedWhenSomethingCameOfIt) {
  CoverageOf all(
      "fields:\n"
      "  - {client: a, provider: b}\n"
      "  - {client: c, provider: d, direction: to-provider}\n"
      "  - {provider: e, default: {provider: 1}}\n");
  EXPECT_THAT(all.missing(Kind::kRule), ElementsAre("5 client: rule a~b", "6 client: rule c~d",
                                                    "7 client: rule ~e", "5 provider: rule a~b"));
  all.map(Side::kClient, R"({"c":1})").map(Side::kProvider, R"({"d":1})");
  EXPECT_THAT(all.missing(Kind::kRule), ElementsAre("5 client: rule a~b", "5 provider: rule a~b"));
  EXPECT_THAT(all.missing(Kind::kBranch), IsEmpty());
  EXPECT_EQ(all.coverage().total().percent(), 50);
}

TEST(Coverage, RowsCountWhereTheyCanBeReached) {
  CoverageOf all(
      "fields:\n"
      "  - {client: s, provider: t, table: u}\n"
      "tables:\n"
      "  u:\n"
      "    rows:\n"
      "      - [a, A]\n"
      "      - [a, B]\n"
      "      - [null, C]\n"
      "    default: {client: a}\n");
  all.map(Side::kClient, R"({"s":"a"})").map(Side::kProvider, R"({"t":"B"})");
  EXPECT_THAT(all.missing(Kind::kRow),
              ElementsAre("11 client: table u: row of null", "9 provider: table u: row of \"A\"",
                          "11 provider: table u: row of \"C\""));
  EXPECT_THAT(all.missing(Kind::kBranch),
              ElementsAre("5 provider: rule s~t: the table's default is used"));
  all.map(Side::kClient, "{}").map(Side::kProvider, R"({"t":"other"})");
  EXPECT_THAT(all.missing(Kind::kBranch), IsEmpty());
  EXPECT_THAT(all.missing(Kind::kRow), ElementsAre("9 provider: table u: row of \"A\"",
                                                   "11 provider: table u: row of \"C\""));
}

TEST(Coverage, BranchesAreTakenBothWays) {
  CoverageOf all(
      "fields:\n"
      "  - {client: a, provider: b, when: \"k = 1\", default: {provider: x}}\n"
      "  - {client: c, provider: d, when: create, direction: to-provider}\n"
      "  - {client: e, provider: f, number: [integer, integer], unmatched: clear,"
      " direction: to-provider}\n"
      "  - {client: p, provider: q, people: people.yaml, direction: to-client}\n");
  EXPECT_EQ(all.coverage().count(Kind::kBranch).all, 8U);
  all.map(Side::kClient, R"({"k":1,"e":"many"})").map(Side::kProvider, R"({"q":"nobody"})");
  EXPECT_THAT(all.missing(Kind::kBranch),
              ElementsAre("5 client: rule a~b: its condition does not hold",
                          "5 client: rule a~b: the default is not used",
                          "6 client: rule c~d: the ticket is there already, and `when: create` "
                          "holds it back"));
  all.map(Side::kClient, R"({"k":1,"a":2})").map(Side::kClient, "{}", false);
  EXPECT_THAT(all.missing(Kind::kBranch), IsEmpty());
}

TEST(Coverage, ADefaultBehindARowForNothingIsNoBranch) {
  const CoverageOf all(
      "fields:\n"
      "  - {client: s, provider: t, table: u, default: {provider: A}}\n"
      "tables: {u: {null: B, a: A}}\n");
  EXPECT_EQ(all.coverage().count(Kind::kBranch).all, 0U);
}

TEST(Coverage, InnerRulesCountByThemselves) {
  CoverageOf all(
      "fields:\n"
      "  - client: notes\n"
      "    provider: journals\n"
      "    each:\n"
      "      - {client: body, provider: text}\n"
      "      - {client: kind, provider: type, table: kinds, direction: to-provider}\n"
      "tables: {kinds: {n: note, m: mail}}\n");
  all.map(Side::kClient, R"({"notes":[{"body":"x","kind":"n"}]})");
  EXPECT_THAT(all.missing(Kind::kRule),
              ElementsAre("5 provider: rule notes~journals", "8 provider: rule body~text"));
  EXPECT_THAT(all.missing(Kind::kRow), ElementsAre("10 client: table kinds: row of \"m\""));
}

}  // namespace
}  // namespace navette
