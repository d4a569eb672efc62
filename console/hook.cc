#include <array>

#include "console/console.h"

namespace navette {
namespace {

constexpr std::size_t kTicketBytesMax = 200;

const Json* member_at(const Json& body, std::string_view path) {
  const Json* value = &body;
  while (value != nullptr && !path.empty()) {
    const auto dot = path.find('.');
    value = value->find(path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }
  return value;
}

bool is_fit(std::string_view ticket) {
  if (ticket.empty() || ticket.size() > kTicketBytesMax) return false;
  for (const char c : ticket) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) return false;
  }
  return true;
}

}  // namespace

Result<std::string> ticket_of_hook(const std::string& body) {
  static constexpr std::array<std::string_view, 5> kPaths = {"ticket", "id", "issue.id",
                                                             "ticket.id", "payload.issue.id"};
  const auto json = Json::parse(body, "webhook");
  if (!json) return json.error();
  if (!json->is_object()) {
    return Error{Fault::kRejected,
                 "read webhook: expected a JSON object, found " + std::string(json->type_name())};
  }
  for (const auto path : kPaths) {
    const Json* value = member_at(*json, path);
    if (value == nullptr || (!value->is_string() && !value->is_int())) continue;
    std::string ticket = value->text();
    if (!is_fit(ticket)) {
      return Error{Fault::kRejected,
                   "read webhook: '" + std::string(path) +
                       "' is no ticket id: it is empty, longer than 200 bytes or has blanks"};
    }
    return ticket;
  }
  return Error{Fault::kRejected,
               "read webhook: it names no ticket; expected \"ticket\", \"id\", \"issue.id\", "
               "\"ticket.id\" or \"payload.issue.id\" with a text or a whole number"};
}

bool same_secret(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0U : 1U;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto other = b.empty() ? '\0' : b[i % b.size()];
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

}  // namespace navette
