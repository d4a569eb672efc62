// What of a flow's rules was exercised by documents, in either direction.
//
//   Coverage coverage(flow);
//   coverage.add(mapper.map(document, {.trace = true}), mapper.from(), true);
//   coverage.count(CoveragePoint::Kind::kRule);
//
// A rule is exercised when something came of it: a value written, kept or refused. A row of a table
// is a point for each direction in which it can be reached: the first row that has a value.
// Branches: a default used and not used, a condition true and false, a new ticket and one that is
// there, and what happens to a value that nothing fits, where the flow says something about it.
//
// Threads: one at a time.

#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.h"
#include "mapping/mapper.h"

namespace navette {

struct CoveragePoint {
  enum class Kind : unsigned char { kRule, kRow, kBranch };
  Kind kind = Kind::kRule;
  Side from = Side::kClient;
  Place place;
  std::string what;  // "rule Status~status: the default is used"
  bool hit = false;
};

struct CoverageCount {
  std::size_t hit = 0;
  std::size_t all = 0;
  // Rounded down; 100 when there is nothing to exercise.
  int percent() const { return all == 0 ? 100 : static_cast<int>(hit * 100 / all); }
};

class Coverage {
 public:
  // REQUIRES: the flow compiles.
  explicit Coverage(const FlowConfig& flow);

  // `mapped`: with traces, rejected or not. `creating`: as it was mapped.
  void add(const Mapped& mapped, Side from, bool creating);

  // In the order of the file, the client's direction first.
  const std::vector<CoveragePoint>& points() const { return points_; }
  CoverageCount count(CoveragePoint::Kind kind) const;
  CoverageCount total() const;

 private:
  void take_rules(const std::vector<FieldRule>& rules, Side from,
                  const std::optional<Side>& only_towards);
  void take_branches(const FieldRule& rule, Side from);
  void take_rows(const Table& table, Side from);
  void point(CoveragePoint::Kind kind, Side from, const Place& place, const std::string& key,
             std::string what);
  void hit(const std::string& key);

  std::map<std::string, Table> tables_;
  std::vector<CoveragePoint> points_;
  std::map<std::string, std::size_t> index_;     // key -> one of points_
  std::map<std::string, std::string> table_of_;  // a rule's place -> its table
};

}  // namespace navette
