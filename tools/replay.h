// `navette replay`, which is `navette dead replay` too.

#pragma once

#include <string>

#include "tools/commands.h"

namespace navette::tools {

// `words`: how it is called there, "navette replay", for the examples of its help.
void add_replay_to(CLI::App& parent, const std::string& words, Chosen& chosen);

}  // namespace navette::tools
