// A listening socket whose connections can't be held open by sending a byte now and then.

#pragma once

#include <chrono>

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>

namespace navette {

// Each connection has `request_time` from accept, and anew from each answer, to bring a request as
// a whole; after that, receiving fails with Poco::TimeoutException.
// Throws Poco's exceptions: its user talks to Poco anyway.
class GuardedServerSocket final : public Poco::Net::ServerSocket {
 public:
  GuardedServerSocket(const Poco::Net::SocketAddress& address, int backlog,
                      std::chrono::milliseconds request_time);
};

}  // namespace navette
