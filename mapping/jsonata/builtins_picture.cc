#include <cmath>
#include <limits>
#include <string>

#include "mapping/jsonata/builtins.h"
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

Value format_millis(const Call& call, double millis, Value picture, Value zone) {
  DatePicture parts;
  PictureError error;
  const std::string_view text = picture.is_string() ? picture.text() : kIsoPicture;
  if (!analyse_date_picture(text, parts, error)) return picture_failure(call, error);
  constexpr double kTimeMax = 8.64e15;
  if (!(std::fabs(millis) <= kTimeMax)) return call.run.fail("D1001", Value(millis));
  const double offset = zone.is_string() ? leading_integer(zone.text()) : 0;
  if (std::isnan(offset)) return call.run.fail("U1004", zone);
  std::string out;
  if (!format_date(millis, parts, offset, out, error)) {
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
  DatePicture parts;
  PictureError error;
  if (!analyse_date_picture(arguments[1].text(), parts, error)) {
    return picture_failure(call, error);
  }
  RegexBudget& budget = call.run.regex_budget();
  const auto millis = parse_date(arguments[0].text(), parts, call.run.now_millis(), budget, error);
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
