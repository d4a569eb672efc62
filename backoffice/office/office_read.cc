#include <algorithm>
#include <tuple>
#include <utility>

#include "backoffice/office/contract_rows.h"
#include "backoffice/office/office.h"

namespace navette::backoffice {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::sys_days;

TimePoint moment(const Row& row, std::size_t column) {
  return TimePoint(milliseconds(row.integer(column)));
}

sys_days day(const Row& row, std::size_t column) {
  return parse_day(row.text(column)).value_or(sys_days());
}

std::optional<std::string> said(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

Known<Ticket> ticket_of(const Row& row) {
  return {moment(row, 0), {row.text(1), row.text(2), row.text(3), row.text(4)}};
}

Known<Happened> event_of(const Row& row) {
  Known<Happened> out;
  out.recorded = moment(row, 0);
  out.value.ticket = row.text(1);
  TicketEvent& event = out.value.event;
  event.side = party_of(row.text(2));
  event.id = row.text(3);
  event.at = moment(row, 4);
  if (row.integer(5) != 0) event.seen = moment(row, 5);
  out.value.seen_recorded = moment(row, 6);
  event.order = row.integer(7);
  event.opened = row.flag(8);
  event.answered = row.flag(9);
  event.status = said(row.text(10));
  event.priority = said(row.text(11));
  return out;
}

Known<Comment> comment_of(const Row& row) {
  Known<Comment> out;
  out.recorded = moment(row, 0);
  Comment& comment = out.value;
  comment.id = row.text(1);
  comment.revision = row.integer(2);
  comment.ticket = row.text(3);
  comment.at = moment(row, 4);
  comment.author = row.text(5);
  for (const Visibility one : {Visibility::kShared, Visibility::kPublic}) {
    if (row.text(6) == to_text(one)) comment.visibility = one;
  }
  comment.deleted = row.flag(7);
  comment.body = row.text(8);
  return out;
}

Known<Work> work_of(const Row& row) {
  Known<Work> out;
  out.recorded = moment(row, 0);
  out.value.side = party_of(row.text(1));
  TimeEntry& entry = out.value.entry;
  entry.id = row.text(2);
  entry.revision = row.integer(3);
  entry.ticket = row.text(4);
  entry.author = row.text(5);
  entry.activity = row.text(6);
  entry.level = row.text(7);
  entry.worked = day(row, 8);
  entry.entered = day(row, 9);
  if (row.integer(10) >= 0) entry.started = minutes(row.integer(10));
  entry.time = minutes(row.integer(11));
  entry.billable = row.flag(12);
  entry.approved = row.flag(13);
  entry.in_perimeter = row.flag(14);
  entry.block = row.text(15);
  entry.deleted = row.flag(16);
  return out;
}

// The rest of the order is not left to the database, whose letters may have an order of their own.
template <class T, class Key>
void sort_by(std::vector<Known<T>>& all, Key key) {
  std::sort(all.begin(), all.end(), [&](const Known<T>& a, const Known<T>& b) {
    return a.recorded != b.recorded ? a.recorded < b.recorded : key(a.value) < key(b.value);
  });
}

template <class T>
Status fill(Result<std::vector<Row>> rows, T (*made)(const Row&), std::vector<T>& out) {
  if (!rows) return rows.error();
  out.reserve(rows->size());
  for (const Row& row : *rows) out.push_back(made(row));
  return {};
}

}  // namespace

Result<Client> Office::read_client(const std::string& client) {
  auto rows =
      tables_->run("SELECT name, zone, language FROM clients WHERE client = $1", {client}, 3);
  if (!rows) return rows.error();
  if (rows->empty()) {
    return Error{Fault::kRejected, "read client " + client + ": it is not known"};
  }
  const Row& row = rows->front();
  return Client{client, row.text(0), row.text(1), row.text(2)};
}

Result<std::vector<std::string>> Office::clients() {
  std::vector<std::string> out;
  NAVETTE_TRY(read([&]() -> Status {
    auto rows = tables_->run("SELECT client FROM clients", {}, 1);
    if (!rows) return rows.error();
    for (const Row& row : *rows) out.push_back(row.text(0));
    return {};
  }));
  std::sort(out.begin(), out.end());
  return out;
}

Status Office::read_records(Records& out) {
  const std::string& client = out.client.id;
  auto contracts = read_contracts(*tables_, client);
  if (!contracts) return contracts.error();
  out.contracts = *std::move(contracts);
  NAVETTE_TRY(fill(tables_->run("SELECT recorded, ticket, contract, title, application FROM tickets"
                                " WHERE client = $1 ORDER BY revision",
                                {client}, 5),
                   ticket_of, out.tickets));
  NAVETTE_TRY(fill(tables_->run("SELECT recorded, ticket, side, event, happened, seen,"
                                " seen_recorded, place,"
                                " opened, answered, status, priority FROM status_events"
                                " WHERE client = $1",
                                {client}, 12),
                   event_of, out.events));
  NAVETTE_TRY(fill(tables_->run("SELECT recorded, comment, revision, ticket, written, author,"
                                " visibility, deleted, body FROM comments WHERE client = $1",
                                {client}, 9),
                   comment_of, out.comments));
  NAVETTE_TRY(fill(tables_->run("SELECT recorded, side, entry, revision, ticket, author, activity,"
                                " level, worked, entered, started, minutes, billable, approved,"
                                " in_perimeter, block, deleted FROM time_entries"
                                " WHERE client = $1",
                                {client}, 17),
                   work_of, out.work));
  std::stable_sort(out.tickets.begin(), out.tickets.end(),
                   [](const auto& a, const auto& b) { return a.recorded < b.recorded; });
  sort_by(out.events, [](const Happened& one) {
    return std::tuple(one.event.at, one.ticket, one.event.side, one.event.order, one.event.id);
  });
  sort_by(out.comments, [](const Comment& one) { return std::tuple(one.id, one.revision); });
  sort_by(out.work,
          [](const Work& one) { return std::tuple(one.side, one.entry.id, one.entry.revision); });
  return {};
}

Result<Records> Office::records(const std::string& client) {
  Records out;
  NAVETTE_TRY(read([&]() -> Status {
    auto found = read_client(client);
    if (!found) return found.error();
    out.client = *std::move(found);
    return read_records(out);
  }));
  return out;
}

Result<Office::Balances> Office::balances(const std::string& client, const std::string& contract,
                                          std::optional<sys_days> at) {
  Balances out;
  NAVETTE_TRY(read([&]() -> Status {
    std::string sql =
        "SELECT account, SUM(amount) FROM movements WHERE client = $1 AND"
        " contract = $2";
    Cells cells = {client, contract};
    if (at) {
      sql += " AND day <= $3";
      cells.emplace_back(to_text(*at));
    }
    auto rows = tables_->run(sql + " GROUP BY account", cells, 2);
    if (!rows) return rows.error();
    for (const Row& row : *rows) out[row.text(0)] = row.integer(1);
    return {};
  }));
  return out;
}

Result<Amount> Office::balance(const std::string& client, const std::string& contract,
                               const std::string& account, std::optional<sys_days> at) {
  const auto all = balances(client, contract, at);
  if (!all) return all.error();
  const auto found = all->find(account);
  return found == all->end() ? Amount{0} : found->second;
}

Result<std::vector<std::string>> Office::differences() {
  std::vector<std::string> out;
  NAVETTE_TRY(read([&]() -> Status {
    auto rows =
        tables_->run("SELECT client, contract, account, difference FROM ledger_check", {}, 4);
    if (!rows) return rows.error();
    for (const Row& row : *rows) {
      out.push_back(row.text(0) + "/" + row.text(1) + "/" + row.text(2) + ": " + row.text(3));
    }
    return {};
  }));
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace navette::backoffice
