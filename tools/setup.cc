#include "tools/setup.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <sys/statvfs.h>

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

std::vector<std::string> secrets_of(const HubConfig& hub) {
  std::vector<std::string> secrets = {hub.bus.secret_key};
  for (const auto& [name, system] : hub.systems) {
    secrets.push_back(system.webhook_secret);
    const ConnectorSpec* spec = catalog().find(system.connector);
    for (const auto& [setting, value] : system.settings) {
      bool secret = spec == nullptr;  // nobody says what is one
      if (spec != nullptr) {
        for (const SettingSpec& one : spec->settings) {
          secret = secret || (one.name == setting && one.kind == Kind::kSecret);
        }
      }
      if (secret) secrets.push_back(value);
    }
  }
  std::erase(secrets, "");
  return secrets;
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

std::string folder_trouble(const std::string& folder) {
  if (folder.empty()) return {};
  struct statvfs system {};
  if (statvfs(folder.c_str(), &system) != 0) return folder + ": " + std::strerror(errno);
  if ((system.f_flag & ST_RDONLY) != 0) return folder + ": its file system is read-only";
  if (system.f_bavail == 0) return folder + ": its file system is full";
  return {};
}

}  // namespace navette::tools
