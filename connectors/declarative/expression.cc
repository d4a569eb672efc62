#include "connectors/declarative/expression.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "connectors/declarative/functions.h"

namespace navette::declarative {

namespace {

constexpr int kDepthMax = 60;

enum class Op : unsigned char {
  kOr,
  kAnd,
  kEqual,
  kDiffer,
  kLess,
  kLessEqual,
  kIn,
  kAdd,
  kSubtract,
  kJoin,
  kElse,
  kNot
};

}  // namespace

struct Expression::Node {
  enum class Kind : unsigned char {
    kLiteral,
    kName,
    kMember,
    kIndex,
    kFilter,
    kCall,
    kOperator,
    kChoice,
    kList,
  };
  Kind kind = Kind::kLiteral;
  Op op = Op::kOr;
  Json literal;
  std::string name;
  const Function* function = nullptr;
  std::vector<Node> parts;
};

namespace {

using Node = Expression::Node;
using Kind = Expression::Node::Kind;

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

Node operation(Op op, std::vector<Node> parts) {
  Node node;
  node.kind = Kind::kOperator;
  node.op = op;
  node.parts = std::move(parts);
  return node;
}

// Recursive descent; the first mistake ends it.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Node> parse() {
    Node node = choice();
    skip();
    if (trouble_.empty() && at_ < text_.size()) fail("the end of the expression");
    if (!trouble_.empty()) return Error{Fault::kMisconfigured, trouble_};
    return node;
  }

 private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }

  void fail(std::string_view expected) {
    if (!trouble_.empty()) return;
    const std::string found =
        at_ < text_.size() ? "'" + std::string(text_.substr(at_, 12)) + "'" : "the end";
    trouble_ = "read expression \"" + std::string(text_) + "\": column " + std::to_string(at_ + 1) +
               ": found " + found + ", expected " + std::string(expected);
    at_ = text_.size();
  }

  bool take(std::string_view token) {
    skip();
    if (text_.substr(at_, token.size()) != token) return false;
    const std::size_t after = at_ + token.size();
    const bool word = is_name_start(token.front());
    if (word && after < text_.size() && (is_name_start(text_[after]) || is_digit(text_[after]))) {
      return false;
    }
    at_ = after;
    return true;
  }

  void expect(std::string_view token) {
    if (!take(token)) fail("'" + std::string(token) + "'");
  }

  Node choice() {
    if (++depth_ > kDepthMax) fail("fewer parts inside one another");
    Node test = otherwise();
    skip();
    // "??" is an operator of its own.
    if (text_.substr(at_, 2) != "??" && take("?")) {
      Node node;
      node.kind = Kind::kChoice;
      node.parts.push_back(std::move(test));
      node.parts.push_back(choice());
      expect(":");
      node.parts.push_back(choice());
      --depth_;
      return node;
    }
    --depth_;
    return test;
  }

  Node otherwise() {
    Node left = any();
    while (take("??")) left = operation(Op::kElse, {std::move(left), any()});
    return left;
  }

  Node any() {
    Node left = all();
    while (take("or")) left = operation(Op::kOr, {std::move(left), all()});
    return left;
  }

  Node all() {
    Node left = negation();
    while (take("and")) left = operation(Op::kAnd, {std::move(left), negation()});
    return left;
  }

  Node negation() {
    if (!take("not")) return comparison();
    if (++depth_ > kDepthMax) fail("fewer parts inside one another");
    Node node = operation(Op::kNot, {negation()});
    --depth_;
    return node;
  }

  Node comparison() {
    Node left = sum();
    if (take("==")) return operation(Op::kEqual, {std::move(left), sum()});
    if (take("!=")) return operation(Op::kDiffer, {std::move(left), sum()});
    if (take("<=")) return operation(Op::kLessEqual, {std::move(left), sum()});
    if (take("<")) return operation(Op::kLess, {std::move(left), sum()});
    if (take("in")) return operation(Op::kIn, {std::move(left), sum()});
    const bool or_equal = take(">=");
    if (or_equal || take(">")) {
      Node right = sum();
      return operation(or_equal ? Op::kLessEqual : Op::kLess, {std::move(right), std::move(left)});
    }
    return left;
  }

  Node sum() {
    Node left = postfix();
    while (true) {
      if (take("+")) {
        left = operation(Op::kAdd, {std::move(left), postfix()});
      } else if (take("-")) {
        left = operation(Op::kSubtract, {std::move(left), postfix()});
      } else if (take("&")) {
        left = operation(Op::kJoin, {std::move(left), postfix()});
      } else {
        return left;
      }
    }
  }

  Node postfix() {
    Node base = primary();
    while (trouble_.empty()) {
      Node node;
      if (at_ < text_.size() && text_[at_] == '.') {
        ++at_;
        node.kind = Kind::kMember;
        node.name = name();
        node.parts.push_back(std::move(base));
      } else if (take("[?")) {
        node.kind = Kind::kFilter;
        node.parts.push_back(std::move(base));
        node.parts.push_back(choice());
        expect("]");
      } else if (at_ < text_.size() && text_[at_] == '[') {
        ++at_;
        node.kind = Kind::kIndex;
        node.parts.push_back(std::move(base));
        node.parts.push_back(choice());
        expect("]");
      } else {
        break;
      }
      base = std::move(node);
    }
    return base;
  }

  Node primary() {
    skip();
    if (at_ >= text_.size()) {
      fail("a value");
      return {};
    }
    if (take("(")) {
      Node node = choice();
      expect(")");
      return node;
    }
    Node node;
    if (take("[")) {
      node.kind = Kind::kList;
      node.parts = arguments("]");
      return node;
    }
    const char c = text_[at_];
    if (c == '\'') {
      node.literal = quoted();
    } else if (is_digit(c)) {
      std::size_t end = at_;
      while (end < text_.size() && is_digit(text_[end])) ++end;
      node.literal = Json(std::int64_t{
          std::strtoll(std::string(text_.substr(at_, end - at_)).c_str(), nullptr, 10)});
      at_ = end;
    } else if (is_name_start(c)) {
      return named();
    } else {
      fail("a value");
    }
    return node;
  }

  Node named() {
    Node node;
    const std::size_t start = at_;
    const std::string word = name();
    if (word == "true" || word == "false") {
      node.literal = word == "true";
    } else if (word == "null") {
      node.literal = nullptr;
    } else if (at_ < text_.size() && text_[at_] == '(') {
      ++at_;
      node.kind = Kind::kCall;
      node.function = find_function(word);
      if (node.function == nullptr) {
        at_ = start;
        fail("a function that exists");
        return {};
      }
      node.parts = arguments(")");
      const std::size_t count = node.parts.size();
      if (count < node.function->arguments_min || count > node.function->arguments_max) {
        at_ = start;
        fail("another number of arguments for " + word);
      }
    } else {
      node.kind = Kind::kName;
      node.name = word;
    }
    return node;
  }

  std::vector<Node> arguments(std::string_view end) {
    std::vector<Node> parts;
    if (take(end)) return parts;
    do {
      parts.push_back(choice());
    } while (trouble_.empty() && take(","));
    expect(end);
    return parts;
  }

  std::string name() {
    if (at_ < text_.size() && text_[at_] == '\'') return quoted();
    const std::size_t start = at_;
    if (at_ >= text_.size() || !is_name_start(text_[at_])) {
      fail("a name");
      return {};
    }
    while (at_ < text_.size() && (is_name_start(text_[at_]) || is_digit(text_[at_]))) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  std::string quoted() {
    std::string out;
    ++at_;
    while (at_ < text_.size() && text_[at_] != '\'') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
        out += text_[at_] == 'n' ? '\n' : text_[at_] == 'r' ? '\r' : text_[at_];
      } else {
        out += text_[at_];
      }
      ++at_;
    }
    if (at_ >= text_.size()) {
      fail("a closing '");
      return out;
    }
    ++at_;
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string trouble_;
};

// Less by number when both are numbers, by bytes when both are texts; everything else is not less.
bool less(const Json& a, const Json& b, bool or_equal) {
  if (a.is_int() && b.is_int())
    return or_equal ? a.as_int() <= b.as_int() : a.as_int() < b.as_int();
  if (a.is_number() && b.is_number()) {
    return or_equal ? a.as_double() <= b.as_double() : a.as_double() < b.as_double();
  }
  if (a.is_string() && b.is_string()) {
    return or_equal ? a.as_string() <= b.as_string() : a.as_string() < b.as_string();
  }
  return false;
}

bool contains(const Json& list, const Json& value) {
  if (list.is_array()) {
    return std::find(list.items().begin(), list.items().end(), value) != list.items().end();
  }
  if (list.is_object()) return value.is_string() && list.find(value.as_string()) != nullptr;
  return list.is_string() && value.is_string() &&
         list.as_string().find(value.as_string()) != std::string_view::npos;
}

Json add(const Json& a, const Json& b, int sign) {
  if (a.is_int() && b.is_int()) {
    std::int64_t sum = 0;
    const bool overflow = sign > 0 ? __builtin_add_overflow(a.as_int(), b.as_int(), &sum)
                                   : __builtin_sub_overflow(a.as_int(), b.as_int(), &sum);
    return overflow ? Json() : Json(sum);
  }
  if (a.is_number() && b.is_number()) return Json(a.as_double() + sign * b.as_double());
  return {};
}

Json member_of(const Json& base, std::string_view name) {
  if (base.is_array()) {
    Json out = Json::array();
    for (const Json& item : base.items()) {
      if (const Json* found = item.find(name)) out.push(*found);
    }
    return out;
  }
  return base.at(name);
}

Json evaluate(const Node& node, const Scope& scope);

// The value of a node without a copy where it stands in the scope already; else it is put in
// `hold`.
const Json& view(const Node& node, const Scope& scope, Json& hold) {
  if (node.kind == Kind::kName) return scope.at(node.name);
  if (node.kind == Kind::kMember) {
    const Json& base = view(node.parts[0], scope, hold);
    if (!base.is_array()) return base.at(node.name);
    Json members = member_of(base, node.name);
    hold = std::move(members);
    return hold;
  }
  hold = evaluate(node, scope);
  return hold;
}

Json index_of(const Json& base, const Json& index) {
  if (index.is_string()) return member_of(base, index.as_string());
  if (!base.is_array() || !index.is_int()) return {};
  const auto size = static_cast<std::int64_t>(base.size());
  const std::int64_t at = index.as_int();
  return at >= 0 && at < size ? base.items()[static_cast<std::size_t>(at)] : Json();
}

Json filtered(const Node& node, const Scope& scope) {
  Json hold;
  const Json& base = view(node.parts[0], scope, hold);
  Json out = Json::array();
  if (!base.is_array()) return out;
  for (const Json& item : base.items()) {
    Scope inner(&scope);
    inner.set("item", item);
    if (truthy(evaluate(node.parts[1], inner))) out.push(item);
  }
  return out;
}

Json operated(const Node& node, const Scope& scope) {
  Json left = evaluate(node.parts[0], scope);
  switch (node.op) {
    case Op::kNot:
      return !truthy(left);
    case Op::kOr:
      return truthy(left) || truthy(evaluate(node.parts[1], scope));
    case Op::kAnd:
      return truthy(left) && truthy(evaluate(node.parts[1], scope));
    case Op::kElse:
      return left.is_null() ? evaluate(node.parts[1], scope) : left;
    default:
      break;
  }
  const Json right = evaluate(node.parts[1], scope);
  switch (node.op) {
    case Op::kEqual:
      return left == right;
    case Op::kDiffer:
      return !(left == right);
    case Op::kLess:
      return less(left, right, false);
    case Op::kLessEqual:
      return less(left, right, true);
    case Op::kIn:
      return contains(right, left);
    case Op::kAdd:
      return add(left, right, 1);
    case Op::kSubtract:
      return add(left, right, -1);
    default:
      return left.text() + right.text();
  }
}

Json evaluate(const Node& node, const Scope& scope) {
  switch (node.kind) {
    case Kind::kLiteral:
      return node.literal;
    case Kind::kName:
      return scope.at(node.name);
    case Kind::kMember: {
      Json hold;
      return view(node, scope, hold);
    }
    case Kind::kIndex: {
      Json hold;
      return index_of(view(node.parts[0], scope, hold), evaluate(node.parts[1], scope));
    }
    case Kind::kFilter:
      return filtered(node, scope);
    case Kind::kOperator:
      return operated(node, scope);
    case Kind::kChoice:
      return evaluate(node.parts[truthy(evaluate(node.parts[0], scope)) ? 1 : 2], scope);
    case Kind::kCall:
    case Kind::kList:
      break;
  }
  std::vector<Json> values;
  values.reserve(node.parts.size());
  for (const Node& part : node.parts) values.push_back(evaluate(part, scope));
  if (node.kind == Kind::kList) return Json(std::move(values));
  return node.function->call(values);
}

}  // namespace

void Scope::set(std::string_view name, Json value) {
  for (auto& [known, old] : values_) {
    if (known == name) {
      old = std::move(value);
      return;
    }
  }
  values_.emplace_back(std::string(name), std::move(value));
}

const Json* Scope::find(std::string_view name) const {
  for (const auto& [known, value] : values_) {
    if (known == name) return &value;
  }
  return outer_ == nullptr ? nullptr : outer_->find(name);
}

const Json& Scope::at(std::string_view name) const {
  static const Json kNothing;
  const Json* found = find(name);
  return found == nullptr ? kNothing : *found;
}

Result<Expression> Expression::parse(std::string_view text) {
  Result<Node> node = Parser(text).parse();
  if (!node) return node.error();
  Expression expression;
  expression.root_ = std::make_shared<const Node>(*std::move(node));
  return expression;
}

Json Expression::evaluate(const Scope& scope) const {
  return root_ == nullptr ? Json() : declarative::evaluate(*root_, scope);
}

bool Expression::holds(const Scope& scope) const {
  return truthy(evaluate(scope));
}

bool truthy(const Json& value) {
  if (value.is_bool()) return value.as_bool();
  if (value.is_int()) return value.as_int() != 0;
  if (value.is_number()) return value.as_double() != 0;
  if (value.is_string()) return !value.as_string().empty();
  return value.size() != 0;
}

}  // namespace navette::declarative
