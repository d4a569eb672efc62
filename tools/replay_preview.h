// `navette replay --dry-run`.

#pragma once

#include "navette/json.h"

#include "tools/options.h"

namespace navette::tools {

// Shows, for the first `tickets_max` tickets that the filters find, what the sides hold and what
// would be written and sent. Writes nothing. Gives the exit code.
int preview_replay(const StoreOption& option, const Json& arguments, int tickets_max, bool json);

}  // namespace navette::tools
