// Peers that want a log-in, answer every question with a POST and a 200, tag their values, and
// stamp a ticket's parts one by one. The catalog file and the peer are made here.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/declarative/declarative_connector.h"
#include "connectors/declarative/spec.h"
#include "connectors/declarative/tagged.h"
#include "tests/connectors/declarative/fake_host.h"
#include "tests/connectors/declarative/support.h"

namespace navette::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kSpec = R"(
connector: rpc
settings:
  url: {kind: url, about: Where it is., required: true}
  password: {kind: secret, about: The password., required: true}
http:
  base: ${settings.url}
  codec: tagged
  headers: {Authorization: "${session.header}"}
  errors:
    - {when: "answer.body.error == 'gone away'", verdict: ambiguous, message: it went away}
    - {when: answer.body.error, verdict: rejected, message: "it said ${answer.body.error}"}
session:
  login:
    - {id: got, request: {method: POST, path: /login, json: {password: "${settings.password}"}}}
  value: {user: "${got.body.result[0]}", header: "Session ${got.body.result[1]}"}
  logout:
    - request: {method: POST, path: /logout, json: {}}
  refused_pause: 10m
connect:
  steps:
    - {id: hello, request: {method: POST, reads: true, path: /hello, json: {}}}
  self: {id: "${session.user}"}
entities:
  ticket:
    fields:
      name: {about: Its name., wire: {name: "${value}"}}
      day: {about: A date.}
    poll:
      cursor: timestamp
      page_size: 3
      hot: 0s
      overlap: 30s
      sources: [{name: tasks, path: /tasks}, {name: notes, path: /notes}]
      changes:
        request:
          method: POST
          reads: true
          path: ${source.path}
          json: {since: "${tagged(cursor.since, 'datetime')}", offset: "${page.offset}"}
        items: answer.body.result
        row:
          key: ${item.key}
          id: ${item.id}
          updated_at: ${time(item.at, 'rfc3339')}
          content: ${item}
      newest:
        request: {method: POST, reads: true, path: "${source.path}", json: {newest: true}}
        items: answer.body.result
        row:
          key: ${item.key}
          id: ${item.id}
          updated_at: ${time(item.at, 'rfc3339')}
          content: ${item}
    fetch:
      steps:
        - {id: task, request: {method: POST, reads: true, path: /read, json: {id: "${id}"}}}
      record: {id: "${id}", version: "${fingerprint(task.body.result)}"}
      document: {name: "${task.body.result.name}", day: "${task.body.result.day}"}
    create:
      steps:
        - id: made
          request: {method: POST, path: /create, json: "${wire}", preview: {result: NEW}}
      id: ${made.body.result}
    update:
      steps:
        - request: {method: POST, path: /write, json: "${wire}"}
)";

struct Row {
  std::string key, id, at;
};

class Sessions : public testing::Test {
 protected:
  Sessions() : host_([this](const HttpRequest& request) { return serve(request); }) {}

  std::unique_ptr<Connector> make() {
    const auto spec = declarative::read_spec("rpc.yaml", kSpec);
    EXPECT_TRUE(spec) << spec.error().message;
    if (!spec) return nullptr;
    const std::map<std::string, std::string> settings{{"url", "http://erp.test"},
                                                      {"password", "correct horse"}};
    return std::make_unique<declarative::DeclarativeConnector>(*spec, settings, host_);
  }

  std::unique_ptr<Connector> connected() {
    auto connector = make();
    const Result<Description> described = connector->connect();
    EXPECT_TRUE(described) << described.error().message;
    return connector;
  }

  std::vector<std::string> paths() const {
    std::vector<std::string> out;
    for (const HttpRequest& request : host_.requests) out.push_back(request.url.substr(15));
    return out;
  }
  int count(const std::string& path) const {
    int n = 0;
    for (const std::string& asked : paths()) n += asked == path ? 1 : 0;
    return n;
  }

  HttpExchange serve(const HttpRequest& request) {
    const std::string path = request.url.substr(15);
    if (path == "/login") {
      if (!password_is_right_) return answer(401, "");
      return answer(200, R"({"result":[7,"token-number-)" + std::to_string(++sessions_) + "\"]}");
    }
    std::string header;
    for (const auto& [name, value] : request.headers) {
      if (name == "Authorization") header = value;
    }
    if (header != "Session token-number-" + std::to_string(sessions_) || ended_) {
      ended_ = ended_ && always_;
      return answer(401, "");
    }
    if (custom_) {
      HttpExchange exchange = custom_(path);
      if (exchange.stage != HttpStage::kAnswered || exchange.answer.status != 0) return exchange;
    }
    if (path == "/tasks" || path == "/notes") return list(path, *Json::parse(request.body));
    if (path == "/create") return answer(200, R"({"result":"42"})");
    return answer(200, R"({"result":{"name":"x","day":{"__class__":"date","year":2026,"month":3,
                           "day":4}}})");
  }

  // The rows from `since` on, in pages of three.
  HttpExchange list(const std::string& path, const Json& asked) {
    const Json since = declarative::from_tagged(asked.at("since"));
    std::string rows;
    int skip = static_cast<int>(asked.at("offset").as_int());
    int left = 3;
    for (const Row& row : rows_[path]) {
      if (row.at < since.text() || skip-- > 0 || left-- <= 0) continue;
      rows += (rows.empty() ? R"({"key":")" : R"(,{"key":")") + row.key + R"(","id":")" + row.id +
              R"(","at":")" + row.at + "\"}";
    }
    return answer(200, R"({"result":[)" + rows + "]}");
  }

  static HttpExchange pass() {
    HttpExchange exchange;
    exchange.stage = HttpStage::kAnswered;
    return exchange;
  }

  FakeHost host_;
  std::function<HttpExchange(const std::string&)> custom_;
  std::map<std::string, std::vector<Row>> rows_;
  bool password_is_right_ = true;
  bool ended_ = false;   // the session
  bool always_ = false;  // and each new one too
  int sessions_ = 0;
};

TEST_F(Sessions, OneLogInServesAll) {
  auto connector = connected();
  EXPECT_EQ(connector->connect()->self.id, "7");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(connector->fetch("ticket", "1", Json::object()));
  EXPECT_EQ(count("/login"), 1);
  for (const HttpRequest& request : host_.requests) {
    const bool login = request.url.ends_with("/login");
    EXPECT_EQ(request.headers.front().first, login ? "Content-Type" : "Authorization");
  }
  connector.reset();
  EXPECT_EQ(paths().back(), "/logout");
}

TEST_F(Sessions, OneThatEndedIsRenewedAndTheSameRequestSentAgain) {
  auto connector = connected();
  host_.requests.clear();
  ended_ = true;
  EXPECT_TRUE(connector->fetch("ticket", "1", Json::object()));
  EXPECT_THAT(paths(), ElementsAre("/read", "/login", "/read"));
  host_.requests.clear();
  ended_ = true;
  const Outcome outcome = connector->execute(create_command({}, {{"name", "x"}}), "");
  EXPECT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
  EXPECT_THAT(paths(), ElementsAre("/create", "/login", "/create", "/read"));
}

TEST_F(Sessions, APeerThatTakesNoSessionIsNotAskedForever) {
  auto connector = connected();
  host_.requests.clear();
  ended_ = always_ = true;
  const Result<Record> record = connector->fetch("ticket", "1", Json::object());
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().fault, Fault::kReconnect);
  EXPECT_THAT(paths(), ElementsAre("/read", "/login", "/read"));
}

TEST_F(Sessions, AWrongPasswordIsTriedOnceInAWhile) {
  password_is_right_ = false;
  auto connector = make();
  for (int i = 0; i < 5; ++i) {
    const Result<Description> described = connector->connect();
    ASSERT_FALSE(described);
    EXPECT_EQ(described.error().fault, Fault::kMisconfigured);
    EXPECT_THAT(described.error().message, HasSubstr("log in: "));
    EXPECT_THAT(described.error().message, Not(HasSubstr("horse")));
  }
  EXPECT_EQ(count("/login"), 1);
  host_.skip(std::chrono::minutes(11));
  password_is_right_ = true;
  EXPECT_TRUE(connector->connect());
  EXPECT_EQ(count("/login"), 2);
}

TEST_F(Sessions, APreviewReadsAndRenewsButDoesNotWrite) {
  auto connector = connected();
  host_.requests.clear();
  ended_ = true;
  const Result<Json> shown = connector->preview(update_command("1", {}, {{"name", "y"}}));
  ASSERT_TRUE(shown) << shown.error().message;
  ASSERT_EQ(shown->size(), 1U);
  EXPECT_EQ(shown->items()[0].at("body").dump(), R"({"name":"y"})");
  EXPECT_THAT(paths(), ElementsAre("/read", "/login", "/read"));
}

TEST_F(Sessions, WhatOnlyReadsIsReadAgainAndNeverAmbiguous) {
  auto connector = connected();
  int slips = 2;
  custom_ = [&slips](const std::string& path) {
    return path == "/read" && slips-- > 0 ? no_answer(HttpStage::kMaybeSent) : pass();
  };
  EXPECT_TRUE(connector->fetch("ticket", "1", Json::object()));
  custom_ = [](const std::string&) { return answer(200, R"({"error":"gone away"})"); };
  const Result<Record> record = connector->fetch("ticket", "1", Json::object());
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().fault, Fault::kRetryLater);
  host_.requests.clear();
  const Outcome outcome = connector->execute(create_command({}, {{"name", "x"}}), "");
  EXPECT_EQ(outcome.verdict, Verdict::kAmbiguous);
  EXPECT_THAT(paths(), ElementsAre("/create"));
}

TEST_F(Sessions, ErrorsAreToldWithoutTheSessionAndCutToALength) {
  auto connector = connected();
  custom_ = [](const std::string&) {
    return answer(200, R"({"error":"Session token-number-1 )" + std::string(30'000, 'x') + "\"}");
  };
  const Result<Record> record = connector->fetch("ticket", "1", Json::object());
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().fault, Fault::kRejected);
  EXPECT_THAT(record.error().message, Not(HasSubstr("token-number")));
  EXPECT_LT(record.error().message.size(), 1000U);
}

TEST_F(Sessions, TaggedValuesArePlainInADocument) {
  const Result<Record> record = connected()->fetch("ticket", "1", Json::object());
  ASSERT_TRUE(record);
  EXPECT_EQ(record->doc.at("day").text(), "2026-03-04");
}

TEST_F(Sessions, EachSourceHasItsOwnWatermark) {
  auto connector = connected();
  rows_["/tasks"] = {{"", "1", "2026-01-01T10:00:00.000001Z"}};
  rows_["/notes"] = {{"11", "1", "2026-01-01T09:00:00.000001Z"},
                     {"12", "1", "2026-01-01T09:00:00.000002Z"}};
  PollRequest request;
  request.since = "2026-01-01T00:00:00Z";
  EXPECT_THAT(poll_all(*connector, request), ElementsAre("1"));
  EXPECT_THAT(poll_all(*connector, request), IsEmpty()) << "two notes of one ticket are not news";
  rows_["/notes"].push_back({"13", "2", "2026-01-01T09:00:05.000001Z"});
  EXPECT_THAT(poll_all(*connector, request), ElementsAre("2"));
  rows_["/tasks"].push_back({"", "3", "2026-01-01T10:00:05.000001Z"});
  rows_["/notes"].push_back({"14", "4", "2026-01-01T09:00:06.000001Z"});
  request.limit = 1;
  EXPECT_THAT(poll_all(*connector, request), ElementsAre("3", "4"));
}

TEST_F(Sessions, FromNowOnShowsNothingOld) {
  auto connector = connected();
  rows_["/tasks"] = {{"", "1", "2026-01-01T10:00:00.000001Z"}};
  PollRequest request;
  EXPECT_THAT(poll_all(*connector, request), IsEmpty());
  EXPECT_THAT(poll_all(*connector, request), IsEmpty());
  rows_["/tasks"].push_back({"", "2", "2026-01-01T10:00:00.500000Z"});
  EXPECT_THAT(poll_all(*connector, request), ElementsAre("2"));
}

TEST_F(Sessions, ARowThatComesLateIsSeenWithinTheOverlap) {
  auto connector = connected();
  rows_["/tasks"] = {{"", "1", "2026-01-01T10:00:20.000001Z"}};
  PollRequest request;
  request.since = "2026-01-01T00:00:00Z";
  EXPECT_THAT(poll_all(*connector, request), ElementsAre("1"));
  // Seven rows of a transaction that began before and ended after: more than two pages.
  std::vector<Row>& tasks = rows_["/tasks"];
  std::vector<std::string> ids;
  for (int i = 2; i < 9; ++i) {
    ids.push_back(std::to_string(i));
    tasks.insert(tasks.end() - 1, {"", ids.back(), "2026-01-01T10:00:19.000001Z"});
  }
  EXPECT_EQ(poll_all(*connector, request), ids);
  EXPECT_THAT(poll_all(*connector, request), IsEmpty());
}

TEST(Tagged, ValuesGoBothWays) {
  using declarative::from_tagged;
  using declarative::to_tagged;
  const auto plain = [](const char* text) { return from_tagged(*Json::parse(text)); };
  EXPECT_EQ(plain(R"({"__class__":"datetime","year":2026,"month":1,"day":2,"hour":3,"minute":4,
                      "second":5,"microsecond":60})")
                .text(),
            "2026-01-02T03:04:05.000060Z");
  EXPECT_EQ(plain(R"({"__class__":"time","hour":3,"minute":4,"second":5})").text(), "03:04:05");
  EXPECT_EQ(plain(R"({"__class__":"timedelta","seconds":5400.0})"), Json(5400));
  EXPECT_EQ(plain(R"({"__class__":"timedelta","seconds":0.5})"), Json(0.5));
  EXPECT_EQ(plain(R"({"__class__":"Decimal","decimal":"0.10"})").text(), "0.10");
  EXPECT_EQ(
      plain(R"([{"a":{"__class__":"bytes","base64":"AP8K\nQQ==\n"}}])").items()[0].at("a").text(),
      std::string("\0\xff\nA", 4));
  EXPECT_EQ(plain(R"({"__class__":"odd","x":1})").at("x"), Json(1));
  EXPECT_EQ(plain(R"({"__class__":"bytes"})").text(), "");
  EXPECT_EQ(to_tagged("2026-01-02T03:04:05.678901Z", "datetime").dump(),
            R"({"__class__":"datetime","year":2026,"month":1,"day":2,"hour":3,"minute":4,)"
            R"("second":5,"microsecond":678000})");
  EXPECT_EQ(to_tagged("2026-01-02", "date").dump(),
            R"({"__class__":"date","year":2026,"month":1,"day":2})");
  EXPECT_EQ(from_tagged(to_tagged(Json(90), "timedelta")), Json(90));
  const std::string bytes = every_byte(300);
  EXPECT_EQ(from_tagged(to_tagged(Json(bytes), "bytes")).text(), bytes);
  EXPECT_TRUE(to_tagged(nullptr, "bytes").is_null());
  EXPECT_TRUE(to_tagged("soon", "datetime").is_null());
  EXPECT_TRUE(to_tagged("x", "odd").is_null());
}

TEST(Session, MistakesInASessionAreTold) {
  std::string text = kSpec;
  text.replace(text.find("  refused_pause: 10m"), 20, "  refused_paus: 10m");
  text.replace(text.find("codec: tagged"), 13, "codec: odd");
  const auto spec = declarative::read_spec("rpc.yaml", text);
  ASSERT_FALSE(spec);
  EXPECT_THAT(spec.error().message, HasSubstr("refused_pause"));
  EXPECT_THAT(spec.error().message, HasSubstr("plain or tagged"));
}

}  // namespace
}  // namespace navette::test
