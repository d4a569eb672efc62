// Templates, expressions and lists: rules whose value is put together.

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "mapping/program_rule.h"

namespace navette::program {
namespace {

using Kind = Slot::Kind;

bool is_scalar(const Slot& slot) {
  return slot.kind == Kind::kText || slot.kind == Kind::kTrue || slot.kind == Kind::kFalse ||
         (slot.kind == Kind::kNumber && is_plain_number(slot.text()));
}

}  // namespace

// A template of paths.
RuleProgram::End RuleProgram::fill(const Reader& reader, std::size_t base, Output& out) {
  for (const int index : slots_) {
    const Slot& slot = reader.slot(base + static_cast<std::size_t>(index));
    const bool nothing = slot.kind == Kind::kMissing || slot.kind == Kind::kNull ||
                         (slot.kind == Kind::kText && slot.size == 0);
    if (nothing) return empty({}, out);
    if (!is_scalar(slot) || by_value_) return End::kGaveUp;
  }
  const std::size_t before = out.size();
  out.put('"');
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    out.put(literals_[i]);
    const Slot& slot = reader.slot(base + static_cast<std::size_t>(slots_[i]));
    if (!put_clean(slot.text(), reader.end(), out)) return End::kGaveUp;
  }
  out.put(literals_.back());
  if (limit_ > 0 && out.size() - before - 1 > limit_) return End::kGaveUp;
  out.put('"');
  return End::kWritten;
}

RuleProgram::End RuleProgram::fill_one(const Reader& reader, const Slot& slot, Output& out) const {
  if (!is_scalar(slot)) return End::kGaveUp;
  const std::size_t before = out.size();
  out.put('"');
  out.put(literals_.front());
  if (!put_clean(slot.text(), reader.end(), out)) return End::kGaveUp;
  out.put(literals_.back());
  if (limit_ > 0 && out.size() - before - 1 > limit_) return End::kGaveUp;
  out.put('"');
  return End::kWritten;
}

RuleProgram::End RuleProgram::parse_one(const Reader& reader, const Slot& slot, Output& out) const {
  if (!is_scalar(slot) || has_backslash(slot.text())) return End::kGaveUp;
  std::string_view text = trim(slot.text());
  if (rule_->text_template().of != Template::Of::kValue) return End::kGaveUp;
  const std::string_view front = literals_.front().text();
  const std::string_view back = literals_.back().text();
  const bool fits =
      text.size() > front.size() + back.size() && text.starts_with(front) && text.ends_with(back);
  if (!fits) return End::kGaveUp;
  text = text.substr(front.size(), text.size() - front.size() - back.size());
  return this->text(text, reader.end(), out);
}

// One place of a text that is taken apart into several fields.
RuleProgram::End RuleProgram::parse_part(const Reader& reader, const Slot& slot, std::size_t part,
                                         Output& out) const {
  static_cast<void>(reader);
  if (!is_scalar(slot) || has_backslash(slot.text()) || by_value_) {
    return End::kGaveUp;
  }
  std::string_view text = slot.text();
  if (!text.starts_with(literals_.front().text())) return End::kGaveUp;
  text.remove_prefix(literals_.front().size());
  std::string_view found;
  for (std::size_t i = 1; i < literals_.size(); ++i) {
    const std::string_view after = literals_[i].text();
    const bool last = i + 1 == literals_.size();
    if (last && !text.ends_with(after)) return End::kGaveUp;
    const std::size_t end = last ? text.size() - after.size() : text.find(after);
    if (end == std::string_view::npos || end == 0) return End::kGaveUp;
    if (i == part + 1) found = text.substr(0, end);
    text.remove_prefix(end + after.size());
  }
  out.put('"');
  out.put(found);
  out.put('"');
  return End::kWritten;
}

RuleProgram::End RuleProgram::evaluate(std::string_view document, const Reader& reader,
                                       Output& out) {
  scratch_.clear();
  switch (session_->evaluate_text(document, &scratch_)) {
    case jsonata::Session::Answer::kUndefined:
      return empty({}, out);
    case jsonata::Session::Answer::kValue:
      break;
    default:
      return End::kGaveUp;
  }
  Slot slot;
  slot.at = scratch_.data();
  slot.size = static_cast<std::uint32_t>(scratch_.size());
  switch (scratch_.front()) {
    case '"':
      slot.kind = Kind::kText;
      ++slot.at;
      slot.size -= 2;
      if (slot.size == 0) return empty(slot, out);
      if (!rule_->said().text_steps.empty()) return through_value(slot, out);
      break;
    case 'n':
      slot.kind = Kind::kNull;
      return empty(slot, out);
    case '{':
      slot.kind = Kind::kObject;
      return through_value(slot, out);
    case '[':
      slot.kind = Kind::kArray;
      out.put(slot.text());
      return End::kWritten;
    default:
      slot.kind = scratch_.front() == 't'   ? Kind::kTrue
                  : scratch_.front() == 'f' ? Kind::kFalse
                                            : Kind::kNumber;
      return through_value(slot, out);
  }
  static_cast<void>(reader);
  const std::size_t before = out.size();
  if (text(slot.text(), scratch_.data() + scratch_.size(), out) == End::kWritten) {
    return End::kWritten;
  }
  out.cut(before);
  return through_value(slot, out);
}

RuleProgram::End RuleProgram::items(const Reader& reader, const Slot& list, Output& out) {
  if (list.kind != Kind::kItems) return End::kGaveUp;
  out.put('[');
  for (std::size_t block = list.first; block != 0;) {
    const Slot item = reader.slot(block);
    if (!inner_->write(reader, block + 1, item.text(), out)) return End::kGaveUp;
    block = item.first;
    if (block != 0) out.put(',');
  }
  out.put(']');
  return End::kWritten;
}

}  // namespace navette::program
