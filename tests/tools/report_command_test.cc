// Goal: a report comes out of a back office's database as the books have it, and another client's
// never.

#include <filesystem>

#include <gmock/gmock.h>

#include "backoffice/office/office.h"
#include "tests/tools/process.h"

namespace navette {
namespace {

using backoffice::Access;
using backoffice::Visibility;
using testing::HasSubstr;
using testing::Not;

class StillClock final : public Clock {
 public:
  TimePoint now() const override { return *parse_rfc3339("2026-11-23T10:00:00Z"); }
  std::chrono::milliseconds steady() const override { return now().time_since_epoch(); }
};

class ReportCommand : public ::testing::Test {
 protected:
  ReportCommand() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "navette-office-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
    const auto office = backoffice::open_office(place(), Access::kWrite, clock_);
    EXPECT_TRUE(office) << office.error().message;
    for (const std::string client : {"acme", "umbra"}) fill(**office, client);
  }
  ReportCommand(const ReportCommand&) = delete;
  ReportCommand& operator=(const ReportCommand&) = delete;
  ~ReportCommand() override { std::filesystem::remove_all(folder_); }

  static void fill(backoffice::Office& office, const std::string& client) {
    EXPECT_TRUE(office.put_client({client, "Firm " + client, "Europe/Paris", "en"}));
    backoffice::Contract contract;
    contract.credit.id = "tma";
    backoffice::CreditBlock block;
    block.id = "2026";
    block.from = *backoffice::parse_day("2026-01-01");
    block.to = *backoffice::parse_day("2026-12-31");
    block.size = 600 * backoffice::kAMinute;
    contract.credit.blocks = {block};
    EXPECT_TRUE(office.put_contract(client, contract));
    EXPECT_TRUE(office.put_ticket(client, {"1", "tma", "Printer of " + client, ""}));
    backoffice::Work work;
    work.entry.id = "7";
    work.entry.ticket = "1";
    work.entry.worked = work.entry.entered = *backoffice::parse_day("2026-11-23");
    work.entry.time = std::chrono::minutes(client == "acme" ? 90 : 30);
    EXPECT_TRUE(office.record(client, work));
    const TimePoint at = StillClock().now();
    for (const auto visibility : {Visibility::kInternal, Visibility::kPublic}) {
      const std::string name = backoffice::to_text(visibility);
      EXPECT_TRUE(office.record(client, backoffice::Comment{name, 1, false, "1", "ines", visibility,
                                                            at, name + " word of " + client}));
    }
  }

  std::string place() const { return "sqlite:" + folder_ + "/office.db"; }
  Ran report(std::vector<std::string> words) const {
    words.insert(words.begin(), "report");
    words.insert(words.end(), {"--office", place()});
    return run_navette(words);
  }

  StillClock clock_;
  std::string folder_;
};

TEST_F(ReportCommand, ADayIsTheClientsOwn) {
  for (const char* format : {"text", "html", "csv", "json"}) {
    const Ran ran =
        report({"daily", "--client", "acme", "--day", "2026-11-23", "--format", format});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("public word of acme"));
    EXPECT_THAT(ran.out, HasSubstr("Printer of acme"));
    EXPECT_THAT(ran.out, Not(HasSubstr("internal word")));
    EXPECT_THAT(ran.out, Not(HasSubstr("umbra")));
    const Ran again =
        report({"daily", "--client", "acme", "--day", "2026-11-23", "--format", format});
    EXPECT_EQ(again.out, ran.out);
  }
  const Ran ours = report({"daily", "--client", "umbra", "--day", "2026-11-23", "--audience",
                           "provider", "--language", "fr"});
  EXPECT_THAT(ours.out, HasSubstr("Rapport journalier - Firm umbra - 23/11/2026"));
  EXPECT_THAT(ours.out, HasSubstr("internal word of umbra"));
}

TEST_F(ReportCommand, AnEntryIsExplained) {
  const Ran ran = report({"credit", "--client", "acme", "--day", "2026-11-23", "--explain", "7"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("  2026    1:30   10:00   8:30"));
  for (const char* name : {"credit", "sla", "drift"}) {
    const Ran other = report({name, "--client", "acme", "--day", "2026-11-23"});
    EXPECT_EQ(other.code, 0) << other.err;
    EXPECT_THAT(other.out, HasSubstr("Firm acme - 2026-11-23"));
  }
}

TEST_F(ReportCommand, WhatIsNotThereIsSaid) {
  EXPECT_EQ(report({"daily", "--client", "nobody"}).code, 1);
  EXPECT_EQ(report({"credit", "--client", "acme", "--explain", "99"}).code, 1);
  const Ran day = report({"daily", "--client", "acme", "--day", "23.11.2026"});
  EXPECT_EQ(day.code, 2);
  EXPECT_THAT(day.err, HasSubstr("expected a day such as 2026-11-23"));
  EXPECT_EQ(report({"daily", "--client", "acme", "--format", "pdf"}).code, 2);
  EXPECT_EQ(run_navette({"report", "daily", "--client", "acme", "--office",
                         "sqlite:" + folder_ + "/none.db"})
                .code,
            2);
}

}  // namespace
}  // namespace navette
