// Goal: a file of tests is read as it is meant, and what is wrong with one is said with its place.

#include "config/cases.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>

#include "config/load.h"
#include "tests/config/helpers.h"

namespace navette::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Cases : public ::testing::Test {
 public:
  Cases() {
    std::string pattern = (std::filesystem::temp_directory_path() / "navette-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Cases() override { std::filesystem::remove_all(folder_); }

 protected:
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  CaseFile load(const std::string& text) {
    write("f.test.yaml", text);
    return load_cases((folder_ / "f.test.yaml").string());
  }
  std::string said(const std::string& text) {
    return without_folder(render(load(text).diagnostics), folder_);
  }

  std::filesystem::path folder_;
};

TEST_F(Cases, ACaseIsReadWhole) {
  const CaseFile file = load(
      "cases:\n"
      "  - name: one\n"
      "    from: provider\n"
      "    input: {a: 1, b: [x, {c: null}], d: '${env:HOME}'}\n"
      "    now: 2026-03-01\n"
      "    zone: Europe/Paris\n"
      "    people: {ann: anna}\n"
      "    creating: false\n"
      "    existing: {s: 007}\n"
      "    expect: {t: true}\n"
      "    contains: {}\n"
      "    check: t\n"
      "    back: true\n"
      "  - name: two\n"
      "    input: {}\n"
      "    rejects: [Status, Due]\n"
      "    people: [{client: {login: ann}, provider: {id: 7}}]\n");
  ASSERT_TRUE(file.ok()) << render(file.diagnostics);
  ASSERT_EQ(file.cases.size(), 2U);
  const MappingCase& one = file.cases[0];
  EXPECT_EQ(one.from, Side::kProvider);
  EXPECT_EQ(one.input.dump(), R"({"a":1,"b":["x",{"c":null}],"d":"${env:HOME}"})");
  EXPECT_EQ(
      one.now.time_since_epoch().count(),
      std::chrono::system_clock::time_point(std::chrono::sys_days{std::chrono::year{2026} / 3 / 1})
          .time_since_epoch()
          .count());
  EXPECT_EQ(one.zone, "Europe/Paris");
  ASSERT_TRUE(one.people && one.people->size() == 1U);
  EXPECT_EQ(one.people->front().known.provider.front().second, "anna");
  EXPECT_FALSE(one.creating);
  EXPECT_EQ(one.existing->dump(), R"({"s":"007"})");
  EXPECT_EQ(one.expect->dump(), R"({"t":true})");
  EXPECT_EQ(one.expect_key->line, 10);
  EXPECT_TRUE(one.contains.has_value());
  EXPECT_EQ(one.check, "t");
  EXPECT_TRUE(one.back);
  const MappingCase& two = file.cases[1];
  EXPECT_EQ(two.from, Side::kClient);
  EXPECT_TRUE(two.creating);
  EXPECT_THAT(two.rejects, ElementsAre("Status", "Due"));
  EXPECT_EQ(two.people->front().known.client.front().first, "login");
}

TEST_F(Cases, PairsAndLinesAreCasesOfTheirOwn) {
  write("in.ndjson", "{\"a\":1}\n\n{\"a\":2}\n");
  write("out.ndjson", "{\"b\":1}\n{\"b\":2}\n");
  write("deep/in.json", "{\"a\":\n3}\n");
  const CaseFile file = load(
      "cases:\n"
      "  - {name: p, pairs: [[{a: 1}, {b: 1}], [{a: 2}, {b: 2}]]}\n"
      "  - {name: l, input_file: in.ndjson, expect_file: out.ndjson}\n"
      "  - {name: f, input_file: deep/in.json, check: 'true'}\n");
  ASSERT_TRUE(file.ok()) << render(file.diagnostics);
  std::vector<std::string> seen;
  for (const MappingCase& one : file.cases) {
    seen.push_back(one.name + " " + one.input.dump() + " " + std::to_string(one.expect_line));
  }
  EXPECT_THAT(seen, ElementsAre("p, pair 1 {\"a\":1} 0", "p, pair 2 {\"a\":2} 0",
                                "l, line 1 {\"a\":1} 1", "l, line 3 {\"a\":2} 2", "f {\"a\":3} 0"));
  EXPECT_EQ(file.cases[1].contains->dump(), "{\"b\":2}");
  EXPECT_EQ(file.cases[3].expect->dump(), "{\"b\":2}");
}

TEST_F(Cases, MistakesAreExplained) {
  EXPECT_EQ(said("cases:\n  - {name: a, inptu: {}, expect: {}}\n"),
            "f.test.yaml:2:15: error: \"inptu\" is not known in a case [CFG004]\n"
            "  2 |   - {name: a, inptu: {}, expect: {}}\n"
            "    |               ^~~~~\n"
            "  did you mean: input\n"
            "1 error\n");
  EXPECT_THAT(said("cases:\n  - {name: a, input: {}}\n"),
              HasSubstr("f.test.yaml:2:5: error: the case does not say what is expected [CFG005]"));
  EXPECT_THAT(said("cases:\n  - {name: a, expect: {}}\n"),
              HasSubstr("f.test.yaml:2:5: error: the case has no input [CFG005]"));
  EXPECT_THAT(said("cases:\n  - {name: a, input: {}, pairs: [[{}, {}]]}\n"),
              HasSubstr("the case has an input and pairs [CFG036]"));
  EXPECT_THAT(said("cases:\n  - {name: a, input: {}, rejects: b, expect: {}}\n"),
              HasSubstr("2:35: error: a case that rejects its input has no output"));
  EXPECT_THAT(said("cases:\n  - {name: a, input: [], expect: {}}\n"),
              HasSubstr("\"input\" is a list [CFG006]"));
  EXPECT_THAT(said("cases:\n  - {name: a, input_file: no.json, expect: {}}\n"),
              HasSubstr("2:27: error: the file \"no.json\" does not exist or cannot be read"));
  write("bad.ndjson", "{}\n5\n");
  EXPECT_THAT(said("cases:\n  - {name: a, input_file: bad.ndjson, expect: {}}\n"),
              HasSubstr("holds no JSON object in line 2"));
  write("two.ndjson", "{}\n{}\n");
  EXPECT_THAT(said("cases:\n  - {name: a, input: {}, expect_file: two.ndjson}\n"),
              HasSubstr("one input cannot give several outputs"));
  EXPECT_THAT(render(load_cases((folder_ / "none.test.yaml").string()).diagnostics),
              HasSubstr("the file does not exist"));
}

TEST_F(Cases, TestsAreNoFlows) {
  EXPECT_TRUE(is_case_file("flows/a.test.yaml"));
  EXPECT_FALSE(is_case_file("flows/test.yaml"));
  EXPECT_EQ(case_file_of("flows/a.yml"), "flows/a.test.yml");
  EXPECT_EQ(flow_file_of("flows/a.test.yaml"), "flows/a.yaml");
  write("navette.yaml", "store: ${env:NOT_SET}\nflows: \"f/*\"\n");
  write("f/a.yaml", "");
  write("f/a.test.yaml", "");
  write("f/b.yml", "");
  const FlowFiles found = find_flow_files(folder_.string(), fake_environment());
  EXPECT_EQ(render(found.diagnostics), "");
  EXPECT_THAT(found.files, ElementsAre((folder_ / "f/a.yaml").generic_string(),
                                       (folder_ / "f/b.yml").generic_string()));
  write("navette.yaml", "flows: \"g/*\"\n");
  EXPECT_THAT(render(find_flow_files(folder_.string(), fake_environment()).diagnostics),
              HasSubstr("no file matches \"g/*\""));
}

}  // namespace
}  // namespace navette::testing
