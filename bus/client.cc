#include "bus/client.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <span>
#include <thread>
#include <utility>

#include "base/random.h"
#include "bus/reactor.h"
#include "bus/socket.h"

namespace navette::bus {
namespace {

using std::chrono::milliseconds;

constexpr int kReadsPerTurn = 256;
constexpr milliseconds kHeartbeatMin{50};

struct Job {
  std::uint64_t session = 0;
  std::string id;
  milliseconds deadline{0};
  Asked asked;
};

std::string random_name() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  Random random;
  std::string name;
  for (int i = 0; i < 32; ++i) name += kDigits[random.below(kDigits.size())];
  return name;
}

Answer refusal(Fault fault, std::string message) {
  Answer answer;
  answer.error = Error{fault, std::move(message)};
  return answer;
}

}  // namespace

struct Client::Impl {
  enum class State : unsigned char { kApart, kGreeting, kServing, kLeaving, kEnded };

  Impl(Context& context_in, const Clock& clock, ClientOptions options_in, HandlerFactory factory_in,
       std::function<void(const std::string&)> log_in)
      : context(context_in),
        options(std::move(options_in)),
        factory(std::move(factory_in)),
        log(std::move(log_in)),
        reactor(clock),
        instance(random_name()),
        backoff(options.backoff_min) {}

  Context& context;
  const ClientOptions options;
  const HandlerFactory factory;
  const std::function<void(const std::string&)> log;
  Reactor reactor;
  const std::string instance;
  Random random;

  State state = State::kApart;
  Status outcome;
  std::optional<Socket> socket;
  Reactor::WatchId watch = 0;
  Loop::TimerId timer = 0;  // the one of the state: hello, heartbeat, backoff, goodbye
  milliseconds heartbeat = kHeartbeat;
  milliseconds silence_max = kSilenceMax;
  milliseconds heard{0};
  milliseconds backoff;
  std::uint64_t session = 0;
  std::int64_t event_credit = 0;

  std::mutex mutex;  // guards jobs
  std::condition_variable_any jobs_changed;
  std::deque<Job> jobs;

  std::atomic<std::uint64_t> sessions = 0;
  std::atomic<std::uint64_t> served = 0;
  std::atomic<std::uint64_t> malformed = 0;
  std::atomic<std::uint64_t> lost = 0;

  int credit() const { return options.credit > 0 ? options.credit : options.workers; }

  void say(const std::string& sentence) const {
    if (log) log(sentence);
  }

  void set_timer(milliseconds delay, Loop::Work work) {
    reactor.cancel(timer);
    timer = reactor.after(delay, std::move(work));
  }

  Status connect();
  void greet();
  void part(const std::string& why);
  void end(Status how);
  void leave();
  void beat();
  bool send(const Json& header);
  bool send(const std::string& text, std::string_view blob);
  void read();
  void take(Message message);
  void take_welcome(const Json& json);
  void take_request(Message message);
  void take_goodbye(const Json& json);
  void answer(std::uint64_t asked_in, const std::string& id, Answer answer);
  void work(int number, const std::stop_token& stop) noexcept;
  Answer carry_out(const Handler& handler, Job& job) noexcept;
};

// ---- connection --------------------------------------------------------------------------------

Status Client::Impl::connect() {
  socket.emplace(context, SocketKind::kDealer);
  socket->limit_frame_bytes(kBlobBytesMax);
  if (!options.hub_key.empty()) {
    NAVETTE_TRY(socket->secure_as_client(options.hub_key, options.own));
  }
  NAVETTE_TRY(socket->connect(options.address));
  watch = reactor.watch(*socket, [this] { read(); });
  greet();
  return {};
}

void Client::Impl::greet() {
  state = State::kGreeting;
  ++session;
  Json hello = header(type::kHello);
  hello.set("protocol", kProtocol);
  hello.set("system", options.system);
  hello.set("instance", instance);
  hello.set("connector", options.connector);
  hello.set("version", options.version);
  hello.set("credit", credit());
  Json methods = Json::array();
  for (const std::string& method : options.methods) methods.push(method);
  hello.set("methods", std::move(methods));
  send(hello);
  set_timer(options.hello_timeout, [this] { part("no welcome from the hub"); });
}

// Drop the connection and try again in a while.
void Client::Impl::part(const std::string& why) {
  reactor.unwatch(watch);
  socket.reset();
  if (state != State::kApart) say("Connection to the hub is apart: " + why + ".");
  state = State::kApart;
  ++session;
  event_credit = 0;
  const auto spread = static_cast<std::uint64_t>(std::max<std::int64_t>(1, backoff.count() / 2));
  const auto delay = backoff + milliseconds(random.below(spread));
  backoff = std::min(backoff * 2, options.backoff_max);
  set_timer(delay, [this] {
    if (Status connected = connect(); !connected) end(std::move(connected));
  });
}

void Client::Impl::end(Status how) {
  if (state == State::kEnded) return;
  state = State::kEnded;
  outcome = std::move(how);
  reactor.stop();
}

void Client::Impl::leave() {
  if (state != State::kServing) return end({});
  state = State::kLeaving;
  Json json = header(type::kGoodbye);
  json.set("reason", "stopping");
  send(json);
  // beat() goes on, so that the hub does not take us for dead while the last calls end.
  reactor.after(options.goodbye_max, [this] { end({}); });
}

void Client::Impl::beat() {
  if (reactor.steady() - heard > silence_max) {
    if (state == State::kLeaving) return end({});
    return part("the hub is silent");
  }
  send(header(type::kHeartbeat));
  set_timer(heartbeat, [this] { beat(); });
}

bool Client::Impl::send(const Json& header) {
  return send(header.dump(), {});
}

bool Client::Impl::send(const std::string& text, std::string_view blob) {
  if (!socket) return false;
  const std::array<std::string_view, 2> frames{text, blob};
  return socket->send(std::span(frames).first(blob.empty() ? 1 : 2)) == Sent::kSent;
}

// ---- messages ----------------------------------------------------------------------------------

void Client::Impl::read() {
  std::vector<std::string> frames;
  std::string user;
  std::size_t surplus = 0;
  for (int i = 0; i < kReadsPerTurn && socket; ++i) {
    if (!socket->receive(frames, user, surplus)) return;
    auto message = decode(std::move(frames), surplus);
    frames.clear();
    if (!message) {
      ++malformed;
      continue;
    }
    heard = reactor.steady();
    take(*std::move(message));
  }
}

void Client::Impl::take(Message message) {
  const bool serving = state == State::kServing || state == State::kLeaving;
  if (message.type == type::kWelcome) return take_welcome(message.header);
  if (message.type == type::kRefused) {
    return end(
        Error{Fault::kMisconfigured, "connect " + options.system + " to the hub: refused: " +
                                         std::string(message.header.at("message").as_string())});
  }
  if (message.type == type::kUnknown) {
    if (state == State::kLeaving) return end({});
    if (state == State::kServing) {
      say("The hub does not know us any more: saying hello again.");
      greet();
    }
    return;
  }
  if (message.type == type::kGoodbye) return take_goodbye(message.header);
  if (message.type == type::kHeartbeat) return;
  if (serving && message.type == type::kRequest) return take_request(std::move(message));
  if (serving && message.type == type::kCredit) {
    event_credit += std::clamp<std::int64_t>(message.header.at("events").as_int(), 0, 1'000'000);
    return;
  }
  ++malformed;
}

void Client::Impl::take_welcome(const Json& json) {
  if (state != State::kGreeting) return;
  state = State::kServing;
  backoff = options.backoff_min;
  heartbeat =
      std::max(kHeartbeatMin, milliseconds(json.at("heartbeat_ms").as_int(kHeartbeat.count())));
  silence_max =
      std::max(2 * heartbeat, milliseconds(json.at("silence_ms").as_int(kSilenceMax.count())));
  event_credit = json.at("event_credit").as_int();
  ++sessions;
  say("Connected to the hub.");
  set_timer(heartbeat, [this] { beat(); });
}

void Client::Impl::take_request(Message message) {
  auto id = name_in(message.header, "id");
  auto method = name_in(message.header, "method");
  if (!id || !method) {
    ++malformed;
    return;
  }
  const auto wait = std::max<std::int64_t>(1, message.header.at("deadline_ms").as_int(60'000));
  Job job;
  job.session = session;
  job.id = *std::move(id);
  job.deadline = reactor.steady() + milliseconds(wait);
  job.asked.method = *std::move(method);
  job.asked.correlation = message.header.at("correlation").as_string();
  job.asked.blob = std::move(message.blob);
  if (Json* params = message.header.find("params")) job.asked.params = std::move(*params);
  {
    const std::scoped_lock lock(mutex);
    // After a lost session the workers may still be at its calls, hence twice the credit.
    if (jobs.size() < 2 * static_cast<std::size_t>(credit())) {
      jobs.push_back(std::move(job));
      jobs_changed.notify_one();
      return;
    }
  }
  answer(session, job.id, refusal(Fault::kRetryLater, "more calls than the credit allows"));
}

void Client::Impl::take_goodbye(const Json& json) {
  const auto reason = json.at("reason").as_string();
  if (state == State::kLeaving) return end({});
  if (state != State::kServing) return;
  if (reason == "replaced") {
    return end(Error{Fault::kMisconfigured,
                     "serve " + options.system + ": another process took its place; run one only"});
  }
  part("the hub said goodbye (" + std::string(reason) + ")");
}

void Client::Impl::answer(std::uint64_t asked_in, const std::string& id, Answer answer) {
  if (asked_in != session) {
    ++lost;
    return;
  }
  Json json = header(type::kReply);
  json.set("id", id);
  json.set("ok", !answer.error);
  if (answer.error) {
    Json error = to_json(*answer.error);
    if (answer.ambiguous) error.set("ambiguous", true);
    json.set("error", std::move(error));
    answer.blob.clear();
  } else {
    json.set("result", std::move(answer.result));
  }
  std::string text = json.dump();
  if (text.size() > kHeaderBytesMax) {
    answer.blob.clear();
    json.erase("result");
    json.set("ok", false);
    json.set("error", to_json({Fault::kRejected, "the answer is larger than 4 MiB"}));
    text = json.dump();
  }
  if (send(text, answer.blob)) {
    ++served;
  } else {
    ++lost;
  }
}

// ---- workers -----------------------------------------------------------------------------------

Answer Client::Impl::carry_out(const Handler& handler, Job& job) noexcept {
  if (reactor.steady() >= job.deadline) {
    return refusal(Fault::kRetryLater, job.asked.method + ": the deadline had passed before");
  }
  const std::string method = job.asked.method;
  try {
    Answer answer = handler(std::move(job.asked));
    if (answer.blob.size() > kBlobBytesMax) {
      return refusal(Fault::kRejected, method + ": the file is larger than 32 MiB");
    }
    return answer;
  } catch (const std::exception& error) {
    Answer answer = refusal(Fault::kRetryLater, method + ": exception: " + error.what());
    answer.ambiguous = true;
    return answer;
  }
}

void Client::Impl::work(int number, const std::stop_token& stop) noexcept {
  const Handler handler = factory(number);
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex);
      if (!jobs_changed.wait(lock, stop, [this] { return !jobs.empty(); })) return;
      job = std::move(jobs.front());
      jobs.pop_front();
    }
    const auto asked_in = job.session;
    const std::string id = job.id;
    reactor.post([this, asked_in, id, answered = carry_out(handler, job)]() mutable {
      answer(asked_in, id, std::move(answered));
    });
  }
}

// ---- Client ------------------------------------------------------------------------------------

Client::Client(Context& context, const Clock& clock, ClientOptions options, HandlerFactory factory,
               std::function<void(const std::string&)> log)
    : impl_(std::make_unique<Impl>(context, clock, std::move(options), std::move(factory),
                                   std::move(log))) {}

Client::~Client() = default;

Status Client::run(const std::stop_token& stop) {
  Impl& impl = *impl_;
  impl.state = Impl::State::kApart;
  impl.outcome = {};
  NAVETTE_TRY(impl.connect());
  {
    std::vector<std::jthread> workers;
    workers.reserve(static_cast<std::size_t>(impl.options.workers));
    for (int i = 0; i < impl.options.workers; ++i) {
      workers.emplace_back([&impl, i](const std::stop_token& token) { impl.work(i, token); });
    }
    const std::stop_callback stopper(stop,
                                     [&impl] { impl.reactor.post([&impl] { impl.leave(); }); });
    impl.reactor.run();
  }
  impl.reactor.unwatch(impl.watch);
  impl.reactor.cancel(impl.timer);
  impl.socket.reset();
  return impl.outcome;
}

void Client::send_event(const std::string& name, Json data) {
  impl_->reactor.post([impl = impl_.get(), name, data = std::move(data)]() mutable {
    if (impl->state != Impl::State::kServing || impl->event_credit == 0) {
      ++impl->lost;
      return;
    }
    --impl->event_credit;
    Json json = header(type::kEvent);
    json.set("name", name);
    json.set("data", std::move(data));
    impl->send(json);
  });
}

ClientCounters Client::counters() const {
  return {impl_->sessions, impl_->served, impl_->malformed, impl_->lost};
}

}  // namespace navette::bus
