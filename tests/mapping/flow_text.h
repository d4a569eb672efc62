// A flow from its YAML, as a file of its own.

#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "config/load.h"

namespace navette {

inline LoadResult load_flow_text(const std::string& fields) {
  std::string pattern = (std::filesystem::temp_directory_path() / "navette-flow-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  std::ofstream(folder / "flow.yaml") << "flow: f\nclient: {}\nprovider: {}\n" << fields;
  std::ofstream(folder / "people.yaml")
      << "- {client: camille, provider: {id: 12, login: alice, email: alice@p.example}}\n"
         "- {client: {login: bob, email: bob@c.example}, provider: {id: 7, name: Bob D}}\n";
  auto result = load_flow_file((folder / "flow.yaml").string(), process_environment());
  std::filesystem::remove_all(folder);
  return result;
}

inline FlowConfig flow_of(const std::string& fields) {
  LoadResult result = load_flow_text(fields);
  EXPECT_TRUE(result.ok()) << render(result.diagnostics);
  return result.flows.empty() ? FlowConfig{} : result.flows.front();
}

}  // namespace navette
