// Secrets that the hub makes for those who may read its store's folder.

#pragma once

#include <functional>
#include <string>

#include "navette/result.h"

namespace navette::tools {

// The text of the file; when there is none it is written first, readable by its owner only.
// Errors: kMisconfigured with the path and the cause.
Result<std::string> read_or_make_secret(const std::string& path,
                                        const std::function<std::string()>& make);

// Errors: kMisconfigured.
Result<std::string> read_secret(const std::string& path);

// 64 hexadecimal digits from the system's random numbers.
std::string random_secret();

}  // namespace navette::tools
