// The transport and TLS: a certificate that nobody vouches for, or of another name, is not talked
// to. The key in data/ is for this test and nothing else.

#include <exception>
#include <string>
#include <thread>

#include <Poco/Net/Context.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/StreamSocket.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/declarative/http_poco.h"

namespace navette::test {
namespace {

using testing::HasSubstr;

const std::string kData = std::string(NAVETTE_SOURCE_DIR) + "/tests/connectors/declarative/data/";

// Answers one request on the one connection it takes, if that comes to a handshake.
class TlsServer {
 public:
  TlsServer()
      : listener_(
            Poco::Net::SocketAddress("127.0.0.1", 0), 4,
            new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, kData + "localhost_key.pem",
                                   kData + "localhost.pem", "", Poco::Net::Context::VERIFY_NONE)),
        thread_([this] { serve(); }) {}
  ~TlsServer() { thread_.join(); }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::string origin(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(listener_.address().port());
  }

 private:
  void serve() {
    try {
      Poco::Net::StreamSocket socket = listener_.acceptConnection();
      char byte = 0;
      std::string request;
      while (!request.ends_with("\r\n\r\n") && socket.receiveBytes(&byte, 1) == 1) request += byte;
      if (request.empty()) return;
      const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
      socket.sendBytes(answer.data(), static_cast<int>(answer.size()));
    } catch (const std::exception&) {
      // The client went away from a handshake it did not like: that is what some tests are about.
      return;
    }
  }

  Poco::Net::SecureServerSocket listener_;
  std::thread thread_;
};

HttpExchange get(const std::string& origin, const std::string& ca_file) {
  HttpOptions options;
  options.ca_file = ca_file;
  PocoHttp http(origin, options);
  HttpRequest request;
  request.url = origin + "/";
  return http.send(request);
}

TEST(PocoHttpTls, TalksToACertificateThatItTrusts) {
  TlsServer server;
  const HttpExchange exchange = get(server.origin("localhost"), kData + "localhost.pem");
  ASSERT_EQ(exchange.stage, HttpStage::kAnswered) << exchange.trouble;
  EXPECT_EQ(exchange.answer.body, "hello");
}

TEST(PocoHttpTls, SendsNothingToACertificateThatNobodyVouchesFor) {
  TlsServer server;
  const HttpExchange exchange = get(server.origin("localhost"), "");
  EXPECT_EQ(exchange.stage, HttpStage::kNotSent);
  EXPECT_THAT(exchange.trouble, HasSubstr("certificate"));
}

TEST(PocoHttpTls, SendsNothingToACertificateOfAnotherName) {
  TlsServer server;
  const HttpExchange exchange = get(server.origin("127.0.0.1"), kData + "localhost.pem");
  EXPECT_EQ(exchange.stage, HttpStage::kNotSent) << exchange.answer.body;
  EXPECT_THAT(exchange.trouble, HasSubstr("ertificate"));
}

}  // namespace
}  // namespace navette::test
