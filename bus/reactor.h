// The loop of one thread: its sockets, its timers, and work that other threads post to it.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "base/loop.h"
#include "bus/socket.h"

namespace navette::bus {

// Threads: post() and stop() from any thread; everything else on the thread that run()s, or before
// run() is called. What it runs must not throw.
// Ownership: borrows the clock, and every watched socket until unwatch().
class Reactor final : public Loop {
 public:
  using WatchId = std::uint64_t;

  explicit Reactor(const Clock& clock);
  ~Reactor() override;
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  TimePoint now() const override;
  std::chrono::milliseconds steady() const override;
  void post(Work work) override;
  TimerId after(std::chrono::milliseconds delay, Work work) override;
  void cancel(TimerId timer) override;

  // Call `readable` for as long as the socket, or the file descriptor, has something to read. A
  // callback that reads only a part is called again after other work had its turn.
  WatchId watch(const Socket& socket, Work readable);
  WatchId watch_fd(int fd, Work readable);
  // After this the callback does not run any more. An unknown id is ignored.
  void unwatch(WatchId watch);

  // Serve until stop(). Work that was posted and has not run by then waits for the next run().
  void run();
  // run() returns soon; a run() that has not begun yet returns at once.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace navette::bus
