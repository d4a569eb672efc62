#include "store/schema.h"

#include <array>
#include <string>

namespace navette::sqlite {
namespace {

// "Navt": tells file(1) and us that a database is a Navette store.
constexpr std::int64_t kApplicationId = 0x4e617674;

// - A flow's name is stored once; its row also counts what belongs to it, kept by the triggers, so
//   that a status costs the same with ten changes and with ten million.
// - What a change received lives apart from the change: a change is rewritten when it waits or
//   ends, its payload never.
// - The partial indexes over pending changes stay small however many have ended.
constexpr const char* kVersion1 = R"sql(
PRAGMA application_id = 1315010164;

CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('schema', 1), ('next_id', 1);

CREATE TABLE flows (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  accepted INTEGER NOT NULL DEFAULT 0,
  pending INTEGER NOT NULL DEFAULT 0, delivered INTEGER NOT NULL DEFAULT 0,
  unchanged INTEGER NOT NULL DEFAULT 0, filtered INTEGER NOT NULL DEFAULT 0,
  parked INTEGER NOT NULL DEFAULT 0, dead INTEGER NOT NULL DEFAULT 0,
  links INTEGER NOT NULL DEFAULT 0, parked_fields INTEGER NOT NULL DEFAULT 0,
  open_commands INTEGER NOT NULL DEFAULT 0);

CREATE TABLE cursors (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE changes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  flow INTEGER NOT NULL, side INTEGER NOT NULL, entity_id TEXT NOT NULL,
  disposition INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL, waiting_since INTEGER NOT NULL, ended_at INTEGER NOT NULL,
  link INTEGER NOT NULL, reason TEXT NOT NULL, version TEXT NOT NULL, origin TEXT NOT NULL,
  correlation TEXT NOT NULL, config_hash TEXT NOT NULL);
CREATE INDEX changes_entity ON changes (flow, side, entity_id);
CREATE INDEX changes_pending ON changes (seq, next_at) WHERE disposition = 0;
CREATE INDEX changes_next ON changes (next_at, seq) WHERE disposition = 0;
CREATE INDEX changes_oldest ON changes (flow, received_at) WHERE disposition = 0;
CREATE INDEX changes_waiting ON changes (flow, reason, waiting_since)
  WHERE disposition = 0 AND reason <> '';
CREATE INDEX changes_trouble ON changes (disposition) WHERE disposition >= 4;

CREATE TABLE payloads (change INTEGER PRIMARY KEY, payload TEXT NOT NULL);

CREATE TRIGGER changes_in AFTER INSERT ON changes BEGIN
  UPDATE flows SET accepted = accepted + 1,
    pending = pending + (NEW.disposition = 0), delivered = delivered + (NEW.disposition = 1),
    unchanged = unchanged + (NEW.disposition = 2), filtered = filtered + (NEW.disposition = 3),
    parked = parked + (NEW.disposition = 4), dead = dead + (NEW.disposition = 5)
    WHERE id = NEW.flow;
END;
CREATE TRIGGER changes_moved AFTER UPDATE OF disposition ON changes BEGIN
  UPDATE flows SET
    pending = pending + (NEW.disposition = 0) - (OLD.disposition = 0),
    delivered = delivered + (NEW.disposition = 1) - (OLD.disposition = 1),
    unchanged = unchanged + (NEW.disposition = 2) - (OLD.disposition = 2),
    filtered = filtered + (NEW.disposition = 3) - (OLD.disposition = 3),
    parked = parked + (NEW.disposition = 4) - (OLD.disposition = 4),
    dead = dead + (NEW.disposition = 5) - (OLD.disposition = 5)
    WHERE id = NEW.flow;
END;

CREATE TABLE links (
  id INTEGER PRIMARY KEY, flow INTEGER NOT NULL,
  client_id TEXT NOT NULL, provider_id TEXT NOT NULL, parked INTEGER NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, state TEXT NOT NULL);
CREATE UNIQUE INDEX links_client ON links (flow, client_id) WHERE client_id <> '';
CREATE UNIQUE INDEX links_provider ON links (flow, provider_id) WHERE provider_id <> '';
CREATE INDEX links_flow ON links (flow);
CREATE INDEX links_parked ON links (id, flow) WHERE parked > 0;

CREATE TRIGGER links_in AFTER INSERT ON links BEGIN
  UPDATE flows SET links = links + 1, parked_fields = parked_fields + NEW.parked
    WHERE id = NEW.flow;
END;
CREATE TRIGGER links_moved AFTER UPDATE OF flow, parked ON links
  WHEN NEW.flow <> OLD.flow OR NEW.parked <> OLD.parked BEGIN
  UPDATE flows SET links = links - 1, parked_fields = parked_fields - OLD.parked
    WHERE id = OLD.flow;
  UPDATE flows SET links = links + 1, parked_fields = parked_fields + NEW.parked
    WHERE id = NEW.flow;
END;
CREATE TRIGGER links_out AFTER DELETE ON links BEGIN
  UPDATE flows SET links = links - 1, parked_fields = parked_fields - OLD.parked
    WHERE id = OLD.flow;
END;

CREATE TABLE children (
  id INTEGER PRIMARY KEY, link INTEGER NOT NULL REFERENCES links (id) ON DELETE CASCADE,
  kind TEXT NOT NULL, client_id TEXT NOT NULL, provider_id TEXT NOT NULL, state TEXT NOT NULL);
CREATE INDEX children_link ON children (link);
CREATE UNIQUE INDEX children_client ON children (link, kind, client_id) WHERE client_id <> '';
CREATE UNIQUE INDEX children_provider ON children (link, kind, provider_id)
  WHERE provider_id <> '';

CREATE TABLE commands (
  id INTEGER PRIMARY KEY, flow INTEGER NOT NULL, link INTEGER NOT NULL, side INTEGER NOT NULL,
  kind TEXT NOT NULL, phase TEXT NOT NULL, attempts INTEGER NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, key TEXT NOT NULL,
  correlation TEXT NOT NULL, outcome TEXT NOT NULL, payload TEXT NOT NULL);
CREATE UNIQUE INDEX commands_key ON commands (key) WHERE key <> '';
CREATE INDEX commands_link ON commands (link);
CREATE INDEX commands_open ON commands (id) WHERE phase = 'intended';
CREATE INDEX commands_open_link ON commands (link) WHERE phase = 'intended';

CREATE TRIGGER commands_in AFTER INSERT ON commands WHEN NEW.phase = 'intended' BEGIN
  UPDATE flows SET open_commands = open_commands + 1 WHERE id = NEW.flow;
END;
CREATE TRIGGER commands_moved AFTER UPDATE OF flow, phase ON commands
  WHEN NEW.flow <> OLD.flow OR NEW.phase <> OLD.phase BEGIN
  UPDATE flows SET open_commands = open_commands - (OLD.phase = 'intended') WHERE id = OLD.flow;
  UPDATE flows SET open_commands = open_commands + (NEW.phase = 'intended') WHERE id = NEW.flow;
END;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, flow INTEGER NOT NULL,
  link INTEGER NOT NULL, kind TEXT NOT NULL, correlation TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX events_link ON events (link);
)sql";

// Dead letters and replays.
// - An edit lies beside the payload that it was made from.
// - The partial indexes cost nothing to those who have no replays, and no event without a link.
constexpr const char* kVersion2 = R"sql(
ALTER TABLE changes ADD COLUMN replay INTEGER NOT NULL DEFAULT 0;
CREATE INDEX changes_replay ON changes (replay, seq) WHERE replay <> 0;

CREATE TABLE edits (
  change INTEGER PRIMARY KEY, payload TEXT NOT NULL, at INTEGER NOT NULL);

CREATE TABLE replays (
  id INTEGER PRIMARY KEY, open INTEGER NOT NULL, state TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
CREATE INDEX replays_open ON replays (id) WHERE open = 1;

CREATE TABLE configs (
  hash TEXT PRIMARY KEY, text TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;

CREATE INDEX events_unlinked ON events (correlation) WHERE link = 0;
)sql";

// What was pruned stays counted; a payload says when it was.
constexpr const char* kVersion3 = R"sql(
ALTER TABLE payloads ADD COLUMN pruned_at INTEGER NOT NULL DEFAULT 0;

CREATE TABLE pruned (
  id INTEGER PRIMARY KEY, flow INTEGER NOT NULL, disposition INTEGER NOT NULL,
  changes INTEGER NOT NULL);
)sql";

// What is taken next.
// - A change is found by its flow, its lane and its time: one index for all these questions; and by
//   its ticket when it had to wait.
// - What stalls a whole flow is written once, to the flow.
constexpr const char* kVersion4 = R"sql(
ALTER TABLE changes ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;
ALTER TABLE flows ADD COLUMN pending_repair INTEGER NOT NULL DEFAULT 0;
ALTER TABLE flows ADD COLUMN pending_backfill INTEGER NOT NULL DEFAULT 0;
ALTER TABLE flows ADD COLUMN stall TEXT NOT NULL DEFAULT '';
ALTER TABLE flows ADD COLUMN stalled_at INTEGER NOT NULL DEFAULT 0;

UPDATE changes SET lane = CASE WHEN replay <> 0 OR origin IN ('sweep', 'replay', 'repair') THEN 1
  WHEN origin = 'backfill' THEN 2 ELSE 0 END WHERE disposition = 0;
DROP INDEX changes_next;
CREATE INDEX changes_turn ON changes (flow, lane, next_at, seq) WHERE disposition = 0;
CREATE INDEX changes_deferred ON changes (flow, side, entity_id, next_at, seq)
  WHERE disposition = 0 AND next_at > 0;
UPDATE flows SET
  pending_repair = (SELECT count(*) FROM changes c
    WHERE c.flow = flows.id AND c.lane = 1 AND c.disposition = 0),
  pending_backfill = (SELECT count(*) FROM changes c
    WHERE c.flow = flows.id AND c.lane = 2 AND c.disposition = 0);

DROP TRIGGER changes_in;
CREATE TRIGGER changes_in AFTER INSERT ON changes BEGIN
  UPDATE flows SET accepted = accepted + 1,
    pending = pending + (NEW.disposition = 0), delivered = delivered + (NEW.disposition = 1),
    unchanged = unchanged + (NEW.disposition = 2), filtered = filtered + (NEW.disposition = 3),
    parked = parked + (NEW.disposition = 4), dead = dead + (NEW.disposition = 5),
    pending_repair = pending_repair + (NEW.disposition = 0 AND NEW.lane = 1),
    pending_backfill = pending_backfill + (NEW.disposition = 0 AND NEW.lane = 2)
    WHERE id = NEW.flow;
END;
DROP TRIGGER changes_moved;
CREATE TRIGGER changes_moved AFTER UPDATE OF disposition ON changes BEGIN
  UPDATE flows SET
    pending = pending + (NEW.disposition = 0) - (OLD.disposition = 0),
    delivered = delivered + (NEW.disposition = 1) - (OLD.disposition = 1),
    unchanged = unchanged + (NEW.disposition = 2) - (OLD.disposition = 2),
    filtered = filtered + (NEW.disposition = 3) - (OLD.disposition = 3),
    parked = parked + (NEW.disposition = 4) - (OLD.disposition = 4),
    dead = dead + (NEW.disposition = 5) - (OLD.disposition = 5),
    pending_repair = pending_repair + (NEW.disposition = 0 AND NEW.lane = 1)
      - (OLD.disposition = 0 AND OLD.lane = 1),
    pending_backfill = pending_backfill + (NEW.disposition = 0 AND NEW.lane = 2)
      - (OLD.disposition = 0 AND OLD.lane = 2)
    WHERE id = NEW.flow;
END;
)sql";

constexpr std::array kMigrations = {Migration{1, kVersion1}, Migration{2, kVersion2},
                                    Migration{3, kVersion3}, Migration{4, kVersion4}};

Error misfit(const Database& database, const std::string& cause) {
  return {Fault::kMisconfigured, "open store " + database.file() + ": " + cause};
}

Error too_new(const Database& database, int found, int known) {
  return misfit(database, "it has schema version " + std::to_string(found) +
                              ", and this navette knows versions up to " + std::to_string(known) +
                              ": a newer navette wrote it; run that one, or restore the backup "
                              "from before the upgrade");
}

Status apply(Database& database, std::span<const Migration> list) {
  auto found = schema_version(database);
  if (!found) return found.error();
  const int known = list.back().version;
  if (*found > known) return too_new(database, *found, known);
  for (const Migration& migration : list) {
    if (migration.version <= *found) continue;
    NAVETTE_TRY(database.execute(migration.sql));
    NAVETTE_TRY(database.run("UPDATE meta SET value = ? WHERE key = 'schema'",
                             std::int64_t{migration.version}));
  }
  return {};
}

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

Result<int> schema_version(Database& database) {
  auto tables = database.number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  if (*tables == 0) return 0;
  auto application = database.number("PRAGMA application_id");
  if (!application) return application.error();
  if (*application != kApplicationId) {
    return misfit(database,
                  "this is a database of another program: name a file that does not exist yet, or "
                  "a store of navette");
  }
  auto version = database.number("SELECT value FROM meta WHERE key = 'schema'");
  if (!version) return version.error();
  return static_cast<int>(*version);
}

Status migrate(Database& database, std::span<const Migration> list) {
  // Looked at outside the transaction first: an up-to-date store is not written to.
  auto found = schema_version(database);
  if (!found) return found.error();
  if (*found == list.back().version) return {};
  NAVETTE_TRY(database.execute("BEGIN IMMEDIATE"));
  Status done = apply(database, list);
  if (done) done = database.execute("COMMIT");
  if (!done && database.in_transaction()) {
    // The first failure is what the operator must hear of.
    static_cast<void>(database.execute("ROLLBACK"));
  }
  return done;
}

Status require_current(Database& database, std::span<const Migration> list) {
  auto found = schema_version(database);
  if (!found) return found.error();
  const int known = list.back().version;
  if (*found > known) return too_new(database, *found, known);
  if (*found == known) return {};
  if (*found == 0) return misfit(database, "the file is empty: start the hub, it makes the tables");
  return misfit(database, "it has schema version " + std::to_string(*found) +
                              ", and this navette reads version " + std::to_string(known) +
                              ": start the hub of this version once, it migrates the store");
}

}  // namespace navette::sqlite
