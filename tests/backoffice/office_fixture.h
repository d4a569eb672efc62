// A back office with a clock of its own, and what the tests put into it.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "backoffice/office/office.h"
#include "tests/store/store_suite.h"

namespace navette::backoffice::test {

using navette::test::must;

constexpr Amount kHour = 60 * kAMinute;

class HandClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  std::chrono::milliseconds steady() const override { return now_.time_since_epoch(); }
  void set(const std::string& rfc3339) { now_ = *parse_rfc3339(rfc3339); }
  void advance(std::chrono::milliseconds time) { now_ += time; }

 private:
  TimePoint now_ = *parse_rfc3339("2026-11-02T08:00:00Z");
};

inline std::chrono::sys_days on(const std::string& day) {
  return *parse_day(day);
}

inline TimePoint at(const std::string& rfc3339) {
  return *parse_rfc3339(rfc3339);
}

// A contract in which everything has a value of its own.
Contract full_contract();
// A hundred hours for the year, and nothing else.
Contract plain_contract(const std::string& id = "tma");
Work work(const std::string& id, const std::string& ticket, const std::string& day, int minutes,
          std::int64_t revision = 1);
TicketEvent event(const std::string& id, const std::string& moment);

struct OfficeKind {
  std::string name;
  std::function<std::unique_ptr<navette::test::StoreHome>()> make_home;
};

// Of this program, which supplies it.
OfficeKind office_kind();

inline void PrintTo(const OfficeKind& kind, std::ostream* out) {  // NOLINT: GoogleTest's name
  *out << kind.name;
}

class OfficeSuite : public ::testing::TestWithParam<OfficeKind> {
 protected:
  OfficeSuite() : home_(GetParam().make_home()), office_(open()) {
    for (const std::string client : {"acme", "umbra"}) {
      EXPECT_TRUE(office_->put_client({client, "The firm " + client, "Europe/Paris", "fr"}));
    }
  }

  std::unique_ptr<Office> open(Access access = Access::kWrite) {
    return must(open_office(home_->where(), access, clock_));
  }
  // As another program would, beside the office: whether it was let.
  bool tamper(const std::string& sql) {
    auto tables = must(open_tables(home_->where(), Access::kWrite));
    EXPECT_TRUE(tables->begin(Access::kWrite));
    Status done = tables->run(sql);
    if (done) done = tables->commit();
    if (!done) tables->roll_back();
    return static_cast<bool>(done);
  }
  std::vector<std::string> ask(const std::string& sql) {
    auto tables = must(open_tables(home_->where(), Access::kRead));
    EXPECT_TRUE(tables->begin(Access::kRead));
    std::vector<std::string> out;
    for (const Row& row : must(tables->run(sql, {}, 1))) out.push_back(row.text(0));
    tables->roll_back();
    return out;
  }

  HandClock clock_;
  std::unique_ptr<navette::test::StoreHome> home_;
  std::unique_ptr<Office> office_;
};

}  // namespace navette::backoffice::test
