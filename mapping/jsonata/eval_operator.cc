#include <cmath>

#include "mapping/jsonata/eval.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {
constexpr double kRangeMax = 1e7;

bool is_integer(Value value) {
  return value.is_number() && std::isfinite(value.number()) &&
         value.number() == std::floor(value.number());
}
}  // namespace

// What fails in an operator is reported at the operator.
Value Evaluator::at_operator(const Node* node, Value result) {
  if (result.failed()) {
    failure_.position = node->position;
    failure_.token = node->token;
  }
  return result;
}

Value Evaluator::binary(const Node* node, Value input, Frame* env) {
  if (node->op == Op::kAnd || node->op == Op::kOr) {
    return logical(node, input, env);
  }
  const Value left = eval(node->left, input, env);
  if (left.failed()) return left;
  const Value right = eval(node->right, input, env);
  if (right.failed()) return right;
  Value result;
  switch (node->op) {
    case Op::kEqual:
    case Op::kNotEqual:
      if (left.undefined() || right.undefined()) return Value(false);
      return equals(left, right, node->op == Op::kEqual);
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
      result = compare(node, left, right);
      break;
    case Op::kAmpersand:
      result = concatenate(left, right);
      break;
    case Op::kIn:
      result = includes(left, right);
      break;
    case Op::kDotDot:
      result = range(left, right);
      break;
    default:
      result = arithmetic(node, left, right);
  }
  return at_operator(node, result);
}

Value Evaluator::equals(Value left, Value right, bool wanted) {
  bool too_deep = false;
  const bool same = deep_equal(left, right, too_deep);
  return too_deep ? exceed("depth") : Value(same == wanted);
}

Value Evaluator::logical(const Node* node, Value input, Frame* env) {
  const Value left = eval(node->left, input, env);
  if (left.failed()) return left;
  const bool decided = node->op == Op::kOr;
  bool result = false;
  if (!test(left, result)) return at_operator(node, Value::fail());
  if (result == decided) return Value(decided);
  const Value right = eval(node->right, input, env);
  if (right.failed() || !test(right, result)) return at_operator(node, Value::fail());
  return Value(result);
}

Value Evaluator::arithmetic(const Node* node, Value left, Value right) {
  if (left.defined()) {
    if (!is_numeric(left)) return fail("T2001", left);
    if (!finite(left.number())) return Value::fail();
  }
  if (right.defined()) {
    if (!is_numeric(right)) return fail("T2002", right);
    if (!finite(right.number())) return Value::fail();
  }
  if (left.undefined() || right.undefined()) return Value();
  const double x = left.number();
  const double y = right.number();
  switch (node->op) {
    case Op::kPlus:
      return Value(x + y);
    case Op::kMinus:
      return Value(x - y);
    case Op::kStar:
      return Value(x * y);
    case Op::kSlash:
      return Value(x / y);
    default:
      return Value(std::fmod(x, y));
  }
}

Value Evaluator::compare(const Node* node, Value left, Value right) {
  const auto comparable = [](Value value) {
    return value.undefined() || value.is_number() || value.is_string();
  };
  if (!comparable(left) || !comparable(right)) {
    return fail("T2010", left.is_string() || left.is_number() ? right : left);
  }
  if (left.undefined() || right.undefined()) return Value();
  if (left.tag() != right.tag()) {
    fail("T2009", left);
    failure_.value2 = right;
    return Value::fail();
  }
  double x = 0;
  double y = 0;
  if (left.is_string()) {
    x = compare_utf16(left.text(), right.text());
  } else {
    x = left.number();
    y = right.number();
  }
  switch (node->op) {
    case Op::kLess:
      return Value(x < y);
    case Op::kLessEqual:
      return Value(x <= y);
    case Op::kGreater:
      return Value(x > y);
    default:
      return Value(x >= y);
  }
}

Value Evaluator::concatenate(Value left, Value right) {
  const Value a = left.undefined() ? Value(std::string_view()) : text_of(left);
  if (a.failed()) return a;
  const Value b = right.undefined() ? Value(std::string_view()) : text_of(right);
  if (b.failed()) return b;
  const std::string_view x = a.text();
  const std::string_view y = b.text();
  if (!room_for(x.size() + y.size())) return Value::fail();
  const bool plain = (x.empty() || a.is_plain()) && (y.empty() || b.is_plain());
  if (!plain && ends_in_surrogate(x)) return new_text(arena_, join_text(x, y));
  char* room = arena_.array<char>(x.size() + y.size() + 1);
  if (!x.empty()) std::memcpy(room, x.data(), x.size());
  if (!y.empty()) std::memcpy(room + x.size(), y.data(), y.size());
  const std::string_view both(room, x.size() + y.size());
  return plain ? Value::plain_text(both) : Value(both);
}

// Containers are the same only when they are one and the same.
Value Evaluator::includes(Value left, Value right) {
  if (left.undefined() || right.undefined()) return Value(false);
  const auto same = [left](Value item) {
    if (item.tag() != left.tag()) return false;
    if (item.is_array()) return item.array() == left.array();
    if (item.is_object()) return item.object() == left.object();
    bool unused = false;
    return deep_equal(left, item, unused);
  };
  if (!right.is_array()) return Value(same(right));
  for (const Value item : *right.array()) {
    if (same(item)) return Value(true);
  }
  return Value(false);
}

Value Evaluator::range(Value left, Value right) {
  if (left.defined() && !is_integer(left)) return fail("T2003", left);
  if (right.defined() && !is_integer(right)) return fail("T2004", right);
  if (left.undefined() || right.undefined() || left.number() > right.number()) return Value();
  const double size = right.number() - left.number() + 1;
  if (size > kRangeMax) return fail("D2014", Value(size));
  const auto count = static_cast<std::uint32_t>(size);
  if (!room_for(std::size_t{count} * sizeof(Value))) return Value::fail();
  Array* out = new_sequence(arena_);
  out->reserve(arena_, count);
  for (std::uint32_t i = 0; i < count; ++i) out->items[i] = Value(left.number() + i);
  out->size = count;
  return Value(out);
}

Value Evaluator::negate(const Node* node, Value input, Frame* env) {
  const Value value = eval(node->left, input, env);
  if (value.failed() || value.undefined()) return value;
  if (is_numeric(value)) {
    return finite(value.number()) ? Value(-value.number()) : Value::fail();
  }
  fail("D1002", value);
  return at_operator(node, Value::fail());
}

Value Evaluator::array(const Node* node, Value input, Frame* env) {
  Array* out = new_array(arena_);
  if (node->items.size > 0) out->reserve(arena_, node->items.size);
  bool first = true;
  for (const Node* item : node->items) {
    const Value value = eval(item, input, env);
    if (value.failed()) return value;
    if (value.undefined()) continue;
    if (item->brackets || !value.is_array()) {
      out->push(arena_, value);
    } else if (first && node->items.size == 1) {
      out = new_array(arena_);
      if (item->kind == Kind::kBinary) {  // a range, which nobody else holds
        out->items = value.array()->items;
        out->size = out->capacity = value.array()->size;
        continue;
      }
      if (!room_for(std::size_t{value.array()->size} * sizeof(Value))) return Value::fail();
      out->append(arena_, *value.array());
    } else {
      out->append(arena_, *value.array());
    }
    first = false;
  }
  out->constructed = node->constructed;
  return Value(out);
}

Value Evaluator::condition(const Node* node, Value input, Frame* env) {
  if (node->otherwise) {
    const Value value = eval(node->right, input, env);
    if (value.failed()) return value;
    bool taken = value.defined();
    if (node->op == Op::kElvis && !test(value, taken)) return Value::fail();
    return taken ? value : eval(node->third, input, env);
  }
  const Value asked = eval(node->left, input, env);
  bool holds = false;
  if (asked.failed() || !test(asked, holds)) return Value::fail();
  if (holds) return eval(node->right, input, env);
  return node->third == nullptr ? Value() : eval(node->third, input, env);
}

Value Evaluator::block(const Node* node, Value input, Frame* env) {
  Frame* own = frame(env);
  Value result;
  for (const Node* part : node->items) {
    result = eval(part, input, own);
    if (result.failed()) return result;
  }
  return result;
}

}  // namespace navette::jsonata
