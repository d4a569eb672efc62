// Regular expressions as functions, and functions that stand in for them.

#include <algorithm>

#include "mapping/jsonata/eval.h"

namespace navette::jsonata {

bool Evaluator::exec(const Regex* regex, const Subject* subject, std::size_t from, Match& match) {
  match = Match{};
  match.regex = regex;
  match.subject = subject;
  if (!find_match(*regex, *subject, from, regex_budget_, spans_)) {
    if (regex_budget_.exhausted) fail("U1002");
    return !regex_budget_.exhausted;
  }
  match.found = true;
  match.answered = true;
  match.start = static_cast<std::size_t>(spans_[0].begin);
  match.end = static_cast<std::size_t>(spans_[0].end);
  match.text = subject->slice(match.start, match.end, arena_);
  match.groups = new_array(arena_);
  for (std::size_t i = 1; i < spans_.size(); ++i) {
    Value group;
    if (spans_[i].begin >= 0) {
      group = Value(subject->slice(static_cast<std::size_t>(spans_[i].begin),
                                   static_cast<std::size_t>(spans_[i].end), arena_));
    }
    match.groups->push(arena_, group);
  }
  return true;
}

// What calling a regular expression as a function gives.
Value Evaluator::match_value(const Regex* regex, const Subject* subject, std::size_t from) {
  Match match;
  if (!exec(regex, subject, from, match)) return Value::fail();
  return match.found ? match_object(match) : Value();
}

Value Evaluator::match_object(const Match& match) {
  auto* object = arena_.make<Object>();
  const auto add = [this, object](std::string_view key, Value value) {
    object->add(arena_, Value(key), value);
  };
  add("match", Value(match.text));
  add("start", Value(static_cast<double>(match.start)));
  add("end", Value(static_cast<double>(match.end)));
  if (match.groups != nullptr) add("groups", Value(match.groups));
  Value next = match.next;
  if (match.regex != nullptr) {
    auto* function = arena_.make<Function>();
    function->kind = Function::Kind::kNextMatch;
    function->regex = match.regex;
    function->subject = match.subject;
    function->from = match.end;
    next = Value(function);
  }
  add("next", next);
  return Value(object);
}

bool Evaluator::first_match(Value matcher, Value text, Match& match) {
  if (matcher.is_function() && matcher.function()->kind == Function::Kind::kRegex) {
    const auto* subject = arena_.make<Subject>(text.text(), arena_);
    return exec(matcher.function()->regex, subject, 0, match);
  }
  Value argument = text;
  return to_match(apply(matcher, {&argument, 1}, Value::null(), &root_), match);
}

bool Evaluator::next_match(Match& match) {
  if (match.regex == nullptr) {
    return to_match(apply(match.next, {}, Value::null(), &root_), match);
  }
  if (match.end >= match.subject->size()) {
    match.found = false;
    return true;
  }
  if (!exec(match.regex, match.subject, match.end, match)) return false;
  if (!match.found || !match.text.empty()) return true;
  fail("D1004", Value(match.regex->source));
  return false;
}

// What a function says about a match, checked.
bool Evaluator::to_match(Value result, Match& match) {
  match = Match{};
  if (result.failed()) return false;
  match.answered = result.defined();
  if (!js_truthy(result)) return true;
  Value start;
  Value end;
  Value groups;
  if (result.is_object()) {
    const Object& object = *result.object();
    start = object.find("start");
    end = object.find("end");
    groups = object.find("groups");
    match.next = object.find("next");
    const Value text = object.find("match");
    if (text.is_string()) match.text = text.text();
  }
  if (!start.is_number() && !end.is_number() && !groups.is_array() && !match.next.is_function()) {
    fail("T1010");
    return false;
  }
  match.found = true;
  match.start = start.is_number() ? static_cast<std::size_t>(std::max(0.0, start.number())) : 0;
  match.end = end.is_number() ? static_cast<std::size_t>(std::max(0.0, end.number())) : 0;
  match.groups = groups.is_array() ? groups.array() : new_array(arena_);
  return true;
}

}  // namespace navette::jsonata
