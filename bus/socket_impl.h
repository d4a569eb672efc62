// What context.cc, socket.cc and reactor.cc know of ZeroMQ. Include it from those only.

#pragma once

#include <zmq.hpp>

#include "bus/context.h"
#include "bus/socket.h"

namespace navette::bus {

struct Context::Impl {
  zmq::context_t zmq;
};

struct Socket::Impl {
  zmq::socket_t zmq;
};

}  // namespace navette::bus
