// HTTP/1.1 over epoll for the bench: keep-alive, bodies with a Content-Length, nothing else. Cheap
// enough not to be what is measured.
//
// Threads: one. What breaks the little that is understood here ends the program.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace navette::bench {

std::int64_t now_ns();
// Says why, and ends the program with 3.
[[noreturn]] void give_up(const std::string& why);

// A request or an answer that is there as a whole.
struct Message {
  std::string_view start;    // its first line
  std::string_view headers;  // the lines after it
  std::string_view body;
  std::size_t bytes = 0;  // all of it
};
// Whether `text` begins with a whole message.
bool read_message(std::string_view text, Message& message);

class Poller {
 public:
  using Ready = std::function<void()>;
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  void watch(int fd, Ready readable);
  void unwatch(int fd);
  // Serves what is ready; waits for it until `until_ns` at the most (0: does not wait).
  void turn(std::int64_t until_ns);

 private:
  int epoll_ = -1;
  std::map<int, std::shared_ptr<Ready>> ready_;  // shared: one may unwatch itself while it runs
};

// A connection, of either end.
class Wire {
 public:
  explicit Wire(int fd) : fd_(fd) {}
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  int fd() const { return fd_; }
  void send(std::string_view bytes);
  // Takes in what is there; false: the other end has closed.
  bool receive();
  std::string& buffer() { return buffer_; }

 private:
  int fd_;
  std::string buffer_;
};

class Server {
 public:
  // Appends the answer, whole.
  using Handler = std::function<void(const Message& request, std::string& answer)>;
  Server(Poller& poller, Handler handler);
  int port() const { return port_; }

 private:
  void accept();
  void read(int fd);

  Poller& poller_;
  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::map<int, std::unique_ptr<Wire>> wires_;
  std::string answer_;
};

// Some connections to one place, each with one request under way at the most.
class Client {
 public:
  using Answered = std::function<void(std::size_t tag, int status)>;
  Client(Poller& poller, std::string host, int port, Answered answered);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  bool idle() const { return !idle_.empty(); }
  std::size_t connections() const { return wires_.size(); }
  void connect();
  // REQUIRES: idle().
  void send(std::string_view head, std::string_view body, std::size_t tag);

 private:
  void read(int fd);

  Poller& poller_;
  std::string host_;
  int port_;
  Answered answered_;
  std::map<int, std::unique_ptr<Wire>> wires_;
  std::map<int, std::size_t> tags_;
  std::vector<int> idle_;
  std::string request_;
};

}  // namespace navette::bench
