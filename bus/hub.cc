#include "bus/hub.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <set>
#include <utility>

#include "base/random.h"
#include "bus/socket.h"
#include "bus/tap.h"
#include "bus/zap.h"

namespace navette::bus {
namespace {

using std::chrono::milliseconds;

constexpr int kReadsPerTurn = 256;
constexpr std::size_t kParamsBytesMax = kHeaderBytesMax - 4096;  // room for the other members
constexpr std::string_view kDomain = "navette";
constexpr std::string_view kTapDomain = "navette-tap";

struct Call {
  Request request;
  std::string params;  // request.params as text
  Hub::Done done;      // empty once it was answered
  milliseconds deadline{0};
  Loop::TimerId timer = 0;
};

std::size_t bytes_of(const Call& call) {
  return call.params.size() + call.request.blob.size();
}

// A connector that said hello. Its peer is the door ('i' inside, 'o' outside) and the name that the
// ROUTER of that door gave it.
struct Session {
  std::string peer;
  std::string instance;
  PeerInfo info;
  milliseconds heard{0};
  bool leaving = false;
  int events_left = 0;
  int events_taken = 0;  // since the last credit that we sent
  std::map<std::string, Call> under_way;
};

struct System {
  SystemAccess access;
  std::deque<Call> queue;
  std::size_t queue_bytes = 0;  // bytes_of() all of them
  std::optional<Session> session;
};

bool is_loopback(const std::string& address) {
  constexpr std::array<std::string_view, 5> kLocal{"ipc://", "inproc://", "tcp://127.",
                                                   "tcp://localhost:", "tcp://[::1]:"};
  return std::any_of(kLocal.begin(), kLocal.end(),
                     [&](std::string_view beginning) { return address.starts_with(beginning); });
}

Reply failed(ReplyStatus status, Fault fault, std::string message) {
  Reply reply;
  reply.status = status;
  reply.error = Error{fault, std::move(message)};
  return reply;
}

Result<PeerInfo> peer_info(const Json& hello) {
  PeerInfo info;
  info.connector = hello.at("connector").as_string();
  info.version = hello.at("version").as_string();
  const Json& credit = hello.at("credit");
  if (!credit.is_int() || credit.as_int() < 1 || credit.as_int() > kCreditMax) {
    return Error{Fault::kRejected, "\"credit\" must be a number from 1 to 256"};
  }
  info.credit = static_cast<int>(credit.as_int());
  const Json& methods = hello.at("methods");
  if (!methods.is_array()) {
    return Error{Fault::kRejected, "\"methods\" must be an array of texts"};
  }
  for (const Json& method : methods.items()) info.methods.emplace_back(method.as_string());
  return info;
}

}  // namespace

struct Hub::Impl {
  Impl(Reactor& reactor_in, Context& context_in, HubOptions options_in)
      : reactor(reactor_in),
        context(context_in),
        options(std::move(options_in)),
        inside(context, SocketKind::kRouter),
        outside(context, SocketKind::kRouter),
        doorkeeper(reactor, context),
        tap(reactor, context) {
    Random random;
    constexpr std::string_view kLetters = "abcdefghijkmnpqrstuvwxyz23456789";
    for (int i = 0; i < 10; ++i) prefix += kLetters[random.below(kLetters.size())];
    prefix += '-';
  }

  Reactor& reactor;
  Context& context;
  const HubOptions options;
  Socket inside;
  Socket outside;
  Doorkeeper doorkeeper;
  Tap tap;
  Reactor::WatchId inside_watch = 0;
  Reactor::WatchId outside_watch = 0;
  Loop::TimerId tick_timer = 0;
  milliseconds last_tick{0};
  bool closed = false;

  std::map<std::string, System> systems;
  std::map<std::string, std::string> system_of;  // peer -> system
  // Ids of requests differ between two lives of a hub, so that an answer to the former one is not
  // taken for one to this one.
  std::string prefix;
  std::uint64_t last_id = 0;
  HubCounters counters;
  std::function<void(const std::string&)> up;
  std::function<void(const std::string&, const std::string&)> down;
  std::function<void(const std::string&, const std::string&, Json)> event;
  std::function<void(const std::string&, const std::string&)> turned_away;

  bool has_keys() const { return !options.secret_key.empty(); }

  Status open();
  void allow(std::map<std::string, SystemAccess> wanted);
  void call(const std::string& name, Request request, Done done);
  void answer_later(Done done, Reply reply);
  void pump(const std::string& name);
  bool send_request(const std::string& name, Session& session, Call&& call);
  void expire_waiting(const std::string& name);
  void expire_sent(const std::string& name, const std::string& id);

  Sent send(const std::string& peer, const Json& header);
  Sent send(const std::string& peer, const std::string& text, std::string_view blob);
  void read(Socket& socket, char door);
  void take(const std::string& peer, const std::string& user, Message message);
  void take_hello(const std::string& peer, const std::string& user, const Json& hello);
  void take_reply(const std::string& name, Message message);
  void take_event(const std::string& name, const Json& json);
  void take_goodbye(const std::string& name);
  void refuse(const std::string& peer, const std::string& name, std::string_view reason,
              const std::string& message);
  std::string why_not(const std::string& peer, const std::string& user,
                      const std::string& name) const;
  void finish_leaving(const std::string& name);
  void end_session(const std::string& name, const std::string& why, std::string_view goodbye);
  void fail_queue(System& system, const std::string& why);
  void tick();
  void watch_over(const std::string& name, milliseconds now);
};

Status Hub::Impl::open() {
  if (options.secret_key.empty() != options.public_key.empty() ||
      (has_keys() && !(is_key(options.secret_key) && is_key(options.public_key)))) {
    return Error{
        Fault::kMisconfigured,
        "open bus: the keys of the hub must be a CURVE pair, each 40 characters of Z85, or "
        "both be empty"};
  }
  for (const std::string& address : {options.listen, options.tap}) {
    if (!has_keys() && !address.empty() && !is_loopback(address)) {
      return Error{Fault::kMisconfigured,
                   "open bus on " + address +
                       ": without keys it would be open to the network; give the hub a CURVE pair "
                       "or use 127.0.0.1 or ipc://"};
    }
  }
  NAVETTE_TRY(inside.bind(options.inside));
  inside_watch = reactor.watch(inside, [this] { read(inside, 'i'); });
  if (has_keys()) {
    NAVETTE_TRY(doorkeeper.open());
    NAVETTE_TRY(outside.secure_as_server(options.secret_key, std::string(kDomain)));
    doorkeeper.allow(std::string(kTapDomain), {options.tap_keys.begin(), options.tap_keys.end()});
  }
  if (!options.listen.empty()) {
    outside.limit_frame_bytes(kBlobBytesMax);
    NAVETTE_TRY(outside.bind(options.listen));
    outside_watch = reactor.watch(outside, [this] { read(outside, 'o'); });
  }
  if (!options.tap.empty()) {
    NAVETTE_TRY(tap.open(options.tap, options.secret_key, std::string(kTapDomain)));
  }
  last_tick = reactor.steady();
  tick_timer = reactor.after(options.heartbeat, [this] { tick(); });
  return {};
}

void Hub::Impl::allow(std::map<std::string, SystemAccess> wanted) {
  std::vector<std::string> ended;
  for (const auto& [name, system] : systems) {
    const auto found = wanted.find(name);
    if (found == wanted.end() || found->second.external != system.access.external ||
        found->second.public_key != system.access.public_key) {
      ended.push_back(name);
    }
  }
  for (const std::string& name : ended) {
    end_session(name, "it is not configured any more, or its key changed", "removed");
    if (!wanted.contains(name)) systems.erase(name);
  }
  std::set<std::string> keys;
  for (auto& [name, access] : wanted) {
    if (access.external && !access.public_key.empty()) keys.insert(access.public_key);
    systems[name].access = std::move(access);
  }
  doorkeeper.allow(std::string(kDomain), std::move(keys));
}

// ---- calls -------------------------------------------------------------------------------------

void Hub::Impl::answer_later(Done done, Reply reply) {
  reactor.post(
      [done = std::move(done), reply = std::move(reply)]() mutable { done(std::move(reply)); });
}

void Hub::Impl::call(const std::string& name, Request request, Done done) {
  const auto found = systems.find(name);
  const std::string what = request.method + " " + name + ": ";
  if (found == systems.end() || !found->second.session || found->second.session->leaving) {
    return answer_later(std::move(done), failed(ReplyStatus::kNotSent, Fault::kRetryLater,
                                                what + "no connector is connected"));
  }
  if (request.blob.size() > kBlobBytesMax) {
    return answer_later(std::move(done), failed(ReplyStatus::kError, Fault::kRejected,
                                                what + "the file is larger than 32 MiB"));
  }
  Call call;
  call.params = request.params.dump();
  if (call.params.size() > kParamsBytesMax) {
    return answer_later(std::move(done), failed(ReplyStatus::kError, Fault::kRejected,
                                                what + "the request is larger than 4 MiB"));
  }
  System& system = found->second;
  if (system.queue.size() >= options.queue_max ||
      system.queue_bytes + bytes_of(call) + request.blob.size() > options.queue_bytes_max) {
    return answer_later(std::move(done), failed(ReplyStatus::kNotSent, Fault::kRetryLater,
                                                what + "too many calls wait for it"));
  }
  call.request = std::move(request);
  call.request.params = Json();
  call.done = std::move(done);
  system.queue_bytes += bytes_of(call);
  call.deadline = reactor.steady() + call.request.deadline;
  call.timer = reactor.after(call.request.deadline, [this, name] { expire_waiting(name); });
  system.queue.push_back(std::move(call));
  pump(name);
}

void Hub::Impl::pump(const std::string& name) {
  const auto found = systems.find(name);
  if (found == systems.end()) return;
  System& system = found->second;
  while (system.session && !system.session->leaving && !system.queue.empty() &&
         system.session->under_way.size() < static_cast<std::size_t>(system.session->info.credit)) {
    Call call = std::move(system.queue.front());
    system.queue.pop_front();
    system.queue_bytes -= bytes_of(call);
    reactor.cancel(call.timer);
    if (!send_request(name, *system.session, std::move(call))) return;
  }
}

// False when the session ended over it.
bool Hub::Impl::send_request(const std::string& name, Session& session, Call&& call) {
  const std::string id = prefix + std::to_string(++last_id);
  Json json = header(type::kRequest);
  json.set("id", id);
  json.set("method", call.request.method);
  json.set("deadline_ms",
           std::int64_t{std::max(milliseconds(1), call.deadline - reactor.steady()).count()});
  if (!call.request.correlation.empty()) json.set("correlation", call.request.correlation);
  std::string text = json.dump();
  text.back() = ',';
  text += R"("params":)" + call.params + '}';
  switch (send(session.peer, text, call.request.blob)) {
    case Sent::kSent:
      call.params = std::string();
      call.request.blob = std::string();
      call.timer = reactor.after(call.deadline - reactor.steady(),
                                 [this, name, id] { expire_sent(name, id); });
      session.under_way.emplace(id, std::move(call));
      return true;
    case Sent::kFull:
      answer_later(std::move(call.done),
                   failed(ReplyStatus::kNotSent, Fault::kRetryLater,
                          call.request.method + " " + name + ": the connector does not read"));
      return true;
    case Sent::kGone:
      break;
  }
  answer_later(std::move(call.done),
               failed(ReplyStatus::kNotSent, Fault::kRetryLater,
                      call.request.method + " " + name + ": the connector is gone"));
  end_session(name, "its connection is gone", "");
  return false;
}

void Hub::Impl::expire_waiting(const std::string& name) {
  const auto found = systems.find(name);
  if (found == systems.end()) return;
  System& system = found->second;
  const auto now = reactor.steady();
  for (auto call = system.queue.begin(); call != system.queue.end();) {
    if (call->deadline > now) {
      ++call;
      continue;
    }
    answer_later(std::move(call->done),
                 failed(ReplyStatus::kNotSent, Fault::kRetryLater,
                        call->request.method + " " + name +
                            ": the deadline passed while the call waited for its turn"));
    system.queue_bytes -= bytes_of(*call);
    call = system.queue.erase(call);
  }
}

void Hub::Impl::expire_sent(const std::string& name, const std::string& id) {
  const auto found = systems.find(name);
  if (found == systems.end() || !found->second.session) return;
  Session& session = *found->second.session;
  const auto call = session.under_way.find(id);
  if (call == session.under_way.end()) return;
  // It stays under way: the connector is still at it and has no room for another.
  Done done = std::move(call->second.done);
  call->second.done = nullptr;
  const std::string method = call->second.request.method;
  call->second.timer = reactor.after(options.overdue_max, [this, name] {
    end_session(name, "it left a call unanswered long after its deadline", "overdue");
  });
  const bool leaving = session.leaving;
  done(failed(ReplyStatus::kMaybeSent, Fault::kRetryLater,
              method + " " + name + ": no answer before the deadline"));
  if (leaving) finish_leaving(name);
}

// ---- messages ----------------------------------------------------------------------------------

Sent Hub::Impl::send(const std::string& peer, const Json& header) {
  return send(peer, header.dump(), {});
}

Sent Hub::Impl::send(const std::string& peer, const std::string& text, std::string_view blob) {
  const std::array<std::string_view, 3> frames{std::string_view(peer).substr(1), text, blob};
  Socket& socket = peer.front() == 'i' ? inside : outside;
  return socket.send(std::span(frames).first(blob.empty() ? 2 : 3));
}

void Hub::Impl::read(Socket& socket, char door) {
  std::vector<std::string> frames;
  std::string user;
  std::size_t surplus = 0;
  for (int i = 0; i < kReadsPerTurn && !closed; ++i) {
    if (!socket.receive(frames, user, surplus)) return;
    const std::string peer = door + std::move(frames.front());
    frames.erase(frames.begin());
    auto message = decode(std::move(frames), surplus);
    frames.clear();
    if (!message) {
      ++counters.malformed;
      continue;
    }
    take(peer, user, *std::move(message));
  }
}

void Hub::Impl::take(const std::string& peer, const std::string& user, Message message) {
  if (message.type == type::kHello) return take_hello(peer, user, message.header);
  const auto known = system_of.find(peer);
  if (known == system_of.end()) {
    ++counters.unexpected;
    if (message.type != type::kGoodbye) send(peer, header(type::kUnknown));
    return;
  }
  const std::string name = known->second;
  systems.at(name).session->heard = reactor.steady();
  if (message.type == type::kReply) return take_reply(name, std::move(message));
  if (message.type == type::kEvent) return take_event(name, message.header);
  if (message.type == type::kGoodbye) return take_goodbye(name);
  if (message.type != type::kHeartbeat) ++counters.malformed;
}

std::string Hub::Impl::why_not(const std::string& peer, const std::string& user,
                               const std::string& name) const {
  const auto found = systems.find(name);
  if (found == systems.end()) return "no system of that name is configured";
  const SystemAccess& access = found->second.access;
  const bool outside_door = peer.front() == 'o';
  if (outside_door && !access.external) return "it is configured as a thread of the hub";
  if (!outside_door && access.external) return "it is configured as an own process";
  if (outside_door && has_keys() && (user.empty() || user != access.public_key)) {
    return "the key is not the one that is configured for it";
  }
  return {};
}

void Hub::Impl::refuse(const std::string& peer, const std::string& name, std::string_view reason,
                       const std::string& message) {
  ++counters.refused;
  Json json = header(type::kRefused);
  json.set("reason", reason);
  json.set("message", message);
  json.set("protocols", Json(Json::Array{Json(kProtocol)}));
  send(peer, json);
  if (turned_away) turned_away(name, message);
}

void Hub::Impl::take_hello(const std::string& peer, const std::string& user, const Json& hello) {
  const auto name = name_in(hello, "system");
  if (!name) {
    ++counters.malformed;
    return;
  }
  // Who may not be this system learns nothing, not even whether it exists.
  if (const std::string why = why_not(peer, user, *name); !why.empty()) {
    ++counters.refused;
    if (turned_away) turned_away(*name, why);
    return;
  }
  const Json& protocol = hello.at("protocol");
  if (!protocol.is_int() || protocol.as_int() != kProtocol) {
    return refuse(peer, *name, "protocol",
                  "this hub speaks protocol 1; found: " + protocol.dump().substr(0, 20));
  }
  auto info = peer_info(hello);
  if (!info) return refuse(peer, *name, "hello", info.error().message);
  const auto instance = name_in(hello, "instance");
  if (!instance) return refuse(peer, *name, "hello", instance.error().message);

  if (const auto other = system_of.find(peer); other != system_of.end()) {
    const std::string before = other->second;
    end_session(before, "its connector said hello again", "");
  }
  if (systems.at(*name).session) {
    const bool same = systems.at(*name).session->instance == *instance;
    end_session(*name, same ? "its connector came back" : "another connector took its place",
                same ? "" : "replaced");
  }
  Session session;
  session.peer = peer;
  session.instance = *instance;
  session.info = *std::move(info);
  session.heard = reactor.steady();
  session.events_left = options.event_credit;
  Json welcome = header(type::kWelcome);
  welcome.set("protocol", kProtocol);
  welcome.set("heartbeat_ms", std::int64_t{options.heartbeat.count()});
  welcome.set("silence_ms", std::int64_t{options.silence_max.count()});
  welcome.set("event_credit", options.event_credit);
  if (send(peer, welcome) != Sent::kSent) return;
  systems.at(*name).session = std::move(session);
  system_of[peer] = *name;
  if (up) up(*name);
}

void Hub::Impl::take_reply(const std::string& name, Message message) {
  Session& session = *systems.at(name).session;
  const Json& ok = message.header.at("ok");
  const auto call = session.under_way.find(std::string(message.header.at("id").as_string()));
  if (call == session.under_way.end() || !ok.is_bool()) {
    ++counters.malformed;
    return;
  }
  Call answered = std::move(call->second);
  session.under_way.erase(call);
  reactor.cancel(answered.timer);
  Reply reply;
  reply.blob = std::move(message.blob);
  if (ok.as_bool()) {
    if (Json* result = message.header.find("result")) reply.result = std::move(*result);
  } else {
    const Json& error = message.header.at("error");
    reply.error = error_of(error);
    reply.status = error.at("ambiguous").as_bool() ? ReplyStatus::kMaybeSent : ReplyStatus::kError;
  }
  const bool leaving = session.leaving;
  pump(name);
  if (answered.done) {
    answered.done(std::move(reply));
  } else {
    ++counters.late;
  }
  if (leaving) finish_leaving(name);
}

void Hub::Impl::take_event(const std::string& name, const Json& json) {
  Session& session = *systems.at(name).session;
  const auto event_name = name_in(json, "name");
  if (!event_name) {
    ++counters.malformed;
    return;
  }
  if (session.events_left == 0) {
    ++counters.events_dropped;
    return;
  }
  --session.events_left;
  ++session.events_taken;
  if (session.events_taken * 2 >= options.event_credit) {
    Json credit = header(type::kCredit);
    credit.set("events", session.events_taken);
    session.events_left += session.events_taken;
    session.events_taken = 0;
    send(session.peer, credit);
  }
  if (event) event(name, *event_name, json.at("data"));
}

// ---- ends --------------------------------------------------------------------------------------

void Hub::Impl::take_goodbye(const std::string& name) {
  System& system = systems.at(name);
  if (system.session->leaving) return;
  system.session->leaving = true;
  fail_queue(system, "its connector says goodbye");
  if (down) down(name, "its connector says goodbye");
  finish_leaving(name);
}

void Hub::Impl::finish_leaving(const std::string& name) {
  const auto found = systems.find(name);
  if (found == systems.end() || !found->second.session || !found->second.session->leaving) return;
  const auto& under_way = found->second.session->under_way;
  if (std::any_of(under_way.begin(), under_way.end(),
                  [](const auto& entry) { return static_cast<bool>(entry.second.done); })) {
    return;
  }
  end_session(name, "its connector said goodbye", "goodbye");
}

void Hub::Impl::fail_queue(System& system, const std::string& why) {
  std::deque<Call> queue;
  queue.swap(system.queue);
  system.queue_bytes = 0;
  for (Call& call : queue) {
    reactor.cancel(call.timer);
    answer_later(std::move(call.done), failed(ReplyStatus::kNotSent, Fault::kRetryLater,
                                              call.request.method + ": " + why));
  }
}

void Hub::Impl::end_session(const std::string& name, const std::string& why,
                            std::string_view goodbye) {
  const auto found = systems.find(name);
  if (found == systems.end() || !found->second.session) return;
  Session session = std::move(*found->second.session);
  found->second.session.reset();
  system_of.erase(session.peer);
  if (!goodbye.empty()) {
    Json json = header(type::kGoodbye);
    json.set("reason", goodbye);
    send(session.peer, json);
  }
  for (auto& [id, call] : session.under_way) {
    reactor.cancel(call.timer);
    if (!call.done) continue;
    std::string what = call.request.method;
    what.append(" ").append(name).append(": lost after sending: ").append(why);
    answer_later(std::move(call.done),
                 failed(ReplyStatus::kMaybeSent, Fault::kRetryLater, std::move(what)));
  }
  fail_queue(found->second, why);
  if (!session.leaving && down) down(name, why);
}

void Hub::Impl::tick() {
  const auto now = reactor.steady();
  // A hub that was held up itself must not take the others for dead: they may have spoken.
  const bool held_up = now - last_tick > 2 * options.heartbeat;
  last_tick = now;
  std::vector<std::string> names;
  for (auto& [name, system] : systems) {
    if (!system.session) continue;
    if (held_up) system.session->heard = now;
    names.push_back(name);
  }
  for (const std::string& name : names) watch_over(name, now);
  tick_timer = reactor.after(options.heartbeat, [this] { tick(); });
}

void Hub::Impl::watch_over(const std::string& name, milliseconds now) {
  const auto found = systems.find(name);
  if (found == systems.end() || !found->second.session) return;
  const Session& session = *found->second.session;
  if (now - session.heard > options.silence_max) {
    return end_session(name,
                       "nothing was heard of its connector for " +
                           std::to_string((now - session.heard).count()) + " ms",
                       "silent");
  }
  if (send(session.peer, header(type::kHeartbeat)) == Sent::kGone) {
    end_session(name, "its connection is gone", "");
  }
}

// ---- Hub ---------------------------------------------------------------------------------------

Hub::Hub(Reactor& reactor, Context& context, HubOptions options)
    : impl_(std::make_unique<Impl>(reactor, context, std::move(options))) {}

Hub::~Hub() {
  impl_->reactor.unwatch(impl_->inside_watch);
  impl_->reactor.unwatch(impl_->outside_watch);
  impl_->reactor.cancel(impl_->tick_timer);
  for (auto& [name, system] : impl_->systems) {
    for (const Call& call : system.queue) impl_->reactor.cancel(call.timer);
    if (!system.session) continue;
    for (const auto& [id, call] : system.session->under_way) impl_->reactor.cancel(call.timer);
  }
}

Status Hub::open() {
  return impl_->open();
}

void Hub::allow(std::map<std::string, SystemAccess> systems) {
  impl_->allow(std::move(systems));
}

void Hub::close() {
  if (impl_->closed) return;
  std::vector<std::string> names;
  for (const auto& [name, system] : impl_->systems) names.push_back(name);
  for (const std::string& name : names) impl_->end_session(name, "the hub stops", "stopping");
  impl_->closed = true;
  impl_->reactor.cancel(impl_->tick_timer);
  impl_->reactor.unwatch(impl_->inside_watch);
  impl_->reactor.unwatch(impl_->outside_watch);
}

std::string Hub::endpoint() const {
  return impl_->options.listen.empty() ? std::string() : impl_->outside.endpoint();
}

std::string Hub::tap_endpoint() const {
  return impl_->options.tap.empty() ? std::string() : impl_->tap.endpoint();
}

void Hub::call(const std::string& system, Request request, Done done) {
  impl_->call(system, std::move(request), std::move(done));
}

const PeerInfo* Hub::peer(const std::string& system) const {
  const auto found = impl_->systems.find(system);
  if (found == impl_->systems.end() || !found->second.session) return nullptr;
  return found->second.session->leaving ? nullptr : &found->second.session->info;
}

void Hub::on_up(std::function<void(const std::string&)> callback) {
  impl_->up = std::move(callback);
}

void Hub::on_down(std::function<void(const std::string&, const std::string&)> callback) {
  impl_->down = std::move(callback);
}

void Hub::on_event(std::function<void(const std::string&, const std::string&, Json)> callback) {
  impl_->event = std::move(callback);
}

void Hub::on_refused(std::function<void(const std::string&, const std::string&)> callback) {
  impl_->turned_away = std::move(callback);
}

void Hub::publish(std::string_view topic, const Json& body) {
  impl_->tap.publish(topic, body);
}

HubCounters Hub::counters() const {
  HubCounters counters = impl_->counters;
  counters.refused_keys = impl_->doorkeeper.refusals();
  counters.tap_dropped = impl_->tap.dropped();
  return counters;
}

std::size_t Hub::waiting(const std::string& system) const {
  const auto found = impl_->systems.find(system);
  return found == impl_->systems.end() ? 0 : found->second.queue.size();
}

std::size_t Hub::under_way(const std::string& system) const {
  const auto found = impl_->systems.find(system);
  if (found == impl_->systems.end() || !found->second.session) return 0;
  return found->second.session->under_way.size();
}

}  // namespace navette::bus
