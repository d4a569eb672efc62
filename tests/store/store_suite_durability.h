// The part of the suite that asks what survives: refused neighbours, a full disk, a restart, a
// kill.

#pragma once

#include <csignal>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "tests/store/store_model.h"
#include "tests/store/store_suite.h"

namespace navette::test {

TEST_P(StoreSuite, ABatchIsAllOrNothing) {
  const std::int64_t id = store_->new_id();
  commit({put_link(id, "f", "1", "")});
  const Status done = store_->commit({SetCursor{"new/client", "9"}, pending("new", "a"),
                                      DropLink{id}, put_link(store_->new_id(), "f", "2", "b"),
                                      put_link(store_->new_id(), "f", "3", "b")});
  ASSERT_FALSE(done);
  EXPECT_EQ(must(store_->cursor("new/client")), "");
  EXPECT_TRUE(must(store_->link(id)).has_value());
  EXPECT_EQ(must(store_->links({})).size(), 1U);
  EXPECT_EQ(must(store_->counts()).size(), 1U) << "not even the flow's name stays";
  commit({pending("new", "a")});
  EXPECT_EQ(counts("new").accepted, 1);
}

TEST_P(StoreSuite, ARefusedBatchDoesNotFailItsNeighbours) {
  const std::int64_t id = store_->new_id();
  const std::vector<Batch> batches = {
      {pending("f", "a"), put_link(id, "f", "1", "x")},
      {pending("f", "lost"), put_link(store_->new_id(), "f", "1", "y")},
      {},
      {pending("f", "b"), put_link(store_->new_id(), "f", "2", "y")},
  };
  const std::vector<Status> done = store_->commit(batches);
  ASSERT_EQ(done.size(), 4U);
  EXPECT_TRUE(done[0]) << message(done[0]);
  ASSERT_FALSE(done[1]);
  EXPECT_EQ(done[1].error().fault, Fault::kRejected);
  EXPECT_TRUE(done[2]) << message(done[2]);
  EXPECT_TRUE(done[3]) << message(done[3]);
  reopen();
  EXPECT_THAT(entities(), ::testing::ElementsAre("a", "b"));
  EXPECT_EQ(must(store_->links({})).size(), 2U);
}

TEST_P(StoreSuite, NumbersNeverComeTwiceAlsoAfterAReopenWithoutCommit) {
  std::int64_t last = 0;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 3000; ++i) {
      const std::int64_t id = store_->new_id();
      ASSERT_GT(id, last);
      last = id;
    }
    if (round % 2 == 0) commit({pending("f", "a")});
    reopen();
  }
}

// A text that no store can make smaller.
inline std::string noise(std::size_t bytes) {
  Random random(bytes);
  std::string text(bytes, ' ');
  for (char& c : text) c = static_cast<char>('0' + random.below(64));
  return text;
}

// Method: take the space away, commit more and more until it fails, give it back.
TEST_P(StoreSuite, AFullDiskStoresNothingOfAFailedCommitAndHarmsNothingElse) {
  for (const std::size_t bytes : {std::size_t{1} << 20, std::size_t{24} << 20}) {
    const std::int64_t held = store_->new_id();
    commit({pending("f", "before"), put_link(held, "f", std::to_string(held), "")});
    AddChange large = pending("full", "large");
    large.change.payload = noise(bytes);
    const std::vector<Batch> batches = {
        {pending("full", "small"), SetCursor{"full/client", std::to_string(bytes)}},
        {put_link(store_->new_id(), "f", std::to_string(held), "twin")},
        {large}};
    home_->make_full();
    std::int64_t last = 0;
    for (int i = 0; i < 10'000; ++i) last = store_->new_id();
    const std::size_t before = entities({.flow = "full"}).size();
    const std::vector<Status> done = store_->commit(batches);
    ASSERT_EQ(done.size(), 3U);
    for (const Status& one : done) {
      ASSERT_FALSE(one);
      EXPECT_EQ(one.error().fault, Fault::kRetryLater) << one.error().message;
    }
    EXPECT_EQ(entities({.flow = "full"}).size(), before);
    EXPECT_NE(must(store_->cursor("full/client")), std::to_string(bytes));

    home_->make_room();
    const std::vector<Status> again = store_->commit(batches);
    EXPECT_TRUE(again[0]) << message(again[0]);
    ASSERT_FALSE(again[1]);
    EXPECT_EQ(again[1].error().fault, Fault::kRejected);
    EXPECT_TRUE(again[2]) << message(again[2]);
    reopen();
    EXPECT_EQ(entities({.flow = "full"}).size(), before + 2);
    EXPECT_EQ(must(store_->cursor("full/client")), std::to_string(bytes));
    EXPECT_GT(store_->new_id(), last);
  }
}

TEST_P(StoreSuite, AReaderBesideTheWriterSeesEveryCommitAndWritesNothing) {
  commit({pending("f", "a")});
  auto reader = must(open_store(home_->where(), {.read_only = true}));
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(must(reader->changes({})).size(), 1U);
  commit({pending("f", "b"), put_link(store_->new_id(), "f", "1", "")});
  EXPECT_EQ(must(reader->changes({})).size(), 2U);
  EXPECT_EQ(must(reader->counts()).at(0).links, 1);
  const Status done = reader->commit({pending("f", "c")});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::kRetryLater);
  commit({pending("f", "d")});
  EXPECT_EQ(must(reader->changes({})).size(), 3U);
}

TEST_P(StoreSuite, AReaderWorksAfterTheWriterIsGone) {
  commit({pending("f", "a")});
  store_.reset();
  auto reader = must(open_store(home_->where(), {.read_only = true}));
  ASSERT_NE(reader, nullptr);
  EXPECT_EQ(must(reader->changes({})).size(), 1U);
}

// ---- a kill at any moment ----------------------------------------------------------------------

struct Receipt {
  std::int64_t batch;  // acknowledged up to here
  std::int64_t id;     // the last number that was given
};

// Commits batches until it is killed, and writes a receipt after each commit.
// Batch n: three changes "n", the cursor n, an event n.
[[noreturn]] inline void commit_forever(const std::string& where, int receipts) {
  auto store = open_store(where);
  if (!store) _exit(1);
  auto cursor = (*store)->cursor("crash/client");
  if (!cursor) _exit(1);
  std::int64_t batch = cursor->empty() ? 0 : std::stoll(*cursor);
  while (true) {
    std::vector<Batch> batches;
    for (int i = 0; i < 1 + batch % 4; ++i) {
      const std::string name = std::to_string(batch + i + 1);
      batches.push_back({pending("crash", name), pending("crash", name),
                         SetCursor{"crash/client", name}, pending("crash", name),
                         AddEvent{{0, 0, "crash", 1, "n", name, ""}}});
    }
    const std::int64_t id = (*store)->new_id();
    for (const Status& done : (*store)->commit(batches)) {
      if (!done) _exit(1);
    }
    batch += static_cast<std::int64_t>(batches.size());
    const Receipt receipt{batch, id};
    if (write(receipts, &receipt, sizeof receipt) != sizeof receipt) _exit(1);
  }
}

// Starts commit_forever() in a process of its own and kills it after so many receipts and a bit.
// Gives all receipts that it wrote.
inline std::vector<Receipt> run_and_kill(const std::string& where, int receipts,
                                         std::uint64_t bit) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    commit_forever(where, ends[1]);
  }
  close(ends[1]);
  std::vector<Receipt> all;
  Receipt receipt{};
  while (static_cast<int>(all.size()) < receipts &&
         read(ends[0], &receipt, sizeof receipt) == sizeof receipt) {
    all.push_back(receipt);
  }
  for (std::uint64_t i = 0; i < bit; ++i) static_cast<void>(getppid());
  kill(child, SIGKILL);
  while (read(ends[0], &receipt, sizeof receipt) == sizeof receipt) all.push_back(receipt);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer failed before it was killed";
  return all;
}

TEST_P(StoreSuite, AKillLosesNoAcknowledgedBatchAndLeavesNoHalfOne) {
  Random random(model_seed());
  std::int64_t last_id = 0;
  std::int64_t acknowledged = 0;
  for (int round = 0; round < 25; ++round) {
    store_.reset();  // the child is to be the only writer
    const int after = static_cast<int>(random.below(6));
    for (const Receipt& receipt : run_and_kill(home_->where(), after, random.below(20'000))) {
      EXPECT_GT(receipt.id, last_id) << "a number came twice";
      last_id = receipt.id;
      acknowledged = receipt.batch;
    }
    home_->settle();
    reopen();
    ASSERT_NE(store_, nullptr);
    const std::string cursor = must(store_->cursor("crash/client"));
    const std::int64_t stored = cursor.empty() ? 0 : std::stoll(cursor);
    EXPECT_GE(stored, acknowledged);
    const auto rows = must(store_->changes({.flow = "crash", .limit = 1'000'000}));
    ASSERT_EQ(rows.size(), static_cast<std::size_t>(stored) * 3);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      ASSERT_EQ(rows[i].entity_id, std::to_string(i / 3 + 1));
    }
    EXPECT_EQ(must(store_->events(1, 1'000'000)).size(), static_cast<std::size_t>(stored));
    EXPECT_EQ(counts("crash").accepted, stored * 3);
    EXPECT_GT(store_->new_id(), last_id);
  }
}

// ---- against a model ---------------------------------------------------------------------------

// Method: random batches, some of which contradict what is stored, go to the store and to a naive
// model; both must accept the same ones and then answer the same.
TEST_P(StoreSuite, AnswersAsTheModelDoes) {
  StoreModel model(model_seed());
  for (int round = 0; round < 60; ++round) {
    std::vector<Batch> batches;
    for (std::uint64_t i = 0; i <= model.random().below(5); ++i) {
      batches.push_back(model.make_batch(*store_));
    }
    const std::vector<Status> done = store_->commit(batches);
    ASSERT_EQ(done.size(), batches.size());
    for (std::size_t i = 0; i < batches.size(); ++i) {
      ASSERT_EQ(model.commit(batches[i]), static_cast<bool>(done[i]))
          << "round " << round << ", batch " << i << ": " << message(done[i]);
    }
    if (model.random().below(8) == 0) reopen();
    model.learn_numbers(*store_);
    model.expect_same(*store_);
    if (HasFailure()) FAIL() << "round " << round;
  }
}

}  // namespace navette::test
