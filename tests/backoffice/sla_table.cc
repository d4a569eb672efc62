#include "tests/backoffice/sla_table.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include "base/text.h"

namespace navette::backoffice::test {
namespace {

using std::chrono::minutes;
using std::chrono::sys_days;

constexpr std::string_view kArrow = " => ";

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::string& word : split(text, ' ')) {
    if (!word.empty()) words.push_back(std::move(word));
  }
  return words;
}

template <class T>
T must(std::optional<T> value, const std::string& text) {
  if (!value) throw std::runtime_error("what is \"" + text + "\"?");
  return *value;
}

// "2026-03-02T09:00+01:00"
TimePoint moment(std::string text) {
  constexpr std::size_t kMinutesEnd = 16;
  const std::string said = text;
  return must(parse_rfc3339(text.insert(std::min(kMinutesEnd, text.size()), ":00")), said);
}

sys_days day(const std::string& text) {
  return std::chrono::floor<std::chrono::days>(must(parse_rfc3339(text), text));
}

std::string shown(const std::optional<TimePoint>& time) {
  if (!time) return "-";
  std::string text = to_rfc3339(*time);
  return text.erase(16, 3);
}

std::string shown(sys_days date) {
  return to_rfc3339(date).substr(0, 10);
}

std::string in_minutes(std::chrono::milliseconds time) {
  return std::to_string(std::chrono::floor<minutes>(time).count());
}

// "09:00-12:00,22:00-06:00", "closed"
std::vector<Hours> hours(const std::string& text) {
  std::vector<Hours> out;
  if (text == "closed") return out;
  const auto clock = [](const std::string& at) {
    return minutes(std::stoi(at) * 60 + std::stoi(at.substr(3)));
  };
  for (const std::string& span : split(text, ',')) {
    const auto ends = split(span, '-');
    out.push_back({clock(ends.at(0)), clock(ends.at(1))});
  }
  return out;
}

std::vector<HolidayRule> holidays(const std::string& name) {
  if (name == "none") return {};
  return name == "alsace" ? alsace_moselle_holidays() : french_holidays();
}

std::size_t weekday(const std::string& name) {
  const std::vector<std::string> names = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw std::runtime_error("what day is \"" + name + "\"?");
  return static_cast<std::size_t>(found - names.begin());
}

CalendarRules calendar(const std::vector<std::string>& words) {
  CalendarRules rules;
  rules.name = words.at(1);
  rules.zone = words.at(2);
  rules.holidays = holidays(words.at(3));
  for (std::size_t i = 4; i < words.size(); ++i) {
    const auto parts = split(words[i], '=');
    const auto days = split(parts.at(0), '-');
    for (std::size_t at = weekday(days.front()); at <= weekday(days.back()); ++at) {
      rules.week[at] = hours(parts.at(1));
    }
  }
  return rules;
}

Goal goal_of(const std::string& name) {
  for (const Goal goal : kAllGoals) {
    if (name == to_text(goal)) return goal;
  }
  throw std::runtime_error("what goal is \"" + name + "\"?");
}

template <class T>
T one_of(const std::string& word, const std::map<std::string, T>& words) {
  const auto found = words.find(word);
  if (found == words.end()) throw std::runtime_error("what is \"" + word + "\"?");
  return found->second;
}

SlaContract contract(const std::vector<std::string>& words) {
  const auto said = [&](std::size_t at) { return split(words.at(at), '=').at(1); };
  SlaContract out;
  out.name = words.at(1);
  out.side = one_of<Party>(said(2), {{"client", Party::kClient}, {"provider", Party::kProvider}});
  out.counts_seen_time = one_of<bool>(said(3), {{"seen", true}, {"happened", false}});
  out.on_priority = one_of<OnPriority>(said(4), {{"keep", OnPriority::kKeepUsed},
                                                 {"start", OnPriority::kFromStart},
                                                 {"restart", OnPriority::kRestart}});
  out.on_reopen = one_of<OnReopen>(
      said(5),
      {{"goon", OnReopen::kGoOn}, {"count", OnReopen::kCountAll}, {"restart", OnReopen::kRestart}});
  return out;
}

void define_status(SlaContract& of, const std::vector<std::string>& words) {
  StatusRule& rule = of.statuses[words.at(2)];
  for (std::size_t i = 3; i < words.size(); ++i) {
    const auto parts = split(words[i], '=');
    PerGoal<bool>& flags = parts.at(0) == "pauses" ? rule.pauses : rule.meets;
    if (parts.at(1) == "all") {
      flags.fill(true);
      continue;
    }
    for (const std::string& goal : split(parts[1], ',')) flags[index_of(goal_of(goal))] = true;
  }
}

TicketEvent event_of(const std::string& text, std::size_t number) {
  const auto words = words_of(text);
  TicketEvent event;
  event.id = "e" + std::to_string(number);
  event.at = moment(words.at(0));
  event.side = words.at(1) == "client" ? Party::kClient : Party::kProvider;
  event.seen = event.at;
  event.order = static_cast<std::int64_t>(number);
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "unseen") event.seen.reset();
    if (word.front() == '+') event.seen = event.at + minutes(std::stoi(word.substr(1)));
    if (word == "opened") event.opened = true;
    if (word == "answered") event.answered = true;
    if (word.starts_with("status:")) event.status = word.substr(7);
    if (word.starts_with("priority:")) event.priority = word.substr(9);
  }
  return event;
}

std::string words_for(Goal goal, const GoalState& state) {
  std::string out = to_text(goal) + std::string(" ") + to_text(state.verdict);
  if (state.verdict == Verdict::kNone) return out;
  return out + " " + in_minutes(state.used) + " " + shown(state.deadline) +
         (state.paused ? " paused" : "");
}

}  // namespace

SlaTable::SlaTable(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    const auto arrow = line.find(kArrow);
    if (arrow != std::string::npos) {
      cases_.push_back({number, line.substr(0, arrow), line.substr(arrow + kArrow.size())});
      continue;
    }
    try {
      define(words_of(line));
    } catch (const std::exception& error) {
      throw std::runtime_error("line " + std::to_string(number) + ": " + error.what());
    }
  }
  finish();
}

void SlaTable::define(const std::vector<std::string>& words) {
  const std::string& kind = words.at(0);
  const std::string& name = words.at(1);
  if (kind == "calendar") {
    rules_[name] = calendar(words);
  } else if (kind == "closed") {
    for (std::size_t i = 2; i < words.size(); ++i) rules_.at(name).closed.push_back(day(words[i]));
  } else if (kind == "special") {
    rules_.at(name).special[day(words.at(2))] = hours(words.at(3));
  } else if (kind == "contract") {
    contracts_[name] = contract(words);
  } else if (kind == "target") {
    const std::string priority = words.at(2) == "*" ? "" : words[2];
    contracts_.at(name).targets[priority][index_of(goal_of(words.at(3)))] =
        Target{minutes(std::stoi(words.at(4))), words.at(5)};
  } else if (kind == "status") {
    define_status(contracts_.at(name), words);
  } else {
    throw std::runtime_error("what is a " + kind + "?");
  }
}

void SlaTable::finish() {
  for (const auto& [name, rules] : rules_) {
    auto made = Calendar::make(rules);
    if (!made) throw std::runtime_error(made.error().message);
    calendars_.emplace(name, *std::move(made));
  }
  for (auto& [name, of] : contracts_) {
    of.calendars = calendars_;
    if (const Status status = check(of); !status) throw std::runtime_error(status.error().message);
  }
}

std::string SlaTable::answer(const TableCase& one) const {
  const auto words = words_of(one.asked);
  const std::string& kind = words.at(0);
  if (kind == "easter") return shown(easter_sunday(std::chrono::year(std::stoi(words.at(1)))));
  if (kind == "holidays") {
    std::vector<sys_days> days;
    for (const HolidayRule& rule : holidays(words.at(1))) {
      const auto date = holiday_in(rule, std::chrono::year(std::stoi(words.at(2))));
      if (date) days.push_back(*date);
    }
    std::sort(days.begin(), days.end());
    days.erase(std::unique(days.begin(), days.end()), days.end());  // two on one day: May 1st, 2008
    std::vector<std::string> texts;
    for (const sys_days date : days) texts.push_back(shown(date));
    return join(texts, " ");
  }
  if (kind == "sla") return answer_sla(one.asked);
  const Calendar& of = calendars_.at(words.at(1));
  const TimePoint from = moment(words.at(2));
  if (kind == "after") return shown(of.after(from, minutes(std::stoi(words.at(3)))));
  if (kind == "open") return in_minutes(of.open_between(from, moment(words.at(3))));
  throw std::runtime_error("what is a case of " + kind + "?");
}

std::string SlaTable::answer_sla(const std::string& asked) const {
  const auto parts = split(asked, '|');
  const auto head = words_of(parts.at(0));
  std::vector<TicketEvent> events;
  for (std::size_t i = 1; i < parts.size(); ++i) events.push_back(event_of(parts[i], i));
  const SlaState state = evaluate(events, contracts_.at(head.at(1)), moment(head.at(2)));
  std::vector<std::string> goals;
  for (const Goal goal : kAllGoals) goals.push_back(words_for(goal, state.of(goal)));
  return join(goals, "; ");
}

}  // namespace navette::backoffice::test
