// Goal: a report says what was known by its day's end and nothing that its reader may not see.
// Method: one client's month in memory, printed in every form and compared with files.
// NAVETTE_UPDATE=1 writes the files anew.

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backoffice/reports.h"

namespace navette::backoffice::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Amount kAnHour = 60 * kAMinute;

std::chrono::sys_days day(const std::string& text) {
  return *parse_day(text);
}
TimePoint moment(const std::string& text) {
  return *parse_rfc3339(text);
}

// ---- a month of a client -----------------------------------------------------------------------

SlaContract agreement(Party side) {
  SlaContract out;
  out.side = side;
  out.name = side == Party::kClient ? "acme" : "desk";
  auto office = Calendar::make(weekdays("office", "Europe/Paris", {{hours(9), hours(18)}}));
  out.calendars.emplace("office", *office);
  out.targets[""] = {Target{hours(4), "office"}, std::nullopt, Target{hours(16), "office"}};
  out.targets["P1"] = {Target{hours(1), "office"}, Target{hours(2), "office"},
                       Target{hours(4), "office"}};
  out.statuses["resolved"] = {{}, {false, true, true}, ""};
  out.statuses["waiting"] = {{false, true, true}, {}, "client"};
  return out;
}

Contract contract() {
  Contract out;
  out.credit.id = "tma-2026";
  CreditBlock first;
  first.id = "h1";
  first.from = day("2026-01-01");
  first.to = day("2026-06-30");
  first.size = 20 * kAnHour;
  first.carry = CreditBlock::Carry::kRest;
  first.carry_to = "h2";
  CreditBlock second;
  second.id = "h2";
  second.from = day("2026-07-01");
  second.to = day("2026-12-31");
  second.size = 10 * kAnHour;
  out.credit.blocks = {first, second};
  out.credit.rounding.step = minutes(15);
  out.credit.rates = {{.name = "week-end", .percent = 150, .weekdays = {6, 7}}};
  out.agreed.emplace(Party::kClient, agreement(Party::kClient));
  out.agreed.emplace(Party::kProvider, agreement(Party::kProvider));
  return out;
}

class Month {
 public:
  Month() {
    records.client = {"acme", "Société Acmé <SA>", "Europe/Paris", "fr"};
    records.contracts.push_back({moment("2026-01-02T08:00:00Z"), contract()});
    ticket("2026-11-20T08:05:00Z", {"101", "tma-2026", "L'imprimante & le \"pilote\"", ""});
    ticket("2026-11-20T09:00:00Z", {"102", "tma-2026", "=SUM(A1:A9) ne marche plus", ""});
    ticket("2026-11-23T08:00:00Z", {"103", "", "Sans contrat", ""});
    open("2026-11-20T08:00:00Z", "101", "P1");
    open("2026-11-20T08:58:00Z", "102", "");
    answer("2026-11-23T08:30:00Z", "101", "2026-11-23T08:45:00Z");
    status("2026-11-23T09:30:00Z", "101", "resolved", "2026-11-23T09:40:00Z");
    status("2026-11-23T10:00:00Z", "102", "SECRET-UNSEEN", "");
    work("2026-11-21T11:00:00Z", entry("e1", "102", "2026-11-21", 50));
    work("2026-11-23T10:00:00Z", entry("e2", "101", "2026-11-23", 70));
    TimeEntry later = entry("e1", "102", "2026-11-21", 110);
    later.revision = 2;
    work("2026-11-23T10:05:00Z", later);
    TimeEntry draft = entry("e3", "102", "2026-11-23", 30);
    draft.approved = false;
    draft.author = "SECRET-DRAFT";
    work("2026-11-23T10:06:00Z", draft);
    work("2026-11-23T10:07:00Z", entry("e4", "101", "2026-06-29", 20));
    work("2026-11-23T10:08:00Z", entry("e2", "101", "2026-11-23", 45), Party::kClient);
    work("2026-11-23T10:09:00Z", entry("c9", "102", "2026-10-30", 90), Party::kClient);
    comment("2026-11-23T10:10:00Z", "k1", "101", Visibility::kPublic, "Pilote remplacé.\nMerci !");
    comment("2026-11-23T10:11:00Z", "k2", "101", Visibility::kShared, "Voir <b>la note</b>, vite");
    comment("2026-11-23T10:12:00Z", "k3", "102", Visibility::kInternal, "SECRET-INTERNAL");
    work("2026-11-24T09:00:00Z", entry("e5", "101", "2026-11-24", 500));
  }

  void ticket(const std::string& recorded, const Ticket& one) {
    records.tickets.push_back({moment(recorded), one});
  }
  void work(const std::string& recorded, const TimeEntry& one, Party side = Party::kProvider) {
    records.work.push_back({moment(recorded), {side, one}});
  }
  void comment(const std::string& recorded, const std::string& id, const std::string& ticket,
               Visibility visibility, const std::string& body, std::int64_t revision = 1) {
    records.comments.push_back(
        {moment(recorded),
         {id, revision, false, ticket, "inès", visibility, moment(recorded), body}});
  }
  static TimeEntry entry(const std::string& id, const std::string& ticket,
                         const std::string& worked, int time) {
    TimeEntry out;
    out.id = id;
    out.ticket = ticket;
    out.author = "inès";
    out.activity = "support";
    out.worked = day(worked);
    out.entered = out.worked;
    out.time = minutes(time);
    return out;
  }

  Records records;

 private:
  void happened(const std::string& ticket, TicketEvent event, const std::string& seen) {
    event.id = "v" + std::to_string(records.events.size() + 1);
    TimePoint seen_recorded{};
    if (!seen.empty()) event.seen = seen_recorded = moment(seen);
    const TimePoint at = event.at;
    records.events.push_back({at, {ticket, std::move(event), seen_recorded}});
  }
  void open(const std::string& at, const std::string& ticket, const std::string& priority) {
    TicketEvent event;
    event.side = Party::kClient;
    event.at = moment(at);
    event.opened = true;
    event.status = "new";
    if (!priority.empty()) event.priority = priority;
    happened(ticket, event, at);
  }
  void answer(const std::string& at, const std::string& ticket, const std::string& seen) {
    TicketEvent event;
    event.at = moment(at);
    event.answered = true;
    happened(ticket, event, seen);
  }
  void status(const std::string& at, const std::string& ticket, const std::string& status,
              const std::string& seen) {
    TicketEvent event;
    event.at = moment(at);
    event.status = status;
    happened(ticket, event, seen);
  }
};

// ---- every report ------------------------------------------------------------------------------

const std::vector<std::string> kReports = {"daily", "credit", "sla", "drift", "explain"};
const std::vector<std::pair<Form, std::string>> kForms = {
    {Form::kText, "txt"}, {Form::kHtml, "html"}, {Form::kCsv, "csv"}, {Form::kJson, "json"}};

std::string printed(const Records& records, const std::string& name, Form form, Language language,
                    Audience audience, const std::string& on = "2026-11-23",
                    const std::string& now = "2026-11-25T08:00:00Z") {
  const Reading reading{day(on), moment(now), language, audience};
  if (name == "daily") return print(daily_report(records, reading), form, language);
  if (name == "credit") return print(credit_report(records, reading), form, language);
  if (name == "sla") return print(sla_report(records, reading), form, language);
  if (name == "drift") return print(drift_report(records, reading), form, language);
  const auto explained = explain_report(records, "e1", reading);
  EXPECT_TRUE(explained) << explained.error().message;
  return explained ? print(*explained, form, language) : "";
}

// All of it, for one reader.
std::string everything(const Records& records, Audience audience,
                       const std::string& on = "2026-11-23") {
  std::string out;
  for (const std::string& name : kReports) {
    for (const auto& [form, ending] : kForms) {
      for (const Language language : {Language::kEnglish, Language::kFrench}) {
        out += printed(records, name, form, language, audience, on);
      }
    }
  }
  return out;
}

void expect_file(const std::string& name, const std::string& text) {
  const std::string path = NAVETTE_SOURCE_DIR "/tests/backoffice/data/" + name;
  if (std::getenv("NAVETTE_UPDATE") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  EXPECT_EQ(text, content.str()) << path << ": see it with NAVETTE_UPDATE=1 and git diff";
}

TEST(Report, ReadsAsItsFiles) {
  const Month month;
  for (const std::string& name : kReports) {
    for (const auto& [form, ending] : kForms) {
      const bool for_people = form == Form::kText || form == Form::kHtml;
      const std::string english =
          printed(month.records, name, form, Language::kEnglish, Audience::kClient);
      const std::string french =
          printed(month.records, name, form, Language::kFrench, Audience::kClient);
      if (for_people) {
        expect_file(name + ".en." + ending, english);
        expect_file(name + ".fr." + ending, french);
      } else {
        expect_file(name + "." + ending, english);
        EXPECT_EQ(english, french) << name;
      }
    }
  }
  expect_file("daily.provider.en.txt", printed(month.records, "daily", Form::kText,
                                               Language::kEnglish, Audience::kProvider));
  expect_file("sla.provider.fr.txt",
              printed(month.records, "sla", Form::kText, Language::kFrench, Audience::kProvider));
}

TEST(Report, NothingInternalIsInAClientsReport) {
  Month month;
  const std::string client = everything(month.records, Audience::kClient);
  const std::string provider = everything(month.records, Audience::kProvider);
  EXPECT_THAT(client, HasSubstr("Pilote remplacé."));
  for (const std::string secret : {"SECRET-INTERNAL", "SECRET-DRAFT", "SECRET-UNSEEN"}) {
    EXPECT_THAT(client, Not(HasSubstr(secret)));
    EXPECT_THAT(provider, HasSubstr(secret));
  }
}

TEST(Report, WhatWasShownAndIsInternalNowIsNoLongerShown) {
  Month month;
  month.comment("2026-11-24T10:00:00Z", "k1", "101", Visibility::kInternal, "SECRET-SINCE", 2);
  for (const std::string on : {"2026-11-23", "2026-11-24"}) {
    const std::string client = everything(month.records, Audience::kClient, on);
    EXPECT_THAT(client, Not(HasSubstr("Pilote remplacé.")));
    EXPECT_THAT(client, Not(HasSubstr("SECRET-SINCE")));
  }
  EXPECT_THAT(everything(month.records, Audience::kClient), HasSubstr("retiré depuis"));
}

TEST(Report, ADayThatIsOverGivesTheSameBytesWhateverCameSince) {
  Month month;
  const std::string before = everything(month.records, Audience::kProvider);
  month.ticket("2026-11-24T10:00:00Z", {"101", "other", "Renamed", ""});
  TimeEntry again = Month::entry("e2", "101", "2026-11-23", 600);
  again.revision = 2;
  month.work("2026-11-24T10:00:00Z", again);
  again.revision = 3;
  again.deleted = true;
  month.work("2026-11-24T11:00:00Z", again);
  month.comment("2026-11-24T10:00:00Z", "k1", "101", Visibility::kPublic, "Corrected", 2);
  Contract changed = contract();
  changed.credit.blocks[1].top_ups = {{"t1", 50 * kAnHour}};
  month.records.contracts.push_back({moment("2026-11-24T12:00:00Z"), changed});
  for (auto& [recorded, one] : month.records.events) {
    if (one.event.seen) continue;
    one.event.seen = moment("2026-11-23T10:20:00Z");
    one.seen_recorded = moment("2026-11-24T12:00:00Z");
  }
  EXPECT_EQ(everything(month.records, Audience::kProvider), before);
  EXPECT_NE(everything(month.records, Audience::kProvider, "2026-11-24"), before);
}

TEST(Report, ADayThatIsNotOverSaysSo) {
  const Month month;
  const auto now = [&](const std::string& at) {
    return printed(month.records, "daily", Form::kJson, Language::kEnglish, Audience::kClient,
                   "2026-11-23", at);
  };
  EXPECT_THAT(now("2026-11-23T22:59:00Z"), HasSubstr("\"state\": \"open\""));
  EXPECT_THAT(now("2026-11-23T23:00:00Z"), HasSubstr("\"state\": \"closed\""));
}

TEST(Report, CreditBeforeAndAfterAreThoseOfTheLedgersDays) {
  const Month month;
  const auto json = Json::parse(
      printed(month.records, "daily", Form::kJson, Language::kEnglish, Audience::kClient));
  ASSERT_TRUE(json);
  // On Saturday 50 min count 60 at 150 %; on Monday they are 110, 120 at 150 %, and 75 more; and 30
  // of June, late, leave as much less to carry over.
  const Json& h2 = json->at("credit").items()[1];
  EXPECT_EQ(h2.at("before").as_int(), 30 * 60 - 90);
  EXPECT_EQ(h2.at("after").as_int(), 30 * 60 - 180 - 75 - 30);
}

TEST(Report, NobodyExplainsWhatIsNotThere) {
  const Month month;
  const Reading reading{day("2026-11-23"), moment("2026-11-25T08:00:00Z"), Language::kEnglish,
                        Audience::kClient};
  EXPECT_FALSE(explain_report(month.records, "e5", reading));  // of the next day
  EXPECT_FALSE(explain_report(month.records, "e3", reading));  // not approved
  EXPECT_FALSE(explain_report(month.records, "c9", reading));  // the client's own
  EXPECT_TRUE(explain_report(month.records, "e4", reading));
}

TEST(Report, EveryWordIsInTheDictionary) {
  const Month month;
  for (const Audience audience : {Audience::kClient, Audience::kProvider}) {
    const Reading reading{day("2026-11-23"), moment("2026-11-25T08:00:00Z"), Language::kFrench,
                          audience};
    const auto known = [](const std::string& key) { EXPECT_TRUE(has_word(key)) << key; };
    for (const Report& report :
         {daily_report(month.records, reading), credit_report(month.records, reading),
          *explain_report(month.records, "e1", reading), sla_report(month.records, reading),
          drift_report(month.records, reading)}) {
      known("title." + report.key);
      for (const auto& [key, field] : report.facts) known(key);
      for (const Section& section : report.sections) {
        known("section." + section.key);
        for (const Column& column : section.columns) known(column.key);
      }
    }
  }
  for (int draw = 0; draw < 7; ++draw) {
    EXPECT_TRUE(has_word(std::string("draw.") + to_text(static_cast<Draw>(draw))));
  }
}

}  // namespace
}  // namespace navette::backoffice::test
