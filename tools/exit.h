// What the command's exit code says.

#pragma once

#include "navette/result.h"

namespace navette::tools {

enum Exit : int {
  kOk = 0,
  kBad = 1,     // the thing asked about is bad
  kUsage = 2,   // wrong use or a broken configuration
  kFailed = 3,  // the machine or a system failed
};

// kUsage for what only an operator can mend, else kFailed.
int exit_of(const Error& error);

// Prints "navette: MESSAGE" to standard error; gives exit_of(error).
int fail(const Error& error);

}  // namespace navette::tools
