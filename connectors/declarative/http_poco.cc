#include "connectors/declarative/http_poco.h"

#include <array>
#include <exception>
#include <istream>
#include <ostream>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Timespan.h>
#include <Poco/URI.h>

#include "base/text.h"

namespace navette {

namespace {

using Steady = std::chrono::steady_clock;
namespace net = Poco::Net;

constexpr int kHeaderFieldsMax = 200;

Poco::Timespan to_timespan(std::chrono::milliseconds time) {
  return Poco::Timespan(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

bool is_idempotent(const std::string& method) {
  return method == "GET" || method == "HEAD";
}

std::string words_of(const Poco::Exception& trouble) {
  const std::string& text = trouble.message();
  return text.empty() ? std::string(trouble.name()) : std::string(trouble.name()) + ": " + text;
}

}  // namespace

struct PocoHttp::Impl {
  std::string origin;
  HttpOptions options;
  Poco::URI uri;
  net::Context::Ptr context;
  std::unique_ptr<net::HTTPClientSession> session;
  bool reused = false;
  Steady::time_point last_used;

  void drop() { session.reset(); }
  void open(std::chrono::milliseconds timeout);
  bool write(const HttpRequest& request, std::string& trouble);
  void read(const HttpRequest& request, HttpExchange& exchange);
  // One try; says whether it failed in a way that a fresh connection may cure.
  bool attempt(const HttpRequest& request, HttpExchange& exchange);
};

// Connects by hand, so that what fails here is known to be unsent.
void PocoHttp::Impl::open(std::chrono::milliseconds timeout) {
  const Poco::Timespan connect = to_timespan(std::min(timeout, options.connect_timeout));
  const net::SocketAddress address(uri.getHost(), uri.getPort());
  if (uri.getScheme() == "https") {
    if (context.isNull()) {
      context = new net::Context(net::Context::TLS_CLIENT_USE, "", "", options.ca_file,
                                 net::Context::VERIFY_STRICT, 9, true);
      context->requireMinimumProtocol(net::Context::PROTO_TLSV1_2);
    }
    net::SecureStreamSocket socket(context);
    socket.setPeerHostName(uri.getHost());
    socket.connect(address, connect);
    socket.completeHandshake();
    socket.verifyPeerCertificate(uri.getHost());
    socket.setNoDelay(true);
    // HTTPSClientSession can't be made of a connected socket; the socket does all that is TLS.
    session = std::make_unique<net::HTTPClientSession>(socket);
  } else {
    net::StreamSocket socket;
    socket.connect(address, connect);
    socket.setNoDelay(true);
    session = std::make_unique<net::HTTPClientSession>(socket);
  }
  session->setKeepAlive(true);
  reused = false;
}

// False: not all of it went out.
bool PocoHttp::Impl::write(const HttpRequest& request, std::string& trouble) {
  net::HTTPRequest http(request.method, request.url.substr(origin.size()),
                        net::HTTPMessage::HTTP_1_1);
  http.setHost(uri.getHost(), uri.getPort());
  http.set("User-Agent", "navette");
  for (const auto& [name, value] : request.headers) http.set(name, value);
  http.setKeepAlive(true);
  if (!is_idempotent(request.method)) {
    http.setContentLength64(static_cast<Poco::Int64>(request.body.size()));
  }
  try {
    std::ostream& out = session->sendRequest(http);
    out.write(request.body.data(), static_cast<std::streamsize>(request.body.size()));
    out.flush();
    if (out.good()) return true;
    trouble = "the connection broke while the request was sent";
  } catch (const Poco::Exception& caught) {
    trouble = "send the request: " + words_of(caught);
  }
  return false;
}

void PocoHttp::Impl::read(const HttpRequest& request, HttpExchange& exchange) {
  const Steady::time_point deadline = Steady::now() + request.timeout;
  net::HTTPResponse response;
  response.setFieldLimit(kHeaderFieldsMax);
  std::istream& in = session->receiveResponse(response);
  exchange.answer.status = static_cast<int>(response.getStatus());
  for (const auto& [name, value] : response) exchange.answer.headers.emplace_back(name, value);
  const auto length = response.hasContentLength() ? response.getContentLength64() : -1;
  const bool bodiless = request.method == "HEAD";
  const auto over = [&](std::int64_t bytes) {
    if (bytes <= request.answer_bytes_max) return false;
    exchange.over_limit = true;
    exchange.trouble =
        "the answer is larger than " + std::to_string(request.answer_bytes_max) + " bytes";
    return true;
  };
  if (!bodiless && over(length)) return;
  std::array<char, 16384> buffer{};
  while (!bodiless && in.good()) {
    in.read(buffer.data(), buffer.size());
    exchange.answer.body.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
    if (over(static_cast<std::int64_t>(exchange.answer.body.size()))) return;
    if (Steady::now() > deadline) {
      exchange.trouble = "the answer was not complete in time";
      return;
    }
  }
  const auto got = static_cast<std::int64_t>(exchange.answer.body.size());
  if (session->networkException() != nullptr || (!bodiless && length >= 0 && got < length)) {
    exchange.trouble = "the answer ended after " + std::to_string(got) + " bytes";
    return;
  }
  exchange.stage = HttpStage::kAnswered;
  if (response.getKeepAlive()) {
    reused = true;
    last_used = Steady::now();
  } else {
    drop();
  }
}

bool PocoHttp::Impl::attempt(const HttpRequest& request, HttpExchange& exchange) {
  exchange = HttpExchange{};
  const bool fresh = session == nullptr;
  try {
    if (fresh) open(request.timeout);
  } catch (const Poco::Exception& caught) {
    drop();
    exchange.trouble = "connect to " + origin + ": " + words_of(caught);
    return false;
  }
  // Not session->setTimeout(): that takes effect only when the session itself connects.
  session->socket().setSendTimeout(to_timespan(request.timeout));
  session->socket().setReceiveTimeout(to_timespan(request.timeout));
  if (!write(request, exchange.trouble)) {
    drop();
    return !fresh;
  }
  exchange.stage = HttpStage::kMaybeSent;
  bool silent = false;
  try {
    read(request, exchange);
  } catch (const Poco::TimeoutException&) {
    exchange.trouble = "no answer within " + std::to_string(request.timeout.count()) + " ms";
  } catch (const Poco::Exception& caught) {
    exchange.trouble = "read the answer: " + words_of(caught);
    silent = exchange.answer.status == 0;
  }
  if (exchange.stage == HttpStage::kAnswered) return false;
  drop();
  exchange.answer = HttpAnswer{};
  return silent && !fresh && is_idempotent(request.method);
}

PocoHttp::PocoHttp(std::string origin, HttpOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->origin = std::move(origin);
  impl_->options = std::move(options);
}

PocoHttp::~PocoHttp() = default;

HttpExchange PocoHttp::send(const HttpRequest& request) noexcept {
  HttpExchange exchange;
  try {
    const std::string& origin = impl_->origin;
    if (!request.url.starts_with(origin + "/")) {
      exchange.trouble = "not sent: the address lies outside " + origin;
      return exchange;
    }
    if (impl_->uri.empty()) impl_->uri = origin;
    if (impl_->session && Steady::now() - impl_->last_used > impl_->options.idle_max) impl_->drop();
    if (impl_->attempt(request, exchange)) impl_->attempt(request, exchange);
  } catch (const Poco::Exception& caught) {
    exchange.trouble = words_of(caught);
    impl_->drop();
  } catch (const std::exception& caught) {
    exchange.trouble = caught.what();
    impl_->drop();
  }
  return exchange;
}

std::string HttpAnswer::header(const std::string& name) const {
  const std::string wanted = lower_ascii(name);
  for (const auto& [known, value] : headers) {
    if (lower_ascii(known) == wanted) return value;
  }
  return {};
}

}  // namespace navette
