#include "mapping/rule.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "mapping/date.h"
#include "mapping/markup.h"
#include "mapping/text.h"

namespace navette {
namespace {

Converted reject(std::string reason) {
  return {.kind = Converted::Kind::kReject, .value = {}, .reason = std::move(reason), .losses = {}};
}
Converted keep(std::string reason) {
  return {.kind = Converted::Kind::kKeep, .value = {}, .reason = std::move(reason), .losses = {}};
}
Converted value_of(Json value) {
  return {.kind = Converted::Kind::kValue, .value = std::move(value), .reason = {}, .losses = {}};
}

bool is_rich(const Json& value) {
  return value.at("markup").is_string() && value.at("text").is_string();
}

Json rich(std::string_view markup, std::string text) {
  if (text.empty()) return {};
  Json value = Json::object();
  value.set("markup", markup);
  value.set("text", std::move(text));
  return value;
}

bool is_empty(const Json& value) {
  return value.is_null() || (value.is_string() && value.as_string().empty()) ||
         (value.is_array() && value.items().empty());
}

// Empty, or but line ends and control characters: what targets make nothing of.
bool says_nothing(const Json& value) {
  if (is_empty(value)) return true;
  const Json& text = is_rich(value) ? value.at("text") : value;
  if (!text.is_string() || text.as_string().size() > 4096) return false;
  const std::string clean = clean_text(text.as_string(), nullptr);
  return clean.find_first_not_of(is_rich(value) ? " \t\n" : "\n") == std::string::npos;
}

// Numbers in messages and tables look as they would in a file.
std::string quoted(const Json& value) {
  constexpr std::size_t kShownMax = 80;
  const std::string text = value.is_string() ? std::string(value.as_string()) : value.dump();
  const std::string_view head = utf8_prefix(text, kShownMax);
  return "\"" + std::string(head) + (head.size() < text.size() ? "\u2026\"" : "\"");
}

std::string as_key(const Json& value) {
  return value.is_object() || value.is_array() ? value.dump() : value.text();
}

std::string listed(const std::vector<std::string>& known) {
  constexpr std::size_t kListedMax = 20;
  std::vector<std::string> shown;
  for (const std::string& word : known) {
    if (shown.size() == kListedMax) {
      shown.push_back("\u2026");
      break;
    }
    shown.push_back("\"" + word + "\"");
  }
  return join(shown, ", ");
}

std::string meant(const std::string& word, const std::vector<std::string>& known) {
  const auto near = nearest(word, known);
  return near ? "; did you mean \"" + *near + "\"?" : ".";
}

// RT has no null for dates.
bool is_no_date(const Json& value, std::string_view form) {
  return form == "datetime" && value.as_string() == "1970-01-01T00:00:00Z";
}

}  // namespace

std::optional<std::string> Template::parse(std::string_view text) const {
  text = trim(text);
  if (text.size() <= before.size() + after.size() || !text.starts_with(before) ||
      !text.ends_with(after)) {
    return std::nullopt;
  }
  text.remove_prefix(before.size());
  text.remove_suffix(after.size());
  return std::string(text);
}

Json Rule::read(Side side, const Record& record) const {
  if (!path_[side]) return {};
  const Path& path = *path_[side];
  if (path.single_name() == "id" && !record.id.empty()) return Json(record.id);
  const auto found = path.read(record.doc);
  if (!found) return {};
  // Systems wrap single values in arrays: {"values": ["Major"]}.
  Json value = found->is_array() && found->size() == 1 ? found->items().front() : *found;
  if (is_rich(value) && kind_ != Kind::kMarkup) {
    const auto plain = convert_markup(value.at("text").as_string(), value.at("markup").as_string(),
                                      "text", nullptr);
    value = Json(plain ? *plain : std::string(value.at("text").as_string()));
  }
  if (is_empty(value)) return {};
  switch (kind_) {
    case Kind::kMarkup: {
      const bool object = is_rich(value);
      return rich(
          object ? value.at("markup").as_string() : std::string_view(markup_[side]),
          outer_trimmed(object ? std::string(value.at("text").as_string()) : as_key(value)));
    }
    case Kind::kDate: {
      auto date = to_date_form(value, date_[side]);
      if (!date) return value;
      return is_no_date(*date, date_[side]) ? Json() : *date;
    }
    case Kind::kTable:
    case Kind::kPeople: {
      const std::string* known = spelling(side, as_key(value));
      return known != nullptr ? Json(*known) : value;
    }
    case Kind::kCopy:
    case Kind::kTemplate:
      return value.is_string() ? Json(unix_lines(value.as_string())) : value;
  }
  return value;
}

// The table's own spelling of a value that differs from it in case only (RT: "Open" is "open").
const std::string* Rule::spelling(Side from, const std::string& text) const {
  const Direction& direction = from_[from];
  if (const auto exact = direction.exact.find(text); exact != direction.exact.end()) {
    return &exact->first;
  }
  const auto cased = direction.by_case.find(lower_ascii(text));
  return cased != direction.by_case.end() ? &cased->second : nullptr;
}

std::string Rule::describe(Side from, const Json& value) const {
  return std::string("convert ") + name_ + ": the " + to_text(from) + "'s value " + quoted(value);
}

Converted Rule::convert(Side from, const Json& value, const ConvertContext& context) const {
  const Side target = other(from);
  if (kind_ == Kind::kTemplate) {
    Converted out = convert_template(from, value, context);
    if (out.kind == Converted::Kind::kValue) finish(target, &out);
    return out;
  }
  if (is_empty(value) && !(kind_ == Kind::kTable && from_[from].exact.contains(""))) {
    return value_of(default_[target].value_or(Json()));
  }
  Converted out;
  switch (kind_) {
    case Kind::kTable:
      out = look_up(from, value);
      break;
    case Kind::kPeople:
      out = look_up_person(from, value);
      break;
    case Kind::kDate:
      out = convert_date(from, value);
      break;
    case Kind::kMarkup:
      return convert_markup_value(from, value);
    case Kind::kCopy:
    case Kind::kTemplate:
      out = value_of(value);
      break;
  }
  if (out.kind == Converted::Kind::kValue) finish(target, &out);
  return out;
}

Converted Rule::look_up(Side from, const Json& value) const {
  const Direction& direction = from_[from];
  const std::string key = as_key(value);
  if (const auto row = direction.exact.find(key); row != direction.exact.end()) {
    return value_of(row->second);
  }
  if (direction.fallback) return value_of(*direction.fallback);
  return reject(describe(from, value) + " has no row in table \"" + table_ +
                "\" and there is no default; known are " + listed(direction.known) +
                meant(key, direction.known) + " Add a row or a default.");
}

Converted Rule::look_up_person(Side from, const Json& value) const {
  const Direction& direction = from_[from];
  if (const std::string* known = spelling(from, as_key(value))) {
    return value_of(direction.exact.at(*known));
  }
  const std::string reason = describe(from, value) + " is nobody in the list of people";
  switch (unmatched_) {
    case Unmatched::kKeep:
      return keep(reason + "; the " + to_text(other(from)) + "'s stays as it is");
    case Unmatched::kClear: {
      Converted out = value_of({});
      add_loss(&out.losses, reason + "; the field was cleared");
      return out;
    }
    case Unmatched::kReject:
      break;
  }
  return reject(reason + meant(as_key(value), direction.known) + " Add the pair.");
}

Converted Rule::convert_template(Side from, const Json& value,
                                 const ConvertContext& context) const {
  const Side target = other(from);
  const std::string text = as_key(value);
  if (target == template_.towards) {
    const std::string& filling =
        template_.of_ticket && !context.source_id.empty() ? context.source_id : text;
    if (filling.empty()) return value_of(default_[target].value_or(Json()));
    Converted out = value_of(template_.write(filling));
    if (!fits(out.value.as_string(), limit_[target])) {
      return reject(describe(from, Json(filling)) + " makes " + quoted(out.value) +
                    ", longer than " + to_text(limit_[target]) + ", and cannot be cut");
    }
    return out;
  }
  const auto parsed = template_.parse(text);
  if (template_.of_ticket) {
    Converted out = keep("convert " + name_ + ": a ticket's number is given by its own system");
    if (parsed) out.value = Json(*parsed);
    return out;
  }
  if (text.empty()) return value_of(default_[target].value_or(Json()));
  if (parsed) return value_of(*parsed);
  return reject(describe(from, value) + " is not of the form \"" + template_.write("{value}") +
                "\"");
}

Converted Rule::convert_date(Side from, const Json& value) const {
  const std::string& form = date_[other(from)];
  auto date = to_date_form(value, form);
  if (!date) {
    return reject(describe(from, value) +
                  " is no date; expected YYYY-MM-DD, RFC 3339 (2026-11-24T10:00:00Z) or seconds "
                  "since 1970");
  }
  return value_of(std::move(*date));
}

Converted Rule::convert_markup_value(Side from, const Json& value) const {
  const Side target = other(from);
  const bool object = is_rich(value);
  const std::string source(object ? value.at("markup").as_string()
                                  : std::string_view(markup_[from]));
  Converted out;
  auto text = convert_markup(object ? std::string(value.at("text").as_string()) : as_key(value),
                             source, markup_[target], limit_[target], &out.losses);
  if (!text) return reject(describe(from, value) + ": " + text.error().message);
  out.value = rich(markup_[target], outer_trimmed(*text));
  if (out.value.is_null() && default_[target]) out.value = *default_[target];
  return out;
}

// Makes a text fit to be written, and says what it lost.
void Rule::finish(Side target, Converted* out) const {
  if (is_rich(out->value)) {  // a rule without `markup`: the plain text
    out->value = out->value.at("text");
  }
  if (!out->value.is_string()) return;
  std::string text = clean_text(out->value.as_string(), &out->losses);
  if (!fits(text, limit_[target])) {
    text = cut_text(text, limit_[target]);
    add_loss(&out->losses, "cut to " + to_text(limit_[target]));
  }
  out->value = text.empty() ? Json() : Json(std::move(text));
}

bool Rule::same(Side side, const Json& a, const Json& b) const {
  if (a == b) return true;
  if (says_nothing(a) || says_nothing(b)) return says_nothing(a) && says_nothing(b);
  switch (kind_) {
    case Kind::kMarkup:
      return same_rich(side, a, b);
    case Kind::kTable:
    case Kind::kPeople:
      return lower_ascii(as_key(a)) == lower_ascii(as_key(b));
    case Kind::kDate: {
      // A day that was carried into a point in time says nothing about the hour.
      if (date_[other(side)] == "date" && same_day(a, b)) return true;
      const auto left = to_date_form(a, date_[side]);
      const auto right = to_date_form(b, date_[side]);
      return left && right && *left == *right;
    }
    case Kind::kCopy:
    case Kind::kTemplate:
      break;
  }
  if (a.is_object() || b.is_object() || a.is_array() || b.is_array()) return false;
  return same_text(side, a.text(), b.text());
}

bool Rule::same_text(Side side, const std::string& a, const std::string& b) const {
  const std::string left = clean_text(a, nullptr);
  const std::string right = clean_text(b, nullptr);
  if (left == right) return true;
  if (is_numeral(left) && is_numeral(right)) {
    const auto number = Json::parse(left);
    const auto numeral = Json::parse(right);
    return number && numeral && *number == *numeral;
  }
  // One is what a limit left of the other.
  for (const TextLimit& limit : {limit_[side], limit_[other(side)]}) {
    if (cut_text(left, limit) == right || cut_text(right, limit) == left) return true;
  }
  // One lost its line ends: a field of one line (RT's subject) drops them.
  const auto in_one_line = [](std::string text) {
    std::erase(text, '\n');
    return text;
  };
  const bool left_lines = left.find('\n') != std::string::npos;
  const bool right_lines = right.find('\n') != std::string::npos;
  if (left_lines == right_lines) return false;
  return same_text(side, in_one_line(left), in_one_line(right));
}

bool Rule::same_rich(Side side, const Json& a, const Json& b) const {
  const auto text_of = [](const Json& value) {
    return is_rich(value) ? std::string(value.at("text").as_string()) : as_key(value);
  };
  const auto markup_of = [this, side](const Json& value) {
    return is_rich(value) ? std::string(value.at("markup").as_string()) : markup_[side];
  };
  const std::string markup = markup_of(a);
  std::string left = clean_text(text_of(a), nullptr);
  std::string right = clean_text(text_of(b), nullptr);
  if (markup != markup_of(b)) {
    const auto plain_left = convert_markup(left, markup, "text", nullptr);
    const auto plain_right = convert_markup(right, markup_of(b), "text", nullptr);
    return plain_left && plain_right && blanks_trimmed(*plain_left) == blanks_trimmed(*plain_right);
  }
  left = blanks_trimmed(left);
  right = blanks_trimmed(right);
  if (left == right) return true;
  for (const TextLimit& limit : {limit_[side], limit_[other(side)]}) {
    if (limit.count <= 0) continue;
    const auto cut_left = convert_markup(left, markup, markup, limit, nullptr);
    const auto cut_right = convert_markup(right, markup, markup, limit, nullptr);
    if ((cut_left && blanks_trimmed(*cut_left) == right) ||
        (cut_right && blanks_trimmed(*cut_right) == left)) {
      return true;
    }
  }
  return false;
}

const Template* Rule::mark() const {
  return kind_ == Kind::kTemplate && template_.of_ticket ? &template_ : nullptr;
}

}  // namespace navette
