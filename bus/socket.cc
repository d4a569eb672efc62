#include "bus/socket.h"

#include <cerrno>
#include <utility>

#include "bus/socket_impl.h"

namespace navette::bus {
namespace {

constexpr int kLingerMs = 1000;
constexpr int kHandshakeMsMax = 10'000;

zmq::socket_type type_of(SocketKind kind) {
  switch (kind) {
    case SocketKind::kRouter:
      return zmq::socket_type::router;
    case SocketKind::kDealer:
      return zmq::socket_type::dealer;
    case SocketKind::kWatched:
      return zmq::socket_type::xpub;
    case SocketKind::kWatcher:
      return zmq::socket_type::sub;
    case SocketKind::kReplier:
      return zmq::socket_type::rep;
  }
  return zmq::socket_type::dealer;
}

Error misconfigured(const std::string& what, const zmq::error_t& cause) {
  return Error{Fault::kMisconfigured, what + ": " + cause.what()};
}

}  // namespace

Socket::Socket(Context& context, SocketKind kind)
    : impl_(new Impl{zmq::socket_t(context.impl_->zmq, type_of(kind))}) {
  impl_->zmq.set(zmq::sockopt::linger, kLingerMs);
  impl_->zmq.set(zmq::sockopt::handshake_ivl, kHandshakeMsMax);
  if (kind == SocketKind::kRouter) impl_->zmq.set(zmq::sockopt::router_mandatory, true);
}

Socket::~Socket() = default;
Socket::Socket(Socket&&) noexcept = default;
Socket& Socket::operator=(Socket&&) noexcept = default;

Status Socket::secure_as_server(const std::string& secret_key, const std::string& domain) {
  try {
    impl_->zmq.set(zmq::sockopt::curve_server, true);
    impl_->zmq.set(zmq::sockopt::curve_secretkey, secret_key);
    impl_->zmq.set(zmq::sockopt::zap_domain, domain);
  } catch (const zmq::error_t& error) {
    return misconfigured("use secret key of the hub", error);
  }
  return {};
}

Status Socket::secure_as_client(const std::string& server_key, const KeyPair& own) {
  try {
    impl_->zmq.set(zmq::sockopt::curve_serverkey, server_key);
    impl_->zmq.set(zmq::sockopt::curve_publickey, own.public_key);
    impl_->zmq.set(zmq::sockopt::curve_secretkey, own.secret_key);
  } catch (const zmq::error_t& error) {
    return misconfigured("use keys for the bus", error);
  }
  return {};
}

void Socket::limit_frame_bytes(std::int64_t bytes) {
  impl_->zmq.set(zmq::sockopt::maxmsgsize, bytes);
}

void Socket::limit_queue(int messages) {
  impl_->zmq.set(zmq::sockopt::sndhwm, messages);
  impl_->zmq.set(zmq::sockopt::rcvhwm, messages);
}

Status Socket::bind(const std::string& address) {
  try {
    impl_->zmq.bind(address);
  } catch (const zmq::error_t& error) {
    return misconfigured("listen on " + address, error);
  }
  return {};
}

Status Socket::connect(const std::string& address) {
  try {
    impl_->zmq.connect(address);
  } catch (const zmq::error_t& error) {
    return misconfigured("connect to " + address, error);
  }
  return {};
}

std::string Socket::endpoint() const {
  return impl_->zmq.get(zmq::sockopt::last_endpoint);
}

void Socket::subscribe(std::string_view beginning) {
  impl_->zmq.set(zmq::sockopt::subscribe, beginning);
}

void Socket::drop_when_full(bool drop) {
  impl_->zmq.set(zmq::sockopt::xpub_nodrop, drop ? 0 : 1);
}

Sent Socket::send(std::span<const std::string_view> frames) {
  try {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      auto flags = zmq::send_flags::dontwait;
      if (i + 1 < frames.size()) flags = flags | zmq::send_flags::sndmore;
      if (!impl_->zmq.send(zmq::const_buffer(frames[i].data(), frames[i].size()), flags)) {
        return Sent::kFull;
      }
    }
    return Sent::kSent;
  } catch (const zmq::error_t&) {
    return Sent::kGone;
  }
}

bool Socket::receive(std::vector<std::string>& frames, std::string& user, std::size_t& surplus) {
  frames.clear();
  user.clear();
  surplus = 0;
  try {
    zmq::message_t part;
    do {
      if (!impl_->zmq.recv(part, zmq::recv_flags::dontwait)) return false;
      // The routing frame of a ROUTER does not always carry it; the frames of the peer do.
      if (user.empty()) {
        const char* name = zmq_msg_gets(part.handle(), "User-Id");
        if (name != nullptr) user = name;
      }
      if (frames.size() < kFramesMax) {
        frames.emplace_back(static_cast<const char*>(part.data()), part.size());
      } else {
        ++surplus;
      }
    } while (part.more());
    return true;
  } catch (const zmq::error_t&) {
    return false;
  }
}

void* Socket::handle() const {
  return impl_->zmq.handle();
}

}  // namespace navette::bus
