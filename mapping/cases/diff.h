// Two texts side by side, line by line.

#pragma once

#include <string>

namespace navette {

// A unified diff with three lines around each change; empty when the texts are the same. A missing
// line end at the end of a text counts as there. O(lines * lines) memory up to some millions of
// cells; beyond that the middle is shown as replaced.
std::string unified_diff(const std::string& before, const std::string& after,
                         const std::string& before_name, const std::string& after_name);

}  // namespace navette
