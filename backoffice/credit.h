// Prepaid credit: which time entry draws how much on which block, and why. A pure function of
// (contract, entries, day): the same entries give the same answer, whatever the order in which they
// came.
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

#include "navette/result.h"

#include "backoffice/holidays.h"

namespace navette::backoffice {

// Credit in ten-thousandths of a minute, so that two rates in percent multiply without a rest.
using Amount = std::int64_t;
inline constexpr Amount kAMinute = 10'000;
// "12:30" hours, "-0:07.5", "1.75 d" when a day has that many minutes.
std::string to_hours(Amount amount);
std::string to_days(Amount amount, std::chrono::minutes day);

// One state of a time entry. A correction is the same id with a higher revision.
struct TimeEntry {
  std::string id;
  std::int64_t revision = 1;
  bool deleted = false;
  std::string ticket;
  std::string author;
  std::string activity;
  std::string level;  // of the author, or of support; for rates
  std::chrono::sys_days worked;
  std::chrono::sys_days entered;                // when it was first written down
  std::optional<std::chrono::minutes> started;  // of the day, where it is known
  std::chrono::minutes time{0};                 // not negative
  bool billable = true;
  bool approved = true;
  bool in_perimeter = true;  // of the contract; what is not draws on nothing
  std::string block;         // the id of the one to draw on; empty: by the contract's order

  bool operator==(const TimeEntry&) const = default;
};

// ---- the contract ------------------------------------------------------------------------------

struct Rounding {
  enum class Scope : unsigned char {
    kEntry,      // each entry
    kTicket,     // the sum of a ticket
    kTicketDay,  // the sum of a ticket's entries worked on one day
    kDay,        // the sum of one day
  };
  enum class Direction : unsigned char { kUp, kNearest, kDown };  // nearest: the half goes up
  Scope scope = Scope::kEntry;
  Direction direction = Direction::kUp;
  std::chrono::minutes step{1};     // what is counted is a multiple of it
  std::chrono::minutes minimum{0};  // and this at least, for what is not 0
};

// When an entry costs more, or less, than its time. Empty conditions hold for every entry.
struct RateRule {
  std::string name;
  int percent = 100;
  std::set<std::string> activities = {};
  std::set<std::string> levels = {};
  std::set<unsigned> weekdays = {};  // 1 is Monday, 7 is Sunday; of the day worked
  bool holidays_only = false;        // of the contract's holidays
  // By the start on the clock, `from` to before `to`, over midnight when `to` is not after `from`.
  // An entry whose start is not known is not meant.
  std::optional<std::pair<std::chrono::minutes, std::chrono::minutes>> started = {};
};

struct TopUp {
  std::string id;
  Amount amount = 0;
};

struct CreditBlock {
  enum class Carry : unsigned char {
    kNothing,         // what is left is lost
    kRest,            // what is left goes to `carry_to`
    kRestAndOverrun,  // and what was drawn too much is taken from it
  };
  std::string id;
  std::chrono::sys_days from;
  std::chrono::sys_days to;  // the last day
  Amount size = 0;
  std::vector<TopUp> top_ups;        // for the whole time of the block, and for what is overdrawn
  int rank = 0;                      // lower ones are drawn on first, then earlier ones, then by id
  std::set<std::string> activities;  // an envelope for these; empty: for all
  int overrun_percent = 0;           // of the size with its top-ups, that may be drawn beyond it
  Carry carry = Carry::kNothing;
  std::string carry_to;
};

struct CreditContract {
  enum class Order : unsigned char {
    kWorked,   // by the day worked, which must lie in the block
    kEntered,  // by the day of entry, which must lie in the block
  };
  enum class Rates : unsigned char { kFirst, kHighest, kProduct };  // of those that are meant
  enum class Beyond : unsigned char {
    kHold,    // what no block covers waits for one
    kRefuse,  // it is not done on this contract
  };
  std::string id;
  std::vector<CreditBlock> blocks;
  Order order = Order::kWorked;
  Rounding rounding;
  std::vector<RateRule> rates;
  Rates combine = Rates::kHighest;
  std::vector<HolidayRule> holidays;
  Beyond beyond = Beyond::kHold;
  bool split = true;  // an entry that does not fit: by parts, or not at all
  std::vector<int> warn_percents = {80, 95, 100};
  std::vector<int> warn_days = {30};  // before a block ends with something left
};

// Errors: kMisconfigured: a negative size, a step below a minute, an id that comes twice, a block
// that ends before it begins or carries to one that is not there or does not begin later.
Status check(const CreditContract& contract);

// ---- what comes out ----------------------------------------------------------------------------

enum class Draw : unsigned char {
  kDrawn,           // on blocks, all of it
  kHeld,            // a part or all of it
  kRefused,         // a part or all of it
  kDeleted,         //
  kOutOfPerimeter,  // these draw on nothing
  kNotBillable,     //
  kNotApproved,     //
};
const char* to_text(Draw draw);  // "drawn"

struct DrawPart {
  std::string block;  // empty: held or refused
  Amount amount = 0;
  Amount before = 0;  // what the block had left; below 0: overdrawn
  Amount after = 0;

  bool operator==(const DrawPart&) const = default;
};

// How an entry's amount came to be.
struct Explanation {
  std::string entry;
  std::int64_t revision = 0;
  Draw draw = Draw::kDrawn;
  std::chrono::minutes time{0};
  // Rounding: all of the group before this entry and with it, as it is and as it counts. What the
  // entry counts for is the difference.
  std::string group;  // "ticket 12", "entry 7"
  std::chrono::minutes group_before{0};
  std::chrono::minutes group_counted_before{0};
  std::chrono::minutes group_counted{0};
  std::vector<std::string> rates;  // by name
  int percent = 100;               // rounded, for reading
  Amount amount = 0;
  std::vector<DrawPart> parts;

  bool operator==(const Explanation&) const = default;
};
// A paragraph for people: time, group, rates, parts.
std::string to_text(const Explanation& explanation);

struct CreditEvent {
  enum class Kind : unsigned char { kUsed, kEnds };
  Kind kind = Kind::kUsed;
  std::string block;
  int limit = 0;      // percent, or days
  std::string entry;  // kUsed: the one that reached it

  auto operator<=>(const CreditEvent&) const = default;
};

struct BlockState {
  Amount granted = 0;  // size, top-ups and what was carried to it
  Amount drawn = 0;
  Amount left = 0;     // below 0: overdrawn
  Amount carried = 0;  // to the next one, once it is over; below 0: what was overdrawn
  Amount lost = 0;     // once it is over
};

struct Projection {
  std::map<std::string, BlockState> blocks;
  std::vector<Explanation> entries;  // in the order in which they draw
  std::set<CreditEvent> events;      // limits that are reached
  Amount held = 0;
  Amount refused = 0;
};

// What each entry draws, as known on `today`: blocks that ended before it have carried on what was
// left. REQUIRES: check(contract); one state of each entry, in any order.
// Takes time by entries (and their logarithm) and blocks.
Projection project(const CreditContract& contract, const std::vector<const TimeEntry*>& entries,
                   std::chrono::sys_days today);

}  // namespace navette::backoffice
