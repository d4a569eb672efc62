// What only the SQLite backend promises: its file, its plans, its schema versions, one writer.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include "store/schema.h"
#include "store/sqlite_store.h"
#include "tests/store/sqlite_home.h"
#include "tests/store/store_model.h"

namespace navette::test {
namespace {

using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// A connection beside the store, as an operator's sqlite3 shell is one.
class Shell {
 public:
  explicit Shell(const std::string& file) {
    EXPECT_EQ(sqlite3_open(file.c_str(), &db_), SQLITE_OK);
  }
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;
  ~Shell() { sqlite3_close(db_); }

  // The last column of every row.
  std::vector<std::string> ask(const std::string& sql) {
    std::vector<std::string> rows;
    char* trouble = nullptr;
    sqlite3_exec(db_, sql.c_str(), &Shell::take, &rows, &trouble);
    EXPECT_EQ(trouble, nullptr) << trouble << " in " << sql;
    sqlite3_free(trouble);
    return rows;
  }

  std::string one(const std::string& sql) {
    const auto rows = ask(sql);
    return rows.size() == 1 ? rows[0] : std::to_string(rows.size()) + " rows";
  }

 private:
  static int take(void* rows, int columns, char** texts, char** /*names*/) {
    const char* text = texts[columns - 1];
    static_cast<std::vector<std::string>*>(rows)->emplace_back(text == nullptr ? "NULL" : text);
    return 0;
  }

  sqlite3* db_ = nullptr;
};

class SqliteTest : public ::testing::Test {
 protected:
  Error refusal(const std::string& where, const OpenOptions& options = {}) {
    auto store = open_store(where, options);
    if (!store) return store.error();
    ADD_FAILURE() << where << " was opened";
    return {};
  }

  void expect_misfit(const std::string& where, const std::string& cause,
                     const OpenOptions& options = {}) {
    const Error error = refusal(where, options);
    EXPECT_EQ(error.fault, Fault::kMisconfigured) << where;
    EXPECT_THAT(error.message, HasSubstr(cause));
  }

  SqliteHome home_;
};

// ---- opening -----------------------------------------------------------------------------------

TEST_F(SqliteTest, AWrongPlaceIsToldApart) {
  expect_misfit("mysql:x", "expected sqlite:FILE");
  expect_misfit("sqlite:", "expected sqlite:FILE");
  expect_misfit("sqlite:" + home_.folder(), "this is a folder");
  expect_misfit("sqlite:" + home_.folder() + "/no/such.db", "there is no folder");
  expect_misfit(home_.where(), "no such file", {.read_only = true});
  EXPECT_FALSE(std::filesystem::exists(home_.file()));
}

TEST_F(SqliteTest, AFileThatIsNoStoreIsLeftAlone) {
  const std::string text(40'000, 'x');
  std::ofstream(home_.file()) << text;
  expect_misfit(home_.where(), "not a SQLite database");
  expect_misfit(home_.where(), "not a SQLite database", {.read_only = true});
  EXPECT_EQ(std::filesystem::file_size(home_.file()), text.size());
}

TEST_F(SqliteTest, ADatabaseOfAnotherProgramIsLeftAlone) {
  Shell shell(home_.file());
  shell.ask("CREATE TABLE theirs (x)");
  expect_misfit(home_.where(), "another program");
  EXPECT_EQ(shell.one("SELECT count(*) FROM sqlite_schema"), "1");
}

TEST_F(SqliteTest, TheFileIsMadeForItsOwnerAndTunedAsDocumented) {
  auto store = must(open_store(home_.where()));
  const auto owner_only = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    EXPECT_EQ(std::filesystem::status(home_.file() + suffix).permissions(), owner_only) << suffix;
  }
  Shell shell(home_.file());
  EXPECT_EQ(shell.one("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(shell.one("PRAGMA page_size"), "4096");
}

TEST_F(SqliteTest, ASecondWriterIsRefusedAndToldWhoHoldsTheStore) {
  auto store = must(open_store(home_.where()));
  std::filesystem::create_symlink(home_.file(), home_.folder() + "/alias.db");
  for (const std::string& where : {home_.where(), "sqlite:" + home_.folder() + "/alias.db"}) {
    const Error error = refusal(where);
    EXPECT_EQ(error.fault, Fault::kRetryLater);
    EXPECT_THAT(error.message, HasSubstr("pid " + std::to_string(getpid())));
  }
  store.reset();
  EXPECT_NE(must(open_store(home_.where())), nullptr);
}

TEST_F(SqliteTest, AnotherProgramsLockMakesACommitWaitAndThenFailForNow) {
  auto store = must(open_store(home_.where()));
  Shell shell(home_.file());
  shell.ask("BEGIN IMMEDIATE");
  const Status done = store->commit({pending("f", "a")});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::kRetryLater);
  EXPECT_THAT(done.error().message, HasSubstr("holds the file locked"));
  EXPECT_TRUE(must(store->changes({})).empty());
  shell.ask("ROLLBACK");
  EXPECT_TRUE(store->commit({pending("f", "a")}));
}

TEST_F(SqliteTest, ADamagedFileIsReportedAndNotTriedAgain) {
  {
    auto store = must(open_store(home_.where()));
    Batch batch;
    for (int i = 0; i < 2000; ++i) batch.emplace_back(pending("f", std::to_string(i)));
    ASSERT_TRUE(store->commit(batch));
  }
  {
    std::fstream file(home_.file(), std::ios::in | std::ios::out | std::ios::binary);
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(home_.file()));
    constexpr std::streamoff kKept = 32'768;  // the first two pages
    file.seekp(kKept);
    file << std::string(static_cast<std::size_t>(size - kKept), '\xAA');
  }
  auto store = open_store(home_.where());
  const Status done = store ? (*store)->commit({pending("f", "a")}) : Status(store.error());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::kMisconfigured);
  EXPECT_THAT(done.error().message, HasSubstr("damaged"));
}

TEST_F(SqliteTest, AStoreInMemoryWorksAndIsGoneAfterwards) {
  auto store = must(open_store("sqlite::memory:"));
  EXPECT_TRUE(store->commit({pending("f", "a")}));
  EXPECT_EQ(must(store->changes({})).size(), 1U);
  EXPECT_TRUE(must(must(open_store("sqlite::memory:"))->changes({})).empty());
}

// ---- schema versions ---------------------------------------------------------------------------

std::vector<sqlite::Migration> with_next(const char* sql) {
  std::vector<sqlite::Migration> list(sqlite::migrations().begin(), sqlite::migrations().end());
  list.push_back({sqlite::migrations().back().version + 1, sql});
  return list;
}

TEST_F(SqliteTest, MigrationsAreNumberedWithoutGaps) {
  int expected = 0;
  for (const sqlite::Migration& migration : sqlite::migrations()) {
    EXPECT_EQ(migration.version, ++expected);
  }
}

TEST_F(SqliteTest, ANewerSchemaIsRefusedWithBothVersions) {
  {
    auto database = must(sqlite::Database::open(home_.file(), sqlite::Mode::kReadWrite));
    ASSERT_TRUE(sqlite::migrate(*database, with_next("CREATE TABLE news (x)")));
  }
  const std::string newest = std::to_string(sqlite::migrations().back().version + 1);
  for (const bool read_only : {false, true}) {
    expect_misfit(home_.where(), "schema version " + newest, {.read_only = read_only});
    expect_misfit(home_.where(), "a newer navette wrote it", {.read_only = read_only});
  }
}

TEST_F(SqliteTest, AMigrationKeepsWhatIsStored) {
  ASSERT_TRUE(must(open_store(home_.where()))->commit({pending("f", "a")}));
  auto database = must(sqlite::Database::open(home_.file(), sqlite::Mode::kReadWrite));
  const auto list = with_next("ALTER TABLE links ADD COLUMN note TEXT NOT NULL DEFAULT ''");
  EXPECT_FALSE(sqlite::require_current(*database, list)) << "a reader waits for the hub to migrate";
  const Status done = sqlite::migrate(*database, list);
  EXPECT_TRUE(done) << message(done);
  EXPECT_TRUE(sqlite::require_current(*database, list));
  EXPECT_TRUE(sqlite::migrate(*database, list)) << "a second time changes nothing";
  EXPECT_EQ(must(database->number("SELECT count(*) FROM changes")), 1);
}

TEST_F(SqliteTest, AFailedMigrationLeavesTheOldVersion) {
  ASSERT_TRUE(must(open_store(home_.where()))->commit({pending("f", "a")}));
  {
    auto database = must(sqlite::Database::open(home_.file(), sqlite::Mode::kReadWrite));
    EXPECT_FALSE(sqlite::migrate(*database, with_next("DROP TABLE payloads; SELECT nonsense")));
  }
  EXPECT_EQ(must(must(open_store(home_.where()))->changes({})).size(), 1U);
}

// ---- cost --------------------------------------------------------------------------------------

// Asks everything that a Store can be asked.
void ask_everything(Store& store) {
  must(store.cursor("c"));
  must(store.change(1));
  must(store.changes({}));
  must(store.changes({.flow = "f", .side = Side::kClient, .entity_id = "1"}));
  must(store.changes({.flow = "f", .disposition = Disposition::kDead}));
  must(store.changes({.disposition = Disposition::kPending}));
  must(store.fresh("f", Lane::kLive, 0, 10));
  must(store.due("f", Lane::kRepair, 10'000, 10));
  must(store.next_due("f", Lane::kBackfill, 0));
  must(store.deferred("f", Side::kClient, "1", 10));
  must(store.link(1));
  must(store.link_of("f", Side::kClient, "1"));
  must(store.link_of("f", Side::kProvider, "1"));
  must(store.links({}));
  must(store.links({.flow = "f"}));
  must(store.links({.parked_only = true}));
  must(store.children(1));
  must(store.commands(1, false));
  must(store.commands(1, true));
  must(store.open_commands(0, 10));
  must(store.events(1, 10));
  must(store.unlinked_events("c", 10));
  must(store.changes({.replay = 1}));
  must(store.changes({.disposition = Disposition::kDead,
                      .seqs = {1},
                      .sides = {{"f", Side::kClient}},
                      .reason = "a",
                      .text = "b",
                      .since = 1,
                      .until = 2}));
  must(store.reasons({.disposition = Disposition::kDead}));
  must(store.reasons({.replay = 1}));
  must(store.edit(1));
  must(store.replay(1));
  must(store.replays(true, 1));
  must(store.replays(false, 1));
  must(store.config("hash"));
  must(store.counts());
  must(store.waiting());
  for (const Prunable what :
       {Prunable::kPayloads, Prunable::kChanges, Prunable::kCommands, Prunable::kEvents}) {
    must(store.prunable(what, 10, 0, 10));
  }
}

std::unique_ptr<SqliteStore> open_sqlite(const std::string& file, sqlite::Database*& database) {
  auto owned = must(sqlite::Database::open(file, sqlite::Mode::kReadWrite));
  EXPECT_TRUE(sqlite::migrate(*owned, sqlite::migrations()));
  database = owned.get();
  auto store = std::make_unique<SqliteStore>(std::move(owned), WriterLock());
  EXPECT_TRUE(store->start());
  return store;
}

TEST_F(SqliteTest, NoQuestionAndNoWriteWalksAWholeTable) {
  sqlite::Database* database = nullptr;
  auto store = open_sqlite(home_.file(), database);
  const std::int64_t link = store->new_id();
  ASSERT_TRUE(store->commit({pending("f", "1"), put_link(link, "f", "1", "2"),
                             PutChild{{store->new_id(), link, "comment", "1", "", ""}},
                             put_command(store->new_id(), "f", link, "intended"),
                             AddEvent{{0, 0, "f", link, "kind", "", ""}}}));
  ASSERT_TRUE(store->commit(
      {EndChanges{{1}, Disposition::kDead, "", 0, 0}, DeferChanges{{1}, "", 0, 0},
       ReviveChanges{{1}, 0}, DropLink{link}, HastenChanges{"f", 1, 0}, PutStall{"f", "x", 1},
       MoveChanges{{1}, Disposition::kDead, Disposition::kFiltered, "", 0}, SetPayload{1, "p"},
       PutEdit{{1, "p", 0}}, PutReplay{{9, true, "", 0, 0}}, ReleaseChanges{{1}},
       ChooseChanges{9, {.disposition = Disposition::kDead}},
       PruneRows{Prunable::kPayloads, {1}, 0}, PruneRows{Prunable::kChanges, {1}, 0},
       PruneRows{Prunable::kCommands, {1}, 0}, PruneRows{Prunable::kEvents, {1}, 0}}));
  ask_everything(*store);
  Batch backlog;
  for (int i = 0; i < 1500; ++i) backlog.emplace_back(pending("f", std::to_string(i)));
  ASSERT_TRUE(store->commit(backlog));
  ask_everything(*store);

  Shell shell(home_.file());
  int seen = 0;
  for (const std::string& sql : database->kept()) {
    if (!sql.starts_with("SELECT") && !sql.starts_with("UPDATE") && !sql.starts_with("DELETE")) {
      continue;
    }
    if (sql.find("sqlite_schema") != std::string::npos) continue;
    ++seen;
    for (const std::string& step : shell.ask("EXPLAIN QUERY PLAN " + sql)) {
      // Flows are few; all of them are counted.
      if (step == "SCAN f" || step.starts_with("SCAN f USING") || step == "SCAN CONSTANT ROW" ||
          step == "SCAN (subquery-1)" || step.starts_with("SCAN json_each VIRTUAL") ||
          step.starts_with("SCAN one VIRTUAL")) {
        continue;
      }
      EXPECT_THAT(step, Not(HasSubstr("SCAN"))) << sql;
    }
  }
  EXPECT_GE(seen, 25);
}

TEST_F(SqliteTest, EachQuestionUsesTheIndexMadeForIt) {
  sqlite::Database* database = nullptr;
  auto store = open_sqlite(home_.file(), database);
  ask_everything(*store);
  ASSERT_TRUE(store->commit({pending("f", "1")}));
  ask_everything(*store);
  Shell shell(home_.file());
  std::string plans;
  for (const std::string& sql : database->kept()) {
    if (!sql.starts_with("SELECT")) continue;
    for (const std::string& step : shell.ask("EXPLAIN QUERY PLAN " + sql)) plans += step + "\n";
  }
  for (const char* index :
       {"changes_turn", "changes_deferred", "changes_oldest", "changes_waiting", "changes_entity",
        "changes_trouble", "links_client", "links_provider", "links_flow", "links_parked",
        "children_link", "commands_link", "commands_open_link", "commands_open", "events_link",
        "events_unlinked", "changes_replay", "replays_open"}) {
    EXPECT_THAT(plans, ContainsRegex(std::string("INDEX ") + index + "[ \n]"));
  }
}

// The counters are kept by triggers; here they are compared with what they count.
TEST_F(SqliteTest, CountersEqualACountOfTheRows) {
  auto store = must(open_store(home_.where()));
  StoreModel model(model_seed() + 1);
  for (int round = 0; round < 30; ++round) {
    std::vector<Batch> batches(10);
    for (Batch& batch : batches) batch = model.make_batch(*store);
    const std::vector<Status> done = store->commit(batches);
    for (std::size_t i = 0; i < batches.size(); ++i) {
      if (done[i]) model.commit(batches[i]);
    }
    model.learn_numbers(*store);
  }
  // A history may end when it has just dropped its last link.
  LinkRow link;
  link.id = store->new_id();
  link.flow = "one that ends with a link";
  link.client_id = "1";
  ASSERT_TRUE(store->commit({PutLink{link}}));
  Shell shell(home_.file());
  const std::map<std::string, std::string> columns = {
      {"accepted", "changes"},
      {"pending", "changes WHERE disposition = 0 AND"},
      {"delivered", "changes WHERE disposition = 1 AND"},
      {"unchanged", "changes WHERE disposition = 2 AND"},
      {"filtered", "changes WHERE disposition = 3 AND"},
      {"parked", "changes WHERE disposition = 4 AND"},
      {"dead", "changes WHERE disposition = 5 AND"},
      {"links", "links"},
      {"open_commands", "commands WHERE phase = 'intended' AND"}};
  for (const auto& [column, rows] : columns) {
    std::string sql = "SELECT count(*) FROM flows f WHERE " + column;
    sql += " <> (SELECT count(*) FROM " + rows;
    sql += rows.find("WHERE") == std::string::npos ? " WHERE flow = f.id)" : " flow = f.id)";
    sql += pruned_of(column);
    EXPECT_EQ(shell.one(sql), "0") << column;
    EXPECT_NE(shell.one("SELECT sum(" + column + ") FROM flows"), "0") << column;
  }
  EXPECT_EQ(shell.one("SELECT count(*) FROM flows f WHERE parked_fields <> "
                      "(SELECT coalesce(sum(parked), 0) FROM links WHERE flow = f.id)"),
            "0");
  EXPECT_EQ(shell.one("PRAGMA integrity_check"), "ok");
}

}  // namespace
}  // namespace navette::test
