// The cursor kinds: how "what changed since" is asked of systems that answer it differently.
//
// A cursor is JSON text with everything the next poll needs; the poller itself remembers nothing,
// so that the same cursor may be asked twice, by anybody.
//
// Threads: none of its own.

#pragma once

#include <chrono>
#include <cstdint>

#include "connectors/declarative/runner.h"
#include "connectors/declarative/spec.h"

namespace navette::declarative {

// `scope` has `where`.
Trouble poll(const PollSpec& spec, Runner& runner, const Scope& scope, const PollRequest& request,
             Page& page);

// The kinds; `cursor` is null at the beginning.
Trouble poll_timestamp(const PollSpec& spec, Runner& runner, const Scope& scope,
                       const PollRequest& request, const Json& cursor, Page& page);
Trouble poll_feed(const PollSpec& spec, Runner& runner, const Scope& scope,
                  const PollRequest& request, const Json& cursor, Page& page);

// Ask for rows. `cursor` and `page` become names for the request's expressions.
Trouble ask_rows(const RowsSpec& rows, Runner& runner, const Scope& scope, Json cursor, int number,
                 int offset, int size, Json& found);

inline std::int64_t to_ms(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace navette::declarative
