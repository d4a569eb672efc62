#include "connectors/host/service.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <utility>

#include "connectors/host/wire.h"

namespace navette {
namespace {

using bus::Answer;
using bus::Asked;

constexpr std::array<std::string_view, 7> kMethods{"connect", "poll",    "fetch",   "find",
                                                   "execute", "preview", "download"};

Answer failure(Error error) {
  Answer answer;
  answer.error = std::move(error);
  return answer;
}

Answer success(Json result, std::string blob = {}) {
  Answer answer;
  answer.result = std::move(result);
  answer.blob = std::move(blob);
  return answer;
}

template <class T>
Answer encoded(const Result<T>& result) {
  return result ? success(wire::encode(*result)) : failure(result.error());
}

Result<std::string> text_of(const Json& params, std::string_view name) {
  const Json& value = params.at(name);
  if (value.is_string()) return std::string(value.as_string());
  return Error{Fault::kRejected, "read request: " + std::string(name) +
                                     ": expected a text, found " + std::string(value.type_name())};
}

// An answer that has no room for the record goes without it: the hub can fetch it.
Answer outcome_answer(Outcome outcome) {
  Json json = wire::encode(outcome);
  constexpr std::size_t kRoom = bus::kHeaderBytesMax - 65'536;
  if (outcome.after && json.dump().size() > kRoom) {
    outcome.after.reset();
    json = wire::encode(outcome);
  }
  return success(std::move(json));
}

// One instance and what it needs, on one worker.
class Instance {
 public:
  Instance(const ConnectorFactory& factory, const HttpFactory& http, std::shared_ptr<Pace> pace,
           std::stop_token stop, std::atomic<std::uint64_t>& epoch)
      : host_(http ? http() : nullptr, std::move(stop), std::move(pace)),
        connector_(factory(host_)),
        epoch_(epoch) {}

  Answer serve(Asked&& asked) {
    const std::string_view method = asked.method;
    if (method == "connect") return connect();
    if (connected_ != epoch_) {
      if (Answer answer = join(); answer.error) return answer;
    }
    if (method == "poll") return poll(asked.params);
    if (method == "fetch") return fetch(asked.params);
    if (method == "find") return find(asked.params);
    if (method == "execute") return execute(asked);
    if (method == "preview") return preview(asked.params);
    if (method == "download") return download(asked.params);
    return failure({Fault::kRejected, "serve request: \"" + asked.method + "\" is no method"});
  }

 private:
  Answer connect() {
    const std::uint64_t epoch = ++epoch_;
    const auto found = connector_->connect();
    if (found) connected_ = epoch;
    return encoded(found);
  }

  Answer join() {
    const std::uint64_t epoch = epoch_;
    const auto found = connector_->connect();
    if (!found) return failure(found.error());
    connected_ = epoch;
    return {};
  }

  Answer poll(const Json& params) {
    const auto request = wire::decode_poll_request(params);
    if (!request) return failure(request.error());
    return encoded(connector_->poll(*request));
  }

  Answer fetch(const Json& params) {
    const auto entity = text_of(params, "entity");
    const auto id = text_of(params, "id");
    if (!entity) return failure(entity.error());
    if (!id) return failure(id.error());
    return encoded(connector_->fetch(*entity, *id, params.at("where")));
  }

  Answer find(const Json& params) {
    const auto entity = text_of(params, "entity");
    const auto path = text_of(params, "path");
    const auto value = text_of(params, "value");
    if (!entity) return failure(entity.error());
    if (!path) return failure(path.error());
    if (!value) return failure(value.error());
    const auto ids = connector_->find(*entity, params.at("where"), *path, *value);
    return ids ? success(wire::encode_ids(*ids)) : failure(ids.error());
  }

  Answer execute(const Asked& asked) {
    const auto command = wire::decode_command(asked.params);
    if (!command) return failure(command.error());
    return outcome_answer(connector_->execute(*command, asked.blob));
  }

  Answer preview(const Json& params) {
    const auto command = wire::decode_command(params);
    if (!command) return failure(command.error());
    auto requests = connector_->preview(*command);
    if (!requests) return failure(requests.error());
    Json result = Json::object();
    result.set("requests", *std::move(requests));
    return success(std::move(result));
  }

  Answer download(const Json& params) {
    const auto ticket = text_of(params, "ticket");
    const auto attachment = text_of(params, "attachment");
    if (!ticket) return failure(ticket.error());
    if (!attachment) return failure(attachment.error());
    auto bytes = connector_->download(*ticket, *attachment, params.at("bytes_max").as_int());
    if (!bytes) return failure(bytes.error());
    return success(Json::object(), *std::move(bytes));
  }

  SystemHost host_;
  std::unique_ptr<Connector> connector_;
  std::atomic<std::uint64_t>& epoch_;  // counts the connects that the hub asked for
  std::uint64_t connected_ = 0;        // the epoch that this instance is connected in
};

bus::ClientOptions client_options(const ServiceOptions& options) {
  bus::ClientOptions client;
  client.address = options.address;
  client.hub_key = options.hub_key;
  client.own = options.own;
  client.system = options.system;
  client.connector = options.connector;
  client.version = options.version;
  client.workers = options.concurrency;
  client.methods.assign(kMethods.begin(), kMethods.end());
  return client;
}

}  // namespace

struct ConnectorService::Impl {
  Impl(bus::Context& context, const Clock& clock, const ServiceOptions& options,
       ConnectorFactory factory_in, HttpFactory http_in,
       std::function<void(const std::string&)> log)
      : factory(std::move(factory_in)),
        http(std::move(http_in)),
        pace(options.pace),
        client(
            context, clock, client_options(options),
            [this](int) -> bus::Handler {
              // std::function wants to be copied; the instance has one owner, this handler.
              auto instance =
                  std::make_shared<Instance>(factory, http, pace, pauses.get_token(), epoch);
              return [instance](Asked&& asked) { return instance->serve(std::move(asked)); };
            },
            std::move(log)) {}

  const ConnectorFactory factory;
  const HttpFactory http;
  const std::shared_ptr<Pace> pace;
  std::stop_source pauses;
  std::atomic<std::uint64_t> epoch = 0;
  bus::Client client;
};

ConnectorService::ConnectorService(bus::Context& context, const Clock& clock,
                                   const ServiceOptions& options, ConnectorFactory factory,
                                   HttpFactory http, std::function<void(const std::string&)> log)
    : impl_(std::make_unique<Impl>(context, clock, options, std::move(factory), std::move(http),
                                   std::move(log))) {}

ConnectorService::~ConnectorService() = default;

Status ConnectorService::run(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { impl_->pauses.request_stop(); });
  return impl_->client.run(stop);
}

void ConnectorService::changed(const std::string& ticket) {
  Json data = Json::object();
  data.set("id", ticket);
  impl_->client.send_event("changed", std::move(data));
}

}  // namespace navette
