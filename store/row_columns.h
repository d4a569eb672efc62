// What both backends read alike: the columns of a row, in the order in which they are read, and the
// row made of them. A Source has integer(column) and text(column).

#pragma once

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "store/store.h"

// The columns of a ChangeRow, in the order that make_change() reads; the payload and when
// it was pruned come after them.
#define NAVETTE_CHANGE_COLUMNS                                                                   \
  "c.seq, f.name, c.side, c.entity_id, c.version, c.origin, c.correlation, c.config_hash,"       \
  " c.received_at, c.disposition, c.reason, c.attempts, c.next_at, c.waiting_since, c.ended_at," \
  " c.link, c.replay, c.lane"

#define NAVETTE_LINK_COLUMNS \
  "l.id, f.name, l.client_id, l.provider_id, l.state, l.parked, l.created_at, l.updated_at"

#define NAVETTE_COMMAND_COLUMNS                                                             \
  "c.id, c.key, f.name, c.link, c.side, c.kind, c.phase, c.payload, c.attempts, c.outcome," \
  " c.correlation, c.created_at, c.updated_at"

// The columns of a FlowCounts but for the age of its oldest, which comes after them.
#define NAVETTE_COUNT_COLUMNS                                                              \
  "f.name, f.accepted, f.pending, f.delivered, f.unchanged, f.filtered, f.parked, f.dead," \
  " f.links, f.parked_fields, f.open_commands, f.pending_repair, f.pending_backfill,"      \
  " f.stall, f.stalled_at"

#define NAVETTE_REPLAY_COLUMNS "id, open, state, created_at, updated_at"

namespace navette {

template <class Source>
ChangeRow make_thin_change(const Source& query) {
  ChangeRow row;
  row.seq = query.integer(0);
  row.flow = query.text(1);
  row.side = static_cast<Side>(query.integer(2));
  row.entity_id = query.text(3);
  row.version = query.text(4);
  row.origin = query.text(5);
  row.correlation = query.text(6);
  row.config_hash = query.text(7);
  row.received_at = query.integer(8);
  row.disposition = static_cast<Disposition>(query.integer(9));
  row.reason = query.text(10);
  row.attempts = static_cast<int>(query.integer(11));
  row.next_at = query.integer(12);
  row.waiting_since = query.integer(13);
  row.ended_at = query.integer(14);
  row.link = query.integer(15);
  row.replay = query.integer(16);
  row.lane = static_cast<Lane>(query.integer(17));
  return row;
}

template <class Source>
ChangeRow make_change(const Source& query) {
  ChangeRow row = make_thin_change(query);
  row.payload = query.text(18);
  row.payload_pruned_at = query.integer(19);
  return row;
}

template <class Source>
LinkRow make_link(const Source& query) {
  LinkRow row;
  row.id = query.integer(0);
  row.flow = query.text(1);
  row.client_id = query.text(2);
  row.provider_id = query.text(3);
  row.state = query.text(4);
  row.parked = static_cast<int>(query.integer(5));
  row.created_at = query.integer(6);
  row.updated_at = query.integer(7);
  return row;
}

template <class Source>
ChildRow make_child(const Source& query) {
  ChildRow row;
  row.id = query.integer(0);
  row.link = query.integer(1);
  row.kind = query.text(2);
  row.client_id = query.text(3);
  row.provider_id = query.text(4);
  row.state = query.text(5);
  return row;
}

template <class Source>
CommandRow make_command(const Source& query) {
  CommandRow row;
  row.id = query.integer(0);
  row.key = query.text(1);
  row.flow = query.text(2);
  row.link = query.integer(3);
  row.side = static_cast<Side>(query.integer(4));
  row.kind = query.text(5);
  row.phase = query.text(6);
  row.payload = query.text(7);
  row.attempts = static_cast<int>(query.integer(8));
  row.outcome = query.text(9);
  row.correlation = query.text(10);
  row.created_at = query.integer(11);
  row.updated_at = query.integer(12);
  return row;
}

template <class Source>
EventRow make_event(const Source& query) {
  EventRow row;
  row.seq = query.integer(0);
  row.at = query.integer(1);
  row.flow = query.text(2);
  row.link = query.integer(3);
  row.kind = query.text(4);
  row.correlation = query.text(5);
  row.data = query.text(6);
  return row;
}

template <class Source>
FlowCounts make_counts(const Source& query) {
  FlowCounts row;
  row.flow = query.text(0);
  row.accepted = query.integer(1);
  for (int i = 0; i < kDispositionCount; ++i) row.by[i] = query.integer(2 + i);
  row.links = query.integer(8);
  row.parked_fields = query.integer(9);
  row.open_commands = query.integer(10);
  const std::int64_t pending = row.by[static_cast<int>(Disposition::kPending)];
  row.pending_in[static_cast<int>(Lane::kRepair)] = query.integer(11);
  row.pending_in[static_cast<int>(Lane::kBackfill)] = query.integer(12);
  row.pending_in[static_cast<int>(Lane::kLive)] = pending - query.integer(11) - query.integer(12);
  row.stall = query.text(13);
  row.stalled_at = query.integer(14);
  row.oldest_pending_at = query.integer(15);
  row.pruned = query.integer(16);
  return row;
}

template <class Source>
WaitingReason make_waiting(const Source& query) {
  WaitingReason row;
  row.flow = query.text(0);
  row.reason = query.text(1);
  row.changes = query.integer(2);
  row.since = query.integer(3);
  return row;
}

// What has no reason of its own waits for what stalls its flow.
inline std::vector<WaitingReason> with_stalls(std::vector<WaitingReason> own,
                                              const std::vector<FlowCounts>& counts) {
  for (const FlowCounts& flow : counts) {
    if (flow.stall.empty()) continue;
    std::int64_t rest = flow.by[static_cast<int>(Disposition::kPending)];
    auto same = own.end();
    for (auto one = own.begin(); one != own.end(); ++one) {
      if (one->flow != flow.flow) continue;
      rest -= one->changes;
      if (one->reason == flow.stall) same = one;
    }
    if (rest <= 0) continue;
    if (same == own.end()) {
      own.push_back({flow.flow, flow.stall, rest, flow.stalled_at});
    } else {
      same->changes += rest;
      same->since = std::min(same->since, flow.stalled_at);
    }
  }
  std::sort(own.begin(), own.end(), [](const WaitingReason& a, const WaitingReason& b) {
    return std::tie(a.flow, a.reason) < std::tie(b.flow, b.reason);
  });
  return own;
}

template <class Source>
ReasonCount make_reason(const Source& query) {
  ReasonCount row;
  row.flow = query.text(0);
  row.disposition = static_cast<Disposition>(query.integer(1));
  row.reason = query.text(2);
  row.changes = query.integer(3);
  row.first = query.integer(4);
  row.last = query.integer(5);
  return row;
}

template <class Source>
EditRow make_edit(const Source& query) {
  return {query.integer(0), query.text(1), query.integer(2)};
}

template <class Source>
ReplayRow make_replay(const Source& query) {
  return {query.integer(0), query.integer(1) != 0, query.text(2), query.integer(3),
          query.integer(4)};
}

template <class Source>
std::string make_text(const Source& query) {
  return query.text(0);
}

}  // namespace navette
