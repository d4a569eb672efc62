#include "backoffice/credit_ledger.h"

#include <algorithm>
#include <utility>

namespace navette::backoffice {
namespace {

using std::chrono::sys_days;

std::string block_account(const std::string& block) {
  return "block/" + block;
}

// Out of one account and into another.
std::vector<Leg> moved(const std::string& from, const std::string& into, Amount amount) {
  return {{from, -amount}, {into, amount}};
}

std::vector<Leg> legs_of(const Explanation& of) {
  std::vector<Leg> legs;
  Amount used = 0;
  for (const DrawPart& part : of.parts) {
    if (part.amount == 0) continue;
    if (part.block.empty()) {
      const auto beyond = moved("uncovered", to_text(of.draw), part.amount);
      legs.insert(legs.end(), beyond.begin(), beyond.end());
      continue;
    }
    legs.push_back({block_account(part.block), -part.amount});
    used += part.amount;
  }
  if (used != 0) legs.push_back({"used", used});
  return legs;
}

}  // namespace

Result<CreditLedger> CreditLedger::make(CreditContract contract) {
  NAVETTE_TRY(check(contract));
  return CreditLedger(std::move(contract));
}

CreditLedger::Taken CreditLedger::take(TimeEntry entry) {
  if (entry.time < std::chrono::minutes(0)) return Taken::kConflict;
  auto& revisions = older_[entry.id];
  const auto [place, is_new] = revisions.emplace(entry.revision, entry);
  if (!is_new) return place->second == entry ? Taken::kKnown : Taken::kConflict;
  TimeEntry& latest = entries_[entry.id];
  if (revisions.size() > 1 && latest.revision > entry.revision) return Taken::kKnown;
  latest = std::move(entry);
  return Taken::kNew;
}

std::vector<const TimeEntry*> CreditLedger::latest() const {
  std::vector<const TimeEntry*> out;
  out.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) out.push_back(&entry);
  return out;
}

CreditLedger::Wanted CreditLedger::wanted(const CreditContract& contract,
                                          const Projection& projection) {
  Wanted out;
  const auto want = [&out](std::string key, std::int64_t revision, std::vector<Leg> legs) {
    if (!legs.empty()) out.emplace(std::move(key), Standing{0, revision, std::move(legs)});
  };
  for (const CreditBlock& block : contract.blocks) {
    const std::string account = block_account(block.id);
    if (block.size != 0) want("block/" + block.id, 0, moved("granted", account, block.size));
    for (const TopUp& top_up : block.top_ups) {
      if (top_up.amount == 0) continue;
      want("topup/" + block.id + "/" + top_up.id, 0, moved("granted", account, top_up.amount));
    }
    const BlockState& state = projection.blocks.at(block.id);
    if (state.carried != 0) {
      want("end/" + block.id, 0, moved(account, block_account(block.carry_to), state.carried));
    }
    if (state.lost != 0) want("end/" + block.id, 0, moved(account, "lost", state.lost));
  }
  for (const Explanation& entry : projection.entries) {
    want("entry/" + entry.entry, entry.revision, legs_of(entry));
  }
  return out;
}

void CreditLedger::post(Transaction transaction) {
  transaction.number = static_cast<std::int64_t>(transactions_.size()) + 1;
  for (const Leg& leg : transaction.legs) balances_[leg.account] += leg.amount;
  transactions_.push_back(std::move(transaction));
}

void CreditLedger::take_back(const std::string& key, const Standing& standing, sys_days today) {
  std::vector<Leg> legs = standing.legs;
  for (Leg& leg : legs) leg.amount = -leg.amount;
  post({.number = 0,
        .key = key,
        .revision = standing.revision,
        .day = today,
        .reverses = standing.number,
        .legs = std::move(legs)});
}

std::vector<CreditEvent> CreditLedger::settle(sys_days today) {
  Projection next = project(contract_, latest(), today);
  Wanted wanted = CreditLedger::wanted(contract_, next);
  for (auto one = standing_.begin(); one != standing_.end();) {
    const auto still = wanted.find(one->first);
    if (still != wanted.end() && still->second.legs == one->second.legs) {
      ++one;
      continue;
    }
    take_back(one->first, one->second, today);
    one = standing_.erase(one);
  }
  for (auto& [key, one] : wanted) {
    if (standing_.count(key) != 0) continue;
    one.number = static_cast<std::int64_t>(transactions_.size()) + 1;
    post({.number = 0,
          .key = key,
          .revision = one.revision,
          .day = today,
          .reverses = 0,
          .legs = one.legs});
    standing_.emplace(key, std::move(one));
  }
  // A limit counts as reached before, whichever entry it was that reached it.
  std::set<CreditEvent> before;
  for (CreditEvent event : projection_.events) {
    event.entry.clear();
    before.insert(std::move(event));
  }
  std::vector<CreditEvent> news;
  for (const CreditEvent& event : next.events) {
    CreditEvent plain = event;
    plain.entry.clear();
    if (before.count(plain) == 0) news.push_back(event);
  }
  projection_ = std::move(next);
  places_.clear();
  for (std::size_t i = 0; i < projection_.entries.size(); ++i) {
    places_.emplace(projection_.entries[i].entry, i);
  }
  return news;
}

Preview CreditLedger::preview(const CreditContract& contract, sys_days today) const {
  Projection next = project(contract, latest(), today);
  Preview out;
  out.before = projection_.blocks;
  out.after = std::move(next.blocks);
  for (Explanation& after : next.entries) {
    std::optional<Explanation> before = explain(after.entry);
    const bool same = before ? legs_of(*before) == legs_of(after) : legs_of(after).empty();
    if (same) continue;
    std::string entry = after.entry;
    out.moves.push_back({std::move(entry), std::move(before), std::move(after)});
  }
  return out;
}

Status CreditLedger::change(CreditContract contract) {
  NAVETTE_TRY(check(contract));
  contract_ = std::move(contract);
  return {};
}

Amount CreditLedger::balance(const std::string& account) const {
  const auto found = balances_.find(account);
  return found == balances_.end() ? 0 : found->second;
}

std::optional<Explanation> CreditLedger::explain(const std::string& entry) const {
  const auto found = places_.find(entry);
  if (found == places_.end()) return std::nullopt;
  return projection_.entries[found->second];
}

}  // namespace navette::backoffice
