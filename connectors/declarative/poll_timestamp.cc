// Rows sorted by the time of their last change, asked from a watermark on.
//
// The watermark is the last row's time; it is asked for again inclusively, since many rows may
// share one second, and what was shown already (same id and time) is dropped. Pages are not counted
// off: the next one starts at the new watermark, because rows move to the end when they change and
// would let their successors slip through. Only when a whole page lies in one second is an offset
// used, with one row of overlap that must be found again where it was.
//
// A second that is still running when it is read may bring another change with the same time.
// So a row that is among the newest is shown once more, `hot` later.
//
// Cursor: {"since": time, "seen": {id: time and hash}, "hot": [[id, time, first seen in ms], ...]}

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "connectors/declarative/poller.h"

namespace navette::declarative {

namespace {

constexpr int kOffsetPagesMax = 200;

struct State {
  std::string since;
  Json seen = Json::object();
  Json hot = Json::array();
};

State read_state(const Json& cursor) {
  State state;
  state.since = cursor.at("since").text();
  if (cursor.at("seen").is_object()) state.seen = cursor.at("seen");
  if (cursor.at("hot").is_array()) state.hot = cursor.at("hot");
  return state;
}

std::string write_state(const State& state) {
  Json cursor = Json::object();
  cursor.set("since", state.since);
  cursor.set("seen", state.seen);
  cursor.set("hot", state.hot);
  return cursor.dump();
}

std::string seconds_before(const std::string& time, int seconds) {
  const std::optional<TimePoint> point = parse_rfc3339(time);
  return point ? to_rfc3339(*point - std::chrono::seconds(seconds)) : time;
}

// Rows that the next request will bring again: those from a second before the watermark on.
void forget_old(State& state) {
  const std::string edge = seconds_before(state.since, 1);
  Json kept = Json::object();
  for (const auto& [id, time] : state.seen.members()) {
    if (time.text() >= edge) kept.set(id, time);
  }
  state.seen = std::move(kept);
}

// What tells two sights of a row apart: its time, and a hash (FNV-1a) of all that the list shows.
std::string sight_of(const Json& row) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : row.dump()) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  return row.at("updated_at").text() + "/" + std::to_string(hash);
}

Record thin(const std::string& id, const std::string& version, const std::string& time) {
  Record record;
  record.id = id;
  record.version = version;
  record.updated_at = time;
  return record;
}

void show(Page& page, Record record) {
  std::erase_if(page.records, [&](const Record& known) { return known.id == record.id; });
  page.records.push_back(std::move(record));
}

struct Taken {
  bool any = false;
  bool all = true;  // no row was left because the page is full
};

// Take the rows that were not shown, until the page has its records; the watermark follows.
Taken take(const Json& rows, std::int64_t now, int limit, State& state, Page& page) {
  Taken taken;
  std::string newest = state.since;
  for (const Json& row : rows.items()) newest = std::max(newest, row.at("updated_at").text());
  const std::string running = seconds_before(newest, 1);
  for (const Json& row : rows.items()) {
    const std::string id = row.at("id").text();
    const std::string time = row.at("updated_at").text();
    const std::string sight = sight_of(row);
    if (id.empty() || state.seen.at(id).text() == sight) continue;
    if (page.records.size() >= static_cast<std::size_t>(limit)) {
      taken.all = false;
      break;
    }
    taken.any = true;
    state.since = std::max(state.since, time);
    state.seen.set(id, sight);
    show(page, thin(id, sight, time));
    if (time >= running) state.hot.push(Json(Json::Array{id, time, now}));
  }
  if (taken.all) state.since = newest;
  return taken;
}

// Show again what was first seen long enough ago, unless it was shown with a newer time since.
void show_hot(const PollSpec& spec, std::int64_t now, int limit, State& state, Page& page) {
  Json later = Json::array();
  for (const Json& entry : state.hot.items()) {
    const std::string id = entry.items()[0].text();
    const std::string time = entry.items()[1].text();
    const bool due = now - entry.items()[2].as_int() >= spec.hot.count();
    const bool full = page.records.size() >= static_cast<std::size_t>(limit);
    if (!due || full) {
      page.more = page.more || due;
      later.push(entry);
      continue;
    }
    const bool shown = std::any_of(page.records.begin(), page.records.end(),
                                   [&](const Record& record) { return record.id == id; });
    // The version differs from the first one's, or it would be taken for the same observation.
    if (!shown) show(page, thin(id, time + "/again", time));
  }
  state.hot = std::move(later);
}

// From now on: what is there is known.
Trouble begin_now(const PollSpec& spec, Runner& runner, const Scope& scope, State& state) {
  Json rows;
  NAVETTE_STEP(ask_rows(spec.newest, runner, scope, Json::object(), 1, 0, spec.page_size, rows));
  state.since =
      rows.size() == 0 ? "1970-01-01T00:00:00Z" : rows.items().front().at("updated_at").text();
  for (const Json& row : rows.items()) {
    state.seen.set(row.at("id").text(), sight_of(row));
  }
  return {};
}

// A page that holds nothing new though it is full: the rest of that second, by offset.
Trouble walk_second(const PollSpec& spec, Runner& runner, const Scope& scope, std::int64_t now,
                    int limit, Json rows, State& state, Page& page) {
  int offset = 0;
  Json cursor = Json::object();
  cursor.set("since", state.since);
  for (int number = 2; number <= kOffsetPagesMax; ++number) {
    const std::string expected = rows.items().back().at("id").text();
    offset += spec.page_size - 1;
    NAVETTE_STEP(
        ask_rows(spec.changes, runner, scope, cursor, number, offset, spec.page_size, rows));
    if (rows.size() == 0 || rows.items().front().at("id").text() != expected) {
      // Something moved meanwhile; the next poll starts over from the watermark.
      page.more = true;
      return {};
    }
    const Taken taken = take(rows, now, limit, state, page);
    page.more = rows.size() >= static_cast<std::size_t>(spec.page_size) || !taken.all;
    if (taken.any || !page.more) return {};
  }
  return Failure{Verdict::kRetryable, "poll: more than " + std::to_string(kOffsetPagesMax) +
                                          " pages of rows with one time"};
}

}  // namespace

Trouble poll_timestamp(const PollSpec& spec, Runner& runner, const Scope& scope,
                       const PollRequest& request, const Json& cursor, Page& page) {
  const std::int64_t now = to_ms(runner.caller().host().now());
  State state = read_state(cursor);
  if (state.since.empty() && request.since.empty()) {
    NAVETTE_STEP(begin_now(spec, runner, scope, state));
    page.cursor = write_state(state);
    return {};
  }
  if (state.since.empty()) {
    const std::optional<TimePoint> since = parse_rfc3339(request.since);
    if (!since) {
      return Failure{Verdict::kMisconfigured,
                     "poll: since \"" + request.since + "\" is no RFC 3339 time"};
    }
    state.since = to_rfc3339(std::chrono::floor<std::chrono::seconds>(*since));
  }
  Json rows;
  Json asked = Json::object();
  asked.set("since", state.since);
  NAVETTE_STEP(ask_rows(spec.changes, runner, scope, asked, 1, 0, spec.page_size, rows));
  const std::string before = state.since;
  const Taken taken = take(rows, now, request.limit, state, page);
  page.more = rows.size() >= static_cast<std::size_t>(spec.page_size) || !taken.all;
  if (!taken.any && page.more && state.since == before) {
    NAVETTE_STEP(walk_second(spec, runner, scope, now, request.limit, rows, state, page));
  }
  if (!page.more) show_hot(spec, now, request.limit, state, page);
  forget_old(state);
  page.cursor = write_state(state);
  return {};
}

}  // namespace navette::declarative
