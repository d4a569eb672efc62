#include "mapping/jsonata/jsonata.h"

#include "mapping/jsonata/analyse.h"
#include "mapping/jsonata/convert.h"
#include "mapping/jsonata/expression_state.h"

namespace navette::jsonata {
JsonataError to_error(const Failure& failure) {
  JsonataError error;
  error.code = failure.code;
  error.position = failure.position;
  error.message = describe(failure);
  to_json(failure.token, error.token);
  if (failure.has_value) to_json(failure.value, error.value);
  return error;
}

Expression::Expression(std::unique_ptr<State> state) : state_(std::move(state)) {}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

Expression::Compiled::Compiled(Expression expression) : state_(std::move(expression)) {}
Expression::Compiled::Compiled(JsonataError error) : state_(std::move(error)) {}

Expression::Compiled Expression::compile(std::string_view source) {
  auto state = std::make_unique<State>();
  Failure failure;
  if (!jsonata::compile(source, state->program, state->symbols, failure)) {
    return Compiled(to_error(failure));
  }
  return Compiled(Expression(std::move(state)));
}

Outcome Expression::evaluate(const Json* input, const Bindings& bindings,
                             const Limits& limits) const {
  Arena arena(limits.memory_bytes_max);
  Evaluator evaluator(state_->program, state_->symbols, arena, limits, bindings);
  evaluator.restart();
  const Value start = input == nullptr ? Value() : evaluator.from_json(*input);
  const Value result = evaluator.run(start);
  Outcome outcome;
  if (!result.failed() && !to_json(result, outcome.value)) evaluator.exceed("depth");
  if (evaluator.failure().code != nullptr) {
    outcome.value.reset();
    outcome.error = to_error(evaluator.failure());
  }
  return outcome;
}

Analysis Expression::analyse(std::span<const HostFunction> hosts) const {
  return Analyser(state_->program, state_->symbols, hosts).run();
}

}  // namespace navette::jsonata
