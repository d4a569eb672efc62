#include "mapping/jsonata/analyse.h"

#include <algorithm>
#include <utility>

namespace navette::jsonata {
namespace {

constexpr int kRoundsMax = 60;
constexpr int kDepthMax = 3500;
constexpr std::uint64_t kStepsMax = 2'000'000;
constexpr std::size_t kPlacesMax = 5000;
constexpr int kPlaceDepthMax = 48;
constexpr unsigned kNone = type_bit('m');
constexpr unsigned kText = type_bit('s');
constexpr unsigned kNumber = type_bit('n');
constexpr unsigned kBoolean = type_bit('b');
constexpr unsigned kArray = type_bit('a');
constexpr unsigned kObject = type_bit('o');
constexpr unsigned kFunction = type_bit('f');
constexpr unsigned kAny = 255;
constexpr unsigned kData = kAny & ~kFunction;

void add_types(Origin& origin, unsigned types) {
  origin.types = static_cast<Types>(origin.types | types);
  origin.literal = nullptr;
}

template <class T>
bool add_all(std::vector<T>& into, const std::vector<T>& from) {
  bool added = false;
  for (const T& item : from) {
    const auto at = std::lower_bound(into.begin(), into.end(), item);
    if (at != into.end() && *at == item) continue;
    into.insert(at, item);
    added = true;
  }
  return added;
}

bool is_divisor(const Node* node) {
  return node->kind == Kind::kNumber && node->value.number() != 0;
}

unsigned type_of(Value value) {
  switch (value.tag()) {
    case Tag::kString:
      return kText;
    case Tag::kNumber:
      return kNumber;
    case Tag::kBool:
      return kBoolean;
    default:
      return type_bit('l');
  }
}

}  // namespace

bool merge(Origin& into, const Origin& from) {
  bool changed = add_all(into.places, from.places);
  changed = add_all(into.lambdas, from.lambdas) || changed;
  changed = add_all(into.builtins, from.builtins) || changed;
  changed = add_all(into.hosts, from.hosts) || changed;
  if (from.unknown && !into.unknown) changed = into.unknown = true;
  const bool first = into.types == 0;
  const auto types = static_cast<Types>(into.types | from.types);
  const Node* literal = first || into.literal == from.literal ? from.literal : nullptr;
  changed = changed || types != into.types || literal != into.literal;
  into.types = types;
  into.literal = literal;
  return changed;
}

Origin derived(unsigned types) {
  Origin origin;
  origin.types = static_cast<Types>(types);
  origin.unknown = (types & kFunction) != 0;
  return origin;
}

Analyser::Analyser(const Program& program, const Symbols& symbols,
                   std::span<const HostFunction> hosts)
    : program_(program), symbols_(symbols), hosts_(hosts) {
  places_.push_back(Place{-1, {}, 0, 0});
}

Analysis Analyser::run() {
  Origin input;
  input.places.push_back(0);
  input.types = kData;
  if (const Symbol root = symbols_.find("$"); root != kNoSymbol) variables_[root] = input;
  // The first round only finds out which variables are set at all.
  eval(program_.root, input);
  quiet_ = false;
  changed_ = true;
  for (int round = 0; changed_ && !gave_up_; ++round) {
    changed_ = false;
    consume(eval(program_.root, input), program_.root);
    if (round == kRoundsMax) gave_up_ = true;
  }
  if (gave_up_) root_reads_[0] = true;
  Analysis out;
  for (const auto& [start, whole] : root_reads_) out.reads.push_back(Read{{}, {}, start, whole});
  for (std::size_t i = 1; i < places_.size(); ++i) {
    if (places_[i].extended && !places_[i].whole && !places_[i].touched) continue;
    Read read{{}, {}, places_[i].start, places_[i].whole};
    for (auto at = i; at != 0; at = static_cast<std::size_t>(places_[at].parent)) {
      read.names.emplace_back(places_[at].name);
      read.starts.push_back(places_[at].start);
    }
    std::reverse(read.names.begin(), read.names.end());
    std::reverse(read.starts.begin(), read.starts.end());
    out.reads.push_back(std::move(read));
  }
  for (const auto& [start, name] : unset_) {
    out.unset.push_back(FunctionUse{start, std::string(name), true});
  }
  for (const auto& [start, name] : overfull_) {
    out.overfull.push_back(FunctionUse{start, std::string(name), false});
  }
  for (const auto& [start, code, function] : risks_) {
    out.risks.push_back(Risk{start, std::string(code), std::string(function)});
  }
  if (gave_up_) out.risks.push_back(Risk{0, "U1001", {}});
  for (const auto& [start, callee] : calls_) {
    out.calls.push_back(FunctionUse{start, std::string(callee.first), callee.second});
  }
  return out;
}

void Analyser::join(Origin& into, const Origin& from) {
  if (merge(into, from)) changed_ = true;
}

void Analyser::read_all(const Node* by) {
  if (!quiet_) root_reads_[by->start] = true;
}

void Analyser::consume(const Origin& value, const Node* by) {
  if (quiet_) return;
  for (const int place : value.places) {
    if (place == 0) {
      read_all(by);
    } else {
      places_[static_cast<std::size_t>(place)].whole = true;
    }
  }
  for (const Node* lambda : value.lambdas) escape(lambda);
  if (!value.builtins.empty() || !value.hosts.empty()) lose_function();
}

// A function that may look at its context is somewhere unknown.
void Analyser::lose_function() {
  if (!contextual_) changed_ = true;
  contextual_ = true;
}

void Analyser::touch(const Origin& value, const Node* by) {
  if (quiet_) return;
  for (const int place : value.places) {
    if (place == 0) {
      root_reads_.emplace(by->start, false);
    } else {
      places_[static_cast<std::size_t>(place)].touched = true;
    }
  }
}

// Whether this very step led to the place already: a function that walks down calls itself.
bool Analyser::recurs(int place, std::string_view name, int start) const {
  for (int at = place; at > 0; at = places_[static_cast<std::size_t>(at)].parent) {
    const Place& step = places_[static_cast<std::size_t>(at)];
    if (step.start == start && step.name == name) return true;
  }
  return false;
}

Origin Analyser::child(const Origin& of, std::string_view name, int start) {
  Origin out;
  out.types = kData;
  if (of.unknown) out = anything();
  for (const int parent : of.places) {
    const auto key = std::make_tuple(parent, name, start);
    auto found = place_index_.find(key);
    if (found == place_index_.end()) {
      if (recurs(parent, name, start)) {
        places_[static_cast<std::size_t>(parent)].whole = true;
        merge(out, anything());
        continue;
      }
      const int depth = places_[static_cast<std::size_t>(parent)].depth + 1;
      if (depth > kPlaceDepthMax || places_.size() >= kPlacesMax) {
        gave_up_ = true;
        return out;
      }
      found = place_index_.emplace(key, static_cast<int>(places_.size())).first;
      places_.push_back(Place{parent, name, start, depth});
      places_[static_cast<std::size_t>(parent)].extended = true;
      changed_ = true;
    }
    out.places.push_back(found->second);
  }
  std::sort(out.places.begin(), out.places.end());
  return out;
}

void Analyser::escape(const Node* lambda) {
  Lambda& state = lambdas_[lambda];
  if (quiet_ || state.escaped) return;
  state.escaped = true;
  changed_ = true;
  if (lambda->signature != nullptr) lose_function();
  for (const Symbol parameter : lambda->parameters) join(variables_[parameter], anything());
}

void Analyser::risk(const Node* at, const char* code, std::string_view function) {
  if (!quiet_) risks_.emplace(at->start, code, function);
}

void Analyser::called(const Node* name, bool host) {
  calls_[name->start] = {name->value.text(), host};
}

Origin Analyser::eval(const Node* node, const Origin& input) {
  if (gave_up_ || ++steps_ > kStepsMax || depth_ > kDepthMax) {
    gave_up_ = true;
    return anything();
  }
  ++depth_;
  Origin result = dispatch(node, input);
  if (!node->predicates.empty()) filters(node->predicates, result, result);
  if (node->group != nullptr && node->kind != Kind::kPath) {
    pairs(node->group->pairs, result);
    result = derived(kObject);
    result.unknown = true;
  }
  --depth_;
  return result;
}

Origin Analyser::dispatch(const Node* node, const Origin& input) {
  switch (node->kind) {
    case Kind::kPath:
      return path(node, input);
    case Kind::kName:
      return child(input, node->value.text(), node->start);
    case Kind::kString:
    case Kind::kNumber:
    case Kind::kConstant: {
      Origin literal = derived(type_of(node->value));
      if (node->kind == Kind::kString) literal.literal = node;
      return literal;
    }
    case Kind::kVariable:
      return variable(node);
    case Kind::kContext:
      return input;
    case Kind::kWildcard:
    case Kind::kDescendant:
      consume(input, node);
      return anything();
    case Kind::kParent: {
      const auto found = variables_.find(label_of(node->slot));
      return found == variables_.end() ? derived(kNone) : found->second;
    }
    case Kind::kRegex: {
      Origin regex;
      regex.types = kFunction;
      return regex;
    }
    case Kind::kNegate:
      return negate(node, input);
    case Kind::kArray:
      return array(node, input);
    case Kind::kObject: {
      pairs(node->pairs, input);
      Origin object = derived(kObject);
      object.unknown = true;
      return object;
    }
    case Kind::kBinary:
      return binary(node, input);
    case Kind::kBind:
      return bind(node, input);
    case Kind::kApply:
      return apply_operator(node, input);
    case Kind::kCondition:
      return condition(node, input);
    case Kind::kBlock: {
      Origin last = derived(kNone);
      for (const Node* part : node->items) last = eval(part, input);
      return last;
    }
    case Kind::kCall:
      return call(node, input, nullptr);
    case Kind::kPartial:
      return partial(node, input);
    case Kind::kLambda:
      return lambda(node, input);
    case Kind::kTransform:
      return transform(node);
    case Kind::kPlaceholder:
    case Kind::kSort:
      break;
  }
  return derived(kNone);
}

Origin Analyser::negate(const Node* node, const Origin& input) {
  const Origin value = eval(node->left, input);
  consume(value, node->left);
  if (!only(value.types, kNumber | kNone)) risk(node, "D1002");
  return derived(kNumber | kNone);
}

Origin Analyser::array(const Node* node, const Origin& input) {
  Origin all = derived(kArray);
  for (const Node* item : node->items) merge(all, eval(item, input));
  all.types = kArray;
  all.literal = nullptr;
  return all;
}

Origin Analyser::bind(const Node* node, const Origin& input) {
  Origin value = eval(node->right, input);
  variables_.try_emplace(node->symbol);
  join(variables_[node->symbol], value);
  return value;
}

Origin Analyser::path(const Node* node, const Origin& input) {
  Origin current = input;
  for (unsigned i = 0; i < node->items.size; ++i) {
    const Node* at = node->items[i];
    const Origin before = current;
    if (at->ancestor != nullptr) join(variables_[label_of(at->ancestor)], before);
    Origin result = step(at, before);
    if (at->focus != kNoSymbol) {
      result.types = kAny;
      join(variables_[at->focus], result);
    } else {
      current = std::move(result);
    }
    if (at->index != kNoSymbol) join(variables_[at->index], derived(kNumber));
    filters(at->stages, current, current);
  }
  if (node->items.size > 1 || !node->items[0]->stages.empty()) {
    add_types(current, kArray | kNone);
  }
  if (node->group == nullptr) return current;
  pairs(node->group->pairs, current);
  Origin object = derived(kObject);
  object.unknown = true;
  return object;
}

Origin Analyser::step(const Node* node, const Origin& input) {
  if (node->kind != Kind::kSort) return eval(node, input);
  for (const NodeTerm& term : node->terms) {
    const Origin value = eval(term.expression, input);
    consume(value, term.expression);
    if (!only(value.types, kNumber | kNone) && !only(value.types, kText | kNone)) {
      risk(node, "T2008");
    }
  }
  return input;
}

void Analyser::filters(const List<Stage>& stages, const Origin& input, Origin& result) {
  for (const Stage& stage : stages) {
    if (stage.filter == nullptr) {
      if (stage.index != kNoSymbol) join(variables_[stage.index], derived(kNumber));
    } else if (stage.filter->kind != Kind::kNumber) {
      consume(eval(stage.filter, input), stage.filter);
    }
    add_types(result, kArray | kNone);
  }
}

void Analyser::pairs(const List<NodePair>& pairs, const Origin& input) {
  const bool literal = std::all_of(pairs.begin(), pairs.end(), [](const NodePair& pair) {
    return pair.key->kind == Kind::kString && pair.key->predicates.empty();
  });
  if (!literal && pairs.size > 1) risk(pairs[0].key, "D1009");
  for (const NodePair& pair : pairs) {
    const Origin key = eval(pair.key, input);
    consume(key, pair.key);
    if (!only(key.types, kText | kNone)) risk(pair.key, "T1003");
    consume(eval(pair.value, input), pair.value);
  }
}

Origin Analyser::binary(const Node* node, const Origin& input) {
  const Origin left = eval(node->left, input);
  const Origin right = eval(node->right, input);
  consume(left, node->left);
  consume(right, node->right);
  switch (node->op) {
    case Op::kAmpersand:
      return derived(kText);
    case Op::kEqual:
    case Op::kNotEqual:
    case Op::kIn:
    case Op::kAnd:
    case Op::kOr:
      return derived(kBoolean);
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual: {
      const auto both = static_cast<Types>(left.types | right.types);
      if (!only(both, kNumber | kNone) && !only(both, kText | kNone)) {
        risk(node, only(both, kNumber | kText | kNone) ? "T2009" : "T2010");
      }
      return derived(kBoolean | kNone);
    }
    case Op::kDotDot:
      if (!only(left.types, kNone)) risk(node, "T2003");
      return derived(kArray | kNone);
    default:
      if (!only(left.types, kNumber | kNone)) risk(node, "T2001");
      if (!only(right.types, kNumber | kNone)) risk(node, "T2002");
      // What is divided by 0 cannot be printed.
      if (node->op == Op::kSlash && !is_divisor(node->right)) risk(node, "D1001");
      return derived(kNumber | kNone);
  }
}

Origin Analyser::condition(const Node* node, const Origin& input) {
  consume(eval(node->left, input), node->left);
  Origin result = eval(node->right, input);
  if (node->third == nullptr) {
    add_types(result, kNone);
    return result;
  }
  merge(result, eval(node->third, input));
  return result;
}

Origin Analyser::variable(const Node* node) {
  Origin out;
  const Symbol symbol = node->symbol;
  const bool built_in = symbol < builtin_count();
  if (built_in) {
    out.builtins.push_back(symbol);
    out.types = kFunction;
    called(node, false);
  }
  const auto found = variables_.find(symbol);
  if (found != variables_.end()) {
    merge(out, found->second);
    // It may be used where nothing has set it; a function hardly ever is.
    if (out.types != kFunction) add_types(out, kNone);
  }
  const std::string_view name = node->value.text();
  const bool lent = std::any_of(hosts_.begin(), hosts_.end(),
                                [name](const HostFunction& host) { return host.name == name; });
  if (lent) called(node, true);
  if (lent || (!quiet_ && !built_in && found == variables_.end())) {
    out.hosts.push_back(name);
    out.types = kAny;
    if (!lent) unset_[node->start] = name;
  }
  return out;
}

Origin Analyser::lambda(const Node* node, const Origin& input) {
  Lambda& state = lambdas_[node];
  join(state.input, input);
  for (const Symbol parameter : node->parameters) variables_.try_emplace(parameter);
  const Node* around = std::exchange(lambda_, node);
  const Origin result = eval(node->right, Origin(state.input));
  lambda_ = around;
  join(state.result, result);
  if (state.escaped) consume(state.result, node->right);
  Origin function;
  function.lambdas.push_back(node);
  function.types = kFunction;
  return function;
}

// It works on a copy of what it is given.
Origin Analyser::transform(const Node* node) {
  const Origin copy = anything();
  for (const Node* part : {node->left, node->right, node->third}) {
    if (part != nullptr) consume(eval(part, copy), part);
  }
  risk(node, "T2011");
  return anything();
}

Origin Analyser::partial(const Node* node, const Origin& input) {
  const Origin function = eval(node->left, input);
  for (const Node* item : node->items) {
    if (item->kind != Kind::kPlaceholder) consume(eval(item, input), item);
  }
  for (const Node* lambda : function.lambdas) escape(lambda);
  if (function.types != kFunction) risk(node, "T1008");
  return anything();
}

Origin Analyser::apply_operator(const Node* node, const Origin& input) {
  const Origin left = eval(node->left, input);
  if (node->right->kind == Kind::kCall) return call(node->right, input, &left);
  const Origin right = eval(node->right, input);
  if (right.types != kFunction) risk(node, "T2006");
  if ((left.types & kFunction) == 0) return apply(right, {left}, derived(kNone), node);
  // Two functions strung together, called who knows where.
  consume(left, node->left);
  consume(right, node->right);
  Origin result = apply(right, {left}, derived(kNone), node);
  merge(result, anything());
  return result;
}

}  // namespace navette::jsonata
