// What only the PostgreSQL backend promises: broken connections, commits in doubt, its plans, its
// texts, its messages.

#include "store/postgres.h"

#include <future>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/postgres_schema.h"
#include "store/postgres_store.h"
#include "tests/store/postgres_home.h"
#include "tests/store/store_model.h"

namespace navette::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PostgresTest : public ::testing::Test {
 protected:
  Error refusal(const std::string& where, const OpenOptions& options = {}) {
    auto store = open_store(where, options);
    if (!store) return store.error();
    ADD_FAILURE() << where << " was opened";
    return {};
  }

  // Ends every connection to the database but those of `home_` itself.
  void end_connections() {
    home_.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
        " current_database() AND pid <> pg_backend_pid()");
    home_.settle();
  }

  // As the planner runs it again and again, whatever the values.
  std::string plan_of(const std::string& sql) {
    std::string values;
    for (int i = 1; sql.find("$" + std::to_string(i)) != std::string::npos; ++i) {
      values += i == 1 ? "(NULL" : ", NULL";
    }
    if (!values.empty()) values += ")";
    std::string plan;
    for (const std::string& line :
         home_.ask("SET plan_cache_mode = force_generic_plan; PREPARE question AS " + sql +
                   "; EXPLAIN EXECUTE question" + values)) {
      plan += line + "\n";
    }
    return plan;
  }

  PostgresHome home_;
};

// ---- opening -----------------------------------------------------------------------------------

TEST_F(PostgresTest, AWrongPlaceIsToldApartAndNoPasswordIsShown) {
  const PostgresServer& server = PostgresServer::instance();
  Error error = refusal(server.where("nothing"));
  EXPECT_EQ(error.fault, Fault::kMisconfigured);
  EXPECT_THAT(error.message, HasSubstr("\"nothing\" does not exist"));
  error = refusal("postgresql://somebody:s3cret@127.0.0.1:1/x?password=s3cret");
  EXPECT_EQ(error.fault, Fault::kRetryLater);
  EXPECT_THAT(error.message, HasSubstr("postgresql://somebody@127.0.0.1:1/x"));
  EXPECT_THAT(error.message, Not(HasSubstr("s3cret")));
  error = refusal(home_.where(), {.read_only = true});
  EXPECT_EQ(error.fault, Fault::kMisconfigured);
  EXPECT_THAT(error.message, HasSubstr("start the hub"));
}

TEST_F(PostgresTest, ADatabaseOfAnotherEncodingIsRefused) {
  home_.ask("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  const Error error = refusal(PostgresServer::instance().where("latin"));
  EXPECT_EQ(error.fault, Fault::kMisconfigured);
  EXPECT_THAT(error.message, HasSubstr("ENCODING 'UTF8'"));
  home_.ask("DROP DATABASE latin");
}

TEST_F(PostgresTest, ANewerSchemaIsRefused) {
  ASSERT_NE(must(open_store(home_.where())), nullptr);
  home_.ask("UPDATE meta SET value = 99 WHERE key = 'schema'");
  for (const bool read_only : {false, true}) {
    const Error error = refusal(home_.where(), {.read_only = read_only});
    EXPECT_EQ(error.fault, Fault::kMisconfigured);
    EXPECT_THAT(error.message, HasSubstr("schema version 99"));
  }
}

TEST_F(PostgresTest, HubsThatStartTogetherMakeTheTablesOnce) {
  std::vector<std::future<bool>> hubs;
  for (int i = 0; i < 6; ++i) {
    hubs.push_back(std::async(std::launch::async,
                              [this] { return must(open_store(home_.where())) != nullptr; }));
  }
  for (auto& hub : hubs) EXPECT_TRUE(hub.get());
  EXPECT_EQ(home_.one("SELECT value FROM meta WHERE key = 'schema'"),
            std::to_string(postgres::migrations().back().version));
}

TEST_F(PostgresTest, StoresOfOneDatabaseNeverGiveTheSameNumber) {
  auto one = must(open_store(home_.where()));
  auto two = must(open_store(home_.where()));
  EXPECT_NE(one->new_id(), two->new_id());
  EXPECT_NE(one->new_id() / 65'536, two->new_id() / 65'536);
}

// ---- texts -------------------------------------------------------------------------------------

TEST_F(PostgresTest, AnyBytesComeBackAsTheyWere) {
  Random random(model_seed());
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::uint64_t i = random.below(12); i > 0; --i) {
      const char* const pieces[] = {"a",
                                    "é",
                                    "\x1b",
                                    "\x1b"
                                    "41",
                                    "\xff",
                                    "\xe2\x82",
                                    "\0",
                                    "😀"};
      const std::uint64_t piece = random.below(8);
      text += piece == 6 ? std::string(1, '\0') : pieces[piece];
    }
    const std::string column = postgres::to_column(text);
    EXPECT_EQ(column.find('\0'), std::string::npos);
    EXPECT_EQ(postgres::from_column(column), text);
  }
}

// ---- broken connections ------------------------------------------------------------------------

TEST_F(PostgresTest, AConnectionThatWasEndedIsMadeAgainUnseen) {
  auto store = must(open_store(home_.where()));
  ASSERT_TRUE(store->commit({pending("f", "a")}));
  end_connections();
  EXPECT_EQ(must(store->changes({})).size(), 1U);
  end_connections();
  const Status done = store->commit({pending("f", "b")});
  EXPECT_TRUE(done) << message(done);
  EXPECT_EQ(must(store->counts()).at(0).accepted, 2);
}

TEST_F(PostgresTest, AServerThatIsGoneIsReportedAndTakenUpAgain) {
  auto store = must(open_store(home_.where()));
  ASSERT_TRUE(store->commit({pending("f", "a")}));
  PostgresServer::instance().kill_all();
  const Status done = store->commit({pending("f", "b")});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::kRetryLater);
  EXPECT_THAT(done.error().message, HasSubstr("is the server up"));
  EXPECT_FALSE(store->counts());
  for (int i = 0; i < 70'000; ++i) static_cast<void>(store->new_id());
  EXPECT_EQ(store->new_id(), 0) << "numbers that nobody put on record";
  PostgresServer::instance().start();
  EXPECT_TRUE(store->commit({pending("f", "b"), put_link(store->new_id(), "f", "1", "")}));
  EXPECT_EQ(must(store->changes({})).size(), 2U);
}

// Method: the server waits for a standby that does not exist once the commit is on disk; then the
// connection is ended, and nobody told the client how it went.
TEST_F(PostgresTest, ACommitWhoseAnswerWasLostIsFoundToHaveHappened) {
  auto store = must(open_store(home_.where()));
  ASSERT_TRUE(store->commit({pending("f", "a")}));
  home_.ask("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  home_.ask("SELECT pg_reload_conf()");
  ASSERT_TRUE(
      wait_until([this] { return home_.one("SHOW synchronous_standby_names") == "nobody"; }));
  auto done =
      std::async(std::launch::async, [&store] { return store->commit({pending("f", "b")}); });
  EXPECT_TRUE(wait_until([this] {
    return !home_
                .ask(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE wait_event = 'SyncRep'")
                .empty();
  }));
  const Status answer = done.get();
  home_.ask("ALTER SYSTEM RESET synchronous_standby_names");
  home_.ask("SELECT pg_reload_conf()");
  EXPECT_TRUE(answer) << message(answer);
  EXPECT_EQ(must(store->changes({})).size(), 2U);
  EXPECT_EQ(must(store->counts()).at(0).accepted, 2);
}

// Method: what ends the connection does so before anything is on disk.
TEST_F(PostgresTest, ACommitThatBrokeBeforeItHappenedIsNotReportedAsDone) {
  auto store = must(open_store(home_.where()));
  home_.ask(
      "CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM"
      " pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$");
  home_.ask(
      "CREATE CONSTRAINT TRIGGER breaks AFTER INSERT ON cursors DEFERRABLE INITIALLY DEFERRED"
      " FOR EACH ROW EXECUTE FUNCTION break()");
  const Status done = store->commit({pending("f", "a"), SetCursor{"f/client", "1"}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().fault, Fault::kRetryLater);
  EXPECT_TRUE(must(store->changes({})).empty());
  EXPECT_TRUE(store->commit({pending("f", "a")}));
}

// ---- cost --------------------------------------------------------------------------------------

TEST_F(PostgresTest, NoQuestionWalksAWholeTable) {
  auto session = must(postgres::Session::open(home_.where(), postgres::Mode::kReadWrite));
  ASSERT_TRUE(postgres::migrate(*session, postgres::migrations()));
  postgres::Session& seen = *session;
  PostgresStore store(std::move(session));
  ASSERT_TRUE(store.start());
  const std::int64_t link = store.new_id();
  Batch batch = {put_link(link, "f", "1", "2"), put_command(store.new_id(), "f", link, "intended")};
  for (int i = 0; i < 1500; ++i) batch.emplace_back(pending("f", std::to_string(i)));
  ASSERT_TRUE(store.commit(batch));
  ASSERT_TRUE(store.commit({HastenChanges{"f", 1, 0}, PutStall{"f", "x", 1}}));
  must(store.changes({.flow = "f", .side = Side::kClient, .entity_id = "1"}));
  must(store.changes({.disposition = Disposition::kDead}));
  must(store.fresh("f", Lane::kLive, 0, 10));
  must(store.due("f", Lane::kRepair, 10'000, 10));
  must(store.next_due("f", Lane::kBackfill, 0));
  must(store.deferred("f", Side::kClient, "1", 10));
  must(store.link_of("f", Side::kProvider, "1"));
  must(store.links({.parked_only = true}));
  must(store.children(1));
  must(store.commands(1, true));
  must(store.open_commands(0, 10));
  must(store.events(1, 10));
  must(store.unlinked_events("c", 10));
  must(store.counts());
  must(store.waiting());
  int checked = 0;
  for (const std::string& sql : seen.kept()) {
    if (!sql.starts_with("SELECT") && !sql.starts_with("WITH")) continue;
    const std::string plan = plan_of(sql);
    EXPECT_THAT(plan, Not(HasSubstr("Seq Scan"))) << sql << "\n" << plan;
    ++checked;
  }
  EXPECT_GE(checked, 12);
}

// The counters are kept by triggers; here they are compared with what they count.
TEST_F(PostgresTest, CountersEqualACountOfTheRows) {
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
  const std::map<std::string, std::string> columns = {
      {"accepted", "changes WHERE true"},
      {"pending", "changes WHERE disposition = 0"},
      {"delivered", "changes WHERE disposition = 1"},
      {"unchanged", "changes WHERE disposition = 2"},
      {"filtered", "changes WHERE disposition = 3"},
      {"parked", "changes WHERE disposition = 4"},
      {"dead", "changes WHERE disposition = 5"},
      {"links", "links WHERE true"},
      {"open_commands", "commands WHERE phase = 'intended'"}};
  for (const auto& [column, rows] : columns) {
    EXPECT_EQ(
        home_.one("SELECT count(*) FROM flows f WHERE f." + column + " <> (SELECT count(*) FROM " +
                  rows + " AND flow = f.id)" + pruned_of(column)),
        "0")
        << column;
    EXPECT_NE(home_.one("SELECT sum(" + column + ") FROM flows"), "0") << column;
  }
  EXPECT_EQ(home_.one("SELECT count(*) FROM flows f WHERE parked_fields <>"
                      " (SELECT coalesce(sum(parked), 0) FROM links WHERE flow = f.id)"),
            "0");
}

}  // namespace
}  // namespace navette::test
