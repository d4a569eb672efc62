// Between values and JSON.

#pragma once

#include <optional>
#include <string>

#include "navette/json.h"

#include "mapping/jsonata/value.h"

namespace navette::jsonata {

// A function becomes "", a number that JSON cannot write becomes null; undefined becomes nullopt.
// False: nested too deeply.
bool to_json(Value value, std::optional<Json>& out);
// The same with lone surrogates kept, for values that go into an evaluation again: such a value is
// no proper UTF-8 and must not be printed.
bool to_raw_json(Value value, std::optional<Json>& out);

// JSON text the way $string writes it: numbers rounded to 15 digits, functions as "".
enum class Written { kDone, kTooDeep, kBadNumber };
Written write_text(Value value, bool pretty, std::string& out);

}  // namespace navette::jsonata
