// The configuration that `navette init` writes: examples/rt-redmine, built in by CMake.

#pragma once

#include <string>
#include <utility>
#include <vector>

namespace navette::tools {

// Path and text of each file.
std::vector<std::pair<std::string, std::string>> template_files();

}  // namespace navette::tools
