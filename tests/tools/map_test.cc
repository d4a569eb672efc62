// Goal: documents go through a flow's rules on the command line; none is dropped, and each field
// can be explained.

#include <gmock/gmock.h>

#include "navette/json.h"

#include "tests/tools/process.h"

namespace navette {
namespace {

using testing::HasSubstr;

constexpr const char* kFlow =
    "flow: f\n"
    "client: {}\n"
    "provider: {}\n"
    "fields:\n"
    "  - {client: Subject, provider: title}\n"
    "  - {client: Status, provider: state, table: states}\n"
    "tables:\n"
    "  states: {new: New, open: In Progress}\n";

class Map : public testing::Test {
 protected:
  Map() { folder_.write("flow.yaml", kFlow); }
  std::string at(const std::string& name, const std::string& text) {
    folder_.write(name, text);
    return folder_.at(name);
  }
  std::string flow() { return folder_.at("flow.yaml"); }
  TemporaryFolder folder_;
};

TEST_F(Map, EveryLineComesOutOrIsRejectedWithItsReasons) {
  const std::string input = at("in", R"({"Status":"open","Subject":"a"})"
                                     "\n\nnonsense\n[1]\n"
                                     R"({"Status":"opne"})"
                                     "\n"
                                     R"({"Status":"new"})");
  const Ran ran = run_navette({"map", flow(), "--rejects", folder_.at("bad")}, {}, input);
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.out, "{\"title\":\"a\",\"state\":\"In Progress\"}\n{\"state\":\"New\"}\n");
  EXPECT_THAT(ran.err, HasSubstr("5 documents: 2 mapped, 3 rejected"));
  std::ifstream bad(folder_.at("bad"));
  std::vector<Json> rejects;
  for (std::string line; std::getline(bad, line);) rejects.push_back(*Json::parse(line));
  ASSERT_EQ(rejects.size(), 3U);
  EXPECT_EQ(rejects[0].at("document"), Json("nonsense"));
  EXPECT_EQ(rejects[1].at("line"), Json(4));
  EXPECT_THAT(rejects[2].at("reasons").dump(), HasSubstr("did you mean \\\"open\\\"?"));
  EXPECT_EQ(rejects[2].at("reasons").items()[0].at("line"), Json(6));
}

TEST_F(Map, TheOtherWayGivesTheSameDocument) {
  const std::string input = at("in", R"({"title":"a","state":"In Progress"})");
  const Ran ran = run_navette({"map", flow(), "--reverse"}, {}, input);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "{\"Subject\":\"a\",\"Status\":\"open\"}\n");
}

TEST_F(Map, AnExpressionAloneIsAMapping) {
  const std::string expression = at("e.jsonata", "{\"n\": $number(a)}");
  const Ran ran =
      run_navette({"map", "--jsonata", expression}, {}, at("in", "{\"a\":\"1\"}\n{\"a\":\"x\"}\n"));
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.out, "{\"n\":1}\n");
  EXPECT_THAT(ran.err, HasSubstr("line 2: "));
  const Ran broken = run_navette({"map", "--jsonata", at("b.jsonata", "(")});
  EXPECT_EQ(broken.code, 2);
  EXPECT_THAT(broken.err, HasSubstr("b.jsonata: S0203 at character 1"));
}

TEST_F(Map, ABrokenFlowEndsWith2AndItsPlace) {
  const Ran ran = run_navette(
      {"map", at("broken.yaml", std::string(kFlow) + "zones: x\nzone: Europe/Pariss\n")});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("broken.yaml:9:1: error: \"zones\" is not known"));
  EXPECT_EQ(run_navette({"map"}).code, 2);
}

TEST_F(Map, ExplainSaysWhichRuleFilledAField) {
  const std::string document = at("d.json", R"({"Status":"open","Subject":"a"})");
  const Ran ran = run_navette({"explain", flow(), document, "--field", "state", "--json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const auto out = Json::parse(ran.out);
  ASSERT_TRUE(out);
  ASSERT_EQ(out->at("fields").size(), 1U);
  const Json& field = out->at("fields").items()[0];
  EXPECT_EQ(field.at("raw"), Json("open"));
  EXPECT_EQ(field.at("line"), Json(6));
  EXPECT_EQ(field.at("steps").items()[0].at("step"), Json("table states"));
  EXPECT_EQ(field.at("value"), Json("In Progress"));
  const Ran other = run_navette({"explain", flow(), document, "--field", "stat"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("did you mean state?"));
}

}  // namespace
}  // namespace navette
