// What the engine does when a peer behaves as peers do: loses answers, says ok and does not mean
// it, moves rows between pages. The peers' own catalog files are used, with the answers written
// here.

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/declarative/catalog.h"
#include "tests/connectors/declarative/fake_host.h"
#include "tests/connectors/declarative/support.h"

namespace navette::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kKey = "0123456789abcdef0123456789abcdef01234567";

bool asks(const HttpRequest& request, const std::string& part) {
  return request.url.find(part) != std::string::npos;
}

// A Redmine with one project and one issue, whose other answers a test gives.
class RedmineTraps : public testing::Test {
 protected:
  RedmineTraps() : host_([this](const HttpRequest& request) { return serve(request); }) {}

  void connect() {
    auto made =
        make_connector("redmine", {{"url", "http://tracker.test"}, {"api_key", kKey}}, host_);
    ASSERT_TRUE(made) << made.error().message;
    connector_ = *std::move(made);
    const Result<Description> described = connector_->connect();
    ASSERT_TRUE(described) << described.error().message;
    host_.requests.clear();
  }

  HttpExchange serve(const HttpRequest& request) {
    if (custom_) {
      HttpExchange exchange = custom_(request);
      if (exchange.stage != HttpStage::kAnswered || exchange.answer.status != 0) return exchange;
    }
    if (asks(request, "/users/current.json")) {
      return answer(200, R"({"user":{"id":5,"login":"alice","firstname":"Alice","lastname":"D",
        "memberships":[{"project":{"id":1},"roles":[{"id":4,"name":"Developer"}]}]}})");
    }
    if (asks(request, "/roles/4.json")) {
      return answer(
          200, R"({"role":{"id":4,"permissions":["set_notes_private","view_private_notes"]}})");
    }
    if (asks(request, "/projects.json")) {
      return answer(200, R"({"projects":[{"id":1,"identifier":"acme","name":"ACME"}]})");
    }
    if (asks(request, "/issue_statuses.json")) {
      return answer(200, R"({"issue_statuses":[{"id":1,"name":"New"},{"id":5,"name":"Closed"}]})");
    }
    if (asks(request, "/issues/7.json") && request.method == "GET") return answer(200, issue_);
    if (request.method == "PUT") return answer(204, "");
    return answer(404, "");
  }

  // Nothing: the default answer.
  static HttpExchange pass() {
    HttpExchange exchange;
    exchange.stage = HttpStage::kAnswered;
    return exchange;
  }

  FakeHost host_;
  FakeHost::Peer custom_;
  std::string issue_ =
      R"({"issue":{"id":7,"subject":"old","project":{"id":1,"name":"ACME"},
          "status":{"id":1,"name":"New"},"updated_on":"2026-11-24T00:00:00Z","journals":[],
          "attachments":[],"allowed_statuses":[{"id":1,"name":"New"},{"id":5,"name":"Closed"}]}})";
  std::unique_ptr<Connector> connector_;
  Json where_ = where_of("project", "acme");
};

TEST_F(RedmineTraps, ALostAnswerToACreateIsAmbiguous) {
  connect();
  custom_ = [](const HttpRequest& request) {
    return request.method == "POST" ? no_answer(HttpStage::kMaybeSent) : pass();
  };
  const Command create = create_command(where_, {{"subject", "x"}});
  EXPECT_EQ(connector_->execute(create, "").verdict, Verdict::kAmbiguous);
  EXPECT_THAT(host_.writes(), SizeIs(1)) << "never sent twice";
  custom_ = [](const HttpRequest& request) {
    return request.method == "POST" ? no_answer(HttpStage::kNotSent) : pass();
  };
  EXPECT_EQ(connector_->execute(create, "").verdict, Verdict::kRetryable);
  custom_ = [](const HttpRequest&) { return no_answer(HttpStage::kMaybeSent); };
  EXPECT_EQ(connector_->execute(update_command("7", where_, {{"subject", "x"}}), "").verdict,
            Verdict::kRetryable)
      << "only a GET was lost";
}

TEST_F(RedmineTraps, AReadThatSlipsOnceIsReadAgain) {
  connect();
  for (const int status : {0, 502}) {
    int asked = 0;
    custom_ = [&](const HttpRequest& request) {
      if (!asks(request, "/issues/7.json") || ++asked > 2) return pass();
      return status == 0 ? no_answer(HttpStage::kMaybeSent) : answer(status, "<html>");
    };
    EXPECT_TRUE(connector_->fetch("ticket", "7", where_));
    EXPECT_EQ(asked, 3);
  }
}

TEST_F(RedmineTraps, ACreateThatCantBeReadBackIsAmbiguousAndNamesTheIssue) {
  connect();
  custom_ = [](const HttpRequest& request) {
    if (request.method == "POST") return answer(201, R"({"issue":{"id":7}})");
    return asks(request, "/issues/7.json") ? no_answer(HttpStage::kMaybeSent) : pass();
  };
  const Outcome outcome = connector_->execute(create_command(where_, {{"subject", "x"}}), "");
  EXPECT_EQ(outcome.verdict, Verdict::kAmbiguous);
  EXPECT_EQ(outcome.id, "7");
  EXPECT_THAT(host_.writes(), SizeIs(1));
}

TEST_F(RedmineTraps, AnOkThatChangedNothingIsARefusal) {
  connect();
  const Outcome outcome =
      connector_->execute(update_command("7", where_, {{"status", "Closed"}}), "");
  ASSERT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
  ASSERT_THAT(outcome.refused, SizeIs(1));
  EXPECT_EQ(outcome.refused[0].wanted.text(), "Closed");
  EXPECT_EQ(outcome.refused[0].found.text(), "New");
}

TEST_F(RedmineTraps, AnEditConflictIsTriedAFewTimesAndThenTold) {
  connect();
  int conflicts = 3;
  custom_ = [&conflicts](const HttpRequest& request) {
    if (request.method != "PUT" || conflicts-- <= 0) return pass();
    return answer(422, R"({"errors":[]})");
  };
  const Command update = update_command("7", where_, {{"subject", "new"}});
  EXPECT_EQ(connector_->execute(update, "").verdict, Verdict::kOk);
  EXPECT_THAT(host_.writes(), SizeIs(4));
  conflicts = 1000;
  EXPECT_EQ(connector_->execute(update, "").verdict, Verdict::kConflict);
  custom_ = [](const HttpRequest& request) {
    return request.method == "PUT" ? answer(422, R"({"errors":["Subject is too long"]})") : pass();
  };
  const Outcome outcome = connector_->execute(update, "");
  EXPECT_EQ(outcome.verdict, Verdict::kRejected);
  EXPECT_THAT(outcome.message, HasSubstr("Subject is too long"));
}

TEST_F(RedmineTraps, AnInternalNoteThatCameOutPublicIsTakenBack) {
  connect();
  custom_ = [this](const HttpRequest& request) {
    if (request.method == "PUT" && asks(request, "/issues/7.json")) {
      issue_.replace(issue_.find("\"journals\":[]"), 13,
                     R"("journals":[{"id":70,"user":{"id":5},"notes":"secret",
                         "private_notes":false,"details":[]}])");
    }
    return pass();
  };
  const Outcome outcome =
      connector_->execute(comment_command("7", where_, Visibility::kInternal, "secret"), "");
  EXPECT_EQ(outcome.verdict, Verdict::kMisconfigured);
  EXPECT_THAT(outcome.message, HasSubstr("Set notes as private"));
  ASSERT_THAT(host_.writes(), SizeIs(2));
  EXPECT_THAT(host_.writes()[1].url, HasSubstr("/journals/70.json"));
  EXPECT_EQ(host_.writes()[1].body, R"({"journal":{"notes":""}})");
}

TEST_F(RedmineTraps, ANoteOfAnotherWriterIsNotTakenForOurs) {
  connect();
  custom_ = [this](const HttpRequest& request) {
    if (request.method == "PUT") {
      issue_.replace(issue_.find("\"journals\":[]"), 13,
                     R"("journals":[{"id":70,"user":{"id":9},"notes":"same","details":[]},
                                    {"id":71,"user":{"id":5},"notes":"same","details":[]}])");
    }
    return pass();
  };
  const Outcome outcome =
      connector_->execute(comment_command("7", where_, Visibility::kPublic, "same"), "");
  EXPECT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
  EXPECT_EQ(outcome.id, "71");
}

TEST_F(RedmineTraps, ANoteThatIsWrittenAndNotSeenIsNotCalledUndone) {
  connect();
  for (const int status : {429, 502, 401}) {
    host_.requests.clear();
    bool written = false;
    custom_ = [&](const HttpRequest& request) {
      if (request.method == "PUT") written = true;
      return request.method == "GET" && written ? answer(status, "slow down") : pass();
    };
    const Outcome outcome =
        connector_->execute(comment_command("7", where_, Visibility::kPublic, "once"), "");
    EXPECT_EQ(outcome.verdict, Verdict::kAmbiguous) << status << ": " << describe(outcome);
    EXPECT_THAT(host_.writes(), SizeIs(1));
  }
}

TEST_F(RedmineTraps, ThrottlingSaysHowLongToWait) {
  connect();
  std::string wait = "7";
  custom_ = [&wait](const HttpRequest& request) {
    return request.method == "PUT" ? answer(429, "", {{"Retry-After", wait}}) : pass();
  };
  const Command update = update_command("7", where_, {{"subject", "new"}});
  Outcome outcome = connector_->execute(update, "");
  EXPECT_EQ(outcome.verdict, Verdict::kThrottled);
  EXPECT_EQ(outcome.retry_after, std::chrono::seconds(7));
  wait = "Tue, 24 Nov 2026 00:01:00 GMT";
  outcome = connector_->execute(update, "");
  EXPECT_GT(outcome.retry_after, std::chrono::seconds(50));
  EXPECT_LE(outcome.retry_after, std::chrono::seconds(60));
}

TEST_F(RedmineTraps, ErrorsAreToldWithoutTheKey) {
  connect();
  custom_ = [](const HttpRequest& request) {
    return request.method == "PUT" ? answer(400, std::string("bad key ") + kKey) : pass();
  };
  const Outcome outcome =
      connector_->execute(update_command("7", where_, {{"subject", "new"}}), "");
  EXPECT_EQ(outcome.verdict, Verdict::kRejected);
  EXPECT_THAT(outcome.message, Not(HasSubstr(kKey)));
  EXPECT_THAT(outcome.message, HasSubstr("bad key ***"));
}

TEST_F(RedmineTraps, AMarkIsAskedForByTheNumberOfItsField) {
  connect();
  std::string asked;
  custom_ = [&asked](const HttpRequest& request) {
    if (asks(request, "/custom_fields.json")) {
      return answer(200, R"({"custom_fields":[
        {"id":3,"name":"Ref","customized_type":"issue","field_format":"string"}]})");
    }
    if (!asks(request, "/issues.json")) return pass();
    asked = request.url;
    return answer(200, R"({"issues":[
      {"id":7,"custom_fields":[{"id":3,"name":"Ref","value":"RT-1|2"}]},
      {"id":8,"custom_fields":[{"id":3,"name":"Ref","value":"RT-12"}]}]})");
  };
  const auto find = [&](const std::string& mark) {
    return connector_->find("ticket", where_, "custom_fields[name=Ref].value", mark);
  };
  auto found = find("RT-12");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(*found, testing::ElementsAre("8"));
  EXPECT_THAT(asked, HasSubstr("?cf_3=%3DRT-12&status_id="));
  found = find("RT-1|2");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(*found, testing::ElementsAre("7")) << "a | would make it two values";
  EXPECT_THAT(asked, Not(HasSubstr("cf_")));
}

TEST_F(RedmineTraps, ARevokedKeyIsNoEmptyList) {
  connect();
  custom_ = [](const HttpRequest& request) {
    if (asks(request, "/users/current.json")) return answer(401, "");
    return asks(request, "/issues.json") ? answer(200, R"({"issues":[]})") : pass();
  };
  PollRequest request;
  request.where = where_;
  const Result<Page> page = connector_->poll(request);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().fault, Fault::kReconnect);
}

// A list as Redmine serves it: sorted by time, from a second before the one asked, by offset.
class ListedRedmine : public RedmineTraps {
 protected:
  struct Row {
    int id;
    std::string time;
    std::string subject = {};
  };

  void SetUp() override {
    connect();
    custom_ = [this](const HttpRequest& request) {
      return asks(request, "/issues.json") ? list(request.url) : pass();
    };
  }

  static std::string value_of(const std::string& url, const std::string& name) {
    const std::size_t at = url.find(name + "=");
    if (at == std::string::npos) return {};
    const std::size_t start = at + name.size() + 1;
    return url.substr(start, url.find('&', start) - start);
  }

  HttpExchange list(const std::string& url) {
    ++lists_;
    if (before_list_) before_list_(lists_);
    std::string since = value_of(url, "updated_on");
    if (!since.empty()) since = since.substr(6);  // without %3E%3D
    for (std::size_t at; (at = since.find("%3A")) != std::string::npos;) since.replace(at, 3, ":");
    std::vector<Row> rows;
    for (const Row& row : rows_) {
      if (row.time >= since) rows.push_back(row);
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.time < b.time; });
    const std::string offset = value_of(url, "offset");
    std::string body;
    const std::size_t from = offset.empty() ? 0 : std::stoul(offset);
    for (std::size_t i = from; i < std::min(rows.size(), from + 100); ++i) {
      body += (body.empty() ? "" : ",") + std::string("{\"id\":") + std::to_string(rows[i].id) +
              R"(,"updated_on":")" + rows[i].time + R"(","subject":")" + rows[i].subject + "\"}";
    }
    return answer(200, "{\"issues\":[" + body + "]}");
  }

  std::vector<Row> rows_;
  int lists_ = 0;
  std::function<void(int)> before_list_;
};

TEST_F(ListedRedmine, RowsOfOneSecondAcrossPagesAllCome) {
  for (int i = 1; i <= 350; ++i) rows_.push_back({i, "2026-11-24T10:00:00Z"});
  PollRequest request;
  request.where = where_;
  request.since = "2026-01-01";
  const std::vector<std::string> seen = poll_all(*connector_, request);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 350U);
  EXPECT_THAT(poll_all(*connector_, request), IsEmpty());
}

TEST_F(ListedRedmine, ARowThatMovesBetweenPagesLetsNoneSlipThrough) {
  for (int i = 1; i <= 350; ++i) rows_.push_back({i, "2026-11-24T10:00:00Z"});
  before_list_ = [this](int number) {
    if (number == 3) rows_[10].time = "2026-11-24T10:00:05Z";
  };
  PollRequest request;
  request.where = where_;
  request.since = "2026-01-01";
  std::set<std::string> seen;
  for (int i = 0; i < 3; ++i) {
    for (const std::string& id : poll_all(*connector_, request)) seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 350U);
}

TEST_F(ListedRedmine, AChangeInTheSecondThatWasReadIsNotLost) {
  rows_.push_back({1, "2026-11-24T10:00:00Z"});
  PollRequest request;
  request.where = where_;
  request.since = "2026-01-01";
  Result<Page> page = connector_->poll(request);
  ASSERT_TRUE(page);
  ASSERT_THAT(page->records, SizeIs(1));
  const std::string version = page->records[0].version;
  request.cursor = page->cursor;
  EXPECT_THAT(poll_all(*connector_, request), IsEmpty());
  host_.skip(std::chrono::milliseconds(2500));
  page = connector_->poll(request);
  ASSERT_TRUE(page);
  ASSERT_THAT(page->records, SizeIs(1));
  EXPECT_NE(page->records[0].version, version);
  request.cursor = page->cursor;
  host_.skip(std::chrono::milliseconds(2500));
  EXPECT_THAT(poll_all(*connector_, request), IsEmpty()) << "once, not for ever";
}

TEST_F(ListedRedmine, AnEditInTheSameSecondShowsAtOnceWhenTheListTellsIt) {
  rows_.push_back({1, "2026-11-24T10:00:00Z"});
  PollRequest request;
  request.where = where_;
  request.since = "2026-01-01";
  poll_all(*connector_, request);
  rows_[0].subject = "edited";
  EXPECT_THAT(poll_all(*connector_, request), testing::ElementsAre("1"));
}

TEST_F(ListedRedmine, SmallPagesReachTheEnd) {
  for (int i = 1; i <= 30; ++i) {
    rows_.push_back({i, i < 20 ? "2026-11-24T10:00:00Z" : "2026-11-24T10:00:09Z"});
  }
  PollRequest request;
  request.where = where_;
  request.since = "2026-01-01";
  request.limit = 1;
  const std::vector<std::string> seen = poll_all(*connector_, request);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 30U);
}

TEST_F(ListedRedmine, ACursorOfSomebodyElseIsRejected) {
  PollRequest request;
  request.where = where_;
  for (const char* cursor : {"nonsense", "[1]", "7"}) {
    request.cursor = cursor;
    const Result<Page> page = connector_->poll(request);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().fault, Fault::kRejected);
  }
}

// A Request Tracker with one ticket and a feed.
class RequestTrackerTraps : public testing::Test {
 protected:
  RequestTrackerTraps() : host_([this](const HttpRequest& request) { return serve(request); }) {
    auto made = make_connector(
        "request-tracker", {{"url", "http://rt.test"}, {"token", "1-27-0123456789abcdef"}}, host_);
    EXPECT_TRUE(made) << made.error().message;
    connector_ = *std::move(made);
    const Result<Description> described = connector_->connect();
    EXPECT_TRUE(described) << described.error().message;
    host_.requests.clear();
  }

  HttpExchange serve(const HttpRequest& request) {
    if (custom_) {
      HttpExchange exchange = custom_(request);
      if (exchange.stage != HttpStage::kAnswered || exchange.answer.status != 0) return exchange;
    }
    if (asks(request, "/transactions")) return feed(request.url);
    if (asks(request, "/rt")) {
      if (request.url.ends_with("/2.0/rt")) return answer(200, R"({"Version":"5.0.3"})");
    }
    if (asks(request, "/user/27")) return answer(200, R"({"Name":"navette","Privileged":1})");
    if (asks(request, "/queues/all")) {
      const bool first = asks(request, "page=1");
      return answer(200, first ? R"({"items":[{"Name":"Helpdesk"}]})" : R"({"items":[]})");
    }
    if (asks(request, "/ticket/1/")) return answer(200, R"({"items":[]})");
    if (asks(request, "/ticket/1")) {
      return answer(200, R"({"id":1,"Status":"new","Subject":"a","Queue":{"Name":"Helpdesk"},
                             "CustomFields":[{"name":"Severity","values":[]}]})",
                    {{"ETag", "\"54\""}});
    }
    return answer(200, R"({"items":[]})");
  }

  // Events hidden from the account are cut out after the page was made.
  HttpExchange feed(const std::string& url) {
    ++feeds_;
    const std::size_t at = url.find("query=id%20%3E%20");
    const int after = at == std::string::npos ? 0 : std::stoi(url.substr(at + 17));
    const std::size_t page_at = url.find("&page=");
    const int page = page_at == std::string::npos ? 1 : std::stoi(url.substr(page_at + 6));
    std::vector<int> above;
    for (const int number : events_) {
      if (number > after) above.push_back(number);
    }
    if (asks(HttpRequest{"GET", url, {}, {}, {}, 0}, "DESC")) {
      std::reverse(above.begin(), above.end());
    }
    std::string items;
    const auto from = static_cast<std::size_t>(page - 1) * 100;
    for (std::size_t i = from; i < std::min(above.size(), from + 100); ++i) {
      if (hidden_.contains(above[i])) continue;
      items += (items.empty() ? "" : ",") + std::string("{\"id\":\"") + std::to_string(above[i]) +
               R"(","ObjectId":")" + std::to_string(above[i]) + R"("})";
    }
    return answer(200, "{\"items\":[" + items + "]}");
  }

  static HttpExchange pass() {
    HttpExchange exchange;
    exchange.stage = HttpStage::kAnswered;
    return exchange;
  }

  FakeHost host_;
  FakeHost::Peer custom_;
  std::vector<int> events_;
  std::set<int> hidden_;
  int feeds_ = 0;
  std::unique_ptr<Connector> connector_;
  Json where_ = where_of("Queue", "Helpdesk");
};

TEST_F(RequestTrackerTraps, ASentenceInsideAnOkIsTheReasonOfARefusal) {
  custom_ = [](const HttpRequest& request) {
    return request.method == "PUT"
               ? answer(200, R"(["Ticket 1: You can't change status from 'new' to 'resolved'."])")
               : pass();
  };
  const Outcome outcome =
      connector_->execute(update_command("1", where_, {{"Status", "resolved"}}), "");
  ASSERT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
  ASSERT_THAT(outcome.refused, SizeIs(1));
  EXPECT_THAT(outcome.refused[0].reason, HasSubstr("can't change status"));
}

TEST_F(RequestTrackerTraps, AnEmptyCustomFieldIsNotEmptiedAgain) {
  const Outcome outcome = connector_->execute(
      update_command("1", where_, {{"CustomFields.Severity", ""}, {"Subject", "a"}}), "");
  EXPECT_EQ(outcome.verdict, Verdict::kOk) << describe(outcome);
  EXPECT_THAT(host_.writes(), IsEmpty());
}

TEST_F(RequestTrackerTraps, AFileIsGoneOnlyWhenItsTicketSaysSo) {
  HttpExchange file = answer(500, "");
  std::string list = R"({"items":[{"id":"9","ContentLength":"3"}]})";
  custom_ = [&](const HttpRequest& request) {
    if (asks(request, "/attachment/9")) return file;
    if (!asks(request, "/ticket/1/attachments") || !asks(request, "&page=1")) return pass();
    return answer(200, list);
  };
  Result<std::string> content = connector_->download("1", "9", 1000);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().fault, Fault::kRetryLater) << content.error().message;
  file = answer(200, R"({"message":"in trouble"})");
  content = connector_->download("1", "9", 1000);
  ASSERT_FALSE(content) << "an error behind 200 is no empty file";
  EXPECT_EQ(content.error().fault, Fault::kRetryLater) << content.error().message;
  list = R"({"items":[{"id":"9","ContentLength":"0"}]})";
  content = connector_->download("1", "9", 1000);
  ASSERT_TRUE(content) << content.error().message;
  EXPECT_EQ(*content, "");
  file = answer(500, "");
  list = R"({"items":[]})";
  content = connector_->download("1", "9", 1000);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().fault, Fault::kRejected) << content.error().message;
}

TEST_F(RequestTrackerTraps, A500OnAWriteMayHaveWritten) {
  custom_ = [](const HttpRequest& request) {
    return request.method == "PUT" ? answer(500, "") : pass();
  };
  EXPECT_EQ(connector_->execute(update_command("1", where_, {{"Subject", "b"}}), "").verdict,
            Verdict::kAmbiguous);
}

TEST_F(RequestTrackerTraps, ALowerNumberThatComesLateIsNotLost) {
  events_ = {10, 11};
  PollRequest request;
  request.where = where_;
  poll_all(*connector_, request);
  events_ = {10, 11, 14};
  EXPECT_THAT(poll_all(*connector_, request), testing::ElementsAre("14"));
  events_ = {10, 11, 13, 14};
  EXPECT_THAT(poll_all(*connector_, request), testing::ElementsAre("13"));
  host_.skip(std::chrono::minutes(1));
  EXPECT_THAT(poll_all(*connector_, request), IsEmpty());
  feeds_ = 0;
  EXPECT_THAT(poll_all(*connector_, request), IsEmpty());
  EXPECT_EQ(feeds_, 1) << "an idle poll is one request";
}

TEST_F(RequestTrackerTraps, EventsThatAreHiddenDoNotEndTheFeed) {
  events_ = {1};
  PollRequest request;
  request.where = where_;
  poll_all(*connector_, request);
  for (int i = 2; i <= 400; ++i) {
    events_.push_back(i);
    if (i < 350) hidden_.insert(i);
  }
  std::set<std::string> seen;
  for (int polls = 0; polls < 20; ++polls) {
    for (const std::string& id : poll_all(*connector_, request)) seen.insert(id);
    host_.skip(std::chrono::seconds(5));
  }
  EXPECT_THAT(seen, SizeIs(51));
  EXPECT_THAT(seen, Contains("400"));
}

TEST_F(RequestTrackerTraps, APageThatRepeatsEndsTheReading) {
  custom_ = [](const HttpRequest& request) {
    return asks(request, "/history") ? answer(200, R"({"items":[{"id":"1","Type":"Set"}]})")
                                     : pass();
  };
  const Result<Record> record = connector_->fetch("ticket", "1", where_);
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().fault, Fault::kRetryLater);
  EXPECT_THAT(record.error().message, HasSubstr("repeats"));
}

TEST_F(RequestTrackerTraps, AnAnswerThatIsTooLargeIsRejected) {
  custom_ = [](const HttpRequest& request) {
    if (!asks(request, "/attachment/9")) return pass();
    HttpExchange exchange = no_answer(HttpStage::kMaybeSent);
    exchange.over_limit = true;
    return exchange;
  };
  const Result<std::string> bytes = connector_->download("1", "9", 10);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().fault, Fault::kRejected);
}

}  // namespace
}  // namespace navette::test
