// HTTP for connectors, over Poco: one origin, one kept-alive connection.
//
// A connection that was idle for long is not used again, because a server may be closing it just
// then. Where that happens all the same (no byte of an answer on a reused connection), a GET or
// HEAD is sent once more on a fresh connection; anything else ends as kMaybeSent.
// kNotSent is told only when the request can't have arrived whole.
//
// TLS 1.2 or newer; the certificate and its host name are verified, always.

#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "navette/host.h"

namespace navette {

struct HttpOptions {
  std::string ca_file = {};  // certificates to trust beside the system's; PEM
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds idle_max{800};  // starman closes a connection after 1 s
};

// Threads: one call at a time, from any thread.
class PocoHttp final : public Http {
 public:
  // `origin`: "https://tracker.example:8443". A request to another one is not sent.
  explicit PocoHttp(std::string origin, HttpOptions options = {});
  ~PocoHttp() override;
  PocoHttp(const PocoHttp&) = delete;
  PocoHttp& operator=(const PocoHttp&) = delete;

  HttpExchange send(const HttpRequest& request) noexcept override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace navette
