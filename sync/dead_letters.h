// Dead letters and replays, as the store holds them: what `navette dead` and `navette replay` do,
// and the hub's HTTP API, whoever has the store.
//
// Threads: the store's.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "navette/json.h"
#include "navette/result.h"

#include "store/store.h"

namespace navette {

// Where a replay takes a change up.
enum class ReplayFrom : unsigned char {
  kRaw,      // read both tickets as they are now, map, merge, write what differs
  kMapped,   // make the missing ticket with the values as they were mapped then
  kCommand,  // send the very command again, under its own key, after its probe
};
std::string_view to_text(ReplayFrom from);

struct ReplayOrder {
  ChangeFilter filter;  // its disposition: which ended ones; none: all that ended
  ReplayFrom from = ReplayFrom::kRaw;
  bool config_then = false;  // with the configuration that first took the change up
  int per_second = 0;        // 0: as fast as the systems take it
};

// How far a replay is; kept in ReplayRow::state.
struct ReplayState {
  ReplayFrom from = ReplayFrom::kRaw;
  bool config_then = false;
  int per_second = 0;
  std::string ended_as;           // the disposition that was chosen; empty: all
  std::int64_t chosen = 0;        // changes at its begin
  std::int64_t cursor = 0;        // seq up to which they were made pending, or skipped
  Json skipped = Json::object();  // reason -> how many
  Json result;                    // closed: how they ended, by disposition
  std::string stopped;            // why it was ended before its end

  std::string dump() const;
  // Errors: kRejected, when it is not what dump() wrote.
  static Result<ReplayState> parse(const std::string& text);
};

// Chooses the changes, durably. The hub that runs, or the next one, makes them pending.
// Errors: kRejected (nothing is found), as Store::commit().
Result<std::int64_t> begin_replay(Store& store, const ReplayOrder& order, std::int64_t now);
// What was not made pending yet stays as it ended. Errors: kRejected (no such open replay).
Status stop_replay(Store& store, std::int64_t id, const std::string& because, std::int64_t now);

// {"replay", "open", "from", "config", "rate", "chosen", "delivered", "unchanged", "filtered",
//  "parked", "dead", "pending", "to_come", "skipped": {reason: n}, "difference", "stopped",
//  "started", "updated"}: `chosen` is the sum of the counts, and `difference` what is missing.
// Errors: kRejected (no such replay).
Result<Json> replay_report(Store& store, const ReplayRow& row);

// A dead letter in one line, for a list: no payload.
Json letter_line(const ChangeRow& change);
// One change whole: payload, edit, commands, and what the journal says of it.
// Errors: kRejected (no such change).
Result<Json> letter_whole(Store& store, std::int64_t seq);

// Every dead change that `filter` finds ends as filtered, with a line in the journal. Says how
// many. Errors: kRejected (no reason given).
Result<std::int64_t> drop_dead(Store& store, ChangeFilter filter, const std::string& because,
                               std::int64_t now);

// The edited message of a dead change; empty: the edit is taken back. The original stays.
// Errors: kRejected (no such dead change, no JSON object).
Status edit_dead(Store& store, std::int64_t seq, const std::string& message, std::int64_t now);

// RFC 7386: what turns `from` into `to`; null when nothing does.
Json merge_patch(const Json& from, const Json& to);
void apply_merge_patch(Json& target, const Json& patch);

}  // namespace navette
