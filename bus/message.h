// The messages of the bus protocol, version 1: names, limits, and their two frames.
// docs/bus-protocol.md is the specification; this is our reading of it.

#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

namespace navette::bus {

inline constexpr int kProtocol = 1;
inline constexpr std::size_t kHeaderBytesMax = 4 << 20;
inline constexpr std::size_t kBlobBytesMax = 32 << 20;
inline constexpr std::size_t kNameBytesMax = 128;  // system, method, id, event name
inline constexpr int kCreditMax = 256;

inline constexpr std::chrono::milliseconds kHeartbeat{2'000};
inline constexpr std::chrono::milliseconds kSilenceMax{10'000};

// Values of "type".
namespace type {
inline constexpr std::string_view kHello = "hello";
inline constexpr std::string_view kWelcome = "welcome";
inline constexpr std::string_view kRefused = "refused";
inline constexpr std::string_view kUnknown = "unknown";
inline constexpr std::string_view kRequest = "request";
inline constexpr std::string_view kReply = "reply";
inline constexpr std::string_view kEvent = "event";
inline constexpr std::string_view kCredit = "credit";
inline constexpr std::string_view kHeartbeat = "heartbeat";
inline constexpr std::string_view kGoodbye = "goodbye";
}  // namespace type

struct Message {
  Json header;       // an object with a string "type"
  std::string type;  // header.type
  std::string blob;  // empty when there is no second frame
};

// Read the frames of one message, without the routing frame of a ROUTER.
// Errors: kRejected with what is wrong.
Result<Message> decode(std::vector<std::string>&& frames, std::size_t surplus);

// {"type": type}
Json header(std::string_view type);

// The member as a short text. Errors: kRejected when it is missing, no text, empty or too long.
Result<std::string> name_in(const Json& header, std::string_view member);

std::string_view to_text(Fault fault);
// Errors: kRejected for a word that is no fault.
Result<Fault> fault_of(std::string_view word);

Json to_json(const Error& error);
// A broken error is an error too: it says so.
Error error_of(const Json& json);

}  // namespace navette::bus
