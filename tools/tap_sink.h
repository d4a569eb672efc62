// Gives every event to the watchers of the hub (`navette tail`), DEBUG ones too.

#pragma once

#include <string>

#include "base/clock.h"
#include "base/event.h"
#include "bus/hub.h"

namespace navette::tools {

// What a watcher of one flow subscribes to; the empty name: everything.
std::string tap_topic(const std::string& flow);

// Threads: emit() from any thread; what is said goes out on the loop's thread. Borrows both.
class TapSink final : public EventSink {
 public:
  TapSink(Loop& loop, bus::Hub& hub) : loop_(loop), hub_(hub) {}
  void emit(const Event& event) noexcept override;

 private:
  Loop& loop_;
  bus::Hub& hub_;
};

}  // namespace navette::tools
