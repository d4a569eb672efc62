#include "mapping/jsonata/symbols.h"

#include "mapping/jsonata/eval.h"

namespace navette::jsonata {

Symbols::Symbols() {
  for (int i = 0; i < builtin_count(); ++i) intern(builtin_at(i).name);
}

Symbol Symbols::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) return found->second;
  return base_ == nullptr ? kNoSymbol : base_->find(name);
}

Symbol Symbols::intern(std::string_view name) {
  if (const Symbol known = find(name); known != kNoSymbol) return known;
  names_.emplace_back(name);
  by_name_[names_.back()] = next_;
  return next_++;
}

}  // namespace navette::jsonata
