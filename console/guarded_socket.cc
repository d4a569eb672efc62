#include "console/guarded_socket.h"

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <set>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocketImpl.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <sys/socket.h>

namespace navette {

// Those that may be shut down: their file descriptor is still theirs.
class OpenConnections {
 public:
  void add(Poco::Net::SocketImpl& connection) {
    const std::scoped_lock lock(mutex_);
    connections_.insert(&connection);
  }
  void remove(Poco::Net::SocketImpl& connection) {
    const std::scoped_lock lock(mutex_);
    connections_.erase(&connection);
  }
  void shut_down() {
    const std::scoped_lock lock(mutex_);
    for (Poco::Net::SocketImpl* connection : connections_) {
      ::shutdown(connection->sockfd(), SHUT_RDWR);
    }
  }

 private:
  std::mutex mutex_;
  std::set<Poco::Net::SocketImpl*> connections_;  // guarded by mutex_
};

namespace {

using Clock = std::chrono::steady_clock;

class GuardedConnection final : public Poco::Net::StreamSocketImpl {
 public:
  GuardedConnection(poco_socket_t fd, std::chrono::milliseconds request_time,
                    std::shared_ptr<OpenConnections> open)
      : StreamSocketImpl(fd),
        request_time_(request_time),
        deadline_(Clock::now() + request_time),
        open_(std::move(open)) {
    open_->add(*this);
  }
  ~GuardedConnection() override { open_->remove(*this); }

  void close() override {
    open_->remove(*this);
    StreamSocketImpl::close();
  }

  int sendBytes(const void* buffer, int length, int flags) override {
    const int sent = StreamSocketImpl::sendBytes(buffer, length, flags);
    deadline_ = Clock::now() + request_time_;
    return sent;
  }

  int receiveBytes(void* buffer, int length, int flags) override {
    const auto left =
        std::chrono::duration_cast<std::chrono::microseconds>(deadline_ - Clock::now());
    if (left.count() <= 0) throw Poco::TimeoutException("request takes too long");
    const Poco::Timespan wait(std::min<Poco::Timespan::TimeDiff>(left.count(), timeout_us()));
    if (!poll(wait, SELECT_READ)) throw Poco::TimeoutException("no request");
    return StreamSocketImpl::receiveBytes(buffer, length, flags);
  }

 private:
  Poco::Timespan::TimeDiff timeout_us() {
    const auto timeout = getReceiveTimeout().totalMicroseconds();
    return timeout > 0 ? timeout : request_time_.count() * 1000;
  }

  std::chrono::milliseconds request_time_;
  Clock::time_point deadline_;
  std::shared_ptr<OpenConnections> open_;  // shared: Poco says when a connection is destroyed
};

class GuardedListener final : public Poco::Net::ServerSocketImpl {
 public:
  GuardedListener(std::chrono::milliseconds request_time, std::shared_ptr<OpenConnections> open)
      : request_time_(request_time), open_(std::move(open)) {}

  Poco::Net::SocketImpl* acceptConnection(Poco::Net::SocketAddress& client) override {
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    int fd = -1;
    do {
      fd = ::accept4(sockfd(), reinterpret_cast<sockaddr*>(&address), &length,  // NOLINT
                     SOCK_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) throw Poco::Net::NetException("accept", errno);
    client = Poco::Net::SocketAddress(reinterpret_cast<sockaddr*>(&address), length);  // NOLINT
    return new GuardedConnection(fd, request_time_, open_);  // owned by Poco's reference count
  }

 private:
  std::chrono::milliseconds request_time_;
  std::shared_ptr<OpenConnections> open_;  // shared: connections may outlive their listener
};

}  // namespace

GuardedServerSocket::GuardedServerSocket(const Poco::Net::SocketAddress& address, int backlog,
                                         std::chrono::milliseconds request_time)
    : GuardedServerSocket(address, backlog, request_time, std::make_shared<OpenConnections>()) {}

GuardedServerSocket::GuardedServerSocket(const Poco::Net::SocketAddress& address, int backlog,
                                         std::chrono::milliseconds request_time,
                                         std::shared_ptr<OpenConnections> connections)
    : ServerSocket(new GuardedListener(request_time, connections), true),
      connections_(std::move(connections)) {
  // Not the port, only the address: a second hub on the same port must fail, not share it.
  impl()->bind(address, true, false);
  impl()->listen(backlog);
}

void GuardedServerSocket::shut_down_connections() {
  connections_->shut_down();
}

}  // namespace navette
