#include "connectors/host/bus_peers.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "connectors/host/wire.h"

namespace navette {
namespace {

using bus::Reply;
using bus::ReplyStatus;
using std::chrono::milliseconds;

enum class State : unsigned char {
  kAbsent,      // no connector has said hello
  kConnecting,  // connect() is under way
  kReady,
  kBroken,  // connect() failed, or has to wait before it is tried again
};

using Replied = std::function<void(Reply)>;

struct Waiting {
  bus::Request request;
  Replied done;
  milliseconds deadline{0};
};

struct System {
  State state = State::kAbsent;
  std::optional<Description> description;
  std::string trouble = "no connector has connected yet";
  bool seen = false;          // a connector has said hello before
  milliseconds grace_end{0};  // of calls that wait for the first hello; 0: not begun
  std::uint64_t session = 0;  // an answer to an earlier session's connect is out of date
  milliseconds pause{0};      // before the next connect
  milliseconds last_connect{0};
  milliseconds next_connect{0};  // kBroken
  Loop::TimerId timer = 0;
  std::vector<Waiting> waiting;
};

Reply not_sent(const std::string& message, milliseconds retry_after = milliseconds(0)) {
  Reply reply;
  reply.status = ReplyStatus::kNotSent;
  reply.error = Error{Fault::kRetryLater, message, retry_after};
  return reply;
}

// What a read tells the engine. The engine cannot connect, and nobody stopped it: both faults
// become "later", when we have connected again.
Error read_error(const Reply& reply) {
  Error error = reply.error;
  if (reply.status != ReplyStatus::kError || error.fault == Fault::kReconnect ||
      error.fault == Fault::kCancelled) {
    error.fault = Fault::kRetryLater;
  }
  return error;
}

Verdict verdict_of(Fault fault) {
  switch (fault) {
    case Fault::kRejected:
      return Verdict::kRejected;
    case Fault::kMisconfigured:
      return Verdict::kMisconfigured;
    case Fault::kRetryLater:
    case Fault::kReconnect:
    case Fault::kCancelled:
      break;
  }
  return Verdict::kRetryable;
}

Outcome outcome_of(const Reply& reply) {
  Outcome outcome;
  outcome.message = reply.error.message;
  outcome.retry_after = reply.error.retry_after;
  switch (reply.status) {
    case ReplyStatus::kOk: {
      auto read = wire::decode_outcome(reply.result);
      if (read) return *std::move(read);
      outcome.verdict = Verdict::kAmbiguous;
      outcome.message = "the connector's answer is not understood: " + read.error().message;
      break;
    }
    case ReplyStatus::kError:
      outcome.verdict = verdict_of(reply.error.fault);
      break;
    case ReplyStatus::kNotSent:
      outcome.verdict = Verdict::kRetryable;
      break;
    case ReplyStatus::kMaybeSent:
      outcome.verdict = Verdict::kAmbiguous;
      break;
  }
  return outcome;
}

bool wants_reconnect(const Reply& reply) {
  return reply.status == ReplyStatus::kError && reply.error.fault == Fault::kReconnect;
}

}  // namespace

struct BusPeers::Impl {
  Impl(Loop& loop_in, bus::Hub& hub_in, const BusPeersOptions& options_in)
      : loop(loop_in), hub(hub_in), options(options_in) {}

  Loop& loop;
  bus::Hub& hub;
  const BusPeersOptions options;
  std::map<std::string, System> systems;
  std::function<void(const std::string&)> changed;
  // What the hub and the loop still hold of us looks here whether we still live.
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);

  void tell(const std::string& name) const {
    if (changed) changed(name);
  }
  void later(Replied done, Reply reply) const;
  void ask(const std::string& name, bus::Request request, Replied done);
  void send(const std::string& name, bus::Request request, Replied done);
  template <class T, class Decode>
  void read(const std::string& name, bus::Request request, Done<T> done, Decode decode);
  void hello(const std::string& name);
  void gone(const std::string& name, const std::string& why);
  void connect(const std::string& name);
  void connected(const std::string& name, const Reply& reply);
  void reconnect(const std::string& name, const std::string& why);
  void retry_connect(const std::string& name, const std::string& why);
  void fail_waiting(const std::string& name);
};

void BusPeers::Impl::later(Replied done, Reply reply) const {
  loop.post([done = std::move(done), reply = std::move(reply),
             still = std::weak_ptr<bool>(alive)]() mutable {
    if (!still.expired()) done(std::move(reply));
  });
}

void BusPeers::Impl::ask(const std::string& name, bus::Request request, Replied done) {
  System& system = systems[name];
  const auto now = loop.steady();
  bool wait = system.state == State::kConnecting;
  if (system.state == State::kAbsent && !system.seen) {
    if (system.grace_end.count() == 0) {
      system.grace_end = now + options.hello_grace;
      system.timer = loop.after(options.hello_grace, [this, name] { fail_waiting(name); });
    }
    wait = now < system.grace_end;
  }
  if (system.state == State::kReady) return send(name, std::move(request), std::move(done));
  if (wait && system.waiting.size() < options.waiting_max) {
    const auto deadline = now + request.deadline;
    system.waiting.push_back({std::move(request), std::move(done), deadline});
    return;
  }
  const std::string why = wait ? "too many calls wait for its connection" : system.trouble;
  const auto pause = system.state == State::kBroken
                         ? std::max(milliseconds(0), system.next_connect - now)
                         : milliseconds(0);
  later(std::move(done), not_sent(request.method + " " + name + ": " + why, pause));
}

void BusPeers::Impl::send(const std::string& name, bus::Request request, Replied done) {
  hub.call(name, std::move(request),
           [this, name, done = std::move(done), still = std::weak_ptr<bool>(alive)](Reply reply) {
             if (still.expired()) return;
             if (wants_reconnect(reply)) {
               reconnect(name, reply.error.message);
             } else if (reply.status == ReplyStatus::kOk &&
                        reply.result.at("verdict").as_string() != "auth") {
               systems[name].pause = milliseconds(0);
             }
             done(std::move(reply));
           });
}

template <class T, class Decode>
void BusPeers::Impl::read(const std::string& name, bus::Request request, Done<T> done,
                          Decode decode) {
  request.deadline = options.read_deadline;
  const std::string what = request.method + " " + name;
  ask(name, std::move(request), [done = std::move(done), decode, what](Reply reply) {
    if (reply.status != ReplyStatus::kOk) return done(read_error(reply));
    Result<T> value = decode(std::move(reply));
    if (value) return done(std::move(value));
    done(Error{Fault::kMisconfigured,
               what + ": the connector's answer is not understood: " + value.error().message});
  });
}

// ---- connecting --------------------------------------------------------------------------------

void BusPeers::Impl::hello(const std::string& name) {
  System& system = systems[name];
  system.seen = true;
  system.pause = milliseconds(0);
  connect(name);
}

void BusPeers::Impl::gone(const std::string& name, const std::string& why) {
  System& system = systems[name];
  loop.cancel(system.timer);
  ++system.session;
  system.state = State::kAbsent;
  system.description.reset();
  system.trouble = why;
  fail_waiting(name);
  tell(name);
}

void BusPeers::Impl::connect(const std::string& name) {
  System& system = systems[name];
  loop.cancel(system.timer);
  const std::uint64_t session = ++system.session;
  system.state = State::kConnecting;
  system.description.reset();
  system.trouble = "connecting";
  system.last_connect = loop.steady();
  system.pause = std::clamp(system.pause * 2, options.reconnect_min, options.reconnect_max);
  bus::Request request;
  request.method = "connect";
  request.deadline = options.read_deadline;
  hub.call(name, std::move(request),
           [this, name, session, still = std::weak_ptr<bool>(alive)](const Reply& reply) {
             if (!still.expired() && systems[name].session == session) connected(name, reply);
           });
}

void BusPeers::Impl::connected(const std::string& name, const Reply& reply) {
  if (reply.status != ReplyStatus::kOk) return retry_connect(name, reply.error.message);
  auto description = wire::decode_description(reply.result);
  if (!description) {
    return retry_connect(
        name, "the connector's answer is not understood: " + description.error().message);
  }
  System& system = systems[name];
  system.state = State::kReady;
  system.description = *std::move(description);
  system.trouble.clear();
  std::vector<Waiting> waiting;
  waiting.swap(system.waiting);
  for (Waiting& call : waiting) {
    call.request.deadline = std::max(milliseconds(1), call.deadline - loop.steady());
    ask(name, std::move(call.request), std::move(call.done));
  }
  tell(name);
}

void BusPeers::Impl::reconnect(const std::string& name, const std::string& why) {
  System& system = systems[name];
  if (system.state != State::kReady) return;
  const auto since = loop.steady() - system.last_connect;
  if (system.pause.count() == 0 && since >= options.reconnect_min) {
    connect(name);
    return tell(name);
  }
  system.pause = std::max(system.pause, options.reconnect_min);
  retry_connect(name, why);
}

void BusPeers::Impl::retry_connect(const std::string& name, const std::string& why) {
  System& system = systems[name];
  ++system.session;
  system.state = State::kBroken;
  system.description.reset();
  system.trouble = why;
  system.next_connect = loop.steady() + system.pause;
  loop.cancel(system.timer);
  system.timer = loop.after(system.pause, [this, name] { connect(name); });
  fail_waiting(name);
  tell(name);
}

void BusPeers::Impl::fail_waiting(const std::string& name) {
  System& system = systems[name];
  std::vector<Waiting> waiting;
  waiting.swap(system.waiting);
  for (Waiting& call : waiting) {
    later(std::move(call.done), not_sent(call.request.method + " " + name + ": " + system.trouble));
  }
}

// ---- BusPeers ----------------------------------------------------------------------------------

BusPeers::BusPeers(Loop& loop, bus::Hub& hub, BusPeersOptions options)
    : impl_(std::make_unique<Impl>(loop, hub, options)) {
  hub.on_up([this](const std::string& system) { impl_->hello(system); });
  hub.on_down(
      [this](const std::string& system, const std::string& why) { impl_->gone(system, why); });
}

BusPeers::~BusPeers() {
  impl_->hub.on_up({});
  impl_->hub.on_down({});
  for (auto& [name, system] : impl_->systems) impl_->loop.cancel(system.timer);
}

const Description* BusPeers::description(const std::string& system) const {
  const auto found = impl_->systems.find(system);
  if (found == impl_->systems.end() || !found->second.description) return nullptr;
  return &*found->second.description;
}

std::string BusPeers::trouble(const std::string& system) const {
  const auto found = impl_->systems.find(system);
  return found == impl_->systems.end() ? System().trouble : found->second.trouble;
}

void BusPeers::poll(const std::string& system, PollRequest request, Done<Page> done) {
  bus::Request call;
  call.method = "poll";
  call.params = wire::encode(request);
  impl_->read<Page>(system, std::move(call), std::move(done),
                    [](const Reply& reply) { return wire::decode_page(reply.result); });
}

void BusPeers::fetch(const std::string& system, std::string entity, std::string id, Json where,
                     Done<Record> done) {
  bus::Request call;
  call.method = "fetch";
  call.params.set("entity", std::move(entity));
  call.params.set("id", std::move(id));
  call.params.set("where", std::move(where));
  impl_->read<Record>(system, std::move(call), std::move(done),
                      [](const Reply& reply) { return wire::decode_record(reply.result); });
}

void BusPeers::find(const std::string& system, std::string entity, Json where, std::string path,
                    std::string value, Done<std::vector<std::string>> done) {
  bus::Request call;
  call.method = "find";
  call.params.set("entity", std::move(entity));
  call.params.set("where", std::move(where));
  call.params.set("path", std::move(path));
  call.params.set("value", std::move(value));
  impl_->read<std::vector<std::string>>(
      system, std::move(call), std::move(done),
      [](const Reply& reply) { return wire::decode_ids(reply.result); });
}

void BusPeers::execute(const std::string& system, Command command, std::string content,
                       std::function<void(Outcome)> done) {
  bus::Request call;
  call.method = "execute";
  call.params = wire::encode(command);
  call.blob = std::move(content);
  call.deadline = impl_->options.write_deadline;
  call.correlation = std::move(command.key);
  impl_->ask(system, std::move(call),
             [impl = impl_.get(), system, done = std::move(done)](const Reply& reply) {
               Outcome outcome = outcome_of(reply);
               if (outcome.verdict == Verdict::kAuth) impl->reconnect(system, outcome.message);
               done(std::move(outcome));
             });
}

void BusPeers::preview(const std::string& system, Command command, Done<Json> done) {
  bus::Request call;
  call.method = "preview";
  call.params = wire::encode(command);
  call.correlation = std::move(command.key);
  impl_->read<Json>(system, std::move(call), std::move(done),
                    [](const Reply& reply) -> Result<Json> {
                      const Json* requests = reply.result.find("requests");
                      if (requests != nullptr && requests->is_array()) return *requests;
                      return Error{Fault::kRejected, "read preview: requests: expected an array"};
                    });
}

void BusPeers::download(const std::string& system, std::string ticket, std::string attachment,
                        std::int64_t bytes_max, Done<std::string> done) {
  bus::Request call;
  call.method = "download";
  call.params.set("ticket", std::move(ticket));
  call.params.set("attachment", std::move(attachment));
  call.params.set("bytes_max", bytes_max);
  call.deadline = impl_->options.download_deadline;
  impl_->ask(system, std::move(call), [done = std::move(done)](Reply reply) {
    if (reply.status != ReplyStatus::kOk) return done(read_error(reply));
    done(std::move(reply.blob));
  });
}

void BusPeers::on_change(std::function<void(const std::string&)> callback) {
  impl_->changed = std::move(callback);
}

}  // namespace navette
