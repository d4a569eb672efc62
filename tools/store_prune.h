// `navette store prune`: what `retention` takes away, now and all of it.

#pragma once

#include "tools/commands.h"

namespace navette::tools {

void add_store_prune(CLI::App& group, Chosen& chosen);

}  // namespace navette::tools
