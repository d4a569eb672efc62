// Numbers and durations in the forms that systems use.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "navette/json.h"

namespace navette {

// "number", "integer", "text".
bool is_number_form(std::string_view form);
// The value in that form: exact, whatever its size. Reads numbers and texts that are numbers, with
// blanks around them. Nothing for what is no number, and for a fraction where an integer belongs.
std::optional<Json> to_number_form(const Json& value, std::string_view form);

// "seconds", "minutes", "hours" (decimal), "h:mm", "iso" (ISO 8601: PT1H30M).
bool is_duration_form(std::string_view form);
// A duration in milliseconds. In `form`, or where that does not fit and it is a text, in the one it
// is evidently written in ("1:30", "PT5M"). Nothing for what is no duration.
std::optional<std::int64_t> read_duration(const Json& value, std::string_view form);
// The same the other way; what a form cannot hold (seconds in h:mm) is rounded and reported.
Json write_duration(std::int64_t milliseconds, std::string_view form,
                    std::vector<std::string>* losses);

}  // namespace navette
