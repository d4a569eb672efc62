// Walks a compiled expression. One Evaluator serves one evaluation, on one thread.
//
// A method that cannot go on sets the failure and returns Value::fail() (or false); its callers
// pass that on at once. Nothing here throws.

#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/jsonata/jsonata.h"
#include "mapping/jsonata/node.h"
#include "mapping/jsonata/picture_date.h"

namespace navette::jsonata {

class Evaluator;

// What a built-in function is called with, beside its arguments.
struct Call {
  Evaluator& run;
  Value input;
  Frame* env;
};

struct Builtin {
  std::string_view name;
  std::string_view signature;
  int arity;       // how many arguments a caller that adapts offers it
  int parameters;  // how many it declares
  Value (*function)(const Call& call, Arguments arguments);
};

int builtin_count();
const Builtin& builtin_at(int index);
// Its compiled signature.
const Signature* builtin_signature(int index);
const Signature* transform_signature();

struct Function {
  enum class Kind : std::uint8_t {
    kBuiltin,
    kPartialBuiltin,
    kHost,
    kLambda,
    kClosure,  // a function handed over as an argument: called without a context
    kRegex,
    kNextMatch,
    kTransform,
  };
  Kind kind;
  int position = -1;  // of the newest call by name: its errors are reported there
  Value token{};
  int builtin = 0;
  const HostFunction* host = nullptr;
  const Signature* signature = nullptr;
  const Node* body = nullptr;  // kLambda: what runs. kTransform: the transform node
  Frame* env = nullptr;
  Value input{};
  List<Symbol> parameters{};
  Function* target = nullptr;    // kClosure, kPartialBuiltin
  Arguments fixed{};             // kPartialBuiltin
  const bool* open = nullptr;    // kPartialBuiltin: which of `fixed` the call fills in
  const Regex* regex = nullptr;  // kRegex, kNextMatch
  const Subject* subject = nullptr;
  std::size_t from = 0;
};

struct TailCall {
  const Node* node;
  Value input;
  Frame* env;
};

// One match of a regular expression or of a function that acts like one.
struct Match {
  bool found = false;
  bool answered = false;  // the matcher returned something, be it false
  std::string_view text;
  std::size_t start = 0;  // UTF-16 units
  std::size_t end = 0;
  Array* groups = nullptr;
  const Regex* regex = nullptr;  // the regular expression that made it, and where it looked
  const Subject* subject = nullptr;
  Value next{};  // without a regex: the function that gives the next match
};

class Evaluator {
 public:
  // What it is given must outlive it.
  Evaluator(const Program& program, const Symbols& symbols, Arena& arena, const Limits& limits,
            const Bindings& bindings);

  // Before each run: forget what the one before it made. The input may be made afterwards.
  void restart();
  Value run(Value input);
  Failure& failure() { return failure_; }
  Arena& arena() { return arena_; }
  RegexBudget& regex_budget() { return regex_budget_; }
  double now_millis();  // the same for all of one run

  Value fail(const char* code) {
    failure_ = Failure{};
    failure_.code = code;
    return Value::fail();
  }
  Value fail(const char* code, Value value) {
    fail(code);
    failure_.value = value;
    failure_.has_value = true;
    return Value::fail();
  }
  Value fail_at(const char* code, const Node* node) {
    fail(code);
    failure_.position = node->position;
    return Value::fail();
  }

  Value eval(const Node* node, Value input, Frame* env);
  // Call a function that came as a value, the way map, filter and their like do.
  Value apply(Value function, Arguments arguments, Value input, Frame* env);
  // The same with as many of the arguments as the function takes.
  Value apply_adapted(Value function, Arguments arguments);
  int arity(const Function& function) const;
  // Compile and run `source` where the call stands.
  Value eval_source(std::string_view source, Value input, Frame* env);
  // The first match of a regular expression (or a function that acts like one), and the ones
  // after it. False: the failure is set.
  bool first_match(Value matcher, Value text, Match& match);
  bool next_match(Match& match);
  // The match the way functions receive it.
  Value match_object(const Match& match);

  // U1001 with the name of the limit that was reached.
  Value exceed(std::string_view limit);
  // Whether `bytes` more may be used; sets the failure when not.
  bool room_for(std::size_t bytes);
  // A tick of a loop that does not evaluate anything. False: the failure is set.
  bool tick(std::uint64_t steps = 1);
  // Sets the failure and returns false when the native stack is nearly used up.
  bool stack_left();

  // -- shared with the built-in functions --
  Value lookup(Value input, Value key);
  Value append(Value a, Value b);
  Value sort(Value list, Value comparator);
  // Whether the value is true where a condition stands. False: the failure is set, since an
  // infinite number is neither.
  bool test(Value value, bool& result);
  // D1001 for what no JSON number can be. False: the failure is set.
  bool finite(double number);
  Value text_of(Value value, bool pretty = false);  // $string
  Value clone(Value value);
  Value from_json(const Json& json);
  // The picture, taken apart; remembered for next time. nullptr: `error` is set.
  const DatePicture* date_picture(std::string_view text, PictureError& error);
  double random();  // from 0 up to, not including, 1

 private:
  void name_bindings();
  bool bind_all();
  void hide(Symbol symbol);
  bool enter();
  Value dispatch(const Node* node, Value input, Frame* env);
  Value finish(const Node* node, Value result, Value input, Frame* env);
  Value variable(const Node* node, const Frame* env);
  Value builtin(Symbol symbol);
  Value lookup_symbol(Symbol symbol, const Frame* env);
  void bind(Frame* env, Symbol symbol, Value value);
  Frame* frame(const Frame* parent, const Binding* bindings = nullptr);

  // eval_path.cc
  Value path(const Node* node, Value input, Frame* env);
  // The names that the path starts with, as far as they lead through objects; `at` is the first
  // one that does not.
  Value follow_names(const Node* node, Value value, unsigned& at) {
    while (at < node->names && value.is_object()) {
      value = member(*value.object(), node->items[at++]);
    }
    return value;
  }
  // The member that a name means: most likely it stands where the one before it stood.
  Value member(const Object& object, const Node* name) {
    const std::string_view text = name->value.text();
    if (name->number < guesses_.size()) {
      const std::uint32_t guess = guesses_[name->number];
      if (guess < object.size && same_text(object.members[guess].key.text(), text)) {
        return object.members[guess].value;
      }
      const Member* found = object.find_member(text);
      if (found == nullptr) return Value();
      guesses_[name->number] = static_cast<std::uint32_t>(found - object.members);
      return found->value;
    }
    return object.find(text);
  }
  Array* start_of_path(const Node* node, Value input, unsigned& at, Value& done);
  bool equals_literal(const Node* predicate, Value item);
  Array* units_of(Value value);
  Value step(const Node* node, Array* input, Frame* env, bool last);
  Value tuple_step(const Node* node, Array* input, Array* tuples, Frame* env);
  Value sort_tuples(const Node* node, Array* input, Array* tuples, Frame* env);
  Value add_tuples(const Node* node, const Tuple& from, Value result, Array* out);
  Value stages(const Node* node, Value input, Frame* env);
  Value filter(const Node* predicate, Value input, Frame* env);
  bool selected(Value result, std::uint32_t index, std::uint32_t size, unsigned& times);
  Value filter_by_index(double index, Value input);
  Value wildcard(Value input);
  void flatten(Value value, Array* out);
  Value descendants(Value input);
  bool descend(Value value, Array* out);
  Value order_by(const Node* node, Value input, Frame* env);
  bool after(const Node* node, Value a, Value b, bool tuples, Frame* env, bool& result);
  bool merge_sort(Value* items, Value* scratch, std::uint32_t count, const Node* node, bool tuples,
                  Frame* env, Value comparator);
  bool in_order(const Node* node, bool tuples, Frame* env, Value comparator, Value a, Value b,
                bool& swap);

  // eval_group.cc
  struct Entry {
    Value key;
    Value data;
    std::uint32_t pair;
    bool collected = false;  // `data` is an array that the grouping made
  };
  Value group(const List<NodePair>& pairs, int position, Value input, Frame* env);
  Value object(const Node* node, Value input, Frame* env);
  Value single_object(const List<NodePair>& pairs, int position, Value input, Frame* env);
  Value key_of(const Node* node, int position, Value input, Frame* env);
  bool collect(const List<NodePair>& pairs, int position, Value item, bool reduce, Frame* env,
               Object* seen, std::vector<Entry>& entries);
  Tuple* reduce_tuples(Value data);

  // eval_operator.cc
  Value binary(const Node* node, Value input, Frame* env);
  Value equals(Value left, Value right, bool wanted);
  Value logical(const Node* node, Value input, Frame* env);
  Value arithmetic(const Node* node, Value left, Value right);
  Value compare(const Node* node, Value left, Value right);
  Value concatenate(Value left, Value right);
  Value includes(Value left, Value right);
  Value range(Value left, Value right);
  Value at_operator(const Node* node, Value result);
  Value negate(const Node* node, Value input, Frame* env);
  Value array(const Node* node, Value input, Frame* env);
  Value condition(const Node* node, Value input, Frame* env);
  Value block(const Node* node, Value input, Frame* env);

  // eval_call.cc
  Value call(const Node* node, Value input, Frame* env, const Value* context);
  bool arguments(const Node* node, Value input, Frame* env, Arguments& out, bool wrap);
  Value wrap(Value argument, Frame* env);
  Value apply_once(Value function, Arguments arguments, Value input, Frame* env);
  Value invoke(Function& function, Arguments arguments, Value input, Frame* env);
  Value blame(Function* function);
  Value trampoline(Value result, Value input, Frame* env);
  Value lambda(const Node* node, Value input, Frame* env);
  Value run_lambda(Function& function, Arguments arguments);
  Value partial(const Node* node, Value input, Frame* env);
  Value partial_lambda(Function& function, const Node* node, Arguments given, Frame* env);
  Value partial_builtin(Function& function, const Node* node, Arguments given);
  Value run_partial(Function& function, Arguments arguments);
  Value run_host(const HostFunction& host, Arguments arguments);
  Value apply_operator(const Node* node, Value input, Frame* env);
  Value chain(Value first, Value second);
  Value run_transform(const Function& function, Value input);
  bool update(const Node* node, Value match, Frame* env);
  bool remove(const Node* node, Value match, Frame* env);
  Value match_value(const Regex* regex, const Subject* subject, std::size_t from);
  bool exec(const Regex* regex, const Subject* subject, std::size_t from, Match& match);
  bool to_match(Value result, Match& match);

  const Program& program_;
  Arena& arena_;
  const Limits& limits_;
  const Bindings& bindings_;
  const Symbols& base_symbols_;
  Symbols symbols_;
  Symbol clone_;
  Symbol input_name_ = kNoSymbol;
  std::vector<Symbol> names_;  // of the functions, then the values, that the caller lends
  Failure failure_;
  Frame root_;
  std::array<Function, kBuiltinsMax> builtins_{};
  std::bitset<kBuiltinsMax> builtins_made_;  // in this run
  std::bitset<kBuiltinsMax> hidden_;         // built-in functions that something may stand before
  RegexBudget regex_budget_;
  struct KnownPicture {
    std::string text;
    DatePicture parts;
  };
  std::vector<std::unique_ptr<KnownPicture>> pictures_;
  std::size_t oldest_picture_ = 0;
  std::vector<std::uint32_t> guesses_;  // by the number of a name of the program
  std::vector<Span> spans_;
  std::uint64_t steps_left_ = 0;
  int depth_ = 0;
  const char* stack_base_ = nullptr;
  std::chrono::steady_clock::time_point deadline_;
  std::optional<double> now_millis_;
  std::uint64_t random_ = 0;
  const Node* chain_ = nullptr;
  std::vector<std::unique_ptr<Program>> programs_;  // compiled on the way
  std::vector<std::unique_ptr<Json>> kept_;         // answers of host functions
};

// Truth as `and`, `or`, conditions and filters see it; undefined is not true.
bool truthy(Value value);
// $boolean: undefined stays undefined.
Value to_boolean(Value value);
bool all_of_tag(const Array& array, Tag tag);
inline bool is_callable(Value value) {
  return value.is_function() || value.is_tail();
}

// A number that is one: what is "not a number" is no number to the language.
inline bool is_numeric(Value value) {
  return value.is_number() && value.number() == value.number();
}
// Truth as JavaScript itself sees it: containers and functions are true.
bool js_truthy(Value value);

}  // namespace navette::jsonata
