// Goal: the tests of a mapping say what is wrong and where, to people and to machines.

#include <sstream>

#include <gmock/gmock.h>

#include "navette/json.h"

#include "tests/tools/process.h"

namespace navette {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kFlow =
    "flow: f\n"
    "client: {}\n"
    "provider: {}\n"
    "fields:\n"
    "  - {client: Subject, provider: title}\n"
    "  - {client: Status, provider: state, table: states}\n"
    "tables:\n"
    "  states: {new: New, open: In Progress}\n";

constexpr const char* kCases =
    "# about the file\n"
    "cases:\n"
    "  - name: right\n"
    "    input: {Subject: a, Status: new}\n"
    "    expect: {title: a, state: New}\n"
    "  - name: wrong & <odd>\n"
    "    input: {Subject: a, Status: open}   # open\n"
    "    expect: {state: New, title: a}      # stays\n"
    "    back: true\n"
    "\n"
    "  - name: block\n"
    "    input: {Subject: \"b: c\"}\n"
    "    expect:\n"
    "      # gone\n"
    "      title: d\n"
    "    # about the next\n"
    "  - {name: refused, input: {Status: old}, rejects: Status}\n";

class TestCommand : public testing::Test {
 protected:
  TestCommand() {
    folder_.write("flow.yaml", kFlow);
    folder_.write("flow.test.yaml", kCases);
  }
  Ran run(std::vector<std::string> words) {
    words.insert(words.begin(), "test");
    words.push_back(folder_.at("flow.yaml"));
    Ran ran = run_navette(words);
    for (std::string* text : {&ran.out, &ran.err}) without_folder(text);
    return ran;
  }
  void without_folder(std::string* text) {
    const std::string path = folder_.path() + "/";
    for (auto at = text->find(path); at != std::string::npos; at = text->find(path)) {
      text->erase(at, path.size());
    }
  }
  std::string read(const std::string& name) {
    std::ifstream file(folder_.at(name));
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  TemporaryFolder folder_;
};

TEST_F(TestCommand, AFailingCaseShowsWhatDiffersAndTheRule) {
  const Ran ran = run({"--coverage"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(ran.out,
            "flow.test.yaml\n"
            "  ok       right\n"
            "  FAILED   wrong & <odd>   (flow.test.yaml:6:5)\n"
            "    the output differs\n"
            "    --- expected\n"
            "    +++ output\n"
            "    @@ -1,4 +1,4 @@\n"
            "     {\n"
            "    -  \"state\": \"New\",\n"
            "    +  \"state\": \"In Progress\",\n"
            "       \"title\": \"a\"\n"
            "     }\n"
            "    state: expected \"New\", got \"In Progress\"; rule Status~state, flow.yaml:6:5\n"
            "  FAILED   block   (flow.test.yaml:11:5)\n"
            "    the output differs\n"
            "    --- expected\n"
            "    +++ output\n"
            "    @@ -1,3 +1,3 @@\n"
            "     {\n"
            "    -  \"title\": \"d\"\n"
            "    +  \"title\": \"b: c\"\n"
            "     }\n"
            "    title: expected \"d\", got \"b: c\"; rule Subject~title, flow.yaml:5:5\n"
            "  ok       refused\n"
            "4 cases: 2 passed, 2 failed\n"
            "coverage of f: rules 4/4, table rows 2/4, branches 0/0 (75 %)\n"
            "  flow.yaml:8: table states: row of \"New\": never, provider to client\n"
            "  flow.yaml:8: table states: row of \"In Progress\": never, provider to client\n");
}

TEST_F(TestCommand, JUnitIsWellFormed) {
  const Ran ran = run({"--filter", "wrong", "--junit", folder_.at("report.xml")});
  EXPECT_EQ(ran.code, 1);
  std::string report = read("report.xml");
  without_folder(&report);
  EXPECT_EQ(report,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites name=\"navette\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">\n"
            "  <testsuite name=\"f\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\" "
            "file=\"flow.test.yaml\">\n"
            "    <testcase classname=\"f\" name=\"wrong &amp; &lt;odd&gt;\" "
            "file=\"flow.test.yaml\" line=\"6\">\n"
            "      <failure message=\"the output differs\" type=\"mapping\">the output differs\n"
            "--- expected\n"
            "+++ output\n"
            "@@ -1,4 +1,4 @@\n"
            " {\n"
            "-  &quot;state&quot;: &quot;New&quot;,\n"
            "+  &quot;state&quot;: &quot;In Progress&quot;,\n"
            "   &quot;title&quot;: &quot;a&quot;\n"
            " }\n"
            "state: expected &quot;New&quot;, got &quot;In Progress&quot;; rule Status~state, "
            "flow.yaml:6:5\n"
            "</failure>\n"
            "    </testcase>\n"
            "  </testsuite>\n"
            "</testsuites>\n");
}

TEST_F(TestCommand, JsonNamesTheRuleAndWhatIsMissing) {
  const Ran ran = run({"--json"});
  EXPECT_EQ(ran.code, 1);
  const auto report = Json::parse(ran.out);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->at("failed"), Json(2));
  const Json& flow = report->at("flows").items()[0];
  const Json& wrong = flow.at("cases").items()[1];
  EXPECT_EQ(wrong.at("line"), Json(6));
  EXPECT_EQ(wrong.at("failures").items()[0].at("fields").dump(),
            R"([{"field":"state","expected":"New","got":"In Progress","rule":"Status~state",)"
            R"("file":"flow.yaml","line":6,"column":5}])");
  EXPECT_EQ(flow.at("coverage").at("rows").dump(), R"({"hit":2,"all":4})");
  EXPECT_EQ(flow.at("coverage").at("missing").size(), 2U);
}

TEST_F(TestCommand, UpdateRewritesWhatWasExpectedAndNothingElse) {
  const Ran ran = run({"--update"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr("  updated  wrong & <odd>\n  updated  block\n"));
  EXPECT_THAT(ran.out, HasSubstr("4 cases: 4 passed, 0 failed, 2 updated\n"));
  std::string wanted = kCases;
  const auto replace = [&wanted](const std::string& old, const std::string& now) {
    wanted.replace(wanted.find(old), old.size(), now);
  };
  replace("{state: New, title: a}      #", "{state: In Progress, title: a}      #");
  replace("      title: d\n", "      title: \"b: c\"\n");
  EXPECT_EQ(read("flow.test.yaml"), wanted);
  EXPECT_EQ(run({}).code, 0);
  EXPECT_EQ(run({"--update"}).code, 0);
  EXPECT_EQ(read("flow.test.yaml"), wanted);
}

TEST_F(TestCommand, UpdateRewritesExpectedFiles) {
  folder_.write("in.ndjson", "{\"Subject\":\"a\"}\n{\"Subject\":\"b\"}\n");
  folder_.write("out.ndjson", "{\"title\":\"a\"}\n{}\n");
  folder_.write("one.json", "{}");
  folder_.write("flow.test.yaml",
                "cases:\n"
                "  - {name: l, input_file: in.ndjson, expect_file: out.ndjson}\n"
                "  - {name: o, input: {Subject: c}, expect_file: one.json}\n"
                "  - {name: e, input: &i {Subject: c}, expect: *i}\n");
  const Ran ran = run({"--update"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(read("out.ndjson"), "{\"title\":\"a\"}\n{\"title\":\"b\"}\n");
  EXPECT_EQ(read("one.json"), "{\n  \"title\": \"c\"\n}\n");
  EXPECT_THAT(ran.out, HasSubstr("not updated: rewrite flow.test.yaml:4:39: no map of its own"));
}

TEST_F(TestCommand, TooLittleCoverageEndsWith1) {
  folder_.write("flow.test.yaml",
                "cases: [{name: s, input: {Subject: a}, expect: {title: a}, back: true}]\n");
  EXPECT_EQ(run({}).code, 0);
  EXPECT_EQ(run({"--coverage-min", "25"}).code, 0);
  const Ran ran = run({"--coverage-min", "26"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.err, "navette: flow.yaml: coverage is 25 %, below 26 %; see --coverage\n");
}

TEST_F(TestCommand, FoldersAndConfigurationsNameTheirFlows) {
  const auto cases_of = [this](const std::string& path) {
    const Ran ran = run_navette({"test", path});
    return std::to_string(ran.code) + " " + ran.out.substr(0, ran.out.find('\n')) + ran.err;
  };
  for (const std::string& path : {folder_.path(), folder_.at("flow.test.yaml")}) {
    EXPECT_EQ(cases_of(path), "1 " + folder_.at("flow.test.yaml"));
  }
  folder_.write("c/navette.yaml", "store: ${env:NOT_SET}\nflows: f/*.yaml\n");
  folder_.write("c/f/a.yaml", kFlow);
  EXPECT_EQ(cases_of(folder_.at("c")), "2 " + folder_.at("c/f/a.test.yaml") +
                                           ": is not there; no tests" +
                                           "navette: test: there is no case; write "
                                           "flows/NAME.test.yaml\n");
  folder_.write("c/f/a.test.yaml", kCases);
  EXPECT_EQ(cases_of(folder_.at("c/navette.yaml")), "1 " + folder_.at("c/f/a.test.yaml"));
  EXPECT_THAT(cases_of(folder_.at("c/f/b.yaml")), HasSubstr("b.yaml: error: the file does not"));
  folder_.write("c/f/b.yaml", kFlow);
  EXPECT_THAT(cases_of(folder_.at("c/f/b.yaml")), HasSubstr("b.test.yaml: error: the file does"));
}

TEST_F(TestCommand, UnusableFilesEndWith2) {
  folder_.write("flow.test.yaml", "cases:\n  - {name: a, input: {}, expct: {}}\n");
  const Ran ran = run({});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("flow.test.yaml:2:26: error: \"expct\" is not known"));
  EXPECT_THAT(ran.err, HasSubstr("did you mean: expect"));
  folder_.write("flow.test.yaml", "cases:\n  - {name: a, input: {}, check: (}\n");
  EXPECT_THAT(run({}).err, HasSubstr("flow.test.yaml:2:33: read check: S0203"));
  EXPECT_EQ(run({"--filter", "zzz"}).code, 2);
}

}  // namespace
}  // namespace navette
