// Rounding to decimal places, halves to the even neighbour.

#pragma once

namespace navette::jsonata {

// `places` may be negative: 125 to -1 places is 120.
double round_half_even(double number, double places);

}  // namespace navette::jsonata
