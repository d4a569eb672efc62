// When a rule applies: comparisons of paths with literals or with each other, joined by `and`,
// `or` and not(...).
//
//   status = 'done' and not(private = true) or priority <= 2
//   labels            holds when something is there that JSONata takes for true
//   'vip' in labels   holds when the list has it
//
// This is a part of JSONata and means there what it means here, but for `not`, which JSONata
// writes $not(...); both are read.
//
// Thread safety: immutable after parse(); safe from any thread.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

#include "mapping/path.h"

namespace navette {

class Condition {
 public:
  // Errors: kMisconfigured; names the column, what was found there and what was expected, which
  // `misread` gets too.
  static Result<Condition> parse(std::string_view text, Misread* misread = nullptr);

  bool holds(const Json& document) const;

  const std::string& text() const { return text_; }
  // Every path that it looks at, in the order written.
  std::vector<std::string> paths() const;

  struct Node;  // for checks
  const Node& root() const { return *root_; }

 private:
  friend class ConditionParser;
  std::string text_;
  std::shared_ptr<const Node> root_;  // shared: a Condition is copied with its rule
};

struct Condition::Node {
  enum class Kind : unsigned char { kAnd, kOr, kNot, kCompare, kIn, kThere };
  enum class Operator : unsigned char { kEqual, kUnequal, kLess, kLessEqual, kMore, kMoreEqual };
  // One side of a comparison: a path, or a literal.
  struct Operand {
    std::optional<Path> path;
    Json literal;
    std::size_t at = 0;  // the byte at which it is written
  };
  Kind kind = Kind::kThere;
  Operator comparison = Operator::kEqual;
  Operand left;
  Operand right;
  std::vector<Node> children;
};

// As the comparison operators of JSONata judge: nothing equals nothing, and what cannot be ordered
// is in no order. Missing: nullptr.
bool compare(const Json* left, Condition::Node::Operator comparison, const Json* right);
// What JSONata takes for true.
bool is_true(const Json& value);

}  // namespace navette
