// Finds what is wrong with the rules of a flow before the first document runs.
//
// Everything is said with file, line, column and underline, inside expressions, conditions,
// templates and pictures too; with what was found, what was expected, the word that was probably
// meant, and what to do. The codes and their meaning: mapping/check/codes.h. Errors are mistakes
// for certain, or values that nobody may see; notes are what an author should have decided.
//
// Thread safety: none of it is shared; call from any thread.

#pragma once

#include <string>
#include <vector>

#include "config/load.h"
#include "config/model.h"
#include "config/report.h"
#include "mapping/extensions.h"
#include "mapping/jsonata/jsonata.h"

namespace navette {

struct MappingCheckOptions {
  // The flow itself is sound: what only the whole of its rules can show is checked too.
  bool whole = true;
  bool portable = false;  // report what is not plain JSONata 2.2
  // That expressions of rules are lent.
  std::vector<jsonata::HostFunction> functions = expression_extensions();
};

// `source`: the text of the flow's file, to which the places in `flow` refer. Cost: about a
// conversion for each rule and known value; expressions run on each sample, within limits.
void check_mapping(const FlowConfig& flow, const std::string& source,
                   const MappingCheckOptions& options, Report* report);

// The same for every flow of a configuration that was read; what is found is added to its
// diagnostics, which stay sorted by place.
void check_mappings(LoadResult* loaded, bool portable = false);

}  // namespace navette
