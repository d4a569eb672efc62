// From one side's value to what the other side should hold.

#include <string_view>
#include <utility>

#include "base/text.h"
#include "mapping/jsonata/text.h"
#include "mapping/mapper.h"
#include "mapping/markup.h"
#include "mapping/quantity.h"
#include "mapping/rule.h"
#include "mapping/rule_values.h"
#include "mapping/text.h"

namespace navette {
namespace {

Converted keep(std::string reason) {
  return {.kind = Converted::Kind::kKeep, .value = {}, .reason = std::move(reason), .losses = {}};
}
Converted reject(std::string reason) {
  return {.kind = Converted::Kind::kReject, .value = {}, .reason = std::move(reason), .losses = {}};
}
Converted value_of(Json value) {
  return {.kind = Converted::Kind::kValue, .value = std::move(value), .reason = {}, .losses = {}};
}

// Numbers in messages and tables look as they would in a file.
std::string quoted(const Json& value) {
  constexpr std::size_t kShownMax = 80;
  const std::string text = value.is_string() ? std::string(value.as_string()) : value.dump();
  const std::string_view head = utf8_prefix(text, kShownMax);
  return "\"" + std::string(head) + (head.size() < text.size() ? "\u2026\"" : "\"");
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

void note(const ConvertContext& context, const std::string& what, const Json& value) {
  if (context.steps != nullptr) context.steps->push_back({what, value});
}

}  // namespace

std::string Rule::describe(Side from, const Json& value) const {
  return std::string("convert ") + name_ + ": the " + to_text(from) + "'s value " + quoted(value);
}

Converted Rule::convert(Side from, const Json& value, const ConvertContext& context) const {
  const Side target = other(from);
  if (const Json* reason = value.find(kFailure)) return unmatched(from, reason->text());
  if (kind_ == Kind::kTemplate) {
    Converted out = convert_template(from, value, context);
    if (out.kind == Converted::Kind::kValue) finish(from, &out);
    return out;
  }
  const Json ready = prepared(value, context);
  // An empty list that is only copied is a value: "no labels" is not "nothing about labels".
  const bool copies = kind_ == Kind::kCopy || kind_ == Kind::kExpression;
  const bool takes_empty =
      kind_ == Kind::kTable ? from_[from].takes_empty : copies && ready.is_array();
  if (is_empty(ready) && !takes_empty) {
    if (default_[target]) note(context, "default", *default_[target]);
    Converted out = value_of(default_[target].value_or(Json()));
    out.defaulted = default_[target].has_value();
    return out;
  }
  Converted out;
  switch (kind_) {
    case Kind::kTable:
      out = look_up(from, ready);
      note(context, "table " + table_, out.value);
      break;
    case Kind::kPeople:
      out = look_up_person(from, ready);
      note(context, "people", out.value);
      break;
    case Kind::kDate:
      out = convert_date(from, ready);
      note(context, "date " + date_[target].form() + " in " + date_[target].zone(), out.value);
      break;
    case Kind::kDuration:
      out = convert_duration(from, ready);
      note(context, "duration in " + duration_of(said_, target), out.value);
      break;
    case Kind::kNumber:
      out = convert_number(from, ready);
      note(context, "number as " + (*said_.number)[target], out.value);
      break;
    case Kind::kMarkup:
      out = convert_markup_value(from, ready);
      note(context, "markup " + markup_[from] + " to " + markup_[target], out.value);
      return out;
    case Kind::kEach:
      return convert_items(from, ready, context);
    case Kind::kCopy:
    case Kind::kExpression:
    case Kind::kTemplate:
      out = value_of(ready);
      break;
  }
  if (out.kind == Converted::Kind::kValue) finish(from, &out);
  return out;
}

// After what `do:` says.
Json Rule::prepared(const Json& value, const ConvertContext& context) const {
  if (said_.text_steps.empty() || !value.is_string()) return value;
  std::string text(value.as_string());
  for (const std::string& step : said_.text_steps) {
    if (step == "trim") text = std::string(trim(text));
    if (step == "lower") text = jsonata::to_lower(text);
    if (step == "upper") text = jsonata::to_upper(text);
    note(context, step, Json(text));
  }
  return Json(std::move(text));
}

Converted Rule::unmatched(Side from, std::string reason) const {
  Converted out;
  switch (unmatched_) {
    case Unmatched::kKeep:
      out = keep(reason + "; the " + to_text(other(from)) + "'s stays as it is");
      break;
    case Unmatched::kClear:
      add_loss(&out.losses, reason + "; the field was cleared");
      break;
    case Unmatched::kReject:
      out = reject(std::move(reason));
      break;
  }
  out.unmatched = true;
  return out;
}

Converted Rule::look_up(Side from, const Json& value) const {
  const Direction& direction = from_[from];
  const std::string key = as_key(value);
  if (const std::string* known = spelling(from, key)) {
    Converted out = value_of(direction.exact.at(*known));
    out.row = *known;
    return out;
  }
  if (direction.fallback || pass_) {
    Converted out = value_of(direction.fallback ? *direction.fallback : value);
    out.unmatched = true;
    return out;
  }
  const std::string reason =
      describe(from, value) + " has no row in table \"" + table_ + "\" and there is no default";
  if (unmatched_ != Unmatched::kReject) return unmatched(from, reason);
  return unmatched(from, reason + "; known are " + listed(direction.known) +
                             meant(key, direction.known) + " Add a row or a default.");
}

Converted Rule::look_up_person(Side from, const Json& value) const {
  if (const auto pair = person(from, value)) return value_of(person_writes_[other(from)][*pair]);
  const std::string reason = describe(from, value) + " is nobody in the list of people";
  if (unmatched_ != Unmatched::kReject) return unmatched(from, reason);
  return unmatched(from, reason + meant(as_key(value), from_[from].known) + " Add the pair.");
}

Converted Rule::convert_template(Side from, const Json& value,
                                 const ConvertContext& context) const {
  const Side target = other(from);
  const std::string text = as_key(value);
  const bool of_ticket = template_.of == Template::Of::kTicket;
  if (target == template_.towards) {
    const std::string& filling = of_ticket && !context.source_id.empty() ? context.source_id : text;
    if (filling.empty()) return value_of(default_[target].value_or(Json()));
    // Of several places: Rule::source() has filled them.
    const bool filled = template_.of == Template::Of::kPaths;
    Converted out = value_of(filled ? Json(filling) : Json(template_.write(filling)));
    note(context, "template " + template_.text(), out.value);
    if (!fits(out.value.as_string(), limit_[target])) {
      return reject(describe(from, Json(filling)) + " makes " + quoted(out.value) +
                    ", longer than " + to_text(limit_[target]) + ", and cannot be cut");
    }
    return out;
  }
  const auto parsed = template_.read_one(text);
  if (of_ticket) {
    Converted out = keep("convert " + name_ + ": a ticket's number is given by its own system");
    if (parsed) out.value = Json(*parsed);
    return out;
  }
  if (text.empty()) return value_of(default_[target].value_or(Json()));
  note(context, "template " + template_.text(), parsed ? Json(*parsed) : Json());
  if (parsed) return value_of(*parsed);
  return unmatched(from,
                   describe(from, value) + " is not of the form \"" + template_.text() + "\"");
}

Converted Rule::convert_date(Side from, const Json& value) const {
  const auto time = date_[from].read(value);
  auto date = time ? date_[other(from)].write(*time) : std::nullopt;
  if (date) return value_of(std::move(*date));
  const std::string& form = date_[from].form();
  const bool picture = form.find('[') != std::string::npos;
  return unmatched(from, describe(from, value) + " is no date; expected " +
                             (picture ? form + ", " : "") +
                             "YYYY-MM-DD, RFC 3339 (2026-11-24T10:00:00Z) or seconds since 1970");
}

Converted Rule::convert_duration(Side from, const Json& value) const {
  const auto duration = read_duration(value, duration_of(said_, from));
  if (!duration) {
    return unmatched(from, describe(from, value) + " is no duration in " +
                               duration_of(said_, from) + "; expected such as " +
                               write_duration(5'400'000, duration_of(said_, from), nullptr).text());
  }
  Converted out;
  out.value = write_duration(*duration, duration_of(said_, other(from)), &out.losses);
  return out;
}

Converted Rule::convert_number(Side from, const Json& value) const {
  const std::string& form = (*said_.number)[other(from)];
  auto number = to_number_form(value, form);
  if (number) return value_of(std::move(*number));
  return unmatched(
      from, describe(from, value) + " is no " + (form == "integer" ? "whole number" : "number"));
}

Converted Rule::convert_markup_value(Side from, const Json& value) const {
  const Side target = other(from);
  const bool object = is_rich(value);
  const std::string source(object ? value.at("markup").as_string()
                                  : std::string_view(markup_[from]));
  Converted out;
  auto text = convert_markup(object ? std::string(value.at("text").as_string()) : as_key(value),
                             source, markup_[target], limit_[target], &out.losses);
  if (!text) return unmatched(from, describe(from, value) + ": " + text.error().message);
  out.value = rich(markup_[target], outer_trimmed(*text));
  if (out.value.is_null() && default_[target]) {
    out.value = *default_[target];
    out.defaulted = true;
  }
  return out;
}

// Item by item: rejected where one is, for a list with a gap is another list.
Converted Rule::convert_items(Side from, const Json& value, const ConvertContext& context) const {
  Json one = Json::array();
  if (!value.is_array()) one.push(value);
  const Json& items = value.is_array() ? value : one;
  Converted out;
  out.value = Json::array();
  const MapOptions options = {.creating = context.creating, .now = context.now};
  for (std::size_t i = 0; i < items.size(); ++i) {
    Mapped mapped;
    const std::string prefix = name_ + "[" + std::to_string(i) + "].";
    map_fields(inner_, from, std::nullopt, items.items()[i], options, prefix, &mapped);
    for (const FieldProblem& problem : mapped.problems) {
      if (!out.reason.empty()) out.reason += "; ";
      out.reason += "item " + std::to_string(i) + ": " + problem.reason;
      out.kind = Converted::Kind::kReject;
    }
    for (std::string& loss : mapped.losses) add_loss(&out.losses, std::move(loss));
    out.value.push(std::move(mapped.document));
  }
  note(context, "each", out.value);
  return out;
}

// Makes a text fit to be written, and says what it lost.
void Rule::finish(Side from, Converted* out) const {
  const Side target = other(from);
  if (is_rich(out->value)) {  // a rule without `markup`: the plain text
    out->value = Json(out->value.at("text"));
  }
  if (!out->value.is_string()) return;
  std::string text = clean_text(out->value.as_string(), &out->losses);
  if (!fits(text, limit_[target])) {
    if (said_.overflow == Overflow::kReject) {
      *out = unmatched(from,
                       describe(from, out->value) + " is longer than " + to_text(limit_[target]));
      return;
    }
    text = cut_text(text, limit_[target]);
    add_loss(&out->losses, "cut to " + to_text(limit_[target]));
  }
  out->value = text.empty() ? Json() : Json(std::move(text));
}

}  // namespace navette
