#include "mapping/jsonata/session.h"

#include <utility>

#include "base/text.h"
#include "mapping/jsonata/expression_state.h"
#include "mapping/jsonata/print.h"
#include "mapping/jsonata/reader.h"

namespace navette::jsonata {

struct Session::State {
  State(const Expression& expression, Bindings given, const Limits& most)
      : bindings(std::move(given)),
        limits(most),
        wanted(expression.analyse(bindings.functions).reads),
        evaluator(expression.state_->program, expression.state_->symbols, arena, limits, bindings) {
  }

  Bindings bindings;
  Limits limits;
  Wanted wanted;
  Arena arena;
  Evaluator evaluator;
  Reader reader;
  Printer printer;
  JsonataError error;
  std::optional<Error> unreadable;
};

Session::Session(const Expression& expression, Bindings bindings, const Limits& limits)
    : state_(std::make_unique<State>(expression, std::move(bindings), limits)) {}
Session::~Session() = default;

Session::Answer Session::evaluate_text(std::string_view json, std::string* out) {
  State& state = *state_;
  state.arena.reset(state.limits.memory_bytes_max);
  Value input;
  json = without_byte_order_mark(json);
  if (!state.reader.read(json, &state.wanted, state.arena, input)) {
    state.unreadable =
        Error{Fault::kRejected, "parse document: " + state.reader.trouble() + ", at byte " +
                                    std::to_string(state.reader.offset())};
    return Answer::kUnreadable;
  }
  state.evaluator.restart();
  const Value result = state.evaluator.run(input);
  std::string_view text;
  if (!result.failed()) {
    if (result.undefined()) return Answer::kUndefined;
    if (state.printer.print(result, text)) {
      out->append(text);
      return Answer::kValue;
    }
    state.evaluator.exceed("depth");
  }
  state.error = to_error(state.evaluator.failure());
  return Answer::kFailed;
}

void Session::set_now(std::optional<std::chrono::system_clock::time_point> now) {
  state_->bindings.now = now;
}

const JsonataError& Session::error() const {
  return state_->error;
}

const Error& Session::unreadable() const {
  return *state_->unreadable;
}

}  // namespace navette::jsonata
