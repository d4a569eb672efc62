// A flow's file in a folder of its own, which goes when this does.

#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include <stdlib.h>

#include "config/load.h"

namespace navette::fuzz {

class FlowFolder {
 public:
  FlowFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "navette-fuzz-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
    std::ofstream(folder_ / "people.yaml")
        << "- {client: camille, provider: {id: 12, login: alice, email: alice@p.example}}\n"
           "- {client: {login: bob, email: bob@c.example}, provider: {id: 7, name: Bob D}}\n";
  }
  ~FlowFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  FlowFolder(const FlowFolder&) = delete;
  FlowFolder& operator=(const FlowFolder&) = delete;

  LoadResult load(std::string_view yaml) const {
    const std::filesystem::path file = folder_ / "flow.yaml";
    std::ofstream(file, std::ios::binary | std::ios::trunc) << yaml;
    return load_flow_file(file.string(), [](const std::string& name) {
      return name == "SET" ? std::optional<std::string>("value") : std::nullopt;
    });
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace navette::fuzz
