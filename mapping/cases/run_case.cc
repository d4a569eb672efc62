#include "mapping/cases/run_case.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "mapping/cases/diff.h"
#include "mapping/jsonata/jsonata.h"

namespace navette {
namespace {

std::string place_text(const Place& place) {
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

// The flow's rules with what the case puts in the place of theirs.
void adapt(const MappingCase& one, std::vector<FieldRule>* rules) {
  for (FieldRule& rule : *rules) {
    if (!one.zone.empty() && !rule.places.contains("zone")) rule.zone = {one.zone, one.zone};
    if (one.people && rule.has_people) rule.people = *one.people;
    adapt(one, &rule.each);
  }
}

// "rule Status~status (flows/acme.yaml:7:5): ..." for each.
std::string problem_text(const std::vector<FieldProblem>& problems) {
  std::vector<std::string> lines;
  lines.reserve(problems.size());
  for (const FieldProblem& problem : problems) {
    lines.push_back("rule " + problem.rule + " (" + place_text(problem.place) +
                    "): " + problem.reason);
  }
  return join(lines, "\n");
}

class Judge {
 public:
  Judge(const MappingCase& one, const Mapped& mapped) : case_(one), mapped_(mapped) {}

  Result<CaseResult> judge(const Mapper& back, Coverage* coverage) {
    if (!case_.rejects.empty()) {
      judge_rejection();
      return std::move(result_);
    }
    if (!mapped_.problems.empty()) {
      fail("the input was rejected: " + problem_text(mapped_.problems));
      return std::move(result_);
    }
    result_.output = mapped_.document;
    if (case_.expect && !(*case_.expect == mapped_.document)) {
      differs("the output differs", "expected", *case_.expect, "output", mapped_);
      result_.failures.back().of_expect = true;
    }
    if (case_.contains) {
      Mapped part = mapped_;
      part.document = mentioned(*case_.contains, mapped_.document);
      if (!(part.document == *case_.contains)) {
        differs("the output does not contain this", "contains", *case_.contains, "output", part);
      }
    }
    NAVETTE_TRY(judge_check());
    if (case_.back) judge_back(back, coverage);
    return std::move(result_);
  }

 private:
  void fail(std::string what) { result_.failures.push_back({.what = std::move(what)}); }

  void differs(const std::string& what, const std::string& wanted_name, const Json& wanted,
               const std::string& got_name, const Mapped& got) {
    CaseFailure failure;
    failure.what = what;
    failure.diff =
        unified_diff(sorted(wanted).pretty(), sorted(got.document).pretty(), wanted_name, got_name);
    failure.fields = blame(wanted, got.document, got.traces);
    result_.failures.push_back(std::move(failure));
  }

  // Whether the case names that rule: "Status~status", or one of its paths.
  static bool names(const std::string& said, const FieldTrace& trace) {
    return said == trace.rule || said == trace.source || said == trace.target;
  }

  void judge_rejection() {
    std::vector<const FieldTrace*> refused;
    for (const FieldTrace& trace : mapped_.traces) {
      if (trace.end == FieldTrace::End::kRejected) refused.push_back(&trace);
    }
    for (const std::string& said : case_.rejects) {
      const bool does = std::any_of(refused.begin(), refused.end(),
                                    [&said](const FieldTrace* one) { return names(said, *one); });
      if (does) continue;
      const auto rule = std::find_if(mapped_.traces.begin(), mapped_.traces.end(),
                                     [&said](const FieldTrace& one) { return names(said, one); });
      if (rule == mapped_.traces.end()) {
        std::vector<std::string> known;
        for (const FieldTrace& trace : mapped_.traces) known.push_back(trace.rule);
        const auto near = nearest(said, known);
        fail("no rule has the name or path \"" + said + "\"" +
             (near ? "; did you mean \"" + *near + "\"?" : ""));
      } else {
        fail("rule " + rule->rule + " (" + place_text(rule->place) + ") does not refuse the input");
      }
    }
    for (const FieldTrace* trace : refused) {
      const bool said =
          std::any_of(case_.rejects.begin(), case_.rejects.end(),
                      [trace](const std::string& name) { return names(name, *trace); });
      if (said) continue;
      fail("rule " + trace->rule + " (" + place_text(trace->place) +
           ") refuses the input too: " + trace->reason);
    }
  }

  Status judge_check() {
    if (case_.check.empty()) return {};
    const auto unusable = [this](const jsonata::JsonataError& error) {
      return Error{Fault::kMisconfigured,
                   place_text(case_.check_place) + ": read check: " + error.code +
                       " at character " + std::to_string(error.position) + ": " + error.message};
    };
    const auto expression = jsonata::Expression::compile(case_.check);
    if (!expression) return unusable(expression.error());
    jsonata::Bindings bindings;
    bindings.values.emplace_back("input", case_.input);
    bindings.now = case_.now;
    const jsonata::Outcome outcome = expression->evaluate(&mapped_.document, bindings);
    if (outcome.error) {
      fail("the check " + case_.check + " fails: " + outcome.error->code + ": " +
           outcome.error->message);
    } else if (!outcome.value || !(*outcome.value == Json(true))) {
      fail("the check " + case_.check + " is " +
           (outcome.value ? outcome.value->dump() : "undefined") + ", not true");
    }
    return {};
  }

  void judge_back(const Mapper& back, Coverage* coverage) {
    const MapOptions options = {
        .trace = true, .existing = &case_.input, .creating = false, .now = case_.now};
    const Mapped mapped = back.map(mapped_.document, options);
    coverage->add(mapped, back.from(), false);
    if (!mapped.problems.empty()) {
      fail("back: the output was rejected: " + problem_text(mapped.problems));
    } else if (!(mapped.document == case_.input)) {
      differs("back: the output, put onto the input, changes it", "input", case_.input, "back",
              mapped);
    }
  }

  const MappingCase& case_;
  const Mapped& mapped_;
  CaseResult result_;
};

}  // namespace

Result<CaseRunner::BothWays> CaseRunner::compile_both(const FlowConfig& flow) {
  auto client = Mapper::compile(flow, Side::kClient);
  if (!client) return client.error();
  auto provider = Mapper::compile(flow, Side::kProvider);
  if (!provider) return provider.error();
  return BothWays{std::move(*client), std::move(*provider)};
}

Result<CaseRunner> CaseRunner::compile(const FlowConfig& flow) {
  auto mappers = compile_both(flow);
  if (!mappers) return mappers.error();
  return CaseRunner(flow, std::move(*mappers));
}

Result<CaseResult> CaseRunner::run(const MappingCase& one) {
  std::optional<BothWays> own;
  if (!one.zone.empty() || one.people) {
    FlowConfig flow = *flow_;
    adapt(one, &flow.fields);
    auto mappers = compile_both(flow);
    if (!mappers) {
      return Error{Fault::kMisconfigured, place_text(one.place) + ": use case \"" + one.name +
                                              "\": " + mappers.error().message};
    }
    own = std::move(*mappers);
  }
  const BothWays& mappers = own ? *own : mappers_;
  const MapOptions options = {.trace = true,
                              .existing = one.existing ? &*one.existing : nullptr,
                              .creating = one.creating,
                              .now = one.now};
  const Mapped mapped = mappers[one.from].map(one.input, options);
  coverage_.add(mapped, one.from, one.creating);
  return Judge(one, mapped).judge(mappers[other(one.from)], &coverage_);
}

}  // namespace navette
