#include "mapping/jsonata/builtins.h"

namespace navette::jsonata {
namespace {

Value call_with_member(const Call& call, Value function, const Member& member, Value object) {
  Value given[3] = {member.value, member.key, object};
  return call.run.apply_adapted(function, {given, 3});
}

void add_key(Object* seen, Array* out, Arena& arena, Value key) {
  if (seen->find_member(key.text()) != nullptr) return;
  seen->add(arena, key, key);
  out->push(arena, key);
}

bool collect_keys(const Call& call, Value value, Object* seen, Array* out) {
  if (!call.run.stack_left()) return false;
  if (value.is_array()) {
    for (const Value item : *value.array()) {
      if (!collect_keys(call, item, seen, out)) return false;
    }
  } else if (value.is_object()) {
    for (const Member& member : *value.object()) {
      add_key(seen, out, call.run.arena(), member.key);
    }
  }
  return true;
}

Value look_up(const Call& call, Value value, Value key) {
  if (value.is_object()) return value.object()->find(key.text());
  if (!value.is_array()) return Value();
  if (!call.run.stack_left()) return Value::fail();
  Array* out = new_sequence(call.run.arena());
  for (const Value item : *value.array()) {
    const Value found = look_up(call, item, key);
    if (found.failed()) return found;
    if (found.is_array()) {
      out->append(call.run.arena(), *found.array());
    } else if (found.defined()) {
      out->push(call.run.arena(), found);
    }
  }
  return Value(out);
}

Value spread(const Call& call, Value value) {
  Arena& arena = call.run.arena();
  if (!call.run.stack_left()) return Value::fail();
  if (value.is_array()) {
    Array* out = new_sequence(arena);
    for (const Value item : *value.array()) {
      const Value part = spread(call, item);
      if (part.failed()) return part;
      if (part.is_array()) {
        out->append(arena, *part.array());
      } else if (part.defined()) {
        out->push(arena, part);
      }
      if (part.defined()) out->sequence = false;  // joining made it an array
    }
    return Value(out);
  }
  if (!value.is_object()) return value;
  Array* out = new_sequence(arena);
  for (const Member& member : *value.object()) {
    auto* single = arena.make<Object>();
    single->add(arena, member.key, member.value);
    out->push(arena, Value(single));
  }
  return Value(out);
}

}  // namespace

Value builtin_sift(const Call& call, Arguments arguments) {
  if (!arguments[0].is_object() || !arguments[1].is_function()) return Value();
  Arena& arena = call.run.arena();
  auto* out = arena.make<Object>();
  for (const Member& member : *arguments[0].object()) {
    const Value result = call_with_member(call, arguments[1], member, arguments[0]);
    if (result.failed()) return result;
    bool keep = false;
    if (!call.run.test(result, keep)) return Value::fail();
    if (keep) out->add(arena, member.key, member.value);
  }
  return out->size == 0 ? Value() : Value(out);
}

Value builtin_keys(const Call& call, Arguments arguments) {
  Arena& arena = call.run.arena();
  Array* out = new_sequence(arena);
  if (!collect_keys(call, arguments[0], arena.make<Object>(), out)) return Value::fail();
  return Value(out);
}

Value builtin_lookup(const Call& call, Arguments arguments) {
  return look_up(call, arguments[0], arguments[1]);
}

Value builtin_exists(const Call&, Arguments arguments) {
  return Value(arguments[0].defined());
}

Value builtin_spread(const Call& call, Arguments arguments) {
  return spread(call, arguments[0]);
}

Value builtin_merge(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  Arena& arena = call.run.arena();
  auto* out = arena.make<Object>();
  for (const Value part : *arguments[0].array()) {
    if (!part.is_object()) continue;
    for (const Member& member : *part.object()) out->set(arena, member.key, member.value);
    if (!call.run.tick()) return Value::fail();
  }
  return Value(out);
}

Value builtin_each(const Call& call, Arguments arguments) {
  if (!arguments[0].is_object()) return Value(new_sequence(call.run.arena()));
  Array* out = new_sequence(call.run.arena());
  for (const Member& member : *arguments[0].object()) {
    const Value result = call_with_member(call, arguments[1], member, arguments[0]);
    if (result.failed()) return result;
    if (result.defined()) out->push(call.run.arena(), result);
  }
  return Value(out);
}

Value builtin_error(const Call& call, Arguments arguments) {
  call.run.fail("D3137");
  call.run.failure().message = arguments[0].is_string()
                                   ? arguments[0]
                                   : Value(std::string_view("$error() function evaluated"));
  return Value::fail();
}

Value builtin_assert(const Call& call, Arguments arguments) {
  if (js_truthy(arguments[0])) return Value();
  call.run.fail("D3141");
  call.run.failure().message = arguments[1].is_string()
                                   ? arguments[1]
                                   : Value(std::string_view("$assert() statement failed"));
  return Value::fail();
}

Value builtin_type(const Call&, Arguments arguments) {
  std::string_view name;
  switch (arguments[0].tag()) {
    case Tag::kUndefined:
      return Value();
    case Tag::kNull:
      name = "null";
      break;
    case Tag::kBool:
      name = "boolean";
      break;
    case Tag::kNumber:
      name = is_numeric(arguments[0]) ? "number" : "object";
      break;
    case Tag::kString:
      name = "string";
      break;
    case Tag::kArray:
      name = "array";
      break;
    case Tag::kFunction:
    case Tag::kTail:
      name = "function";
      break;
    default:
      name = "object";
  }
  return Value(name);
}

Value builtin_eval(const Call& call, Arguments arguments) {
  if (!arguments[0].is_string()) return Value();
  Value input = call.input;
  if (arguments[1].defined()) {
    input = arguments[1];
    if (input.is_array() && !input.array()->sequence) {
      Array* wrapper = new_sequence(call.run.arena(), input);
      wrapper->outer_wrapper = true;
      input = Value(wrapper);
    }
  }
  return call.run.eval_source(arguments[0].text(), input, call.env);
}

Value builtin_clone(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  return call.run.clone(arguments[0]);
}

}  // namespace navette::jsonata
