#include "tests/bench/pipeline/http.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace navette::bench {
namespace {

constexpr std::string_view kLength = "content-length:";

bool begins_with_any_case(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  return std::equal(lower.begin(), lower.end(), text.begin(), [](char a, char b) {
    return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b + 32) : b);
  });
}

std::size_t length_in(std::string_view headers) {
  for (std::size_t at = 0; at < headers.size();) {
    const std::size_t end = std::min(headers.find("\r\n", at), headers.size());
    std::string_view line = headers.substr(at, end - at);
    if (begins_with_any_case(line, "transfer-encoding:")) give_up("a body came in chunks");
    if (begins_with_any_case(line, kLength)) {
      line.remove_prefix(kLength.size());
      while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
      std::size_t length = 0;
      std::from_chars(line.data(), line.data() + line.size(), length);
      return length;
    }
    at = end + 2;
  }
  return 0;
}

void set_up(int fd) {
  const int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

sockaddr_in address_of(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) give_up("no address: " + host);
  return address;
}

}  // namespace

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

void give_up(const std::string& why) {
  std::fprintf(stderr, "pipeline_load: %s\n", why.c_str());
  std::exit(3);
}

bool read_message(std::string_view text, Message& message) {
  const std::size_t line = text.find("\r\n");
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  message.start = text.substr(0, line);
  message.headers = line == end ? std::string_view() : text.substr(line + 2, end - line - 2);
  const std::size_t length = length_in(message.headers);
  if (text.size() < end + 4 + length) return false;
  message.body = text.substr(end + 4, length);
  message.bytes = end + 4 + length;
  return true;
}

// ---- Poller ------------------------------------------------------------------------------------

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) give_up("epoll_create1 failed");
}

Poller::~Poller() {
  close(epoll_);
}

void Poller::watch(int fd, Ready readable) {
  ready_[fd] = std::make_shared<Ready>(std::move(readable));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) give_up("epoll_ctl failed");
}

void Poller::unwatch(int fd) {
  if (ready_.erase(fd) > 0) epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

void Poller::turn(std::int64_t until_ns) {
  std::array<epoll_event, 128> events{};
  const std::int64_t left = until_ns == 0 ? 0 : std::max<std::int64_t>(0, until_ns - now_ns());
  const timespec wait{left / 1'000'000'000, left % 1'000'000'000};
  const int found =
      epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
  for (int i = 0; i < found; ++i) {
    const auto known = ready_.find(events[static_cast<std::size_t>(i)].data.fd);
    if (known == ready_.end()) continue;
    const auto readable = known->second;
    (*readable)();
  }
}

// ---- Wire --------------------------------------------------------------------------------------

Wire::~Wire() {
  close(fd_);
}

void Wire::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd room{fd_, POLLOUT, 0};
      ::poll(&room, 1, 1000);
    } else {
      return;  // the other end has gone: it is seen when it is read
    }
  }
}

bool Wire::receive() {
  std::array<char, 65536> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const ssize_t got = recv(fd_, piece.data(), piece.size(), MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  buffer_.append(piece.data(), static_cast<std::size_t>(got));
  return got > 0;
}

// ---- Server ------------------------------------------------------------------------------------

Server::Server(Poller& poller, Handler handler) : poller_(poller), handler_(std::move(handler)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = address_of("127.0.0.1", 0);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);  // NOLINT
  if (bind(listener_, plain, size) != 0 || listen(listener_, 512) != 0 ||
      getsockname(listener_, plain, &size) != 0) {
    give_up("can't listen");
  }
  port_ = ntohs(address.sin_port);
  poller_.watch(listener_, [this] { accept(); });
}

void Server::accept() {
  const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  set_up(fd);
  wires_[fd] = std::make_unique<Wire>(fd);
  poller_.watch(fd, [this, fd] { read(fd); });
}

void Server::read(int fd) {
  Wire& wire = *wires_.at(fd);
  const bool open = wire.receive();
  answer_.clear();
  std::string_view text = wire.buffer();
  Message message;
  while (read_message(text, message)) {
    handler_(message, answer_);
    text.remove_prefix(message.bytes);
  }
  wire.buffer().erase(0, wire.buffer().size() - text.size());
  if (!answer_.empty()) wire.send(answer_);
  if (open) return;
  poller_.unwatch(fd);
  wires_.erase(fd);
}

// ---- Client ------------------------------------------------------------------------------------

Client::Client(Poller& poller, std::string host, int port, Answered answered)
    : poller_(poller), host_(std::move(host)), port_(port), answered_(std::move(answered)) {}

Client::~Client() {
  for (const auto& [fd, wire] : wires_) poller_.unwatch(fd);
}

void Client::connect() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = address_of(host_, port_);
  const auto* plain = reinterpret_cast<const sockaddr*>(&address);  // NOLINT
  if (::connect(fd, plain, sizeof address) != 0) {
    give_up("connect to port " + std::to_string(port_) + ": " + std::strerror(errno));
  }
  set_up(fd);
  wires_[fd] = std::make_unique<Wire>(fd);
  idle_.push_back(fd);
  poller_.watch(fd, [this, fd] { read(fd); });
}

void Client::send(std::string_view head, std::string_view body, std::size_t tag) {
  const int fd = idle_.back();
  idle_.pop_back();
  tags_[fd] = tag;
  request_.assign(head);
  request_ += std::to_string(body.size());
  request_ += "\r\n\r\n";
  request_ += body;
  wires_.at(fd)->send(request_);
}

void Client::read(int fd) {
  Wire& wire = *wires_.at(fd);
  const bool open = wire.receive();
  Message message;
  if (read_message(wire.buffer(), message)) {
    const int status = std::atoi(std::string(message.start.substr(9, 3)).c_str());
    wire.buffer().clear();
    const std::size_t tag = tags_.at(fd);
    tags_.erase(fd);
    if (open) idle_.push_back(fd);
    answered_(tag, status);
  }
  if (open) return;
  // Closed by the other end: a request that it had is answered as lost.
  const auto lost = tags_.find(fd);
  std::erase(idle_, fd);
  poller_.unwatch(fd);
  wires_.erase(fd);
  const bool had_request = lost != tags_.end();
  const std::size_t tag = had_request ? lost->second : 0;
  if (had_request) tags_.erase(lost);
  connect();
  if (had_request) answered_(tag, 0);
}

}  // namespace navette::bench
