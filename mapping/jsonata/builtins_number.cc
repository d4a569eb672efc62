#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "mapping/jsonata/builtins.h"
#include "mapping/jsonata/number_round.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

template <class Function>
Value map_number(Arguments arguments, Function function) {
  return arguments[0].undefined() ? Value() : Value(function(arguments[0].number()));
}

std::string in_base(double number, int radix) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  if (radix == 10 || !std::isfinite(number)) return number_text(number);
  // The exact digits, however large the number: long division.
  int exponent = 0;
  const double fraction = std::frexp(std::fabs(number), &exponent);
  const int shift = std::max(0, exponent - 64);
  const auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, exponent - shift));
  std::vector<std::uint32_t> limbs{static_cast<std::uint32_t>(mantissa),
                                   static_cast<std::uint32_t>(mantissa >> 32)};
  for (int i = 0; i < shift; ++i) {
    std::uint32_t carry = 0;
    for (std::uint32_t& limb : limbs) {
      const std::uint32_t next = limb >> 31;
      limb = (limb << 1) | carry;
      carry = next;
    }
    if (carry != 0) limbs.push_back(carry);
  }
  std::string out;
  do {
    std::uint64_t rest = 0;
    for (std::size_t i = limbs.size(); i-- > 0;) {
      rest = (rest << 32) | limbs[i];
      limbs[i] = static_cast<std::uint32_t>(rest / static_cast<unsigned>(radix));
      rest %= static_cast<unsigned>(radix);
    }
    out += kDigits[static_cast<std::size_t>(rest)];
    while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
  } while (!limbs.empty());
  if (number < 0) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

Value builtin_sum(const Call&, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  double total = 0;
  for (const Value item : *arguments[0].array()) total += item.number();
  return Value(total);
}

Value builtin_count(const Call&, Arguments arguments) {
  if (arguments[0].undefined()) return Value(0.0);
  return Value(static_cast<double>(arguments[0].array()->size));
}

Value builtin_max(const Call&, Arguments arguments) {
  if (arguments[0].undefined() || arguments[0].array()->size == 0) return Value();
  double most = -std::numeric_limits<double>::infinity();
  for (const Value item : *arguments[0].array()) {
    if (!is_numeric(item)) return item;
    most = std::max(most, item.number());
  }
  return Value(most);
}

Value builtin_min(const Call&, Arguments arguments) {
  if (arguments[0].undefined() || arguments[0].array()->size == 0) return Value();
  double least = std::numeric_limits<double>::infinity();
  for (const Value item : *arguments[0].array()) {
    if (!is_numeric(item)) return item;
    least = std::min(least, item.number());
  }
  return Value(least);
}

Value builtin_average(const Call& call, Arguments arguments) {
  if (arguments[0].undefined() || arguments[0].array()->size == 0) return Value();
  return Value(builtin_sum(call, arguments).number() / arguments[0].array()->size);
}

Value builtin_number(const Call& call, Arguments arguments) {
  const Value value = arguments[0];
  if (value.undefined() || value.is_number()) return value;
  if (value.is_bool()) return Value(value.flag() ? 1.0 : 0.0);
  if (value.is_string()) {
    if (const auto number = parse_number(value.text())) return Value(*number);
  }
  return call.run.fail("D3030", value);
}

Value builtin_floor(const Call&, Arguments arguments) {
  return map_number(arguments, [](double x) { return std::floor(x); });
}

Value builtin_ceil(const Call&, Arguments arguments) {
  return map_number(arguments, [](double x) { return std::ceil(x); });
}

Value builtin_round(const Call&, Arguments arguments) {
  const double places = arguments[1].is_number() ? arguments[1].number() : 0;
  return map_number(arguments, [places](double x) { return round_half_even(x, places); });
}

Value builtin_abs(const Call&, Arguments arguments) {
  return map_number(arguments, [](double x) { return std::fabs(x); });
}

Value builtin_sqrt(const Call& call, Arguments arguments) {
  if (arguments[0].is_number() && arguments[0].number() < 0) {
    return call.run.fail("D3060", arguments[0]);
  }
  return map_number(arguments, [](double x) { return std::sqrt(x); });
}

Value builtin_power(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  const double exponent =
      arguments[1].is_number() ? arguments[1].number() : std::numeric_limits<double>::quiet_NaN();
  double result = std::pow(arguments[0].number(), exponent);
  // JavaScript: anything but 0 raised to an unknown power is unknown.
  if (std::isnan(exponent)) result = exponent;
  if (std::isfinite(result)) return Value(result);
  call.run.fail("D3061", arguments[0]);
  call.run.failure().value2 = arguments[1];
  return Value::fail();
}

Value builtin_random(const Call& call, Arguments) {
  return Value(call.run.random());
}

Value builtin_format_base(const Call& call, Arguments arguments) {
  if (arguments[0].undefined()) return Value();
  const double number = round_half_even(arguments[0].number(), 0);
  double radix = 10;
  if (arguments[1].defined()) radix = round_half_even(arguments[1].number(), 0);
  if (!(radix >= 2 && radix <= 36)) return call.run.fail("D3100", Value(radix));
  return new_text(call.run.arena(), in_base(number, static_cast<int>(radix)));
}

Value builtin_boolean(const Call& call, Arguments arguments) {
  bool result = false;
  if (!call.run.test(arguments[0], result)) return Value::fail();
  return to_boolean(arguments[0]);
}

Value builtin_not(const Call& call, Arguments arguments) {
  const Value value = builtin_boolean(call, arguments);
  if (arguments[0].undefined() || value.failed()) return value;
  return Value(value.undefined() || !value.flag());  // [nothing] is neither true nor false
}

}  // namespace navette::jsonata
