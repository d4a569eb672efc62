// The files of connectors/catalog/, built in; made by CMake.

#pragma once

#include <string>
#include <utility>
#include <vector>

namespace navette::declarative {

// File name and text, sorted by name.
std::vector<std::pair<std::string, std::string>> built_in_catalog();

}  // namespace navette::declarative
