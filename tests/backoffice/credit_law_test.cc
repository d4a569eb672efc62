// Goal: balances depend on what was worked and not on how it arrived; debits equal credits always.
// Method: contracts and histories of corrections at random, taken in many orders.
// NAVETTE_SEED repeats a run; NAVETTE_CREDIT_HISTORIES says how many.

#include <algorithm>
#include <cstdio>
#include <numeric>

#include <gtest/gtest.h>

#include "backoffice/credit_ledger.h"
#include "tests/backoffice/sla_random.h"

namespace navette::backoffice::test {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::sys_days;

constexpr sys_days kFirst{std::chrono::year(2026) / 1 / 1};

std::uint64_t seed() {
  const std::uint64_t seed = number_from("NAVETTE_SEED", 20261128);
  std::printf("NAVETTE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

int histories() {
  return static_cast<int>(number_from("NAVETTE_CREDIT_HISTORIES", 1500));
}

CreditContract random_contract(Dice& dice) {
  CreditContract out;
  out.id = "acme";
  const int count = 1 + dice.below(4);
  for (int i = 0; i < count; ++i) {
    CreditBlock block;
    block.id = "b" + std::to_string(i);
    block.from = kFirst + days(40 * i + dice.below(20));
    block.to = block.from + days(20 + dice.below(60));
    block.size = 30 * kAMinute * dice.below(60);
    block.rank = dice.below(2);
    block.overrun_percent = dice.one_in(2) ? 0 : dice.below(30);
    if (dice.one_in(3)) block.top_ups.push_back({"t1", 15 * kAMinute * (1 + dice.below(20))});
    if (dice.one_in(3)) block.activities = {"support"};
    out.blocks.push_back(std::move(block));
  }
  for (std::size_t i = 0; i + 1 < out.blocks.size(); ++i) {
    if (out.blocks[i + 1].to <= out.blocks[i].to) continue;
    out.blocks[i].carry = static_cast<CreditBlock::Carry>(dice.below(3));
    out.blocks[i].carry_to = out.blocks[i + 1].id;
  }
  out.order = static_cast<CreditContract::Order>(dice.below(2));
  out.rounding.scope = static_cast<Rounding::Scope>(dice.below(4));
  out.rounding.direction = static_cast<Rounding::Direction>(dice.below(3));
  out.rounding.step = minutes(dice.pick(std::vector<int>{1, 6, 15, 30, 60}));
  out.rounding.minimum = minutes(dice.one_in(3) ? dice.below(60) : 0);
  out.rates = {{.name = "senior", .percent = 133, .levels = {"senior"}},
               {.name = "week-end", .percent = 150, .weekdays = {6, 7}},
               {.name = "half", .percent = 50, .activities = {"travel"}}};
  out.combine = static_cast<CreditContract::Rates>(dice.below(3));
  out.beyond = static_cast<CreditContract::Beyond>(dice.below(2));
  out.split = !dice.one_in(3);
  return out;
}

// Every state that each of some entries ever had, the last one last.
std::vector<TimeEntry> random_states(Dice& dice) {
  std::vector<TimeEntry> out;
  const int count = 1 + dice.below(25);
  for (int i = 0; i < count; ++i) {
    TimeEntry entry;
    entry.id = std::to_string(i);
    entry.entered = kFirst + days(dice.below(220));
    const int states = 1 + (dice.one_in(2) ? dice.below(4) : 0);
    for (int revision = 1; revision <= states; ++revision) {
      entry.revision = revision;
      entry.ticket = std::to_string(dice.below(4));
      entry.worked = entry.entered - days(dice.one_in(3) ? dice.below(60) : 0);
      entry.time = minutes(dice.below(300));
      entry.activity = dice.pick(std::vector<std::string>{"support", "travel", "other"});
      entry.level = dice.one_in(3) ? "senior" : "";
      entry.block = dice.one_in(6) ? "b" + std::to_string(dice.below(4)) : "";
      entry.billable = !dice.one_in(8);
      entry.approved = !dice.one_in(8);
      entry.in_perimeter = !dice.one_in(8);
      entry.deleted = dice.one_in(8);
      out.push_back(entry);
    }
  }
  return out;
}

template <class T>
std::vector<T> shuffled(std::vector<T> list, Dice& dice) {
  for (std::size_t i = list.size(); i > 1; --i) {
    std::swap(list[i - 1], list[static_cast<std::size_t>(dice.below(static_cast<int>(i)))]);
  }
  return list;
}

CreditLedger ledger_for(const CreditContract& contract) {
  auto made = CreditLedger::make(contract);
  if (!made) throw std::runtime_error(made.error().message);
  return *std::move(made);
}

std::map<std::string, Amount> without_zeros(std::map<std::string, Amount> balances) {
  std::erase_if(balances, [](const auto& balance) { return balance.second == 0; });
  return balances;
}

Amount sum(const std::map<std::string, Amount>& balances) {
  return std::accumulate(balances.begin(), balances.end(), Amount{0},
                         [](Amount all, const auto& balance) { return all + balance.second; });
}

// What must hold of any ledger at any time.
void expect_books_in_order(const CreditLedger& ledger) {
  std::map<std::string, Amount> added;
  std::map<std::string, std::int64_t> standing;
  std::int64_t number = 0;
  for (const Transaction& transaction : ledger.transactions()) {
    ASSERT_EQ(transaction.number, ++number);
    Amount legs = 0;
    for (const Leg& leg : transaction.legs) {
      ASSERT_NE(leg.amount, 0);
      legs += leg.amount;
      added[leg.account] += leg.amount;
    }
    ASSERT_EQ(legs, 0) << transaction.key;  // debits equal credits
    if (transaction.reverses == 0) {
      ASSERT_TRUE(standing.emplace(transaction.key, number).second) << transaction.key << " twice";
    } else {
      ASSERT_EQ(standing[transaction.key], transaction.reverses);
      standing.erase(transaction.key);
    }
  }
  ASSERT_EQ(added, ledger.balances());
  ASSERT_EQ(sum(added), 0);
}

TEST(CreditLaw, AnyOrderOfArrivalAndAnyRepetitionGiveTheSameBalances) {
  Dice dice(seed());
  for (int round = 0; round < histories(); ++round) {
    SCOPED_TRACE("history " + std::to_string(round));
    const CreditContract contract = random_contract(dice);
    const std::vector<TimeEntry> states = random_states(dice);
    const sys_days today = kFirst + days(dice.below(260));
    CreditLedger straight = ledger_for(contract);
    for (const TimeEntry& state : states) straight.take(state);
    straight.settle(today);
    for (int order = 0; order < 3; ++order) {
      CreditLedger ledger = ledger_for(contract);
      std::vector<TimeEntry> arriving = states;
      arriving.insert(arriving.end(), states.begin(), states.end());
      sys_days posted = kFirst;
      for (const TimeEntry& state : shuffled(arriving, dice)) {
        ASSERT_NE(ledger.take(state), CreditLedger::Taken::kConflict);
        if (dice.one_in(4) && posted <= today) ledger.settle(posted += days(dice.below(5)));
      }
      ledger.settle(today);
      expect_books_in_order(ledger);
      ASSERT_EQ(without_zeros(ledger.balances()), without_zeros(straight.balances()));
      for (const TimeEntry& state : states) {
        ASSERT_EQ(ledger.explain(state.id), straight.explain(state.id));
      }
      const std::size_t posts = ledger.transactions().size();
      ledger.settle(today);
      ASSERT_EQ(ledger.transactions().size(), posts);
    }
  }
}

// What was worked and counts is on blocks, held or refused, to the last part of a minute.
TEST(CreditLaw, EveryAmountIsSomewhereAndEveryStepIsExplained) {
  Dice dice(seed() + 1);
  Amount drawn_in_all = 0;
  for (int round = 0; round < histories(); ++round) {
    SCOPED_TRACE("history " + std::to_string(round));
    const CreditContract contract = random_contract(dice);
    const std::vector<TimeEntry> states = random_states(dice);
    const sys_days today = kFirst + days(dice.below(260));
    std::map<std::string, const TimeEntry*> latest;
    for (const TimeEntry& state : states) latest[state.id] = &state;
    std::vector<const TimeEntry*> entries;
    for (const auto& [id, state] : latest) entries.push_back(state);
    const Projection found = project(contract, shuffled(entries, dice), today);
    std::map<std::string, Amount> drawn;
    Amount beyond = 0;
    for (const Explanation& of : found.entries) {
      Amount parts = 0;
      for (const DrawPart& part : of.parts) {
        ASSERT_GT(part.amount, 0);
        parts += part.amount;
        (part.block.empty() ? beyond : drawn[part.block]) += part.amount;
        ASSERT_TRUE(part.block.empty() || part.before - part.amount == part.after);
      }
      ASSERT_EQ(parts, of.amount);
      const TimeEntry& entry = *latest[of.entry];
      const bool counts = !entry.deleted && entry.billable && entry.approved && entry.in_perimeter;
      ASSERT_TRUE(counts || of.parts.empty());
      const bool whole = contract.split || of.parts.empty() || of.draw == Draw::kDrawn;
      ASSERT_TRUE(whole || of.parts.size() == 1);
    }
    ASSERT_EQ(beyond, found.held + found.refused);
    Amount granted = 0;
    for (const CreditBlock& block : contract.blocks) {
      const BlockState& state = found.blocks.at(block.id);
      ASSERT_EQ(state.drawn, drawn[block.id]);
      ASSERT_EQ(state.granted - state.drawn - state.carried - state.lost, state.left);
      granted += block.size;
      for (const TopUp& top_up : block.top_ups) granted += top_up.amount;
      drawn_in_all += state.drawn;
    }
    Amount kept = 0;
    for (const auto& [id, state] : found.blocks) kept += state.left + state.lost + state.drawn;
    ASSERT_EQ(kept, granted);
  }
  EXPECT_GT(drawn_in_all, 0);
}

// Rounding by a group costs what the group's sum costs, whatever it is made of.
TEST(CreditLaw, AGroupCountsForItsSum) {
  Dice dice(seed() + 2);
  for (int round = 0; round < histories(); ++round) {
    CreditContract contract = random_contract(dice);
    contract.rates.clear();
    contract.rounding.scope = Rounding::Scope::kTicket;
    std::vector<TimeEntry> entries;
    minutes time{0};
    for (int i = dice.below(8); i >= 0; --i) {
      TimeEntry entry;
      entry.id = std::to_string(i);
      entry.worked = kFirst + days(dice.below(100));
      entry.time = minutes(dice.below(100));
      time += entry.time;
      entries.push_back(std::move(entry));
    }
    TimeEntry whole = entries.front();
    whole.time = time;
    std::vector<const TimeEntry*> parts;
    for (const TimeEntry& entry : entries) parts.push_back(&entry);
    const auto amount = [&](const std::vector<const TimeEntry*>& list) {
      Amount all = 0;
      for (const auto& of : project(contract, list, kFirst).entries) all += of.amount;
      return all;
    };
    ASSERT_EQ(amount(parts), amount({&whole}));
  }
}

// A preview tells what settling then does, and does nothing itself.
TEST(CreditLaw, APreviewIsWhatHappens) {
  Dice dice(seed() + 3);
  for (int round = 0; round < histories() / 3; ++round) {
    CreditLedger ledger = ledger_for(random_contract(dice));
    for (const TimeEntry& state : random_states(dice)) ledger.take(state);
    const sys_days today = kFirst + days(dice.below(260));
    ledger.settle(today);
    const std::size_t posts = ledger.transactions().size();
    ASSERT_TRUE(ledger.preview(ledger.contract(), today).moves.empty());
    const CreditContract other = random_contract(dice);
    const Preview preview = ledger.preview(other, today);
    ASSERT_EQ(ledger.transactions().size(), posts);
    ASSERT_TRUE(ledger.change(other));
    ledger.settle(today);
    expect_books_in_order(ledger);
    for (const Move& move : preview.moves) ASSERT_EQ(ledger.explain(move.entry), move.after);
    for (const auto& [block, state] : preview.after) {
      ASSERT_EQ(ledger.balance("block/" + block), state.left);
    }
  }
}

}  // namespace
}  // namespace navette::backoffice::test
