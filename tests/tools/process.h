// Runs the navette command in tests, with an environment of its own.

#pragma once

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace navette {

// A fresh folder that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "navette-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string at(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(at(name)).parent_path());
    std::ofstream(at(name)) << text;
  }

 private:
  std::string path_;
};

using Variables = std::map<std::string, std::string>;

// A running command. What it writes is read as it is asked for.
class Process {
 public:
  // `input`: the file that is its standard input.
  explicit Process(const std::vector<std::string>& arguments, const Variables& environment = {},
                   const std::string& input = "/dev/null") {
    std::vector<std::string> words = {NAVETTE_BINARY};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> variables = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"};
    for (const auto& [name, value] : environment) {
      std::string variable = name;
      variables.push_back(variable.append("=").append(value));
    }
    std::array<int, 2> out_ends{};
    std::array<int, 2> err_ends{};
    if (::pipe2(out_ends.data(), O_CLOEXEC) != 0 || ::pipe2(err_ends.data(), O_CLOEXEC) != 0)
      return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out_ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err_ends[1], STDERR_FILENO);
    ::posix_spawn(&pid_, NAVETTE_BINARY, &actions, nullptr, pointers(words).data(),
                  pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    ::close(out_ends[1]);
    ::close(err_ends[1]);
    out_fd_ = out_ends[0];
    err_fd_ = err_ends[0];
  }
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(out_fd_);
    ::close(err_fd_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void signal(int number) const { ::kill(pid_, number); }

  // Reads until `mark` was written; says whether it was, within half a minute.
  bool await_out(const std::string& mark) { return await(out, mark); }
  bool await_err(const std::string& mark) { return await(err, mark); }

  // The same, but gives up when it has written nothing for so long.
  bool await_out(const std::string& mark, std::chrono::milliseconds silence) {
    return await(out, mark, silence);
  }

  // Reads the rest and gives the exit code; -1 when a signal ended it, or nothing did.
  int wait() {
    while (read_some()) {
    }
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) return -1;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::string out;
  std::string err;

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
  }

  bool await(const std::string& text, const std::string& mark,
             std::chrono::milliseconds silence = std::chrono::seconds(30)) {
    while (text.find(mark) == std::string::npos) {
      if (!read_some(silence)) return false;
    }
    return true;
  }

  bool read_some(std::chrono::milliseconds silence = std::chrono::seconds(30)) {
    std::array<pollfd, 2> what = {{{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}}};
    if (out_ended_) what[0].fd = -1;
    if (err_ended_) what[1].fd = -1;
    if (out_ended_ && err_ended_) return false;
    if (::poll(what.data(), what.size(), static_cast<int>(silence.count())) <= 0) return false;
    if (what[0].revents != 0) out_ended_ = !take(out_fd_, out);
    if (what[1].revents != 0) err_ended_ = !take(err_fd_, err);
    return true;
  }

  static bool take(int fd, std::string& text) {
    std::array<char, 4096> buffer{};
    const auto count = ::read(fd, buffer.data(), buffer.size());
    if (count <= 0) return false;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
  }

  pid_t pid_ = -1;
  int out_fd_ = -1;
  int err_fd_ = -1;
  bool out_ended_ = false;
  bool err_ended_ = false;
};

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

inline Ran run_navette(const std::vector<std::string>& arguments, const Variables& environment = {},
                       const std::string& input = "/dev/null") {
  Process process(arguments, environment, input);
  const int code = process.wait();
  return {code, process.out, process.err};
}

}  // namespace navette
