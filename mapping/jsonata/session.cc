#include "mapping/jsonata/session.h"

#include <utility>

namespace navette::jsonata {

struct Session::State {
  const Expression& expression;
  Bindings bindings;
  Limits limits;
  JsonataError error;
  std::optional<Error> unreadable;
};

Session::Session(const Expression& expression, Bindings bindings, const Limits& limits)
    : state_(std::make_unique<State>(
          State{expression, std::move(bindings), limits, {}, std::nullopt})) {}
Session::~Session() = default;

Session::Answer Session::evaluate_text(std::string_view json, std::string* out, std::size_t) {
  const auto document = Json::parse(json, "document");
  if (!document) {
    state_->unreadable = document.error();
    return Answer::kUnreadable;
  }
  Outcome outcome = state_->expression.evaluate(&*document, state_->bindings, state_->limits);
  if (outcome.error) {
    state_->error = std::move(*outcome.error);
    return Answer::kFailed;
  }
  if (!outcome.value) return Answer::kUndefined;
  *out += outcome.value->dump();
  return Answer::kValue;
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
