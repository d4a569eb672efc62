// Variable names as small numbers. Built-in functions have the first ones, in table order. A table
// may extend another one that stays as it is: an expression compiled during an evaluation shares
// the numbers of the expression around it.

#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "mapping/jsonata/value.h"

namespace navette::jsonata {

class Symbols {
 public:
  // Starts with the built-in functions.
  Symbols();
  explicit Symbols(const Symbols* base) : base_(base), next_(base->next_) {}

  Symbol intern(std::string_view name);
  Symbol find(std::string_view name) const;  // kNoSymbol when unknown
  Symbol fresh() { return next_++; }         // one without a name

 private:
  const Symbols* base_ = nullptr;
  Symbol next_ = 0;
  std::deque<std::string> names_;
  std::unordered_map<std::string_view, Symbol> by_name_;
};

}  // namespace navette::jsonata
