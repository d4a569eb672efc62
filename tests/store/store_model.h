// A naive Store in memory that is plainly right, and a maker of random batches.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "store/store.h"

namespace navette::test {

// From NAVETTE_SEED when it is set; else a fixed one. Printed, so that a failure can be repeated.
std::uint64_t model_seed();

// SQL to add to a count of the rows of a flow `f`: how many of those in that counter were pruned.
std::string pruned_of(const std::string& counter);

class StoreModel {
 public:
  explicit StoreModel(std::uint64_t seed) : random_(seed) {}

  // A few random operations; some of the batches are to be refused. Takes numbers from `store`.
  Batch make_batch(Store& store);
  // Whether it is accepted; if so it is done.
  bool commit(const Batch& batch);
  // Asks the store which numbers it gave to the changes that were added.
  void learn_numbers(Store& store);
  // Fails the test where the store answers otherwise than the model.
  void expect_same(Store& store);

  Random& random() { return random_; }

 private:
  struct State {
    std::vector<ChangeRow> changes;
    std::map<std::string, std::string> cursors;
    std::map<std::int64_t, LinkRow> links;
    std::map<std::int64_t, ChildRow> children;
    std::map<std::int64_t, CommandRow> commands;
    std::vector<EventRow> events;
    std::map<std::int64_t, EditRow> edits;
    std::map<std::int64_t, ReplayRow> replays;
    std::map<std::string, std::string> configs;
    std::map<std::pair<std::string, Disposition>, std::int64_t> pruned;
    std::map<std::string, PutStall> stalls;  // by flow
  };

  std::int64_t number(std::uint64_t bound) {
    return static_cast<std::int64_t>(random_.below(bound));
  }
  std::string flow() { return std::string(1, static_cast<char>('f' + random_.below(3))); }
  Lane lane() { return static_cast<Lane>(random_.below(3)); }
  std::string maybe_id() { return random_.below(4) == 0 ? "" : std::to_string(random_.below(12)); }
  std::vector<std::int64_t> some_changes();
  // A number that is used already, or a new one.
  template <class Row>
  std::int64_t old_or_new(const std::map<std::int64_t, Row>& rows, Store& store);
  Operation make_operation(Store& store);
  Operation make_row_operation(Store& store);
  Operation make_replay_operation(Store& store);
  ChangeFilter make_filter();

  static bool apply(State& state, const AddChange& operation);
  static bool apply(State& state, const SetCursor& operation);
  static bool apply(State& state, const EndChanges& operation);
  static bool apply(State& state, const DeferChanges& operation);
  static bool apply(State& state, const ReviveChanges& operation);
  static bool apply(State& state, const PutLink& operation);
  static bool apply(State& state, const DropLink& operation);
  static bool apply(State& state, const PutChild& operation);
  static bool apply(State& state, const PutCommand& operation);
  static bool apply(State& state, const AddEvent& operation);
  static bool apply(State& state, const MoveChanges& operation);
  static bool apply(State& state, const SetPayload& operation);
  static bool apply(State& state, const PutEdit& operation);
  static bool apply(State& state, const PutReplay& operation);
  static bool apply(State& state, const ChooseChanges& operation);
  static bool apply(State& state, const ReleaseChanges& operation);
  static bool apply(State& state, const PutConfig& operation);
  static bool apply(State& state, const PruneRows& operation);
  static bool apply(State& state, const HastenChanges& operation);
  static bool apply(State& state, const PutStall& operation);
  static bool finds(const State& state, const ChangeFilter& filter, const ChangeRow& row);

  void expect_same_changes(Store& store);
  void expect_same_due(Store& store);
  void expect_same_links(Store& store);
  void expect_same_commands(Store& store);
  void expect_same_counts(Store& store);
  void expect_same_replays(Store& store);

  Random random_;
  State state_;
  std::int64_t clock_ = 1000;
};

}  // namespace navette::test
