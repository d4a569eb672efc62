// A connector that does exactly what the test says, message by message.

#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/message.h"
#include "bus/socket.h"
#include "tests/bus/bus_world.h"

namespace navette::bus::test {

class RawPeer {
 public:
  RawPeer(World& world, const std::string& address, const std::string& hub_key = {},
          const KeyPair& own = {})
      : world_(world), socket_(world.context, SocketKind::kDealer) {
    if (!hub_key.empty()) {
      EXPECT_TRUE(socket_.secure_as_client(hub_key, own));
    }
    EXPECT_TRUE(socket_.connect(address));
  }

  void send(std::string_view header) {
    const std::array<std::string_view, 1> frames{header};
    EXPECT_EQ(socket_.send(frames), Sent::kSent);
  }
  void send(const std::vector<std::string>& frames) {
    const std::vector<std::string_view> views(frames.begin(), frames.end());
    EXPECT_EQ(socket_.send(views), Sent::kSent);
  }
  void hello(const std::string& system = "desk", int credit = 1,
             const std::string& instance = "raw") {
    send(R"({"type":"hello","protocol":1,"system":")" + system + R"(","instance":")" + instance +
         R"(","connector":"raw","version":"1","credit":)" + std::to_string(credit) +
         R"(,"methods":[]})");
  }
  void reply(const std::string& id, const std::string& result = "{}") {
    send(R"({"type":"reply","id":")" + id + R"(","ok":true,"result":)" + result + "}");
  }

  // The next message, while the hub runs; heartbeats are passed over.
  Json next() {
    std::optional<Json> found;
    EXPECT_TRUE(world_.until([&] {
      found = take();
      return found.has_value();
    })) << "the hub sent nothing";
    return found.value_or(Json());
  }
  // What is there now.
  std::optional<Json> take() {
    std::vector<std::string> frames;
    std::string user;
    std::size_t surplus = 0;
    while (socket_.receive(frames, user, surplus)) {
      Json json = *Json::parse(frames.at(0));
      if (json.at("type").as_string() != type::kHeartbeat) return json;
    }
    return std::nullopt;
  }

 private:
  World& world_;
  Socket socket_;
};

}  // namespace navette::bus::test
