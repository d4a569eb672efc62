// A child process of a test: ended with its scope, by its own id.

#pragma once

#include <map>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace navette::test {

class Child {
 public:
  // argv[0] is looked up in PATH; `environment` is added to ours.
  Child(std::vector<std::string> argv, const std::map<std::string, std::string>& environment) {
    std::vector<std::string> texts;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string text = *entry;
      if (!environment.contains(text.substr(0, text.find('=')))) texts.push_back(text);
    }
    for (const auto& [name, value] : environment) texts.push_back(name + "=" + value);
    const auto pointers = [](std::vector<std::string>& list) {
      std::vector<char*> out;
      for (std::string& text : list) out.push_back(text.data());
      out.push_back(nullptr);
      return out;
    };
    const int failed = posix_spawnp(&pid_, argv[0].c_str(), nullptr, nullptr, pointers(argv).data(),
                                    pointers(texts).data());
    if (failed != 0) pid_ = -1;
    EXPECT_EQ(failed, 0) << "cannot start " << argv[0];
  }
  ~Child() {
    end(SIGKILL);
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void end(int signal) const {
    if (pid_ > 0) ::kill(pid_, signal);
  }
  // Its exit code; 128 + the signal that ended it.
  int wait() {
    if (pid_ > 0) {
      int status = 0;
      while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
      }
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      pid_ = -1;
    }
    return code_;
  }

 private:
  pid_t pid_ = -1;
  int code_ = 0;
};

}  // namespace navette::test
