// Where in the file each character of a YAML scalar stands, so that a mistake inside an expression
// is underlined where the author wrote it.
//
// Pure functions, safe from any thread. Linear in the file and the scalar.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "config/model.h"

namespace navette {

// The place of each byte of `value`. `start` is where the parser says the scalar begins: its first
// character, its quote, or its `|` or `>`. Nothing when the file's text there does not read as
// `value` (references were replaced, an unusual escape): the caller then points at `start`.
std::optional<std::vector<Place>> scalar_places(std::string_view file, const Place& start,
                                                std::string_view value);

}  // namespace navette
