// The provider's back office: a system of its own, with its own database. It takes clients,
// contracts, tickets, what happened to them and the hours that they took, in any order and as often
// as they come, and keeps a ledger of each contract's credit.
//
// Moments of recording come from the clock and never go back for a client, so that what was known
// at the end of a day stays the same for ever: yesterday's report is the same bytes each time.
//
// Threads: one at a time.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "navette/result.h"

#include "backoffice/office/tables.h"
#include "backoffice/records.h"
#include "base/clock.h"

namespace navette::backoffice {

enum class Put : unsigned char {
  kNew,
  kKnown,     // the very same was there
  kConflict,  // another text with the same id and revision: not taken
};

class Office {
 public:
  // REQUIRES: the clock lives as long.
  Office(std::unique_ptr<Tables> tables, const Clock& clock)
      : tables_(std::move(tables)), clock_(clock) {}

  // What `work` does is stored whole or not at all, in one transaction.
  Status together(const std::function<Status()>& work);

  // ---- recording. Errors: kRejected for a client that is not known, kRetryLater. Each is one
  // transaction, unless it is in together().

  // Errors: those of check(client). A known client is changed: nothing in a closed day depends on
  // its name; its zone stays, since its days would be others.
  Status put_client(const Client& client);
  // A version of the contract, with its blocks, rates, perimeter, agreements and calendars; kKnown
  // when the latest one says the same. Errors: those of check(contract) too.
  Result<Put> put_contract(const std::string& client, const Contract& contract);
  // A revision, unless the latest one says the same.
  Result<Put> put_ticket(const std::string& client, const Ticket& ticket);
  // The same event may come again with `seen`, which it had not; it is kKnown then.
  Result<Put> record(const std::string& client, const Happened& happened);
  Result<Put> record(const std::string& client, const Comment& comment);
  // A deletion is a revision, too. A negative time is a conflict.
  Result<Put> record(const std::string& client, const Work& work);

  // Posts what is missing in the ledgers of all contracts of the client up to today, each posting
  // dated by the day on which its cause became known: the balances at the end of a day are the same
  // however often this is called. Gives the number of postings made.
  Result<std::int64_t> post_ledger(const std::string& client);

  // ---- reading

  Result<std::vector<std::string>> clients();
  // Everything that was recorded, in one state. Errors: kRejected for a client that is not known.
  Result<Records> records(const std::string& client);
  // By account, postings up to the end of that day; all without one. Takes time by accounts and
  // days, not by postings.
  using Balances = std::map<std::string, Amount>;
  Result<Balances> balances(const std::string& client, const std::string& contract,
                            std::optional<std::chrono::sys_days> at = std::nullopt);
  Result<Amount> balance(const std::string& client, const std::string& contract,
                         const std::string& account,
                         std::optional<std::chrono::sys_days> at = std::nullopt);
  // Accounts whose balance is not the sum of their postings: none.
  Result<std::vector<std::string>> differences();

 private:
  // In a transaction that holds the client; `now` is the moment of recording.
  Status write(const std::string& client, const std::function<Status(std::int64_t now)>& work);
  template <class T>
  Result<T> writing(const std::string& client,
                    const std::function<Result<T>(std::int64_t now)>& work) {
    std::optional<T> out;
    NAVETTE_TRY(write(client, [&](std::int64_t now) -> Status {
      auto made = work(now);
      if (made) out = *std::move(made);
      return made ? Status() : Status(made.error());
    }));
    return *std::move(out);
  }
  // In a transaction that sees one state of everything.
  Status read(const std::function<Status()>& work);
  Result<Client> read_client(const std::string& client);
  Status read_records(Records& out);
  // office_ledger.cc
  Result<std::int64_t> settle(const Records& history, const std::string& contract, TimePoint now);

  std::unique_ptr<Tables> tables_;
  const Clock& clock_;
  bool open_ = false;  // a transaction of together()
};

// The back office in that database, "sqlite:FILE" or "postgresql://...". With kWrite its tables are
// made, or brought to the version that this program knows. REQUIRES: the clock lives as long.
// Errors: as open_tables().
Result<std::unique_ptr<Office>> open_office(const std::string& where, Access access,
                                            const Clock& clock);

}  // namespace navette::backoffice
