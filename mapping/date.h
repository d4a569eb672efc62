// Dates in the three forms that systems use.

#pragma once

#include <optional>
#include <string_view>

#include "navette/json.h"

namespace navette {

// "date": "2026-11-24"; "datetime": RFC 3339 in UTC; "epoch": seconds since 1970 as a number.
bool is_date_form(std::string_view form);

// The value in that form's one spelling; nothing for what is no date. Reads all three forms,
// whichever is asked for. A date alone is midnight UTC; "2026-12-01 10:00:00" is UTC.
std::optional<Json> to_date_form(const Json& value, std::string_view form);

// Whether two dates (of any form) fall on the same day in UTC.
bool same_day(const Json& a, const Json& b);

}  // namespace navette
