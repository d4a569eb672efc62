// What a link remembers beside its two ids: the base (the values both sides last agreed on), what
// is parked, and how the sides looked when they were last seen to agree.
//
// It is stored as JSON in LinkRow::state:
//   {"base": {rule: [client, provider]},
//    "parked": {name: {"reason", "since", "client", "provider"}},
//    "writes": {rule: [[side, value, at], ...]},
//    "digest": [client, provider], "broken": "why", "created_on": "provider"}

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

struct LinkState {
  std::map<std::string, Sides<Json>> base;  // by rule name
  std::map<std::string, Parked> parked;     // by rule name, or "comment client:55"
  std::map<std::string, std::vector<PastWrite>> writes;
  Sides<std::string> digest;  // empty: look again
  std::string broken;         // why this link no longer syncs; empty: it does
  std::string created_on;     // the side that Navette made; empty: adopted

  std::string dump() const;
  // Errors: kRejected, when it is not what dump() wrote.
  static Result<LinkState> parse(const std::string& text);
};

}  // namespace navette
