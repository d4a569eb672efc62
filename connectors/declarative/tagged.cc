#include "connectors/declarative/tagged.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "connectors/declarative/functions.h"

namespace navette::declarative {

namespace {

constexpr const char* kTag = "__class__";

template <class... Numbers>
std::string printed(const char* format, Numbers... numbers) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, static_cast<long long>(numbers)...);
  return buffer.data();
}

Json seconds_of(const Json& value) {
  const double seconds = value.at("seconds").as_double();
  const auto whole = static_cast<std::int64_t>(seconds);
  if (static_cast<double>(whole) == seconds) return whole;
  return seconds;
}

Json plain(const Json& value, const std::string& tag) {
  const auto part = [&value](const char* name) { return value.at(name).as_int(); };
  if (tag == "datetime") {
    return printed("%04lld-%02lld-%02lldT%02lld:%02lld:%02lld.%06lldZ", part("year"), part("month"),
                   part("day"), part("hour"), part("minute"), part("second"), part("microsecond"));
  }
  if (tag == "date") {
    return printed("%04lld-%02lld-%02lld", part("year"), part("month"), part("day"));
  }
  if (tag == "time") {
    return printed("%02lld:%02lld:%02lld", part("hour"), part("minute"), part("second"));
  }
  if (tag == "timedelta") return seconds_of(value);
  if (tag == "Decimal") return value.at("decimal").text();
  if (tag == "bytes") return base64_decode(value.at("base64").text());
  return value;
}

Json tag_with(const char* kind) {
  Json out = Json::object();
  out.set(kTag, kind);
  return out;
}

Json tagged_time(const Json& value, bool with_clock) {
  const std::optional<TimePoint> time = parse_rfc3339(value.text());
  if (!time) return {};
  const auto day = std::chrono::floor<std::chrono::days>(*time);
  const std::chrono::year_month_day date(day);
  Json out = tag_with(with_clock ? "datetime" : "date");
  out.set("year", static_cast<int>(date.year()));
  out.set("month", static_cast<std::int64_t>(static_cast<unsigned>(date.month())));
  out.set("day", static_cast<std::int64_t>(static_cast<unsigned>(date.day())));
  if (!with_clock) return out;
  const std::chrono::hh_mm_ss clock(*time - day);
  out.set("hour", std::int64_t{clock.hours().count()});
  out.set("minute", std::int64_t{clock.minutes().count()});
  out.set("second", std::int64_t{clock.seconds().count()});
  out.set("microsecond", std::int64_t{clock.subseconds().count()} * 1000);
  return out;
}

}  // namespace

Json from_tagged(const Json& value) {
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& item : value.items()) out.push(from_tagged(item));
    return out;
  }
  if (!value.is_object()) return value;
  if (const Json* tag = value.find(kTag)) return plain(value, tag->text());
  Json out = Json::object();
  for (const auto& [name, member] : value.members()) out.set(name, from_tagged(member));
  return out;
}

Json to_tagged(const Json& value, const std::string& kind) {
  if (value.is_null()) return {};
  if (kind == "datetime") return tagged_time(value, true);
  if (kind == "date") return tagged_time(value, false);
  Json out = tag_with(kind.c_str());
  if (kind == "timedelta") {
    if (!value.is_number()) return {};
    out.set("seconds", value.as_double());
  } else if (kind == "Decimal") {
    out.set("decimal", value.text());
  } else if (kind == "bytes") {
    out.set("base64", base64_encode(value.text()));
  } else {
    return {};
  }
  return out;
}

}  // namespace navette::declarative
