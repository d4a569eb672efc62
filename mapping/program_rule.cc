#include "mapping/program_rule.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "mapping/extensions.h"
#include "mapping/jsonata/jsonata.h"
#include "mapping/text.h"

namespace navette::program {
namespace {

using Kind = Slot::Kind;

std::size_t hash_of(std::string_view key) {
  std::uint64_t ends[2] = {0, 0};
  if (const std::size_t size = key.size(); size >= 8) {
    ends[0] = load8(key.data());
    ends[1] = load8(key.data() + size - 8);
  } else if (size >= 4) {
    ends[0] = load4(key.data());
    ends[1] = load4(key.data() + size - 4);
  } else {
    for (const char c : key) ends[0] = ends[0] << 8 | static_cast<unsigned char>(c);
  }
  std::uint64_t mixed = (ends[0] ^ (ends[1] * 0x9E3779B97F4A7C15)) + key.size();
  mixed *= 0xD6E8FEB86659FD93;
  return static_cast<std::size_t>(mixed >> 32);
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_empty_list(const Reader& reader, const Slot& slot) {
  return slot.kind == Kind::kArray && reader.begin()[reader.tokens()[slot.first + 1]] == ']';
}

// The text as which tables and templates see it, as far as its characters are that text.
std::optional<std::string_view> key_of(const Slot& slot) {
  switch (slot.kind) {
    case Kind::kText:
      if (has_backslash(slot.text())) return std::nullopt;
      return slot.text();
    case Kind::kNumber:
      if (!is_plain_number(slot.text())) return std::nullopt;
      return slot.text();
    case Kind::kTrue:
    case Kind::kFalse:
      return slot.text();
    default:
      return std::nullopt;
  }
}

std::int64_t unit_of(const std::string& form) {
  return form == "seconds" ? 1000 : form == "minutes" ? 60'000 : form == "hours" ? 3'600'000 : 0;
}

}  // namespace

void TextTable::add(std::string key, std::string_view value) {
  if (find(key) != nullptr) return;
  int& bucket = buckets_[hash_of(key) & (buckets_.size() - 1)];
  entries_.push_back({std::move(key), Piece(value), bucket});
  bucket = static_cast<int>(entries_.size()) - 1;
  if (entries_.size() <= buckets_.size()) return;
  buckets_.assign(buckets_.size() * 4, -1);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    int& again = buckets_[hash_of(entries_[i].key) & (buckets_.size() - 1)];
    entries_[i].next = again;
    again = static_cast<int>(i);
  }
}

const Piece* TextTable::find(std::string_view key) const {
  for (int at = buckets_[hash_of(key) & (buckets_.size() - 1)]; at >= 0;) {
    const Entry& entry = entries_[static_cast<std::size_t>(at)];
    if (same_text(entry.key, key)) return &entry.value;
    at = entry.next;
  }
  return nullptr;
}

// ---- from a rule
// ---------------------------------------------------------------------------------

RuleProgram::RuleProgram(const Rule& rule, Side from)
    : rule_(&rule), from_(from), to_(other(from)), kind_(rule.kind()) {}
RuleProgram::RuleProgram(RuleProgram&&) noexcept = default;
RuleProgram& RuleProgram::operator=(RuleProgram&&) noexcept = default;
RuleProgram::~RuleProgram() = default;

std::optional<RuleProgram> RuleProgram::compile(const Rule& rule, Side from, Layout* layout) {
  RuleProgram out(rule, from);
  if (const auto& condition = rule.condition(from)) {
    out.when_ = When::compile(condition->root(), layout);
    if (!out.when_) return std::nullopt;
  }
  if (!out.take_source(layout)) return std::nullopt;
  out.take_empty();
  out.take_conversion();
  out.copies_text_ = (out.kind_ == Rule::Kind::kCopy || out.kind_ == Rule::Kind::kExpression) &&
                     out.slot_ >= 0 && !out.when_ && rule.said().text_steps.empty();
  return out;
}

bool RuleProgram::take_source(Layout* layout) {
  const Template& form = rule_->text_template();
  const bool of_paths = kind_ == Rule::Kind::kTemplate && form.of == Template::Of::kPaths;
  parses_back_ = of_paths && form.towards == from_;
  if (const jsonata::Expression* expression = rule_->expression(to_)) {
    jsonata::Bindings bindings;
    if (may_use_extensions(*expression)) bindings.functions = expression_extensions();
    session_ = std::make_unique<jsonata::Session>(*expression, std::move(bindings));
    return true;
  }
  if (of_paths && !parses_back_) {
    for (const Path& path : form.paths()) {
      const auto slot = layout->slot_of(path);
      if (!slot) return false;
      slots_.push_back(*slot);
    }
    return true;
  }
  const auto& path = rule_->path(from_);
  if (!path) return true;
  if (kind_ != Rule::Kind::kEach) {
    const auto slot = layout->slot_of(*path);
    slot_ = slot.value_or(-1);
    return slot.has_value();
  }
  Layout* items = nullptr;
  const auto slot = layout->items_of(*path, &items);
  if (!slot) return false;
  slot_ = *slot;
  inner_ = Fields::compile(rule_->inner(), from_, std::nullopt, items);
  return inner_ != nullptr;
}

void RuleProgram::take_empty() {
  if (const auto& value = rule_->said().default_value[to_]) default_ = Piece(value->dump());
  if (kind_ != Rule::Kind::kTable) return;
  if (const Json* row = rule_->row(from_, "")) empty_row_ = Piece(finished(*row).value_or(""));
}

std::optional<std::string> RuleProgram::finished(const Json& value) const {
  if (!value.is_string()) {
    // {"markup", "text"} becomes its text.
    if (value.is_object()) return std::nullopt;
    return value.dump();
  }
  const std::string text = clean_text(value.as_string(), nullptr);
  if (!fits(text, rule_->said().limit[to_]) || text != value.as_string()) return std::nullopt;
  return text.empty() ? "null" : value.dump();
}

void RuleProgram::take_conversion() {
  const FieldRule& said = rule_->said();
  limit_ = static_cast<std::size_t>(std::max<std::int64_t>(said.limit[to_].count, 0));
  switch (kind_) {
    case Rule::Kind::kTable:
      take_table();
      break;
    case Rule::Kind::kPeople:
      take_people();
      break;
    case Rule::Kind::kTemplate:
      take_template();
      break;
    case Rule::Kind::kDate: {
      const auto from = DateForm::parse((*said.date)[from_], said.zone[from_]);
      const auto to = DateForm::parse((*said.date)[to_], said.zone[to_]);
      if (from && to) date_ = DateCopy(*from, *to);
      by_value_ = !date_.usable() || !said.text_steps.empty();
      break;
    }
    case Rule::Kind::kDuration:
      duration_in_ = unit_of((*said.duration)[from_]);
      duration_out_ = unit_of((*said.duration)[to_]);
      clock_out_ = (*said.duration)[to_] == "h:mm";
      break;
    case Rule::Kind::kMarkup:
      by_value_ = true;
      break;
    default:
      break;
  }
}

void RuleProgram::take_table() {
  for (const std::string& key : rule_->known(from_)) {
    const Json* row = rule_->row(from_, key);
    const auto text = row != nullptr ? finished(*row) : std::nullopt;
    if (text) rows_.add(key, *text);
  }
  for (const auto& [lower, key] : rule_->by_case(from_)) {
    if (const Piece* row = rows_.find(key)) rows_by_case_.add(lower, row->text());
  }
  // What has no row for want of a writable value must not fall through to the fallback.
  const bool whole =
      std::all_of(rule_->known(from_).begin(), rule_->known(from_).end(),
                  [this](const std::string& key) { return rows_.find(key) != nullptr; });
  const auto& value = rule_->fallback(from_);
  if (!value || !whole) return;
  if (const auto text = finished(*value)) fallback_ = Piece(*text);
}

void RuleProgram::take_people() {
  const FieldRule& said = rule_->said();
  by_value_ = !said.text_steps.empty();
  for (const std::string& attribute : said.by) {
    for (const PersonPair& pair : said.people) {
      for (const auto& [known, value] : pair.known[from_]) {
        if (known != attribute) continue;
        const auto& there = pair.known[to_];
        const auto text = finished(there.empty() ? Json() : Json(there.front().second));
        if (!text) by_value_ = true;
        rows_.add(lower_ascii(value), text.value_or(""));
      }
    }
  }
}

void RuleProgram::take_template() {
  for (const std::string& literal : rule_->text_template().literals()) {
    if (clean_text(literal, nullptr) != literal) by_value_ = true;
    literals_.emplace_back(escaped(literal));
    if (literals_.back().text() != literal && rule_->text_template().towards == from_)
      by_value_ = true;
  }
}

void RuleProgram::set_now(std::optional<std::chrono::system_clock::time_point> now) {
  now_ = now;
  if (session_ != nullptr) session_->set_now(now);
  if (inner_ != nullptr) inner_->set_now(now);
}

// ---- for a document
// ------------------------------------------------------------------------------

RuleProgram::End RuleProgram::write_any(const Reader& reader, std::size_t base,
                                        std::string_view document, std::size_t part, Output& out) {
  if (when_) {
    const auto holds = when_->holds(reader, base);
    if (!holds) return End::kGaveUp;
    if (!*holds) return End::kOmitted;
  }
  if (session_ != nullptr) return evaluate(document, reader, out);
  if (!slots_.empty()) return fill(reader, base, out);
  if (slot_ < 0) return empty({}, out);
  return convert(reader, reader.slot(base + static_cast<std::size_t>(slot_)), part, out);
}

RuleProgram::End RuleProgram::empty(const Slot& slot, Output& out) const {
  if (empty_row_) {
    if (empty_row_->empty()) return End::kGaveUp;
    out.put(*empty_row_);
    return End::kWritten;
  }
  if (parses_back_) return End::kOmitted;
  if (default_) {
    out.put(*default_);
    return End::kWritten;
  }
  switch (rule_->said().empty[to_]) {
    case EmptyPolicy::kOmit:
      return End::kOmitted;
    case EmptyPolicy::kNull:
      break;
    case EmptyPolicy::kKeep:
      if (slot.kind == Kind::kMissing) return End::kOmitted;
      if ((kind_ == Rule::Kind::kCopy || kind_ == Rule::Kind::kExpression) &&
          slot.kind == Kind::kText) {
        out.put("\"\"");
        return End::kWritten;
      }
      break;
  }
  out.put("null");
  return End::kWritten;
}

RuleProgram::End RuleProgram::convert(const Reader& reader, const Slot& slot, std::size_t part,
                                      Output& out) {
  const bool copies = kind_ == Rule::Kind::kCopy || kind_ == Rule::Kind::kExpression;
  const bool nothing = slot.kind == Kind::kMissing || slot.kind == Kind::kNull ||
                       (slot.kind == Kind::kText && slot.size == 0) ||
                       (!copies && is_empty_list(reader, slot));
  if (nothing) return empty(slot, out);
  if (parses_back_) return parse_part(reader, slot, part, out);
  if (kind_ == Rule::Kind::kEach) return items(reader, slot, out);
  const std::size_t before = out.size();
  End end = by_value_ ? End::kGaveUp : by_kind(reader, slot, out);
  if (end != End::kGaveUp) return end;
  out.cut(before);
  return through_value(slot, out);
}

RuleProgram::End RuleProgram::by_kind(const Reader& reader, const Slot& slot, Output& out) {
  switch (kind_) {
    case Rule::Kind::kCopy:
    case Rule::Kind::kExpression:
      if (rule_->said().text_steps.empty() || slot.kind != Kind::kText) {
        return copy(reader, slot, out);
      }
      if (const auto text = stepped(slot.text())) {
        return this->text(*text, text->data() + text->size(), out);
      }
      return End::kGaveUp;
    case Rule::Kind::kTable:
      return table(slot, out);
    case Rule::Kind::kPeople:
      return people(slot, out);
    case Rule::Kind::kDate:
      return date(slot, out);
    case Rule::Kind::kDuration:
      return duration(slot, out);
    case Rule::Kind::kNumber:
      return number(slot, out);
    case Rule::Kind::kTemplate:
      return rule_->text_template().towards == to_ ? fill_one(reader, slot, out)
                                                   : parse_one(reader, slot, out);
    default:
      return End::kGaveUp;
  }
}

// What the rule itself makes of the value.
RuleProgram::End RuleProgram::through_value(const Slot& slot, Output& out) const {
  Json value;
  std::int64_t number = 0;
  if (slot.kind == Kind::kText && !has_backslash(slot.text())) {
    value = Json(slot.text());
  } else if (slot.kind == Kind::kNumber && small_integer(slot.text(), &number)) {
    value = Json(number);
  } else {
    const bool text = slot.kind == Kind::kText;
    auto parsed = Json::parse({slot.at - (text ? 1 : 0), slot.size + (text ? 2U : 0U)});
    if (!parsed) return End::kGaveUp;
    value = std::move(*parsed);
  }
  ConvertContext context;
  context.creating = true;
  context.now = now_;
  const Converted converted = rule_->convert(from_, value, context);
  if (converted.kind == Converted::Kind::kKeep) return End::kOmitted;
  if (converted.kind == Converted::Kind::kReject) return End::kGaveUp;
  const Json& text = converted.value.at("text");
  out.put((kind_ == Rule::Kind::kMarkup && text.is_string() ? text : converted.value).dump());
  return End::kWritten;
}

std::optional<std::string_view> RuleProgram::stepped(std::string_view text) {
  if (has_backslash(text) || !is_ascii(text)) return std::nullopt;
  for (const std::string& step : rule_->said().text_steps) {
    if (step == "trim") {
      text = trim(text);
      continue;
    }
    const bool lower = step == "lower";
    const char first = lower ? 'A' : 'a';
    // Steps may follow each other: from the room into the room is fine, letter by letter.
    const std::size_t size = text.size();
    if (scratch_.size() < size + 1) scratch_.resize(size + 1);
    for (std::size_t i = 0; i < size; ++i) {
      const char c = text[i];
      scratch_[i] = c >= first && c <= first + 25 ? static_cast<char>(c ^ 0x20) : c;
    }
    text = std::string_view(scratch_).substr(0, size);
  }
  return text;
}

RuleProgram::End RuleProgram::text(std::string_view text, const char* readable, Output& out) const {
  if (text.empty()) return End::kGaveUp;
  if (limit_ > 0 && text.size() > limit_) return End::kGaveUp;
  return put_clean_text(text, readable, out) ? End::kWritten : End::kGaveUp;
}

RuleProgram::End RuleProgram::copy(const Reader& reader, const Slot& slot, Output& out) const {
  switch (slot.kind) {
    case Kind::kText:
      return text(slot.text(), reader.end(), out);
    case Kind::kTrue:
    case Kind::kFalse:
      out.put(slot.text());
      return End::kWritten;
    case Kind::kNumber:
      if (!is_plain_number(slot.text())) return End::kGaveUp;
      out.put(slot.text());
      return End::kWritten;
    case Kind::kArray:
    case Kind::kObject:
      return put_tree(reader, slot, out) ? End::kWritten : End::kGaveUp;
    default:
      return End::kGaveUp;
  }
}

RuleProgram::End RuleProgram::table(const Slot& slot, Output& out) {
  auto key = key_of(slot);
  if (key && slot.kind == Kind::kText && !rule_->said().text_steps.empty()) key = stepped(*key);
  if (!key) return End::kGaveUp;
  const Piece* found = rows_.find(*key);
  if (found == nullptr) found = rows_by_case_.find(lowered(*key));
  if (found == nullptr && fallback_) found = &*fallback_;
  if (found == nullptr) return End::kGaveUp;
  out.put(*found);
  return End::kWritten;
}

std::string_view RuleProgram::lowered(std::string_view text) {
  if (lowered_.size() < text.size()) lowered_.resize(text.size());
  std::transform(text.begin(), text.end(), lowered_.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return std::string_view(lowered_).substr(0, text.size());
}

RuleProgram::End RuleProgram::people(const Slot& slot, Output& out) {
  const auto key = key_of(slot);
  if (!key) return End::kGaveUp;
  const Piece* found = rows_.find(lowered(*key));
  if (found == nullptr) return End::kGaveUp;
  out.put(*found);
  return End::kWritten;
}

RuleProgram::End RuleProgram::date(const Slot& slot, Output& out) {
  const bool put = slot.kind == Kind::kText     ? date_.put_text(slot.text(), out)
                   : slot.kind == Kind::kNumber ? date_.put_number(slot.text(), out)
                                                : false;
  return put ? End::kWritten : End::kGaveUp;
}

RuleProgram::End RuleProgram::duration(const Slot& slot, Output& out) const {
  std::int64_t count = 0;
  constexpr std::int64_t kCountMax = 1'000'000'000;
  if (slot.kind != Kind::kNumber || duration_in_ == 0) return End::kGaveUp;
  if (!small_integer(slot.text(), &count) || count > kCountMax || count < 0) return End::kGaveUp;
  const std::int64_t millis = count * duration_in_;
  if (clock_out_ && millis % 60'000 == 0) {
    out.put('"');
    put_integer(millis / 3'600'000, out);
    const auto minutes = static_cast<int>(millis / 60'000 % 60);
    out.put(':');
    out.put(static_cast<char>('0' + minutes / 10));
    out.put(static_cast<char>('0' + minutes % 10));
    out.put('"');
    return End::kWritten;
  }
  if (duration_out_ == 0 || millis % duration_out_ != 0) return End::kGaveUp;
  put_integer(millis / duration_out_, out);
  return End::kWritten;
}

RuleProgram::End RuleProgram::number(const Slot& slot, Output& out) const {
  std::int64_t unused = 0;
  const bool may = slot.kind == Kind::kNumber || slot.kind == Kind::kText;
  if (!may || !small_integer(slot.text(), &unused)) return End::kGaveUp;
  const bool text = (*rule_->said().number)[to_] == "text";
  if (text) out.put('"');
  out.put(slot.text());
  if (text) out.put('"');
  return End::kWritten;
}

}  // namespace navette::program
