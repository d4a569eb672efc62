// How new what we read of a ticket has to be: no older than what was read of it before, nor than a
// poll said it is. A system may answer from a replica that lags behind, or from a cache; taken for
// news, such an answer would undo what came after it.
//
// It is doubted for a short while only: a system's clock may have been set back, and a ticket may
// really be gone. After a clock was set back, times from before say nothing any more: what is
// relied upon then is the new measure.
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

  // A poll said that `key` ("flow/side:id") changed then (RFC 3339; empty: it did not say when).
  // That is the time of one change: the ticket itself may have a later one.
  void announced(const std::string& key, const std::string& updated_at);
  // What the polls of a feed ("flow/side") told so far, as text to be kept with its cursor; and
  // that text again, after a restart or from another hub: a clock may have been set back meanwhile.
  std::string told(const std::string& feed) const;
  void resume(const std::string& feed, const std::string& told);
  // Our own write to `key` left it with `updated_at`; `newest`: what was relied upon before that.
  void wrote(const std::string& key, const std::string& updated_at, const std::string& newest);
  // In how long it is to be read again; 0: `record` may be relied upon. `newest`: the updated_at
  // that was relied upon before.
  std::chrono::milliseconds doubt(const std::string& key, const Record& record,
                                  const std::string& newest);
  // The same, for one that tells nothing new: of one that looks later than the change of which a
  // poll told, though that change is not to be seen in it, nobody knows which of them is older.
  std::chrono::milliseconds doubt_nothing_new(const std::string& key);

 private:
  static constexpr std::size_t kTicketsMax =
      10'000;  // then those not asked for since are forgotten
  struct One {
    std::string announced;         // updated_at, as a poll said
    bool set_back = false;         // and the clock had been set back, and had not caught up
    std::string read;              // updated_at of the last one relied upon
    std::int64_t doubted_at = -1;  // since when, by the steady clock; -1: it is not
    std::int64_t ahead_at = -1;    // when it was read to be later than announced; -1: it was not
    // A clock that was set back: the newest updated_at before and the measure since, from when on.
    std::string before;
    std::string since;
    std::int64_t back_at = 0;
  };
  // What the polls of one side of a flow told, in the order in which they told it.
  struct Feed {
    std::string newest;
    std::string before;  // the newest before the clock was set back; empty: it was not
  };
  One& known(const std::string& key);
  Feed& feed_of(const std::string& key) { return feeds_[key.substr(0, key.find(':'))]; }
  bool doubtful(const One& one, const Record& record, const std::string& measure) const;

  Loop& loop_;
  std::unordered_map<std::string, One> known_;
  std::unordered_map<std::string, One> older_;
  std::unordered_map<std::string, Feed> feeds_;  // by "flow/side"
};

// Whether `a` is before `b`; false when one of them is no RFC 3339 time.
bool earlier(const std::string& a, const std::string& b);

}  // namespace navette
