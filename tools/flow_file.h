// A flow's file named on the command line, for the commands that carry documents over with it.

#pragma once

#include <optional>
#include <string>

#include "config/model.h"

namespace CLI {
class App;
}

namespace navette::tools {

struct FlowOption {
  std::string path;
  bool reverse = false;
};
void add_flow(CLI::App& command, FlowOption& option);

// The side that documents come from.
inline Side from_of(const FlowOption& option) {
  return option.reverse ? Side::kProvider : Side::kClient;
}

// Read, checked and compiled for both directions; nothing: what is wrong was printed to standard
// error.
std::optional<FlowConfig> read_flow(const FlowOption& option);

}  // namespace navette::tools
