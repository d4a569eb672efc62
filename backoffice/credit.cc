#include "backoffice/credit.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

#include "base/clock.h"
#include "base/text.h"

namespace navette::backoffice {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::sys_days;

std::string day_text(sys_days day) {
  return to_rfc3339(TimePoint(day)).substr(0, 10);
}

// Rounded, the half away from zero. REQUIRES: divisor > 0.
std::int64_t divided(std::int64_t value, std::int64_t divisor) {
  return value < 0 ? -divided(-value, divisor) : (value + divisor / 2) / divisor;
}

// 12.50 as "12.5".
std::string hundredths(std::int64_t value) {
  std::string text = std::to_string(value / 100);
  if (value % 100 == 0) return text;
  text += '.';
  text += static_cast<char>('0' + value % 100 / 10);
  if (value % 10 != 0) text += static_cast<char>('0' + value % 10);
  return text;
}

std::string in_minutes(minutes time) {
  return std::to_string(time.count()) + " min";
}

minutes counted(const Rounding& rounding, minutes time) {
  if (time <= minutes(0)) return minutes(0);
  const std::int64_t step = rounding.step.count();
  std::int64_t steps = time.count() / step;
  const std::int64_t rest = time.count() % step;
  const bool up = rounding.direction == Rounding::Direction::kUp && rest > 0;
  const bool half = rounding.direction == Rounding::Direction::kNearest && rest * 2 >= step;
  if (up || half) ++steps;
  return std::max(rounding.minimum, minutes(steps * step));
}

std::string group_of(const Rounding& rounding, const TimeEntry& entry) {
  switch (rounding.scope) {
    case Rounding::Scope::kEntry:
      return "entry " + entry.id;
    case Rounding::Scope::kTicket:
      return "ticket " + entry.ticket;
    case Rounding::Scope::kTicketDay:
      return "ticket " + entry.ticket + " on " + day_text(entry.worked);
    case Rounding::Scope::kDay:
      return "day " + day_text(entry.worked);
  }
  return {};
}

bool is_in(const std::pair<minutes, minutes>& span, minutes time) {
  if (span.first < span.second) return time >= span.first && time < span.second;
  return time >= span.first || time < span.second;
}

bool accepts(const std::set<std::string>& names, const std::string& name) {
  return names.empty() || names.count(name) != 0;
}

// One run over all entries.
class Drawing {
 public:
  Drawing(const CreditContract& contract, sys_days today) : contract_(contract), today_(today) {
    for (const CreditBlock& block : contract.blocks) {
      BlockState& state = out_.blocks[block.id];
      state.granted = block.size;
      for (const TopUp& top_up : block.top_ups) state.granted += top_up.amount;
      state.left = state.granted;
      by_rank_.push_back({&block, &state, false, {}});
    }
    std::sort(by_rank_.begin(), by_rank_.end(), [](const Place& a, const Place& b) {
      return std::tie(a.block->rank, a.block->from, a.block->id) <
             std::tie(b.block->rank, b.block->from, b.block->id);
    });
    for (Place& place : by_rank_) by_end_.push_back(&place);
    std::sort(by_end_.begin(), by_end_.end(), [](const Place* a, const Place* b) {
      return std::tie(a->block->to, a->block->id) < std::tie(b->block->to, b->block->id);
    });
  }

  Projection run(std::vector<const TimeEntry*> entries) {
    std::sort(entries.begin(), entries.end(), [this](const TimeEntry* a, const TimeEntry* b) {
      const sys_days first = day_of(*a);
      const sys_days second = day_of(*b);
      return std::tie(first, a->worked, a->id) < std::tie(second, b->worked, b->id);
    });
    out_.entries.reserve(entries.size());
    for (const TimeEntry* entry : entries) {
      close_before(day_of(*entry));
      out_.entries.push_back(take(*entry));
    }
    close_before(today_);
    find_events();
    return std::move(out_);
  }

 private:
  struct Place {
    const CreditBlock* block;
    BlockState* state;
    bool closed;
    std::vector<std::pair<std::size_t, Amount>> draws;  // entry's place, drawn with it
  };
  struct Group {
    minutes time{0};
    minutes counted{0};
  };

  sys_days day_of(const TimeEntry& entry) const {
    return contract_.order == CreditContract::Order::kWorked ? entry.worked : entry.entered;
  }

  // Carries on what blocks that are over then have left.
  void close_before(sys_days day) {
    for (; closed_ < by_end_.size() && by_end_[closed_]->block->to < day; ++closed_) {
      Place& place = *by_end_[closed_];
      place.closed = true;
      BlockState& state = *place.state;
      const bool rest = state.left > 0 && place.block->carry != CreditBlock::Carry::kNothing;
      const bool overrun =
          state.left < 0 && place.block->carry == CreditBlock::Carry::kRestAndOverrun;
      if (rest || overrun) {
        BlockState& next = out_.blocks[place.block->carry_to];
        next.granted += state.left;
        next.left += state.left;
        state.carried = std::exchange(state.left, 0);
      } else if (state.left > 0) {
        state.lost = std::exchange(state.left, 0);
      }
    }
  }

  static std::optional<Draw> draws_nothing(const TimeEntry& entry) {
    if (entry.deleted) return Draw::kDeleted;
    if (!entry.in_perimeter) return Draw::kOutOfPerimeter;
    if (!entry.billable) return Draw::kNotBillable;
    if (!entry.approved) return Draw::kNotApproved;
    return std::nullopt;
  }

  Explanation take(const TimeEntry& entry) {
    Explanation out;
    out.entry = entry.id;
    out.revision = entry.revision;
    out.time = entry.time;
    if (const auto nothing = draws_nothing(entry)) {
      out.draw = *nothing;
      return out;
    }
    out.group = group_of(contract_.rounding, entry);
    Group& group = groups_[out.group];
    out.group_before = group.time;
    out.group_counted_before = group.counted;
    group.time += entry.time;
    group.counted = counted(contract_.rounding, group.time);
    out.group_counted = group.counted;
    out.amount = (out.group_counted - out.group_counted_before).count() * kAMinute;
    rate(entry, out);
    draw(entry, out);
    return out;
  }

  bool is_holiday(sys_days day) const {
    const auto year = std::chrono::year_month_day(day).year();
    return std::any_of(contract_.holidays.begin(), contract_.holidays.end(),
                       [&](const HolidayRule& rule) { return holiday_in(rule, year) == day; });
  }

  bool is_meant(const RateRule& rule, const TimeEntry& entry) const {
    const unsigned weekday = std::chrono::weekday(entry.worked).iso_encoding();
    return accepts(rule.activities, entry.activity) && accepts(rule.levels, entry.level) &&
           (rule.weekdays.empty() || rule.weekdays.count(weekday) != 0) &&
           (!rule.holidays_only || is_holiday(entry.worked)) &&
           (!rule.started || (entry.started && is_in(*rule.started, *entry.started)));
  }

  void rate(const TimeEntry& entry, Explanation& out) const {
    std::vector<const RateRule*> meant;
    for (const RateRule& rule : contract_.rates) {
      if (is_meant(rule, entry)) meant.push_back(&rule);
    }
    if (meant.empty()) return;
    if (contract_.combine == CreditContract::Rates::kFirst) meant.resize(1);
    if (contract_.combine == CreditContract::Rates::kHighest) {
      meant = {*std::max_element(
          meant.begin(), meant.end(),
          [](const RateRule* a, const RateRule* b) { return a->percent < b->percent; })};
    }
    std::int64_t percent = 10'000;
    for (const RateRule* rule : meant) {
      out.rates.push_back(rule->name);
      out.amount = divided(out.amount * rule->percent, 100);
      percent = divided(percent * rule->percent, 100);
    }
    out.percent = static_cast<int>(divided(percent, 100));
  }

  std::vector<Place*> candidates(const TimeEntry& entry) {
    std::vector<Place*> out;
    const sys_days day = day_of(entry);
    for (Place& place : by_rank_) {
      const CreditBlock& block = *place.block;
      if (place.closed || day < block.from || day > block.to) continue;
      if (!entry.block.empty() ? block.id != entry.block
                               : !accepts(block.activities, entry.activity)) {
        continue;
      }
      out.push_back(&place);
    }
    return out;
  }

  // How far below nothing the block may be drawn.
  static Amount allowed(const Place& place) {
    return std::max<Amount>(0, place.state->granted) * place.block->overrun_percent / 100;
  }

  void draw(const TimeEntry& entry, Explanation& out) {
    const std::vector<Place*> places = candidates(entry);
    Amount wanted = out.amount;
    if (!contract_.split) {
      Amount room = 0;
      for (const Place* place : places) {
        room += std::max<Amount>(0, place->state->left + allowed(*place));
      }
      if (room < wanted) return beyond(wanted, out);
    }
    for (Place* place : places) wanted -= part(*place, std::min(wanted, place->state->left), out);
    // What is too much is drawn on the last one that allows it.
    for (auto place = places.rbegin(); place != places.rend(); ++place) {
      const Amount room = allowed(**place) + (*place)->state->left;
      wanted -= part(**place, std::min(wanted, room), out);
    }
    if (wanted > 0) beyond(wanted, out);
  }

  Amount part(Place& place, Amount amount, Explanation& out) {
    if (amount <= 0) return 0;
    BlockState& state = *place.state;
    if (!out.parts.empty() && out.parts.back().block == place.block->id) {
      out.parts.back().amount += amount;
      out.parts.back().after -= amount;
    } else {
      out.parts.push_back({place.block->id, amount, state.left, state.left - amount});
    }
    state.left -= amount;
    state.drawn += amount;
    place.draws.emplace_back(out_.entries.size(), state.drawn);
    return amount;
  }

  void beyond(Amount amount, Explanation& out) {
    const bool held = contract_.beyond == CreditContract::Beyond::kHold;
    (held ? out_.held : out_.refused) += amount;
    out.draw = held ? Draw::kHeld : Draw::kRefused;
    out.parts.push_back({"", amount, 0, 0});
  }

  void find_events() {
    for (const Place& place : by_rank_) {
      const BlockState& state = *place.state;
      for (const int limit : contract_.warn_percents) {
        const auto reached = std::find_if(
            place.draws.begin(), place.draws.end(),
            [&](const auto& draw) { return draw.second * 100 >= state.granted * limit; });
        if (reached == place.draws.end()) continue;
        out_.events.insert(
            {CreditEvent::Kind::kUsed, place.block->id, limit, out_.entries[reached->first].entry});
      }
      for (const int limit : contract_.warn_days) {
        const bool near = today_ <= place.block->to && place.block->to - today_ <= days(limit);
        if (near && today_ >= place.block->from && state.left > 0) {
          out_.events.insert({CreditEvent::Kind::kEnds, place.block->id, limit, ""});
        }
      }
    }
  }

  const CreditContract& contract_;
  const sys_days today_;
  Projection out_;
  std::vector<Place> by_rank_;
  std::vector<Place*> by_end_;
  std::size_t closed_ = 0;  // of by_end_
  std::map<std::string, Group> groups_;
};

std::string wrong(const CreditContract& contract) {
  std::map<std::string, const CreditBlock*> blocks;
  for (const CreditBlock& block : contract.blocks) {
    const std::string name = "the block \"" + block.id + "\" ";
    if (block.id.empty() || !blocks.emplace(block.id, &block).second) return name + "comes twice";
    if (block.to < block.from) return name + "ends before it begins";
    if (block.size < 0 || block.overrun_percent < 0) return name + "is less than nothing";
    std::set<std::string> top_ups;
    for (const TopUp& top_up : block.top_ups) {
      if (!top_ups.insert(top_up.id).second) return name + "has a top-up twice: " + top_up.id;
    }
  }
  for (const CreditBlock& block : contract.blocks) {
    if (block.carry == CreditBlock::Carry::kNothing) continue;
    const auto next = blocks.find(block.carry_to);
    if (next == blocks.end() || next->second->to <= block.to) {
      return "the block \"" + block.id + "\" carries to \"" + block.carry_to +
             "\", which is not one that ends later";
    }
  }
  if (contract.rounding.step < minutes(1)) return "time is rounded to less than a minute";
  if (contract.rounding.minimum < minutes(0)) return "an entry counts for less than nothing";
  for (const RateRule& rule : contract.rates) {
    constexpr int kPercentMax = 10'000;
    if (rule.percent < 0 || rule.percent > kPercentMax) {
      return "the rate \"" + rule.name + "\" is not from 0 to 10000 percent";
    }
  }
  return {};
}

}  // namespace

std::string to_hours(Amount amount) {
  const Amount size = amount < 0 ? -amount : amount;
  const std::int64_t cents = divided(size, kAMinute / 100);
  const std::int64_t hour = cents / 6000;
  const std::string rest = hundredths(cents % 6000);
  const bool padded = cents % 6000 < 1000;
  return (amount < 0 && cents > 0 ? "-" : "") + std::to_string(hour) + (padded ? ":0" : ":") + rest;
}

std::string to_days(Amount amount, minutes day) {
  const Amount size = amount < 0 ? -amount : amount;
  const std::int64_t cents = divided(size, day.count() * (kAMinute / 100));
  return (amount < 0 && cents > 0 ? "-" : "") + hundredths(cents) + " d";
}

Status check(const CreditContract& contract) {
  const std::string why = wrong(contract);
  if (why.empty()) return {};
  return Error{Fault::kMisconfigured, "read credit of \"" + contract.id + "\": " + why};
}

const char* to_text(Draw draw) {
  constexpr std::array<const char*, 7> kNames = {
      "drawn", "held", "refused", "deleted", "out of perimeter", "not billable", "not approved"};
  return kNames[static_cast<std::size_t>(draw)];
}

std::string to_text(const Explanation& explanation) {
  const auto& of = explanation;
  std::string out = "entry " + of.entry + ", revision " + std::to_string(of.revision) + ": " +
                    in_minutes(of.time) + ", " + to_text(of.draw);
  if (of.group.empty()) return out;
  out += "; " + of.group + " had " + in_minutes(of.group_before) + ", counted as " +
         in_minutes(of.group_counted_before) + ", and has " +
         in_minutes(of.group_before + of.time) + ", counted as " + in_minutes(of.group_counted) +
         ": " + in_minutes(of.group_counted - of.group_counted_before) + " more";
  if (!of.rates.empty()) {
    out += "; at " + std::to_string(of.percent) + " % (" + join(of.rates, ", ") + ")";
  }
  out += "; " + to_hours(of.amount) + " in all";
  for (const DrawPart& part : of.parts) {
    out += "; " + to_hours(part.amount);
    out += part.block.empty() ? std::string(" on no block")
                              : " on " + part.block + ", which had " + to_hours(part.before) +
                                    " and has " + to_hours(part.after);
  }
  return out;
}

Projection project(const CreditContract& contract, const std::vector<const TimeEntry*>& entries,
                   sys_days today) {
  return Drawing(contract, today).run(entries);
}

}  // namespace navette::backoffice
