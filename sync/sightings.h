// How new what we read of a ticket has to be: no older than what was read of it before, nor than a
// poll said it is. A system may answer from a replica that lags behind, or from a cache; taken for
// news, such an answer would undo what came after it.
//
// It is doubted for a short while only: a system's clock may have been set back, and a ticket may
// really be gone.
//
// Threads: the loop's.

#pragma once

#include <chrono>
#include <string>
#include <unordered_map>

#include "navette/connector.h"

#include "base/loop.h"

namespace navette {

class Sightings {
 public:
  // How long a replica may lag behind.
  static constexpr std::chrono::milliseconds kLagMax{3000};

  explicit Sightings(Loop& loop) : loop_(loop) {}

  // A poll said that `key` changed then (RFC 3339; empty: it did not say when).
  void announced(const std::string& key, const std::string& updated_at);
  // In how long it is to be read again; 0: `record` may be relied upon. `newest`: the updated_at
  // that was relied upon before.
  std::chrono::milliseconds doubt(const std::string& key, const Record& record,
                                  const std::string& newest);

 private:
  static constexpr std::size_t kTicketsMax = 100'000;
  struct One {
    std::string updated_at;        // as announced
    std::int64_t doubted_at = -1;  // since when, by the steady clock; -1: it is not
  };
  Loop& loop_;
  std::unordered_map<std::string, One> known_;
};

// Whether `a` is before `b`; false when one of them is no RFC 3339 time.
bool earlier(const std::string& a, const std::string& b);

}  // namespace navette
