// What the reports have in common: the day's knowledge, for one reader.
//
// Thread safety: pure functions, safe from any thread.

#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backoffice/reports.h"

namespace navette::backoffice {

// A contract's credit at the end of some day.
struct Position {
  Projection projection;
  std::map<std::string, const Explanation*> by_entry;  // into the projection
  std::map<std::string, Amount> drawn;                 // on blocks, by ticket
};

// REQUIRES: the records live as long.
class View {
 public:
  View(const Records& records, const Reading& reading);
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  const Records& records() const { return records_; }
  Language language() const { return reading_.language; }
  bool for_client() const { return reading_.audience == Audience::kClient; }
  std::chrono::sys_days day() const { return reading_.day; }
  TimePoint end() const { return end_; }  // the first moment of the next day
  const Knowledge& before() const { return before_; }
  const Knowledge& after() const { return after_; }

  bool on_the_day(TimePoint recorded) const { return recorded >= begin_ && recorded < end_; }
  bool may_see(const TimeEntry& entry) const { return !for_client() || entry.approved; }
  bool may_see(const TicketEvent& event) const;
  bool may_see(const Comment& comment) const;
  // Whether what was shown of it must not be shown any more.
  bool is_withdrawn(const Comment& comment) const;

  // The position of each contract at the day's end, and at the end of the day before.
  const std::map<std::string, Position>& positions() const { return positions_; }
  const std::map<std::string, Position>& positions_before() const { return positions_before_; }
  // What the entry draws at the day's end; null: on no contract.
  const Explanation* explained(const TimeEntry& entry) const;
  // What the ticket has drawn on blocks by the day's end, and by the end of the day before.
  Amount drawn(const std::string& ticket) const { return drawn(positions_, ticket); }
  Amount drawn_before(const std::string& ticket) const { return drawn(positions_before_, ticket); }

  // The agreements that this reader is shown, and the state of the ticket's clocks by each.
  std::vector<const SlaContract*> agreements_for(const std::string& ticket) const;
  SlaState clocks(const std::string& ticket, const SlaContract& agreed) const;
  TimePoint judged_at() const { return std::min(end_, std::max(reading_.now, begin_)); }

  // Fields as people of that language read them.
  Field say(const std::string& key, const std::string& value) const;  // "verdict", "kept"
  Field day(std::chrono::sys_days day) const;
  Field moment(TimePoint moment) const;
  static Field time(std::chrono::minutes time);
  static Field time(std::chrono::milliseconds time);
  static Field amount(Amount amount);
  static Field nothing() { return {"", Json()}; }

  Report report(const std::string& key) const;  // with its title and the usual facts
  std::string title_of(const std::string& ticket) const;

 private:
  std::map<std::string, Position> position(const Knowledge& knowledge,
                                           std::chrono::sys_days today) const;
  static Amount drawn(const std::map<std::string, Position>& positions, const std::string& ticket);

  const Records& records_;
  Reading reading_;
  TimePoint begin_;
  TimePoint end_;
  Knowledge before_;
  Knowledge after_;
  Knowledge last_;  // all there is
  std::map<std::string, Position> positions_before_;
  std::map<std::string, Position> positions_;
};

}  // namespace navette::backoffice
