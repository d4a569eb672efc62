#include "backoffice/office/office.h"

#include <algorithm>
#include <utility>

#include "backoffice/office/contract_rows.h"

namespace navette::backoffice {
namespace {

std::int64_t ms(TimePoint moment) {
  return moment.time_since_epoch().count();
}

std::int64_t flag(bool value) {
  return value ? 1 : 0;
}

// Whether `rows`, of one row at most, say what we were told.
Put compared(const std::vector<Row>& rows, const Cells& told) {
  for (std::size_t i = 0; i < told.size(); ++i) {
    const auto* number = std::get_if<std::int64_t>(&told[i]);
    const std::string text = number ? std::to_string(*number) : std::get<std::string>(told[i]);
    if (rows.front().text(i) != text) return Put::kConflict;
  }
  return Put::kKnown;
}

constexpr const char* kTimeColumns =
    "ticket, author, activity, level, worked, entered, started, minutes, billable, approved,"
    " in_perimeter, block, deleted";

Cells cells_of(const TimeEntry& entry) {
  return {entry.ticket,
          entry.author,
          entry.activity,
          entry.level,
          to_text(entry.worked),
          to_text(entry.entered),
          entry.started ? entry.started->count() : std::int64_t{-1},
          entry.time.count(),
          flag(entry.billable),
          flag(entry.approved),
          flag(entry.in_perimeter),
          entry.block,
          flag(entry.deleted)};
}

Cells joined(Cells cells, const Cells& more) {
  cells.insert(cells.end(), more.begin(), more.end());
  return cells;
}

}  // namespace

// ---- transactions ------------------------------------------------------------------------------

Status Office::together(const std::function<Status()>& work) {
  if (open_) return work();
  NAVETTE_TRY(tables_->begin(Access::kWrite));
  open_ = true;
  Status done = work();
  open_ = false;
  if (done) done = tables_->commit();
  if (!done) tables_->roll_back();
  return done;
}

Status Office::read(const std::function<Status()>& work) {
  if (open_) return work();
  NAVETTE_TRY(tables_->begin(Access::kRead));
  Status done = work();
  tables_->roll_back();
  return done;
}

// Holds the client until the transaction ends, so that what is recorded later has a later moment.
Status Office::write(const std::string& client,
                     const std::function<Status(std::int64_t now)>& work) {
  return together([&]() -> Status {
    auto held = tables_->run("UPDATE clients SET heard = heard WHERE client = $1 RETURNING heard",
                             {client}, 1);
    if (!held) return held.error();
    if (held->empty()) {
      return Error{Fault::kRejected, "record for client " + client + ": it is not known"};
    }
    const std::int64_t now = std::max(ms(clock_.now()), held->front().integer(0));
    NAVETTE_TRY(tables_->run("UPDATE clients SET heard = $1 WHERE client = $2", {now, client}));
    return work(now);
  });
}

// ---- recording ---------------------------------------------------------------------------------

Status Office::put_client(const Client& client) {
  NAVETTE_TRY(check(client));
  return together([&]() -> Status {
    NAVETTE_TRY(
        tables_->run("INSERT INTO clients (client, name, zone, language, heard) VALUES"
                     " ($1, $2, $3, $4, 0) ON CONFLICT DO NOTHING",
                     {client.id, client.name, client.zone, client.language}));
    const auto known = read_client(client.id);
    if (!known) return known.error();
    if (known->zone != client.zone) {
      return Error{Fault::kRejected, "client " + client.id + ": its zone is \"" + known->zone +
                                         "\" and stays: its days would be others"};
    }
    return tables_->run("UPDATE clients SET name = $1, language = $2 WHERE client = $3",
                        {client.name, client.language, client.id});
  });
}

Result<Put> Office::put_contract(const std::string& client, const Contract& contract) {
  NAVETTE_TRY(check(contract));
  return writing<Put>(client, [&](std::int64_t now) -> Result<Put> {
    const auto known = read_contracts(*tables_, client);
    if (!known) return known.error();
    std::int64_t version = 0;
    const Contract* latest = nullptr;
    for (const auto& [recorded, one] : *known) {
      if (one.credit.id != contract.credit.id) continue;
      ++version;
      latest = &one;
    }
    if (latest != nullptr && rows_of(*latest) == rows_of(contract)) return Put::kKnown;
    NAVETTE_TRY(write_contract(*tables_, client, contract, version + 1, now));
    return Put::kNew;
  });
}

Result<Put> Office::put_ticket(const std::string& client, const Ticket& ticket) {
  return writing<Put>(client, [&](std::int64_t now) -> Result<Put> {
    const auto latest = tables_->run(
        "SELECT contract, title, application, revision FROM latest_tickets"
        " WHERE client = $1 AND ticket = $2",
        {client, ticket.id}, 4);
    if (!latest) return latest.error();
    const Cells told = {ticket.contract, ticket.title, ticket.application};
    const std::int64_t revision = latest->empty() ? 0 : latest->front().integer(3);
    if (revision > 0 && compared(*latest, told) == Put::kKnown) return Put::kKnown;
    NAVETTE_TRY(
        tables_->run("INSERT INTO tickets (client, ticket, revision, recorded, contract,"
                     " title, application) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                     joined({client, ticket.id, revision + 1, now}, told)));
    return Put::kNew;
  });
}

Result<Put> Office::record(const std::string& client, const Happened& happened) {
  const TicketEvent& event = happened.event;
  const Cells key = {client, happened.ticket, word_of(event.side), event.id};
  return writing<Put>(client, [&](std::int64_t now) -> Result<Put> {
    const auto rows = tables_->run(
        "SELECT happened, place, opened, answered, status, priority, seen FROM status_events"
        " WHERE client = $1 AND ticket = $2 AND side = $3 AND event = $4",
        key, 7);
    if (!rows) return rows.error();
    const Cells told = {ms(event.at),
                        event.order,
                        flag(event.opened),
                        flag(event.answered),
                        event.status.value_or(""),
                        event.priority.value_or("")};
    const std::int64_t seen = event.seen ? ms(*event.seen) : 0;
    if (rows->empty()) {
      NAVETTE_TRY(tables_->run(
          "INSERT INTO status_events (client, ticket, side, event, happened, place, opened,"
          " answered, status, priority, seen, seen_recorded, recorded)"
          " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
          joined(joined(key, told), {seen, seen == 0 ? std::int64_t{0} : now, now})));
      return Put::kNew;
    }
    if (compared(*rows, told) == Put::kConflict) return Put::kConflict;
    const std::int64_t seen_before = rows->front().integer(6);
    if (seen == 0 || seen == seen_before) return Put::kKnown;
    if (seen_before != 0) return Put::kConflict;
    NAVETTE_TRY(
        tables_->run("UPDATE status_events SET seen = $1, seen_recorded = $2"
                     " WHERE client = $3 AND ticket = $4 AND side = $5 AND event = $6",
                     joined({seen, now}, key)));
    return Put::kKnown;
  });
}

Result<Put> Office::record(const std::string& client, const Comment& comment) {
  const Cells key = {client, comment.id, comment.revision};
  return writing<Put>(client, [&](std::int64_t now) -> Result<Put> {
    const auto rows = tables_->run(
        "SELECT ticket, written, author, visibility, deleted, body FROM comments"
        " WHERE client = $1 AND comment = $2 AND revision = $3",
        key, 6);
    if (!rows) return rows.error();
    const Cells told = {comment.ticket,        ms(comment.at),
                        comment.author,        std::string(to_text(comment.visibility)),
                        flag(comment.deleted), comment.body};
    if (!rows->empty()) return compared(*rows, told);
    NAVETTE_TRY(
        tables_->run("INSERT INTO comments (client, comment, revision, ticket, written,"
                     " author, visibility, deleted, body, recorded)"
                     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                     joined(joined(key, told), {now})));
    return Put::kNew;
  });
}

Result<Put> Office::record(const std::string& client, const Work& work) {
  if (work.entry.time < std::chrono::minutes(0)) return Put::kConflict;
  const Cells key = {client, word_of(work.side), work.entry.id, work.entry.revision};
  return writing<Put>(client, [&](std::int64_t now) -> Result<Put> {
    const auto rows = tables_->run(std::string("SELECT ") + kTimeColumns +
                                       " FROM time_entries WHERE client = $1 AND side = $2"
                                       " AND entry = $3 AND revision = $4",
                                   key, 13);
    if (!rows) return rows.error();
    const Cells told = cells_of(work.entry);
    if (!rows->empty()) return compared(*rows, told);
    NAVETTE_TRY(tables_->run(std::string("INSERT INTO time_entries (client, side, entry,"
                                         " revision, ") +
                                 kTimeColumns +
                                 ", recorded) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
                                 " $11, $12, $13, $14, $15, $16, $17, $18)",
                             joined(joined(key, told), {now})));
    return Put::kNew;
  });
}

Result<std::unique_ptr<Office>> open_office(const std::string& where, Access access,
                                            const Clock& clock) {
  auto tables = open_tables(where, access);
  if (!tables) return tables.error();
  return std::make_unique<Office>(*std::move(tables), clock);
}

}  // namespace navette::backoffice
