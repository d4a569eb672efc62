// A plain HTTP client for tests: sends exactly the bytes it is given.

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace navette {

class RawConnection {
 public:
  // `address`: "127.0.0.1:8700".
  explicit RawConnection(const std::string& address) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const auto colon = address.rfind(':');
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1)));
    ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&peer), sizeof(peer)) == 0;
    const timeval limit{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;
  ~RawConnection() { ::close(fd_); }

  bool connected() const { return connected_; }
  bool send(const std::string& bytes) {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // Everything until the other side closes.
  std::string receive_all() {
    std::string out;
    std::array<char, 4096> buffer{};
    for (;;) {
      const auto count = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (count <= 0) return out;
      out.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }
  // Whether the other side sends or closes before that long.
  bool closed_within(std::chrono::milliseconds how_long) {
    pollfd what{fd_, POLLIN, 0};
    return ::poll(&what, 1, static_cast<int>(how_long.count())) > 0;
  }

 private:
  int fd_;
  bool connected_ = false;
};

struct RawAnswer {
  int status = 0;
  std::string head;
  std::string body;
};

inline RawAnswer send_raw(const std::string& address, const std::string& bytes) {
  RawConnection connection(address);
  connection.send(bytes);
  const std::string all = connection.receive_all();
  RawAnswer answer;
  const auto end = all.find("\r\n\r\n");
  if (end == std::string::npos) return answer;
  answer.head = all.substr(0, end);
  answer.body = all.substr(end + 4);
  answer.status = std::atoi(all.c_str() + all.find(' ') + 1);
  return answer;
}

inline RawAnswer get(const std::string& address, const std::string& path,
                     const std::string& method = "GET") {
  return send_raw(address,
                  method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
}

inline RawAnswer post(const std::string& address, const std::string& path, const std::string& body,
                      const std::string& headers = {}) {
  return send_raw(address, "POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
                               headers + "Content-Length: " + std::to_string(body.size()) +
                               "\r\n\r\n" + body);
}

}  // namespace navette
