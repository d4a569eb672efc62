// Values that JSON has no words for, as some peers tag them: {"__class__": "date", "year": 2026,
// "month": 3, "day": 4}. Catalog files see plain values instead:
//   datetime   "2026-11-24T02:18:22.000123Z", always six digits, so that texts sort as times do; a
//              zone is not told, UTC is meant
//   date       "2026-11-24"          time     "02:18:22"
//   timedelta  seconds               Decimal  its text
//   bytes      the bytes

#pragma once

#include <string>

#include "navette/json.h"

namespace navette::declarative {

// The value with every tagged object in it made plain; an object with an unknown tag stays.
Json from_tagged(const Json& value);

// A plain value as a tagged object of that kind ("datetime", "date", "timedelta", "Decimal",
// "bytes"). Null when it is null, when it is no such value, or the kind is not known. A datetime
// keeps milliseconds.
Json to_tagged(const Json& value, const std::string& kind);

}  // namespace navette::declarative
