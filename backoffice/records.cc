#include "backoffice/records.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "mapping/zone.h"

namespace navette::backoffice {
namespace {

using std::chrono::sys_days;

Error wrong(const std::string& what) {
  return {Fault::kMisconfigured, what};
}

Zone zone_of(const Client& client) {
  return Zone::find(client.zone).value_or(Zone());
}

// Later in the list wins among equal revisions: none are.
template <class T>
bool is_later(std::int64_t revision, const T* than) {
  return than == nullptr || revision >= than->revision;
}

}  // namespace

const char* to_text(Visibility visibility) {
  switch (visibility) {
    case Visibility::kInternal:
      return "internal";
    case Visibility::kShared:
      return "shared";
    case Visibility::kPublic:
      return "public";
  }
  return "internal";
}

Knowledge known_before(const Records& history, TimePoint moment) {
  Knowledge out;
  for (const auto& [recorded, contract] : history.contracts) {
    if (recorded < moment) out.contracts[contract.credit.id] = &contract;
  }
  for (const auto& [recorded, ticket] : history.tickets) {
    if (recorded < moment) out.tickets[ticket.id] = &ticket;
  }
  for (const auto& [recorded, happened] : history.events) {
    if (recorded >= moment) continue;
    auto& events = out.events[happened.ticket];
    events.push_back(happened.event);
    if (happened.seen_recorded >= moment) events.back().seen.reset();
  }
  std::map<std::string, const Known<Comment>*> comments;
  for (const Known<Comment>& known : history.comments) {
    if (known.recorded >= moment) continue;
    const Known<Comment>*& latest = comments[known.value.id];
    if (latest == nullptr || known.value.revision >= latest->value.revision) latest = &known;
  }
  for (const auto& [id, known] : comments) out.comments[known->value.ticket][id] = known;
  for (const auto& [recorded, work] : history.work) {
    if (recorded >= moment) continue;
    const TimeEntry*& latest = out.work[work.side][work.entry.id];
    if (is_later(work.entry.revision, latest)) latest = &work.entry;
  }
  return out;
}

std::vector<TimeEntry> entries_of(const Knowledge& knowledge, const Contract& contract) {
  std::vector<TimeEntry> out;
  const auto work = knowledge.work.find(Party::kProvider);
  if (work == knowledge.work.end()) return out;
  for (const auto& [id, entry] : work->second) {
    const auto ticket = knowledge.tickets.find(entry->ticket);
    if (ticket == knowledge.tickets.end()) continue;
    if (ticket->second->contract != contract.credit.id) continue;
    out.push_back(*entry);
    if (!contract.perimeter.empty() && contract.perimeter.count(ticket->second->application) == 0) {
      out.back().in_perimeter = false;
    }
  }
  return out;
}

sys_days day_at(const Client& client, TimePoint moment) {
  const Zone zone = zone_of(client);
  return std::chrono::floor<std::chrono::days>(moment + zone.offset(moment));
}

TimePoint begin_of(const Client& client, sys_days day) {
  return zone_of(client).from_local(TimePoint(day).time_since_epoch());
}

Status check(const Client& client) {
  if (client.id.empty()) return wrong("client: it has no id");
  if (!Zone::find(client.zone)) {
    return wrong("client " + client.id + ": the zone \"" + client.zone + "\" is not known");
  }
  if (client.language != "en" && client.language != "fr") {
    return wrong("client " + client.id + ": there are reports in \"en\" and \"fr\", not in \"" +
                 client.language + "\"");
  }
  return {};
}

Status check(const Contract& contract) {
  if (contract.credit.id.empty()) return wrong("contract: it has no id");
  NAVETTE_TRY(check(contract.credit));
  if (contract.day <= std::chrono::minutes(0)) {
    return wrong("contract " + contract.credit.id + ": a day of work has some minutes");
  }
  for (const auto& [side, agreed] : contract.agreed) {
    if (agreed.side != side) {
      return wrong("contract " + contract.credit.id + ": the agreement of the " + to_text(side) +
                   " says that it is of the other side");
    }
    NAVETTE_TRY(check(agreed));
  }
  return {};
}

std::string to_text(sys_days day) {
  const std::chrono::year_month_day date(day);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

std::optional<sys_days> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto number = [](std::string_view digits) -> std::optional<unsigned> {
    unsigned value = 0;
    const auto read = std::from_chars(digits.begin(), digits.end(), value);
    if (read.ec != std::errc() || read.ptr != digits.end()) return std::nullopt;
    return value;
  };
  const auto year = number(text.substr(0, 4));
  const auto month = number(text.substr(5, 2));
  const auto day = number(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

}  // namespace navette::backoffice
