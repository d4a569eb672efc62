#include "tools/stop_on_signal.h"

#include <array>
#include <csignal>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace navette::tools {

StopOnSignal::StopOnSignal() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal_fd_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  end_fd_ = ::eventfd(0, EFD_CLOEXEC);
  watcher_ = std::thread([this] {
    std::array<pollfd, 2> what = {{{signal_fd_, POLLIN, 0}, {end_fd_, POLLIN, 0}}};
    while (::poll(what.data(), what.size(), -1) < 0) {
    }
    source_.request_stop();
  });
}

StopOnSignal::~StopOnSignal() {
  ::eventfd_write(end_fd_, 1);
  watcher_.join();
  ::close(signal_fd_);
  ::close(end_fd_);
}

}  // namespace navette::tools
