#include <algorithm>
#include <cmath>

#include "mapping/jsonata/eval.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

// Arrays flatten into their surroundings unless they were constructed there.
void flatten_into(Array* out, Arena& arena, Value value) {
  if (value.is_array() && !value.array()->constructed) {
    out->append(arena, *value.array());
  } else {
    out->push(arena, value);
  }
}

}  // namespace

// What the first step that needs care works on; `at` is its index. nullptr: `done` is the result.
Array* Evaluator::start_of_path(const Node* node, Value input, unsigned& at, Value& done) {
  const Value value = follow_names(node, input, at);
  if (at == node->items.size || value.undefined()) {
    done = value;
    return nullptr;
  }
  if (at < node->names && !value.is_array()) return nullptr;
  if (!value.is_array() || value.array()->constructed) return new_sequence(arena_, value);
  if (value.array()->size == 0) return nullptr;
  if (node->items[at]->kind != Kind::kSort) return value.array();
  Array* own = new_sequence(arena_);
  own->append(arena_, *value.array());
  return own;
}

Value Evaluator::path(const Node* node, Value input, Frame* env) {
  unsigned start = 0;
  Array* sequence = nullptr;
  if (node->names > 0 && input.is_object()) {
    Value done;
    sequence = start_of_path(node, input, start, done);
    if (sequence == nullptr) return done;
  } else {
    const Node* first = node->items[0];
    const bool absolute = first->kind == Kind::kVariable || first->kind == Kind::kContext;
    sequence = input.is_array() && !absolute ? input.array() : new_sequence(arena_, input);
  }
  Value result;
  Array* tuples = nullptr;
  bool tuple_stream = false;
  for (unsigned i = start; i < node->items.size; ++i) {
    const Node* current = node->items[i];
    tuple_stream = tuple_stream || current->tuple;
    if (i == 0 && current->constructed) {
      result = eval(current, Value(sequence), env);
    } else if (tuple_stream) {
      const Value next = tuple_step(current, sequence, tuples, env);
      if (next.failed()) return next;
      tuples = next.array();
      continue;
    } else {
      result = step(current, sequence, env, i + 1 == node->items.size);
    }
    if (result.failed()) return result;
    const bool nothing = result.undefined() || (result.is_array() && result.array()->size == 0) ||
                         (result.is_string() && result.text().empty());
    if (nothing && !tuple_stream) break;
    if (current->focus != kNoSymbol) continue;
    sequence = result.is_array() ? result.array() : units_of(result);
  }
  if (tuple_stream && tuples != nullptr) {
    if (node->tuple) {
      result = Value(tuples);
    } else {
      Array* contexts = new_sequence(arena_);
      contexts->reserve(arena_, tuples->size + 1);
      for (const Value tuple : *tuples) {
        contexts->push(arena_, tuple.is_tuple() ? tuple.tuple()->context : Value());
      }
      result = Value(contexts);
    }
  }
  if (node->keep_singleton && result.is_array()) {
    if (result.array()->constructed && !result.array()->sequence) {
      result = Value(new_sequence(arena_, result));
    }
    result.array()->keep_singleton = true;
  }
  if (node->group == nullptr) return result;
  return group(node->group->pairs, node->group->position,
               tuple_stream && tuples != nullptr ? Value(tuples) : result, env);
}

// What a step finds in a first step that gave no array though it was written as one: the units of a
// text, nothing in anything else.
Array* Evaluator::units_of(Value value) {
  Array* out = new_sequence(arena_);
  if (!value.is_string()) return out;
  const Subject text(value.text(), arena_);
  for (std::size_t i = 0; i < text.size(); ++i) {
    out->push(arena_, Value(text.slice(i, i + 1, arena_)));
  }
  return out;
}

Value Evaluator::step(const Node* node, Array* input, Frame* env, bool last) {
  if (node->kind == Kind::kSort) {
    const Value sorted = order_by(node, Value(input), env);
    return sorted.failed() || node->stages.empty() ? sorted : stages(node, sorted, env);
  }
  Array* out = new_sequence(arena_);
  Value only;
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < input->size; ++i) {
    Value result = eval(node, input->items[i], env);
    if (result.failed()) return result;
    for (const Stage& stage : node->stages) {
      if (stage.filter == nullptr) continue;
      result = filter(stage.filter, result, env);
      if (result.failed()) return result;
    }
    if (result.undefined()) continue;
    if (count++ == 0) only = result;
    flatten_into(out, arena_, result);
  }
  // A single array as the last result is that array itself, not a sequence of its items.
  if (last && count == 1 && only.is_array() && !only.array()->sequence) return only;
  return Value(out);
}

Value Evaluator::sort_tuples(const Node* node, Array* input, Array* tuples, Frame* env) {
  if (tuples != nullptr) return order_by(node, Value(tuples), env);
  const Value sorted = order_by(node, Value(input), env);
  if (sorted.failed()) return sorted;
  Array* out = new_sequence(arena_);
  out->tuple_stream = true;
  if (!sorted.is_array()) return Value(out);
  const Array& items = *sorted.array();
  for (std::uint32_t i = 0; i < items.size; ++i) {
    const Binding* bindings = nullptr;
    if (node->index != kNoSymbol) {
      bindings = arena_.make<Binding>(node->index, Value(static_cast<double>(i)), bindings);
    }
    out->push(arena_, Value(arena_.make<Tuple>(items.items[i], bindings)));
  }
  return Value(out);
}

Value Evaluator::tuple_step(const Node* node, Array* input, Array* tuples, Frame* env) {
  if (node->kind == Kind::kSort) {
    const Value sorted = sort_tuples(node, input, tuples, env);
    return sorted.failed() || node->stages.empty() ? sorted : stages(node, sorted, env);
  }
  Array* out = new_sequence(arena_);
  out->tuple_stream = true;
  const Array& from = tuples != nullptr ? *tuples : *input;
  for (std::uint32_t i = 0; i < from.size; ++i) {
    Tuple row;
    if (tuples != nullptr && from.items[i].is_tuple()) {
      row = *from.items[i].tuple();
    } else if (tuples == nullptr) {
      row.context = from.items[i];
    }
    Frame* own = row.bindings == nullptr ? env : frame(env, row.bindings);
    const Value result = eval(node, row.context, own);
    if (result.failed()) return result;
    if (add_tuples(node, row, result, out).failed()) return Value::fail();
  }
  return node->stages.empty() ? Value(out) : stages(node, Value(out), env);
}

// The rows that one row becomes: one for each item of the result.
Value Evaluator::add_tuples(const Node* node, const Tuple& from, Value result, Array* out) {
  if (result.undefined()) return Value();
  Array* items = result.is_array() ? result.array() : new_sequence(arena_, result);
  for (std::uint32_t i = 0; i < items->size; ++i) {
    const Value item = items->items[i];
    Tuple* row = arena_.make<Tuple>(from);
    const auto add = [this, row](Symbol symbol, Value value) {
      row->bindings = arena_.make<Binding>(symbol, value, row->bindings);
    };
    if (items->tuple_stream && item.is_tuple()) {
      row->context = item.tuple()->context;
      std::vector<const Binding*> inner;
      for (const Binding* b = item.tuple()->bindings; b != nullptr; b = b->next) inner.push_back(b);
      for (auto it = inner.rbegin(); it != inner.rend(); ++it) add((*it)->symbol, (*it)->value);
    } else {
      if (node->focus != kNoSymbol) {
        add(node->focus, item);
      } else {
        row->context = item;
      }
      if (node->index != kNoSymbol) add(node->index, Value(static_cast<double>(i)));
      if (node->ancestor != nullptr) add(label_of(node->ancestor), from.context);
    }
    out->push(arena_, Value(row));
    if (!tick()) return Value::fail();
  }
  return Value();
}

Value Evaluator::stages(const Node* node, Value input, Frame* env) {
  Value result = input;
  for (const Stage& stage : node->stages) {
    if (stage.filter != nullptr) {
      result = filter(stage.filter, result, env);
      if (result.failed()) return result;
      continue;
    }
    if (!result.is_array() || stage.index == kNoSymbol) continue;
    Array& rows = *result.array();
    for (std::uint32_t i = 0; i < rows.size; ++i) {
      if (!rows.items[i].is_tuple()) continue;
      Tuple* row = arena_.make<Tuple>(*rows.items[i].tuple());
      row->bindings =
          arena_.make<Binding>(stage.index, Value(static_cast<double>(i)), row->bindings);
      rows.items[i] = Value(row);
    }
  }
  return result;
}

Value Evaluator::filter_by_index(double index, Value input) {
  Array* out = new_sequence(arena_);
  const bool is_array = input.is_array();
  out->tuple_stream = is_array && input.array()->tuple_stream;
  const double size = is_array ? input.array()->size : input.undefined() ? 0 : 1;
  index = std::floor(index);
  if (index < 0) index += size;
  if (!(index >= 0 && index < size)) return Value(out);
  const Value item = is_array ? input.array()->items[static_cast<std::size_t>(index)] : input;
  if (item.is_array()) return item;
  if (item.defined()) out->push(arena_, item);
  return Value(out);
}

// How often a predicate's result lets the item at `index` through: once for each number that means
// it. False: the failure is set.
bool Evaluator::selected(Value result, std::uint32_t index, std::uint32_t size, unsigned& times) {
  times = 0;
  const auto count = [index, size, &times](double wanted) {
    wanted = std::floor(wanted);
    if ((wanted < 0 ? wanted + size : wanted) == index) ++times;
  };
  if (is_numeric(result)) {
    if (!finite(result.number())) return false;
    count(result.number());
  } else if (result.is_array() &&
             std::all_of(result.array()->begin(), result.array()->end(), is_numeric)) {
    for (const Value item : *result.array()) {
      if (!finite(item.number())) return false;
      count(item.number());
    }
  } else {
    bool keep = false;
    if (!test(result, keep)) return false;
    times = keep ? 1 : 0;
  }
  return true;
}

// name = literal, of an object.
bool Evaluator::equals_literal(const Node* predicate, Value item) {
  const Node* name = predicate->left->items[0];
  const Value value = member(*item.object(), name);
  bool unused = false;
  return deep_equal(value, predicate->right->value, unused);
}

Value Evaluator::filter(const Node* predicate, Value input, Frame* env) {
  if (predicate->kind == Kind::kNumber) {
    return filter_by_index(predicate->value.number(), input);
  }
  Array* out = new_sequence(arena_);
  const bool tuples = input.is_array() && input.array()->tuple_stream;
  out->tuple_stream = tuples;
  const Array* items = input.is_array() ? input.array() : new_sequence(arena_, input);
  for (std::uint32_t i = 0; i < items->size; ++i) {
    const Value item = items->items[i];
    if (predicate->equals_literal && item.is_object()) {
      if (!tick()) return Value::fail();
      if (equals_literal(predicate, item)) out->push(arena_, item);
      continue;
    }
    Value context = item;
    Frame* own = env;
    if (tuples && item.is_tuple()) {
      context = item.tuple()->context;
      own = frame(env, item.tuple()->bindings);
    }
    const Value result = eval(predicate, context, own);
    unsigned times = 0;
    if (result.failed() || !selected(result, i, items->size, times)) return Value::fail();
    for (; times > 0; --times) out->push(arena_, item);
  }
  return Value(out);
}

void Evaluator::flatten(Value value, Array* out) {
  if (!value.is_array()) {
    out->push(arena_, value);
  } else if (stack_left()) {
    for (const Value item : *value.array()) flatten(item, out);
  }
}

Value Evaluator::wildcard(Value input) {
  if (input.is_array() && input.array()->outer_wrapper && input.array()->size > 0) {
    input = input.array()->items[0];
  }
  Array* out = new_sequence(arena_);
  const auto add = [this, out](Value value) {
    if (value.is_array()) {
      out->sequence = false;  // joined with the items of an array it is an array itself
      flatten(value, out);
    } else {
      out->push(arena_, value);
    }
  };
  if (input.is_object()) {
    for (const Member& member : *input.object()) add(member.value);
  } else if (input.is_array()) {
    for (const Value item : *input.array()) add(item);
  }
  return failure_.code != nullptr ? Value::fail() : Value(out);
}

bool Evaluator::descend(Value value, Array* out) {
  if (!stack_left() || !tick()) return false;
  if (value.is_array()) {
    for (const Value item : *value.array()) {
      if (!descend(item, out)) return false;
    }
    return true;
  }
  out->push(arena_, value);
  if (!value.is_object()) return true;
  for (const Member& member : *value.object()) {
    if (!descend(member.value, out)) return false;
  }
  return true;
}

Value Evaluator::descendants(Value input) {
  if (input.undefined()) return input;
  Array* out = new_sequence(arena_);
  if (!descend(input, out)) return Value::fail();
  return out->size == 1 ? out->items[0] : Value(out);
}

// Whether b comes before a by the terms of an order-by clause. False: the failure is set.
bool Evaluator::after(const Node* node, Value a, Value b, bool tuples, Frame* env, bool& result) {
  result = false;
  const auto sides = [tuples, env, this](Value item, const Node* expression) {
    if (!tuples || !item.is_tuple()) return eval(expression, item, env);
    return eval(expression, item.tuple()->context, frame(env, item.tuple()->bindings));
  };
  const auto sortable = [](Value value) { return value.is_string() || value.is_number(); };
  for (const NodeTerm& term : node->terms) {
    const Value x = sides(a, term.expression);
    if (x.failed()) return false;
    const Value y = sides(b, term.expression);
    if (y.failed()) return false;
    if (x.undefined() || y.undefined()) {
      if (x.undefined() && y.undefined()) continue;
      result = x.undefined();  // what is undefined comes last
      return true;
    }
    const bool comparable = sortable(x) && sortable(y);
    if (!comparable || x.tag() != y.tag()) {
      if (comparable) {
        fail("T2007", x);
        failure_.value2 = y;
      } else {
        fail("T2008", sortable(x) ? y : x);
      }
      failure_.position = node->position;
      return false;
    }
    int order = 0;
    if (x.is_string()) {
      order = compare_utf16(x.text(), y.text());
    } else {
      order = x.number() == y.number() ? 0 : x.number() < y.number() ? -1 : 1;
    }
    if (order == 0) continue;
    result = (order > 0) != term.descending;
    return true;
  }
  return true;
}

Value Evaluator::order_by(const Node* node, Value input, Frame* env) {
  if (!input.is_array() || input.array()->size <= 1) return input;
  const Array& from = *input.array();
  Array* out = new_array(arena_);
  out->append(arena_, from);
  Value* scratch = arena_.array<Value>(from.size);
  if (!merge_sort(out->items, scratch, out->size, node, from.tuple_stream, env, Value())) {
    return Value::fail();
  }
  return Value(out);
}

bool Evaluator::in_order(const Node* node, bool tuples, Frame* env, Value comparator, Value a,
                         Value b, bool& swap) {
  if (!tick()) return false;
  if (node != nullptr) return after(node, a, b, tuples, env, swap);
  if (comparator.undefined()) {
    swap = a.is_string() ? compare_utf16(a.text(), b.text()) > 0 : a.number() > b.number();
    return true;
  }
  Value pair[2] = {a, b};
  const Value result = apply(comparator, {pair, 2}, Value::null(), &root_);
  if (result.failed()) return false;
  swap = js_truthy(result);
  return true;
}

// Stable. `node` is an order-by clause, else the comparator (a function or undefined) decides.
bool Evaluator::merge_sort(Value* items, Value* scratch, std::uint32_t count, const Node* node,
                           bool tuples, Frame* env, Value comparator) {
  if (count <= 1) return true;
  const std::uint32_t half = count / 2;
  if (!merge_sort(items, scratch, half, node, tuples, env, comparator) ||
      !merge_sort(items + half, scratch, count - half, node, tuples, env, comparator)) {
    return false;
  }
  std::copy(items, items + count, scratch);
  std::uint32_t left = 0;
  std::uint32_t right = half;
  for (std::uint32_t i = 0; i < count; ++i) {
    bool take_right = left == half;
    if (left < half && right < count &&
        !in_order(node, tuples, env, comparator, scratch[left], scratch[right], take_right)) {
      return false;
    }
    items[i] = take_right ? scratch[right++] : scratch[left++];
  }
  return true;
}

Value Evaluator::sort(Value list, Value comparator) {
  if (list.undefined()) return list;
  const Array& from = *list.array();
  if (from.size <= 1) return list;
  if (comparator.undefined() && !std::all_of(from.begin(), from.end(), is_numeric) &&
      !all_of_tag(from, Tag::kString)) {
    fail("D3070");
    failure_.index = 1;
    return Value::fail();
  }
  Array* out = new_array(arena_);
  out->append(arena_, from);
  Value* scratch = arena_.array<Value>(from.size);
  if (!merge_sort(out->items, scratch, out->size, nullptr, false, nullptr, comparator)) {
    return Value::fail();
  }
  return Value(out);
}

}  // namespace navette::jsonata
