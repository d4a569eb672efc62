#include "mapping/jsonata/number_round.h"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

// The number times ten to the power of `places`, by way of its text: no rounding creeps in.
double shift_decimal(double number, double places) {
  std::string text = number_text(number);
  const std::size_t e = text.find('e');
  double exponent = places;
  if (e != std::string::npos) {
    exponent += std::strtod(text.c_str() + e + 1, nullptr);
    text.resize(e);
  }
  text += 'e' + number_text(exponent);
  return std::strtod(text.c_str(), nullptr);
}

}  // namespace

double round_half_even(double number, double places) {
  if (places != std::floor(places) || std::fabs(places) >= 1e21)
    return std::numeric_limits<double>::quiet_NaN();
  if (places != 0) number = shift_decimal(number, places);
  double result = std::floor(number + 0.5);
  if (result - number > 0.5) result -= 1;  // the addition itself was rounded
  if (std::fabs(result - number) == 0.5 && std::fabs(std::fmod(result, 2)) == 1) result -= 1;
  if (places != 0) result = shift_decimal(result, -places);
  return result == 0 ? 0 : result;
}

}  // namespace navette::jsonata
