// `navette verify --repair`: what the engine is to look at again, shown before it is done.

#pragma once

#include <string>

#include "navette/json.h"
#include "navette/result.h"

#include "tools/options.h"

namespace navette::tools {

// One entry a link or ticket that diverged: {"flow", "side", "id", "client"?, "provider"?,
// "will": [sentence]}. What is pending, parked, dead or agreed on is not in it, nor anything of a
// flow that was stopped or has failed.
Json repair_plan(const Json& report);

std::string plan_text(const Json& plan);

// Gives the plan to whoever has the store. {"journalled", "by_hub"}.
// Errors: as give_order().
Result<Json> carry_out_plan(const ConfigOption& config, const Json& plan);

}  // namespace navette::tools
