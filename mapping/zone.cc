#include "mapping/zone.h"

#include <algorithm>
#include <exception>

#include <date/tz.h>

namespace navette {
namespace {

const date::time_zone* of(const void* zone) {
  return static_cast<const date::time_zone*>(zone);
}

}  // namespace

std::optional<Zone> Zone::find(std::string_view name) {
  Zone out;
  if (name.empty() || name == "UTC") return out;
  try {
    out.zone_ = date::locate_zone(std::string(name));
  } catch (const std::exception&) {
    return std::nullopt;
  }
  return out;
}

std::vector<std::string> Zone::names() {
  std::vector<std::string> names = {"UTC"};
  try {
    for (const date::time_zone& zone : date::get_tzdb().zones) names.emplace_back(zone.name());
  } catch (const std::exception&) {
    return names;  // no database: nothing but UTC is known
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::chrono::seconds Zone::offset(TimePoint time) const {
  if (zone_ == nullptr) return std::chrono::seconds(0);
  return of(zone_)->get_info(std::chrono::floor<std::chrono::seconds>(time)).offset;
}

Zone::Span Zone::span(TimePoint time) const {
  // As far as milliseconds reach; the library's own bounds reach further.
  constexpr auto kEver = std::chrono::seconds(9'000'000'000'000);
  const TimePoint first{-kEver};
  const TimePoint last{kEver};
  if (zone_ == nullptr) return {first, last, std::chrono::seconds(0)};
  const auto info = of(zone_)->get_info(std::chrono::floor<std::chrono::seconds>(time));
  const auto near = [&](date::sys_seconds bound) {
    return std::clamp<std::chrono::seconds>(bound.time_since_epoch(), -kEver, kEver);
  };
  return {TimePoint(near(info.begin)), TimePoint(near(info.end)), info.offset};
}

TimePoint Zone::from_local(LocalTime local) const {
  if (zone_ == nullptr) return TimePoint(local);
  const date::local_time<std::chrono::milliseconds> time{local};
  // For a time that never comes, `first` is what was in force before; for one that comes twice, the
  // first of the two.
  const auto info = of(zone_)->get_info(std::chrono::floor<std::chrono::seconds>(time));
  return TimePoint(local - info.first.offset);
}

}  // namespace navette
