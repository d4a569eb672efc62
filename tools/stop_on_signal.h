// A stop token that SIGTERM and SIGINT set off, for commands that run without a loop of their own.

#pragma once

#include <stop_token>
#include <thread>

namespace navette::tools {

// Construct before any other thread is started.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  int signal_fd_ = -1;
  int end_fd_ = -1;
  std::thread watcher_;
};

}  // namespace navette::tools
