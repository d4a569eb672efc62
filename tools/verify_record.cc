#include "tools/verify_record.h"

#include <algorithm>

#include "base/clock.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

using Known = PairDifference::Known;

constexpr int kPage = 500;

void take(Recorded& recorded, const ChangeRow& change) {
  if (change.disposition == Disposition::kPending) {
    recorded.pending = true;
    recorded.waits_for = change.reason;
    return;
  }
  if (change.ended_at >= recorded.last_at) {
    recorded.last = change.disposition;
    recorded.last_reason = change.reason;
    recorded.last_at = change.ended_at;
  }
  if (change.disposition == Disposition::kDead) {
    recorded.dead_letter = change.seq;
    recorded.dead_reason = change.reason;
  }
  // Such a run read the tickets and left nothing that is not held back.
  const bool agreed = change.disposition == Disposition::kDelivered ||
                      change.disposition == Disposition::kUnchanged ||
                      change.disposition == Disposition::kParked;
  if (agreed) recorded.agreed_until = std::max(recorded.agreed_until, change.ended_at);
}

void take_all(Store& store, ChangeFilter filter, Recorded& recorded) {
  filter.limit = kPage;
  for (;;) {
    auto page = store.changes(filter);
    if (!page) return;
    for (const ChangeRow& change : *page) take(recorded, change);
    if (page->size() < static_cast<std::size_t>(kPage)) return;
    filter.after_seq = page->back().seq;
  }
}

}  // namespace

Recorded recorded_of(Store& store, const LinkRow& link) {
  Recorded recorded;
  for (const Side side : {Side::kClient, Side::kProvider}) {
    if (link.id_of(side).empty()) continue;
    take_all(store, {.flow = link.flow, .side = side, .entity_id = link.id_of(side)}, recorded);
  }
  return recorded;
}

Recorded recorded_of(Store& store, const std::string& flow, Side side, const std::string& id) {
  Recorded recorded;
  take_all(store, {.flow = flow, .side = side, .entity_id = id}, recorded);
  return recorded;
}

const char* state_of(Known known, const Recorded& recorded) {
  if (known == Known::kParked) return "parked";
  if (known == Known::kAgreed) return "agreed";
  if (recorded.pending) return "pending";
  return recorded.dead_letter != 0 ? "dead" : "diverged";
}

void add_record(Json& finding, const PairDifference& difference, const Recorded& recorded) {
  std::string why = difference.why;
  const std::string state = finding.at("state").text();
  if (state == "pending") {
    why = "a change is pending" +
          (recorded.waits_for.empty() ? std::string() : ": " + recorded.waits_for);
  } else if (state == "dead") {
    why = recorded.dead_reason;
    finding.set("dead_letter", recorded.dead_letter);
  }
  finding.set("why", why);
  if (difference.since != 0) finding.set("since", moment(difference.since));
  if (state != "agreed" && difference.since == 0 && recorded.agreed_until != 0)
    finding.set("agreed_until", moment(recorded.agreed_until));
}

Result<std::string> list_since(Store& store, const FlowConfig& flow) {
  if (!flow.since.empty()) return flow.since;
  auto first = store.changes({.flow = flow.name, .limit = 1});
  if (!first) return first.error();
  // The first changes may have been pruned; links never are.
  auto link = store.links({.flow = flow.name, .limit = 1});
  if (!link) return link.error();
  if (first->empty() && link->empty()) return std::string();
  std::int64_t at = first->empty() ? link->front().created_at : first->front().received_at;
  if (!link->empty()) at = std::min(at, link->front().created_at);
  return to_rfc3339(TimePoint(std::chrono::milliseconds(at)));
}

}  // namespace navette::tools
