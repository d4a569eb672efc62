// What the back office keeps of a client: plain values, and when each came to be known. Nothing is
// ever changed in place, so that what was known at any moment of the past can be had again.
//
// Thread safety: pure functions, safe from any thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backoffice/credit.h"
#include "backoffice/sla.h"
#include "base/clock.h"

namespace navette::backoffice {

struct Client {
  std::string id;
  std::string name;
  std::string zone;             // whose midnight ends a day; empty is UTC
  std::string language = "en";  // of reports: "en", "fr"

  bool operator==(const Client&) const = default;
};

struct Contract {
  CreditContract credit;                // its id is the contract's
  std::set<std::string> perimeter;      // applications that are covered; empty: all
  std::chrono::minutes day{7 * 60};     // of work, for amounts in days
  std::map<Party, SlaContract> agreed;  // by side; a side without one has no clocks
};

struct Ticket {
  std::string id;
  std::string contract;
  std::string title;
  std::string application;  // for the perimeter

  bool operator==(const Ticket&) const = default;
};

// Internal: the provider's own. Shared: staff of both sides. Public: the requestor too.
enum class Visibility : unsigned char { kInternal, kShared, kPublic };
const char* to_text(Visibility visibility);  // "internal"

// One state of a comment. A correction is the same id with a higher revision.
struct Comment {
  std::string id;
  std::int64_t revision = 1;
  bool deleted = false;
  std::string ticket;
  std::string author;
  Visibility visibility = Visibility::kInternal;
  TimePoint at;  // when it was written, in its own system
  std::string body;

  bool operator==(const Comment&) const = default;
};

// Hours as one side has them. Only the provider's draw on credit.
struct Work {
  Party side = Party::kProvider;
  TimeEntry entry;

  bool operator==(const Work&) const = default;
};

struct Happened {
  std::string ticket;
  TicketEvent event;
  // When `event.seen` came to be known, which may be later than the event was. Given by the office.
  TimePoint seen_recorded{};
};

// Never earlier than what was recorded before it.
template <class T>
struct Known {
  TimePoint recorded;
  T value;
};

// All of a client, in the order in which it came to be known.
struct Records {
  Client client;
  std::vector<Known<Contract>> contracts;  // all versions
  std::vector<Known<Ticket>> tickets;      // all revisions
  std::vector<Known<Happened>> events;
  std::vector<Known<Comment>> comments;
  std::vector<Known<Work>> work;
};

// What was known before some moment: the latest state of each thing.
struct Knowledge {
  std::map<std::string, const Contract*> contracts;
  std::map<std::string, const Ticket*> tickets;
  std::map<std::string, std::vector<TicketEvent>> events;                        // by ticket
  std::map<std::string, std::map<std::string, const Known<Comment>*>> comments;  // by ticket, by id
  std::map<Party, std::map<std::string, const TimeEntry*>> work;  // by id; deleted ones too
};
// REQUIRES: the history lives as long.
Knowledge known_before(const Records& history, TimePoint moment);

// The provider's entries on the contract's tickets, as its credit sees them. An entry whose ticket
// is not known yet belongs to no contract.
std::vector<TimeEntry> entries_of(const Knowledge& knowledge, const Contract& contract);

// The day that a clock at the client shows at that moment, and the moment at which a day begins
// there. REQUIRES: check(client).
std::chrono::sys_days day_at(const Client& client, TimePoint moment);
TimePoint begin_of(const Client& client, std::chrono::sys_days day);

// Errors: kMisconfigured: no id, a zone that is not known, a language without reports.
Status check(const Client& client);
// Errors: those of the credit's and the agreements' check().
Status check(const Contract& contract);

// "2026-11-23". Reads that and nothing else.
std::string to_text(std::chrono::sys_days day);
std::optional<std::chrono::sys_days> parse_day(std::string_view text);

}  // namespace navette::backoffice
