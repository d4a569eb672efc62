// Kinds, lengths and forms by the schemas of both sides: MAP010.

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "mapping/check/checker.h"

namespace navette {
namespace {

unsigned kinds_of_duration(const std::string& form) {
  return form == "iso" || form == "h:mm" ? unsigned{kTextValue} : unsigned{kNumberValue};
}

unsigned kinds_of_date(const std::string& form) {
  return form.starts_with("epoch") ? unsigned{kIntegerValue} : unsigned{kTextValue};
}

unsigned kinds_of_number(const std::string& form) {
  if (form == "text") return kTextValue;
  return form == "integer" ? unsigned{kIntegerValue} : unsigned{kNumberValue};
}

// Characters that a text of a format has at least; 0: any number.
std::size_t length_of_format(const std::string& format) {
  if (format == "date") return 10;
  if (format == "date-time") return 20;
  return format == "uuid" ? 36 : 0;
}

// The unit that a field's name ends in: "timeSpentSeconds", "spent_minutes".
std::string unit_of_name(const std::string& name) {
  const std::string lower = lower_ascii(name);
  for (const auto& [ending, unit] : {std::pair{"seconds", "seconds"}, std::pair{"secs", "seconds"},
                                     std::pair{"minutes", "minutes"}, std::pair{"mins", "minutes"},
                                     std::pair{"hours", "hours"}}) {
    if (lower.ends_with(ending)) return unit;
  }
  return {};
}

}  // namespace

// What the rule may write there; 0: not known, or looked at elsewhere.
unsigned Checker::result_kinds(const Item& item, Side to) const {
  const FieldRule& rule = *item.said;
  const Side from = other(to);
  switch (item.rule->kind()) {
    case Rule::Kind::kCopy: {
      if (!item.path[from]) return 0;
      unsigned kinds = facts_[from].kinds(item.spot[from]);
      if (kinds == kAnyValue || !item.found[from]) return 0;
      if (item.several[from]) kinds |= kListValue;
      return kinds & ~kNullValue;
    }
    case Rule::Kind::kTemplate:
      return item.rule->text_template().towards == to ? unsigned{kTextValue} : 0U;
    case Rule::Kind::kMarkup:
      return kTextValue;
    case Rule::Kind::kDuration:
      return kinds_of_duration((*rule.duration)[to]);
    case Rule::Kind::kNumber:
      return kinds_of_number((*rule.number)[to]);
    case Rule::Kind::kEach:
      return kListValue;
    default:
      return 0;
  }
}

void Checker::check_kinds(const Item& item, Side to) {
  const Side from = other(to);
  const unsigned kinds = facts_[to].kinds(item.spot[to]);
  if (!item.found[to] || kinds == kAnyValue) return;
  const unsigned made = result_kinds(item, to);
  const unsigned strange = made & ~kinds;
  if (strange == 0) return;
  // A number that is given out as one, where only whole ones are taken, may well be whole.
  const bool never = (made & kinds) == 0 || strange == made;
  if (!never && strange == kFractionValue && item.rule->kind() != Rule::Kind::kCopy) return;
  const std::string source =
      item.path_text(from).empty() ? "the rule" : in_quotes(item.path_text(from));
  Diagnostic& out =
      pointer_.say(never ? Severity::kError : Severity::kNote, "MAP010", item.text(to),
                   source + (never ? " gives " : " may give ") + kinds_text(strange) + ", and " +
                       in_quotes(item.path_text(to)) + " of " + documents_of(to) + " takes " +
                       kinds_text(kinds));
  const unsigned scalar = kNumberValue | kTextValue;
  if ((strange & kListValue) != 0) {
    out.advice = "take one item with [0] or a filter, or join them in an expression";
  } else if ((kinds & kListValue) != 0) {
    out.advice = "make a list in an expression: [value]";
  } else if ((strange & scalar) != 0 && (kinds & scalar) != 0) {
    out.advice = "convert it: \"number: [...]\" or an expression";
  } else {
    out.advice = "convert it, or correct the path";
  }
}

void Checker::check_read_only(const Item& item, Side to) {
  if (!item.found[to] || !facts_[to].read_only(item.spot[to])) return;
  error("MAP010", item.text(to),
        in_quotes(item.path_text(to)) + " of " + documents_of(to) +
            " cannot be written: its schema says readOnly")
      .advice = std::string("add \"direction: to-") + to_text(other(to)) + "\"";
}

// Null where the other side takes none.
void Checker::check_nulls(const Item& item, Side to) {
  const Side from = other(to);
  const FieldRule& rule = *item.said;
  if (!item.found[to] || !item.found[from] || !rule.expr[to].empty()) return;
  if (rule.default_value[to] || rule.empty[to] == EmptyPolicy::kOmit) return;
  if (item.rule->row(from, "") != nullptr || !rule.text_template.empty()) return;
  const Spot& source = item.spot[from];
  if (source.schemas.empty() || item.spot[to].schemas.empty()) return;
  if (facts_[from].kinds(source) == kAnyValue || (facts_[from].kinds(source) & kNullValue) == 0) {
    return;
  }
  if ((facts_[to].kinds(item.spot[to]) & kNullValue) != 0) return;
  error("MAP010", item.text(to),
        in_quotes(item.path_text(from)) + " of " + documents_of(from) + " may be null, and " +
            in_quotes(item.path_text(to)) + " of " + documents_of(to) + " may not")
      .advice = std::string("add \"default: {") + to_text(to) + ": ...}\" or \"empty: {" +
                to_text(to) + ": omit}\"";
}

void Checker::check_lengths(const Item& item, Side to) {
  const auto longest = facts_[to].length_max(item.spot[to]);
  const FieldRule& rule = *item.said;
  if (!longest || !item.found[to]) return;
  const TextLimit& limit = rule.limit[to];
  const std::string most = "at most " + std::to_string(*longest) + " characters";
  if (limit.count > 0) {
    if (static_cast<std::size_t>(limit.count) <= *longest) return;
    error("MAP010", item.place(std::string("limit.") + to_text(to)),
          "the limit is longer than " + in_quotes(item.path_text(to)) + " of " + documents_of(to) +
              " takes")
        .expected = most;
    return;
  }
  const Rule::Kind kind = item.rule->kind();
  if (kind != Rule::Kind::kCopy && kind != Rule::Kind::kMarkup && kind != Rule::Kind::kTemplate) {
    return;
  }
  const Side from = other(to);
  const Spot& source = item.spot[from];
  if (item.rule->mark() != nullptr || facts_[from].choices(source)) return;
  if (!item.path[from] && kind == Rule::Kind::kCopy) return;
  if ((facts_[from].kinds(source) & kTextValue) == 0) return;
  const auto there = facts_[from].length_max(source);
  const std::string format = facts_[from].format(source);
  if (const auto fixed = length_of_format(format); fixed > 0) {
    if (fixed > *longest && kind == Rule::Kind::kCopy) {
      error("MAP010", item.text(to),
            in_quotes(item.path_text(to)) + " of " + documents_of(to) + " takes " + most +
                ", and a " + format + " has " + std::to_string(fixed))
          .advice = "convert it: \"date: [...]\" or an expression";
    }
    return;
  }
  if (there && *there <= *longest && kind == Rule::Kind::kCopy) return;
  Diagnostic& out = pointer_.say(
      there ? Severity::kError : Severity::kNote, "MAP010", item.text(to),
      in_quotes(item.path_text(to)) + " of " + documents_of(to) + " takes " + most + ", and " +
          (there ? "the other side has up to " + std::to_string(*there)
                 : "a longer text may come"));
  out.advice =
      std::string("add \"limit: {") + to_text(to) + ": " + std::to_string(*longest) + "}\"";
}

// The form that the rule gives a date, against the schema's word for it.
void Checker::check_date_format(const Item& item, Side side) {
  if (!item.said->date || !item.found[side]) return;
  const std::string& form = (*item.said->date)[side];
  const std::string format = facts_[side].format(item.spot[side]);
  const Pointer::Text text{item.place(std::string("date.") + to_text(side)), form};
  const unsigned kinds = facts_[side].kinds(item.spot[side]);
  std::string expected;
  if (format == "date-time" && form != "datetime") expected = "datetime";
  if (format == "date" && form != "date") expected = "date";
  if (expected.empty() && (kinds & kinds_of_date(form)) == 0) {
    expected = (kinds & kNumberValue) != 0 ? "epoch or epoch_ms" : "a form that gives a text";
  }
  if (expected.empty()) return;
  error("MAP010", text,
        in_quotes(item.path_text(side)) + " of " + documents_of(side) + " is " +
            (format.empty() ? kinds_text(kinds) : "a " + format + " by its schema") +
            ", and the rule takes it for " + in_quotes(form))
      .expected = expected;
}

// The unit of the numbers there: by the schema for certain, or by the field's name.
std::string Checker::unit_of(const Item& item, Side side, bool* sure) const {
  if (!item.found[side] || !item.path[side]) return {};
  const std::string said = facts_[side].word(item.spot[side], "x-unit");
  *sure = !said.empty();
  return *sure ? said : unit_of_name(item.path[side]->steps().back().name);
}

void Checker::check_unit(const Item& item, Side side) {
  bool sure = false;
  std::string unit = unit_of(item, side, &sure);
  if (item.rule->kind() == Rule::Kind::kCopy && item.writes(side)) {
    bool also_sure = false;
    const std::string there = unit_of(item, other(side), &also_sure);
    if (unit.empty() || there.empty() || unit == there) return;
    pointer_
        .say(sure && also_sure ? Severity::kError : Severity::kNote, "MAP010", item.text(side),
             in_quotes(item.path_text(side)) + " of " + documents_of(side) + " is in " + unit +
                 ", and " + in_quotes(item.path_text(other(side))) + " of " +
                 documents_of(other(side)) + " in " + there)
        .advice = "convert it: \"duration: [...]\"";
    return;
  }
  if (!item.said->duration || !item.found[side] || !item.path[side]) return;
  const std::string& form = (*item.said->duration)[side];
  const Pointer::Text text{item.place(std::string("duration.") + to_text(side)), form};
  const unsigned kinds = facts_[side].kinds(item.spot[side]);
  const bool fits = (kinds & kinds_of_duration(form)) != 0;
  // A text in h:mm may be called hours.
  if (!sure && (form == "iso" || form == "h:mm")) unit.clear();
  if (!sure && facts_[side].format(item.spot[side]) == "duration") unit = "iso";
  if (unit.empty() && !fits) {
    unit = (kinds & kNumberValue) != 0 ? "seconds, minutes or hours" : "iso or h:mm";
  }
  if (unit.empty() || unit == form) return;
  pointer_
      .say(sure || unit == "iso" || !fits ? Severity::kError : Severity::kNote, "MAP010", text,
           in_quotes(item.path_text(side)) + " of " + documents_of(side) + " is in " + unit +
               ", and the rule takes it for " + in_quotes(form))
      .expected = unit;
}

}  // namespace navette
