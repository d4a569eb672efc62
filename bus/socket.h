// A ZeroMQ socket that never blocks and never throws; the only place that knows the library, with
// context.cc and reactor.cc.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "navette/result.h"

#include "bus/context.h"

namespace navette::bus {

enum class SocketKind : unsigned char { kRouter, kDealer, kWatched, kWatcher, kReplier };

enum class Sent : unsigned char {
  kSent,  // handed to the transport
  kFull,  // the other side does not read: nothing was sent
  kGone,  // nobody is there under that name: nothing was sent
};

// Threads: one at a time; it may be handed on.
// Closing it drops what it has not sent within a second.
class Socket {
 public:
  Socket(Context& context, SocketKind kind);
  ~Socket();
  Socket(Socket&&) noexcept;
  Socket& operator=(Socket&&) noexcept;

  // Before bind() or connect(). Keys are Z85; `domain` is what the doorkeeper (bus/zap.h) is told.
  // Errors: kMisconfigured.
  Status secure_as_server(const std::string& secret_key, const std::string& domain);
  Status secure_as_client(const std::string& server_key, const KeyPair& own);
  // Frames larger than this end the connection that they came over. Before bind().
  void limit_frame_bytes(std::int64_t bytes);
  // How many messages wait for a peer that does not read. Before bind() or connect().
  void limit_queue(int messages);

  // Errors: kMisconfigured (bad address, address in use).
  Status bind(const std::string& address);
  Status connect(const std::string& address);
  // The address that bind() took, with the port that the system chose for ":0" or ":*".
  std::string endpoint() const;
  // kWatcher: which topics, by their beginning.
  void subscribe(std::string_view beginning);
  // kWatched: whether a message that one watcher has no room for is lost to that one (true) or is
  // refused with kFull (false).
  void drop_when_full(bool drop);

  Sent send(std::span<const std::string_view> frames);
  // The next whole message; false when there is none now. `user` gets the name that the doorkeeper
  // gave the sender, empty without one. Frames beyond `frames_max` are thrown away and counted in
  // `surplus`.
  bool receive(std::vector<std::string>& frames, std::string& user, std::size_t& surplus);

  static constexpr std::size_t kFramesMax = 8;

 private:
  friend class Reactor;
  void* handle() const;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace navette::bus
