// A peer made of functions, and a clock that only moves when told.

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "navette/host.h"

namespace navette::test {

inline HttpExchange answer(int status, std::string body,
                           std::vector<std::pair<std::string, std::string>> headers = {}) {
  HttpExchange exchange;
  exchange.stage = HttpStage::kAnswered;
  exchange.answer.status = status;
  exchange.answer.body = std::move(body);
  exchange.answer.headers = std::move(headers);
  return exchange;
}

inline HttpExchange no_answer(HttpStage stage) {
  HttpExchange exchange;
  exchange.stage = stage;
  exchange.trouble = "the connection broke";
  return exchange;
}

class FakeHost final : public Host, public Http {
 public:
  using Peer = std::function<HttpExchange(const HttpRequest&)>;

  explicit FakeHost(Peer peer) : peer_(std::move(peer)) {}

  std::chrono::system_clock::time_point now() override { return now_; }
  Status pause(std::chrono::milliseconds how_long) override {
    now_ += how_long;
    return {};
  }
  Http& http() override { return *this; }
  HttpExchange send(const HttpRequest& request) noexcept override {
    requests.push_back(request);
    return peer_(request);
  }
  void skip(std::chrono::milliseconds time) { now_ += time; }

  // Requests that do not only read.
  std::vector<HttpRequest> writes() const {
    std::vector<HttpRequest> out;
    for (const HttpRequest& request : requests) {
      if (request.method != "GET") out.push_back(request);
    }
    return out;
  }

  std::vector<HttpRequest> requests;

 private:
  Peer peer_;
  std::chrono::system_clock::time_point now_{
      std::chrono::sys_days{std::chrono::year{2026} / std::chrono::November / 24}};
};

}  // namespace navette::test
