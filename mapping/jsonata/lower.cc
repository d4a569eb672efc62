// Turns what was written into what runs: paths are strung together, filters, groupings and
// bindings find their step, each % finds the step that keeps its object, tail calls are marked.

#include <algorithm>

#include "mapping/jsonata/node.h"

namespace navette::jsonata {

std::string_view type_name(const Node& node) {
  switch (node.kind) {
    case Kind::kPath:
      return "path";
    case Kind::kName:
      return "name";
    case Kind::kString:
      return "string";
    case Kind::kNumber:
      return "number";
    case Kind::kConstant:
      return "value";
    case Kind::kContext:
    case Kind::kVariable:
      return "variable";
    case Kind::kWildcard:
      return "wildcard";
    case Kind::kDescendant:
      return "descendant";
    case Kind::kParent:
      return "parent";
    case Kind::kRegex:
      return "regex";
    case Kind::kNegate:
    case Kind::kArray:
    case Kind::kObject:
      return "unary";
    case Kind::kBinary:
      return "binary";
    case Kind::kBind:
      return "bind";
    case Kind::kApply:
      return "apply";
    case Kind::kCondition:
      return "condition";
    case Kind::kBlock:
      return "block";
    case Kind::kCall:
      return "function";
    case Kind::kPartial:
      return "partial";
    case Kind::kPlaceholder:
      return "operator";
    case Kind::kLambda:
      return "lambda";
    case Kind::kTransform:
      return "transform";
    case Kind::kSort:
      return "sort";
  }
  return {};
}

namespace {

// Every method that returns a Node* returns nullptr when the failure is set.
class Lowering {
 public:
  Lowering(Arena& arena, Symbols& symbols, Failure& failure)
      : arena_(arena), symbols_(symbols), failure_(failure) {}

  Node* lower(const Syntax* from) {
    Node* node = dispatch(from);
    if (node != nullptr && from->keep_array) node->keep_array = true;
    return node;
  }

 private:
  Node* fail(const char* code, int position, Value token = Value()) {
    failure_.code = code;
    failure_.position = position;
    failure_.token = token;
    return nullptr;
  }

  Node* make(Kind kind, const Syntax* from) {
    Node* node = arena_.make<Node>();
    node->kind = kind;
    node->op = from->op;
    node->start = from->start;
    node->position = from->position;
    node->value = from->value;
    node->token = from->value;
    return node;
  }

  Node* path_of(Node* step) {
    Node* path = arena_.make<Node>();
    path->kind = Kind::kPath;
    path->start = step->start;
    path->token = step->token;
    path->items.push(arena_, step);
    return path;
  }

  Node* dispatch(const Syntax* from);
  Node* name(const Syntax* from);
  Node* variable(const Syntax* from);
  Node* literal(const Syntax* from);
  Node* regex(const Syntax* from);
  Node* parent(const Syntax* from);
  Node* negate(const Syntax* from);
  Node* array(const Syntax* from);
  Node* object(const Syntax* from);
  bool pairs(const List<SyntaxPair>& from, List<NodePair>& to, Node* seeker);
  Node* binary(const Syntax* from);
  Node* two_sided(const Syntax* from, Kind kind);
  Node* step_into(const Syntax* from);
  Node* finish_path(Node* path);
  Node* filter(const Syntax* from);
  Node* group(const Syntax* from);
  Node* sort(const Syntax* from);
  Node* focus(const Syntax* from);
  Node* index(const Syntax* from);
  Node* call(const Syntax* from);
  Node* lambda(const Syntax* from);
  Node* condition(const Syntax* from);
  Node* block(const Syntax* from);
  Node* transform(const Syntax* from);

  void hand_up(Node* to, const Node* from);
  bool seek(Node* node, Slot* slot);
  bool resolve(Node* path);
  void mark_tail(Node* body);

  Arena& arena_;
  Symbols& symbols_;
  Failure& failure_;
};

Node* Lowering::dispatch(const Syntax* from) {
  switch (from->form) {
    case Form::kName:
      return name(from);
    case Form::kVariable:
      return variable(from);
    case Form::kLiteral:
      return literal(from);
    case Form::kRegex:
      return regex(from);
    case Form::kWord:
      return from->op == Op::kQuestion ? make(Kind::kPlaceholder, from) : name(from);
    case Form::kWildcard:
      return make(Kind::kWildcard, from);
    case Form::kDescendant:
      return make(Kind::kDescendant, from);
    case Form::kParent:
      return parent(from);
    case Form::kNegate:
      return negate(from);
    case Form::kArray:
      return array(from);
    case Form::kObject:
      return object(from);
    case Form::kBinary:
      return binary(from);
    case Form::kFilter:
      return filter(from);
    case Form::kGroup:
      return group(from);
    case Form::kSort:
      return sort(from);
    case Form::kCall:
    case Form::kPartial:
      return call(from);
    case Form::kLambda:
      return lambda(from);
    case Form::kCondition:
      return condition(from);
    case Form::kBlock:
      return block(from);
    case Form::kTransform:
      return transform(from);
    case Form::kEnd:
      return fail("S0207", from->position, from->value);
  }
  return nullptr;
}

Node* Lowering::name(const Syntax* from) {
  Node* step = make(Kind::kName, from);
  step->keep_array = from->keep_array;
  Node* path = path_of(step);
  path->keep_singleton = from->keep_array;
  path->plain = true;
  return path;
}

Node* Lowering::variable(const Syntax* from) {
  const std::string_view text = from->value.text();
  Node* node = make(text.empty() ? Kind::kContext : Kind::kVariable, from);
  if (!text.empty()) node->symbol = symbols_.intern(text);
  return node;
}

Node* Lowering::literal(const Syntax* from) {
  const Tag tag = from->value.tag();
  return make(tag == Tag::kString   ? Kind::kString
              : tag == Tag::kNumber ? Kind::kNumber
                                    : Kind::kConstant,
              from);
}

Node* Lowering::regex(const Syntax* from) {
  Node* node = make(Kind::kRegex, from);
  node->regex = compile_regex(from->value.text(), from->flags, arena_);
  if (node->regex != nullptr) return node;
  return fail("S0303", from->position, from->value);
}

Node* Lowering::parent(const Syntax* from) {
  Node* node = make(Kind::kParent, from);
  node->position = -1;
  node->token = Value();
  node->slot = arena_.make<Slot>(symbols_.fresh(), 1);
  return node;
}

Node* Lowering::negate(const Syntax* from) {
  Node* operand = lower(from->left);
  if (operand == nullptr) return nullptr;
  if (operand->kind == Kind::kNumber) {
    operand->value = Value(-operand->value.number());
    operand->token = operand->value;
    return operand;
  }
  Node* node = make(Kind::kNegate, from);
  node->left = operand;
  hand_up(node, operand);
  return node;
}

Node* Lowering::array(const Syntax* from) {
  Node* node = make(Kind::kArray, from);
  node->brackets = true;
  for (const Syntax* item : from->list) {
    Node* lowered = lower(item);
    if (lowered == nullptr) return nullptr;
    hand_up(node, lowered);
    node->items.push(arena_, lowered);
  }
  return node;
}

bool Lowering::pairs(const List<SyntaxPair>& from, List<NodePair>& to, Node* seeker) {
  for (const SyntaxPair& pair : from) {
    Node* key = lower(pair.key);
    if (key == nullptr) return false;
    if (seeker != nullptr) hand_up(seeker, key);
    Node* value = lower(pair.value);
    if (value == nullptr) return false;
    if (seeker != nullptr) hand_up(seeker, value);
    to.push(arena_, {key, value});
  }
  return true;
}

Node* Lowering::object(const Syntax* from) {
  Node* node = make(Kind::kObject, from);
  return pairs(from->pairs, node->pairs, node) ? node : nullptr;
}

Node* Lowering::binary(const Syntax* from) {
  switch (from->op) {
    case Op::kDot:
      return step_into(from);
    case Op::kAt:
      return focus(from);
    case Op::kHash:
      return index(from);
    case Op::kApply: {
      Node* node = two_sided(from, Kind::kApply);
      if (node != nullptr) node->keep_array = node->left->keep_array || node->right->keep_array;
      return node;
    }
    case Op::kAssign: {
      Node* node = make(Kind::kBind, from);
      node->symbol = symbols_.intern(from->left->value.text());
      node->right = lower(from->right);
      if (node->right == nullptr) return nullptr;
      hand_up(node, node->right);
      return node;
    }
    default:
      return two_sided(from, Kind::kBinary);
  }
}

Node* Lowering::two_sided(const Syntax* from, Kind kind) {
  Node* node = make(kind, from);
  node->left = lower(from->left);
  if (node->left == nullptr) return nullptr;
  node->right = lower(from->right);
  if (node->right == nullptr) return nullptr;
  if (kind == Kind::kBinary) {
    hand_up(node, node->left);
    hand_up(node, node->right);
  }
  return node;
}

// left.right
Node* Lowering::step_into(const Syntax* from) {
  Node* left = lower(from->left);
  if (left == nullptr) return nullptr;
  Node* path = left->kind == Kind::kPath ? left : path_of(left);
  if (left->kind == Kind::kParent) {
    path->seeks = true;
    path->seeking.push(arena_, left->slot);
  }
  Node* rest = lower(from->right);
  if (rest == nullptr) return nullptr;
  if (rest->kind == Kind::kPath) {
    for (Node* step : rest->items) path->items.push(arena_, step);
  } else {
    rest->stages = rest->predicates;
    rest->predicates = {};
    path->items.push(arena_, rest);
  }
  return finish_path(path);
}

Node* Lowering::finish_path(Node* path) {
  for (const Node* step : path->items) {
    if (step->kind != Kind::kNumber && step->kind != Kind::kConstant) continue;
    failure_.value = step->value;
    failure_.has_value = true;
    return fail("S0213", step->position);
  }
  path->plain = true;
  for (Node* step : path->items) {
    if (step->kind == Kind::kString) step->kind = Kind::kName;
    if (step->keep_array) path->keep_singleton = true;
    if (step->kind != Kind::kName) path->plain = false;
  }
  if (path->items[0]->kind == Kind::kArray) path->items[0]->constructed = true;
  if (path->items.back()->kind == Kind::kArray) path->items.back()->constructed = true;
  path->token = path->items[0]->token;
  return resolve(path) ? path : nullptr;
}

Node* Lowering::filter(const Syntax* from) {
  Node* result = lower(from->left);
  if (result == nullptr) return nullptr;
  Node* step = result->kind == Kind::kPath ? result->items.back() : result;
  if (step->group != nullptr) return fail("S0209", from->position);
  Node* predicate = lower(from->right);
  if (predicate == nullptr) return nullptr;
  if (predicate->seeks) {
    for (Slot* slot : predicate->seeking) {
      if (slot->level == 1) {
        if (!seek(step, slot)) return nullptr;
      } else {
        --slot->level;
      }
    }
    hand_up(step, predicate);
  }
  auto& list = result->kind == Kind::kPath ? step->stages : step->predicates;
  list.push(arena_, {predicate, kNoSymbol});
  return result;
}

Node* Lowering::group(const Syntax* from) {
  Node* result = lower(from->left);
  if (result == nullptr) return nullptr;
  if (result->group != nullptr) return fail("S0210", from->position);
  Group* group = arena_.make<Group>();
  group->position = from->position;
  if (!pairs(from->pairs, group->pairs, nullptr)) return nullptr;
  result->group = group;
  return result;
}

Node* Lowering::sort(const Syntax* from) {
  Node* left = lower(from->left);
  if (left == nullptr) return nullptr;
  Node* path = left->kind == Kind::kPath ? left : path_of(left);
  Node* step = make(Kind::kSort, from);
  for (const SyntaxTerm& term : from->terms) {
    Node* expression = lower(term.expression);
    if (expression == nullptr) return nullptr;
    hand_up(step, expression);
    step->terms.push(arena_, {expression, term.descending});
  }
  path->items.push(arena_, step);
  path->plain = false;
  return resolve(path) ? path : nullptr;
}

Node* Lowering::focus(const Syntax* from) {
  Node* result = lower(from->left);
  if (result == nullptr) return nullptr;
  Node* step = result->kind == Kind::kPath ? result->items.back() : result;
  if (!step->stages.empty() || !step->predicates.empty()) return fail("S0215", from->position);
  if (step->kind == Kind::kSort) return fail("S0216", from->position);
  if (from->keep_array) step->keep_array = true;
  const std::string_view name = from->right->value.text();
  if (!name.empty()) step->focus = symbols_.intern(name);
  step->tuple = true;
  return result;
}

Node* Lowering::index(const Syntax* from) {
  Node* result = lower(from->left);
  if (result == nullptr) return nullptr;
  Node* step = result;
  if (result->kind == Kind::kPath) {
    step = result->items.back();
  } else {
    result = path_of(step);
    step->stages = step->predicates;
    step->predicates = {};
  }
  const std::string_view name = from->right->value.text();
  const Symbol symbol = name.empty() ? kNoSymbol : symbols_.intern(name);
  if (step->stages.empty()) {
    step->index = symbol;
  } else {
    step->stages.push(arena_, {nullptr, symbol});
  }
  step->tuple = true;
  return result;
}

Node* Lowering::call(const Syntax* from) {
  Node* node = make(from->form == Form::kCall ? Kind::kCall : Kind::kPartial, from);
  for (const Syntax* argument : from->list) {
    Node* lowered = lower(argument);
    if (lowered == nullptr) return nullptr;
    hand_up(node, lowered);
    node->items.push(arena_, lowered);
  }
  node->left = lower(from->left);
  if (node->left == nullptr) return nullptr;
  node->value = node->left->token;  // the name that errors of this call show
  return node;
}

Node* Lowering::lambda(const Syntax* from) {
  Node* node = make(Kind::kLambda, from);
  node->token = Value();
  node->signature = from->signature;
  for (const Syntax* parameter : from->list) {
    node->parameters.push(arena_, symbols_.intern(parameter->value.text()));
  }
  node->right = lower(from->right);
  if (node->right == nullptr) return nullptr;
  mark_tail(node->right);
  return node;
}

void Lowering::mark_tail(Node* body) {
  if (body->kind == Kind::kCall && body->predicates.empty()) {
    body->tail = true;
  } else if (body->kind == Kind::kCondition) {
    mark_tail(body->right);
    if (body->third != nullptr) mark_tail(body->third);
  } else if (body->kind == Kind::kBlock && !body->items.empty()) {
    mark_tail(body->items.back());
  }
}

Node* Lowering::condition(const Syntax* from) {
  Node* node = make(Kind::kCondition, from);
  node->token = Value();
  node->left = lower(from->left);
  if (node->left == nullptr) return nullptr;
  hand_up(node, node->left);
  node->right = lower(from->right);
  if (node->right == nullptr) return nullptr;
  hand_up(node, node->right);
  if (from->third != nullptr) {
    node->third = lower(from->third);
    if (node->third == nullptr) return nullptr;
    hand_up(node, node->third);
  }
  return node;
}

Node* Lowering::block(const Syntax* from) {
  Node* node = make(Kind::kBlock, from);
  node->token = Value();
  for (const Syntax* part : from->list) {
    Node* lowered = lower(part);
    if (lowered == nullptr) return nullptr;
    hand_up(node, lowered);
    node->items.push(arena_, lowered);
    const bool path_starts_so = lowered->kind == Kind::kPath && lowered->items[0]->constructed;
    if (lowered->constructed || path_starts_so) node->constructed = true;
  }
  return node;
}

Node* Lowering::transform(const Syntax* from) {
  Node* node = make(Kind::kTransform, from);
  node->token = Value();
  node->left = lower(from->left);
  if (node->left == nullptr) return nullptr;
  node->right = lower(from->right);
  if (node->right == nullptr) return nullptr;
  if (from->third != nullptr) {
    node->third = lower(from->third);
    if (node->third == nullptr) return nullptr;
  }
  return node;
}

// Whatever parents `from` still seeks are sought by `to`.
void Lowering::hand_up(Node* to, const Node* from) {
  if (!from->seeks && from->kind != Kind::kParent) return;
  to->seeks = true;
  for (unsigned i = 0; i < from->seeking.size; ++i) to->seeking.push(arena_, from->seeking[i]);
  if (from->kind == Kind::kParent) to->seeking.push(arena_, from->slot);
}

// Walk up from `node` until the slot's level is used up; the step found keeps its context.
bool Lowering::seek(Node* node, Slot* slot) {
  switch (node->kind) {
    case Kind::kName:
    case Kind::kWildcard:
      if (--slot->level == 0) {
        if (node->ancestor == nullptr) {
          node->ancestor = slot;
        } else {
          slot->joined = node->ancestor;
        }
        node->tuple = true;
      }
      return true;
    case Kind::kParent:
      ++slot->level;
      return true;
    case Kind::kBlock:
      if (node->items.empty()) return true;
      node->tuple = true;
      return seek(node->items.back(), slot);
    case Kind::kPath: {
      node->tuple = true;
      unsigned at = node->items.size;
      if (!seek(node->items[--at], slot)) return false;
      while (slot->level > 0 && at > 0) {
        if (!seek(node->items[--at], slot)) return false;
      }
      return true;
    }
    default:
      return fail("S0217", node->position, Value(type_name(*node))) != nullptr;
  }
}

// The parents that the last step of a path seeks are looked for in the steps before it.
bool Lowering::resolve(Node* path) {
  const Node* last = path->items.back();
  List<Slot*> slots;
  for (unsigned i = 0; i < last->seeking.size; ++i) slots.push(arena_, last->seeking[i]);
  if (last->kind == Kind::kParent) slots.push(arena_, last->slot);
  for (Slot* slot : slots) {
    int at = static_cast<int>(path->items.size) - 2;
    while (slot->level > 0) {
      if (at < 0) {
        path->seeks = true;
        path->seeking.push(arena_, slot);
        break;
      }
      const auto step_at = [path](int i) { return path->items[static_cast<unsigned>(i)]; };
      Node* step = step_at(at--);
      // Steps next to each other that bind their focus all start from the same context.
      while (at >= 0 && step->focus != kNoSymbol && step_at(at)->focus != kNoSymbol) {
        step = step_at(at--);
      }
      if (!seek(step, slot)) return false;
    }
  }
  return true;
}

}  // namespace

bool compile(std::string_view source, Program& program, Symbols& symbols, Failure& failure) {
  const Syntax* tree = parse(source, program.arena, failure);
  if (tree == nullptr) return false;
  program.root = Lowering(program.arena, symbols, failure).lower(tree);
  if (program.root == nullptr) return false;
  if (program.root->kind == Kind::kParent || program.root->seeks) {
    failure.code = "S0217";
    failure.position = program.root->kind == Kind::kPath ? -1 : program.root->position;
    failure.token = Value(type_name(*program.root));
    return false;
  }
  prepare(program);
  return true;
}

}  // namespace navette::jsonata
