// Runs the tests of a flow (config/cases.h): each document through the rules, and what comes out
// held against what is expected.
//
//   auto runner = CaseRunner::compile(flow);
//   for (const MappingCase& one : file.cases) Result<CaseResult> result = runner->run(one);
//   runner->coverage()
//
// Threads: one at a time.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

#include "config/cases.h"
#include "config/model.h"
#include "mapping/cases/blame.h"
#include "mapping/cases/coverage.h"
#include "mapping/mapper.h"

namespace navette {

// One thing that did not hold.
struct CaseFailure {
  std::string what;                          // a sentence without a full stop
  std::string diff = {};                     // unified, of the two documents; may be empty
  std::vector<FieldDifference> fields = {};  // what differs in the diff, and who wrote it
  bool of_expect = false;                    // with the output as `expect` it would hold
};

struct CaseResult {
  std::vector<CaseFailure> failures;  // none: passed
  std::optional<Json> output;         // nothing: the input was rejected
  bool passed() const { return failures.empty(); }
};

class CaseRunner {
 public:
  // `flow` outlives the runner. Errors: as Mapper::compile().
  static Result<CaseRunner> compile(const FlowConfig& flow);

  // Errors: kMisconfigured, with a place: the case itself cannot be used (its zone, its check).
  Result<CaseResult> run(const MappingCase& one);

  // Of all cases that were run.
  const Coverage& coverage() const { return coverage_; }

 private:
  // By the side that documents come from.
  struct BothWays {
    Mapper client;
    Mapper provider;
    const Mapper& operator[](Side from) const { return from == Side::kClient ? client : provider; }
  };
  static Result<BothWays> compile_both(const FlowConfig& flow);
  CaseRunner(const FlowConfig& flow, BothWays mappers)
      : flow_(&flow), mappers_(std::move(mappers)), coverage_(flow) {}

  const FlowConfig* flow_;
  BothWays mappers_;
  Coverage coverage_;
};

}  // namespace navette
