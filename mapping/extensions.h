// Functions that expressions have here and that JSONata does not: clocks of places by name.
//
//   $toZone(time, zone, picture?)   the text that a clock there shows, by default RFC 3339 with the
//                                   zone's offset; `time`: milliseconds, or an ISO 8601 text
//   $fromZone(text, zone, picture?) the milliseconds at which a clock there shows the text; a text
//                                   with an offset of its own keeps it
//
// What the texts may look like, and what becomes of times that come twice or never: mapping/date.h
// and mapping/zone.h; rules with `date` and `zone` say the same. An undefined argument gives an
// undefined result. Errors (U1003): no such zone, no such picture, no date.
//
// Thread safety: pure functions, safe from any thread.

#pragma once

#include <string_view>
#include <vector>

#include "mapping/jsonata/jsonata.h"

namespace navette {

// What rules, `navette eval` and `navette map` bind. Made once.
const std::vector<jsonata::HostFunction>& expression_extensions();

// Whether that name, without the $, is one of them.
bool is_expression_extension(std::string_view name);

// The calls of an expression that another JSONata would not know, by place; what $eval makes of a
// text is not seen.
std::vector<jsonata::FunctionUse> extensions_used(const jsonata::Expression& expression);
// Whether an evaluation may call one of them; true where it depends on a text that $eval gets.
bool may_use_extensions(const jsonata::Expression& expression);

}  // namespace navette
