#include "tests/connectors/declarative/real_system.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>

#include <unistd.h>

#include "base/text.h"

namespace navette::test {

namespace {

// What the command printed; nothing when it failed.
std::optional<std::string> output_of(const std::string& command) {
  FILE* out = popen(command.c_str(), "r");
  if (out == nullptr) return std::nullopt;
  std::string text;
  std::array<char, 4096> piece{};
  while (std::fgets(piece.data(), piece.size(), out) != nullptr) text += piece.data();
  if (pclose(out) != 0) return std::nullopt;
  return text;
}

}  // namespace

RealSystem::RealSystem(const std::string& name)
    : script_(std::string(NAVETTE_SOURCE_DIR) + "/tests/systems/" + name + ".sh") {
  std::string pattern =
      (std::filesystem::temp_directory_path() / ("navette-" + name + "-XXXXXX")).string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("make a temporary folder");
  folder_ = pattern;
  const std::string command = "bash " + script_ + " up 0 " + folder_.string() + "/peer";
  const std::optional<std::string> printed = output_of(command);
  if (!printed) throw std::runtime_error(command + " failed");
  for (const std::string& line : split(*printed, '\n')) {
    const std::size_t at = line.find('=');
    if (at != std::string::npos) values_[line.substr(0, at)] = line.substr(at + 1);
  }
}

RealSystem::~RealSystem() {
  if (!output_of("bash " + script_ + " down " + folder_.string() + "/peer")) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace navette::test
