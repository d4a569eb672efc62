// What `navette test` found, for people, for programs and for CI systems.

#pragma once

#include <string>
#include <vector>

#include "navette/json.h"

#include "config/cases.h"
#include "mapping/cases/coverage.h"
#include "mapping/cases/run_case.h"

namespace navette::tools {

struct TestedCase {
  MappingCase said;
  CaseResult result;
  bool updated = false;  // its `expect` was wrong and is rewritten
  bool ok() const { return result.passed(); }
};

struct TestedFlow {
  std::string flow;
  std::string flow_file;
  std::string case_file;
  bool has_cases = true;  // the file of tests is there
  std::vector<TestedCase> cases;
  Coverage coverage;
};

struct TestCount {
  std::size_t all = 0;
  std::size_t failed = 0;
  std::size_t updated = 0;
};
TestCount count_cases(const std::vector<TestedFlow>& flows);

// A line for each case; for one that failed what differs and which rule wrote it. `uncovered`: what
// no case exercised, too.
std::string test_text(const std::vector<TestedFlow>& flows, bool uncovered);

// {"ok", "cases", "failed", "flows": [{"flow", "file", "tests", "cases": [...], "coverage"}]}
Json test_json(const std::vector<TestedFlow>& flows);

// JUnit's XML: a suite for each flow.
std::string test_junit(const std::vector<TestedFlow>& flows);

}  // namespace navette::tools
