#include "backoffice/reports.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "backoffice/report_view.h"
#include "backoffice/sla_compare.h"

namespace navette::backoffice {
namespace {

using std::chrono::minutes;
using std::chrono::sys_days;

// ---- service levels ----------------------------------------------------------------------------

const std::vector<Column> kSlaColumns = {{"ticket"},     {"side"},    {"goal"},    {"target", true},
                                         {"used", true}, {"verdict"}, {"deadline"}};

void add_clocks(const View& view, const std::string& ticket, Section& section) {
  for (const SlaContract* agreed : view.agreements_for(ticket)) {
    const SlaState state = view.clocks(ticket, *agreed);
    for (const Goal goal : kAllGoals) {
      const GoalState& one = state.of(goal);
      if (one.verdict == Verdict::kNone) continue;
      section.rows.push_back(
          {Field::text(ticket), view.say("side", to_text(agreed->side)),
           view.say("goal", to_text(goal)), View::time(one.target.time), View::time(one.used),
           view.say("verdict", to_text(one.verdict)),
           one.deadline && !one.met ? view.moment(*one.deadline) : View::nothing()});
    }
  }
}

// ---- the day -----------------------------------------------------------------------------------

// What a day did, by kind; and the tickets that it touched.
class Day {
 public:
  explicit Day(const View& view) : view_(view) {
    events();
    comments();
    time();
  }

  Report report() {
    Report out = view_.report("daily");
    out.sections = {credit(), tickets(), std::move(events_), std::move(comments_),
                    std::move(time_)};
    out.sections.push_back({"sla", kSlaColumns, {}});
    for (const auto& [ticket, touched] : touched_) add_clocks(view_, ticket, out.sections.back());
    return out;
  }

 private:
  struct Touched {
    std::int64_t events = 0;
    std::int64_t comments = 0;
    minutes time{0};
  };

  void events() {
    events_ = {"events", {{"ticket"}, {"at"}, {"side"}, {"event"}}, {}};
    std::vector<const Happened*> seen;
    for (const auto& [recorded, happened] : view_.records().events) {
      if (view_.on_the_day(recorded) && view_.may_see(known(happened))) seen.push_back(&happened);
    }
    std::stable_sort(seen.begin(), seen.end(), [](const Happened* a, const Happened* b) {
      return std::tie(a->ticket, a->event.at) < std::tie(b->ticket, b->event.at);
    });
    for (const Happened* one : seen) {
      ++touched_[one->ticket].events;
      const TicketEvent& event = one->event;
      events_.rows.push_back({Field::text(one->ticket), view_.moment(event.at),
                              view_.say("side", to_text(event.side)), said(event)});
    }
  }

  // As it was known by the day's end.
  TicketEvent known(const Happened& happened) const {
    TicketEvent out = happened.event;
    if (happened.seen_recorded >= view_.end()) out.seen.reset();
    return out;
  }

  Field said(const TicketEvent& event) const {
    std::vector<std::pair<std::string, std::string>> parts;
    if (event.opened) parts.emplace_back("what.opened", "");
    if (event.answered) parts.emplace_back("what.answered", "");
    if (event.status) parts.emplace_back("what.status", *event.status);
    if (event.priority) parts.emplace_back("what.priority", *event.priority);
    Field out;
    std::string value;
    for (const auto& [key, detail] : parts) {
      const std::string tail = detail.empty() ? "" : ": " + detail;
      out.shown += (out.shown.empty() ? "" : ", ") + word(key, view_.language()) + tail;
      value += (value.empty() ? "" : ", ") + key.substr(5) + tail;
    }
    out.value = value;
    return out;
  }

  void comments() {
    comments_ = {"comments", {{"ticket"}, {"at"}, {"author"}, {"visibility"}, {"body"}}, {}};
    for (const auto& [ticket, of_ticket] : view_.after().comments) {
      for (const auto& [id, known] : of_ticket) {
        const Comment& comment = known->value;
        if (!view_.on_the_day(known->recorded) || !view_.may_see(comment)) continue;
        ++touched_[ticket].comments;
        const bool withdrawn = view_.is_withdrawn(comment);
        Field body = comment.deleted ? view_.say("what", "deleted")
                     : withdrawn     ? view_.say("what", "withheld")
                                     : Field::text(comment.body);
        comments_.rows.push_back(
            {Field::text(ticket), view_.moment(comment.at), Field::text(comment.author),
             view_.say("visibility", to_text(comment.visibility)), std::move(body)});
      }
    }
  }

  void time() {
    time_ = {"time",
             {{"ticket"},
              {"entry"},
              {"worked"},
              {"author"},
              {"activity"},
              {"minutes", true},
              {"previous_minutes", true},
              {"draw"},
              {"amount", true}},
             {}};
    std::set<std::tuple<std::string, std::string>> touched;  // ticket, entry
    for (const auto& [recorded, work] : view_.records().work) {
      if (work.side != Party::kProvider || !view_.on_the_day(recorded)) continue;
      const TimeEntry& latest = *view_.after().work.at(Party::kProvider).at(work.entry.id);
      touched.emplace(latest.ticket, latest.id);
    }
    for (const auto& [ticket, id] : touched) add_time(id);
  }

  void add_time(const std::string& id) {
    const TimeEntry& entry = *view_.after().work.at(Party::kProvider).at(id);
    const TimeEntry* previous = nullptr;
    const auto before = view_.before().work.find(Party::kProvider);
    if (before != view_.before().work.end()) {
      const auto found = before->second.find(id);
      if (found != before->second.end() && view_.may_see(*found->second)) previous = found->second;
    }
    if (!view_.may_see(entry) && previous == nullptr) return;
    Touched& touched = touched_[entry.ticket];
    const minutes had = previous == nullptr || previous->deleted ? minutes(0) : previous->time;
    touched.time += (entry.deleted ? minutes(0) : entry.time) - had;
    const Explanation* explained = view_.explained(entry);
    time_.rows.push_back(
        {Field::text(entry.ticket), Field::text(id), view_.day(entry.worked),
         Field::text(entry.author), Field::text(entry.activity), View::time(entry.time),
         previous == nullptr ? View::nothing() : View::time(previous->time),
         explained == nullptr ? View::nothing() : view_.say("draw", to_text(explained->draw)),
         explained == nullptr ? View::nothing() : View::amount(explained->amount)});
  }

  Section credit() const {
    Section out{"credit",
                {{"contract"}, {"block"}, {"before", true}, {"after", true}, {"difference", true}},
                {}};
    for (const auto& [contract, position] : view_.positions()) {
      const auto earlier = view_.positions_before().find(contract);
      for (const auto& [block, state] : position.projection.blocks) {
        Amount before = 0;
        if (earlier != view_.positions_before().end()) {
          const auto& blocks = earlier->second.projection.blocks;
          const auto found = blocks.find(block);
          if (found != blocks.end()) before = found->second.left;
        }
        out.rows.push_back({Field::text(contract), Field::text(block), View::amount(before),
                            View::amount(state.left), View::amount(state.left - before)});
      }
    }
    return out;
  }

  Section tickets() const {
    Section out{"tickets",
                {{"ticket"},
                 {"title"},
                 {"events", true},
                 {"comments", true},
                 {"minutes", true},
                 {"before", true},
                 {"after", true},
                 {"drawn", true}},
                {}};
    for (const auto& [ticket, touched] : touched_) {
      const Amount before = view_.drawn_before(ticket);
      const Amount after = view_.drawn(ticket);
      out.rows.push_back({Field::text(ticket), Field::text(view_.title_of(ticket)),
                          Field::number(touched.events), Field::number(touched.comments),
                          View::time(touched.time), View::amount(before), View::amount(after),
                          View::amount(after - before)});
    }
    return out;
  }

  const View& view_;
  std::map<std::string, Touched> touched_;  // by ticket
  Section events_;
  Section comments_;
  Section time_;
};

// ---- credit ------------------------------------------------------------------------------------

Section blocks_of(const View& view) {
  Section out{"blocks",
              {{"contract"},
               {"block"},
               {"from"},
               {"to"},
               {"granted", true},
               {"drawn", true},
               {"left", true},
               {"percent_used", true},
               {"carried", true},
               {"lost", true}},
              {}};
  for (const auto& [id, position] : view.positions()) {
    for (const CreditBlock& block : view.after().contracts.at(id)->credit.blocks) {
      const BlockState& state = position.projection.blocks.at(block.id);
      const std::int64_t percent = state.granted > 0 ? 100 * state.drawn / state.granted : 0;
      Field used = Field::number(percent);
      used.shown += " %";
      out.rows.push_back({Field::text(id), Field::text(block.id), view.day(block.from),
                          view.day(block.to), View::amount(state.granted),
                          View::amount(state.drawn), View::amount(state.left), std::move(used),
                          View::amount(state.carried), View::amount(state.lost)});
    }
  }
  return out;
}

Section limits_of(const View& view) {
  Section out{"limits", {{"contract"}, {"block"}, {"limit", true}, {"what"}, {"entry"}}, {}};
  for (const auto& [id, position] : view.positions()) {
    for (const CreditEvent& event : position.projection.events) {
      const bool used = event.kind == CreditEvent::Kind::kUsed;
      out.rows.push_back({Field::text(id), Field::text(event.block), Field::number(event.limit),
                          view.say("limit", used ? "used" : "ends"), Field::text(event.entry)});
    }
  }
  return out;
}

Section drawn_by_ticket(const View& view) {
  Section out{"tickets", {{"contract"}, {"ticket"}, {"title"}, {"drawn", true}}, {}};
  for (const auto& [id, position] : view.positions()) {
    for (const auto& [ticket, amount] : position.drawn) {
      if (amount == 0) continue;
      out.rows.push_back({Field::text(id), Field::text(ticket), Field::text(view.title_of(ticket)),
                          View::amount(amount)});
    }
  }
  return out;
}

Section uncovered_of(const View& view) {
  Section out{"credit", {{"contract"}, {"held", true}, {"refused", true}}, {}};
  for (const auto& [id, position] : view.positions()) {
    out.rows.push_back({Field::text(id), View::amount(position.projection.held),
                        View::amount(position.projection.refused)});
  }
  return out;
}

void add_explanation(const View& view, const TimeEntry& entry, const Explanation& of, Report& out) {
  auto& facts = out.facts;
  facts.emplace_back("entry", Field::text(of.entry));
  facts.emplace_back("revision", Field::number(of.revision));
  facts.emplace_back("ticket", Field::text(entry.ticket));
  facts.emplace_back("worked", view.day(entry.worked));
  facts.emplace_back("minutes", View::time(of.time));
  facts.emplace_back("draw", view.say("draw", to_text(of.draw)));
  if (!of.group.empty()) {
    const auto blank = std::min(of.group.find(' '), of.group.size());
    facts.emplace_back(
        "group", Field{word(of.group.substr(0, blank), view.language()) + of.group.substr(blank),
                       Json(of.group)});
    facts.emplace_back("group_before", View::time(of.group_before));
    facts.emplace_back("counted_before", View::time(of.group_counted_before));
    facts.emplace_back("counted", View::time(of.group_counted));
    Json names = Json::array();
    std::string shown;
    for (const std::string& rate : of.rates) {
      names.push(rate);
      shown += (shown.empty() ? "" : ", ") + rate;
    }
    facts.emplace_back(
        "rates", Field{shown.empty() ? word("none", view.language()) : shown, std::move(names)});
    Field percent = Field::number(of.percent);
    percent.shown += " %";
    facts.emplace_back("percent", std::move(percent));
  }
  facts.emplace_back("amount", View::amount(of.amount));
  Section parts{"parts", {{"block"}, {"drawn", true}, {"before", true}, {"after", true}}, {}};
  for (const DrawPart& part : of.parts) {
    const bool covered = !part.block.empty();
    parts.rows.push_back(
        {covered ? Field::text(part.block) : Field{word("uncovered", view.language()), Json()},
         View::amount(part.amount), covered ? View::amount(part.before) : View::nothing(),
         covered ? View::amount(part.after) : View::nothing()});
  }
  out.sections.push_back(std::move(parts));
}

}  // namespace

Report daily_report(const Records& records, const Reading& reading) {
  const View view(records, reading);
  return Day(view).report();
}

Report credit_report(const Records& records, const Reading& reading) {
  const View view(records, reading);
  Report out = view.report("credit");
  out.sections = {blocks_of(view), uncovered_of(view), limits_of(view), drawn_by_ticket(view)};
  return out;
}

Result<Report> explain_report(const Records& records, const std::string& entry,
                              const Reading& reading) {
  const View view(records, reading);
  const auto refuse = [&](const std::string& why) {
    return Error{Fault::kRejected, "explain entry " + entry + " of client " + records.client.id +
                                       " on " + to_text(reading.day) + ": " + why};
  };
  const auto work = view.after().work.find(Party::kProvider);
  if (work == view.after().work.end() || work->second.count(entry) == 0 ||
      !view.may_see(*work->second.at(entry))) {
    return refuse("there is none of this id by then");
  }
  const TimeEntry& found = *work->second.at(entry);
  const Explanation* explained = view.explained(found);
  if (explained == nullptr) return refuse("its ticket " + found.ticket + " is on no contract");
  Report out = view.report("explain");
  add_explanation(view, found, *explained, out);
  return out;
}

Report sla_report(const Records& records, const Reading& reading) {
  const View view(records, reading);
  Report out = view.report("sla");
  Section clocks{"sla", kSlaColumns, {}};
  Section differences{"differences", {{"ticket"}, {"why"}}, {}};
  for (const auto& [ticket, state] : view.after().tickets) {
    add_clocks(view, ticket, clocks);
    const auto agreements = view.agreements_for(ticket);
    const auto events = view.after().events.find(ticket);
    if (agreements.size() < 2 || events == view.after().events.end()) continue;
    for (const Difference& one :
         compare(events->second, *agreements[0], *agreements[1], view.judged_at())) {
      for (const std::string& why : explain(one, *agreements[0], *agreements[1])) {
        differences.rows.push_back({Field::text(ticket), Field::text(why)});
      }
    }
  }
  out.sections.push_back(std::move(clocks));
  if (!view.for_client()) out.sections.push_back(std::move(differences));
  return out;
}

Report drift_report(const Records& records, const Reading& reading) {
  const View view(records, reading);
  std::map<std::pair<std::string, std::string>, std::map<Party, minutes>> hours;
  for (const auto& [side, entries] : view.after().work) {
    for (const auto& [id, entry] : entries) {
      if (entry->deleted || (side == Party::kProvider && !view.may_see(*entry))) continue;
      hours[{entry->ticket, to_text(entry->worked).substr(0, 7)}][side] += entry->time;
    }
  }
  Report out = view.report("drift");
  Section section{"drift",
                  {{"ticket"},
                   {"title"},
                   {"month"},
                   {"client_minutes", true},
                   {"provider_minutes", true},
                   {"difference", true}},
                  {}};
  for (auto& [key, sides] : hours) {
    const minutes client = sides[Party::kClient];
    const minutes provider = sides[Party::kProvider];
    section.rows.push_back({Field::text(key.first), Field::text(view.title_of(key.first)),
                            Field::text(key.second), View::time(client), View::time(provider),
                            View::time(provider - client)});
  }
  out.sections.push_back(std::move(section));
  return out;
}

}  // namespace navette::backoffice
