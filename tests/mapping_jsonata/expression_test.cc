#include <gtest/gtest.h>

#include "mapping/jsonata/jsonata.h"

namespace navette::jsonata {
namespace {

Outcome evaluate(std::string_view source, const Limits& limits = {}) {
  const auto compiled = Expression::compile(source);
  if (!compiled) return Outcome{std::nullopt, compiled.error()};
  return compiled->evaluate(nullptr, {}, limits);
}

std::string code_of(const Outcome& outcome) {
  return outcome.error ? outcome.error->code : "";
}

TEST(JsonataLimits, EndlessRecursionEndsWithItsCode) {
  EXPECT_EQ(code_of(evaluate("($f := function($n) { 1 + $f($n) }; $f(1))")), "U1001");
}

}  // namespace
}  // namespace navette::jsonata
