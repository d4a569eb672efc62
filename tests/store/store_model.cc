#include "tests/store/store_model.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <optional>
#include <sstream>
#include <tuple>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

namespace navette::test {
namespace {

// Rows as text: easy to compare, easy to read when they differ.
template <class... Values>
std::string line(const Values&... values) {
  std::ostringstream out;
  ((out << values << '|'), ...);
  return out.str();
}

std::string describe(const ChangeRow& row) {
  return line(row.seq, row.flow, to_text(row.side), row.entity_id, row.payload, row.received_at,
              to_text(row.disposition), row.reason, row.attempts, row.next_at, row.waiting_since,
              row.ended_at, row.link, row.replay, to_text(row.lane), row.payload_pruned_at);
}

std::string describe(const LinkRow& row) {
  return line(row.id, row.flow, row.client_id, row.provider_id, row.state, row.parked,
              row.created_at, row.updated_at);
}

std::string describe(const ChildRow& row) {
  return line(row.id, row.link, row.kind, row.client_id, row.provider_id, row.state);
}

std::string describe(const CommandRow& row) {
  return line(row.id, row.key, row.flow, row.link, to_text(row.side), row.kind, row.phase,
              row.payload, row.attempts, row.outcome, row.created_at, row.updated_at);
}

std::string describe(const EventRow& row) {
  return line(row.at, row.flow, row.link, row.kind, row.correlation, row.data);
}

std::string describe(const FlowCounts& row) {
  std::string text = line(row.flow, row.accepted, row.links, row.parked_fields, row.open_commands,
                          row.oldest_pending_at, row.pruned, row.stall, row.stalled_at);
  for (const std::int64_t count : row.by) text += std::to_string(count) + ",";
  for (const std::int64_t count : row.pending_in) text += std::to_string(count) + ",";
  return text;
}

std::string describe(const EditRow& row) {
  return line(row.change, row.payload, row.at);
}

std::string describe(const ReplayRow& row) {
  return line(row.id, row.open, row.state, row.created_at, row.updated_at);
}

std::string describe(const ReasonCount& row) {
  return line(row.flow, to_text(row.disposition), row.reason, row.changes, row.first, row.last);
}

std::string describe(const WaitingReason& row) {
  return line(row.flow, row.reason, row.changes, row.since);
}

template <class Row>
std::vector<std::string> describe_all(const std::vector<Row>& rows) {
  std::vector<std::string> lines;
  lines.reserve(rows.size());
  for (const Row& row : rows) lines.push_back(describe(row));
  return lines;
}

template <class Row>
std::vector<std::string> answer(const Result<std::vector<Row>>& rows) {
  if (rows) return describe_all(*rows);
  return {rows.error().message};
}

template <class Row>
std::vector<std::string> answer(const Result<std::optional<Row>>& row) {
  if (!row) return {row.error().message};
  if (!row->has_value()) return {};
  return {describe(**row)};
}

// The first `limit` of those rows for which `wanted` holds.
template <class Rows, class Wanted>
auto select(const Rows& rows, Wanted wanted, std::size_t limit = SIZE_MAX) {
  std::vector<std::remove_cvref_t<decltype(*rows.begin())>> found;
  for (const auto& row : rows) {
    if (found.size() < limit && wanted(row)) found.push_back(row);
  }
  return found;
}

template <class Row>
std::vector<Row> values(const std::map<std::int64_t, Row>& rows) {
  std::vector<Row> all;
  all.reserve(rows.size());
  for (const auto& [id, row] : rows) all.push_back(row);
  return all;
}

bool clash(const std::string& a, const std::string& b) {
  return !a.empty() && a == b;
}

std::string must_text(const Result<std::optional<std::string>>& text) {
  return text && *text ? **text : "nothing";
}

constexpr int kMany = 1'000'000;

}  // namespace

std::uint64_t model_seed() {
  const char* given = std::getenv("NAVETTE_SEED");
  const std::uint64_t seed = given == nullptr ? 20'260'101 : std::strtoull(given, nullptr, 10);
  std::cout << "NAVETTE_SEED=" << seed << '\n';
  return seed;
}

std::string pruned_of(const std::string& counter) {
  const std::string sum = " + (SELECT coalesce(sum(changes), 0) FROM pruned WHERE flow = f.id";
  if (counter == "accepted") return sum + ")";
  for (int i = 1; i <= 3; ++i) {
    if (to_text(static_cast<Disposition>(i)) == counter)
      return sum + " AND disposition = " + std::to_string(i) + ")";
  }
  return {};
}

// ---- making batches ----------------------------------------------------------------------------

std::vector<std::int64_t> StoreModel::some_changes() {
  std::vector<std::int64_t> seqs = {999'999};  // never given: changes nothing
  for (std::uint64_t i = 0; i <= random_.below(4) && !state_.changes.empty(); ++i) {
    const std::int64_t seq = state_.changes[random_.below(state_.changes.size())].seq;
    if (seq != 0) seqs.push_back(seq);
  }
  return seqs;
}

template <class Row>
std::int64_t StoreModel::old_or_new(const std::map<std::int64_t, Row>& rows, Store& store) {
  if (rows.empty() || random_.below(3) == 0) return store.new_id();
  auto row = rows.begin();
  std::advance(row, random_.below(rows.size()));
  return row->first;
}

Batch StoreModel::make_batch(Store& store) {
  Batch batch;
  for (std::uint64_t i = 0; i <= random_.below(4); ++i) batch.push_back(make_operation(store));
  return batch;
}

Operation StoreModel::make_operation(Store& store) {
  ++clock_;
  const std::string reason = random_.below(3) == 0 ? "" : "reason " + std::to_string(number(3));
  switch (random_.below(16)) {
    case 15: {
      if (random_.below(3) == 0 && !state_.commands.empty())
        return PruneRows{Prunable::kCommands, {state_.commands.begin()->first}, clock_};
      const bool payload = random_.below(2) == 0;
      return PruneRows{payload ? Prunable::kPayloads : Prunable::kChanges, some_changes(), clock_};
    }
    case 10:
    case 11:
      return make_replay_operation(store);
    case 13:
      return PutStall{flow(), random_.below(2) == 0 ? reason : "", clock_};
    case 14:
      return HastenChanges{flow(), clock_ + number(400), clock_};
    case 12:
      return MoveChanges{some_changes(), static_cast<Disposition>(4 + random_.below(2)),
                         static_cast<Disposition>(1 + random_.below(3)), reason, clock_};
    case 0:
    case 1: {
      ChangeRow row;
      row.flow = flow();
      row.side = static_cast<Side>(random_.below(2));
      row.entity_id = std::to_string(random_.below(5));
      row.payload = std::string(random_.below(3) * 100, 'p');
      row.received_at = 1 + number(5000);
      row.next_at = number(3) * number(2000);
      row.origin = std::array{"poll", "sweep", "backfill"}[random_.below(3)];
      return AddChange{row};
    }
    case 2: {
      const auto how = static_cast<Disposition>(random_.below(40) == 0 ? 0 : 1 + random_.below(5));
      return EndChanges{some_changes(), how, reason, number(2) * number(9), clock_};
    }
    case 3:
      return DeferChanges{some_changes(),
                          reason,
                          number(2) * (clock_ + number(500)),
                          clock_,
                          static_cast<int>(number(2)),
                          number(2) * number(9)};
    case 4:
      return ReviveChanges{some_changes(), clock_};
    default:
      return make_row_operation(store);
  }
}

ChangeFilter StoreModel::make_filter() {
  ChangeFilter filter;
  if (random_.below(2) == 0) filter.flow = flow();
  if (random_.below(2) == 0) filter.side = static_cast<Side>(random_.below(2));
  if (random_.below(2) == 0) filter.entity_id = std::to_string(random_.below(5));
  if (random_.below(2) == 0) filter.disposition = static_cast<Disposition>(random_.below(6));
  if (random_.below(4) == 0) filter.seqs = some_changes();
  if (random_.below(4) == 0) filter.sides = {{flow(), Side::kClient}, {flow(), Side::kProvider}};
  if (random_.below(4) == 0) filter.reason = "SON " + std::to_string(random_.below(3));
  if (random_.below(4) == 0) filter.text = random_.below(2) == 0 ? "Pp" : "reason 1";
  if (random_.below(4) == 0) filter.since = 1 + number(clock_);
  if (random_.below(4) == 0) filter.until = 1 + number(clock_);
  if (random_.below(4) == 0 && !state_.replays.empty()) {
    filter.replay = state_.replays.begin()->first;
  }
  filter.after_seq = number(20);
  filter.limit = static_cast<int>(number(10));
  return filter;
}

Operation StoreModel::make_replay_operation(Store& store) {
  switch (random_.below(6)) {
    case 0:
      return PutReplay{{old_or_new(state_.replays, store), random_.below(2) == 0,
                        std::to_string(clock_), clock_, clock_}};
    case 1:
      return ChooseChanges{old_or_new(state_.replays, store), make_filter()};
    case 2:
      return ReleaseChanges{some_changes()};
    case 3:
      return SetPayload{some_changes().back(), std::string(random_.below(3), 'P')};
    case 4:
      return PutEdit{{some_changes().back(), std::string(random_.below(3), 'p'), clock_}};
    default:
      return PutConfig{std::to_string(random_.below(4)), std::to_string(clock_), clock_};
  }
}

Operation StoreModel::make_row_operation(Store& store) {
  switch (random_.below(6)) {
    case 0:
      return SetCursor{flow(), std::to_string(clock_)};
    case 1: {
      const std::int64_t id = old_or_new(state_.links, store);
      return PutLink{
          {id, flow(), maybe_id(), maybe_id(), "{}", static_cast<int>(number(3)), clock_, clock_}};
    }
    case 2:
      if (random_.below(3) != 0) break;
      return DropLink{old_or_new(state_.links, store)};
    case 3: {
      const std::int64_t id = old_or_new(state_.children, store);
      return PutChild{{id, old_or_new(state_.links, store),
                       random_.below(2) == 0 ? "comment" : "attachment", maybe_id(), maybe_id(),
                       std::to_string(clock_)}};
    }
    case 4: {
      CommandRow row;
      row.id = old_or_new(state_.commands, store);
      row.key = std::to_string(random_.below(8) == 0 ? number(20) : row.id + 1000);
      row.flow = flow();
      row.link = number(5);
      row.kind = "update";
      row.phase = random_.below(2) == 0 ? "intended" : "done";
      row.payload = std::to_string(clock_);
      return PutCommand{row};
    }
    default:
      break;
  }
  return AddEvent{{0, clock_, flow(), number(4), "kind", "corr", std::to_string(clock_)}};
}

// ---- what each operation means -----------------------------------------------------------------

bool StoreModel::commit(const Batch& batch) {
  State next = state_;
  for (const Operation& operation : batch) {
    if (!std::visit([&next](const auto& one) { return apply(next, one); }, operation)) return false;
  }
  state_ = std::move(next);
  return true;
}

bool StoreModel::apply(State& state, const AddChange& operation) {
  state.changes.push_back(operation.change);
  state.changes.back().seq = 0;
  state.changes.back().lane = lane_of(operation.change.origin);
  return true;
}

bool StoreModel::apply(State& state, const SetCursor& operation) {
  state.cursors[operation.name] = operation.value;
  return true;
}

template <class Action>
void for_each_change(std::vector<ChangeRow>& changes, const std::vector<std::int64_t>& seqs,
                     Action action) {
  for (const std::int64_t seq : seqs) {
    for (ChangeRow& row : changes) {
      if (row.seq == seq) action(row);
    }
  }
}

bool StoreModel::apply(State& state, const EndChanges& operation) {
  if (operation.disposition == Disposition::kPending) return false;
  for_each_change(state.changes, operation.seqs, [&operation](ChangeRow& row) {
    if (row.disposition != Disposition::kPending) return;
    row.disposition = operation.disposition;
    row.reason = operation.reason;
    row.ended_at = operation.at;
    row.next_at = 0;
    row.waiting_since = 0;
    if (operation.link != 0) row.link = operation.link;
  });
  return true;
}

bool StoreModel::apply(State& state, const DeferChanges& operation) {
  for_each_change(state.changes, operation.seqs, [&operation](ChangeRow& row) {
    if (row.disposition != Disposition::kPending) return;
    row.attempts += operation.tries;
    row.next_at = operation.next_at;
    if (operation.link != 0) row.link = operation.link;
    if (row.reason == operation.reason && row.waiting_since != 0) return;
    row.reason = operation.reason;
    row.waiting_since = row.reason.empty() ? 0 : operation.at;
  });
  return true;
}

bool StoreModel::apply(State& state, const ReviveChanges& operation) {
  for_each_change(state.changes, operation.seqs, [&operation](ChangeRow& row) {
    if (row.disposition == Disposition::kPending) return;
    row.disposition = Disposition::kPending;
    row.reason.clear();
    row.attempts = 0;
    row.next_at = operation.at;
    row.waiting_since = 0;
    row.ended_at = 0;
    row.lane = Lane::kRepair;
  });
  return true;
}

bool StoreModel::apply(State& state, const PutLink& operation) {
  const LinkRow& row = operation.link;
  for (const auto& [id, held] : state.links) {
    if (id == row.id || held.flow != row.flow) continue;
    if (clash(held.client_id, row.client_id) || clash(held.provider_id, row.provider_id)) {
      return false;
    }
  }
  state.links[row.id] = row;
  return true;
}

bool StoreModel::apply(State& state, const DropLink& operation) {
  state.links.erase(operation.id);
  std::erase_if(state.children,
                [&operation](const auto& child) { return child.second.link == operation.id; });
  return true;
}

bool StoreModel::apply(State& state, const PutChild& operation) {
  const ChildRow& row = operation.child;
  if (!state.links.contains(row.link)) return false;
  for (const auto& [id, held] : state.children) {
    if (id == row.id || held.link != row.link || held.kind != row.kind) continue;
    if (clash(held.client_id, row.client_id) || clash(held.provider_id, row.provider_id)) {
      return false;
    }
  }
  state.children[row.id] = row;
  return true;
}

bool StoreModel::apply(State& state, const PutCommand& operation) {
  for (const auto& [id, held] : state.commands) {
    if (id != operation.command.id && clash(held.key, operation.command.key)) return false;
  }
  state.commands[operation.command.id] = operation.command;
  return true;
}

bool StoreModel::apply(State& state, const AddEvent& operation) {
  state.events.push_back(operation.event);
  return true;
}

bool StoreModel::apply(State& state, const MoveChanges& operation) {
  if (operation.disposition == Disposition::kPending) return false;
  for_each_change(state.changes, operation.seqs, [&operation](ChangeRow& row) {
    if (row.disposition != operation.from) return;
    row.disposition = operation.disposition;
    row.reason = operation.reason;
    row.ended_at = operation.at;
  });
  return true;
}

bool StoreModel::apply(State& state, const SetPayload& operation) {
  for_each_change(state.changes, {operation.seq}, [&operation](ChangeRow& row) {
    row.payload = operation.payload;
    row.payload_pruned_at = 0;
  });
  return true;
}

bool StoreModel::apply(State& state, const PutEdit& operation) {
  state.edits.erase(operation.edit.change);
  for_each_change(state.changes, {operation.edit.change}, [&](ChangeRow& row) {
    if (!operation.edit.payload.empty()) state.edits[row.seq] = operation.edit;
  });
  return true;
}

bool StoreModel::apply(State& state, const PutReplay& operation) {
  state.replays[operation.replay.id] = operation.replay;
  return true;
}

bool StoreModel::apply(State& state, const ChooseChanges& operation) {
  for (ChangeRow& row : state.changes) {
    const auto holder = state.replays.find(row.replay);
    const bool held = holder != state.replays.end() && holder->second.open;
    const bool wanted = row.disposition != Disposition::kPending && !held;
    if (wanted && finds(state, operation.filter, row)) row.replay = operation.replay;
  }
  return true;
}

bool StoreModel::apply(State& state, const ReleaseChanges& operation) {
  for_each_change(state.changes, operation.seqs, [](ChangeRow& row) { row.replay = 0; });
  return true;
}

bool StoreModel::apply(State& state, const HastenChanges& operation) {
  for (ChangeRow& row : state.changes) {
    if (row.flow != operation.flow || row.disposition != Disposition::kPending) continue;
    if (row.next_at > operation.after) row.next_at = operation.at;
  }
  return true;
}

bool StoreModel::apply(State& state, const PutStall& operation) {
  PutStall& stall = state.stalls[operation.flow];
  if (operation.reason.empty()) {
    stall = {};
  } else if (stall.reason != operation.reason) {
    stall = operation;
  }
  return true;
}

bool StoreModel::apply(State& state, const PutConfig& operation) {
  state.configs.emplace(operation.hash, operation.text);
  return true;
}

bool StoreModel::apply(State& state, const PruneRows& operation) {
  const auto named = [&operation](std::int64_t number) {
    return std::find(operation.rows.begin(), operation.rows.end(), number) != operation.rows.end();
  };
  const auto may_go = [&](const ChangeRow& row) {
    const auto replay = state.replays.find(row.replay);
    return named(row.seq) && row.disposition >= Disposition::kDelivered &&
           row.disposition <= Disposition::kFiltered &&
           (replay == state.replays.end() || !replay->second.open);
  };
  if (operation.what == Prunable::kCommands) {
    std::erase_if(state.commands, [&](const auto& one) {
      return named(one.first) && one.second.phase != "intended";
    });
    return true;
  }
  for (ChangeRow& row : state.changes) {
    if (!may_go(row)) continue;
    if (operation.what == Prunable::kChanges) {
      ++state.pruned[{row.flow, row.disposition}];
    } else if (row.payload.empty()) {
      continue;
    }
    state.edits.erase(row.seq);
    row.payload.clear();
    row.payload_pruned_at = operation.at;
  }
  if (operation.what == Prunable::kChanges) std::erase_if(state.changes, may_go);
  return true;
}

bool holds(std::string text, std::string part) {
  const auto lower = [](std::string& one) {
    for (char& c : one) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  };
  lower(text);
  lower(part);
  return text.find(part) != std::string::npos;
}

bool StoreModel::finds(const State& state, const ChangeFilter& filter, const ChangeRow& row) {
  const std::int64_t at = row.disposition == Disposition::kPending ? row.received_at : row.ended_at;
  const auto edit = state.edits.find(row.seq);
  const std::pair<std::string, Side> side{row.flow, row.side};
  const auto among = [](const auto& list, const auto& one) {
    return list.empty() || std::find(list.begin(), list.end(), one) != list.end();
  };
  return (filter.flow.empty() || row.flow == filter.flow) &&
         (!filter.side || row.side == *filter.side) &&
         (filter.entity_id.empty() || row.entity_id == filter.entity_id) &&
         (!filter.disposition || row.disposition == *filter.disposition) &&
         row.seq > filter.after_seq && among(filter.seqs, row.seq) && among(filter.sides, side) &&
         holds(row.reason, filter.reason) &&
         (holds(row.reason, filter.text) || holds(row.payload, filter.text) ||
          (edit != state.edits.end() && holds(edit->second.payload, filter.text))) &&
         (filter.since == 0 || at >= filter.since) && (filter.until == 0 || at < filter.until) &&
         (filter.replay == 0 || row.replay == filter.replay);
}

// ---- comparing ---------------------------------------------------------------------------------

void StoreModel::learn_numbers(Store& store) {
  auto rows = store.changes({.limit = kMany});
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), state_.changes.size());
  std::int64_t last = 0;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const std::int64_t seq = (*rows)[i].seq;
    ASSERT_GT(seq, last);
    if (state_.changes[i].seq == 0) state_.changes[i].seq = seq;
    last = seq;
  }
}

void StoreModel::expect_same(Store& store) {
  expect_same_changes(store);
  expect_same_due(store);
  expect_same_links(store);
  expect_same_commands(store);
  expect_same_counts(store);
  expect_same_replays(store);
  for (const auto& [name, value] : state_.cursors) {
    auto stored = store.cursor(name);
    ASSERT_TRUE(stored) << stored.error().message;
    EXPECT_EQ(*stored, value);
  }
}

void StoreModel::expect_same_changes(Store& store) {
  EXPECT_EQ(answer(store.changes({.limit = kMany})), describe_all(state_.changes));
  for (int i = 0; i < 4; ++i) {
    const ChangeFilter filter = make_filter();
    const auto wanted = [&](const ChangeRow& row) { return finds(state_, filter, row); };
    EXPECT_EQ(answer(store.changes(filter)),
              describe_all(select(state_.changes, wanted, static_cast<std::size_t>(filter.limit))));
    std::map<std::tuple<std::string, Disposition, std::string>, ReasonCount> reasons;
    for (const ChangeRow& row : select(state_.changes, wanted)) {
      const std::int64_t at =
          row.disposition == Disposition::kPending ? row.received_at : row.ended_at;
      ReasonCount& one = reasons[{row.flow, row.disposition, row.reason}];
      one = {row.flow,
             row.disposition,
             row.reason,
             one.changes + 1,
             one.changes == 0 ? at : std::min(one.first, at),
             std::max(one.last, at)};
    }
    std::vector<std::string> expected;
    for (const auto& [key, one] : reasons) expected.push_back(describe(one));
    EXPECT_EQ(answer(store.reasons(filter)), expected);
  }
}

void StoreModel::expect_same_replays(Store& store) {
  auto newest_first = values(state_.replays);
  std::reverse(newest_first.begin(), newest_first.end());
  EXPECT_EQ(answer(store.replays(false, kMany)), describe_all(newest_first));
  const auto open = [](const ReplayRow& row) { return row.open; };
  EXPECT_EQ(answer(store.replays(true, 3)), describe_all(select(newest_first, open, 3)));
  for (const auto& [id, row] : state_.replays) {
    EXPECT_EQ(answer(store.replay(id)), std::vector{describe(row)});
  }
  for (const ChangeRow& row : state_.changes) {
    const auto edit = state_.edits.find(row.seq);
    std::vector<std::string> wanted;
    if (edit != state_.edits.end()) wanted.push_back(describe(edit->second));
    EXPECT_EQ(answer(store.edit(row.seq)), wanted);
  }
  for (const auto& [hash, text] : state_.configs) EXPECT_EQ(must_text(store.config(hash)), text);
}

void StoreModel::expect_same_due(Store& store) {
  const std::int64_t now = clock_ - 500 + number(1000);
  const std::int64_t after = number(20);
  const std::string of = flow();
  const Lane in = lane();
  const auto its = [&](const ChangeRow& row) {
    return row.flow == of && row.lane == in && row.disposition == Disposition::kPending;
  };
  auto fresh = select(
      state_.changes,
      [&](const ChangeRow& row) { return its(row) && row.next_at == 0 && row.seq > after; }, 10);
  auto due = select(state_.changes, [&](const ChangeRow& row) {
    return its(row) && row.next_at != 0 && row.next_at <= now;
  });
  std::sort(due.begin(), due.end(), [](const ChangeRow& a, const ChangeRow& b) {
    return std::tie(a.next_at, a.seq) < std::tie(b.next_at, b.seq);
  });
  if (due.size() > 10) due.resize(10);
  const auto strip = [](ChangeRow& row) {
    row.payload.clear();
    row.payload_pruned_at = 0;
  };
  for (ChangeRow& row : fresh) strip(row);
  for (ChangeRow& row : due) strip(row);
  EXPECT_EQ(answer(store.fresh(of, in, after, 10)), describe_all(fresh));
  EXPECT_EQ(answer(store.due(of, in, now, 10)), describe_all(due));
  const std::string entity = std::to_string(number(5));
  const Side side = random_.below(2) == 0 ? Side::kClient : Side::kProvider;
  auto deferred = select(state_.changes, [&](const ChangeRow& row) {
    return row.flow == of && row.side == side && row.entity_id == entity &&
           row.disposition == Disposition::kPending && row.next_at != 0;
  });
  std::sort(deferred.begin(), deferred.end(), [](const ChangeRow& a, const ChangeRow& b) {
    return std::tie(a.next_at, a.seq) > std::tie(b.next_at, b.seq);
  });
  if (deferred.size() > 3) deferred.resize(3);
  for (ChangeRow& row : deferred) strip(row);
  EXPECT_EQ(answer(store.deferred(of, side, entity, 3)), describe_all(deferred));
  std::optional<std::int64_t> next;
  for (const ChangeRow& row : state_.changes) {
    if (!its(row) || row.next_at <= now) continue;
    next = std::min(next.value_or(row.next_at), row.next_at);
  }
  auto stored = store.next_due(of, in, now);
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(*stored, next);
}

void StoreModel::expect_same_links(Store& store) {
  EXPECT_EQ(answer(store.links({.limit = kMany})), describe_all(values(state_.links)));
  const LinkFilter filter{flow(), random_.below(2) == 0, number(100), 5};
  const auto wanted = [&filter](const LinkRow& row) {
    return row.flow == filter.flow && (!filter.parked_only || row.parked > 0) &&
           row.id > filter.after_id;
  };
  EXPECT_EQ(answer(store.links(filter)), describe_all(select(values(state_.links), wanted, 5)));
  for (const auto& [id, row] : state_.links) {
    EXPECT_EQ(answer(store.link(id)), std::vector{describe(row)});
    for (const Side side : {Side::kClient, Side::kProvider}) {
      if (row.id_of(side).empty()) continue;
      EXPECT_EQ(answer(store.link_of(row.flow, side, row.id_of(side))), std::vector{describe(row)});
    }
    const std::int64_t link = id;
    const auto own = [link](const ChildRow& child) { return child.link == link; };
    EXPECT_EQ(answer(store.children(id)), describe_all(select(values(state_.children), own)));
  }
}

void StoreModel::expect_same_commands(Store& store) {
  const auto is_open = [](const CommandRow& row) { return row.phase == "intended"; };
  EXPECT_EQ(answer(store.open_commands(0, kMany)),
            describe_all(select(values(state_.commands), is_open)));
  for (std::int64_t link = 0; link < 5; ++link) {
    const auto own = [link](const CommandRow& row) { return row.link == link; };
    const auto rows = select(values(state_.commands), own);
    EXPECT_EQ(answer(store.commands(link, false)), describe_all(rows));
    EXPECT_EQ(answer(store.commands(link, true)), describe_all(select(rows, is_open)));
    const auto about = [link](const EventRow& row) { return row.link == link; };
    EXPECT_EQ(answer(store.events(link, kMany)), describe_all(select(state_.events, about)));
  }
}

void StoreModel::expect_same_counts(Store& store) {
  auto stored = store.counts();
  ASSERT_TRUE(stored) << stored.error().message;
  // A flow that was only ever named by an event or a dropped link counts nothing; so does one that
  // the store does not list.
  std::map<std::string, FlowCounts> counts;
  for (const FlowCounts& row : *stored) counts[row.flow].flow = row.flow;
  std::map<std::pair<std::string, std::string>, WaitingReason> waiting;
  for (const ChangeRow& row : state_.changes) {
    FlowCounts& flow = counts[row.flow];
    ++flow.accepted;
    ++flow.by[static_cast<int>(row.disposition)];
    if (row.disposition != Disposition::kPending) continue;
    ++flow.pending_in[static_cast<int>(row.lane)];
    std::int64_t& oldest = flow.oldest_pending_at;
    oldest = oldest == 0 ? row.received_at : std::min(oldest, row.received_at);
    if (row.reason.empty()) continue;
    WaitingReason& reason = waiting[{row.flow, row.reason}];
    reason = {row.flow, row.reason, reason.changes + 1,
              reason.changes == 0 ? row.waiting_since : std::min(reason.since, row.waiting_since)};
  }
  for (const auto& [key, changes] : state_.pruned) {
    FlowCounts& flow = counts[key.first];
    flow.accepted += changes;
    flow.pruned += changes;
    flow.by[static_cast<int>(key.second)] += changes;
  }
  for (const auto& [name, stall] : state_.stalls) {
    counts[name].flow = name;
    counts[name].stall = stall.reason;
    counts[name].stalled_at = stall.at;
    std::int64_t rest = counts[name].by[static_cast<int>(Disposition::kPending)];
    for (const auto& [key, reason] : waiting) rest -= key.first == name ? reason.changes : 0;
    if (stall.reason.empty() || rest == 0) continue;
    WaitingReason& reason = waiting[{name, stall.reason}];
    reason = {name, stall.reason, reason.changes + rest,
              reason.changes == 0 ? stall.at : std::min(reason.since, stall.at)};
  }
  for (const auto& [id, row] : state_.links) {
    ++counts[row.flow].links;
    counts[row.flow].parked_fields += row.parked;
  }
  for (const auto& [id, row] : state_.commands) {
    counts[row.flow].open_commands += row.phase == "intended" ? 1 : 0;
  }
  std::vector<std::string> expected;
  expected.reserve(counts.size());
  for (const auto& [name, row] : counts) expected.push_back(describe(row));
  EXPECT_EQ(describe_all(*stored), expected);
  std::vector<std::string> reasons;
  reasons.reserve(waiting.size());
  for (const auto& [key, row] : waiting) reasons.push_back(describe(row));
  EXPECT_EQ(answer(store.waiting()), reasons);
}

}  // namespace navette::test
