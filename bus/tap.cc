#include "bus/tap.h"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/message.h"

namespace navette::bus {

Tap::Tap(Reactor& reactor, Context& context)
    : reactor_(reactor), socket_(context, SocketKind::kWatched) {
  socket_.limit_queue(kQueueMax);
}

Tap::~Tap() {
  reactor_.unwatch(watch_);
}

Status Tap::open(const std::string& address, const std::string& secret_key,
                 const std::string& domain) {
  if (!secret_key.empty()) NAVETTE_TRY(socket_.secure_as_server(secret_key, domain));
  NAVETTE_TRY(socket_.bind(address));
  // Subscriptions arrive as messages; they are applied by the library and only have to be taken.
  watch_ = reactor_.watch(socket_, [this] {
    std::vector<std::string> frames;
    std::string user;
    std::size_t surplus = 0;
    while (socket_.receive(frames, user, surplus)) {
    }
  });
  open_ = true;
  return {};
}

void Tap::publish(std::string_view topic, const Json& body) {
  if (!open_) return;
  const std::string number = std::to_string(++number_);
  const std::string text = body.dump();
  const std::array<std::string_view, 3> frames{topic, number, text};
  socket_.drop_when_full(false);
  if (socket_.send(frames) == Sent::kSent) return;
  ++dropped_;
  socket_.drop_when_full(true);
  socket_.send(frames);
}

Status watch_tap(Context& context, const WatchOptions& options,
                 const std::function<void(const Seen&)>& seen, const std::stop_token& stop) {
  Socket socket(context, SocketKind::kWatcher);
  socket.limit_queue(Tap::kQueueMax);
  socket.limit_frame_bytes(kHeaderBytesMax);
  if (!options.server_key.empty()) {
    NAVETTE_TRY(socket.secure_as_client(options.server_key, options.own));
  }
  socket.subscribe(options.topic);
  NAVETTE_TRY(socket.connect(options.address));

  const SystemClock clock;
  Reactor reactor(clock);
  std::uint64_t last = 0;
  const auto watch = reactor.watch(socket, [&] {
    std::vector<std::string> frames;
    std::string user;
    std::size_t surplus = 0;
    if (!socket.receive(frames, user, surplus) || frames.size() != 3 || surplus > 0) return;
    Seen message;
    std::from_chars(frames[1].data(), frames[1].data() + frames[1].size(), message.number);
    auto body = Json::parse(frames[2], "message of the tap");
    if (!body) return;
    if (last > 0 && message.number > last + 1 && options.topic.empty()) {
      message.missed = message.number - last - 1;
    }
    last = message.number;
    message.topic = std::move(frames[0]);
    message.body = *std::move(body);
    seen(message);
  });
  const std::stop_callback stopper(stop, [&] { reactor.stop(); });
  reactor.run();
  reactor.unwatch(watch);
  return {};
}

}  // namespace navette::bus
