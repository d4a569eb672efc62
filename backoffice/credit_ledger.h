// The ledger of a contract's credit: double entry, only ever added to. What project() says is right
// is compared with what was posted, and the difference is posted: a reversal of what no longer
// holds, and what holds now.
//
// The owner takes states of time entries in any order and as often as it likes, then settles.
// Threads: one at a time.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "navette/result.h"

#include "backoffice/credit.h"

namespace navette::backoffice {

// Accounts: "block/ID" is what a block has left; "granted" is where credit comes from; "used",
// "lost", "held" and "refused" are where it goes. What is held or refused comes from "uncovered".
struct Leg {
  std::string account;
  Amount amount = 0;  // above 0: into the account

  bool operator==(const Leg&) const = default;
};

// Its legs add up to 0.
struct Transaction {
  std::int64_t number = 0;    // from 1, without gaps
  std::string key;            // "entry/ID", "block/ID", "topup/BLOCK/ID", "end/BLOCK"
  std::int64_t revision = 0;  // of the entry; 0 for others
  std::chrono::sys_days day;  // of the posting, not of the work
  std::int64_t reverses = 0;  // the number of the one that it takes back, whole; 0: none
  std::vector<Leg> legs;
};

// What another contract, or another day, would do to one entry.
struct Move {
  std::string entry;
  std::optional<Explanation> before;  // nothing: not settled yet
  Explanation after;
};
struct Preview {
  std::vector<Move> moves;  // of the entries whose parts differ, in the order in which they draw
  std::map<std::string, BlockState> before;
  std::map<std::string, BlockState> after;
};

class CreditLedger {
 public:
  // Errors: those of check().
  static Result<CreditLedger> make(CreditContract contract);

  enum class Taken : unsigned char {
    kNew,       // the latest state of this entry from now on
    kKnown,     // the very same was taken before, or a later one was
    kConflict,  // another text with the same id and revision, or a negative time: not taken
  };
  Taken take(TimeEntry entry);

  // Posts what is missing, dated `today`, and returns the limits that are reached and were not
  // after the last settling. A second call with the same day posts nothing.
  std::vector<CreditEvent> settle(std::chrono::sys_days today);

  // What settle() would do under another contract (or the same one), without doing it.
  // REQUIRES: check(contract).
  Preview preview(const CreditContract& contract, std::chrono::sys_days today) const;
  // From the next settling on. Errors: those of check(); nothing changes then.
  Status change(CreditContract contract);

  Amount balance(const std::string& account) const;  // 0 for one without postings
  const std::map<std::string, Amount>& balances() const { return balances_; }
  const std::vector<Transaction>& transactions() const { return transactions_; }
  const CreditContract& contract() const { return contract_; }

  // As of the last settling; nothing for an entry that was not there.
  std::optional<Explanation> explain(const std::string& entry) const;

 private:
  struct Standing {
    std::int64_t number = 0;
    std::int64_t revision = 0;
    std::vector<Leg> legs;
  };
  using Wanted = std::map<std::string, Standing>;

  explicit CreditLedger(CreditContract contract) : contract_(std::move(contract)) {}
  std::vector<const TimeEntry*> latest() const;
  static Wanted wanted(const CreditContract& contract, const Projection& projection);
  void post(Transaction transaction);
  void take_back(const std::string& key, const Standing& standing, std::chrono::sys_days today);

  CreditContract contract_;
  std::map<std::string, TimeEntry> entries_;
  std::map<std::string, std::map<std::int64_t, TimeEntry>> older_;  // by id, by revision
  Projection projection_;
  std::map<std::string, std::size_t> places_;  // of entries in projection_
  Wanted standing_;
  std::vector<Transaction> transactions_;
  std::map<std::string, Amount> balances_;
};

}  // namespace navette::backoffice
