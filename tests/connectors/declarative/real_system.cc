#include "tests/connectors/declarative/real_system.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

namespace navette::test {

RealSystem::RealSystem(const std::string& name)
    : script_(std::string(NAVETTE_SOURCE_DIR) + "/tests/systems/" + name + ".sh") {
  std::string pattern =
      (std::filesystem::temp_directory_path() / ("navette-" + name + "-XXXXXX")).string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("make a temporary folder");
  folder_ = pattern;
  const std::string command = "bash " + script_ + " up 0 " + folder_.string() + "/peer";
  FILE* out = popen(command.c_str(), "r");
  if (out == nullptr) throw std::runtime_error("run " + command);
  std::array<char, 4096> line{};
  while (std::fgets(line.data(), line.size(), out) != nullptr) {
    const std::string text(line.data());
    const std::size_t at = text.find('=');
    if (at == std::string::npos) continue;
    values_[text.substr(0, at)] = text.substr(at + 1, text.find('\n') - at - 1);
  }
  if (pclose(out) != 0) throw std::runtime_error(command + " failed");
}

RealSystem::~RealSystem() {
  const std::string command = "bash " + script_ + " down " + folder_.string() + "/peer >&2";
  if (std::system(command.c_str()) == 0) {  // NOLINT(cert-env33-c): a script of ours
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
}

}  // namespace navette::test
