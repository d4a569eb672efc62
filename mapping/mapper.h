// Whole documents through the rules of a flow, in one direction: the plain way, value by value.
// What a document becomes is defined here.
//
//   auto mapper = Mapper::compile(flow, Side::kClient);
//   Mapped mapped = mapper->map(document);
//   if (!mapped.problems.empty()) ... the document is rejected, with a reason for each field ...
//
// Values: missing, null and "" are three things. A value that is only copied stays as exact as it
// was; order and spelling of what is not mapped are nobody's business here.
//
// Thread safety: immutable after compile(); map() is safe from any thread.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

#include "config/model.h"
#include "mapping/mapping.h"

namespace navette {

// What became of one rule for one document.
struct FieldTrace {
  enum class End : unsigned char {
    kWritten,   // `value` was written
    kOmitted,   // nothing to write, as the empty policy says
    kKept,      // the other side keeps what it has; `reason` says why
    kSkipped,   // the rule does not apply; `reason`: direction, condition
    kRejected,  // `reason`: the document cannot be carried over
  };
  std::string rule;         // its name; of inner rules: "comments~notes[2].body~text"
  Place place;              // of the rule in its file
  std::string source;       // the path, template or expression that was read
  std::string target;       // the path that is written
  std::optional<Json> raw;  // what stood there; nothing: it was missing
  std::vector<ConversionStep> steps;
  End end = End::kWritten;
  std::optional<Json> value;
  std::string reason;
  std::vector<std::string> losses;
  std::string widened;  // the reason for which a wider circle sees it; empty: none does
  // The branches that were taken, for coverage.
  std::optional<bool> held;        // whether its condition did; nothing: none was asked
  std::optional<std::string> row;  // of its table: the text that it was found by
  bool defaulted = false;          // the rule's default stands in
  bool unmatched = false;          // nothing fitted: no row, no pair, no such form
};

struct FieldProblem {
  std::string rule;
  Place place;
  std::string source;  // the path that was read
  std::string reason;
};

struct Mapped {
  Json document = Json::object();
  std::vector<FieldProblem> problems;  // any: rejected as a whole
  std::vector<std::string> losses;     // "rule: what was lost"
  std::vector<FieldTrace> traces;  // with MapOptions::trace: one a rule, inner ones after theirs
};

struct MapOptions {
  bool trace = false;
  // The document on the other side as it is: the result is that with the mapped fields put in.
  // A field that already means the same keeps its spelling there.
  const Json* existing = nullptr;
  bool creating = true;  // rules with `when: create` apply
  std::optional<std::chrono::system_clock::time_point> now =
      {};  // of expressions; unset: the clock
};

class Mapper {
 public:
  // `from`: the side of the documents that map() takes.
  // Errors: kMisconfigured; one line for each mistake: file:line:col: what is wrong.
  static Result<Mapper> compile(const FlowConfig& flow, Side from);

  Mapped map(const Json& document, const MapOptions& options = {}) const;

  Side from() const;

 private:
  class Impl;
  explicit Mapper(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;  // shared: a Mapper is copied with what runs it
};

}  // namespace navette
