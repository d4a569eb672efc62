// Expressions of catalog files: pure, total, typed. They read names and call functions; they can
// neither loop without end, nor fail, nor reach outside. What does not fit is null.
//
//   ticket.Queue.Name                       members; asked of a list, of each of its items
//   body.items[0], headers['location']      items and members
//   journals[? item.notes != '']            a filter; `item` is the item
//   lower(Status) == 'new' and not closed   == != < <= > >= in and or not
//   count + 1, 'RT-' & id, a ?? b           numbers, texts, "a unless it is null"
//   found ? found.id : null                 a choice
//   [1, 'two', true, null]                  literals
//
// Thread safety: an Expression is immutable; a Scope is a plain value.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

namespace navette::declarative {

// The names that an expression may read. An inner scope hides the names of its outer one, which
// must outlive it.
class Scope {
 public:
  explicit Scope(const Scope* outer = nullptr) : outer_(outer) {}
  void set(std::string_view name, Json value);
  const Json* find(std::string_view name) const;
  // A null value for a name that is not there.
  const Json& at(std::string_view name) const;

 private:
  const Scope* outer_;
  std::vector<std::pair<std::string, Json>> values_;
};

class Expression {
 public:
  // Errors: kMisconfigured; names the column, what stands there and what was expected.
  static Result<Expression> parse(std::string_view text);

  Json evaluate(const Scope& scope) const;
  // Whether the value is neither null, false, 0, "" nor an empty list or object.
  bool holds(const Scope& scope) const;

  struct Node;

 private:
  std::shared_ptr<const Node> root_;  // shared: expressions are copied with the spec around them
};

bool truthy(const Json& value);

}  // namespace navette::declarative
