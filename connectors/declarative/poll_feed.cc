// A feed of events with rising numbers, each about one entity.
//
// A number may appear after a higher one (the numbers are given out before the commit), so the feed
// is asked again from a floor that follows at a distance: `settle`, or kOverlapRows events. Events
// seen above the floor are dropped. The peer may hide events from us after it cut the page, so a
// short page is not the last one: the poll after it goes on, and an empty answer is doubted from
// time to time by reading further pages.
//
// The first start with a `since` walks the search for changed entities by id, and then the feed
// from the highest number there was before that walk.
//
// Cursor: {"floor": n, "seen": [[n, first seen in ms], ...], "doubted": ms}, or
// {"walk": {"since": time, "after": id}, "floor": n} during the first start.

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/clock.h"
#include "connectors/declarative/poller.h"

namespace navette::declarative {

namespace {

constexpr std::size_t kOverlapRows = 50;
constexpr std::int64_t kDoubtEvery = 60'000;  // milliseconds
constexpr int kDoubtPages = 8;
constexpr int kPagesMax = 20;

std::int64_t number_of(const Json& value) {
  return std::strtoll(value.text().c_str(), nullptr, 10);
}

struct State {
  std::int64_t floor = 0;
  Json seen = Json::array();  // rising
  std::int64_t doubted = 0;   // when an empty answer was last looked behind, in ms
};

State read_state(const Json& cursor) {
  State state;
  state.floor = number_of(cursor.at("floor"));
  if (cursor.at("seen").is_array()) state.seen = cursor.at("seen");
  state.doubted = cursor.at("doubted").as_int();
  return state;
}

std::string write_state(const State& state) {
  Json cursor = Json::object();
  cursor.set("floor", state.floor);
  cursor.set("seen", state.seen);
  cursor.set("doubted", state.doubted);
  return cursor.dump();
}

bool is_seen(const State& state, std::int64_t number) {
  return std::any_of(state.seen.items().begin(), state.seen.items().end(),
                     [number](const Json& entry) { return entry.items()[0].as_int() == number; });
}

// The floor rises to the highest event that is old enough or far enough back.
void raise_floor(const PollSpec& spec, std::int64_t now, State& state) {
  Json::Array& seen = state.seen.items();
  std::sort(seen.begin(), seen.end(), [](const Json& a, const Json& b) {
    return a.items()[0].as_int() < b.items()[0].as_int();
  });
  if (seen.size() > kOverlapRows) {
    state.floor = std::max(state.floor, seen[seen.size() - kOverlapRows - 1].items()[0].as_int());
  }
  for (const Json& entry : seen) {
    if (now - entry.items()[1].as_int() >= spec.settle.count()) {
      state.floor = std::max(state.floor, entry.items()[0].as_int());
    }
  }
  std::erase_if(seen, [&](const Json& entry) { return entry.items()[0].as_int() <= state.floor; });
}

// One record an entity, at the place of its last event.
void show(Page& page, const Json& row) {
  Record record;
  record.id = row.at("id").text();
  record.version = row.at("version").text();
  record.updated_at = row.at("updated_at").text();
  if (record.id.empty()) return;
  std::erase_if(page.records, [&](const Record& known) { return known.id == record.id; });
  page.records.push_back(std::move(record));
}

// Take events until the page has its records; says whether there were any.
bool take(const Json& rows, std::int64_t now, int limit, State& state, Page& page) {
  bool any = false;
  for (const Json& row : rows.items()) {
    const std::int64_t number = number_of(row.at("sequence"));
    if (number <= state.floor || is_seen(state, number)) continue;
    if (page.records.size() >= static_cast<std::size_t>(limit)) break;
    any = true;
    state.seen.push(Json(Json::Array{number, now}));
    show(page, row);
  }
  return any;
}

Trouble newest_number(const PollSpec& spec, Runner& runner, const Scope& scope,
                      std::int64_t& number) {
  number = 0;
  // The newest ones may be hidden from us, so not just one row is asked for.
  for (int at = 1; at <= 3 && number == 0; ++at) {
    Json rows;
    NAVETTE_STEP(ask_rows(spec.newest, runner, scope, Json::object(), at, (at - 1) * spec.page_size,
                          spec.page_size, rows));
    for (const Json& row : rows.items()) number = std::max(number, number_of(row.at("sequence")));
  }
  return {};
}

Trouble walk(const PollSpec& spec, Runner& runner, const Scope& scope, const PollRequest& request,
             const Json& cursor, Page& page) {
  const std::string since = cursor.at("walk").at("since").text();
  std::int64_t after = number_of(cursor.at("walk").at("after"));
  Json asked = Json::object();
  asked.set("since", since);
  asked.set("after", after);
  Json rows;
  NAVETTE_STEP(ask_rows(*spec.backfill, runner, scope, asked, 1, 0, request.limit, rows));
  for (const Json& row : rows.items()) {
    after = std::max(after, number_of(row.at("id")));
    // The literal that was asked may reach further back than it says.
    if (row.at("updated_at").text() >= since) show(page, row);
  }
  page.more = true;
  Json next = Json::object();
  if (rows.size() > 0) {
    Json position = Json::object();
    position.set("since", since);
    position.set("after", after);
    next.set("walk", std::move(position));
  }
  next.set("floor", cursor.at("floor"));
  page.cursor = next.dump();
  return {};
}

Trouble begin(const PollSpec& spec, Runner& runner, const Scope& scope, const PollRequest& request,
              Page& page) {
  std::int64_t newest = 0;
  NAVETTE_STEP(newest_number(spec, runner, scope, newest));
  Json cursor = Json::object();
  cursor.set("floor", newest);
  if (request.since.empty()) {
    page.cursor = cursor.dump();
    return {};
  }
  const std::optional<TimePoint> since = parse_rfc3339(request.since);
  if (!since) {
    return Failure{Verdict::kMisconfigured,
                   "poll: since \"" + request.since + "\" is no RFC 3339 time"};
  }
  Json position = Json::object();
  position.set("since", to_rfc3339(std::chrono::floor<std::chrono::seconds>(*since)));
  cursor.set("walk", std::move(position));
  return walk(spec, runner, scope, request, cursor, page);
}

}  // namespace

Trouble poll_feed(const PollSpec& spec, Runner& runner, const Scope& scope,
                  const PollRequest& request, const Json& cursor, Page& page) {
  if (cursor.is_null()) return begin(spec, runner, scope, request, page);
  if (cursor.find("walk") != nullptr) return walk(spec, runner, scope, request, cursor, page);
  const std::int64_t now = to_ms(runner.caller().host().now());
  State state = read_state(cursor);
  Json asked = Json::object();
  asked.set("after", state.floor);
  const int size = spec.page_size;
  const bool doubt = now - state.doubted >= kDoubtEvery;
  bool full = false;
  for (int number = 1; number <= kPagesMax; ++number) {
    Json rows;
    NAVETTE_STEP(
        ask_rows(spec.changes, runner, scope, asked, number, (number - 1) * size, size, rows));
    full = rows.size() >= static_cast<std::size_t>(size);
    if (take(rows, now, request.limit, state, page)) {
      page.more = true;
      break;
    }
    if (full) continue;
    if (!doubt || number >= kDoubtPages) break;
    state.doubted = now;
  }
  raise_floor(spec, now, state);
  page.cursor = write_state(state);
  return {};
}

}  // namespace navette::declarative
