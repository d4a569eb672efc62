// Object constructors and groupings: {key: value} over one item, many items, or tuples.

#include <algorithm>
#include <array>

#include "mapping/jsonata/eval.h"

namespace navette::jsonata {
namespace {
constexpr unsigned kSmallMax = 24;
}

// The key as text, undefined when there is none.
Value Evaluator::key_of(const Node* node, int position, Value input, Frame* env) {
  if (node->kind == Kind::kString && node->predicates.empty() && node->group == nullptr) {
    return node->value;
  }
  const Value key = eval(node, input, env);
  if (key.failed() || key.undefined() || key.is_string()) return key;
  fail("T1003", key);
  failure_.position = position;
  return Value::fail();
}

// One item, keys that are literals and differ.
Value Evaluator::object(const Node* node, Value input, Frame* env) {
  auto* object = arena_.make<Object>();
  if (node->pairs.size > 0) object->reserve(arena_, node->pairs.size);
  for (const NodePair& pair : node->pairs) {
    const Value value = eval(pair.value, input, env);
    if (value.failed()) return value;
    if (value.defined()) object->add(arena_, pair.key->value, value);
  }
  return Value(object);
}

// One item, few pairs: each key belongs to one pair, nothing is collected.
Value Evaluator::single_object(const List<NodePair>& pairs, int position, Value input, Frame* env) {
  std::array<Value, kSmallMax> keys;
  for (unsigned i = 0; i < pairs.size; ++i) {
    keys[i] = key_of(pairs[i].key, position, input, env);
    if (keys[i].failed()) return keys[i];
    if (keys[i].undefined()) continue;
    for (unsigned before = 0; before < i; ++before) {
      if (keys[before].undefined() || keys[before].text() != keys[i].text()) continue;
      fail("D1009", keys[i]);
      failure_.position = position;
      return Value::fail();
    }
  }
  auto* object = arena_.make<Object>();
  if (pairs.size > 0) object->reserve(arena_, pairs.size);
  for (unsigned i = 0; i < pairs.size; ++i) {
    if (keys[i].undefined()) continue;
    const Value value = eval(pairs[i].value, input, env);
    if (value.failed()) return value;
    if (value.defined()) object->add(arena_, keys[i], value);
  }
  return Value(object);
}

// Put one item under the keys that the pairs give it. False: the failure is set.
bool Evaluator::collect(const List<NodePair>& pairs, int position, Value item, bool reduce,
                        Frame* env, Object* seen, std::vector<Entry>& entries) {
  const bool tuple = reduce && item.is_tuple();
  Frame* own = tuple ? frame(env, item.tuple()->bindings) : env;
  const Value context = tuple ? item.tuple()->context : item;
  for (unsigned i = 0; i < pairs.size; ++i) {
    const Value key = key_of(pairs[i].key, position, context, own);
    if (key.failed()) return false;
    if (key.undefined()) continue;
    const Value known = seen->find(key.text());
    if (known.undefined()) {
      seen->add(arena_, key, Value(static_cast<double>(entries.size())));
      entries.push_back({key, item, i});
      continue;
    }
    Entry& entry = entries[static_cast<std::size_t>(known.number())];
    if (entry.pair != i) {
      fail("D1009", key);
      failure_.position = position;
      return false;
    }
    // Grow in place what this grouping itself put together.
    if (entry.data.is_array() && entry.data.array()->capacity > 0 && entry.collected) {
      if (item.is_array()) {
        entry.data.array()->append(arena_, *item.array());
      } else if (item.defined()) {
        entry.data.array()->push(arena_, item);
      }
    } else {
      const Value joined = append(entry.data, item);
      entry.collected = entry.data.defined() && item.defined();
      entry.data = joined;
    }
  }
  return tick();
}

// One tuple whose bindings hold what all the rows hold.
Tuple* Evaluator::reduce_tuples(Value data) {
  auto* all = arena_.make<Tuple>();
  if (data.is_tuple()) {
    *all = *data.tuple();
    return all;
  }
  std::vector<Binding> merged;  // oldest first
  bool first = true;
  for (const Value item : *data.array()) {
    if (!item.is_tuple()) continue;
    all->context = first ? item.tuple()->context : append(all->context, item.tuple()->context);
    std::vector<Binding> own;  // newest of each symbol, oldest first
    for (const Binding* b = item.tuple()->bindings; b != nullptr; b = b->next) {
      const bool hidden = std::any_of(
          own.begin(), own.end(), [b](const Binding& other) { return other.symbol == b->symbol; });
      if (!hidden) own.push_back(*b);
    }
    std::reverse(own.begin(), own.end());
    for (const Binding& b : own) {
      auto found = std::find_if(merged.begin(), merged.end(),
                                [&b](const Binding& other) { return other.symbol == b.symbol; });
      if (found == merged.end()) {
        merged.push_back(b);
      } else {
        found->value = append(found->value, b.value);
      }
    }
    first = false;
  }
  for (const Binding& b : merged) {
    all->bindings = arena_.make<Binding>(b.symbol, b.value, all->bindings);
  }
  return all;
}

Value Evaluator::group(const List<NodePair>& pairs, int position, Value input, Frame* env) {
  const bool reduce = input.is_array() && input.array()->tuple_stream;
  const bool empty = input.is_array() && input.array()->size == 0;
  // An empty array gets an item of nothing, and keeps it: that is what the language's reference
  // does, and $count() of the array sees it.
  if (empty && !reduce) input.array()->push(arena_, Value());
  if (!reduce && pairs.size <= kSmallMax && (!input.is_array() || input.array()->size <= 1)) {
    const Value only =
        empty || !input.is_array() ? (empty ? Value() : input) : input.array()->items[0];
    return single_object(pairs, position, only, env);
  }
  Object* seen = arena_.make<Object>();
  std::vector<Entry> entries;
  if (!input.is_array()) {
    if (!collect(pairs, position, input, reduce, env, seen, entries)) return Value::fail();
  } else {
    const Array& items = *input.array();
    for (std::uint32_t i = 0; i < items.size; ++i) {
      if (!collect(pairs, position, items.items[i], reduce, env, seen, entries)) {
        return Value::fail();
      }
    }
  }
  auto* object = arena_.make<Object>();
  for (const Entry& entry : entries) {
    Value context = entry.data;
    Frame* own = env;
    if (reduce && (context.is_tuple() || context.is_array())) {
      const Tuple* tuple = reduce_tuples(context);
      context = tuple->context;
      own = frame(env, tuple->bindings);
    }
    const Value value = eval(pairs[entry.pair].value, context, own);
    if (value.failed()) return value;
    if (value.defined()) object->add(arena_, entry.key, value);
  }
  return Value(object);
}

}  // namespace navette::jsonata
