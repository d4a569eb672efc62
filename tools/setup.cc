#include "tools/setup.h"

#include <cstdio>
#include <filesystem>

#include "mapping/check/check_mapping.h"

namespace navette::tools {

LoadResult load(const ConfigOption& option, const LoadOptions& options) {
  LoadResult config = load_config(option.path, catalog(), process_environment(), options);
  check_mappings(&config);
  return config;
}

std::optional<LoadResult> load_or_explain(const ConfigOption& option, const LoadOptions& options) {
  LoadResult config = load(option, options);
  std::fputs(render(config.diagnostics).c_str(), stderr);
  if (!config.ok()) return std::nullopt;
  return config;
}

const FlowConfig* find_flow(const LoadResult& config, const std::string& name) {
  for (const FlowConfig& flow : config.flows) {
    if (flow.name == name) return &flow;
  }
  return nullptr;
}

std::string store_folder(const std::string& place) {
  constexpr std::string_view kKind = "sqlite:";
  if (place.rfind(kKind, 0) != 0) return {};
  const std::string file = place.substr(kKind.size());
  if (file.empty() || file.front() == ':') return {};
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  return folder.empty() ? "." : folder.string();
}

std::string hub_folder(const HubConfig& hub) {
  return hub.folder.empty() ? store_folder(hub.store) : hub.folder;
}

}  // namespace navette::tools
