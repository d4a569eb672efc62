#include <string>
#include <utility>

#include "mapping/jsonata/builtins.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

Value call_with_item(const Call& call, Value function, Value list, std::uint32_t index) {
  Value given[3] = {list.array()->items[index], Value(static_cast<double>(index)), list};
  return call.run.apply_adapted(function, {given, 3});
}

// Scalars by their text, so that telling many of them apart takes no quadratic time.
std::string scalar_key(Value value) {
  switch (value.tag()) {
    case Tag::kString:
      return "s" + std::string(value.text());
    case Tag::kNumber:
      return "n" + number_text(value.number());
    case Tag::kBool:
      return value.flag() ? "true" : "false";
    case Tag::kNull:
      return "null";
    default:
      return {};
  }
}

}  // namespace

Value builtin_map(const Call& call, Arguments arguments) {
  const Value list = arguments[0];
  if (list.undefined()) return list;
  Arena& arena = call.run.arena();
  Array* out = new_sequence(arena);
  for (std::uint32_t i = 0; i < list.array()->size; ++i) {
    const Value result = call_with_item(call, arguments[1], list, i);
    if (result.failed()) return result;
    if (result.defined()) out->push(arena, result);
  }
  return Value(out);
}

Value builtin_filter(const Call& call, Arguments arguments) {
  const Value list = arguments[0];
  if (list.undefined()) return list;
  Arena& arena = call.run.arena();
  Array* out = new_sequence(arena);
  for (std::uint32_t i = 0; i < list.array()->size; ++i) {
    const Value result = call_with_item(call, arguments[1], list, i);
    if (result.failed()) return result;
    bool keep = false;
    if (!call.run.test(result, keep)) return Value::fail();
    if (keep) out->push(arena, list.array()->items[i]);
  }
  return Value(out);
}

Value builtin_single(const Call& call, Arguments arguments) {
  const Value list = arguments[0];
  if (list.undefined()) return list;
  bool found = false;
  Value only;
  for (std::uint32_t i = 0; i < list.array()->size; ++i) {
    if (arguments[1].defined()) {
      const Value result = call_with_item(call, arguments[1], list, i);
      if (result.failed()) return result;
      bool fits = false;
      if (!call.run.test(result, fits)) return Value::fail();
      if (!fits) continue;
    }
    if (found) return call.run.fail("D3138");
    found = true;
    only = list.array()->items[i];
  }
  return found ? only : call.run.fail("D3139");
}

Value builtin_reduce(const Call& call, Arguments arguments) {
  const Value list = arguments[0];
  if (list.undefined()) return list;
  const int arity = arguments[1].is_function() ? call.run.arity(*arguments[1].function()) : 0;
  if (arity < 2) {
    call.run.fail("D3050");
    call.run.failure().index = 1;
    return Value::fail();
  }
  Value result = arguments[2];
  std::uint32_t i = 0;
  if (result.undefined() && list.array()->size > 0) result = list.array()->items[i++];
  for (; i < list.array()->size; ++i) {
    Value given[4] = {result, list.array()->items[i], Value(static_cast<double>(i)), list};
    result = call.run.apply_adapted(arguments[1], {given, 4});
    if (result.failed()) return result;
  }
  return result;
}

Value builtin_zip(const Call& call, Arguments arguments) {
  Arena& arena = call.run.arena();
  Array* out = new_array(arena);
  std::uint32_t length = arguments.count == 0 ? 0 : UINT32_MAX;
  for (unsigned i = 0; i < arguments.count; ++i) {
    const std::uint32_t own = arguments[i].is_array() ? arguments[i].array()->size : 0;
    if (own < length) length = own;
  }
  for (std::uint32_t row = 0; row < length; ++row) {
    Array* tuple = new_array(arena);
    for (unsigned i = 0; i < arguments.count; ++i) {
      tuple->push(arena, arguments[i].array()->items[row]);
    }
    out->push(arena, Value(tuple));
    if (!call.run.tick()) return Value::fail();
  }
  return Value(out);
}

Value builtin_append(const Call& call, Arguments arguments) {
  return call.run.append(arguments[0], arguments[1]);
}

Value builtin_reverse(const Call& call, Arguments arguments) {
  const Value list = arguments[0];
  if (list.undefined() || list.array()->size <= 1) return list;
  Array* out = new_array(call.run.arena());
  out->reserve(call.run.arena(), list.array()->size);
  for (std::uint32_t i = list.array()->size; i-- > 0;) {
    out->push(call.run.arena(), list.array()->items[i]);
  }
  return Value(out);
}

Value builtin_sort(const Call& call, Arguments arguments) {
  return call.run.sort(arguments[0], arguments[1]);
}

Value builtin_shuffle(const Call& call, Arguments arguments) {
  const Value list = arguments[0];
  if (list.undefined() || list.array()->size <= 1) return list;
  Array* out = new_array(call.run.arena());
  out->append(call.run.arena(), *list.array());
  for (std::uint32_t i = out->size - 1; i > 0; --i) {
    const auto other = static_cast<std::uint32_t>(call.run.random() * (i + 1));
    std::swap(out->items[i], out->items[other]);
  }
  return Value(out);
}

Value builtin_distinct(const Call& call, Arguments arguments) {
  const Value list = arguments[0];
  if (!list.is_array() || list.array()->size <= 1) return list;
  Arena& arena = call.run.arena();
  Array* out = list.array()->sequence ? new_sequence(arena) : new_array(arena);
  Object* scalars = arena.make<Object>();
  Array* others = new_array(arena);
  for (const Value item : *list.array()) {
    const std::string key = scalar_key(item);
    if (!key.empty()) {
      if (scalars->find_member(key) != nullptr) continue;
      scalars->add(arena, new_text(arena, key), item);
    } else {
      bool known = false;
      bool too_deep = false;
      for (const Value other : *others) known = known || deep_equal(item, other, too_deep);
      if (too_deep) return call.run.exceed("depth");
      if (!call.run.tick(1 + others->size)) return Value::fail();
      if (known) continue;
      others->push(arena, item);
    }
    out->push(arena, item);
  }
  return Value(out);
}

}  // namespace navette::jsonata
