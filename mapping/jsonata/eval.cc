#include "mapping/jsonata/eval.h"

#include <algorithm>
#include <cmath>

namespace navette::jsonata {
namespace {

constexpr std::uint64_t kClockEvery = 1024;  // steps between looks at clock and memory

}  // namespace

bool truthy(Value value) {
  switch (value.tag()) {
    case Tag::kBool:
      return value.flag();
    case Tag::kNumber:
      return value.number() != 0 && !std::isnan(value.number());
    case Tag::kString:
      return !value.text().empty();
    case Tag::kObject:
      return value.object()->size > 0;
    case Tag::kArray: {
      const Array& array = *value.array();
      return std::any_of(array.begin(), array.end(), truthy);
    }
    case Tag::kTuple:
      return true;
    default:
      return false;
  }
}

bool js_truthy(Value value) {
  switch (value.tag()) {
    case Tag::kUndefined:
    case Tag::kNull:
      return false;
    case Tag::kBool:
      return value.flag();
    case Tag::kNumber:
      return value.number() != 0 && !std::isnan(value.number());
    case Tag::kString:
      return !value.text().empty();
    default:
      return true;
  }
}

Value to_boolean(Value value) {
  if (value.undefined()) return value;
  if (value.is_array() && value.array()->size == 1) return to_boolean(value.array()->items[0]);
  return Value(truthy(value));
}

bool all_of_tag(const Array& array, Tag tag) {
  return std::all_of(array.begin(), array.end(), [tag](Value item) { return item.tag() == tag; });
}

Evaluator::Evaluator(const Program& program, const Symbols& symbols, Arena& arena,
                     const Limits& limits, const Bindings& bindings)
    : program_(program),
      arena_(arena),
      limits_(limits),
      bindings_(bindings),
      base_symbols_(symbols),
      symbols_(&symbols),
      clone_(symbols_.find("clone")),
      guesses_(program.name_count) {
  name_bindings();
}

// Numbers for the names that the caller gives, once for all runs.
void Evaluator::name_bindings() {
  names_.clear();
  for (const HostFunction& host : bindings_.functions) names_.push_back(symbols_.intern(host.name));
  for (const auto& [name, json] : bindings_.values) names_.push_back(symbols_.intern(name));
  input_name_ = symbols_.intern("$");
}

void Evaluator::restart() {
  failure_ = Failure{};
  root_ = Frame{};
  builtins_made_.reset();
  hidden_ = program_.hidden;
  for (const Symbol name : names_) hide(name);
  regex_budget_ = RegexBudget{limits_.regex_steps_max};
  steps_left_ = limits_.steps_max;
  depth_ = 0;
  deadline_ = std::chrono::steady_clock::now() + limits_.time_max;
  now_millis_.reset();
  chain_ = nullptr;
  kept_.clear();
  if (programs_.empty()) return;
  programs_.clear();
  symbols_ = Symbols(&base_symbols_);  // without the names that only they had
  name_bindings();
}

void Evaluator::hide(Symbol symbol) {
  if (symbol < builtin_count()) hidden_.set(static_cast<std::size_t>(symbol));
}

double Evaluator::now_millis() {
  if (!now_millis_) {
    const auto now = bindings_.now.value_or(std::chrono::system_clock::now()).time_since_epoch();
    now_millis_ =
        static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  }
  return *now_millis_;
}

bool Evaluator::bind_all() {
  auto name = names_.begin();
  for (const HostFunction& host : bindings_.functions) {
    auto* function = arena_.make<Function>();
    function->kind = Function::Kind::kHost;
    function->host = &host;
    if (!host.signature.empty()) {
      function->signature = compile_signature(host.signature, arena_, failure_);
      if (function->signature == nullptr) return false;
    }
    bind(&root_, *name++, Value(function));
  }
  for (const auto& [unused, json] : bindings_.values) bind(&root_, *name++, from_json(json));
  return true;
}

Value Evaluator::run(Value input) {
  const char here = 0;
  stack_base_ = &here;
  if (!bind_all()) return Value::fail();
  bind(&root_, input_name_, input);
  if (input.is_array() && !input.array()->sequence) {
    Array* wrapper = new_sequence(arena_, input);
    wrapper->outer_wrapper = true;
    input = Value(wrapper);
  }
  return eval(program_.root, input, &root_);
}

Value Evaluator::exceed(std::string_view limit) {
  fail("U1001");
  failure_.message =
      new_text(arena_, "the expression was stopped: it reached the limit of " + std::string(limit));
  return Value::fail();
}

bool Evaluator::stack_left() {
  const char here = 0;
  if (static_cast<std::size_t>(stack_base_ - &here) < limits_.stack_bytes_max) return true;
  exceed("its stack");
  return false;
}

bool Evaluator::tick(std::uint64_t steps) {
  const std::uint64_t before = steps_left_;
  if (before <= steps) {
    exceed("steps");
    return false;
  }
  steps_left_ -= steps;
  if (before / kClockEvery == steps_left_ / kClockEvery) return true;
  if (!arena_.has_room(0)) {
    exceed("memory");
    return false;
  }
  if (std::chrono::steady_clock::now() < deadline_) return true;
  exceed("time");
  return false;
}

bool Evaluator::room_for(std::size_t bytes) {
  if (bytes < (std::size_t{1} << 31) && arena_.has_room(bytes)) return true;
  exceed("memory");
  return false;
}

bool Evaluator::enter() {
  if (++depth_ > limits_.depth_max) {
    exceed("depth");
    return false;
  }
  return tick() && stack_left();
}

Value Evaluator::eval(const Node* node, Value input, Frame* env) {
  if (node->leaf) return node->value;
  if (node->names_only && input.is_object()) {
    unsigned at = 0;
    const Value value = follow_names(node, input, at);
    if (!value.is_array()) return at == node->names ? value : Value();
  }
  if (!enter()) return Value::fail();
  Value result = dispatch(node, input, env);
  if (!result.failed() && !(result.is_tail() && node->tail)) {
    if (node->group != nullptr || !node->predicates.empty() || result.is_array()) {
      result = finish(node, result, input, env);
    }
  }
  --depth_;
  return result;
}

Value Evaluator::finish(const Node* node, Value result, Value, Frame* env) {
  for (const Stage& predicate : node->predicates) {
    result = filter(predicate.filter, result, env);
    if (result.failed()) return result;
  }
  if (node->group != nullptr && node->kind != Kind::kPath) {
    result = group(node->group->pairs, node->group->position, result, env);
  }
  if (!result.is_array()) return result;
  Array& array = *result.array();
  if (!array.sequence || array.tuple_stream) return result;
  if (node->keep_array) array.keep_singleton = true;
  if (array.size == 0) return Value();
  return array.size == 1 && !array.keep_singleton ? array.items[0] : result;
}

Value Evaluator::dispatch(const Node* node, Value input, Frame* env) {
  switch (node->kind) {
    case Kind::kPath:
      return path(node, input, env);
    case Kind::kName:
      return input.is_object() ? member(*input.object(), node) : lookup(input, node->value);
    case Kind::kString:
    case Kind::kNumber:
    case Kind::kConstant:
      return node->value;
    case Kind::kVariable:
      return lookup_symbol(node->symbol, env);
    case Kind::kContext:
      if (input.is_array() && input.array()->outer_wrapper) return input.array()->items[0];
      return input;
    case Kind::kWildcard:
      return wildcard(input);
    case Kind::kDescendant:
      return descendants(input);
    case Kind::kParent:
      return lookup_symbol(label_of(node->slot), env);
    case Kind::kRegex: {
      auto* function = arena_.make<Function>();
      function->kind = Function::Kind::kRegex;
      function->regex = node->regex;
      return Value(function);
    }
    case Kind::kNegate:
      return negate(node, input, env);
    case Kind::kArray:
      return array(node, input, env);
    case Kind::kObject:
      if (node->distinct_keys && !input.is_array()) return object(node, input, env);
      return group(node->pairs, node->position, input, env);
    case Kind::kBinary:
      return binary(node, input, env);
    case Kind::kBind: {
      const Value value = eval(node->right, input, env);
      if (!value.failed()) bind(env, node->symbol, value);
      return value;
    }
    case Kind::kApply:
      return apply_operator(node, input, env);
    case Kind::kCondition:
      return condition(node, input, env);
    case Kind::kBlock:
      return block(node, input, env);
    case Kind::kCall:
      if (node->tail) return Value(arena_.make<TailCall>(node, input, env));
      return call(node, input, env, nullptr);
    case Kind::kPartial:
      return partial(node, input, env);
    case Kind::kLambda:
      return lambda(node, input, env);
    case Kind::kTransform: {
      auto* function = arena_.make<Function>();
      function->kind = Function::Kind::kTransform;
      function->signature = transform_signature();
      function->body = node;
      function->env = env;
      function->input = input;
      return Value(function);
    }
    case Kind::kPlaceholder:
    case Kind::kSort:
      break;
  }
  return Value();
}

Frame* Evaluator::frame(const Frame* parent, const Binding* bindings) {
  return arena_.make<Frame>(parent, bindings);
}

void Evaluator::bind(Frame* env, Symbol symbol, Value value) {
  env->bindings = arena_.make<Binding>(symbol, value, env->bindings);
}

Value Evaluator::lookup_symbol(Symbol symbol, const Frame* env) {
  const bool built_in = symbol >= 0 && symbol < builtin_count();
  if (built_in && !hidden_[static_cast<std::size_t>(symbol)]) return builtin(symbol);
  for (; env != nullptr; env = env->parent) {
    for (const Binding* binding = env->bindings; binding != nullptr; binding = binding->next) {
      if (binding->symbol == symbol) return binding->value;
    }
  }
  return built_in ? builtin(symbol) : Value();
}

Value Evaluator::builtin(Symbol symbol) {
  const auto index = static_cast<std::size_t>(symbol);
  Function& function = builtins_[index];
  if (!builtins_made_[index]) {
    builtins_made_.set(index);
    function = Function{};
    function.kind = Function::Kind::kBuiltin;
    function.builtin = symbol;
    function.signature = builtin_signature(symbol);
    function.token = Value(builtin_at(symbol).name);
  }
  return Value(&function);
}

Value Evaluator::lookup(Value input, Value key) {
  if (input.is_object()) return input.object()->find(key.text());
  if (!input.is_array()) return Value();
  if (!stack_left()) return Value::fail();
  Array* result = new_sequence(arena_);
  for (const Value item : *input.array()) {
    const Value found = lookup(item, key);
    if (found.failed()) return found;
    if (found.is_array()) {
      result->append(arena_, *found.array());
    } else if (found.defined()) {
      result->push(arena_, found);
    }
  }
  return Value(result);
}

// The items of both, as a new array; what is no array counts as one item.
Value Evaluator::append(Value a, Value b) {
  if (a.undefined()) return b;
  if (b.undefined()) return a;
  Array* result = new_array(arena_);
  for (const Value part : {a, b}) {
    if (part.is_array()) {
      result->append(arena_, *part.array());
    } else {
      result->push(arena_, part);
    }
  }
  return Value(result);
}

const DatePicture* Evaluator::date_picture(std::string_view text, PictureError& error) {
  constexpr std::size_t kPicturesMax = 16;
  for (const auto& known : pictures_) {
    if (known->text == text) return &known->parts;
  }
  auto picture = std::make_unique<KnownPicture>();
  if (!analyse_date_picture(text, picture->parts, error)) return nullptr;
  picture->text = text;
  if (pictures_.size() < kPicturesMax) return &pictures_.emplace_back(std::move(picture))->parts;
  oldest_picture_ = (oldest_picture_ + 1) % kPicturesMax;
  pictures_[oldest_picture_] = std::move(picture);
  return &pictures_[oldest_picture_]->parts;
}

double Evaluator::random() {
  if (random_ == 0) {
    random_ =
        static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) | 1;
  }
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return static_cast<double>(random_ >> 11) / 9007199254740992.0;
}

bool Evaluator::test(Value value, bool& result) {
  result = false;
  if (value.is_array()) {
    for (const Value item : *value.array()) {
      if (!stack_left() || !test(item, result)) return false;
      if (result) return true;
    }
    return true;
  }
  if (is_numeric(value) && !finite(value.number())) return false;
  result = truthy(value);
  return true;
}

bool Evaluator::finite(double number) {
  if (std::isfinite(number)) return true;
  fail("D1001", Value(number));
  return false;
}

}  // namespace navette::jsonata
