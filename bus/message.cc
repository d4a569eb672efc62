#include "bus/message.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace navette::bus {
namespace {

constexpr std::array<std::pair<Fault, std::string_view>, 5> kFaults{{
    {Fault::kRetryLater, "retry_later"},
    {Fault::kReconnect, "reconnect"},
    {Fault::kRejected, "rejected"},
    {Fault::kMisconfigured, "misconfigured"},
    {Fault::kCancelled, "cancelled"},
}};

constexpr std::int64_t kRetryAfterMsMax = 86'400'000;

Error malformed(const std::string& what) {
  return Error{Fault::kRejected, "read message: " + what};
}

}  // namespace

Result<Message> decode(std::vector<std::string>&& frames, std::size_t surplus) {
  if (frames.empty() || frames.size() > 2 || surplus > 0) {
    return malformed("it has " + std::to_string(frames.size() + surplus) +
                     " frames; expected a header and at most one blob");
  }
  if (frames[0].size() > kHeaderBytesMax) return malformed("the header is larger than 4 MiB");
  if (frames.size() == 2 && frames[1].size() > kBlobBytesMax) {
    return malformed("the blob is larger than 32 MiB");
  }
  auto header = Json::parse(frames[0], "header");
  if (!header) return malformed(header.error().message);
  Message message;
  const Json* kind = header->find("type");
  if (kind == nullptr || !kind->is_string()) return malformed("the header has no \"type\"");
  message.type = kind->as_string();
  message.header = *std::move(header);
  if (frames.size() == 2) message.blob = std::move(frames[1]);
  return message;
}

Json header(std::string_view type) {
  Json json = Json::object();
  json.set("type", type);
  return json;
}

Result<std::string> name_in(const Json& header, std::string_view member) {
  const Json& value = header.at(member);
  if (!value.is_string() || value.as_string().empty() || value.as_string().size() > kNameBytesMax) {
    std::string what = "\"";
    what.append(member).append("\" must be a text of 1 to 128 bytes");
    return malformed(what);
  }
  return std::string(value.as_string());
}

std::string_view to_text(Fault fault) {
  const auto* known = std::find_if(kFaults.begin(), kFaults.end(),
                                   [&](const auto& entry) { return entry.first == fault; });
  return known == kFaults.end() ? std::string_view("rejected") : known->second;
}

Result<Fault> fault_of(std::string_view word) {
  const auto* known = std::find_if(kFaults.begin(), kFaults.end(),
                                   [&](const auto& entry) { return entry.second == word; });
  if (known == kFaults.end()) {
    std::string what = "\"";
    what.append(word).append("\" is no fault");
    return malformed(what);
  }
  return known->first;
}

Json to_json(const Error& error) {
  Json json = Json::object();
  json.set("fault", to_text(error.fault));
  json.set("message", error.message);
  if (error.retry_after.count() > 0) {
    json.set("retry_after_ms", std::int64_t{error.retry_after.count()});
  }
  return json;
}

Error error_of(const Json& json) {
  Error error{Fault::kMisconfigured, std::string(json.at("message").as_string())};
  const auto fault = fault_of(json.at("fault").as_string());
  if (fault) {
    error.fault = *fault;
  } else {
    error.message += " (the connector sent an error without a known \"fault\")";
  }
  const auto wait = json.at("retry_after_ms").as_int();
  error.retry_after =
      std::chrono::milliseconds(std::clamp(wait, std::int64_t{0}, kRetryAfterMsMax));
  return error;
}

}  // namespace navette::bus
