#include <algorithm>
#include <string>

#include "mapping/jsonata/syntax.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

constexpr int kNestingMax = 800;
constexpr int kHeightMax = 3000;

// How tightly an operator holds what stands to its left; 0: it ends an operand.
int binding_power(Op op) {
  switch (op) {
    case Op::kOpenBracket:
    case Op::kOpenParen:
    case Op::kAt:
    case Op::kHash:
      return 80;
    case Op::kDot:
      return 75;
    case Op::kOpenBrace:
      return 70;
    case Op::kStar:
    case Op::kSlash:
    case Op::kPercent:
      return 60;
    case Op::kPlus:
    case Op::kMinus:
    case Op::kAmpersand:
      return 50;
    case Op::kEqual:
    case Op::kNotEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
    case Op::kCaret:
    case Op::kApply:
    case Op::kIn:
    case Op::kElvis:
    case Op::kCoalesce:
      return 40;
    case Op::kAnd:
      return 30;
    case Op::kOr:
      return 25;
    case Op::kQuestion:
      return 20;
    case Op::kAssign:
      return 10;
    default:
      return 0;
  }
}

// Top-down operator precedence. Every method that returns a pointer returns nullptr on failure.
class Parser {
 public:
  Parser(std::string_view source, Arena& arena, Failure& failure)
      : lexer_(source, arena), arena_(arena), failure_(failure) {}

  Syntax* whole() {
    if (!advance(false)) return nullptr;
    Syntax* tree = expression(0);
    if (tree == nullptr) return nullptr;
    if (token_.op != Op::kEnd) return fail("S0201", token_.position, token_.value);
    return tree;
  }

 private:
  Syntax* fail(const char* code, int position, Value token = Value()) {
    failure_.code = code;
    failure_.position = position;
    failure_.token = token;
    return nullptr;
  }
  Syntax* fail(const char* code, int position, Value token, Value value) {
    failure_.value = value;
    failure_.has_value = true;
    return fail(code, position, token);
  }

  bool advance(bool operand_before = false) {
    if (!lexer_.next(operand_before, token_, failure_)) return false;
    if (token_.op != Op::kBang && token_.op != Op::kTilde) return true;
    return fail("S0204", token_.position, token_.value) != nullptr;
  }

  // Step over the token that must come now.
  bool expect(Op op, bool operand_before = false) {
    if (token_.op == op) return advance(operand_before);
    const char* code = token_.op == Op::kEnd ? "S0203" : "S0202";
    return fail(code, token_.position, token_.value, Value(op_text(op))) != nullptr;
  }

  Syntax* make(Form form, const Token& token) {
    Syntax* node = arena_.make<Syntax>();
    node->form = form;
    node->op = token.op;
    node->start = token.start;
    node->position = token.position;
    node->value = token.value;
    return node;
  }

  Syntax* cover(Syntax* node, const Syntax* part) {
    if (part == nullptr) return nullptr;
    node->height = std::max(node->height, part->height + 1);
    if (node->height > kHeightMax) return fail("U1001", node->position);
    return node;
  }

  Syntax* expression(int power);
  Syntax* prefix(const Token& token);
  Syntax* infix(const Token& token, Syntax* left);
  Syntax* binary(Form form, const Token& token, Syntax* left, int power);
  Syntax* block(const Token& token);
  Syntax* array(const Token& token);
  Syntax* range_or(Syntax* item);
  bool pairs(Syntax* node);
  Syntax* transform(const Token& token);
  Syntax* filter(const Token& token, Syntax* left);
  Syntax* call(const Token& token, Syntax* left);
  Syntax* lambda(Syntax* node);
  bool signature(Syntax* node);
  Syntax* sort(const Token& token, Syntax* left);
  Syntax* condition(const Token& token, Syntax* left);
  Syntax* otherwise(const Token& token, Syntax* left);
  Syntax* variable_after(const Token& token, Syntax* left);

  Lexer lexer_;
  Arena& arena_;
  Failure& failure_;
  Token token_;  // the one that comes next
  int nesting_ = 0;
};

Syntax* Parser::expression(int power) {
  if (++nesting_ > kNestingMax) return fail("U1001", token_.position);
  Token token = token_;
  if (!advance(true)) return nullptr;
  Syntax* left = prefix(token);
  while (left != nullptr && power < binding_power(token_.op)) {
    token = token_;
    if (!advance()) return nullptr;
    left = infix(token, left);
  }
  --nesting_;
  return left;
}

Syntax* Parser::prefix(const Token& token) {
  switch (token.op) {
    case Op::kName:
      return make(token.variable ? Form::kVariable : Form::kName, token);
    case Op::kLiteral:
      return make(Form::kLiteral, token);
    case Op::kRegex: {
      Syntax* node = make(Form::kRegex, token);
      node->flags = token.flags;
      return node;
    }
    case Op::kAnd:
    case Op::kOr:
    case Op::kIn:
      return make(Form::kWord, token);
    case Op::kStar:
      return make(Form::kWildcard, token);
    case Op::kStarStar:
      return make(Form::kDescendant, token);
    case Op::kPercent:
      return make(Form::kParent, token);
    case Op::kMinus: {
      Syntax* node = make(Form::kNegate, token);
      node->left = expression(70);
      return cover(node, node->left);
    }
    case Op::kOpenParen:
      return block(token);
    case Op::kOpenBracket:
      return array(token);
    case Op::kOpenBrace: {
      Syntax* node = make(Form::kObject, token);
      return pairs(node) ? node : nullptr;
    }
    case Op::kBar:
      return transform(token);
    case Op::kEnd:
      return make(Form::kEnd, token);  // whoever encloses it may know better
    default:
      return fail("S0211", token.position, token.value);
  }
}

Syntax* Parser::infix(const Token& token, Syntax* left) {
  switch (token.op) {
    case Op::kOpenBracket:
      return filter(token, left);
    case Op::kOpenParen:
      return call(token, left);
    case Op::kOpenBrace: {
      Syntax* node = make(Form::kGroup, token);
      node->left = left;
      return pairs(node) ? cover(node, left) : nullptr;
    }
    case Op::kCaret:
      return sort(token, left);
    case Op::kAt:
    case Op::kHash:
      return variable_after(token, left);
    case Op::kQuestion:
      return condition(token, left);
    case Op::kElvis:
    case Op::kCoalesce:
      return otherwise(token, left);
    case Op::kAssign:
      if (left->form != Form::kVariable) return fail("S0212", left->position, left->value);
      return binary(Form::kBinary, token, left, binding_power(Op::kAssign) - 1);
    default:
      return binary(Form::kBinary, token, left, binding_power(token.op));
  }
}

Syntax* Parser::binary(Form form, const Token& token, Syntax* left, int power) {
  Syntax* node = make(form, token);
  node->left = left;
  node->right = expression(power);
  if (cover(node, node->right) == nullptr) return nullptr;
  return cover(node, left);
}

Syntax* Parser::block(const Token& token) {
  Syntax* node = make(Form::kBlock, token);
  while (token_.op != Op::kCloseParen) {
    Syntax* part = expression(0);
    if (cover(node, part) == nullptr) return nullptr;
    node->list.push(arena_, part);
    if (token_.op != Op::kSemicolon) break;
    if (!advance()) return nullptr;
  }
  return expect(Op::kCloseParen, true) ? node : nullptr;
}

// a..b, within an array constructor only.
Syntax* Parser::range_or(Syntax* item) {
  if (item == nullptr || token_.op != Op::kDotDot) return item;
  const Token token = token_;
  if (!advance()) return nullptr;
  return binary(Form::kBinary, token, item, 0);
}

Syntax* Parser::array(const Token& token) {
  Syntax* node = make(Form::kArray, token);
  while (token_.op != Op::kCloseBracket || !node->list.empty()) {
    Syntax* item = range_or(expression(0));
    if (cover(node, item) == nullptr) return nullptr;
    node->list.push(arena_, item);
    if (token_.op != Op::kComma) break;
    if (!advance()) return nullptr;
  }
  return expect(Op::kCloseBracket, true) ? node : nullptr;
}

bool Parser::pairs(Syntax* node) {
  while (token_.op != Op::kCloseBrace || !node->pairs.empty()) {
    Syntax* key = expression(0);
    if (cover(node, key) == nullptr || !expect(Op::kColon)) return false;
    Syntax* value = expression(0);
    if (cover(node, value) == nullptr) return false;
    node->pairs.push(arena_, {key, value});
    if (token_.op != Op::kComma) break;
    if (!advance()) return false;
  }
  return expect(Op::kCloseBrace, true);
}

Syntax* Parser::transform(const Token& token) {
  Syntax* node = make(Form::kTransform, token);
  node->left = expression(0);
  if (cover(node, node->left) == nullptr || !expect(Op::kBar)) return nullptr;
  node->right = expression(0);
  if (cover(node, node->right) == nullptr) return nullptr;
  if (token_.op == Op::kComma) {
    if (!advance()) return nullptr;
    node->third = expression(0);
    if (cover(node, node->third) == nullptr) return nullptr;
  }
  return expect(Op::kBar) ? node : nullptr;
}

Syntax* Parser::filter(const Token& token, Syntax* left) {
  if (token_.op != Op::kCloseBracket) {
    Syntax* node = binary(Form::kFilter, token, left, 0);
    return node != nullptr && expect(Op::kCloseBracket, true) ? node : nullptr;
  }
  // x[]: the array is asked for, whatever filters stand between.
  Syntax* step = left;
  while (step->form == Form::kFilter) step = step->left;
  step->keep_array = true;
  return advance() ? left : nullptr;
}

Syntax* Parser::call(const Token& token, Syntax* left) {
  Syntax* node = make(Form::kCall, token);
  node->left = left;
  while (token_.op != Op::kCloseParen || !node->list.empty()) {
    Syntax* argument = nullptr;
    if (token_.op == Op::kQuestion) {
      node->form = Form::kPartial;
      argument = make(Form::kWord, token_);
      if (!advance()) return nullptr;
    } else {
      argument = expression(0);
    }
    if (cover(node, argument) == nullptr) return nullptr;
    node->list.push(arena_, argument);
    if (token_.op != Op::kComma) break;
    if (!advance()) return nullptr;
  }
  if (!expect(Op::kCloseParen, true) || cover(node, left) == nullptr) return nullptr;
  const bool is_lambda = left->form == Form::kName &&
                         (left->value.text() == "function" || left->value.text() == "\u03BB");
  return is_lambda ? lambda(node) : node;
}

Syntax* Parser::lambda(Syntax* node) {
  node->form = Form::kLambda;
  for (unsigned i = 0; i < node->list.size; ++i) {
    const Syntax* parameter = node->list[i];
    if (parameter->form != Form::kVariable) {
      return fail("S0208", parameter->position, parameter->value,
                  Value(static_cast<double>(i + 1)));
    }
  }
  if (token_.op == Op::kLess && !signature(node)) return nullptr;
  if (!expect(Op::kOpenBrace)) return nullptr;
  node->right = expression(0);
  if (cover(node, node->right) == nullptr) return nullptr;
  return expect(Op::kCloseBrace) ? node : nullptr;
}

bool Parser::signature(Syntax* node) {
  const int position = token_.position;
  std::string text = "<";
  for (int depth = 1; depth > 0 && token_.op != Op::kOpenBrace && token_.op != Op::kEnd;) {
    if (!advance()) return false;
    if (token_.op == Op::kGreater) --depth;
    if (token_.op == Op::kLess) ++depth;
    text += token_.value.is_string() ? std::string(token_.value.text()) : show(token_.value);
  }
  if (!expect(Op::kGreater)) return false;
  node->signature = compile_signature(text, arena_, failure_);
  if (node->signature == nullptr) failure_.position += position;
  return node->signature != nullptr;
}

Syntax* Parser::sort(const Token& token, Syntax* left) {
  Syntax* node = make(Form::kSort, token);
  node->left = left;
  if (!expect(Op::kOpenParen)) return nullptr;
  for (;;) {
    const bool descending = token_.op == Op::kGreater;
    if ((descending || token_.op == Op::kLess) && !advance()) return nullptr;
    Syntax* term = expression(0);
    if (cover(node, term) == nullptr) return nullptr;
    node->terms.push(arena_, {term, descending});
    if (token_.op != Op::kComma) break;
    if (!advance()) return nullptr;
  }
  return expect(Op::kCloseParen) ? cover(node, left) : nullptr;
}

Syntax* Parser::condition(const Token& token, Syntax* left) {
  Syntax* node = make(Form::kCondition, token);
  node->left = left;
  node->right = expression(0);
  if (cover(node, node->right) == nullptr) return nullptr;
  if (token_.op == Op::kColon) {
    if (!advance()) return nullptr;
    node->third = expression(0);
    if (cover(node, node->third) == nullptr) return nullptr;
  }
  return cover(node, left);
}

// a ?: b is (a ? a : b); a ?? b is ($exists(a) ? a : b).
Syntax* Parser::otherwise(const Token& token, Syntax* left) {
  Syntax* node = make(Form::kCondition, token);
  node->left = left;
  if (token.op == Op::kCoalesce) {
    Syntax* exists = make(Form::kCall, token);
    exists->value = Value(op_text(Op::kOpenParen));
    exists->left = make(Form::kVariable, token);
    exists->left->value = Value(std::string_view("exists"));
    exists->list.push(arena_, left);
    if (cover(exists, left) == nullptr) return nullptr;
    node->left = exists;
  }
  node->right = left;
  node->third = expression(0);
  if (cover(node, node->third) == nullptr) return nullptr;
  return cover(node, node->left);
}

Syntax* Parser::variable_after(const Token& token, Syntax* left) {
  Syntax* node = binary(Form::kBinary, token, left, binding_power(token.op));
  if (node == nullptr || node->right->form == Form::kVariable) return node;
  return fail("S0214", node->right->position, Value(op_text(token.op)));
}

}  // namespace

Syntax* parse(std::string_view source, Arena& arena, Failure& failure) {
  return Parser(source, arena, failure).whole();
}

}  // namespace navette::jsonata
