#include "bus/reactor.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

namespace navette::bus {
namespace {

using std::chrono::milliseconds;

TEST(Reactor, RunsTimersInTheOrderOfTheirTimes) {
  const SystemClock clock;
  Reactor reactor(clock);
  std::vector<int> ran;
  reactor.after(milliseconds(20), [&] {
    ran.push_back(3);
    reactor.stop();
  });
  reactor.after(milliseconds(0), [&] { ran.push_back(1); });
  reactor.after(milliseconds(0), [&] { ran.push_back(2); });
  const auto cancelled = reactor.after(milliseconds(5), [&] { ran.push_back(9); });
  reactor.cancel(cancelled);
  reactor.cancel(cancelled);
  reactor.run();
  EXPECT_THAT(ran, testing::ElementsAre(1, 2, 3));
}

TEST(Reactor, ATimerThatRenewsItselfDoesNotStarveTheRest) {
  const SystemClock clock;
  Reactor reactor(clock);
  std::function<void()> again = [&] { reactor.after(milliseconds(0), again); };
  again();
  reactor.post([&] { reactor.post([&] { reactor.stop(); }); });
  reactor.run();
}

TEST(Reactor, RunsWhatOtherThreadsPostInTheirOrder) {
  constexpr int kThreads = 4;
  constexpr int kEach = 1000;
  const SystemClock clock;
  Reactor reactor(clock);
  std::vector<int> last(kThreads, 0);
  int ran = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 1; i <= kEach; ++i) {
        reactor.post([&, t, i] {
          EXPECT_EQ(last[static_cast<std::size_t>(t)] + 1, i);
          last[static_cast<std::size_t>(t)] = i;
          if (++ran == kThreads * kEach) reactor.stop();
        });
      }
    });
  }
  reactor.run();
  EXPECT_EQ(ran, kThreads * kEach);
}

TEST(Reactor, AStopBeforeRunIsNotForgotten) {
  const SystemClock clock;
  Reactor reactor(clock);
  reactor.stop();
  reactor.run();
}

TEST(Reactor, WatchesAFileDescriptorUntilToldNotTo) {
  const SystemClock clock;
  Reactor reactor(clock);
  const int fd = eventfd(2, EFD_CLOEXEC | EFD_SEMAPHORE);
  int calls = 0;
  Reactor::WatchId watch = 0;
  watch = reactor.watch_fd(fd, [&] {
    std::uint64_t count = 0;
    EXPECT_EQ(read(fd, &count, sizeof count), 8);
    ++calls;
    reactor.unwatch(watch);
    reactor.after(milliseconds(10), [&] { reactor.stop(); });
  });
  reactor.run();
  EXPECT_EQ(calls, 1) << "the second count is still there to read, but not watched";
  close(fd);
}

}  // namespace
}  // namespace navette::bus
