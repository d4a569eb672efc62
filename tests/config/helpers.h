#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>

#include "config/load.h"
#include "tests/config/fake_catalog.h"

namespace navette::testing {

inline const std::filesystem::path kConfigTests =
    std::filesystem::path(NAVETTE_SOURCE_DIR) / "tests/config";

inline Environment fake_environment(const std::map<std::string, std::string>& more = {}) {
  std::map<std::string, std::string> values = {{"NAVETTE_DATA", "/var/lib/navette"},
                                               {"RT_URL", "https://rt.acme.example"},
                                               {"RT_TOKEN", "1-14-rt-token-8a51"},
                                               {"REDMINE_URL", "https://tracker.example"},
                                               {"REDMINE_API_KEY", "redmine-key-77f0"}};
  for (const auto& [name, value] : more) values[name] = value;
  return [values](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  };
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream input(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
}

inline bool updating() {
  return std::getenv("NAVETTE_UPDATE") != nullptr;
}

// `text` with the folder's path taken out: golden files do not name this machine.
inline std::string without_folder(std::string text, const std::filesystem::path& folder) {
  const std::string prefix = folder.generic_string() + "/";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
    text.erase(at, prefix.size());
  }
  return text;
}

}  // namespace navette::testing
