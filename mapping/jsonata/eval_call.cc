#include <algorithm>

#include "mapping/jsonata/convert.h"
#include "mapping/jsonata/eval.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

// The reference shows positions of the text of this very function when a chain fails.
constexpr std::string_view kChain = "function($f, $g) { function($x){ $g($f($x)) } }";

// Functions that remember where they were called last.
bool keeps_position(const Function& function) {
  switch (function.kind) {
    case Function::Kind::kBuiltin:
    case Function::Kind::kHost:
    case Function::Kind::kLambda:
    case Function::Kind::kPartialBuiltin:
    case Function::Kind::kTransform:
      return true;
    default:
      return false;
  }
}

// What JavaScript makes of a value where it wants text.
Value js_text(Value value, Arena& arena) {
  switch (value.tag()) {
    case Tag::kString:
      return value;
    case Tag::kUndefined:
      return Value(std::string_view("undefined"));
    case Tag::kNull:
      return Value(std::string_view("null"));
    case Tag::kBool:
      return Value(std::string_view(value.flag() ? "true" : "false"));
    case Tag::kNumber:
      return new_text(arena, number_text(value.number()));
    case Tag::kArray: {
      std::string out;
      for (std::uint32_t i = 0; i < value.array()->size; ++i) {
        const Value item = value.array()->items[i];
        if (i > 0) out += ',';
        if (item.defined() && !item.is_null()) out += js_text(item, arena).text();
      }
      return new_text(arena, out);
    }
    default:
      return Value(std::string_view("[object Object]"));
  }
}

// Where a match is to start, as JavaScript reads such an index.
std::size_t start_index(Value value) {
  constexpr double kIndexMax = 4294967295.0;
  double number = 0;
  if (value.is_number()) number = value.number();
  if (value.is_bool()) number = value.flag() ? 1 : 0;
  if (value.is_string()) number = parse_number(value.text()).value_or(0);
  return number > 0 ? static_cast<std::size_t>(std::min(number, kIndexMax)) : 0;
}

const Node* first_name(const Node* procedure) {
  return procedure->kind == Kind::kPath ? procedure->items[0] : nullptr;
}

}  // namespace

int Evaluator::arity(const Function& function) const {
  switch (function.kind) {
    case Function::Kind::kBuiltin:
      return builtin_at(function.builtin).arity;
    case Function::Kind::kHost:
      return function.host->arity;
    case Function::Kind::kLambda:
      return static_cast<int>(function.parameters.size);
    case Function::Kind::kPartialBuiltin:
      return static_cast<int>(
          std::count(function.open, function.open + function.fixed.count, true));
    case Function::Kind::kClosure:
      return arity(*function.target);
    case Function::Kind::kRegex:
      return 2;
    case Function::Kind::kTransform:
      return 1;
    case Function::Kind::kNextMatch:
      return 0;
  }
  return 0;
}

// A function that is handed over as an argument forgets where it came from.
Value Evaluator::wrap(Value argument, Frame* env) {
  if (!argument.is_function() || !keeps_position(*argument.function())) return argument;
  auto* closure = arena_.make<Function>();
  closure->kind = Function::Kind::kClosure;
  closure->target = argument.function();
  closure->env = env;
  return Value(closure);
}

bool Evaluator::arguments(const Node* node, Value input, Frame* env, Arguments& out,
                          bool wrap_functions) {
  out.values = arena_.array<Value>(node->items.size + 2);
  for (const Node* item : node->items) {
    const Value value = eval(item, input, env);
    if (value.failed()) return false;
    out.values[out.count++] = wrap_functions ? wrap(value, env) : value;
  }
  return true;
}

Value Evaluator::call(const Node* node, Value input, Frame* env, const Value* context) {
  const Value function = eval(node->left, input, env);
  if (function.failed()) return function;
  if (const Node* name = first_name(node->left); function.undefined() && name != nullptr) {
    const Symbol symbol = name->token.is_string() ? symbols_.find(name->token.text()) : kNoSymbol;
    if (symbol != kNoSymbol && js_truthy(lookup_symbol(symbol, env))) {
      fail_at("T1005", node);
      failure_.token = name->token;
      return Value::fail();
    }
  }
  Arguments given;
  given.values = arena_.array<Value>(node->items.size + 2);
  if (context != nullptr) given.values[given.count++] = *context;
  for (const Node* item : node->items) {
    const Value value = eval(item, input, env);
    if (value.failed()) return value;
    given.values[given.count++] = wrap(value, env);
  }
  if (function.is_function() && keeps_position(*function.function())) {
    function.function()->token = node->value;
    function.function()->position = node->position;
  }
  const Value result = apply(function, given, input, env);
  if (result.failed()) {
    if (failure_.position < 0) failure_.position = node->position;
    if (!js_truthy(failure_.token)) failure_.token = node->value;
  }
  return result;
}

Value Evaluator::apply(Value function, Arguments arguments, Value input, Frame* env) {
  const Value result = apply_once(function, arguments, input, env);
  return result.is_tail() ? trampoline(result, input, env) : result;
}

// Carry out tail calls one after the other, without growing the stack. They see the context of the
// call that started them.
Value Evaluator::trampoline(Value result, Value input, Frame* env) {
  while (result.is_tail()) {
    const TailCall tail = *result.tail();
    const Value next = eval(tail.node->left, tail.input, tail.env);
    if (next.failed()) return next;
    const Node* callee = tail.node->left;
    const bool named = callee->kind == Kind::kVariable || callee->kind == Kind::kContext;
    if (next.is_function()) {
      if (named) next.function()->token = callee->token;
      next.function()->position = callee->position;
    } else {
      const bool container = next.is_array() || next.is_object();
      fail("T1006");
      failure_.position = container ? callee->position : tail.node->position;
      if (named || !container) failure_.token = tail.node->value;
      return Value::fail();
    }
    Arguments given;
    if (!this->arguments(tail.node, tail.input, tail.env, given, false)) return Value::fail();
    result = apply_once(next, given, input, env);
  }
  return result;
}

Value Evaluator::blame(Function* function) {
  if (function == nullptr) return Value::fail();
  if (failure_.token.undefined()) failure_.token = function->token;
  if (function->position >= 0) failure_.position = function->position;
  return Value::fail();
}

Value Evaluator::apply_once(Value value, Arguments arguments, Value input, Frame* env) {
  if (!value.is_function()) return fail("T1006");
  Function& function = *value.function();
  if (function.signature != nullptr) {
    Arguments checked;
    fail(nullptr);
    if (!match_signature(*function.signature, arguments, input, arena_, checked, failure_)) {
      return blame(&function);
    }
    arguments = checked;
  }
  const Value result = invoke(function, arguments, input, env);
  return result.failed() ? blame(&function) : result;
}

Value Evaluator::invoke(Function& function, Arguments arguments, Value input, Frame* env) {
  switch (function.kind) {
    case Function::Kind::kBuiltin:
      return builtin_at(function.builtin).function(Call{*this, input, env}, arguments);
    case Function::Kind::kPartialBuiltin:
      return run_partial(function, arguments);
    case Function::Kind::kHost:
      return run_host(*function.host, arguments);
    case Function::Kind::kLambda:
      return run_lambda(function, arguments);
    case Function::Kind::kClosure: {
      if (!enter()) return Value::fail();
      const Value result = apply(Value(function.target), arguments, Value::null(), function.env);
      --depth_;
      return result;
    }
    case Function::Kind::kRegex: {
      const Value text = js_text(arguments[0], arena_);
      const auto* subject = arena_.make<Subject>(text.text(), arena_);
      return match_value(function.regex, subject, start_index(arguments[1]));
    }
    case Function::Kind::kNextMatch: {
      if (function.from >= function.subject->size()) return Value();
      const Value next = match_value(function.regex, function.subject, function.from);
      if (next.is_object() && next.object()->find("match").text().empty()) {
        return fail("D1004", Value(function.regex->source));
      }
      return next;
    }
    case Function::Kind::kTransform:
      return run_transform(function, arguments[0]);
  }
  return Value();
}

Value Evaluator::apply_adapted(Value function, Arguments arguments) {
  if (function.is_function()) {
    const auto takes = static_cast<unsigned>(std::max(1, arity(*function.function())));
    arguments.count = std::min(arguments.count, takes);
  }
  return apply(function, arguments, Value::null(), &root_);
}

Value Evaluator::lambda(const Node* node, Value input, Frame* env) {
  auto* function = arena_.make<Function>();
  function->kind = Function::Kind::kLambda;
  function->signature = node->signature;
  function->body = node->right;
  function->env = env;
  function->input = input;
  function->parameters = node->parameters;
  return Value(function);
}

Value Evaluator::run_lambda(Function& function, Arguments arguments) {
  Frame* own = frame(function.env);
  for (unsigned i = 0; i < function.parameters.size; ++i) {
    bind(own, function.parameters[i], arguments[i]);
  }
  return eval(function.body, function.input, own);
}

Value Evaluator::partial(const Node* node, Value input, Frame* env) {
  Arguments given;
  given.values = arena_.array<Value>(node->items.size + 1);
  for (const Node* item : node->items) {
    const Value value = item->kind == Kind::kPlaceholder ? Value() : eval(item, input, env);
    if (value.failed()) return value;
    given.values[given.count++] = value;
  }
  const Value function = eval(node->left, input, env);
  if (function.failed()) return function;
  if (function.is_function()) {
    Function& target = *function.function();
    if (target.kind == Function::Kind::kLambda) return partial_lambda(target, node, given, env);
    return partial_builtin(target, node, given);
  }
  const Node* name = first_name(node->left);
  const Symbol symbol =
      name != nullptr && name->token.is_string() ? symbols_.find(name->token.text()) : kNoSymbol;
  const bool meant =
      function.undefined() && symbol != kNoSymbol && js_truthy(lookup_symbol(symbol, env));
  fail_at(meant ? "T1007" : "T1008", node);
  failure_.token = node->value;
  return Value::fail();
}

Value Evaluator::partial_lambda(Function& function, const Node* node, Arguments given, Frame* env) {
  auto* result = arena_.make<Function>();
  result->kind = Function::Kind::kLambda;
  result->body = function.body;
  result->input = function.input;
  result->env = frame(function.env != nullptr ? function.env : env);
  for (unsigned i = 0; i < function.parameters.size; ++i) {
    const bool open = i < node->items.size && node->items[i]->kind == Kind::kPlaceholder;
    if (open) {
      result->parameters.push(arena_, function.parameters[i]);
    } else {
      bind(result->env, function.parameters[i], given[i]);
    }
  }
  return Value(result);
}

Value Evaluator::partial_builtin(Function& function, const Node* node, Arguments given) {
  unsigned count = given.count;
  if (function.kind == Function::Kind::kBuiltin) {
    count = static_cast<unsigned>(builtin_at(function.builtin).parameters);
  } else if (function.kind != Function::Kind::kHost) {
    count = static_cast<unsigned>(arity(function));
  }
  auto* result = arena_.make<Function>();
  result->kind = Function::Kind::kPartialBuiltin;
  result->target = &function;
  result->fixed.values = arena_.array<Value>(count + 1);
  result->fixed.count = count;
  bool* open = arena_.array<bool>(count + 1);
  for (unsigned i = 0; i < count; ++i) {
    result->fixed.values[i] = given[i];
    open[i] = i < node->items.size && node->items[i]->kind == Kind::kPlaceholder;
  }
  result->open = open;
  return Value(result);
}

Value Evaluator::run_partial(Function& function, Arguments arguments) {
  Arguments all;
  all.values = arena_.array<Value>(function.fixed.count + 1);
  unsigned next = 0;
  for (unsigned i = 0; i < function.fixed.count; ++i) {
    all.values[i] = function.open[i] ? arguments[next++] : function.fixed.values[i];
  }
  all.count = function.fixed.count;
  // What is missing at the end counts as not given where the signature wants it so.
  const Signature* signature = function.target->signature;
  for (Failure ignored; signature != nullptr && all.count > 0; --all.count) {
    Arguments checked;
    if (match_signature(*signature, all, Value(), arena_, checked, ignored)) break;
    if (all.values[all.count - 1].defined()) break;
  }
  return apply_once(Value(function.target), all, Value(), &root_);
}

Value Evaluator::run_host(const HostFunction& host, Arguments arguments) {
  std::vector<std::optional<Json>> given;
  for (unsigned i = 0; i < arguments.count; ++i) {
    std::optional<Json> json;
    if (arguments[i].defined() && !to_json(arguments[i], json)) return exceed("depth");
    given.push_back(std::move(json));
  }
  const auto answer = host.call(given);
  if (!answer) {
    fail("U1003");
    failure_.message = new_text(arena_, answer.error().message);
    return Value::fail();
  }
  if (!answer->has_value()) return Value();
  kept_.push_back(std::make_unique<Json>(**answer));
  return from_json(*kept_.back());
}

Value Evaluator::apply_operator(const Node* node, Value input, Frame* env) {
  const Value left = eval(node->left, input, env);
  if (left.failed()) return left;
  if (node->right->kind == Kind::kCall) {
    if (!enter()) return Value::fail();
    --depth_;
    return call(node->right, input, env, &left);
  }
  const Value right = eval(node->right, input, env);
  if (right.failed()) return right;
  if (!right.is_function()) {
    fail("T2006", right);
    failure_.position = node->position;
    return Value::fail();
  }
  if (left.is_function()) return chain(left, right);
  Value argument = left;
  return apply(right, {&argument, 1}, Value::null(), env);
}

// A function that calls the first and hands its result to the second.
Value Evaluator::chain(Value first, Value second) {
  if (chain_ == nullptr) {
    auto program = std::make_unique<Program>();
    Failure ignored;
    if (!compile(kChain, *program, symbols_, ignored)) return Value::fail();
    chain_ = program->root;
    programs_.push_back(std::move(program));
  }
  const Value maker = eval(chain_, Value::null(), &root_);
  if (maker.failed()) return maker;
  Value pair[2] = {first, second};
  return apply(maker, {pair, 2}, Value::null(), &root_);
}

Value Evaluator::eval_source(std::string_view source, Value input, Frame* env) {
  auto program = std::make_unique<Program>();
  Failure trouble;
  if (!compile(source, *program, symbols_, trouble)) {
    return fail("D3120", new_text(arena_, describe(trouble)));
  }
  const Node* root = program->root;
  hidden_ |= program->hidden;
  programs_.push_back(std::move(program));
  const Value result = eval(root, input, env);
  if (!result.failed() || failure_.code[0] == 'U') return result;
  return fail("D3121", new_text(arena_, describe(failure_)));
}

}  // namespace navette::jsonata
