// The host of a connector in a running Navette: the system's time, a pause that a stop cuts short,
// and an HTTP transport.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

#include "navette/host.h"

namespace navette {

// Makes the transport of one connector instance.
using HttpFactory = std::function<std::unique_ptr<Http>()>;

// Threads: as the connector's: one at a time. The stop may come from any thread.
class SystemHost final : public Host {
 public:
  SystemHost(std::unique_ptr<Http> http, std::stop_token stop);

  std::chrono::system_clock::time_point now() override;
  Status pause(std::chrono::milliseconds how_long) override;
  Http& http() override { return *http_; }

 private:
  std::unique_ptr<Http> http_;
  std::stop_token stop_;
};

}  // namespace navette
