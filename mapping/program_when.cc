#include <algorithm>
#include <cstring>

#include "mapping/program_rule.h"

namespace navette::program {
namespace {

using Kind = Slot::Kind;
using Operator = Condition::Node::Operator;

// The value of a scalar; nothing for what must be read whole.
std::optional<Json> scalar(const Slot& slot) {
  switch (slot.kind) {
    case Kind::kNull:
      return Json();
    case Kind::kTrue:
      return Json(true);
    case Kind::kFalse:
      return Json(false);
    case Kind::kText:
      if (has_backslash(slot.text())) return std::nullopt;
      return Json(slot.text());
    case Kind::kNumber: {
      std::int64_t number = 0;
      if (small_integer(slot.text(), &number)) return Json(number);
      auto value = Json::parse(slot.text());
      if (!value) return std::nullopt;
      return std::move(*value);
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<When::Operand> When::operand(const Condition::Node::Operand& said, Layout* layout) {
  Operand out;
  if (said.path) {
    const auto slot = layout->slot_of(*said.path);
    if (!slot) return std::nullopt;
    out.slot = *slot;
    return out;
  }
  out.literal = said.literal;
  if (said.literal.is_string()) {
    std::string text(said.literal.as_string());
    if (escaped(text) == text) out.text = std::move(text);
  }
  return out;
}

std::optional<When> When::compile(const Condition::Node& node, Layout* layout) {
  When out;
  out.kind_ = node.kind;
  out.operator_ = node.comparison;
  const bool leaf = node.children.empty();
  if (leaf) {
    auto left = operand(node.left, layout);
    if (!left) return std::nullopt;
    out.left_ = std::move(*left);
  }
  if (node.kind == Kind::kCompare || node.kind == Kind::kIn) {
    auto right = operand(node.right, layout);
    if (!right) return std::nullopt;
    out.right_ = std::move(*right);
  }
  for (const Condition::Node& child : node.children) {
    auto compiled = compile(child, layout);
    if (!compiled) return std::nullopt;
    out.children_.push_back(std::move(*compiled));
  }
  return out;
}

std::optional<bool> When::holds(const Reader& reader, std::size_t base) const {
  switch (kind_) {
    case Kind::kAnd:
    case Kind::kOr: {
      const bool decides = kind_ == Kind::kOr;
      for (const When& child : children_) {
        const auto holds = child.holds(reader, base);
        if (!holds || *holds == decides) return holds;
      }
      return !decides;
    }
    case Kind::kNot: {
      const auto holds = children_.front().holds(reader, base);
      if (!holds) return holds;
      return !*holds;
    }
    case Kind::kThere: {
      if (left_.slot < 0) return is_true(left_.literal);
      const Slot& slot = reader.slot(base + static_cast<std::size_t>(left_.slot));
      if (slot.kind == Slot::Kind::kMissing) return false;
      if (slot.kind == Slot::Kind::kText) return slot.size > 0;
      const auto value = scalar(slot);
      if (!value) return std::nullopt;
      return is_true(*value);
    }
    case Kind::kCompare:
      return compares(reader, base);
    case Kind::kIn:
      return is_in(reader, base);
  }
  return std::nullopt;
}

// A plain text in a flat list of texts; the rest is for others.
std::optional<bool> When::is_in(const Reader& reader, std::size_t base) const {
  if (right_.slot < 0) return std::nullopt;
  const Slot& list = reader.slot(base + static_cast<std::size_t>(right_.slot));
  if (list.kind == Slot::Kind::kMissing) return false;
  if (list.kind != Slot::Kind::kArray) return std::nullopt;
  std::string_view wanted;
  if (left_.slot >= 0) {
    const Slot& left = reader.slot(base + static_cast<std::size_t>(left_.slot));
    if (left.kind == Slot::Kind::kMissing) return false;
    if (left.kind != Slot::Kind::kText) return std::nullopt;
    wanted = left.text();
  } else if (left_.text) {
    wanted = *left_.text;
  } else {
    return std::nullopt;
  }
  if (has_backslash(wanted)) return std::nullopt;
  bool found = false;
  for (const std::uint32_t* at = reader.tokens() + list.first + 1;; ++at) {
    const char* const item = reader.begin() + *at;
    if (*item == ']') return found;
    if (*item == ',') continue;
    if (*item != '"') return std::nullopt;
    const char* end = reader.begin() + at[1];
    while (end[-1] != '"') --end;
    const std::string_view text(item + 1, static_cast<std::size_t>(end - item - 2));
    if (has_backslash(text)) return std::nullopt;
    found = found || text == wanted;
  }
}

std::optional<bool> When::compares(const Reader& reader, std::size_t base) const {
  if (left_.slot >= 0 && right_.text) {
    const Slot& slot = reader.slot(base + static_cast<std::size_t>(left_.slot));
    const bool plain =
        slot.kind == Slot::Kind::kText && slot.size > 0 && !has_backslash(slot.text());
    if (plain && operator_ == Operator::kEqual) return slot.text() == *right_.text;
    if (plain && operator_ == Operator::kUnequal) return slot.text() != *right_.text;
  }
  std::optional<Json> values[2];
  const Json* pointers[2] = {nullptr, nullptr};
  int i = 0;
  for (const Operand* operand : {&left_, &right_}) {
    if (operand->slot < 0) {
      pointers[i] = &operand->literal;
    } else {
      const Slot& slot = reader.slot(base + static_cast<std::size_t>(operand->slot));
      if (slot.kind != Slot::Kind::kMissing) {
        values[i] = scalar(slot);
        if (!values[i]) return std::nullopt;
        pointers[i] = &*values[i];
      }
    }
    ++i;
  }
  return compare(pointers[0], operator_, pointers[1]);
}

}  // namespace navette::program
