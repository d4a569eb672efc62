// Lets other threads ask the loop's thread something, and wait for the answer no longer than told.

#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "base/loop.h"

namespace navette::tools {

// Threads: ask() from any thread but the loop's.
class Bridge {
 public:
  explicit Bridge(Loop& loop) : loop_(loop) {}

  // What `work` gives on the loop's thread; nothing when it has not run by then. It may run later
  // all the same, so it must own what it uses.
  template <class T>
  std::optional<T> ask(std::function<T()> work, std::chrono::milliseconds how_long) {
    // shared: the asker may have gone when the work runs, and the other way round.
    auto answer = std::make_shared<std::promise<T>>();
    std::future<T> future = answer->get_future();
    loop_.post([answer, work = std::move(work)] { answer->set_value(work()); });
    if (future.wait_for(how_long) != std::future_status::ready) return std::nullopt;
    return future.get();
  }

  // The same where the answer comes later: `work` is given a function to call with it, once, on
  // the loop's thread.
  template <class T>
  std::optional<T> ask_later(std::function<void(std::function<void(T)>)> work,
                             std::chrono::milliseconds how_long) {
    auto answer = std::make_shared<std::promise<T>>();  // shared: as above
    std::future<T> future = answer->get_future();
    loop_.post([answer, work = std::move(work)] {
      work([answer](T value) { answer->set_value(std::move(value)); });
    });
    if (future.wait_for(how_long) != std::future_status::ready) return std::nullopt;
    try {
      return future.get();
    } catch (const std::future_error&) {
      return std::nullopt;  // whoever was to answer is gone
    }
  }

 private:
  Loop& loop_;
};

}  // namespace navette::tools
