// What a link remembers beside its two ids: the base (the values both sides last agreed on), what
// is parked, and how the sides looked when they were last seen to agree.
//
// It is stored as JSON in LinkRow::state:
//   {"base": {rule: [client, provider]},
//    "parked": {name: {"reason", "since", "client", "provider"}},
//    "writes": {rule: [[side, value, at], ...]},
//    "digest": [client, provider], "seen": [client, provider],
//    "open": {rule: {"side", "from", "wanted", "was", "at", "create", "answered"}},
//    "broken": "why", "created_on": "provider"}

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

#include "config/model.h"

namespace navette {

// One field (or comment, or file) held back. It is tried again when either value changes.
struct Parked {
  std::string reason;
  std::int64_t since = 0;  // ms since 1970, UTC
  Json client;             // the values when it was parked
  Json provider;
};

struct PastWrite {
  Side side = Side::kClient;
  Json value;
  std::int64_t at = 0;
};

// A value that was sent to a side and not read back there yet. It may have been written or not:
// what is read next tells, and until then the base is not known.
struct OpenWrite {
  Side side = Side::kProvider;  // it was sent to
  Json from;                    // what the other side held
  Json wanted;
  Json was;               // what the side held before
  std::int64_t at = 0;    // ms since 1970
  bool create = false;    // it came with a new ticket; `was` is not known
  bool answered = false;  // the system said that it is done
};

struct LinkState {
  std::map<std::string, Sides<Json>> base;  // by rule name
  std::map<std::string, Parked> parked;     // by rule name, or "comment client:55"
  std::map<std::string, std::vector<PastWrite>> writes;
  std::map<std::string, OpenWrite> open;  // by rule name
  Sides<std::string> digest;              // empty: look again
  Sides<std::string> seen;                // the newest updated_at that was relied upon; RFC 3339
  std::string broken;                     // why this link no longer syncs; empty: it does
  std::string created_on;                 // the side that Navette made; empty: adopted

  std::string dump() const;
  // Errors: kRejected, when it is not what dump() wrote.
  static Result<LinkState> parse(const std::string& text);
};

}  // namespace navette
