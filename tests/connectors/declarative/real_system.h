// A real peer on loopback, started by tests/systems/NAME.sh for as long as the object lives.

#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "navette/host.h"

#include "connectors/declarative/http_poco.h"
#include "connectors/host/system_host.h"

namespace navette::test {

class RealSystem {
 public:
  // `name`: "rt", "redmine" or "tryton". Throws std::runtime_error when it does not start.
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
  explicit RealHost(const std::string& origin) : host_(std::make_unique<PocoHttp>(origin), {}) {}
  std::chrono::system_clock::time_point now() override { return host_.now() + ahead_; }
  Status pause(std::chrono::milliseconds how_long) override { return host_.pause(how_long); }
  Http& http() override { return host_.http(); }
  // Let the clock jump.
  void skip(std::chrono::milliseconds time) { ahead_ += time; }

 private:
  SystemHost host_;
  std::chrono::milliseconds ahead_{0};
};

}  // namespace navette::test
