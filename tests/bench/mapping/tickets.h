// Tickets as a helpdesk gives them, about 4 KB each; the same seed gives the same ones.

#pragma once

#include <cstdint>
#include <string>

namespace navette::bench {

struct TicketStyle {
  bool shuffled = false;  // members in another order in each object
};

// Append one ticket as a line of JSON.
void append_ticket(std::uint64_t seed, std::uint64_t number, const TicketStyle& style,
                   std::string* out);

}  // namespace navette::bench
