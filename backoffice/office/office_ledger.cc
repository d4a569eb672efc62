// Brings the ledger to what the entries say. Each day on which something became known is settled
// as that day would have been, so that a ledger that was posted daily and one that is posted once a
// year are the same.

#include <algorithm>
#include <set>
#include <utility>

#include "backoffice/credit_ledger.h"
#include "backoffice/office/office.h"

namespace navette::backoffice {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

struct Transfer {
  std::string debit;   // into
  std::string credit;  // out of
  Amount amount = 0;

  bool operator==(const Transfer&) const = default;
};

// Legs that add up to 0 as movements from one account to another.
std::vector<Transfer> transfers_of(std::vector<Leg> legs) {
  std::vector<Transfer> out;
  std::size_t from = 0;
  std::size_t into = 0;
  for (;;) {
    while (from < legs.size() && legs[from].amount >= 0) ++from;
    while (into < legs.size() && legs[into].amount <= 0) ++into;
    if (from == legs.size() || into == legs.size()) return out;
    const Amount amount = std::min(-legs[from].amount, legs[into].amount);
    out.push_back({legs[into].account, legs[from].account, amount});
    legs[from].amount += amount;
    legs[into].amount -= amount;
  }
}

struct Posting {
  std::int64_t number = 0;  // 0: not posted yet
  std::int64_t revision = 0;
  std::int64_t turn = 0;
  std::vector<Transfer> transfers;
};
using Postings = std::map<std::string, Posting>;  // by key

// What must stand at the end of that day.
Result<Postings> wanted(const Contract& contract, const std::vector<TimeEntry>& entries,
                        sys_days day) {
  auto ledger = CreditLedger::make(contract.credit);
  if (!ledger) return ledger.error();
  for (const TimeEntry& entry : entries) ledger->take(entry);
  ledger->settle(day);
  Postings out;
  for (const Transaction& one : ledger->transactions()) {
    out[one.key] = {0, one.revision, 0, transfers_of(one.legs)};
  }
  return out;
}

// The ledger of one contract while it is brought up to date.
class Book {
 public:
  Book(Tables& tables, std::string client, std::string contract)
      : tables_(tables), client_(std::move(client)), contract_(std::move(contract)) {}

  Status read() {
    auto last = tables_.run(
        "SELECT COALESCE(MAX(number), 0) FROM postings WHERE client = $1 AND"
        " contract = $2",
        {client_, contract_}, 1);
    if (!last) return last.error();
    number_ = last->front().integer(0);
    auto rows = tables_.run(
        "SELECT p.posting, p.number, p.revision, p.turn, p.debit, p.credit, p.amount FROM postings"
        " p WHERE p.client = $1 AND p.contract = $2 AND p.turn = (SELECT MAX(q.turn) FROM postings"
        " q WHERE q.client = p.client AND q.contract = p.contract AND q.posting = p.posting)"
        " ORDER BY p.number, p.part",
        {client_, contract_}, 7);
    if (!rows) return rows.error();
    for (const Row& row : *rows) {
      Posting& last_turn = postings_[row.text(0)];
      last_turn.number = row.integer(1);
      last_turn.revision = row.integer(2);
      last_turn.turn = row.integer(3);
      last_turn.transfers.push_back({row.text(4), row.text(5), row.integer(6)});
    }
    return {};
  }

  // What no longer holds is taken back first, so that no number depends on what comes after.
  Status bring(const Postings& wanted, sys_days day) {
    for (auto& [key, posting] : postings_) {
      if (!stands(posting)) continue;
      const auto still = wanted.find(key);
      if (still != wanted.end() && still->second.transfers == posting.transfers) continue;
      NAVETTE_TRY(take_back(key, posting, day));
    }
    for (const auto& [key, want] : wanted) {
      Posting& posting = postings_[key];
      if (stands(posting)) continue;
      posting = {0, want.revision, posting.turn, want.transfers};
      NAVETTE_TRY(post(key, posting, 0, day));
    }
    return {};
  }

  std::int64_t made() const { return made_; }

 private:
  static bool stands(const Posting& posting) { return posting.turn % 2 == 1; }

  Status take_back(const std::string& key, Posting& posting, sys_days day) {
    for (Transfer& transfer : posting.transfers) std::swap(transfer.debit, transfer.credit);
    return post(key, posting, posting.number, day);
  }

  Status post(const std::string& key, Posting& posting, std::int64_t reverses, sys_days day) {
    posting.number = ++number_;
    ++posting.turn;
    ++made_;
    std::int64_t part = 0;
    for (const Transfer& transfer : posting.transfers) {
      NAVETTE_TRY(tables_.run(
          "INSERT INTO postings (client, contract, number, part, posting, revision, turn, day,"
          " debit, credit, amount, reverses) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
          " NULLIF(CAST($12 AS BIGINT), 0))",
          {client_, contract_, posting.number, ++part, key, posting.revision, posting.turn,
           to_text(day), transfer.debit, transfer.credit, transfer.amount, reverses}));
    }
    return {};
  }

  Tables& tables_;
  std::string client_;
  std::string contract_;
  std::int64_t number_ = 0;
  std::int64_t made_ = 0;
  Postings postings_;  // the last turn of each
};

// The days from `since` to `today` on which the ledger of the contract may change, in order.
std::set<sys_days> days_of_news(const Records& history, const std::string& contract, sys_days since,
                                sys_days today) {
  std::set<sys_days> out;
  const auto add = [&](sys_days day) {
    if (day >= since && day <= today) out.insert(day);
  };
  for (const auto& one : history.work) add(day_at(history.client, one.recorded));
  for (const auto& one : history.tickets) add(day_at(history.client, one.recorded));
  for (const auto& [recorded, one] : history.contracts) {
    if (one.credit.id != contract) continue;
    add(day_at(history.client, recorded));
    for (const CreditBlock& block : one.credit.blocks) add(block.to + days(1));
  }
  out.insert(today);
  return out;
}

}  // namespace

Result<std::int64_t> Office::settle(const Records& history, const std::string& contract,
                                    TimePoint now) {
  const std::string& client = history.client.id;
  auto settled = tables_->run("SELECT day FROM settled WHERE client = $1 AND contract = $2",
                              {client, contract}, 1);
  if (!settled) return settled.error();
  const sys_days since =
      settled->empty() ? sys_days::min() : parse_day(settled->front().text(0)).value_or(sys_days());
  const sys_days today = day_at(history.client, now);
  Book book(*tables_, client, contract);
  NAVETTE_TRY(book.read());
  for (const sys_days day : days_of_news(history, contract, since, today)) {
    // Nothing that was recorded in this very transaction's moment is left for later.
    const Knowledge knowledge = known_before(
        history, day == today ? TimePoint::max() : begin_of(history.client, day + days(1)));
    const auto known = knowledge.contracts.find(contract);
    if (known == knowledge.contracts.end()) continue;
    const auto want = wanted(*known->second, entries_of(knowledge, *known->second), day);
    if (!want) return want.error();
    NAVETTE_TRY(book.bring(*want, day));
  }
  NAVETTE_TRY(
      tables_->run("INSERT INTO settled (client, contract, day) VALUES ($1, $2, $3)"
                   " ON CONFLICT (client, contract) DO UPDATE SET day = excluded.day",
                   {client, contract, to_text(today)}));
  return book.made();
}

Result<std::int64_t> Office::post_ledger(const std::string& client) {
  return writing<std::int64_t>(client, [&](std::int64_t now) -> Result<std::int64_t> {
    auto known = read_client(client);
    if (!known) return known.error();
    Records history;
    history.client = *std::move(known);
    NAVETTE_TRY(read_records(history));
    std::set<std::string> contracts;
    for (const auto& one : history.contracts) contracts.insert(one.value.credit.id);
    std::int64_t made = 0;
    for (const std::string& contract : contracts) {
      const auto posted = settle(history, contract, TimePoint(std::chrono::milliseconds(now)));
      if (!posted) return posted.error();
      made += *posted;
    }
    return made;
  });
}

}  // namespace navette::backoffice
