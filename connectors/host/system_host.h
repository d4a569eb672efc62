// The host of a connector in a running Navette: the system's time, a pause that a stop cuts short,
// and an HTTP transport that keeps to a pace.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

#include "navette/host.h"

#include "connectors/host/pace.h"

namespace navette {

// Makes the transport of one connector instance.
using HttpFactory = std::function<std::unique_ptr<Http>()>;

// Threads: as the connector's: one at a time. The stop may come from any thread.
class SystemHost final : public Host {
 public:
  // `pace` is that of all hosts of the system; null: none is to be kept.
  SystemHost(std::unique_ptr<Http> http, std::stop_token stop, std::shared_ptr<Pace> pace = {});

  std::chrono::system_clock::time_point now() override;
  Status pause(std::chrono::milliseconds how_long) override;
  Http& http() override { return paced_; }

 private:
  // Waits for its turn before it sends.
  class Paced final : public Http {
   public:
    explicit Paced(SystemHost& host) : host_(host) {}
    HttpExchange send(const HttpRequest& request) noexcept override;

   private:
    SystemHost& host_;
  };

  std::shared_ptr<Pace> pace_;
  Paced paced_{*this};
  std::unique_ptr<Http> http_;
  std::stop_token stop_;
};

}  // namespace navette
