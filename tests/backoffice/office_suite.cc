// Every database of the back office must pass this suite.
// Goal: what is recorded stays as it was, comes back as it went in, and the ledger says of each day
// what was known by its end, however the entries arrived.
// NAVETTE_SEED repeats a run.

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "backoffice/credit_ledger.h"
#include "backoffice/office/contract_rows.h"
#include "tests/backoffice/office_fixture.h"
#include "tests/backoffice/sla_random.h"

namespace navette::backoffice::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// ---- recording ---------------------------------------------------------------------------------

TEST_P(OfficeSuite, AContractComesBackAsItWentIn) {
  const Contract contract = full_contract();
  EXPECT_EQ(must(office_->put_contract("acme", contract)), Put::kNew);
  EXPECT_EQ(must(office_->put_contract("acme", contract)), Put::kKnown);
  office_ = open();
  const Records history = must(office_->records("acme"));
  ASSERT_THAT(history.contracts, SizeIs(1));
  EXPECT_EQ(rows_of(history.contracts[0].value), rows_of(contract));
  EXPECT_GT(rows_of(contract).size(), 60U);
  EXPECT_EQ(must(office_->put_contract("acme", contract)), Put::kKnown);
}

TEST_P(OfficeSuite, AChangedContractIsAVersionMore) {
  Contract contract = plain_contract();
  EXPECT_EQ(must(office_->put_contract("acme", contract)), Put::kNew);
  clock_.advance(std::chrono::hours(24));
  contract.credit.blocks[0].top_ups.push_back({"t1", 10 * kHour});
  EXPECT_EQ(must(office_->put_contract("acme", contract)), Put::kNew);
  const Records history = must(office_->records("acme"));
  ASSERT_THAT(history.contracts, SizeIs(2));
  const auto top_ups = [&](const std::string& before) {
    const Knowledge known = known_before(history, at(before));
    return known.contracts.at("tma")->credit.blocks[0].top_ups.size();
  };
  EXPECT_EQ(top_ups("2026-11-03T07:00:00Z"), 0U);
  EXPECT_EQ(top_ups("2026-11-03T09:00:00Z"), 1U);
}

TEST_P(OfficeSuite, WhatCannotBeIsRefused) {
  Contract contract = plain_contract();
  contract.credit.blocks[0].size = -1;
  EXPECT_FALSE(office_->put_contract("acme", contract));
  EXPECT_FALSE(office_->put_client({"x", "X", "Europe/Pariss", "en"}));
  EXPECT_FALSE(office_->put_client({"x", "X", "Europe/Paris", "xx"}));
  EXPECT_FALSE(office_->put_client({"acme", "Acme", "Asia/Tokyo", "fr"}));
  const auto nobody = office_->put_ticket("nobody", {"1", "tma", "", ""});
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().fault, Fault::kRejected);
  EXPECT_FALSE(office_->records("nobody"));
}

TEST_P(OfficeSuite, TheSameAgainIsKnownAndAnotherTextIsAConflict) {
  Work entry = work("7", "1", "2026-11-02", 45);
  entry.entry.started = std::chrono::minutes(0);
  EXPECT_EQ(must(office_->record("acme", entry)), Put::kNew);
  EXPECT_EQ(must(office_->record("acme", entry)), Put::kKnown);
  Work other = entry;
  other.entry.author = "paul";
  EXPECT_EQ(must(office_->record("acme", other)), Put::kConflict);
  other = work("8", "1", "2026-11-02", -1);
  EXPECT_EQ(must(office_->record("acme", other)), Put::kConflict);

  Comment comment{"c1", 1, false, "1", "ines", Visibility::kShared, clock_.now(), "Vu l'été.\n"};
  EXPECT_EQ(must(office_->record("acme", comment)), Put::kNew);
  EXPECT_EQ(must(office_->record("acme", comment)), Put::kKnown);
  comment.visibility = Visibility::kPublic;
  EXPECT_EQ(must(office_->record("acme", comment)), Put::kConflict);

  const Ticket ticket{"1", "tma", "Printer", "crm"};
  EXPECT_EQ(must(office_->put_ticket("acme", ticket)), Put::kNew);
  EXPECT_EQ(must(office_->put_ticket("acme", ticket)), Put::kKnown);

  const Records history = must(office_->records("acme"));
  ASSERT_THAT(history.work, SizeIs(1));
  EXPECT_EQ(history.work[0].value, entry);
  ASSERT_THAT(history.comments, SizeIs(1));
  EXPECT_EQ(history.comments[0].value.body, "Vu l'été.\n");
  EXPECT_EQ(history.comments[0].value.visibility, Visibility::kShared);
  ASSERT_THAT(history.tickets, SizeIs(1));
  EXPECT_EQ(history.tickets[0].value, ticket);
}

TEST_P(OfficeSuite, AnEventMayBeSeenLater) {
  Happened happened{"1", event("e1", "2026-11-02T07:30:00Z")};
  happened.event.opened = true;
  happened.event.status = "open";
  happened.event.seen.reset();
  EXPECT_EQ(must(office_->record("acme", happened)), Put::kNew);
  clock_.advance(std::chrono::hours(24));
  happened.event.seen = at("2026-11-02T07:45:00Z");
  EXPECT_EQ(must(office_->record("acme", happened)), Put::kKnown);
  EXPECT_EQ(must(office_->record("acme", happened)), Put::kKnown);
  happened.event.seen = at("2026-11-02T07:46:00Z");
  EXPECT_EQ(must(office_->record("acme", happened)), Put::kConflict);
  const Records history = must(office_->records("acme"));
  ASSERT_THAT(history.events, SizeIs(1));
  EXPECT_EQ(history.events[0].value.event.seen, at("2026-11-02T07:45:00Z"));
  EXPECT_EQ(history.events[0].value.event.priority, std::nullopt);
  // On the day itself it was not known that it was seen.
  EXPECT_EQ(known_before(history, at("2026-11-03T00:00:00Z")).events.at("1")[0].seen, std::nullopt);
  EXPECT_EQ(known_before(history, at("2026-11-04T00:00:00Z")).events.at("1")[0].seen,
            at("2026-11-02T07:45:00Z"));
}

TEST_P(OfficeSuite, TheMomentOfRecordingNeverGoesBack) {
  EXPECT_EQ(must(office_->record("acme", work("1", "1", "2026-11-02", 1))), Put::kNew);
  clock_.advance(-std::chrono::hours(48));
  EXPECT_EQ(must(office_->record("acme", work("2", "1", "2026-11-02", 1))), Put::kNew);
  const Records history = must(office_->records("acme"));
  EXPECT_EQ(history.work[0].recorded, history.work[1].recorded);
}

TEST_P(OfficeSuite, TogetherIsAllOrNothing) {
  const Status done = office_->together([&]() -> Status {
    EXPECT_TRUE(office_->record("acme", work("1", "1", "2026-11-02", 1)));
    const auto refused = office_->record("nobody", work("1", "1", "2026-11-02", 1));
    return refused ? Status() : Status(refused.error());
  });
  EXPECT_FALSE(done);
  EXPECT_THAT(must(office_->records("acme")).work, IsEmpty());
}

TEST_P(OfficeSuite, WhatWasRecordedStays) {
  EXPECT_TRUE(office_->record("acme", work("1", "1", "2026-11-02", 60)));
  EXPECT_TRUE(office_->put_ticket("acme", {"1", "tma", "Printer", ""}));
  EXPECT_TRUE(office_->put_contract("acme", plain_contract()));
  EXPECT_GT(must(office_->post_ledger("acme")), 0);
  for (const std::string table :
       {"postings", "time_entries", "tickets", "contracts", "credit_blocks"}) {
    EXPECT_FALSE(tamper("DELETE FROM " + table)) << table;
    EXPECT_FALSE(tamper("UPDATE " + table + " SET client = client")) << table;
  }
}

// ---- the ledger --------------------------------------------------------------------------------

TEST_P(OfficeSuite, DebitsEqualCreditsWhoeverWrites) {
  EXPECT_TRUE(office_->put_contract("acme", plain_contract()));
  EXPECT_TRUE(office_->put_ticket("acme", {"1", "tma", "Printer", ""}));
  EXPECT_TRUE(office_->record("acme", work("1", "1", "2026-11-02", 60)));
  EXPECT_EQ(must(office_->post_ledger("acme")), 2);
  const auto insert = [&](const std::string& values) {
    return tamper(
        "INSERT INTO postings (client, contract, number, part, posting, revision, turn,"
        " day, reverses, debit, credit, amount) VALUES ('acme', 'tma', " +
        values + ")");
  };
  EXPECT_FALSE(insert("3, 1, 'entry/2', 1, 1, '2026-11-02', NULL, 'used', NULL, 10"));
  EXPECT_FALSE(insert("3, 1, 'entry/2', 1, 1, '2026-11-02', NULL, 'used', 'used', 10"));
  EXPECT_FALSE(insert("3, 1, 'entry/2', 1, 1, '2026-11-02', NULL, 'used', 'granted', 0"));
  EXPECT_FALSE(insert("3, 1, 'entry/2', 1, 1, '2026-11-02', NULL, 'used', 'granted', -5"));
  // The same entry twice, a reversal of another amount, and one of what was taken back already.
  EXPECT_FALSE(insert("3, 1, 'entry/1', 1, 1, '2026-11-02', NULL, 'used', 'block/2026', 600000"));
  EXPECT_FALSE(insert("3, 1, 'entry/1', 1, 3, '2026-11-02', 2, 'used', 'block/2026', 600000"));
  EXPECT_FALSE(insert("3, 1, 'entry/1', 1, 2, '2026-11-02', 2, 'block/2026', 'used', 600001"));
  EXPECT_TRUE(insert("3, 1, 'entry/1', 1, 2, '2026-11-02', 2, 'block/2026', 'used', 600000"));
  EXPECT_FALSE(insert("4, 1, 'entry/1', 1, 4, '2026-11-02', 2, 'block/2026', 'used', 600000"));
  EXPECT_EQ(ask("SELECT SUM(amount) FROM movements"), std::vector<std::string>{"0"});
  EXPECT_THAT(must(office_->differences()), IsEmpty());
  EXPECT_EQ(must(office_->balance("acme", "tma", "used")), 0);
}

TEST_P(OfficeSuite, ACorrectionIsAReversal) {
  EXPECT_TRUE(office_->put_contract("acme", plain_contract()));
  EXPECT_TRUE(office_->put_ticket("acme", {"1", "tma", "Printer", ""}));
  EXPECT_TRUE(office_->record("acme", work("1", "1", "2026-11-02", 60)));
  EXPECT_EQ(must(office_->post_ledger("acme")), 2);
  EXPECT_EQ(must(office_->post_ledger("acme")), 0);
  clock_.advance(std::chrono::hours(24));
  EXPECT_TRUE(office_->record("acme", work("1", "1", "2026-11-02", 90, 2)));
  EXPECT_EQ(must(office_->post_ledger("acme")), 2);
  EXPECT_EQ(must(office_->balance("acme", "tma", "block/2026", on("2026-11-02"))), 99 * kHour);
  EXPECT_EQ(must(office_->balance("acme", "tma", "block/2026")), 98 * kHour + 30 * kAMinute);
  clock_.advance(std::chrono::hours(24));
  Work gone = work("1", "1", "2026-11-02", 90, 3);
  gone.entry.deleted = true;
  EXPECT_TRUE(office_->record("acme", gone));
  EXPECT_EQ(must(office_->post_ledger("acme")), 1);
  EXPECT_EQ(must(office_->balance("acme", "tma", "block/2026")), 100 * kHour);
  EXPECT_EQ(ask("SELECT posting || ' ' || revision || ' ' || day || ' ' || COALESCE(reverses, 0)"
                " FROM postings ORDER BY number"),
            (std::vector<std::string>{"block/2026 0 2026-11-02 0", "entry/1 1 2026-11-02 0",
                                      "entry/1 1 2026-11-03 2", "entry/1 2 2026-11-03 0",
                                      "entry/1 2 2026-11-04 4"}));
  EXPECT_THAT(must(office_->differences()), IsEmpty());
}

TEST_P(OfficeSuite, OnlyTheProvidersHoursInThePerimeterDraw) {
  Contract contract = plain_contract();
  contract.perimeter = {"crm"};
  EXPECT_TRUE(office_->put_contract("acme", contract));
  EXPECT_TRUE(office_->put_ticket("acme", {"1", "tma", "Printer", "crm"}));
  EXPECT_TRUE(office_->put_ticket("acme", {"2", "tma", "New shop", "shop"}));
  EXPECT_TRUE(office_->put_ticket("acme", {"3", "other", "Other", "crm"}));
  for (const std::string ticket : {"1", "2", "3", "unknown"}) {
    EXPECT_TRUE(office_->record("acme", work("e" + ticket, ticket, "2026-11-02", 60)));
  }
  Work theirs = work("e1", "1", "2026-11-02", 30);
  theirs.side = Party::kClient;
  EXPECT_EQ(must(office_->record("acme", theirs)), Put::kNew);
  EXPECT_EQ(must(office_->post_ledger("acme")), 2);
  EXPECT_EQ(must(office_->balance("acme", "tma", "used")), kHour);
  EXPECT_EQ(ask("SELECT client_minutes || ' ' || provider_minutes FROM hours_by_month WHERE"
                " ticket = '1' AND month = '2026-11'"),
            std::vector<std::string>{"30 60"});
}

TEST_P(OfficeSuite, EqualNumbersOfTwoClientsNeverMeet) {
  for (const auto& [client, minutes] : {std::pair("acme", 60), std::pair("umbra", 90)}) {
    EXPECT_TRUE(office_->put_contract(client, plain_contract()));
    EXPECT_TRUE(office_->put_ticket(client, {"1", "tma", std::string("of ") + client, ""}));
    EXPECT_TRUE(office_->record(client, work("1", "1", "2026-11-02", minutes)));
    EXPECT_TRUE(office_->record(
        client, Comment{"1", 1, false, "1", client, Visibility::kPublic, clock_.now(), client}));
    EXPECT_TRUE(office_->record(client, Happened{"1", event("1", "2026-11-02T07:30:00Z")}));
    EXPECT_EQ(must(office_->post_ledger(client)), 2);
  }
  for (const auto& [client, minutes] : {std::pair("acme", 60), std::pair("umbra", 90)}) {
    const Records history = must(office_->records(client));
    EXPECT_THAT(history.contracts, SizeIs(1));
    ASSERT_THAT(history.tickets, SizeIs(1));
    EXPECT_EQ(history.tickets[0].value.title, std::string("of ") + client);
    ASSERT_THAT(history.comments, SizeIs(1));
    EXPECT_EQ(history.comments[0].value.body, client);
    EXPECT_THAT(history.events, SizeIs(1));
    ASSERT_THAT(history.work, SizeIs(1));
    EXPECT_EQ(must(office_->balance(client, "tma", "used")), minutes * kAMinute);
  }
}

// ---- any order, any repetition -----------------------------------------------------------------

// Entries with their corrections and deletions.
std::vector<Work> random_work(Dice& dice, int count) {
  std::vector<Work> out;
  for (int i = 0; i < count; ++i) {
    const int revisions = 1 + dice.below(3);
    for (int revision = 1; revision <= revisions; ++revision) {
      Work one =
          work("e" + std::to_string(i), std::to_string(1 + dice.below(4)),
               "2026-0" + std::to_string(1 + dice.below(9)) + "-1" + std::to_string(dice.below(10)),
               dice.below(600), revision);
      one.entry.billable = !dice.one_in(8);
      one.entry.approved = !dice.one_in(8);
      one.entry.activity = dice.one_in(3) ? "project" : "support";
      one.entry.deleted = revision > 1 && dice.one_in(4);
      out.push_back(one);
    }
  }
  return out;
}

Contract worked_date_contract() {
  Contract out = full_contract();
  out.credit.order = CreditContract::Order::kWorked;
  out.perimeter.clear();
  return out;
}

TEST_P(OfficeSuite, AnyOrderAndAnyRepetitionGiveTheSameBalances) {
  const std::uint64_t seed = number_from("NAVETTE_SEED", 20261128);
  std::printf("NAVETTE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  Dice dice(seed);
  const Contract contract = worked_date_contract();
  const std::vector<Work> all = random_work(dice, 25);

  auto pure = CreditLedger::make(contract.credit);
  ASSERT_TRUE(pure);
  for (const Work& one : all) pure->take(one.entry);
  pure->settle(on("2027-01-10"));
  ASSERT_GT(pure->balance("used"), 0);
  ASSERT_GT(pure->balance("refused"), 0);

  for (const std::string client : {"acme", "umbra"}) {
    std::vector<Work> sent = all;
    for (int i = 0; i < 15; ++i) sent.push_back(dice.pick(all));
    for (std::size_t i = sent.size(); i > 1; --i) {
      std::swap(sent[i - 1], sent[static_cast<std::size_t>(dice.below(static_cast<int>(i)))]);
    }
    EXPECT_TRUE(office_->put_contract(client, contract));
    clock_.set("2026-11-02T08:00:00Z");
    for (const Work& one : sent) {
      EXPECT_NE(must(office_->record(client, one)), Put::kConflict);
      if (dice.one_in(4)) clock_.advance(std::chrono::hours(dice.below(30)));
      if (dice.one_in(10)) must(office_->post_ledger(client));
      if (dice.one_in(12)) {
        for (int t = 1; t <= 4; ++t) {
          EXPECT_TRUE(office_->put_ticket(client, {std::to_string(t), "tma", "", ""}));
        }
      }
    }
    for (int t = 1; t <= 4; ++t) {
      EXPECT_TRUE(office_->put_ticket(client, {std::to_string(t), "tma", "", ""}));
    }
    clock_.set("2027-01-10T12:00:00Z");
    EXPECT_TRUE(office_->post_ledger(client));
    Office::Balances posted = must(office_->balances(client, "tma"));
    for (const auto& [account, amount] : pure->balances()) {
      EXPECT_EQ(posted[account], amount) << client << " " << account;
    }
  }
  EXPECT_THAT(must(office_->differences()), IsEmpty());
}

TEST_P(OfficeSuite, HowOftenItIsPostedMakesNoDifferenceToAnyDay) {
  Dice dice(number_from("NAVETTE_SEED", 20261128));
  const std::vector<Work> all = random_work(dice, 15);
  const Contract contract = worked_date_contract();
  for (const std::string client : {"acme", "umbra"}) {
    clock_.set("2026-11-02T08:00:00Z");
    EXPECT_TRUE(office_->put_contract(client, contract));
    for (int t = 1; t <= 4; ++t) {
      EXPECT_TRUE(office_->put_ticket(client, {std::to_string(t), "tma", "", ""}));
    }
    for (const Work& one : all) {
      EXPECT_TRUE(office_->record(client, one));
      clock_.advance(std::chrono::hours(7));
      if (client == "acme") must(office_->post_ledger(client));
    }
    clock_.set("2027-01-10T12:00:00Z");
    EXPECT_TRUE(office_->post_ledger(client));
  }
  for (auto day = on("2026-11-02"); day <= on("2027-01-10"); day += std::chrono::days(1)) {
    Office::Balances often = must(office_->balances("acme", "tma", day));
    Office::Balances once = must(office_->balances("umbra", "tma", day));
    for (const auto& [account, amount] : often) EXPECT_EQ(once[account], amount) << to_text(day);
    for (const auto& [account, amount] : once) EXPECT_EQ(often[account], amount) << to_text(day);
  }
}

// ---- opening -----------------------------------------------------------------------------------

TEST_P(OfficeSuite, AReaderReadsAndWritesNothing) {
  EXPECT_TRUE(office_->put_ticket("acme", {"1", "tma", "Printer", ""}));
  const auto reader = open(Access::kRead);
  EXPECT_THAT(must(reader->records("acme")).tickets, SizeIs(1));
  EXPECT_EQ(must(reader->clients()), (std::vector<std::string>{"acme", "umbra"}));
  EXPECT_FALSE(reader->put_ticket("acme", {"2", "tma", "Printer", ""}));
}

TEST_P(OfficeSuite, ANewerOneIsRefused) {
  EXPECT_TRUE(tamper("UPDATE schema_version SET version = 99"));
  const auto opened = open_office(home_->where(), Access::kWrite, clock_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().fault, Fault::kMisconfigured);
  EXPECT_THAT(opened.error().message, HasSubstr("schema version 99"));
}

TEST_P(OfficeSuite, WhatIsNoBackOfficeIsNotOpened) {
  const auto elsewhere = GetParam().make_home();
  EXPECT_FALSE(open_office(elsewhere->where(), Access::kRead, clock_));
  EXPECT_FALSE(open_office("mysql://x", Access::kRead, clock_));
}

INSTANTIATE_TEST_SUITE_P(Office, OfficeSuite, ::testing::Values(office_kind()),
                         [](const auto& of) { return of.param.name; });

}  // namespace
}  // namespace navette::backoffice::test
