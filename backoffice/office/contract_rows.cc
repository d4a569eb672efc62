#include "backoffice/office/contract_rows.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <tuple>
#include <utility>

#include "base/text.h"

namespace navette::backoffice {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::sys_days;

// ---- words -------------------------------------------------------------------------------------

template <std::size_t N>
using Words = std::array<const char*, N>;
constexpr Words<2> kParty = {"client", "provider"};
constexpr Words<2> kOrder = {"worked", "entered"};
constexpr Words<4> kScope = {"entry", "ticket", "ticket_day", "day"};
constexpr Words<3> kDirection = {"up", "nearest", "down"};
constexpr Words<3> kRates = {"first", "highest", "product"};
constexpr Words<2> kBeyond = {"hold", "refuse"};
constexpr Words<3> kCarry = {"nothing", "rest", "rest_and_overrun"};
constexpr Words<3> kOnPriority = {"keep_used", "from_start", "restart"};
constexpr Words<3> kOnReopen = {"go_on", "count_all", "restart"};

template <std::size_t N, class Value>
std::string word(const Words<N>& words, Value value) {
  return words[static_cast<std::size_t>(value)];
}

// The tables' checks let no other word in.
template <class Value, std::size_t N>
Value value_of(const Words<N>& words, const std::string& word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return static_cast<Value>(found == words.end() ? 0 : found - words.begin());
}

std::string list(const std::vector<int>& numbers) {
  std::vector<std::string> texts;
  texts.reserve(numbers.size());
  for (const int number : numbers) texts.push_back(std::to_string(number));
  return join(texts, " ");
}

std::vector<int> numbers_of(const std::string& list) {
  std::vector<int> out;
  for (const std::string& text : split(list, ' ')) {
    int number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec == std::errc()) out.push_back(number);
  }
  return out;
}

std::string goals(const PerGoal<bool>& which) {
  std::vector<std::string> names;
  for (const Goal goal : kAllGoals) {
    if (which[index_of(goal)]) names.emplace_back(to_text(goal));
  }
  return join(names, " ");
}

PerGoal<bool> goals_of(const std::string& list) {
  PerGoal<bool> out{};
  const auto names = split(list, ' ');
  for (const Goal goal : kAllGoals) {
    out[index_of(goal)] = std::find(names.begin(), names.end(), to_text(goal)) != names.end();
  }
  return out;
}

std::int64_t flag(bool value) {
  return value ? 1 : 0;
}

sys_days day_of(const std::string& text) {
  return parse_day(text).value_or(sys_days());
}

// ---- columns -----------------------------------------------------------------------------------

struct ContractTable {
  const char* name;
  std::vector<std::string> columns;  // after client, contract, version
  const char* order;
};

const std::vector<ContractTable>& contract_tables() {
  static const std::vector<ContractTable> tables = {
      {"contracts",
       {"drawn_by", "rounding_scope", "rounding", "rounding_step", "rounding_minimum", "rates",
        "beyond", "split", "day_minutes", "warn_percents", "warn_days"},
       "recorded"},
      {"perimeter", {"application"}, "application"},
      {"credit_blocks",
       {"block", "place", "first_day", "last_day", "size", "rank", "overrun_percent", "carry",
        "carry_to"},
       "place"},
      {"block_activities", {"block", "activity"}, "activity"},
      {"top_ups", {"block", "top_up", "place", "amount"}, "place"},
      {"rate_rules",
       {"rule", "name", "percent", "holidays_only", "started_from", "started_to"},
       "rule"},
      {"rate_conditions", {"rule", "kind", "value"}, "kind, value"},
      {"holidays", {"side", "calendar", "place", "name", "month", "day", "since"}, "place"},
      {"agreements", {"side", "name", "counts_seen_time", "on_priority", "on_reopen"}, "side"},
      {"agreement_targets", {"side", "priority", "goal", "time", "calendar"}, "priority, goal"},
      {"agreement_statuses", {"side", "status", "pauses", "meets", "waits_for"}, "status"},
      {"calendars", {"side", "calendar", "zone"}, "calendar"},
      {"calendar_hours",
       {"side", "calendar", "weekday", "place", "from_minute", "to_minute"},
       "weekday, place"},
      {"calendar_days",
       {"side", "calendar", "day", "place", "kind", "from_minute", "to_minute"},
       "day, place"},
  };
  return tables;
}

const ContractTable& table_named(const std::string& name) {
  const auto& all = contract_tables();
  return *std::find_if(all.begin(), all.end(),
                       [&](const ContractTable& table) { return table.name == name; });
}

// ---- to rows -----------------------------------------------------------------------------------

class Writer {
 public:
  std::vector<ContractRow> rows;

  void put(const char* table, Cells cells) { rows.push_back({table, std::move(cells)}); }

  void holidays(const std::string& side, const std::string& calendar,
                const std::vector<HolidayRule>& rules) {
    std::int64_t place = 0;
    for (const HolidayRule& rule : rules) {
      put("holidays", {side, calendar, ++place, rule.name, std::int64_t{rule.month},
                       std::int64_t{rule.day}, std::int64_t{rule.since}});
    }
  }

  void block(const CreditBlock& block, std::int64_t place) {
    put("credit_blocks", {block.id, place, to_text(block.from), to_text(block.to), block.size,
                          std::int64_t{block.rank}, std::int64_t{block.overrun_percent},
                          word(kCarry, block.carry), block.carry_to});
    for (const std::string& activity : block.activities) {
      put("block_activities", {block.id, activity});
    }
    std::int64_t top_up_place = 0;
    for (const TopUp& top_up : block.top_ups) {
      put("top_ups", {block.id, top_up.id, ++top_up_place, top_up.amount});
    }
  }

  void rate(const RateRule& rule, std::int64_t number) {
    const std::int64_t from = rule.started ? rule.started->first.count() : -1;
    const std::int64_t to = rule.started ? rule.started->second.count() : -1;
    put("rate_rules",
        {number, rule.name, std::int64_t{rule.percent}, flag(rule.holidays_only), from, to});
    for (const auto& activity : rule.activities) {
      put("rate_conditions", {number, std::string("activity"), activity});
    }
    for (const auto& level : rule.levels) {
      put("rate_conditions", {number, std::string("level"), level});
    }
    for (const unsigned weekday : rule.weekdays) {
      put("rate_conditions", {number, std::string("weekday"), std::to_string(weekday)});
    }
  }

  void hours(const std::string& side, const std::string& calendar, const CalendarRules& rules) {
    for (std::size_t i = 0; i < rules.week.size(); ++i) {
      std::int64_t place = 0;
      for (const Hours& hours : rules.week[i]) {
        put("calendar_hours", {side, calendar, static_cast<std::int64_t>(i + 1), ++place,
                               hours.from.count(), hours.to.count()});
      }
    }
    std::int64_t place = 0;
    for (const sys_days closed : rules.closed) {
      put("calendar_days", {side, calendar, to_text(closed), ++place, std::string("closed"),
                            std::int64_t{0}, std::int64_t{0}});
    }
    for (const auto& [day, pieces] : rules.special) {
      // A special day without hours is one row that is empty: from 0 to 0, at place 0.
      if (pieces.empty()) {
        put("calendar_days", {side, calendar, to_text(day), std::int64_t{0}, std::string("special"),
                              std::int64_t{0}, std::int64_t{0}});
      }
      std::int64_t piece = 0;
      for (const Hours& hours : pieces) {
        put("calendar_days", {side, calendar, to_text(day), ++piece, std::string("special"),
                              hours.from.count(), hours.to.count()});
      }
    }
  }

  void agreement(const std::string& side, const SlaContract& agreed) {
    put("agreements", {side, agreed.name, flag(agreed.counts_seen_time),
                       word(kOnPriority, agreed.on_priority), word(kOnReopen, agreed.on_reopen)});
    for (const auto& [priority, targets] : agreed.targets) {
      for (const Goal goal : kAllGoals) {
        const auto& target = targets[index_of(goal)];
        if (!target) continue;
        put("agreement_targets",
            {side, priority, std::string(to_text(goal)), target->time.count(), target->calendar});
      }
    }
    for (const auto& [status, rule] : agreed.statuses) {
      put("agreement_statuses",
          {side, status, goals(rule.pauses), goals(rule.meets), rule.waits_for});
    }
    for (const auto& [name, calendar] : agreed.calendars) {
      put("calendars", {side, name, calendar.rules().zone});
      hours(side, name, calendar.rules());
      holidays(side, name, calendar.rules().holidays);
    }
  }
};

// ---- from rows ---------------------------------------------------------------------------------

using Version = std::pair<std::string, std::int64_t>;  // contract, number
// By table, by version.
using Found = std::map<std::string, std::map<Version, std::vector<Row>>>;

class Reader {
 public:
  Reader(const Found& found, Version version) : found_(found), version_(std::move(version)) {}

  Result<Contract> read() {
    Contract out;
    out.credit.id = version_.first;
    const Row& head = rows("contracts").front();
    CreditContract& credit = out.credit;
    credit.order = value_of<CreditContract::Order>(kOrder, head.text(0));
    credit.rounding.scope = value_of<Rounding::Scope>(kScope, head.text(1));
    credit.rounding.direction = value_of<Rounding::Direction>(kDirection, head.text(2));
    credit.rounding.step = minutes(head.integer(3));
    credit.rounding.minimum = minutes(head.integer(4));
    credit.combine = value_of<CreditContract::Rates>(kRates, head.text(5));
    credit.beyond = value_of<CreditContract::Beyond>(kBeyond, head.text(6));
    credit.split = head.flag(7);
    out.day = minutes(head.integer(8));
    credit.warn_percents = numbers_of(head.text(9));
    credit.warn_days = numbers_of(head.text(10));
    for (const Row& row : rows("perimeter")) out.perimeter.insert(row.text(0));
    read_blocks(credit);
    read_rates(credit);
    credit.holidays = holidays("", "");
    for (const Row& row : rows("agreements")) {
      auto agreed = agreement(row);
      if (!agreed) return agreed.error();
      out.agreed.emplace(agreed->side, *std::move(agreed));
    }
    return out;
  }

 private:
  const std::vector<Row>& rows(const std::string& table) const {
    static const std::vector<Row> none;
    const auto by_version = found_.find(table);
    if (by_version == found_.end()) return none;
    const auto rows = by_version->second.find(version_);
    return rows == by_version->second.end() ? none : rows->second;
  }

  void read_blocks(CreditContract& credit) const {
    for (const Row& row : rows("credit_blocks")) {
      CreditBlock block;
      block.id = row.text(0);
      block.from = day_of(row.text(2));
      block.to = day_of(row.text(3));
      block.size = row.integer(4);
      block.rank = static_cast<int>(row.integer(5));
      block.overrun_percent = static_cast<int>(row.integer(6));
      block.carry = value_of<CreditBlock::Carry>(kCarry, row.text(7));
      block.carry_to = row.text(8);
      for (const Row& activity : rows("block_activities")) {
        if (activity.text(0) == block.id) block.activities.insert(activity.text(1));
      }
      for (const Row& top_up : rows("top_ups")) {
        if (top_up.text(0) == block.id) {
          block.top_ups.push_back({top_up.text(1), top_up.integer(3)});
        }
      }
      credit.blocks.push_back(std::move(block));
    }
  }

  void read_rates(CreditContract& credit) const {
    for (const Row& row : rows("rate_rules")) {
      RateRule rule;
      rule.name = row.text(1);
      rule.percent = static_cast<int>(row.integer(2));
      rule.holidays_only = row.flag(3);
      if (row.integer(4) >= 0) {
        rule.started = std::pair(minutes(row.integer(4)), minutes(row.integer(5)));
      }
      for (const Row& condition : rows("rate_conditions")) {
        if (condition.integer(0) != row.integer(0)) continue;
        if (condition.text(1) == "activity") rule.activities.insert(condition.text(2));
        if (condition.text(1) == "level") rule.levels.insert(condition.text(2));
        if (condition.text(1) == "weekday") {
          rule.weekdays.insert(static_cast<unsigned>(condition.integer(2)));
        }
      }
      credit.rates.push_back(std::move(rule));
    }
  }

  std::vector<HolidayRule> holidays(const std::string& side, const std::string& calendar) const {
    std::vector<HolidayRule> out;
    for (const Row& row : rows("holidays")) {
      if (row.text(0) != side || row.text(1) != calendar) continue;
      out.push_back({row.text(3), static_cast<int>(row.integer(4)),
                     static_cast<int>(row.integer(5)), static_cast<int>(row.integer(6))});
    }
    return out;
  }

  Result<Calendar> calendar(const std::string& side, const Row& head) const {
    CalendarRules rules;
    rules.name = head.text(1);
    rules.zone = head.text(2);
    const auto meant = [&](const Row& row) {
      return row.text(0) == side && row.text(1) == rules.name;
    };
    for (const Row& row : rows("calendar_hours")) {
      if (!meant(row)) continue;
      rules.week[static_cast<std::size_t>(row.integer(2) - 1)].push_back(
          {minutes(row.integer(4)), minutes(row.integer(5))});
    }
    std::map<std::int64_t, sys_days> closed;  // in the order of the rules
    for (const Row& row : rows("calendar_days")) {
      if (!meant(row)) continue;
      const sys_days day = day_of(row.text(2));
      if (row.text(4) == "closed") {
        closed.emplace(row.integer(3), day);
        continue;
      }
      auto& pieces = rules.special[day];
      if (row.integer(3) != 0) {
        pieces.push_back({minutes(row.integer(5)), minutes(row.integer(6))});
      }
    }
    for (const auto& [place, day] : closed) rules.closed.push_back(day);
    rules.holidays = holidays(side, rules.name);
    return Calendar::make(std::move(rules));
  }

  Result<SlaContract> agreement(const Row& head) const {
    SlaContract out;
    const std::string& side = head.text(0);
    out.side = party_of(side);
    out.name = head.text(1);
    out.counts_seen_time = head.flag(2);
    out.on_priority = value_of<OnPriority>(kOnPriority, head.text(3));
    out.on_reopen = value_of<OnReopen>(kOnReopen, head.text(4));
    for (const Row& row : rows("agreement_targets")) {
      if (row.text(0) != side) continue;
      for (const Goal goal : kAllGoals) {
        if (row.text(2) != to_text(goal)) continue;
        out.targets[row.text(1)][index_of(goal)] =
            Target{milliseconds(row.integer(3)), row.text(4)};
      }
    }
    for (const Row& row : rows("agreement_statuses")) {
      if (row.text(0) != side) continue;
      out.statuses[row.text(1)] = {goals_of(row.text(2)), goals_of(row.text(3)), row.text(4)};
    }
    for (const Row& row : rows("calendars")) {
      if (row.text(0) != side) continue;
      auto made = calendar(side, row);
      if (!made) return made.error();
      out.calendars.emplace(row.text(1), *std::move(made));
    }
    return out;
  }

  const Found& found_;
  Version version_;
};

}  // namespace

std::string word_of(Party side) {
  return word(kParty, side);
}

Party party_of(const std::string& word) {
  return value_of<Party>(kParty, word);
}

std::vector<ContractRow> rows_of(const Contract& contract) {
  const CreditContract& credit = contract.credit;
  Writer writer;
  writer.put("contracts",
             {word(kOrder, credit.order), word(kScope, credit.rounding.scope),
              word(kDirection, credit.rounding.direction), credit.rounding.step.count(),
              credit.rounding.minimum.count(), word(kRates, credit.combine),
              word(kBeyond, credit.beyond), flag(credit.split), contract.day.count(),
              list(credit.warn_percents), list(credit.warn_days)});
  for (const std::string& application : contract.perimeter) {
    writer.put("perimeter", {application});
  }
  std::int64_t place = 0;
  for (const CreditBlock& block : credit.blocks) writer.block(block, ++place);
  std::int64_t rule = 0;
  for (const RateRule& rate : credit.rates) writer.rate(rate, ++rule);
  writer.holidays("", "", credit.holidays);
  for (const auto& [side, agreed] : contract.agreed) writer.agreement(word_of(side), agreed);
  return std::move(writer.rows);
}

Status write_contract(Tables& tables, const std::string& client, const Contract& contract,
                      std::int64_t version, std::int64_t recorded) {
  for (const ContractRow& row : rows_of(contract)) {
    std::string sql = "INSERT INTO " + row.table + " (client, contract, version";
    Cells cells = {client, contract.credit.id, version};
    if (row.table == "contracts") {
      sql += ", recorded";
      cells.emplace_back(recorded);
    }
    for (const std::string& column : table_named(row.table).columns) sql += ", " + column;
    cells.insert(cells.end(), row.cells.begin(), row.cells.end());
    sql += ") VALUES (";
    for (std::size_t i = 1; i <= cells.size(); ++i) {
      sql += (i == 1 ? "$" : ", $") + std::to_string(i);
    }
    NAVETTE_TRY(tables.run(sql + ")", cells));
  }
  return {};
}

Result<std::vector<Known<Contract>>> read_contracts(Tables& tables, const std::string& client) {
  Found found;
  std::vector<std::pair<Version, TimePoint>> versions;
  for (const ContractTable& table : contract_tables()) {
    std::string sql = "SELECT " + join(table.columns, ", ") + ", contract, version";
    if (std::string_view(table.name) == "contracts") sql += ", recorded";
    const std::size_t own = table.columns.size();
    auto rows = tables.run(sql + " FROM " + table.name + " WHERE client = $1 ORDER BY " +
                               table.order + ", contract, version",
                           {client}, static_cast<int>(own) + (found.empty() ? 3 : 2));
    if (!rows) return rows.error();
    auto& by_version = found[table.name];
    for (Row& row : *rows) {
      const Version version(row.text(own), row.integer(own + 1));
      if (found.size() == 1) {
        versions.emplace_back(version, TimePoint(milliseconds(row.integer(own + 2))));
      }
      by_version[version].push_back(std::move(row));
    }
  }
  std::vector<Known<Contract>> out;
  for (const auto& [version, recorded] : versions) {
    auto contract = Reader(found, version).read();
    if (!contract) return contract.error();
    out.push_back({recorded, *std::move(contract)});
  }
  return out;
}

}  // namespace navette::backoffice
