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
// Some peers stamp a row when its transaction begins, so that it appears behind rows with a later
// stamp: then everything since `overlap` before the watermark is asked for again.
//
// Where a ticket's parts have times of their own, there are several `sources`, each with its own
// watermark; a row's `key` then tells rows of one ticket apart.
//
// Cursor: {"since": time, "seen": {key: time and hash}, "hot": [[id, time, first seen in ms],
// ...]}, or {"sources": {name: such a cursor}}

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "connectors/declarative/functions.h"
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

Json write_state(const State& state) {
  Json cursor = Json::object();
  cursor.set("since", state.since);
  cursor.set("seen", state.seen);
  cursor.set("hot", state.hot);
  return cursor;
}

std::string earlier(const std::string& time, std::chrono::milliseconds by) {
  const std::optional<TimePoint> point = parse_rfc3339(time);
  return point ? to_rfc3339(*point - by) : time;
}

// What the peer is asked for.
std::string asked_since(const PollSpec& spec, const State& state) {
  return spec.overlap.count() == 0 ? state.since : earlier(state.since, spec.overlap);
}

// Rows that the next request will bring again: those from a second before the watermark on, or
// before the overlap.
void forget_old(const PollSpec& spec, State& state) {
  const std::string edge = earlier(state.since, spec.overlap + std::chrono::seconds(1));
  Json kept = Json::object();
  for (const auto& [id, time] : state.seen.members()) {
    if (time.text() >= edge) kept.set(id, time);
  }
  state.seen = std::move(kept);
}

// What tells two sights of a row apart: its time, and a hash of all that the list shows.
std::string sight_of(const Json& row) {
  return row.at("updated_at").text() + "/" + fingerprint_of(row);
}

// Under what a row is remembered.
std::string key_of(const Json& row) {
  const std::string key = row.at("key").text();
  return key.empty() ? row.at("id").text() : key;
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
  const std::string running = earlier(newest, std::chrono::seconds(1));
  for (const Json& row : rows.items()) {
    const std::string id = row.at("id").text();
    const std::string time = row.at("updated_at").text();
    const std::string sight = sight_of(row);
    const std::string key = key_of(row);
    if (id.empty() || state.seen.at(key).text() == sight) continue;
    if (page.records.size() >= static_cast<std::size_t>(limit)) {
      taken.all = false;
      break;
    }
    taken.any = true;
    state.since = std::max(state.since, time);
    state.seen.set(key, sight);
    show(page, thin(id, sight, time));
    if (time >= running) state.hot.push(Json(Json::Array{id, time, now}));
  }
  if (taken.all) state.since = newest;
  return taken;
}

// Show again what was first seen long enough ago, unless it was shown with a newer time since.
void show_hot(const PollSpec& spec, std::int64_t now, int limit, State& state, Page& page) {
  Json later = Json::array();
  if (spec.hot.count() == 0) state.hot = Json::array();
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
    state.seen.set(key_of(row), sight_of(row));
  }
  return {};
}

// A page that holds nothing new though it is full: the rest of that second, by offset.
Trouble walk_second(const PollSpec& spec, Runner& runner, const Scope& scope, std::int64_t now,
                    int limit, Json rows, State& state, Page& page) {
  int offset = 0;
  Json cursor = Json::object();
  cursor.set("since", asked_since(spec, state));
  for (int number = 2; number <= kOffsetPagesMax; ++number) {
    const std::string expected = key_of(rows.items().back());
    offset += spec.page_size - 1;
    NAVETTE_STEP(
        ask_rows(spec.changes, runner, scope, cursor, number, offset, spec.page_size, rows));
    if (rows.size() == 0 || key_of(rows.items().front()) != expected) {
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

// Where a poll without a cursor begins.
Trouble begin(const PollSpec& spec, Runner& runner, const Scope& scope, const std::string& since,
              State& state) {
  if (since.empty()) return begin_now(spec, runner, scope, state);
  const std::optional<TimePoint> time = parse_rfc3339(since);
  if (!time) {
    return Failure{Verdict::kMisconfigured, "poll: since \"" + since + "\" is no RFC 3339 time"};
  }
  state.since = to_rfc3339(std::chrono::floor<std::chrono::seconds>(*time));
  return {};
}

// One step of one source from its watermark on.
Trouble advance(const PollSpec& spec, Runner& runner, const Scope& scope, int limit, State& state,
                Page& page) {
  const std::int64_t now = to_ms(runner.caller().host().now());
  Json rows;
  Json asked = Json::object();
  asked.set("since", asked_since(spec, state));
  NAVETTE_STEP(ask_rows(spec.changes, runner, scope, asked, 1, 0, spec.page_size, rows));
  const std::string before = state.since;
  const Taken taken = take(rows, now, limit, state, page);
  page.more = rows.size() >= static_cast<std::size_t>(spec.page_size) || !taken.all;
  if (!taken.any && page.more && state.since == before) {
    NAVETTE_STEP(walk_second(spec, runner, scope, now, limit, rows, state, page));
  }
  if (!page.more) show_hot(spec, now, limit, state, page);
  forget_old(spec, state);
  return {};
}

// One source after the other, each when those before it have no more.
Trouble poll_sources(const PollSpec& spec, Runner& runner, const Scope& scope,
                     const PollRequest& request, const Json& cursor, Page& page) {
  const Json sources = spec.sources.evaluate(scope);
  if (!sources.is_array()) {
    return Failure{Verdict::kMisconfigured, "poll: the catalog file's sources are no list"};
  }
  Json states = Json::object();
  for (const Json& source : sources.items()) {
    const std::string name = source.at("name").text();
    Scope inner(&scope);
    inner.set("source", source);
    State state = read_state(cursor.at("sources").at(name));
    const bool from_now = state.since.empty() && request.since.empty();
    if (state.since.empty()) NAVETTE_STEP(begin(spec, runner, inner, request.since, state));
    const bool full = page.records.size() >= static_cast<std::size_t>(request.limit);
    page.more = page.more || full;
    if (!page.more && !from_now) {
      NAVETTE_STEP(advance(spec, runner, inner, request.limit, state, page));
    }
    states.set(name, write_state(state));
  }
  Json next = Json::object();
  next.set("sources", std::move(states));
  page.cursor = next.dump();
  return {};
}

}  // namespace

Trouble poll_timestamp(const PollSpec& spec, Runner& runner, const Scope& scope,
                       const PollRequest& request, const Json& cursor, Page& page) {
  if (!spec.sources.empty()) return poll_sources(spec, runner, scope, request, cursor, page);
  State state = read_state(cursor);
  const bool from_now = state.since.empty() && request.since.empty();
  if (state.since.empty()) NAVETTE_STEP(begin(spec, runner, scope, request.since, state));
  if (!from_now) NAVETTE_STEP(advance(spec, runner, scope, request.limit, state, page));
  page.cursor = write_state(state).dump();
  return {};
}

}  // namespace navette::declarative
