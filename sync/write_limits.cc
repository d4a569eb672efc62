#include "sync/write_limits.h"

#include <algorithm>

#include "navette/json.h"

#include "base/clock.h"

namespace navette {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::string_view kPrefix = "flow ";

std::string hold_name(const std::string& flow) {
  return flow + "/held";
}

std::string count_name(const std::string& flow) {
  return flow + "/overwritten";
}

std::string dump(const FlowHold& hold) {
  Json out = Json::object();
  if (hold.since != 0) {
    out.set("since", hold.since);
    out.set("why", hold.why);
  }
  out.set("resumed_at", hold.resumed_at);
  out.set("free_until", hold.free_until);
  return out.dump();
}

AddEvent event_of(const std::string& flow, const std::string& kind, const std::string& why,
                  std::int64_t now) {
  return AddEvent{{0, now, flow, 0, kind, "limits", Json(Json::Object{{"why", why}}).dump()}};
}

std::string sentence(std::int64_t count, const char* what, std::int64_t limit,
                     const std::string& ticket) {
  return std::to_string(count) + " values would have been " + what +
         " within an hour, and its limit is " + std::to_string(limit) + "; the last one is of " +
         ticket;
}

}  // namespace

std::string FlowHold::text(const std::string& flow) const {
  if (since == 0) return {};
  return "held since " + to_rfc3339(TimePoint(std::chrono::milliseconds(since))) + ": " + why +
         ". `navette resume " + flow + "` lets it go on";
}

Result<FlowHold> hold_of(Store& store, const std::string& flow) {
  FlowHold hold;
  auto text = store.cursor(hold_name(flow));
  if (!text) return text.error();
  if (text->empty()) return hold;
  auto kept = Json::parse(*text, "what holds a flow");
  if (!kept) return kept.error();
  hold.since = kept->at("since").as_int();
  hold.why = kept->at("why").text();
  hold.resumed_at = kept->at("resumed_at").as_int();
  hold.free_until = kept->at("free_until").as_int();
  return hold;
}

Result<FlowHold> resume_flow(Store& store, const std::string& flow, std::int64_t now,
                             std::int64_t free_for_ms) {
  auto before = hold_of(store, flow);
  if (!before) return before.error();
  FlowHold after;
  // Ascending, whatever the clock says: each one is told from the one before.
  after.resumed_at = std::max(now, before->resumed_at + 1);
  if (free_for_ms > 0) after.free_until = now + free_for_ms;
  NAVETTE_TRY(store.commit(
      {SetCursor{hold_name(flow), dump(after)}, event_of(flow, "resumed", before->why, now)}));
  return before;
}

void WriteLimits::configure(const std::vector<FlowConfig>& flows) {
  std::map<std::string, Known> fresh;
  for (const FlowConfig& flow : flows) {
    Known& one = fresh[flow.name];
    if (const auto before = flows_.find(flow.name); before != flows_.end()) one = before->second;
    one.limits = flow.limits;
  }
  flows_ = std::move(fresh);
}

// A store that can't be read is no reason to write: it is asked again with the next question.
WriteLimits::Known& WriteLimits::known(const std::string& flow) {
  Known& one = flows_[flow];
  if (one.read) return one;
  auto hold = hold_of(store_, flow);
  if (!hold) return one;
  one.hold = std::move(*hold);
  read_minutes(flow, one);
  return one;
}

void WriteLimits::read_minutes(const std::string& flow, Known& one) {
  one.minutes.clear();
  auto text = store_.cursor(count_name(flow));
  if (!text) return;
  one.read = true;
  auto kept = Json::parse(text->empty() ? "{}" : *text, "what was overwritten");
  if (!kept || kept->at("resumed_at").as_int() != one.hold.resumed_at) return;
  const Json& minutes = kept->at("minutes");
  if (!minutes.is_array()) return;
  for (const Json& minute : minutes.items()) {
    if (minute.size() != 3) continue;
    one.minutes.push_back(
        {minute.items()[0].as_int(), {minute.items()[1].as_int(), minute.items()[2].as_int()}});
  }
}

std::vector<std::string> WriteLimits::look_again(bool all) {
  std::vector<std::string> resumed;
  for (auto& [name, one] : flows_) {
    if (!one.read || (!all && one.hold.since == 0)) continue;
    auto hold = hold_of(store_, name);
    if (!hold || hold->resumed_at == one.hold.resumed_at) continue;
    if (one.hold.since != 0) resumed.push_back(name);
    one.hold = std::move(*hold);
    one.minutes.clear();
  }
  return resumed;
}

std::string WriteLimits::held(const std::string& flow) {
  const Known& one = known(flow);
  if (!one.read) return "it is not known whether it is held: the store can't be read";
  return one.hold.text(flow);
}

std::vector<std::string> WriteLimits::held_flows() const {
  std::vector<std::string> names;
  for (const auto& [name, one] : flows_) {
    if (one.hold.since != 0) names.push_back(name);
  }
  return names;
}

// Those of the last hour. What a clock that was set back since has put into the future counts as of
// now.
WriteCount WriteLimits::sum(Known& flow, std::int64_t now) {
  const std::int64_t minute = now / kMinuteMs;
  WriteCount all;
  for (Minute& one : flow.minutes) one.minute = std::min(one.minute, minute);
  while (!flow.minutes.empty() && flow.minutes.front().minute <= minute - kMinutes) {
    flow.minutes.pop_front();
  }
  for (const Minute& one : flow.minutes) {
    all.overwrites += one.count.overwrites;
    all.clears += one.count.clears;
  }
  return all;
}

std::string WriteLimits::dump(const Known& flow) {
  Json out = Json::object();
  out.set("resumed_at", flow.hold.resumed_at);
  Json& minutes = out.set("minutes", Json::array());
  for (const Minute& one : flow.minutes) {
    minutes.push(
        Json(Json::Array{Json(one.minute), Json(one.count.overwrites), Json(one.count.clears)}));
  }
  return out.dump();
}

WriteLimits::Answer WriteLimits::take(const std::string& flow, const WriteCount& count,
                                      const std::string& ticket, std::int64_t now, Batch& batch) {
  Known& one = known(flow);
  if (!one.read || one.hold.since != 0) return Answer::kHeld;
  const bool limited = one.limits.overwrites || one.limits.clears;
  if (!limited || count.overwrites + count.clears == 0 || now < one.hold.free_until)
    return Answer::kTaken;
  WriteCount all = sum(one, now);
  all.overwrites += count.overwrites;
  all.clears += count.clears;
  std::string why;
  if (one.limits.overwrites && count.overwrites > 0 && all.overwrites > *one.limits.overwrites) {
    why = sentence(all.overwrites, "overwritten", *one.limits.overwrites, ticket);
  } else if (one.limits.clears && count.clears > 0 && all.clears > *one.limits.clears) {
    why = sentence(all.clears, "emptied", *one.limits.clears, ticket);
  }
  if (!why.empty()) {
    one.hold.since = now;
    one.hold.why = why;
    batch.push_back(SetCursor{hold_name(flow), navette::dump(one.hold)});
    batch.push_back(event_of(flow, "held", why, now));
    return Answer::kHolds;
  }
  const std::int64_t minute = now / kMinuteMs;
  if (one.minutes.empty() || one.minutes.back().minute != minute)
    one.minutes.push_back({minute, {}});
  one.minutes.back().count.overwrites += count.overwrites;
  one.minutes.back().count.clears += count.clears;
  batch.push_back(SetCursor{count_name(flow), dump(one)});
  return Answer::kTaken;
}

void WriteLimits::give_back(const std::string& flow, const WriteCount& count) {
  const auto found = flows_.find(flow);
  if (found == flows_.end() || found->second.minutes.empty()) return;
  WriteCount& last = found->second.minutes.back().count;
  last.overwrites = std::max<std::int64_t>(0, last.overwrites - count.overwrites);
  last.clears = std::max<std::int64_t>(0, last.clears - count.clears);
}

std::string WriteLimits::flow_in(std::string_view name) {
  return std::string(name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : std::string_view());
}

}  // namespace navette
