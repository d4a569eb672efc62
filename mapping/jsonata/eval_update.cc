// |pattern|update, delete|: a copy of the document with changes in the places that match.

#include "mapping/jsonata/eval.h"

namespace navette::jsonata {

Value Evaluator::run_transform(const Function& function, Value input) {
  if (input.undefined()) return input;
  const Value copier = lookup_symbol(clone_, function.env);
  if (!copier.is_function()) {
    fail("T2013");
    failure_.position = function.body->position;
    return Value::fail();
  }
  Value argument = input;
  const Value result = apply(copier, {&argument, 1}, Value::null(), function.env);
  if (result.failed()) return result;
  const Node* node = function.body;
  const Value matches = eval(node->left, result, function.env);
  if (matches.failed() || matches.undefined()) return matches.failed() ? matches : result;
  const Array* list = matches.is_array() ? matches.array() : new_sequence(arena_, matches);
  for (std::uint32_t i = 0; i < list->size; ++i) {
    if (!update(node, list->items[i], function.env) ||
        (node->third != nullptr && !remove(node, list->items[i], function.env))) {
      return Value::fail();
    }
  }
  return result;
}

bool Evaluator::update(const Node* node, Value match, Frame* env) {
  const Value changes = eval(node->right, match, env);
  if (changes.failed()) return false;
  if (changes.undefined()) return true;
  if (!changes.is_object()) {
    fail("T2011", changes);
    failure_.position = node->right->position;
    return false;
  }
  if (!match.is_object()) return true;
  for (const Member& member : *changes.object()) {
    match.object()->set(arena_, member.key, member.value);
  }
  return true;
}

bool Evaluator::remove(const Node* node, Value match, Frame* env) {
  const Value names = eval(node->third, match, env);
  if (names.failed()) return false;
  if (names.undefined()) return true;
  const Array* list = names.is_array() ? names.array() : new_sequence(arena_, names);
  if (!all_of_tag(*list, Tag::kString)) {
    fail("T2012", names);
    failure_.position = node->third->position;
    return false;
  }
  if (!match.is_object()) return true;
  for (const Value name : *list) match.object()->erase(arena_, name.text());
  return true;
}

}  // namespace navette::jsonata
