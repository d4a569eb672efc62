// What every connector must do, asked through the hub and the bus as the engine asks it.
//
// A test program instantiates it with one world a connector:
//   INSTANTIATE_TEST_SUITE_P(Mine, ConnectorContract, testing::Values(my_world()), contract_name);
// docs/bus-protocol.md names this suite as the measure of a connector in another language.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "connectors/host/bus_peers.h"
#include "tests/bus/bus_world.h"

namespace navette::test {

// Where the hub waits for the connector under test.
struct ContractDoor {
  bus::Context& context;
  std::string address;
  std::string hub_key;  // empty: no encryption
  bus::KeyPair own;
  std::string system;
  std::string folder;  // fresh, for what the connector keeps
};

// A started connector.
struct ContractRun {
  std::function<void()> stop;  // ask it to end; it says goodbye to the hub
  std::function<void()> join;  // wait until it has ended
};

struct ContractWorld {
  std::string name;
  bool external = false;
  bool encrypted = false;
  std::string transport;  // "ipc" or "tcp" of an external one
  std::function<ContractRun(const ContractDoor&)> start;

  Json where = Json::object();    // a place for new tickets, that finds them again
  std::string title = "subject";  // a field that a create needs
  std::string clearable = "due";  // a text that a write may clear
  Json clearable_value = "2026-12-24";
  std::string mark = "mark";  // a text that find() takes
  std::string unknown_ticket = "987654";
  bool empty_files = true;  // it takes files of 0 bytes; else it refuses them
  std::string odd_name = "r\u00e9sum\u00e9 \"1\" 😀.txt";  // a file's, kept as it is
  bool shared = false;  // there may be other tickets, of which a poll may speak again
};

inline void PrintTo(const ContractWorld& world, std::ostream* out) {
  *out << world.name;
}

inline std::string contract_name(const testing::TestParamInfo<ContractWorld>& info) {
  return info.param.name;
}

class ConnectorContract : public testing::TestWithParam<ContractWorld> {
 protected:
  static constexpr const char* kSystem = "desk";

  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "navette-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    bus::HubOptions options;
    if (GetParam().transport == "ipc") options.listen = "ipc://" + folder_ + "/bus";
    if (GetParam().transport == "tcp") options.listen = "tcp://127.0.0.1:*";
    bus::SystemAccess access;
    access.external = GetParam().external;
    bus::KeyPair own;
    if (GetParam().encrypted) {
      const auto hub_keys = bus::make_keys();
      const auto own_keys = bus::make_keys();
      ASSERT_TRUE(hub_keys && own_keys);
      options.public_key = hub_keys->public_key;
      options.secret_key = hub_keys->secret_key;
      own = *own_keys;
      access.public_key = own.public_key;
    }
    const std::string hub_key = options.public_key;
    world_ = std::make_unique<bus::test::World>(options);
    BusPeersOptions waiting;
    waiting.hello_grace = bus::test::kPatience;
    peers_ = std::make_unique<BusPeers>(world_->reactor, world_->hub, waiting);
    const Status opened = world_->hub.open();
    ASSERT_TRUE(opened) << opened.error().message;
    world_->hub.allow({{kSystem, access}});
    const std::string address =
        GetParam().external ? world_->hub.endpoint() : std::string("inproc://navette");
    run_ = GetParam().start({world_->context, address, hub_key, own, kSystem, folder_});
    ASSERT_TRUE(world_->until([&] { return peers_->description(kSystem) != nullptr; }))
        << peers_->trouble(kSystem);
  }

  void TearDown() override {
    if (run_.stop) {
      run_.stop();
      EXPECT_TRUE(world_->until([&] { return world_->hub.peer(kSystem) == nullptr; }));
      run_.join();
    }
    peers_.reset();
    world_.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  // One call of Peers, waited for.
  template <class T>
  T wait(const std::function<void(std::function<void(T)>)>& call) {
    const auto answer = std::make_shared<std::optional<T>>();
    call([answer](T value) { answer->emplace(std::move(value)); });
    if (!world_->until([&] { return answer->has_value(); })) {
      ADD_FAILURE() << "no answer";
    }
    return std::move(answer->value());
  }

  Page poll(const std::string& cursor, int limit = 100) {
    PollRequest request;
    request.where = GetParam().where;
    request.since = "2000-01-01";
    request.cursor = cursor;
    request.limit = limit;
    auto page = wait<Result<Page>>(
        [&](Done<Page> done) { peers_->poll(kSystem, request, std::move(done)); });
    EXPECT_TRUE(page) << page.error().message;
    return page ? *std::move(page) : Page{};
  }

  // Every id from that cursor on, which then stands at the end.
  std::set<std::string> poll_all(std::string& cursor, int limit = 100) {
    std::set<std::string> ids;
    constexpr int kPagesMax = 100;
    for (int i = 0; i < kPagesMax; ++i) {
      const Page page = poll(cursor, limit);
      EXPECT_LE(page.records.size(), static_cast<std::size_t>(limit));
      for (const Record& record : page.records) ids.insert(record.id);
      cursor = page.cursor;
      if (!page.more) return ids;
    }
    ADD_FAILURE() << "poll never ends: `more` is still set after 100 pages";
    return ids;
  }

  Record fetch(const std::string& id) {
    auto record = wait<Result<Record>>([&](Done<Record> done) {
      peers_->fetch(kSystem, "ticket", id, GetParam().where, std::move(done));
    });
    EXPECT_TRUE(record) << record.error().message;
    return record ? *std::move(record) : Record{};
  }

  std::vector<std::string> find(const std::string& value) {
    auto ids = wait<Result<std::vector<std::string>>>([&](Done<std::vector<std::string>> done) {
      peers_->find(kSystem, "ticket", GetParam().where, GetParam().mark, value, std::move(done));
    });
    EXPECT_TRUE(ids) << ids.error().message;
    return ids ? *std::move(ids) : std::vector<std::string>{};
  }

  Outcome execute(Command command, const std::string& content = {}) {
    command.key = "key-" + std::to_string(++last_key_);
    return wait<Outcome>([&](std::function<void(Outcome)> done) {
      peers_->execute(kSystem, command, content, std::move(done));
    });
  }

  Command command(CommandKind kind, const std::string& id = {}) const {
    Command made;
    made.kind = kind;
    made.id = id;
    made.where = GetParam().where;
    return made;
  }

  std::string create(const std::string& title, const std::string& mark = {}) {
    Command made = command(CommandKind::kCreate);
    made.fields.push_back({GetParam().title, Json(title)});
    if (!mark.empty()) made.fields.push_back({GetParam().mark, Json(mark)});
    const Outcome outcome = execute(made);
    EXPECT_EQ(outcome.verdict, Verdict::kOk) << outcome.message;
    EXPECT_FALSE(outcome.id.empty());
    EXPECT_TRUE(outcome.after) << "a create answers with the record read back";
    if (outcome.after) {
      EXPECT_EQ(outcome.after->id, outcome.id);
    }
    return outcome.id;
  }

  Outcome attach(const std::string& id, const std::string& name, const std::string& content) {
    Command made = command(CommandKind::kAttach, id);
    made.attachment.name = name;
    made.attachment.content_type = "application/octet-stream";
    made.attachment.size = static_cast<std::int64_t>(content.size());
    made.attachment.visibility = Visibility::kPublic;
    return execute(made, content);
  }

  Result<std::string> download(const std::string& id, const std::string& attachment,
                               std::int64_t bytes_max = 4 << 20) {
    return wait<Result<std::string>>([&](Done<std::string> done) {
      peers_->download(kSystem, id, attachment, bytes_max, std::move(done));
    });
  }

  // Whether polling brings this ticket, perhaps only after a while.
  bool comes(std::string& cursor, const std::string& id) {
    const auto deadline = std::chrono::steady_clock::now() + bus::test::kPatience;
    do {
      if (poll_all(cursor).contains(id)) return true;
    } while (std::chrono::steady_clock::now() < deadline);
    return false;
  }

  // Whether a poll brought exactly these tickets; where there may be others, at least these.
  static bool saw(const std::set<std::string>& ids, const std::set<std::string>& wanted) {
    if (!GetParam().shared) return ids == wanted;
    return std::includes(ids.begin(), ids.end(), wanted.begin(), wanted.end());
  }

  std::string folder_;
  std::unique_ptr<bus::test::World> world_;
  std::unique_ptr<BusPeers> peers_;
  ContractRun run_;
  int last_key_ = 0;
};

TEST_P(ConnectorContract, DescribesItself) {
  const Description* description = peers_->description(kSystem);
  ASSERT_NE(description, nullptr);
  EXPECT_FALSE(description->connector.empty());
  EXPECT_FALSE(description->self.id.empty()) << "echoes of our own writes are told by it";
  EXPECT_FALSE(description->fields.empty());
  EXPECT_EQ(peers_->trouble(kSystem), "");
}

TEST_P(ConnectorContract, CreatesAndFetchesATicket) {
  const std::string title = "Ünï 😀 \"quoted\" <b>&amp;";
  const Record record = fetch(create(title));
  EXPECT_EQ(record.doc.at(GetParam().title).text(), title);
  EXPECT_FALSE(record.version.empty());
  EXPECT_FALSE(record.deleted);
  EXPECT_TRUE(record.in_scope);
}

TEST_P(ConnectorContract, FindsATicketByItsMark) {
  const std::string id = create("marked", "RT-42");
  create("other", "RT-421");
  EXPECT_EQ(find("RT-42"), std::vector<std::string>{id});
  EXPECT_TRUE(find("RT-4").empty());
}

TEST_P(ConnectorContract, AnUnknownTicketIsDeletedWhenFetchedAndGoneWhenWritten) {
  const std::string& unknown = GetParam().unknown_ticket;
  EXPECT_TRUE(fetch(unknown).deleted);
  Command update = command(CommandKind::kUpdate, unknown);
  update.fields.push_back({GetParam().title, Json("x")});
  EXPECT_EQ(execute(update).verdict, Verdict::kGone);
  Command comment = command(CommandKind::kComment, unknown);
  comment.comment.text = "x";
  EXPECT_EQ(execute(comment).verdict, Verdict::kGone);
}

TEST_P(ConnectorContract, UpdatesAndClearsAField) {
  const std::string id = create("first");
  Command update = command(CommandKind::kUpdate, id);
  update.fields = {{GetParam().title, Json("second")},
                   {GetParam().clearable, GetParam().clearable_value}};
  Outcome outcome = execute(update);
  ASSERT_EQ(outcome.verdict, Verdict::kOk) << outcome.message;
  ASSERT_TRUE(outcome.after);
  EXPECT_EQ(outcome.after->doc.at(GetParam().title).text(), "second");
  const Record set = fetch(id);
  EXPECT_EQ(set.doc.at(GetParam().clearable), GetParam().clearable_value);

  update.fields = {{GetParam().clearable, Json()}};
  outcome = execute(update);
  ASSERT_EQ(outcome.verdict, Verdict::kOk) << outcome.message;
  const Record cleared = fetch(id);
  EXPECT_TRUE(cleared.doc.at(GetParam().clearable).text().empty());
  EXPECT_EQ(cleared.doc.at(GetParam().title).text(), "second") << "the rest stays as it was";
  EXPECT_NE(cleared.version, set.version);
}

TEST_P(ConnectorContract, KeepsWhoMaySeeAComment) {
  const std::string id = create("discussed");
  for (const Visibility visibility : {Visibility::kPublic, Visibility::kInternal}) {
    Command made = command(CommandKind::kComment, id);
    made.comment.visibility = visibility;
    made.comment.text = "line one\nline two: ü 😀";
    const Outcome outcome = execute(made);
    ASSERT_EQ(outcome.verdict, Verdict::kOk) << outcome.message;
    const Record record = fetch(id);
    ASSERT_FALSE(record.comments.empty());
    const Comment& comment = record.comments.back();
    EXPECT_EQ(comment.id, outcome.id);
    EXPECT_EQ(comment.visibility, visibility);
    EXPECT_EQ(comment.text, "line one\nline two: ü 😀");
    EXPECT_TRUE(comment.own);
    EXPECT_EQ(comment.author.id, peers_->description(kSystem)->self.id);
    if (peers_->description(kSystem)->comment_keys) {
      EXPECT_EQ(comment.key, "key-" + std::to_string(last_key_));
    }
  }
  EXPECT_EQ(fetch(id).comments.size(), 2U);
}

TEST_P(ConnectorContract, CarriesFilesOfAnySizeAndNameUnchanged) {
  const std::string id = create("with files");
  std::string bytes(1 << 20, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 + i / 256);
  const std::vector<std::pair<std::string, std::string>> files{
      {"empty.bin", ""}, {"large.bin", bytes}, {GetParam().odd_name, "odd\r\n\xff"}};
  for (const auto& [name, content] : files) {
    const Outcome outcome = attach(id, name, content);
    if (content.empty() && !GetParam().empty_files) {
      EXPECT_EQ(outcome.verdict, Verdict::kRejected) << outcome.message;
      continue;
    }
    ASSERT_EQ(outcome.verdict, Verdict::kOk) << name << ": " << outcome.message;
    const Record record = fetch(id);
    ASSERT_FALSE(record.attachments.empty());
    const Attachment& file = record.attachments.back();
    EXPECT_EQ(file.id, outcome.id);
    EXPECT_EQ(file.name, name);
    EXPECT_EQ(file.size, static_cast<std::int64_t>(content.size()));
    const auto loaded = download(id, file.id);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(*loaded, content) << name << " came back changed";
  }
  const Record complete = fetch(id);
  const auto large = std::find_if(complete.attachments.begin(), complete.attachments.end(),
                                  [](const Attachment& file) { return file.size > 1000; });
  ASSERT_NE(large, complete.attachments.end());
  const auto refused = download(id, large->id, 1000);
  ASSERT_FALSE(refused) << "it is larger than bytes_max";
  EXPECT_EQ(refused.error().fault, Fault::kRejected);
  EXPECT_FALSE(download(id, "no-such-file"));
}

TEST_P(ConnectorContract, PollSeesEachChangeAndAnOldCursorWorksAgain) {
  const std::string a = create("a");
  const std::string b = create("b");
  std::string cursor;
  EXPECT_TRUE(saw(poll_all(cursor), {a, b}));

  const std::string before = cursor;
  Command update = command(CommandKind::kUpdate, a);
  update.fields.push_back({GetParam().title, Json("a2")});
  ASSERT_EQ(execute(update).verdict, Verdict::kOk);
  EXPECT_TRUE(comes(cursor, a)) << "an edit";

  Command comment = command(CommandKind::kComment, b);
  comment.comment.text = "x";
  ASSERT_EQ(execute(comment).verdict, Verdict::kOk);
  EXPECT_TRUE(comes(cursor, b)) << "a comment";

  ASSERT_EQ(attach(a, "f.txt", "x").verdict, Verdict::kOk);
  EXPECT_TRUE(comes(cursor, a)) << "a file";

  const std::string c = create("c");
  EXPECT_TRUE(comes(cursor, c)) << "a new ticket";

  std::string again = before;
  EXPECT_TRUE(saw(poll_all(again), {a, b, c}));
  again = before;
  EXPECT_TRUE(saw(poll_all(again, 1), {a, b, c})) << "in pages of one";
}

TEST_P(ConnectorContract, PreviewWritesNothing) {
  std::string cursor;
  const std::set<std::string> before = poll_all(cursor);
  Command made = command(CommandKind::kCreate);
  made.key = "preview";
  made.fields.push_back({GetParam().title, Json("not written")});
  const auto requests =
      wait<Result<Json>>([&](Done<Json> done) { peers_->preview(kSystem, made, std::move(done)); });
  ASSERT_TRUE(requests) << requests.error().message;
  ASSERT_TRUE(requests->is_array());
  EXPECT_GT(requests->size(), 0U);
  for (const std::string& id : poll_all(cursor)) {
    EXPECT_TRUE(GetParam().shared && before.contains(id)) << id;
  }
}

TEST_P(ConnectorContract, AnUnknownMethodOrBrokenParametersAreAnErrorAndNoMore) {
  bus::Request request;
  request.method = "frobnicate";
  EXPECT_EQ(world_->ask(kSystem, request).status, bus::ReplyStatus::kError);
  request.method = "fetch";
  request.params = Json(Json::Array{});
  EXPECT_EQ(world_->ask(kSystem, request).status, bus::ReplyStatus::kError);
  request.method = "execute";
  request.params = *Json::parse(R"({"key":"k","kind":"explode"})");
  EXPECT_EQ(world_->ask(kSystem, request).status, bus::ReplyStatus::kError);
  EXPECT_FALSE(create("still alive").empty());
}

}  // namespace navette::test
