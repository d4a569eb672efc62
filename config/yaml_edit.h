// Changes one value in the text of a YAML file and leaves every other byte as it is.

#pragma once

#include <string>

#include "navette/json.h"
#include "navette/result.h"

#include "config/model.h"

namespace navette {

// `text` with `value` behind the key that stands at `key` (as config/yaml.h places it). What
// stands there now is a map, written {in braces} or line by line, and so will the new one be:
// one line where it fits, else one line for each member. Comments within the old value go with it.
// Errors: kRejected, when no map stands there, or an alias or anchor does.
Result<std::string> replace_map(const std::string& text, const Place& key, const Json& value);

}  // namespace navette
