#include <algorithm>
#include <cmath>
#include <string>

#include "mapping/jsonata/builtins.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

// A limit argument: none, or how often at most.
struct Limit {
  explicit Limit(Value value) : set(value.is_number()), most(set ? value.number() : 0) {}
  bool set;
  double most;
  bool negative() const { return set && most < 0; }
  bool allows_any() const { return !set || most > 0; }
  bool allows(double done) const { return !set || done < most; }
};

Value bad_limit(const Call& call, const char* code, Value limit) {
  return call.run.fail(code, limit);
}

std::string_view group_text(const Match& match, std::size_t index) {
  if (index >= match.groups->size) return {};
  const Value group = match.groups->items[index];
  return group.is_string() ? group.text() : std::string_view();
}

// The number that a replacement names after a `$`, at most as long as the group count; -1: none.
int group_number(std::string_view digits, std::size_t groups, std::size_t& length) {
  std::size_t longest = 1;
  for (std::size_t rest = groups; rest >= 10; rest /= 10) ++longest;
  const auto read = [digits, &length](std::size_t most) {
    length = 0;
    int number = 0;
    while (length < most && length < digits.size() && digits[length] >= '0' &&
           digits[length] <= '9') {
      number = number * 10 + (digits[length++] - '0');
    }
    return length == 0 ? -1 : number;
  };
  const int number = read(longest);
  if (longest > 1 && number > static_cast<int>(groups)) return read(longest - 1);
  return number;
}

// $0, $1 .. and $$ of a replacement text filled in.
void expand(std::string_view replacement, const Match& match, std::string& out) {
  for (std::size_t at = 0;;) {
    const std::size_t dollar = replacement.find('$', at);
    if (dollar == std::string_view::npos) {
      append_text(out, replacement.substr(at));
      return;
    }
    append_text(out, replacement.substr(at, dollar - at));
    at = dollar + 1;
    const char next = at < replacement.size() ? replacement[at] : '\0';
    if (next == '$' || next == '0') {
      append_text(out, next == '$' ? std::string_view("$") : match.text);
      ++at;
      continue;
    }
    std::size_t length = 0;
    const int number = group_number(replacement.substr(at), match.groups->size, length);
    if (number < 0) {
      append_text(out, "$");
      continue;
    }
    if (number > 0) append_text(out, group_text(match, static_cast<std::size_t>(number) - 1));
    at += number_text(number).size();
  }
}

Value replace_text(const Call& call, Arguments arguments, Limit limit) {
  const std::string_view text = arguments[0].text();
  const std::string_view pattern = arguments[1].text();
  if (arguments[2].is_function()) return call.run.fail("D3012", arguments[2]);
  const std::string_view by =
      arguments[2].is_string() ? arguments[2].text() : std::string_view("undefined");
  std::string out;
  std::size_t at = 0;
  for (double count = 0; limit.allows(count); ++count) {
    const std::size_t found = text.find(pattern, at);
    if (found == std::string_view::npos) break;
    append_text(out, text.substr(at, found - at));
    append_text(out, by);
    at = found + pattern.size();
    if (!call.run.tick() || !call.run.room_for(out.size())) return Value::fail();
  }
  append_text(out, text.substr(at));
  return new_text(call.run.arena(), out);
}

Value replace_matches(const Call& call, Arguments arguments, Limit limit) {
  const Subject subject(arguments[0].text(), call.run.arena());
  const auto slice = [&subject, &call](std::size_t from, std::size_t to) {
    to = std::min(to, subject.size());
    return from < to ? subject.slice(from, to, call.run.arena()) : std::string_view();
  };
  Match match;
  if (!call.run.first_match(arguments[1], arguments[0], match)) return Value::fail();
  std::string out;
  std::size_t at = 0;
  for (double count = 0; match.found && limit.allows(count); ++count) {
    append_text(out, slice(at, match.start));
    if (arguments[2].undefined()) return missing_argument(call, 2);
    if (arguments[2].is_string()) {
      expand(arguments[2].text(), match, out);
    } else {
      Value argument = call.run.match_object(match);
      const Value by = call.run.apply(arguments[2], {&argument, 1}, Value::null(), call.env);
      if (by.failed()) return by;
      if (!by.is_string()) return call.run.fail("D3012", by);
      append_text(out, by.text());
    }
    at = match.start + to_utf16(match.text).size();
    if (!call.run.tick() || !call.run.room_for(out.size())) return Value::fail();
    if (!call.run.next_match(match)) return Value::fail();
  }
  append_text(out, slice(at, subject.size()));
  return new_text(call.run.arena(), out);
}

Value split_text(const Call& call, std::string_view text, std::string_view separator, Limit limit) {
  Arena& arena = call.run.arena();
  Array* out = new_array(arena);
  const double most = limit.set ? std::floor(limit.most) : 4294967295.0;
  const auto add = [&](std::string_view part) {
    if (out->size < most) out->push(arena, Value(part));
  };
  if (separator.empty()) {
    const Subject subject(text, arena);
    for (std::size_t i = 0; i < subject.size() && out->size < most; ++i) {
      add(subject.slice(i, i + 1, arena));
    }
    return Value(out);
  }
  std::size_t at = 0;
  for (;;) {
    const std::size_t found = text.find(separator, at);
    if (found == std::string_view::npos) break;
    add(text.substr(at, found - at));
    at = found + separator.size();
  }
  add(text.substr(at));
  return Value(out);
}

}  // namespace

Value builtin_contains(const Call& call, Arguments arguments) {
  if (arguments[0].undefined() || arguments[1].undefined()) return Value();
  if (arguments[1].is_string()) {
    return Value(arguments[0].text().find(arguments[1].text()) != std::string_view::npos);
  }
  Match match;
  if (!call.run.first_match(arguments[1], arguments[0], match)) return Value::fail();
  return Value(match.answered);
}

Value builtin_match(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  const Limit limit(arguments[2]);
  if (limit.negative()) return bad_limit(call, "D3040", arguments[2]);
  Arena& arena = call.run.arena();
  Array* out = new_sequence(arena);
  if (!limit.allows_any()) return Value(out);
  Match match;
  if (!call.run.first_match(arguments[1], arguments[0], match)) return Value::fail();
  for (double count = 0; match.found && limit.allows(count); ++count) {
    auto* object = arena.make<Object>();
    object->add(arena, Value(std::string_view("match")), Value(match.text));
    object->add(arena, Value(std::string_view("index")), Value(static_cast<double>(match.start)));
    object->add(arena, Value(std::string_view("groups")), Value(match.groups));
    out->push(arena, Value(object));
    if (!call.run.tick() || !call.run.next_match(match)) return Value::fail();
  }
  return Value(out);
}

Value builtin_replace(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  if (arguments[1].is_string() && arguments[1].text().empty()) {
    return call.run.fail("D3010", arguments[1]);
  }
  const Limit limit(arguments[3]);
  if (limit.negative()) return bad_limit(call, "D3011", arguments[3]);
  if (!limit.allows_any()) return arguments[0];
  if (arguments[1].undefined()) return missing_argument(call, 1);
  return arguments[1].is_string() ? replace_text(call, arguments, limit)
                                  : replace_matches(call, arguments, limit);
}

Value builtin_split(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  const Limit limit(arguments[2]);
  if (limit.negative()) return bad_limit(call, "D3020", arguments[2]);
  Arena& arena = call.run.arena();
  Array* out = new_array(arena);
  if (!limit.allows_any()) return Value(out);
  if (arguments[1].is_string()) {
    return split_text(call, arguments[0].text(), arguments[1].text(), limit);
  }
  if (arguments[1].undefined()) return missing_argument(call, 1);
  const Subject subject(arguments[0].text(), arena);
  const auto slice = [&](std::size_t from, std::size_t to) {
    to = std::min(to, subject.size());
    return Value(from < to ? subject.slice(from, to, arena) : std::string_view());
  };
  Match match;
  if (!call.run.first_match(arguments[1], arguments[0], match)) return Value::fail();
  std::size_t at = 0;
  double count = 0;
  for (; match.found && limit.allows(count); ++count) {
    out->push(arena, slice(at, match.start));
    at = match.end;
    if (!call.run.tick() || !call.run.next_match(match)) return Value::fail();
  }
  if (limit.allows(count)) out->push(arena, slice(at, subject.size()));
  return Value(out);
}

}  // namespace navette::jsonata
