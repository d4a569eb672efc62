// What the sockets of one process share, and the keys that they prove themselves with.

#pragma once

#include <memory>
#include <string>

#include "navette/result.h"

namespace navette::bus {

// The sockets of one process that talk over inproc must come from the same Context.
// It outlives every Socket made from it; its destructor waits until they are closed.
// Threads: safe from any thread.
class Context {
 public:
  Context();
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

 private:
  friend class Socket;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A CURVE pair, each key as 40 characters of Z85.
struct KeyPair {
  std::string public_key;
  std::string secret_key;
};

// A new pair from the system's random numbers.
// Errors: kMisconfigured when this libzmq was built without CURVE.
Result<KeyPair> make_keys();

// Whether the text has the form of a CURVE key: 40 characters of Z85.
bool is_key(const std::string& text);

}  // namespace navette::bus
