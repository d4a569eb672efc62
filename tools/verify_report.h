// How the report of `navette verify` is told and judged.

#pragma once

#include <string>

#include "navette/json.h"

namespace navette::tools {

// 0: the same, or on record why not; 1: something is not the same and nothing says so; 3: a system
// failed, or so much is absent that nothing is believed. `strict`: what is parked or dead, or
// agreed on though it differs, counts too.
int verify_exit(const Json& report, bool strict);

// `all`: what both sides agreed on though it differs, too.
std::string verify_text(const Json& report, bool all);

}  // namespace navette::tools
