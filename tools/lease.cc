#include "tools/lease.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include <unistd.h>

namespace navette::tools {
namespace {

std::int64_t awake_or_not_ms() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

class GuardedHttp final : public Http {
 public:
  GuardedHttp(std::unique_ptr<Http> inner, std::function<bool()> may_send)
      : inner_(std::move(inner)), may_send_(std::move(may_send)) {}

  HttpExchange send(const HttpRequest& request) noexcept override {
    if (may_send_()) return inner_->send(request);
    return {HttpStage::kNotSent,
            {},
            "this hub did not say in time that it lives: another hub may "
            "have taken over, so nothing is sent"};
  }

 private:
  std::unique_ptr<Http> inner_;
  std::function<bool()> may_send_;
};

}  // namespace

Result<std::vector<std::string>> Lease::ask(const std::vector<std::string>& flows) {
  // Before the store is asked: what the answer takes is not ours.
  const std::int64_t asked = awake_or_not_ms();
  auto held = store_.lease(flows, name_, kSpan);
  if (!held) return held;
  until_ms_ = asked + kSpan.count();
  std::sort(held->begin(), held->end());
  return held;
}

void Lease::give_back() {
  until_ms_ = 0;
  static_cast<void>(store_.release());  // else it runs out by itself
}

bool Lease::may_send() const {
  return !store_.shared() || awake_or_not_ms() < until_ms_;
}

HttpFactory guarded(HttpFactory factory, std::function<bool()> may_send) {
  return [factory = std::move(factory), may_send = std::move(may_send)] {
    return std::make_unique<GuardedHttp>(factory(), may_send);
  };
}

std::string hub_name() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) return std::to_string(getpid());
  return std::string(host.data()) + ":" + std::to_string(getpid());
}

}  // namespace navette::tools
