#include "mapping/condition.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace navette {
namespace {

using Node = Condition::Node;
using Operator = Condition::Node::Operator;

constexpr int kDepthMax = 50;

bool is_word_end(std::string_view text, std::size_t at) {
  return at >= text.size() || text[at] == ' ' || text[at] == '(' || text[at] == ')';
}

}  // namespace

class ConditionParser {
 public:
  ConditionParser(std::string_view text, Misread* misread) : text_(text), misread_(misread) {}

  Result<Condition> parse() {
    auto root = either(0);
    if (!root) return root.error();
    skip_blanks();
    if (at_ != text_.size()) return wrong("`and`, `or` or the end");
    Condition condition;
    condition.text_ = std::string(text_);
    condition.root_ = std::make_shared<const Node>(std::move(*root));
    return condition;
  }

 private:
  Error wrong(const std::string& expected) const {
    std::string found = "its end";
    if (at_ < text_.size()) found = "'" + std::string(utf8_prefix(text_.substr(at_), 1)) + "'";
    if (misread_ != nullptr) *misread_ = {at_, found, expected};
    return {.fault = Fault::kMisconfigured,
            .message = "read condition \"" + std::string(text_) + "\": column " +
                       std::to_string(utf8_length(text_.substr(0, at_)) + 1) + ": found " + found +
                       ", expected " + expected};
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool take(std::string_view what) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  bool take_word(std::string_view word) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(word) || !is_word_end(text_, at_ + word.size())) {
      return false;
    }
    at_ += word.size();
    return true;
  }

  Result<Node> joined(Node::Kind kind, std::string_view word, int depth) {
    Node node;
    node.kind = kind;
    do {
      auto part = kind == Node::Kind::kOr ? joined(Node::Kind::kAnd, "and", depth) : one(depth);
      if (!part) return part.error();
      node.children.push_back(std::move(*part));
    } while (take_word(word));
    if (node.children.size() > 1) return node;
    return Node(std::move(node.children.front()));
  }

  Result<Node> either(int depth) { return joined(Node::Kind::kOr, "or", depth); }

  Result<Node> one(int depth) {
    if (depth > kDepthMax) return wrong("fewer brackets within brackets");
    const std::size_t start = at_;
    const bool negated = take_word("$not") || take_word("not");
    if (negated && !take("(")) {
      at_ = start;  // a field of that name
    } else if (negated || take("(")) {
      auto inner = either(depth + 1);
      if (!inner) return inner.error();
      if (!take(")")) return wrong("')'");
      if (!negated) return inner;
      Node node;
      node.kind = Node::Kind::kNot;
      node.children.push_back(std::move(*inner));
      return node;
    }
    return comparison();
  }

  Result<Node> comparison() {
    Node node;
    auto left = operand();
    if (!left) return left.error();
    node.left = std::move(*left);
    if (take_word("in")) {
      node.kind = Node::Kind::kIn;
    } else {
      constexpr std::array<std::pair<std::string_view, Operator>, 6> kOperators = {
          {{"!=", Operator::kUnequal},
           {"<=", Operator::kLessEqual},
           {">=", Operator::kMoreEqual},
           {"=", Operator::kEqual},
           {"<", Operator::kLess},
           {">", Operator::kMore}}};
      const auto* found = std::find_if(kOperators.begin(), kOperators.end(),
                                       [this](const auto& known) { return take(known.first); });
      if (found == kOperators.end()) return node;  // kThere
      node.kind = Node::Kind::kCompare;
      node.comparison = found->second;
    }
    auto right = operand();
    if (!right) return right.error();
    node.right = std::move(*right);
    return node;
  }

  // Where the path that begins here ends: before an operator, a word that joins, or a bracket.
  std::size_t path_end() const {
    std::size_t at = at_;
    for (char quote = '\0', bracket = '\0'; at < text_.size(); ++at) {
      const char c = text_[at];
      if (quote != '\0') {
        if (c == quote) quote = '\0';
      } else if (c == '`' || ((c == '\'' || c == '"') && bracket != '\0')) {
        quote = c;
      } else if (bracket != '\0') {
        if (c == ']') bracket = '\0';
      } else if (c == '[') {
        bracket = c;
      } else if (std::string_view("=<>!()\n").find(c) != std::string_view::npos ||
                 (c == ' ' && joins(at + 1))) {
        break;
      }
    }
    return at;
  }

  bool joins(std::size_t at) const {
    for (const std::string_view word : {"and", "or", "in"}) {
      if (text_.substr(at).starts_with(word) && is_word_end(text_, at + word.size())) return true;
    }
    return false;
  }

  Result<Node::Operand> operand() {
    skip_blanks();
    Node::Operand out;
    out.at = at_;
    if (at_ == text_.size()) return wrong("a path or a literal");
    const char c = text_[at_];
    if (c == '\'' || c == '"') return text();
    const std::size_t end = path_end();
    const std::string_view body = trim(text_.substr(at_, end - at_));
    if (body.empty()) return wrong("a path or a literal");
    if (auto literal = Json::parse(body); literal && !literal->is_string()) {
      out.literal = std::move(*literal);
      at_ = end;
      return out;
    }
    auto path = Path::parse(body, misread_);
    if (!path) {
      if (misread_ != nullptr) misread_->at += at_;
      return path.error();
    }
    out.path = std::move(*path);
    at_ = end;
    return out;
  }

  Result<Node::Operand> text() {
    const char quote = text_[at_];
    const std::size_t start = at_++;
    std::string json = "\"";
    while (at_ < text_.size() && text_[at_] != quote) {
      const char c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) {
        if (text_[at_] != '\'') json += '\\';
        json += text_[at_++];
      } else {
        if (c == '"') json += '\\';
        json += c;
      }
    }
    if (at_ == text_.size()) return wrong(std::string("a closing ") + quote);
    ++at_;
    auto value = Json::parse(json + "\"");
    if (!value) {
      at_ = start;
      return wrong("a text without control characters and unknown escapes");
    }
    Node::Operand out;
    out.at = start;
    out.literal = std::move(*value);
    return out;
  }

  std::string_view text_;
  Misread* misread_;
  std::size_t at_ = 0;
};

Result<Condition> Condition::parse(std::string_view text, Misread* misread) {
  return ConditionParser(text, misread).parse();
}

namespace {

void collect(const Node& node, std::vector<std::string>* paths) {
  for (const Node::Operand* operand : {&node.left, &node.right}) {
    if (operand->path) paths->push_back(operand->path->text());
  }
  for (const Node& child : node.children) collect(child, paths);
}

std::optional<Json> value_of(const Node::Operand& operand, const Json& document) {
  return operand.path ? operand.path->read(document) : operand.literal;
}

bool judge(const Node& node, const Json& document) {
  switch (node.kind) {
    case Node::Kind::kAnd:
      return std::all_of(node.children.begin(), node.children.end(),
                         [&](const Node& child) { return judge(child, document); });
    case Node::Kind::kOr:
      return std::any_of(node.children.begin(), node.children.end(),
                         [&](const Node& child) { return judge(child, document); });
    case Node::Kind::kNot:
      return !judge(node.children.front(), document);
    case Node::Kind::kThere: {
      const auto value = value_of(node.left, document);
      return value && is_true(*value);
    }
    case Node::Kind::kCompare: {
      const auto left = value_of(node.left, document);
      const auto right = value_of(node.right, document);
      return compare(left ? &*left : nullptr, node.comparison, right ? &*right : nullptr);
    }
    case Node::Kind::kIn: {
      const auto left = value_of(node.left, document);
      const auto right = value_of(node.right, document);
      if (!left || !right) return false;
      if (!right->is_array()) return *left == *right;
      return std::find(right->items().begin(), right->items().end(), *left) != right->items().end();
    }
  }
  return false;
}

}  // namespace

bool Condition::holds(const Json& document) const {
  return judge(*root_, document);
}

std::vector<std::string> Condition::paths() const {
  std::vector<std::string> out;
  collect(*root_, &out);
  return out;
}

bool compare(const Json* left, Operator comparison, const Json* right) {
  if (left == nullptr || right == nullptr) {
    // Nothing differs from something, and from nothing: as the language has it.
    return comparison == Operator::kUnequal && (left != nullptr || right != nullptr);
  }
  if (comparison == Operator::kEqual) return *left == *right;
  if (comparison == Operator::kUnequal) return !(*left == *right);
  int order = 0;
  if (left->is_number() && right->is_number()) {
    const double a = left->as_double();
    const double b = right->as_double();
    order = a < b ? -1 : (a > b ? 1 : 0);
  } else if (left->is_string() && right->is_string()) {
    order = left->as_string().compare(right->as_string());
  } else {
    return false;
  }
  switch (comparison) {
    case Operator::kLess:
      return order < 0;
    case Operator::kLessEqual:
      return order <= 0;
    case Operator::kMore:
      return order > 0;
    default:
      return order >= 0;
  }
}

bool is_true(const Json& value) {
  if (value.is_bool()) return value.as_bool();
  if (value.is_number()) return value.as_double() != 0;
  if (value.is_string()) return !value.as_string().empty();
  if (value.is_object()) return value.size() != 0;
  if (!value.is_array()) return false;
  return std::any_of(value.items().begin(), value.items().end(), is_true);
}

}  // namespace navette
