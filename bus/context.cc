#include "bus/context.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "bus/socket_impl.h"

namespace navette::bus {
namespace {

constexpr std::size_t kKeyChars = 40;

}  // namespace

Context::Context() : impl_(std::make_unique<Impl>()) {}

Context::~Context() = default;

Result<KeyPair> make_keys() {
  std::array<char, kKeyChars + 1> public_key{};
  std::array<char, kKeyChars + 1> secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
    return Error{Fault::kMisconfigured,
                 "make keys: this libzmq was built without CURVE; install one that has it"};
  }
  return KeyPair{public_key.data(), secret_key.data()};
}

bool is_key(const std::string& text) {
  constexpr std::string_view kAlphabet =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  return text.size() == kKeyChars && std::all_of(text.begin(), text.end(), [&](char c) {
           return kAlphabet.find(c) != std::string_view::npos;
         });
}

}  // namespace navette::bus
