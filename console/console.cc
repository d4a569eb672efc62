#include "console/console.h"

#include <array>
#include <atomic>
#include <istream>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/ThreadPool.h>
#include <Poco/URI.h>

#include "base/metrics.h"
#include "console/guarded_socket.h"

namespace navette {
namespace {

using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

constexpr std::string_view kJsonType = "application/json; charset=utf-8";
constexpr std::string_view kTokenHeader = "X-Navette-Token";

struct Answer {
  int status = 200;
  std::string body;
  std::string_view type = kJsonType;
  int retry_after_s = 0;  // 0: none
  const char* allow = nullptr;
};

Answer json_answer(int status, const Json& body) {
  return {status, body.dump() + "\n"};
}

Answer refusal(int status, std::string_view why) {
  Json body = Json::object();
  body.set("error", why);
  return json_answer(status, body);
}

Answer try_later(std::string_view why) {
  Answer answer = refusal(503, why);
  answer.retry_after_s = 5;
  return answer;
}

// Everything that one request needs; outlives the server.
struct Shared {
  ConsoleOptions options;
  ConsoleHandlers handlers;
  EventSink& events;
};

// The body, or nothing when it is larger than `bytes_max`.
std::optional<std::string> read_body(HTTPServerRequest& request, std::size_t bytes_max) {
  if (request.hasContentLength() &&
      static_cast<std::uint64_t>(request.getContentLength64()) > bytes_max) {
    return std::nullopt;
  }
  std::string body;
  std::array<char, 16384> buffer{};
  std::istream& in = request.stream();
  while (in.good()) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    body.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
    if (body.size() > bytes_max) return std::nullopt;
  }
  return body;
}

class Request final {
 public:
  Request(Shared& shared, HTTPServerRequest& request) : shared_(shared), request_(request) {}

  Answer answer() {
    const Poco::URI uri(request_.getURI());
    const std::string& path = uri.getPath();
    if (path.rfind("/hooks/", 0) == 0) return post([&] { return hook(path.substr(7)); });
    if (path == "/healthz") return get([&] { return health(); });
    if (path == "/metrics") return get([&] { return metrics(); });
    if (path == "/status") return get([&] { return status(); });
    if (path == "/admin/reload") return post([&] { return admin([&] { return reload(); }); });
    if (path == "/admin/poll") return post([&] { return admin([&] { return poll(uri); }); });
    if (path.rfind("/admin/", 0) == 0 && shared_.handlers.admin) {
      return admin([&] { return order(uri, path.substr(7)); });
    }
    return refusal(404, "there is nothing here");
  }

 private:
  template <class F>
  Answer get(F answer) {
    if (request_.getMethod() == "GET" || request_.getMethod() == "HEAD") return answer();
    return wrong_method("GET, HEAD");
  }
  template <class F>
  Answer post(F answer) {
    if (request_.getMethod() == "POST") return answer();
    return wrong_method("POST");
  }
  static Answer wrong_method(const char* allow) {
    Answer answer = refusal(405, "this address takes " + std::string(allow) + " only");
    answer.allow = allow;
    return answer;
  }

  std::string header(std::string_view name) const {
    return request_.get(std::string(name), std::string());
  }

  Answer hook(const std::string& system) {
    const auto secret = shared_.handlers.webhook_secret(system);
    if (!secret) return refusal(404, "no system of this name is configured");
    if (!secret->empty() && !same_secret(header(kTokenHeader), *secret)) {
      shared_.events.emit({Level::kWarn,
                           "webhook_refused",
                           "A webhook did not show the secret of its system.",
                           {{"system", system}, {"from", request_.clientAddress().toString()}}});
      return refusal(401, "the header X-Navette-Token is missing or wrong");
    }
    const auto body = read_body(request_, shared_.options.limits.body_bytes);
    if (!body) {
      return refusal(413, "the body is larger than " +
                              std::to_string(shared_.options.limits.body_bytes) + " bytes");
    }
    const auto ticket = ticket_of_hook(*body);
    if (!ticket) return unreadable(system, ticket.error());
    const Status taken = shared_.handlers.hook({system, *ticket, *body});
    if (!taken) return not_taken(system, taken.error());
    Json accepted = Json::object();
    accepted.set("accepted", *ticket);
    return json_answer(202, accepted);
  }

  Answer unreadable(const std::string& system, const Error& error) {
    shared_.events.emit({Level::kWarn,
                         "webhook_unreadable",
                         "A webhook could not be read.",
                         {{"system", system}, {"cause", error.message}}});
    return refusal(400, error.message);
  }

  Answer not_taken(const std::string& system, const Error& error) {
    if (error.fault == Fault::kRejected) return refusal(404, error.message);
    shared_.events.emit({Level::kWarn,
                         "webhook_not_taken",
                         "A webhook could not be stored; its sender was told to try again.",
                         {{"system", system}, {"cause", error.message}}});
    return try_later(error.message);
  }

  Answer health() {
    const HealthReport found = shared_.handlers.health();
    return json_answer(found.works ? 200 : 503, found.report);
  }

  Answer metrics() { return {200, shared_.handlers.metrics(), kExpositionType}; }

  Answer status() {
    const auto found = shared_.handlers.status();
    if (!found) return try_later(found.error().message);
    return {200, found->pretty() + "\n"};
  }

  template <class F>
  Answer admin(F order) {
    if (!request_.clientAddress().host().isLoopback() || shared_.options.admin_token.empty()) {
      return refusal(403, "orders are taken from this machine only");
    }
    if (!same_secret(header(kTokenHeader), shared_.options.admin_token)) {
      return refusal(401,
                     "the header X-Navette-Token must hold the text of the file admin.token "
                     "beside the store");
    }
    return order();
  }

  Answer reload() {
    const Status done = shared_.handlers.reload();
    if (done) return json_answer(200, Json(Json::Object{{"reloaded", true}}));
    if (done.error().fault == Fault::kMisconfigured) return refusal(422, done.error().message);
    return try_later(done.error().message);
  }

  Answer order(const Poco::URI& uri, const std::string& path) {
    AdminOrder wanted;
    wanted.method = request_.getMethod() == "HEAD" ? "GET" : request_.getMethod();
    if (wanted.method != "GET" && wanted.method != "POST") return wrong_method("GET, HEAD, POST");
    wanted.path = path;
    for (const auto& [name, value] : uri.getQueryParameters()) wanted.query[name] = value;
    if (wanted.method == "POST") {
      auto body = read_body(request_, shared_.options.limits.body_bytes);
      if (!body) return refusal(413, "the body is too large");
      wanted.body = std::move(*body);
    }
    const AdminAnswer found = shared_.handlers.admin(wanted);
    Answer answer = json_answer(found.status, found.body);
    if (found.status == 503) answer.retry_after_s = 5;
    return answer;
  }

  Answer poll(const Poco::URI& uri) {
    std::string system;
    for (const auto& [name, value] : uri.getQueryParameters()) {
      if (name == "system") system = value;
    }
    const Status done = shared_.handlers.poll(system);
    if (done) return json_answer(202, Json(Json::Object{{"polling", true}}));
    if (done.error().fault == Fault::kRejected) return refusal(404, done.error().message);
    return try_later(done.error().message);
  }

  Shared& shared_;
  HTTPServerRequest& request_;
};

class Handler final : public Poco::Net::HTTPRequestHandler {
 public:
  explicit Handler(Shared& shared) : shared_(shared) {}

  void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
    try {
      send(Request(shared_, request).answer(), response);
    } catch (const Poco::SyntaxException&) {
      send(refusal(400, "the address is not well-formed"), response);
    } catch (const Poco::Exception&) {
      // The client went away or was too slow; there is nobody to answer.
      response.setKeepAlive(false);
    }
  }

 private:
  static void send(const Answer& answer, HTTPServerResponse& response) {
    response.setStatusAndReason(static_cast<HTTPResponse::HTTPStatus>(answer.status));
    response.setContentType(std::string(answer.type));
    response.set("Cache-Control", "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    if (answer.retry_after_s > 0) {
      response.set("Retry-After", std::to_string(answer.retry_after_s));
    }
    if (answer.allow != nullptr) response.set("Allow", answer.allow);
    // What is left of a refused request's body must not be read as the next request.
    if (answer.status >= 400) response.setKeepAlive(false);
    response.sendBuffer(answer.body.data(), answer.body.size());
  }

  Shared& shared_;
};

class Factory final : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  explicit Factory(Shared& shared) : shared_(shared) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override {
    return new Handler(shared_);  // owned by Poco
  }

 private:
  Shared& shared_;
};

Poco::Net::HTTPServerParams::Ptr params_of(const ConsoleLimits& limits) {
  Poco::Net::HTTPServerParams::Ptr params(new Poco::Net::HTTPServerParams);
  params->setMaxThreads(limits.threads);
  params->setMaxQueued(limits.connections_waiting);
  params->setTimeout(Poco::Timespan(limits.request_time.count() * 1000));
  params->setKeepAlive(true);
  params->setKeepAliveTimeout(Poco::Timespan(limits.keep_alive.count() * 1000));
  return params;
}

}  // namespace

struct Console::Impl {
  Impl(const ConsoleOptions& options, ConsoleHandlers handlers, EventSink& events)
      : shared{options, std::move(handlers), events},
        pool("console", 1, options.limits.threads),
        socket(Poco::Net::SocketAddress(options.listen), options.limits.connections_waiting,
               options.limits.request_time),
        server(new Factory(shared), pool, socket, params_of(options.limits)),
        address(socket.address().toString()) {
    server.start();
  }

  Shared shared;
  Poco::ThreadPool pool;
  GuardedServerSocket socket;
  Poco::Net::HTTPServer server;
  std::string address;
  bool stopped = false;
};

Result<std::unique_ptr<Console>> Console::start(const ConsoleOptions& options,
                                                ConsoleHandlers handlers, EventSink& events) {
  try {
    auto impl = std::make_unique<Impl>(options, std::move(handlers), events);
    return std::unique_ptr<Console>(new Console(std::move(impl)));
  } catch (const Poco::Exception& problem) {
    return Error{Fault::kMisconfigured, "listen on " + options.listen + ": " +
                                            problem.displayText() +
                                            "; choose another host:port with `listen`, or stop "
                                            "what uses this one"};
  }
}

Console::Console(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Console::~Console() {
  stop();
}

const std::string& Console::address() const {
  return impl_->address;
}

void Console::stop() {
  if (std::exchange(impl_->stopped, true)) return;
  try {
    impl_->server.stopAll(true);
    impl_->socket.close();
    // A connection that was accepted but not yet looked at has missed the order to stop.
    impl_->socket.shut_down_connections();
    impl_->pool.joinAll();
  } catch (const Poco::Exception&) {
    // A thread that can't be joined any more is one that ended already.
    return;
  }
}

}  // namespace navette
