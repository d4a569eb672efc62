#include <CLI/CLI.hpp>

#include "backoffice/office/office.h"
#include "backoffice/reports.h"
#include "base/clock.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

namespace office = navette::backoffice;

struct Asked {
  std::string place;
  std::string client;
  std::string day;  // empty: today at the client
  std::string format = "text";
  std::string language;  // empty: the client's
  std::string audience = "client";
  std::string entry;  // to explain
};

using Make = Result<office::Report> (*)(const office::Records&, const office::Reading&,
                                        const Asked&);

Result<office::Reading> reading_of(const Asked& asked, const office::Client& client,
                                   TimePoint now) {
  office::Reading out;
  out.now = now;
  out.day = office::day_at(client, now);
  if (!asked.day.empty()) {
    const auto day = office::parse_day(asked.day);
    if (!day) {
      return Error{Fault::kMisconfigured,
                   "read --day " + asked.day + ": expected a day such as 2026-11-23"};
    }
    out.day = *day;
  }
  out.language = office::language_of(asked.language.empty() ? client.language : asked.language)
                     .value_or(office::Language::kEnglish);
  out.audience =
      asked.audience == "provider" ? office::Audience::kProvider : office::Audience::kClient;
  return out;
}

int show(const Asked& asked, Make make) {
  const SystemClock clock;
  const auto opened = office::open_office(asked.place, office::Access::kRead, clock);
  if (!opened) return fail(opened.error());
  const auto records = (*opened)->records(asked.client);
  if (!records) {
    fail(records.error());
    return records.error().fault == Fault::kRejected ? kBad : exit_of(records.error());
  }
  const auto reading = reading_of(asked, records->client, clock.now());
  if (!reading) return fail(reading.error());
  const auto report = make(*records, *reading, asked);
  if (!report) {
    fail(report.error());
    return kBad;
  }
  print(office::print(*report, office::form_of(asked.format).value_or(office::Form::kText),
                      reading->language));
  return kOk;
}

Result<office::Report> credit(const office::Records& records, const office::Reading& reading,
                              const Asked& asked) {
  if (asked.entry.empty()) return office::credit_report(records, reading);
  return office::explain_report(records, asked.entry, reading);
}

template <office::Report (*kReport)(const office::Records&, const office::Reading&)>
Result<office::Report> plain(const office::Records& records, const office::Reading& reading,
                             const Asked& /*asked*/) {
  return kReport(records, reading);
}

CLI::App* add_one(CLI::App& group, Chosen& chosen, const std::shared_ptr<Asked>& asked,
                  const std::string& name, const std::string& about, const std::string& examples,
                  Make make) {
  CLI::App* command = new_command(group, name, about, examples);
  command
      ->add_option("--office", asked->place,
                   "The back office's database: sqlite:FILE or postgresql://USER@HOST/DATABASE. A "
                   "password belongs into ~/.pgpass or PGPASSWORD")
      ->type_name("PLACE")
      ->envname("NAVETTE_OFFICE")
      ->required();
  command->add_option("--client", asked->client, "Whose report")->type_name("NAME")->required();
  command->add_option("--day", asked->day, "As known at the end of this day; else today's")
      ->type_name("DAY");
  command->add_option("--format", asked->format, "text, html, csv or json")
      ->check(CLI::IsMember({"text", "html", "csv", "json"}))
      ->capture_default_str();
  command->add_option("--language", asked->language, "en or fr; else the client's")
      ->check(CLI::IsMember({"en", "fr"}));
  command
      ->add_option("--audience", asked->audience,
                   "client or provider: the client sees no internal comment, no hours that are not "
                   "approved, and no event that its own system has not")
      ->check(CLI::IsMember({"client", "provider"}))
      ->capture_default_str();
  command->callback(
      [asked, make, &chosen] { chosen = [asked, make] { return show(*asked, make); }; });
  return command;
}

}  // namespace

void add_report(CLI::App& root, Chosen& chosen) {
  CLI::App* group = new_command(root, "report", "Reports from the back office's books.",
                                "  navette report daily --client acme --day 2026-11-23");
  group->require_subcommand(1);
  auto asked = std::make_shared<Asked>();
  add_one(*group, chosen, asked, "daily",
          "What was recorded on a day, by ticket: events, comments, time, clocks, and the credit "
          "before and after. A day that is over gives the same bytes each time.",
          "  navette report daily --client acme --day 2026-11-23\n"
          "  navette report daily --client acme --day 2026-11-23 --language fr --format html",
          plain<office::daily_report>);
  CLI::App* of_credit = add_one(
      *group, chosen, asked, "credit",
      "Blocks of credit, the limits that are reached, and what each ticket drew; or why one entry "
      "draws what it draws.",
      "  navette report credit --client acme\n"
      "  navette report credit --client acme --explain 4711",
      credit);
  of_credit->add_option("--explain", asked->entry, "How the amount of this time entry came to be")
      ->type_name("ENTRY");
  add_one(*group, chosen, asked, "sla",
          "Every ticket's clocks; for the provider by both agreements, with what makes their "
          "verdicts differ.",
          "  navette report sla --client acme --day 2026-11-30 --audience provider",
          plain<office::sla_report>);
  add_one(*group, chosen, asked, "drift",
          "The client's hours against the provider's, by ticket and month.",
          "  navette report drift --client acme --format csv", plain<office::drift_report>);
}

}  // namespace navette::tools
