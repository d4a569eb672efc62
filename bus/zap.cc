#include "bus/zap.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <zmq.h>

namespace navette::bus {
namespace {

constexpr std::size_t kKeyBytes = 32;
enum Frame : std::size_t { kVersion, kRequestId, kDomain, kAddress, kIdentity, kMechanism, kKey };

}  // namespace

Doorkeeper::Doorkeeper(Reactor& reactor, Context& context)
    : reactor_(reactor), socket_(context, SocketKind::kReplier) {}

Doorkeeper::~Doorkeeper() {
  reactor_.unwatch(watch_);
}

Status Doorkeeper::open() {
  NAVETTE_TRY(socket_.bind("inproc://zeromq.zap.01"));
  watch_ = reactor_.watch(socket_, [this] { serve(); });
  return {};
}

void Doorkeeper::allow(const std::string& domain, std::set<std::string> keys) {
  allowed_[domain] = std::move(keys);
}

void Doorkeeper::serve() {
  std::vector<std::string> asked;
  std::string user;
  std::size_t surplus = 0;
  while (socket_.receive(asked, user, surplus)) {
    asked.resize(kKey + 1);
    std::string name;
    if (asked[kVersion] == "1.0" && asked[kMechanism] == "CURVE" &&
        asked[kKey].size() == kKeyBytes) {
      std::array<char, 41> text{};
      const auto* key = reinterpret_cast<const std::uint8_t*>(asked[kKey].data());
      if (zmq_z85_encode(text.data(), key, kKeyBytes) != nullptr) name = text.data();
    }
    const auto domain = allowed_.find(asked[kDomain]);
    const bool welcome = domain != allowed_.end() && domain->second.contains(name);
    if (!welcome) ++refusals_;
    const std::array<std::string_view, 6> answer{
        "1.0",
        asked[kRequestId],
        welcome ? "200" : "400",
        welcome ? "OK" : "this key may not connect",
        welcome ? std::string_view(name) : std::string_view(),
        ""};
    socket_.send(answer);
  }
}

}  // namespace navette::bus
