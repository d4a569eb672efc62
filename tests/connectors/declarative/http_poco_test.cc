// The transport against a server that answers, and breaks off, byte for byte as told.

#include "connectors/declarative/http_poco.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace navette::test {
namespace {

using testing::HasSubstr;

// Accepts connections one after another; `serve` has each of them, with its number from 1.
class RawServer {
 public:
  using Serve = std::function<void(int socket, int number)>;

  explicit RawServer(Serve serve) : serve_(std::move(serve)) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }

  ~RawServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string origin() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }

  // One request, its body included; empty when the other end closed.
  static std::string read_request(int socket) {
    std::string text;
    char c = 0;
    while (!text.ends_with("\r\n\r\n") && recv(socket, &c, 1, 0) == 1) text += c;
    const std::size_t at = text.find("Content-Length: ");
    std::size_t body = at == std::string::npos ? 0 : std::stoul(text.substr(at + 16));
    while (body-- > 0 && recv(socket, &c, 1, 0) == 1) text += c;
    return text;
  }

  static void write(int socket, const std::string& text) {
    send(socket, text.data(), text.size(), MSG_NOSIGNAL);
  }

  static std::string ok(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

 private:
  void run() {
    while (true) {
      const int accepted = accept(listener_, nullptr, nullptr);
      if (accepted < 0) return;
      serve_(accepted, ++connections_);
      shutdown(accepted, SHUT_RDWR);
      close(accepted);
    }
  }

  Serve serve_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

HttpRequest to(const RawServer& server, const std::string& method, const std::string& body = {}) {
  HttpRequest request;
  request.method = method;
  request.url = server.origin() + "/path?a=b";
  request.body = body;
  request.timeout = std::chrono::seconds(5);
  return request;
}

TEST(PocoHttp, KeepsTheConnectionAndCarriesEveryByte) {
  std::string body;
  for (int i = 0; i < 100'000; ++i) body += static_cast<char>(i % 256);
  RawServer server([&](int socket, int) {
    for (int i = 0; i < 3; ++i) {
      const std::string request = RawServer::read_request(socket);
      if (request.empty()) return;
      RawServer::write(socket, RawServer::ok(request.substr(request.find("\r\n\r\n") + 4)));
    }
  });
  PocoHttp http(server.origin());
  for (int i = 0; i < 3; ++i) {
    const HttpExchange exchange = http.send(to(server, "POST", body));
    ASSERT_EQ(exchange.stage, HttpStage::kAnswered) << exchange.trouble;
    EXPECT_EQ(exchange.answer.status, 200);
    EXPECT_EQ(exchange.answer.header("CONTENT-length"), "100000");
    EXPECT_EQ(exchange.answer.body, body);
  }
  EXPECT_EQ(server.connections(), 1);
}

// The first connection answers once, takes one more request, and closes without a word.
RawServer::Serve silent_second_time() {
  return [](int socket, int) {
    RawServer::read_request(socket);
    RawServer::write(socket, RawServer::ok("one"));
    RawServer::read_request(socket);
  };
}

TEST(PocoHttp, AGetOnAConnectionThatDiedIsSentAgain) {
  RawServer server(silent_second_time());
  PocoHttp http(server.origin());
  EXPECT_EQ(http.send(to(server, "GET")).stage, HttpStage::kAnswered);
  const HttpExchange second = http.send(to(server, "GET"));
  EXPECT_EQ(second.stage, HttpStage::kAnswered) << second.trouble;
  EXPECT_EQ(server.connections(), 2);
}

TEST(PocoHttp, APostOnAConnectionThatDiedIsNotSentAgain) {
  RawServer server(silent_second_time());
  PocoHttp http(server.origin());
  EXPECT_EQ(http.send(to(server, "POST", "x")).stage, HttpStage::kAnswered);
  EXPECT_EQ(http.send(to(server, "POST", "x")).stage, HttpStage::kMaybeSent);
  EXPECT_EQ(server.connections(), 1);
}

TEST(PocoHttp, AnIdleConnectionIsNotUsedAgain) {
  RawServer server([](int socket, int) {
    RawServer::read_request(socket);
    RawServer::write(socket, RawServer::ok("x"));
  });
  HttpOptions options;
  options.idle_max = std::chrono::milliseconds(-1);
  PocoHttp http(server.origin(), options);
  EXPECT_EQ(http.send(to(server, "POST", "x")).stage, HttpStage::kAnswered);
  EXPECT_EQ(http.send(to(server, "POST", "x")).stage, HttpStage::kAnswered);
  EXPECT_EQ(server.connections(), 2);
}

TEST(PocoHttp, WhatWasNotSentIsTold) {
  std::string origin;
  {
    RawServer server([](int, int) {});
    origin = server.origin();
  }
  PocoHttp http(origin);
  HttpRequest request;
  request.url = origin + "/";
  request.method = "POST";
  EXPECT_EQ(http.send(request).stage, HttpStage::kNotSent);
  request.url = "http://elsewhere.test/";
  const HttpExchange outside = http.send(request);
  EXPECT_EQ(outside.stage, HttpStage::kNotSent);
  EXPECT_THAT(outside.trouble, HasSubstr("outside"));
  request.url = origin + ".evil.test/";
  EXPECT_THAT(http.send(request).trouble, HasSubstr("outside"));
}

TEST(PocoHttp, ALostAnswerIsMaybeSent) {
  RawServer server([](int socket, int) { RawServer::read_request(socket); });
  PocoHttp http(server.origin());
  EXPECT_EQ(http.send(to(server, "POST", "x")).stage, HttpStage::kMaybeSent);
  EXPECT_EQ(http.send(to(server, "GET")).stage, HttpStage::kMaybeSent);
}

TEST(PocoHttp, AServerThatSaysNothingEndsInTime) {
  RawServer server([](int socket, int) {
    RawServer::read_request(socket);
    RawServer::read_request(socket);
  });
  PocoHttp http(server.origin());
  HttpRequest request = to(server, "POST", "x");
  request.timeout = std::chrono::milliseconds(100);
  const HttpExchange exchange = http.send(request);
  EXPECT_EQ(exchange.stage, HttpStage::kMaybeSent);
  EXPECT_THAT(exchange.trouble, HasSubstr("100 ms"));
}

TEST(PocoHttp, AnAnswerBeyondTheLimitIsNotRead) {
  RawServer server([](int socket, int number) {
    RawServer::read_request(socket);
    if (number == 1) {
      RawServer::write(socket, RawServer::ok(std::string(1000, 'x')));
    } else {
      RawServer::write(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
                                   std::string(1000, 'x') + "\r\n0\r\n\r\n");
    }
    RawServer::read_request(socket);
  });
  PocoHttp http(server.origin());
  HttpRequest request = to(server, "GET");
  request.answer_bytes_max = 999;
  EXPECT_TRUE(http.send(request).over_limit);
  EXPECT_TRUE(http.send(request).over_limit);
  request.answer_bytes_max = 1000;
  EXPECT_EQ(http.send(request).answer.body.size(), 1000U);
}

TEST(PocoHttp, AnAnswerThatEndsTooSoonIsNoAnswer) {
  RawServer server([](int socket, int) {
    RawServer::read_request(socket);
    RawServer::write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  });
  PocoHttp http(server.origin());
  const HttpExchange exchange = http.send(to(server, "POST", "x"));
  EXPECT_EQ(exchange.stage, HttpStage::kMaybeSent);
  EXPECT_THAT(exchange.trouble, HasSubstr("3 bytes"));
}

TEST(PocoHttp, ARedirectIsAnAnswerAndNotFollowed) {
  RawServer server([](int socket, int) {
    RawServer::read_request(socket);
    RawServer::write(socket,
                     "HTTP/1.1 302 Found\r\nLocation: http://elsewhere.test/\r\n"
                     "Content-Length: 0\r\n\r\n");
  });
  PocoHttp http(server.origin());
  const HttpExchange exchange = http.send(to(server, "GET"));
  EXPECT_EQ(exchange.stage, HttpStage::kAnswered);
  EXPECT_EQ(exchange.answer.status, 302);
  EXPECT_EQ(server.connections(), 1);
}

}  // namespace
}  // namespace navette::test
