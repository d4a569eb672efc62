#include "bus/reactor.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <sys/eventfd.h>
#include <unistd.h>

#include "bus/socket_impl.h"

namespace navette::bus {

struct Reactor::Impl {
  struct Watch {
    zmq::pollitem_t item;
    std::shared_ptr<Work> readable;  // shared: a callback may unwatch itself while it runs
  };

  explicit Impl(const Clock& clock_in) : clock(clock_in), wake(eventfd(0, EFD_CLOEXEC)) {}
  ~Impl() { close(wake); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const Clock& clock;
  const int wake;
  std::atomic<bool> stopped = false;

  std::mutex mutex;          // guards posted
  std::vector<Work> posted;  // from any thread

  std::multimap<std::pair<std::chrono::milliseconds, TimerId>, Work> timers;
  std::map<TimerId, std::chrono::milliseconds> due;
  TimerId last_timer = 0;
  std::map<WatchId, Watch> watches;
  WatchId last_watch = 0;
  bool watches_changed = true;
  std::vector<zmq::pollitem_t> items;
  std::vector<WatchId> item_ids;

  void wake_up() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(wake, &one, sizeof one);
  }

  void run_posted() {
    std::vector<Work> batch;
    {
      const std::scoped_lock lock(mutex);
      batch.swap(posted);
    }
    for (Work& work : batch) {
      work();
      work = nullptr;
    }
  }

  void run_due() {
    // Only what was due when we began: a timer that sets a timer of 0 ms must not starve the rest.
    const std::pair limit{clock.steady(), last_timer};
    while (!timers.empty() && timers.begin()->first.first <= limit.first) {
      auto next = timers.begin();
      if (next->first.second > limit.second) break;
      Work work = std::move(next->second);
      due.erase(next->first.second);
      timers.erase(next);
      work();
    }
  }

  std::chrono::milliseconds patience() {
    {
      const std::scoped_lock lock(mutex);
      if (!posted.empty() || stopped) return std::chrono::milliseconds(0);
    }
    if (timers.empty()) return std::chrono::milliseconds(-1);
    return std::max(std::chrono::milliseconds(0), timers.begin()->first.first - clock.steady());
  }

  void list_items() {
    items.assign(1, zmq::pollitem_t{nullptr, wake, ZMQ_POLLIN, 0});
    item_ids.assign(1, 0);
    for (const auto& [id, watch] : watches) {
      items.push_back(watch.item);
      item_ids.push_back(id);
    }
    watches_changed = false;
  }

  void wait_and_dispatch() {
    if (watches_changed) list_items();
    const auto timeout = patience();
    try {
      if (zmq::poll(items, timeout) <= 0) return;
    } catch (const zmq::error_t&) {
      return;  // a signal interrupted it
    }
    if ((items[0].revents & ZMQ_POLLIN) != 0) {
      std::uint64_t count = 0;
      [[maybe_unused]] const auto taken = read(wake, &count, sizeof count);
    }
    for (std::size_t i = 1; i < items.size(); ++i) {
      if (items[i].revents == 0) continue;
      const auto known = watches.find(item_ids[i]);
      if (known == watches.end()) continue;
      const auto readable = known->second.readable;
      (*readable)();
    }
  }

  WatchId add(zmq::pollitem_t item, Work readable) {
    watches.emplace(++last_watch, Watch{item, std::make_shared<Work>(std::move(readable))});
    watches_changed = true;
    return last_watch;
  }
};

Reactor::Reactor(const Clock& clock) : impl_(std::make_unique<Impl>(clock)) {}

Reactor::~Reactor() = default;

TimePoint Reactor::now() const {
  return impl_->clock.now();
}

std::chrono::milliseconds Reactor::steady() const {
  return impl_->clock.steady();
}

void Reactor::post(Work work) {
  bool was_empty = false;
  {
    const std::scoped_lock lock(impl_->mutex);
    was_empty = impl_->posted.empty();
    impl_->posted.push_back(std::move(work));
  }
  if (was_empty) impl_->wake_up();
}

Loop::TimerId Reactor::after(std::chrono::milliseconds delay, Work work) {
  const auto when = impl_->clock.steady() + std::max(delay, std::chrono::milliseconds(0));
  const TimerId id = ++impl_->last_timer;
  impl_->timers.emplace(std::pair{when, id}, std::move(work));
  impl_->due.emplace(id, when);
  return id;
}

void Reactor::cancel(TimerId timer) {
  const auto known = impl_->due.find(timer);
  if (known == impl_->due.end()) return;
  impl_->timers.erase({known->second, timer});
  impl_->due.erase(known);
}

Reactor::WatchId Reactor::watch(const Socket& socket, Work readable) {
  return impl_->add({socket.handle(), 0, ZMQ_POLLIN, 0}, std::move(readable));
}

Reactor::WatchId Reactor::watch_fd(int fd, Work readable) {
  return impl_->add({nullptr, fd, ZMQ_POLLIN, 0}, std::move(readable));
}

void Reactor::unwatch(WatchId watch) {
  impl_->watches_changed |= impl_->watches.erase(watch) > 0;
}

void Reactor::run() {
  while (!impl_->stopped) {
    impl_->run_posted();
    impl_->run_due();
    if (impl_->stopped) break;
    impl_->wait_and_dispatch();
  }
  impl_->stopped = false;
}

void Reactor::stop() {
  impl_->stopped = true;
  impl_->wake_up();
}

}  // namespace navette::bus
