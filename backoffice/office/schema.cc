// The tables of the back office; docs/backoffice.md describes them for those who write reports of
// their own. Both databases get the same tables and views; only what triggers are written in
// differs.
//
// - No column is NULL but postings.reverses: "" and 0 say "nothing", and -1 in `started`.
// - Moments are milliseconds since 1970, UTC; days are texts "2026-11-23"; amounts are
//   ten-thousandths of a minute.
// - Every key begins with the client, so that nothing of one meets what is another's.

#include <utility>

#include "backoffice/office/tables.h"

namespace navette::backoffice {
namespace {

constexpr const char* kContracts = R"sql(
CREATE TABLE schema_version (version BIGINT NOT NULL);
INSERT INTO schema_version (version) VALUES (0);

CREATE TABLE clients (
  client TEXT PRIMARY KEY CHECK (client <> ''), name TEXT NOT NULL, zone TEXT NOT NULL,
  language TEXT NOT NULL, heard BIGINT NOT NULL);

CREATE TABLE contracts (
  client TEXT NOT NULL REFERENCES clients (client), contract TEXT NOT NULL,
  version BIGINT NOT NULL, recorded BIGINT NOT NULL,
  drawn_by TEXT NOT NULL CHECK (drawn_by IN ('worked', 'entered')),
  rounding_scope TEXT NOT NULL CHECK (rounding_scope IN ('entry', 'ticket', 'ticket_day', 'day')),
  rounding TEXT NOT NULL CHECK (rounding IN ('up', 'nearest', 'down')),
  rounding_step BIGINT NOT NULL CHECK (rounding_step > 0),
  rounding_minimum BIGINT NOT NULL CHECK (rounding_minimum >= 0),
  rates TEXT NOT NULL CHECK (rates IN ('first', 'highest', 'product')),
  beyond TEXT NOT NULL CHECK (beyond IN ('hold', 'refuse')),
  split BIGINT NOT NULL CHECK (split IN (0, 1)),
  day_minutes BIGINT NOT NULL CHECK (day_minutes > 0),
  warn_percents TEXT NOT NULL, warn_days TEXT NOT NULL,
  PRIMARY KEY (client, contract, version));

CREATE TABLE perimeter (
  client TEXT NOT NULL, contract TEXT NOT NULL, version BIGINT NOT NULL,
  application TEXT NOT NULL,
  PRIMARY KEY (client, contract, version, application),
  FOREIGN KEY (client, contract, version) REFERENCES contracts (client, contract, version));

CREATE TABLE credit_blocks (
  client TEXT NOT NULL, contract TEXT NOT NULL, version BIGINT NOT NULL,
  block TEXT NOT NULL, place BIGINT NOT NULL, first_day TEXT NOT NULL, last_day TEXT NOT NULL,
  size BIGINT NOT NULL CHECK (size >= 0), rank BIGINT NOT NULL,
  overrun_percent BIGINT NOT NULL CHECK (overrun_percent >= 0),
  carry TEXT NOT NULL CHECK (carry IN ('nothing', 'rest', 'rest_and_overrun')),
  carry_to TEXT NOT NULL,
  CHECK (first_day <= last_day),
  PRIMARY KEY (client, contract, version, block),
  FOREIGN KEY (client, contract, version) REFERENCES contracts (client, contract, version));

CREATE TABLE block_activities (
  client TEXT NOT NULL, contract TEXT NOT NULL, version BIGINT NOT NULL,
  block TEXT NOT NULL, activity TEXT NOT NULL,
  PRIMARY KEY (client, contract, version, block, activity),
  FOREIGN KEY (client, contract, version, block)
    REFERENCES credit_blocks (client, contract, version, block));

CREATE TABLE top_ups (
  client TEXT NOT NULL, contract TEXT NOT NULL, version BIGINT NOT NULL,
  block TEXT NOT NULL, top_up TEXT NOT NULL, place BIGINT NOT NULL, amount BIGINT NOT NULL,
  PRIMARY KEY (client, contract, version, block, top_up),
  FOREIGN KEY (client, contract, version, block)
    REFERENCES credit_blocks (client, contract, version, block));

CREATE TABLE rate_rules (
  client TEXT NOT NULL, contract TEXT NOT NULL, version BIGINT NOT NULL,
  rule BIGINT NOT NULL, name TEXT NOT NULL, percent BIGINT NOT NULL,
  holidays_only BIGINT NOT NULL CHECK (holidays_only IN (0, 1)),
  started_from BIGINT NOT NULL, started_to BIGINT NOT NULL,
  PRIMARY KEY (client, contract, version, rule),
  FOREIGN KEY (client, contract, version) REFERENCES contracts (client, contract, version));

CREATE TABLE rate_conditions (
  client TEXT NOT NULL, contract TEXT NOT NULL, version BIGINT NOT NULL,
  rule BIGINT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('activity', 'level', 'weekday')),
  value TEXT NOT NULL,
  PRIMARY KEY (client, contract, version, rule, kind, value),
  FOREIGN KEY (client, contract, version, rule)
    REFERENCES rate_rules (client, contract, version, rule));

CREATE TABLE agreements (
  client TEXT NOT NULL, contract TEXT NOT NULL, version BIGINT NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('client', 'provider')), name TEXT NOT NULL,
  counts_seen_time BIGINT NOT NULL CHECK (counts_seen_time IN (0, 1)),
  on_priority TEXT NOT NULL CHECK (on_priority IN ('keep_used', 'from_start', 'restart')),
  on_reopen TEXT NOT NULL CHECK (on_reopen IN ('go_on', 'count_all', 'restart')),
  PRIMARY KEY (client, contract, version, side),
  FOREIGN KEY (client, contract, version) REFERENCES contracts (client, contract, version));

CREATE TABLE agreement_targets (
  client TEXT NOT NULL, contract TEXT NOT NULL, version BIGINT NOT NULL, side TEXT NOT NULL,
  priority TEXT NOT NULL,
  goal TEXT NOT NULL CHECK (goal IN ('response', 'workaround', 'resolution')),
  time BIGINT NOT NULL CHECK (time > 0), calendar TEXT NOT NULL,
  PRIMARY KEY (client, contract, version, side, priority, goal),
  FOREIGN KEY (client, contract, version, side)
    REFERENCES agreements (client, contract, version, side));

CREATE TABLE agreement_statuses (
  client TEXT NOT NULL, contract TEXT NOT NULL, version BIGINT NOT NULL, side TEXT NOT NULL,
  status TEXT NOT NULL, pauses TEXT NOT NULL, meets TEXT NOT NULL, waits_for TEXT NOT NULL,
  PRIMARY KEY (client, contract, version, side, status),
  FOREIGN KEY (client, contract, version, side)
    REFERENCES agreements (client, contract, version, side));

CREATE TABLE calendars (
  client TEXT NOT NULL, contract TEXT NOT NULL, version BIGINT NOT NULL, side TEXT NOT NULL,
  calendar TEXT NOT NULL, zone TEXT NOT NULL,
  PRIMARY KEY (client, contract, version, side, calendar),
  FOREIGN KEY (client, contract, version, side)
    REFERENCES agreements (client, contract, version, side));

CREATE TABLE calendar_hours (
  client TEXT NOT NULL, contract TEXT NOT NULL, version BIGINT NOT NULL, side TEXT NOT NULL,
  calendar TEXT NOT NULL, weekday BIGINT NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  place BIGINT NOT NULL, from_minute BIGINT NOT NULL, to_minute BIGINT NOT NULL,
  PRIMARY KEY (client, contract, version, side, calendar, weekday, place),
  FOREIGN KEY (client, contract, version, side, calendar)
    REFERENCES calendars (client, contract, version, side, calendar));

CREATE TABLE calendar_days (
  client TEXT NOT NULL, contract TEXT NOT NULL, version BIGINT NOT NULL, side TEXT NOT NULL,
  calendar TEXT NOT NULL, day TEXT NOT NULL, place BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('closed', 'special')),
  from_minute BIGINT NOT NULL, to_minute BIGINT NOT NULL,
  PRIMARY KEY (client, contract, version, side, calendar, kind, day, place),
  FOREIGN KEY (client, contract, version, side, calendar)
    REFERENCES calendars (client, contract, version, side, calendar));

CREATE TABLE holidays (
  client TEXT NOT NULL, contract TEXT NOT NULL, version BIGINT NOT NULL, side TEXT NOT NULL,
  calendar TEXT NOT NULL, place BIGINT NOT NULL, name TEXT NOT NULL,
  month BIGINT NOT NULL CHECK (month BETWEEN 0 AND 12), day BIGINT NOT NULL, since BIGINT NOT NULL,
  PRIMARY KEY (client, contract, version, side, calendar, place),
  FOREIGN KEY (client, contract, version) REFERENCES contracts (client, contract, version));
)sql";

constexpr const char* kWork = R"sql(
CREATE TABLE tickets (
  client TEXT NOT NULL REFERENCES clients (client), ticket TEXT NOT NULL,
  revision BIGINT NOT NULL, recorded BIGINT NOT NULL,
  contract TEXT NOT NULL, title TEXT NOT NULL, application TEXT NOT NULL,
  PRIMARY KEY (client, ticket, revision));

CREATE TABLE status_events (
  client TEXT NOT NULL REFERENCES clients (client), ticket TEXT NOT NULL,
  side TEXT NOT NULL CHECK (side IN ('client', 'provider')), event TEXT NOT NULL,
  recorded BIGINT NOT NULL, happened BIGINT NOT NULL,
  seen BIGINT NOT NULL, seen_recorded BIGINT NOT NULL, place BIGINT NOT NULL,
  opened BIGINT NOT NULL CHECK (opened IN (0, 1)),
  answered BIGINT NOT NULL CHECK (answered IN (0, 1)),
  status TEXT NOT NULL, priority TEXT NOT NULL,
  PRIMARY KEY (client, ticket, side, event));

CREATE TABLE comments (
  client TEXT NOT NULL REFERENCES clients (client), comment TEXT NOT NULL,
  revision BIGINT NOT NULL, recorded BIGINT NOT NULL, ticket TEXT NOT NULL,
  written BIGINT NOT NULL, author TEXT NOT NULL,
  visibility TEXT NOT NULL CHECK (visibility IN ('internal', 'shared', 'public')),
  deleted BIGINT NOT NULL CHECK (deleted IN (0, 1)), body TEXT NOT NULL,
  PRIMARY KEY (client, comment, revision));

CREATE TABLE time_entries (
  client TEXT NOT NULL REFERENCES clients (client),
  side TEXT NOT NULL CHECK (side IN ('client', 'provider')), entry TEXT NOT NULL,
  revision BIGINT NOT NULL, recorded BIGINT NOT NULL, ticket TEXT NOT NULL,
  author TEXT NOT NULL, activity TEXT NOT NULL, level TEXT NOT NULL,
  worked TEXT NOT NULL, entered TEXT NOT NULL,
  started BIGINT NOT NULL CHECK (started BETWEEN -1 AND 1439),
  minutes BIGINT NOT NULL CHECK (minutes >= 0),
  billable BIGINT NOT NULL CHECK (billable IN (0, 1)),
  approved BIGINT NOT NULL CHECK (approved IN (0, 1)),
  in_perimeter BIGINT NOT NULL CHECK (in_perimeter IN (0, 1)),
  block TEXT NOT NULL, deleted BIGINT NOT NULL CHECK (deleted IN (0, 1)),
  PRIMARY KEY (client, side, entry, revision));
CREATE INDEX time_entries_ticket ON time_entries (client, ticket);
)sql";

// A posting moves an amount out of one account (credit) into another (debit): what is debited is
// what is credited, whoever writes it. A key is posted by its odd turns and taken back by its even
// ones; what takes back is the mirror of what it names, and nothing is taken back twice.
constexpr const char* kLedger = R"sql(
CREATE TABLE postings (
  client TEXT NOT NULL REFERENCES clients (client), contract TEXT NOT NULL,
  number BIGINT NOT NULL CHECK (number > 0), part BIGINT NOT NULL CHECK (part > 0),
  posting TEXT NOT NULL, revision BIGINT NOT NULL, turn BIGINT NOT NULL CHECK (turn > 0),
  day TEXT NOT NULL, reverses BIGINT,
  debit TEXT NOT NULL, credit TEXT NOT NULL, amount BIGINT NOT NULL CHECK (amount > 0),
  CHECK (debit <> credit),
  CHECK ((turn % 2 = 0) = (reverses IS NOT NULL)),
  PRIMARY KEY (client, contract, number, part),
  UNIQUE (client, contract, number, part, posting, debit, credit, amount),
  UNIQUE (client, contract, reverses, part),
  FOREIGN KEY (client, contract, reverses, part, posting, credit, debit, amount)
    REFERENCES postings (client, contract, number, part, posting, debit, credit, amount));
CREATE UNIQUE INDEX postings_turn ON postings (client, contract, posting, turn, part);

CREATE TABLE movements (
  client TEXT NOT NULL, contract TEXT NOT NULL, account TEXT NOT NULL, day TEXT NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (client, contract, account, day));

CREATE TABLE settled (
  client TEXT NOT NULL REFERENCES clients (client), contract TEXT NOT NULL, day TEXT NOT NULL,
  PRIMARY KEY (client, contract));
)sql";

constexpr const char* kViews = R"sql(
CREATE VIEW latest_tickets AS
  SELECT t.* FROM tickets t WHERE t.revision = (SELECT MAX(o.revision) FROM tickets o
    WHERE o.client = t.client AND o.ticket = t.ticket);

CREATE VIEW latest_comments AS
  SELECT c.* FROM comments c WHERE c.revision = (SELECT MAX(o.revision) FROM comments o
    WHERE o.client = c.client AND o.comment = c.comment);

CREATE VIEW latest_time AS
  SELECT e.* FROM time_entries e WHERE e.revision = (SELECT MAX(o.revision) FROM time_entries o
    WHERE o.client = e.client AND o.side = e.side AND o.entry = e.entry);

CREATE VIEW balances AS
  SELECT client, contract, account, CAST(SUM(amount) AS BIGINT) AS amount
  FROM movements GROUP BY client, contract, account;

CREATE VIEW hours_by_month AS
  SELECT client, ticket, SUBSTR(worked, 1, 7) AS month,
    CAST(SUM(CASE WHEN side = 'client' THEN minutes ELSE 0 END) AS BIGINT) AS client_minutes,
    CAST(SUM(CASE WHEN side = 'provider' THEN minutes ELSE 0 END) AS BIGINT) AS provider_minutes
  FROM latest_time WHERE deleted = 0 GROUP BY client, ticket, SUBSTR(worked, 1, 7);

CREATE VIEW ledger_check AS
  SELECT client, contract, account, CAST(SUM(amount) AS BIGINT) AS difference FROM (
    SELECT client, contract, debit AS account, amount FROM postings
    UNION ALL SELECT client, contract, credit, -amount FROM postings
    UNION ALL SELECT client, contract, account, -amount FROM movements) AS legs
  GROUP BY client, contract, account HAVING SUM(amount) <> 0;
)sql";

constexpr const char* kSqliteTriggers = R"sql(
CREATE TRIGGER postings_move AFTER INSERT ON postings BEGIN
  INSERT INTO movements VALUES (NEW.client, NEW.contract, NEW.debit, NEW.day, NEW.amount)
    ON CONFLICT DO UPDATE SET amount = amount + excluded.amount;
  INSERT INTO movements VALUES (NEW.client, NEW.contract, NEW.credit, NEW.day, -NEW.amount)
    ON CONFLICT DO UPDATE SET amount = amount + excluded.amount;
END;
)sql";

// One statement's postings at once: a large import touches each balance once.
constexpr const char* kPostgresTriggers = R"sql(
CREATE FUNCTION move_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO office.movements AS m
    SELECT client, contract, account, day, SUM(amount) FROM (
      SELECT client, contract, debit AS account, day, amount FROM added
      UNION ALL SELECT client, contract, credit, day, -amount FROM added) AS legs
    GROUP BY client, contract, account, day ORDER BY client, contract, account, day
    ON CONFLICT (client, contract, account, day) DO UPDATE SET amount = m.amount + excluded.amount;
  RETURN NULL;
END $$;
CREATE TRIGGER postings_move AFTER INSERT ON postings
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION move_postings();

CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what was recorded stays: add a revision, or a reversal'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
)sql";

// Whose rows are never changed nor removed, by whomever.
constexpr const char* kKept[] = {"postings",  "time_entries",  "comments", "tickets",
                                 "contracts", "credit_blocks", "top_ups",  "rate_rules"};

std::string keep_history(Dialect dialect) {
  std::string sql;
  for (const std::string table : kKept) {
    if (dialect == Dialect::kPostgres) {
      sql += "CREATE TRIGGER " + table + "_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON " + table +
             " FOR EACH STATEMENT EXECUTE FUNCTION keep_history();\n";
      continue;
    }
    for (const std::string doing : {"UPDATE", "DELETE"}) {
      sql += "CREATE TRIGGER " + table + "_no_" + doing + " BEFORE " + doing + " ON " + table +
             " BEGIN SELECT RAISE(ABORT, 'what was recorded stays: add a revision, or a reversal');"
             " END;\n";
    }
  }
  return sql;
}

}  // namespace

std::string migration(Dialect dialect, int version) {
  if (version != 1) return "";
  return std::string(kContracts) + kWork + kLedger + kViews +
         (dialect == Dialect::kSqlite ? kSqliteTriggers : kPostgresTriggers) +
         keep_history(dialect);
}

}  // namespace navette::backoffice
