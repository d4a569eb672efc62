// What a host lends to a connector: time, and HTTP. It outlives the connector.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "navette/result.h"

namespace navette {

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // absolute, within the origin that the transport was made for
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::milliseconds timeout{30'000};
  std::int64_t answer_bytes_max = 64 << 20;
};

struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names as sent
  std::string body;

  // The first header of that name, any case; empty when absent.
  std::string header(const std::string& name) const;
};

// How far a request came: this decides between "try again" and "look before you try again".
enum class HttpStage : unsigned char { kNotSent, kMaybeSent, kAnswered };

struct HttpExchange {
  HttpStage stage = HttpStage::kNotSent;
  HttpAnswer answer;        // kAnswered
  std::string trouble;      // otherwise: what went wrong, for people
  bool over_limit = false;  // the answer is larger than answer_bytes_max; then not kAnswered
};

class Http {
 public:
  virtual ~Http() = default;

  // One exchange; never follows a redirect, keeps no cookies. A status of 400 and above is an
  // answer. Threads: one call at a time.
  virtual HttpExchange send(const HttpRequest& request) noexcept = 0;
};

class Host {
 public:
  virtual ~Host() = default;
  virtual std::chrono::system_clock::time_point now() = 0;
  // Waits; returns early with kCancelled when the host stops.
  virtual Status pause(std::chrono::milliseconds how_long) = 0;
  virtual Http& http() = 0;
};

}  // namespace navette
