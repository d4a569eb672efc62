#include "tests/backoffice/office_fixture.h"

namespace navette::backoffice::test {

using std::chrono::hours;
using std::chrono::minutes;

namespace {

SlaContract full_agreement(Party side) {
  SlaContract out;
  out.side = side;
  out.name = side == Party::kClient ? "acme" : "desk";
  out.counts_seen_time = side == Party::kProvider;
  CalendarRules office = weekdays("office", "Europe/Paris", {{hours(9), hours(12)}});
  office.week[5] = {{hours(22), hours(6)}, {minutes(0), minutes(30)}};
  office.holidays = french_holidays();
  office.closed = {on("2026-12-28"), on("2026-12-24")};
  office.special[on("2026-12-29")] = {};
  office.special[on("2026-12-30")] = {{hours(10), hours(11)}, {hours(14), hours(15)}};
  out.calendars.emplace("office", *Calendar::make(office));
  out.calendars.emplace("always", *Calendar::make(around_the_clock("always")));
  out.targets[""] = {Target{hours(8), "office"}, std::nullopt, Target{hours(40), "office"}};
  out.targets["P1"] = {Target{hours(1), "always"}, Target{hours(4), "always"},
                       Target{hours(8), "office"}};
  out.statuses["waiting"] = {{false, true, true}, {}, "client"};
  out.statuses["resolved"] = {{}, {false, true, true}, ""};
  out.on_priority = OnPriority::kRestart;
  out.on_reopen = OnReopen::kCountAll;
  return out;
}

}  // namespace

Contract full_contract() {
  Contract out;
  CreditContract& credit = out.credit;
  credit.id = "tma";
  CreditBlock second;
  second.id = "2026-h2";
  second.from = on("2026-07-01");
  second.to = on("2026-12-31");
  second.size = 50 * kHour;
  second.rank = 1;
  second.overrun_percent = 10;
  second.activities = {"support", "project"};
  second.top_ups = {{"t2", 3 * kHour}, {"t1", 4 * kHour}};
  CreditBlock first;
  first.id = "2026-h1";
  first.from = on("2026-01-01");
  first.to = on("2026-06-30");
  first.size = 40 * kHour;
  first.carry = CreditBlock::Carry::kRestAndOverrun;
  first.carry_to = "2026-h2";
  credit.blocks = {second, first};
  credit.order = CreditContract::Order::kEntered;
  credit.rounding = {Rounding::Scope::kTicketDay, Rounding::Direction::kNearest, minutes(15),
                     minutes(30)};
  credit.rates = {{.name = "night", .percent = 150, .started = std::pair(hours(22), hours(6))},
                  {.name = "senior",
                   .percent = 133,
                   .activities = {"support"},
                   .levels = {"senior", "lead"},
                   .weekdays = {6, 7},
                   .holidays_only = true}};
  credit.combine = CreditContract::Rates::kProduct;
  credit.holidays = alsace_moselle_holidays();
  credit.beyond = CreditContract::Beyond::kRefuse;
  credit.split = false;
  credit.warn_percents = {75, 90};
  credit.warn_days = {60, 30};
  out.perimeter = {"crm", "shop"};
  out.day = minutes(450);
  out.agreed.emplace(Party::kClient, full_agreement(Party::kClient));
  out.agreed.emplace(Party::kProvider, full_agreement(Party::kProvider));
  return out;
}

Contract plain_contract(const std::string& id) {
  Contract out;
  out.credit.id = id;
  CreditBlock block;
  block.id = "2026";
  block.from = on("2026-01-01");
  block.to = on("2026-12-31");
  block.size = 100 * kHour;
  out.credit.blocks = {block};
  return out;
}

Work work(const std::string& id, const std::string& ticket, const std::string& day, int time,
          std::int64_t revision) {
  Work out;
  out.entry.id = id;
  out.entry.revision = revision;
  out.entry.ticket = ticket;
  out.entry.author = "ines";
  out.entry.activity = "support";
  out.entry.worked = on(day);
  out.entry.entered = out.entry.worked;
  out.entry.time = minutes(time);
  return out;
}

TicketEvent event(const std::string& id, const std::string& moment) {
  TicketEvent out;
  out.id = id;
  out.at = at(moment);
  out.seen = out.at;
  return out;
}

}  // namespace navette::backoffice::test
