// A listening socket whose connections can't be held open by sending a byte now and then.

#pragma once

#include <chrono>
#include <memory>

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>

namespace navette {

class OpenConnections;

// Each connection has `request_time` from accept, and anew from each answer, to bring a request as
// a whole; after that, receiving fails with Poco::TimeoutException.
// Throws Poco's exceptions: its user talks to Poco anyway.
class GuardedServerSocket final : public Poco::Net::ServerSocket {
 public:
  GuardedServerSocket(const Poco::Net::SocketAddress& address, int backlog,
                      std::chrono::milliseconds request_time);

  // Ends every connection that was accepted and is not closed yet. Safe from any thread.
  void shut_down_connections();

 private:
  GuardedServerSocket(const Poco::Net::SocketAddress& address, int backlog,
                      std::chrono::milliseconds request_time,
                      std::shared_ptr<OpenConnections> connections);

  std::shared_ptr<OpenConnections> connections_;  // shared: Poco owns listener and connections
};

}  // namespace navette
