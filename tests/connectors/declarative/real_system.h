// A real peer on loopback, started by tests/systems/NAME.sh for as long as the object lives.

#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <thread>

#include "navette/host.h"

#include "connectors/declarative/http_poco.h"

namespace navette::test {

class RealSystem {
 public:
  // `name`: "rt" or "redmine". Throws std::runtime_error when it does not start.
  explicit RealSystem(const std::string& name);
  ~RealSystem();
  RealSystem(const RealSystem&) = delete;
  RealSystem& operator=(const RealSystem&) = delete;

  // What the script printed: "RT_URL", "REDMINE_ALICE_KEY", ...
  const std::string& operator[](const std::string& name) const { return values_.at(name); }
  std::filesystem::path folder() const { return folder_; }

 private:
  std::string script_;
  std::filesystem::path folder_;
  std::map<std::string, std::string> values_;
};

// Real time and a real connection.
class RealHost final : public Host {
 public:
  explicit RealHost(const std::string& origin) : http_(origin) {}
  std::chrono::system_clock::time_point now() override {
    return std::chrono::system_clock::now() + ahead_;
  }
  // Peers are real, so waiting for them is, too.
  Status pause(std::chrono::milliseconds how_long) override {
    std::this_thread::sleep_for(how_long);
    return {};
  }
  Http& http() override { return http_; }
  // Let the clock jump.
  void skip(std::chrono::milliseconds time) { ahead_ += time; }

 private:
  PocoHttp http_;
  std::chrono::milliseconds ahead_{0};
};

}  // namespace navette::test
