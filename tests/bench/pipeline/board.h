// The two loopback systems of the bench: the desk, whose tickets change, and the board, where they
// must arrive. It knows what was sent, and counts what comes.
//
//   GET  /desk/tickets/N        the ticket as it is now          POST /board/tickets       a new
//   one GET  /board/tickets/ID      what was written                 PUT  /board/tickets/ID    a
//   change POST /plain/tickets         as POST /board/tickets, always anew
//
// Threads: one.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/bench/pipeline/http.h"

namespace navette::bench {

class Board {
 public:
  // `delivered(ticket)`: its newest revision has arrived, for the first time.
  Board(std::size_t tickets, std::uint64_t seed, std::function<void(std::size_t)> delivered);

  // The ticket as the desk has it from now on; its text.
  std::string_view change(std::size_t ticket);
  void serve(const Message& request, std::string& answer);

  struct Entry {
    std::string source;
    std::size_t revision_at = 0;  // where the digits of its revision stand in `source`
    int revision = 0;             // of the desk
    std::string found;            // on the board; empty: not there
    int arrived = 0;              // the newest revision that came
  };
  const Entry& entry(std::size_t ticket) const { return entries_[ticket]; }

  struct Counts {
    std::int64_t reads = 0;
    std::int64_t created = 0;
    std::int64_t updated = 0;
    std::int64_t repeated = 0;  // creates that came again under their key: answered, not done
    std::int64_t doubled = 0;   // the same revision written again, or a second create
    std::int64_t wrong = 0;     // no such ticket, an older revision, or one not sent yet
  };
  const Counts& counts() const { return counts_; }

 private:
  void create(const Message& request, bool keyed, std::string& answer);
  void update(std::string_view id, std::string_view body, std::string& answer);
  void read(std::string_view id, bool of_board, std::string& answer);
  void arrive(std::size_t ticket, std::string_view body);

  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> keys_;  // idempotency key -> ticket
  std::function<void(std::size_t)> delivered_;
  Counts counts_;
};

}  // namespace navette::bench
