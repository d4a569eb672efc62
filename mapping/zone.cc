#include "mapping/zone.h"

#include <algorithm>
#include <exception>

#include <date/tz.h>

#include "mapping/zone_rule.h"

namespace navette {
namespace {

const date::time_zone* of(const void* zone) {
  return static_cast<const date::time_zone*>(zone);
}

// The rule that holds at the moment, when the library's list of changes ends before it.
template <class Info>
const ZoneRule* rule_after(const date::time_zone& zone, const Info& info) {
  constexpr std::chrono::seconds kNever{300'000'000'000};  // beyond any year that is written
  return info.end.time_since_epoch() > kNever ? ZoneRule::find(zone.name()) : nullptr;
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
  const auto info = of(zone_)->get_info(std::chrono::floor<std::chrono::seconds>(time));
  const ZoneRule* const rule = rule_after(*of(zone_), info);
  return rule != nullptr ? rule->offset(time) : info.offset;
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
  if (const ZoneRule* const rule = rule_after(*of(zone_), info); rule != nullptr) {
    const ZoneRule::Span span = rule->span(time);
    return {TimePoint(std::max<std::chrono::seconds>(span.begin, near(info.begin))),
            TimePoint(span.end), span.offset};
  }
  return {TimePoint(near(info.begin)), TimePoint(near(info.end)), info.offset};
}

TimePoint Zone::from_local(LocalTime local) const {
  if (zone_ == nullptr) return TimePoint(local);
  const date::local_time<std::chrono::milliseconds> time{local};
  // For a time that never comes, `first` is what was in force before; for one that comes twice, the
  // first of the two.
  const auto info = of(zone_)->get_info(std::chrono::floor<std::chrono::seconds>(time));
  if (rule_after(*of(zone_), info.first) == nullptr) return TimePoint(local - info.first.offset);
  // By rule: changes are months apart, so that a day around it there is one at the most.
  const std::chrono::seconds before = offset(TimePoint(local - std::chrono::days(1)));
  const std::chrono::seconds after = offset(TimePoint(local + std::chrono::days(1)));
  const TimePoint first(local - before);
  const bool never = offset(TimePoint(local - after)) != after;
  return never || offset(first) == before ? first : TimePoint(local - after);
}

}  // namespace navette
