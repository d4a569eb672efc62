#include "connectors/host/system_host.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>

namespace navette {
namespace {

// Stands in where a connector needs none.
class NoHttp final : public Http {
 public:
  HttpExchange send(const HttpRequest& request) noexcept override {
    return {HttpStage::kNotSent, {}, "send " + request.url + ": this connector was given no HTTP"};
  }
};

}  // namespace

SystemHost::SystemHost(std::unique_ptr<Http> http, std::stop_token stop, std::shared_ptr<Pace> pace)
    : pace_(std::move(pace)),
      http_(http ? std::move(http) : std::make_unique<NoHttp>()),
      stop_(std::move(stop)) {}

HttpExchange SystemHost::Paced::send(const HttpRequest& request) noexcept {
  if (host_.pace_) {
    const auto wait = host_.pace_->take(std::chrono::steady_clock::now());
    if (wait.count() > 0 && !host_.pause(wait))
      return {HttpStage::kNotSent, {}, "send " + request.url + ": the connector is stopped"};
  }
  return host_.http_->send(request);
}

std::chrono::system_clock::time_point SystemHost::now() {
  return std::chrono::system_clock::now();
}

Status SystemHost::pause(std::chrono::milliseconds how_long) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop_, how_long, [] { return false; });
  if (stop_.stop_requested()) return Error{Fault::kCancelled, "pause: the connector is stopped"};
  return {};
}

}  // namespace navette
