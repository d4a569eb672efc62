#include <cmath>
#include <limits>
#include <string>

#include "mapping/jsonata/builtins.h"
#include "mapping/jsonata/calendar.h"
#include "mapping/jsonata/picture_date.h"
#include "mapping/jsonata/picture_integer.h"
#include "mapping/jsonata/picture_number.h"

namespace navette::jsonata {
namespace {

constexpr std::string_view kIsoPicture = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]";

Value picture_failure(const Call& call, const PictureError& error) {
  switch (error.shown) {
    case PictureError::Shown::kText:
      return call.run.fail(error.code, new_text(call.run.arena(), error.value));
    case PictureError::Shown::kNumber:
      return call.run.fail(error.code, Value(error.number));
    case PictureError::Shown::kNothing:
      break;
  }
  return call.run.fail(error.code);
}

char* put_digits(char* out, int number, int count) {
  for (int i = count - 1; i >= 0; --i, number /= 10) out[i] = static_cast<char>('0' + number % 10);
  return out + count;
}

// 2024-03-18T21:19:47.000Z, which is what most want. Undefined: it takes more than that.
Value plain_stamp(Arena& arena, double millis) {
  constexpr double kFrom = -62'167'219'200'000;   // year 0
  constexpr double kUntil = 253'402'300'800'000;  // year 10000
  if (!(millis >= kFrom && millis < kUntil)) return Value();
  const CalendarTime time = calendar_time(std::trunc(millis));
  char* const room = arena.array<char>(32);
  char* at = put_digits(room, static_cast<int>(time.year), 4);
  *at++ = '-';
  at = put_digits(at, time.month, 2);
  *at++ = '-';
  at = put_digits(at, time.day, 2);
  *at++ = 'T';
  at = put_digits(at, time.hour, 2);
  *at++ = ':';
  at = put_digits(at, time.minute, 2);
  *at++ = ':';
  at = put_digits(at, time.second, 2);
  *at++ = '.';
  at = put_digits(at, time.milli, 3);
  *at++ = 'Z';
  return Value::plain_text(std::string_view(room, static_cast<std::size_t>(at - room)));
}

Value format_millis(const Call& call, double millis, Value picture, Value zone) {
  if (!picture.is_string() && !zone.is_string()) {
    const Value plain = plain_stamp(call.run.arena(), millis);
    if (plain.defined()) return plain;
  }
  PictureError error;
  const std::string_view text = picture.is_string() ? picture.text() : kIsoPicture;
  const DatePicture* parts = call.run.date_picture(text, error);
  if (parts == nullptr) return picture_failure(call, error);
  if (!(std::fabs(millis) <= kTimeMax)) return call.run.fail("D1001", Value(millis));
  const double offset = zone.is_string() ? leading_integer(zone.text()) : 0;
  if (std::isnan(offset)) return call.run.fail("U1004", zone);
  std::string out;
  if (!format_date(millis, *parts, offset, out, error)) {
    return picture_failure(call, error);
  }
  return new_text(call.run.arena(), out);
}

}  // namespace

Value builtin_format_number(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  if (!arguments[1].is_string()) return missing_argument(call, 1);
  NumberSymbols symbols;
  if (arguments[2].is_object()) {
    for (const Member& member : *arguments[2].object()) {
      if (member.value.is_string()) symbols.set(member.key.text(), member.value.text());
    }
  }
  std::string out;
  const char* code = format_number(arguments[0].number(), arguments[1].text(), symbols, out);
  if (code != nullptr) return call.run.fail(code);
  return new_text(call.run.arena(), out);
}

Value builtin_format_integer(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  if (!arguments[1].is_string()) return missing_argument(call, 1);
  IntegerPicture picture;
  if (const char* code = analyse_integer_picture(arguments[1].text(), picture)) {
    return call.run.fail(code);
  }
  std::string out;
  if (!format_integer(std::floor(arguments[0].number()), picture, out)) {
    return call.run.fail("D3130", new_text(call.run.arena(), picture.token));
  }
  return new_text(call.run.arena(), out);
}

Value builtin_parse_integer(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  if (!arguments[1].is_string()) return missing_argument(call, 1);
  IntegerPicture picture;
  if (const char* code = analyse_integer_picture(arguments[1].text(), picture)) {
    return call.run.fail(code);
  }
  if (picture.primary == IntegerPicture::Primary::kSequence) {
    return call.run.fail("D3130", new_text(call.run.arena(), picture.token));
  }
  return Value(parse_integer(arguments[0].text(), picture));
}

Value builtin_to_millis(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  if (!arguments[1].is_string()) {
    const auto millis = parse_iso_date(arguments[0].text());
    return millis ? Value(*millis) : call.run.fail("D3110", arguments[0]);
  }
  PictureError error;
  const DatePicture* parts = call.run.date_picture(arguments[1].text(), error);
  if (parts == nullptr) return picture_failure(call, error);
  RegexBudget& budget = call.run.regex_budget();
  const auto millis = parse_date(arguments[0].text(), *parts, call.run.now_millis(), budget, error);
  if (error.code != nullptr) return picture_failure(call, error);
  if (budget.exhausted) return call.run.fail("U1002");
  return millis ? Value(*millis) : Value();
}

Value builtin_from_millis(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  return format_millis(call, arguments[0].number(), arguments[1], arguments[2]);
}

Value builtin_now(const Call& call, Arguments arguments) {
  return format_millis(call, call.run.now_millis(), arguments[0], arguments[1]);
}

Value builtin_millis(const Call& call, Arguments) {
  return Value(call.run.now_millis());
}

}  // namespace navette::jsonata
