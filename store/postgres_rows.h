// What a commit writes to PostgreSQL: its operations as rows, gathered by kind.

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "store/postgres.h"
#include "store/store.h"

namespace navette::postgres {

// Rows of one kind and the statement that writes many of them at once:
//   head VALUES ($1::type, ...), (...) tail
struct Kind {
  const char* head;
  std::span<const char* const> types;  // of a row's values
  const char* tail;
};

extern const Kind kChanges;  // gives the numbers of the new rows, in order
extern const Kind kPayloads;
extern const Kind kCursors;
extern const Kind kEnds;
extern const Kind kDefers;
extern const Kind kRevives;
extern const Kind kLinks;
extern const Kind kDrops;
extern const Kind kChildren;
extern const Kind kCommands;
extern const Kind kEvents;
extern const Kind kMoves;
extern const Kind kPayloadSets;
extern const Kind kPayloadDrops;
extern const Kind kEdits;
extern const Kind kEditDrops;
extern const Kind kReplays;
extern const Kind kReleases;
extern const Kind kConfigs;
extern const Kind kHastens;
extern const Kind kStalls;

// The texts of those statements, made once for each number of rows.
class Statements {
 public:
  // So many rows of `left` go into the next statement: few sizes, so that few are prepared.
  static std::size_t rows_of(std::size_t left);
  const std::string& text(const Kind& kind, std::size_t rows);

 private:
  std::unordered_map<const Kind*, std::unordered_map<std::size_t, std::string>> texts_;
};

using FlowNumber = std::function<std::int64_t(const std::string&)>;

// The rows of some operations. REQUIRES: `number` knows every flow in them; the operations outlive
// this.
class RowsOf {
 public:
  explicit RowsOf(FlowNumber number) : number_(std::move(number)) {}

  void add(const Operation& operation);

  // Whether the order among the kinds is of no consequence: no row is written twice, none is
  // dropped, none must be refused for what it says, and nothing is chosen by a filter.
  bool independent() const { return independent_; }

  std::vector<const ChangeRow*> changes;
  std::vector<Values> cursors, ends, defers, revives, links, drops, children, commands, events;
  std::vector<Values> moves, payload_sets, payload_drops, edits, edit_drops;
  std::vector<Values> replays, releases, configs, hastens, stalls;

  Values values_of(const ChangeRow& row) const;

 private:
  void take(const AddChange& operation);
  void take(const SetCursor& operation);
  void take(const EndChanges& operation);
  void take(const DeferChanges& operation);
  void take(const ReviveChanges& operation);
  void take(const PutLink& operation);
  void take(const DropLink& operation);
  void take(const PutChild& operation);
  void take(const PutCommand& operation);
  void take(const AddEvent& operation);
  void take(const MoveChanges& operation);
  void take(const SetPayload& operation);
  void take(const PutEdit& operation);
  void take(const PutReplay& operation);
  void take(const ChooseChanges& operation);
  void take(const ReleaseChanges& operation);
  void take(const PutConfig& operation);
  void take(const PruneRows& operation);
  void take(const HastenChanges& operation);
  void take(const PutStall& operation);
  void once(char kind, std::int64_t id);

  FlowNumber number_;
  bool independent_ = true;
  std::unordered_map<std::string, std::size_t> cursor_rows_;
  std::unordered_set<std::string> stalled_;
  std::unordered_map<char, std::unordered_map<std::int64_t, bool>> seen_;
};

// The flow that an operation names; null: none.
const std::string* flow_of(const Operation& operation);

}  // namespace navette::postgres
