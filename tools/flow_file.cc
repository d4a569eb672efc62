#include "tools/flow_file.h"

#include <cstdio>

#include <CLI/CLI.hpp>

#include "config/load.h"
#include "mapping/check/check_mapping.h"
#include "mapping/mapper.h"

namespace navette::tools {

void add_flow(CLI::App& command, FlowOption& option) {
  command.add_option("flow", option.path, "The flow's file")->required();
  command.add_flag("--reverse", option.reverse,
                   "From the provider's documents to the client's, not the other way");
}

std::optional<FlowConfig> read_flow(const FlowOption& option) {
  LoadResult loaded = load_flow_file(option.path, process_environment());
  check_mappings(&loaded);
  if (!loaded.ok() || loaded.flows.empty()) {
    std::fputs(render(loaded.diagnostics).c_str(), stderr);
    return std::nullopt;
  }
  for (const Side side : {Side::kClient, Side::kProvider}) {
    const auto mapper = Mapper::compile(loaded.flows.front(), side);
    if (mapper) continue;
    std::fprintf(stderr, "%s\n", mapper.error().message.c_str());
    return std::nullopt;
  }
  return std::move(loaded.flows.front());
}

}  // namespace navette::tools
