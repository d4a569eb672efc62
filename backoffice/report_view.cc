#include "backoffice/report_view.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "mapping/zone.h"

namespace navette::backoffice {

using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::sys_days;

View::View(const Records& records, const Reading& reading)
    : records_(records),
      reading_(reading),
      begin_(begin_of(records.client, reading.day)),
      end_(begin_of(records.client, reading.day + days(1))),
      before_(known_before(records, begin_)),
      after_(known_before(records, end_)),
      last_(known_before(records, TimePoint::max())),
      positions_before_(position(before_, reading.day - days(1))),
      positions_(position(after_, reading.day)) {}

std::map<std::string, Position> View::position(const Knowledge& knowledge, sys_days today) const {
  std::map<std::string, Position> out;
  for (const auto& [id, contract] : knowledge.contracts) {
    const std::vector<TimeEntry> entries = entries_of(knowledge, *contract);
    std::vector<const TimeEntry*> pointers;
    pointers.reserve(entries.size());
    std::map<std::string, std::string> tickets;
    for (const TimeEntry& entry : entries) {
      pointers.push_back(&entry);
      tickets.emplace(entry.id, entry.ticket);
    }
    Position& position = out[id];
    position.projection = project(contract->credit, pointers, today);
    for (const Explanation& one : position.projection.entries) {
      position.by_entry.emplace(one.entry, &one);
      Amount& drawn = position.drawn[tickets[one.entry]];
      for (const DrawPart& part : one.parts) {
        if (!part.block.empty()) drawn += part.amount;
      }
    }
  }
  return out;
}

// ---- who sees what -----------------------------------------------------------------------------

bool View::may_see(const TicketEvent& event) const {
  return !for_client() || event.side == Party::kClient || (event.seen && *event.seen < end_);
}

bool View::may_see(const Comment& comment) const {
  return !for_client() || comment.visibility != Visibility::kInternal;
}

bool View::is_withdrawn(const Comment& comment) const {
  for (const auto& [ticket, comments] : last_.comments) {
    const auto latest = comments.find(comment.id);
    if (latest == comments.end()) continue;
    return latest->second->value.deleted || !may_see(latest->second->value);
  }
  return false;
}

// ---- credit ------------------------------------------------------------------------------------

const Explanation* View::explained(const TimeEntry& entry) const {
  const auto ticket = after_.tickets.find(entry.ticket);
  if (ticket == after_.tickets.end()) return nullptr;
  const auto position = positions_.find(ticket->second->contract);
  if (position == positions_.end()) return nullptr;
  const auto found = position->second.by_entry.find(entry.id);
  return found == position->second.by_entry.end() ? nullptr : found->second;
}

// A ticket that moved to another contract draws there.
Amount View::drawn(const std::map<std::string, Position>& positions, const std::string& ticket) {
  Amount sum = 0;
  for (const auto& [contract, position] : positions) {
    const auto found = position.drawn.find(ticket);
    if (found != position.drawn.end()) sum += found->second;
  }
  return sum;
}

// ---- clocks ------------------------------------------------------------------------------------

std::vector<const SlaContract*> View::agreements_for(const std::string& ticket) const {
  std::vector<const SlaContract*> out;
  const auto known = after_.tickets.find(ticket);
  if (known == after_.tickets.end()) return out;
  const auto contract = after_.contracts.find(known->second->contract);
  if (contract == after_.contracts.end()) return out;
  for (const auto& [side, agreed] : contract->second->agreed) {
    // The client's comes first, and is all that the client is shown where it has one.
    if (for_client() && !out.empty()) break;
    out.push_back(&agreed);
  }
  return out;
}

SlaState View::clocks(const std::string& ticket, const SlaContract& agreed) const {
  const auto events = after_.events.find(ticket);
  return evaluate(events == after_.events.end() ? std::vector<TicketEvent>() : events->second,
                  agreed, judged_at());
}

// ---- fields ------------------------------------------------------------------------------------

Field View::say(const std::string& key, const std::string& value) const {
  return {word(key + "." + value, language()), Json(value)};
}

Field View::day(sys_days day) const {
  const std::string text = to_text(day);
  if (language() == Language::kEnglish) return Field::text(text);
  return {text.substr(8, 2) + "/" + text.substr(5, 2) + "/" + text.substr(0, 4), Json(text)};
}

// On the client's clock; with its day where it is another one.
Field View::moment(TimePoint moment) const {
  const Zone zone = Zone::find(records_.client.zone).value_or(Zone());
  const auto local = moment + zone.offset(moment);
  const auto of = std::chrono::floor<days>(local);
  const auto minute = std::chrono::floor<minutes>(local - of).count();
  char clock[16];
  std::snprintf(clock, sizeof clock, "%02d:%02d", static_cast<int>(minute / 60),
                static_cast<int>(minute % 60));
  const std::string shown =
      of == reading_.day ? std::string(clock) : day(sys_days(of)).shown + " " + clock;
  return {shown, Json(to_rfc3339(moment))};
}

Field View::time(minutes time) {
  return {to_hours(time.count() * kAMinute), Json(std::int64_t{time.count()})};
}

Field View::time(milliseconds time) {
  return View::time(std::chrono::floor<minutes>(time));
}

// Programs get minutes: whole ones as integers, others with up to four decimals.
Field View::amount(Amount amount) {
  if (amount % kAMinute == 0) return {to_hours(amount), Json(std::int64_t{amount / kAMinute})};
  return {to_hours(amount), Json(static_cast<double>(amount) / static_cast<double>(kAMinute))};
}

std::string View::title_of(const std::string& ticket) const {
  const auto known = after_.tickets.find(ticket);
  return known == after_.tickets.end() ? "" : known->second->title;
}

Report View::report(const std::string& key) const {
  Report out;
  out.key = key;
  out.title = word("title." + key, language()) + " - " + records_.client.name + " - " +
              day(reading_.day).shown;
  out.facts.emplace_back("client", Field{records_.client.name, Json(records_.client.id)});
  out.facts.emplace_back("day", day(reading_.day));
  out.facts.emplace_back("state", say("state", reading_.now >= end_ ? "closed" : "open"));
  return out;
}

}  // namespace navette::backoffice
