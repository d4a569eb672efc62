#include "mapping/rule.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "mapping/extensions.h"
#include "mapping/jsonata/jsonata.h"
#include "mapping/markup.h"
#include "mapping/quantity.h"
#include "mapping/rule_values.h"
#include "mapping/text.h"

namespace navette {
namespace {

// Empty, or but line ends and control characters: what targets make nothing of.
bool says_nothing(const Json& value) {
  if (Rule::is_empty(value)) return true;
  const Json& text = is_rich(value) ? value.at("text") : value;
  if (!text.is_string() || text.as_string().size() > 4096) return false;
  const std::string clean = clean_text(text.as_string(), nullptr);
  return clean.find_first_not_of(is_rich(value) ? " \t\n" : "\n") == std::string::npos;
}

// RT has no null for dates.
bool is_no_date(const Json& value, const DateForm& form) {
  return form.form() == "datetime" && value.as_string() == "1970-01-01T00:00:00Z";
}

}  // namespace

bool Rule::is_empty(const Json& value) {
  return value.is_null() || (value.is_string() && value.as_string().empty()) ||
         (value.is_array() && value.items().empty());
}

std::string Rule::as_key(const Json& value) {
  return value.is_object() || value.is_array() ? value.dump() : value.text();
}

Json Rule::read(Side side, const Record& record) const {
  const bool of_ticket = path_[side] && path_[side]->single_name() == "id";
  if (of_ticket && !record.id.empty()) return Json(record.id);
  const auto found = source(side, record.doc, {.source_id = record.id});
  if (!found) return failure(found.error().message);
  if (!*found) return {};
  // Systems wrap single values in arrays: {"values": ["Major"]}.
  const bool wrapped = (*found)->is_array() && (*found)->size() == 1 && kind_ != Kind::kEach;
  Json value = wrapped ? (*found)->items().front() : **found;
  if (is_rich(value) && kind_ != Kind::kMarkup) {
    const auto plain = convert_markup(value.at("text").as_string(), value.at("markup").as_string(),
                                      "text", nullptr);
    value = Json(plain ? *plain : std::string(value.at("text").as_string()));
  }
  if (is_empty(value)) return {};
  return normal(side, std::move(value));
}

Json Rule::normal(Side side, Json value) const {
  switch (kind_) {
    case Kind::kMarkup: {
      const bool object = is_rich(value);
      return rich(
          object ? value.at("markup").as_string() : std::string_view(markup_[side]),
          outer_trimmed(object ? std::string(value.at("text").as_string()) : as_key(value)));
    }
    case Kind::kDate: {
      const auto time = date_[side].read(value);
      auto date = time ? date_[side].write(*time) : std::nullopt;
      if (!date) return value;
      return is_no_date(*date, date_[side]) ? Json() : *date;
    }
    case Kind::kPeople: {
      const auto pair = person(side, value);
      return pair ? person_writes_[side][*pair] : value;
    }
    case Kind::kTable: {
      const std::string* known = spelling(side, as_key(value));
      return known != nullptr ? Json(*known) : value;
    }
    default:
      return value.is_string() ? Json(unix_lines(value.as_string())) : value;
  }
}

Result<std::optional<Json>> Rule::source(Side from, const Json& document,
                                         const ConvertContext& context) const {
  const Side to = other(from);
  if (expression_[to] != nullptr) {
    jsonata::Bindings bindings;
    bindings.now = context.now;
    if (extended_[to]) bindings.functions = expression_extensions();
    jsonata::Outcome outcome = expression_[to]->evaluate(&document, bindings);
    if (outcome.error) {
      return Error{.fault = Fault::kRejected,
                   .message = "evaluate " + name_ + ": " + outcome.error->code + ": " +
                              outcome.error->message};
    }
    return std::move(outcome.value);
  }
  if (kind_ == Kind::kTemplate && template_.of == Template::Of::kPaths && template_.towards == to) {
    std::vector<std::string> fillings;
    for (const Path& path : template_.paths()) {
      const auto filling = path.read(document);
      if (!filling || is_empty(*filling)) return std::optional<Json>();
      fillings.push_back(as_key(*filling));
    }
    return std::optional<Json>(template_.write(fillings));
  }
  if (!path_[from]) return std::optional<Json>();
  return path_[from]->read(document);
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

bool Rule::same(Side side, const Json& a, const Json& b) const {
  if (a == b) return true;
  if (says_nothing(a) || says_nothing(b)) return says_nothing(a) && says_nothing(b);
  switch (kind_) {
    case Kind::kMarkup:
      return same_rich(side, a, b);
    case Kind::kTable:
    case Kind::kPeople:
      return lower_ascii(as_key(a)) == lower_ascii(as_key(b));
    case Kind::kDate:
      return same_date(side, a, b);
    case Kind::kDuration: {
      const auto left = read_duration(a, duration_of(said_, side));
      const auto right = read_duration(b, duration_of(said_, side));
      return left && right && *left == *right;
    }
    case Kind::kEach:
      return false;  // lists are the same when they are equal
    default:
      break;
  }
  if (a.is_object() || b.is_object() || a.is_array() || b.is_array()) return false;
  return same_text(side, a.text(), b.text());
}

const Json* Rule::row(Side from, const std::string& key) const {
  const std::string* known = spelling(from, key);
  return known == nullptr ? nullptr : &from_[from].exact.at(*known);
}

std::optional<std::size_t> Rule::person(Side from, const Json& value) const {
  for (const std::string& attribute : said_.by) {
    const Json* known = value.is_object() ? value.find(attribute) : &value;
    if (known == nullptr || is_empty(*known)) continue;
    const auto found = persons_[from].find(attribute + "\n" + lower_ascii(known->text()));
    if (found != persons_[from].end()) return found->second;
  }
  return std::nullopt;
}

bool Rule::same_date(Side side, const Json& a, const Json& b) const {
  const auto left = date_[side].read(a);
  const auto right = date_[side].read(b);
  if (!left || !right) return false;
  if (date_[side].write(*left) == date_[side].write(*right)) return true;
  // A day that was carried into a point in time says nothing about the hour.
  const DateForm& there = date_[other(side)];
  return there.is_day() && there.write(*left) == there.write(*right);
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
  return kind_ == Kind::kTemplate && template_.of == Template::Of::kTicket ? &template_ : nullptr;
}

}  // namespace navette
