// The configurations that changes were handled with, kept in the store under their hashes.

#pragma once

#include <functional>
#include <map>
#include <string>

#include "navette/result.h"

#include "base/clock.h"
#include "config/load.h"
#include "store/store.h"

namespace navette::tools {

// Stores the text of each flow and of the people files that it names, once for each hash. What a
// reference like ${env:TOKEN} stands for is not in it. A store that does not take it is no trouble
// now: it is tried again with the next start.
void keep_configs(Store& store, const LoadResult& config, TimePoint now);

// Reads the configuration with these files in place of what is there now.
using LoadWith = std::function<LoadResult(const std::map<std::string, std::string>& in_place_of)>;

// The flow that such a text describes.
// Errors: kRejected when it does not read as it did then: something that it refers to has changed.
Result<FlowConfig> config_of_then(const std::string& hash, const std::string& text,
                                  const LoadWith& load_with);

}  // namespace navette::tools
