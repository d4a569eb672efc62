// JSONata 2.2 expressions, compiled once and evaluated as often as wanted.
//
//   auto compiled = jsonata::Expression::compile("items[price > 3].name");
//   if (!compiled) ... compiled.error() ...
//   jsonata::Outcome outcome = compiled->evaluate(&document, {}, {});
//
// What the language leaves to the process is fixed here: the time zone is UTC, and limits on steps,
// depth, time, memory and regular expression work are always on.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

namespace navette::jsonata {

struct JsonataError {
  std::string code;   // "T2001"
  int position = -1;  // UTF-16 units from the start to the end of the token; -1: unknown
  std::optional<Json> token;
  std::optional<Json> value;
  std::string message;  // for people
};

// Reaching one ends the evaluation with code U1001 and a message that names it; U1002 for regular
// expressions.
struct Limits {
  std::uint64_t steps_max = 500'000'000;        // operations of the expression
  int depth_max = 20'000;                       // operations within operations
  std::size_t stack_bytes_max = 4 << 20;        // of the native stack, whatever the depth
  std::chrono::milliseconds time_max{10'000};   // from the start of evaluate()
  std::size_t memory_bytes_max = 512U << 20;    // everything that the evaluation made
  std::uint64_t regex_steps_max = 200'000'000;  // of all regular expressions together
};

// A function that the host lends to expressions, e.g. "tzDate". It must be safe to call from every
// thread that evaluates with it.
struct HostFunction {
  std::string name;       // without the $
  std::string signature;  // "<s-s:s>"; empty: anything goes
  int arity = 1;
  // Undefined arguments and results are nullopt. An error ends the evaluation with code U1003.
  std::function<Result<std::optional<Json>>(const std::vector<std::optional<Json>>&)> call;
};

struct Bindings {
  std::vector<std::pair<std::string, Json>> values;  // names without the $
  std::vector<HostFunction> functions;
  // What $now() and $millis() say; unset: the clock at the start of the evaluation.
  std::optional<std::chrono::system_clock::time_point> now;
};

// A value, undefined (neither member set), or an error. A function comes out as "".
struct Outcome {
  std::optional<Json> value;
  std::optional<JsonataError> error;
};

// One place of the source that reads the input.
struct Read {
  std::vector<std::string> names;  // members from the input down, through arrays; none: the input
  std::vector<int> starts;         // where each name is written, in UTF-16 units
  int start = 0;                   // where the last name, or what reads the whole input, is written
  // Everything at and below it; false: only whether it is there, of what type it is, how many
  // items it has.
  bool whole = true;
};

// Something that an evaluation may end with.
struct Risk {
  int start = 0;         // where the operator or the call is written, in UTF-16 units
  std::string code;      // one of the codes that it may end with
  std::string function;  // without the $; empty for an operator
};

// A function that the expression names.
struct FunctionUse {
  int start = 0;      // of the $
  std::string name;   // without the $
  bool host = false;  // neither built in nor made by the expression
};

// What is known about an expression before it runs. It says too much rather than too little: a
// value on which the outcome may depend is always within one of the reads.
struct Analysis {
  std::vector<Read> reads;         // by where they are found; one path may be read in many places
  std::vector<Risk> risks;         // by place; none: only limits and numbers beyond 1e308 fail
  std::vector<FunctionUse> calls;  // by place
  std::vector<FunctionUse> unset;  // by place: variables that nothing sets, host functions included
  std::vector<FunctionUse> overfull;  // by place: calls with more arguments than there may be
  bool fallible() const { return !risks.empty(); }
};

// Of the functions of the language, without the $.
std::vector<std::string> builtin_names();

// Thread safety: evaluate() may be called from several threads at once.
class Expression {
 public:
  class Compiled;

  // Errors: the S.... codes of the language; S0303 for a regular expression that is none.
  static Compiled compile(std::string_view source);

  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;
  ~Expression();

  // `input` may be nullptr: no input at all. Nothing of the result refers to the input.
  Outcome evaluate(const Json* input, const Bindings& bindings = {},
                   const Limits& limits = {}) const;

  // `hosts`: the functions that evaluate() will be given; of others that the expression calls it
  // is assumed that they look at the whole context, too.
  Analysis analyse(std::span<const HostFunction> hosts = {}) const;

 private:
  friend class Session;
  struct State;
  explicit Expression(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// An Expression, or why there is none.
class [[nodiscard]] Expression::Compiled {
 public:
  Compiled(Expression expression);  // NOLINT(google-explicit-constructor)
  Compiled(JsonataError error);     // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return state_.index() == 0; }
  // REQUIRES: *this holds an expression.
  Expression& operator*() { return std::get<0>(state_); }
  const Expression& operator*() const { return std::get<0>(state_); }
  Expression* operator->() { return &std::get<0>(state_); }
  const Expression* operator->() const { return &std::get<0>(state_); }
  // REQUIRES: *this holds an error.
  const JsonataError& error() const { return std::get<1>(state_); }

 private:
  std::variant<Expression, JsonataError> state_;
};

}  // namespace navette::jsonata
