// How the report of `navette shadow` is told and judged.

#pragma once

#include <string>

#include "navette/json.h"

namespace navette::tools {

// 0: no difference; 1: some, or something could not be compared; 3: a system failed.
int shadow_exit(const Json& report);

std::string shadow_text(const Json& report);

}  // namespace navette::tools
