#include "tools/signals.h"

#include <csignal>
#include <utility>

#include <sys/signalfd.h>
#include <unistd.h>

namespace navette::tools {

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a reader of ours that goes away is seen where we write
  fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

Signals::~Signals() {
  if (fd_ >= 0) ::close(fd_);
}

Status Signals::watch(bus::Reactor& reactor, std::function<void(int)> caught) {
  if (fd_ < 0) return Error{Fault::kMisconfigured, "watch for signals: the system refused it"};
  reactor.watch_fd(fd_, [fd = fd_, caught = std::move(caught)] {
    signalfd_siginfo info{};
    if (::read(fd, &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
      caught(static_cast<int>(info.ssi_signo));
    }
  });
  return {};
}

}  // namespace navette::tools
