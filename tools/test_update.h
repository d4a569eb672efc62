// Writes what the rules really made into the tests that expected something else.

#pragma once

#include <vector>

#include "navette/result.h"

#include "tools/test_report.h"

namespace navette::tools {

// Every case whose `expect` differs: the word in its file of tests, or the file that it names.
// Members keep the order that they have there. What was written counts as passed from now on. A
// case whose `expect` cannot be rewritten stays failed, and its failure says why.
// Errors: kRetryLater, a file cannot be written; others may be written already.
Status update_cases(std::vector<TestedFlow>& flows);

}  // namespace navette::tools
