#include "store/postgres_schema.h"

#include <array>
#include <string>
#include <utility>

namespace navette::postgres {
namespace {

// Texts compare by bytes: names are no prose, and it is faster. The counters of `flows` are kept by
// triggers, once a statement and not once a row: many rows of a batch cost one update.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE meta (key text PRIMARY KEY, value bigint NOT NULL);
INSERT INTO meta VALUES ('schema', 1);
CREATE SEQUENCE ids AS bigint INCREMENT BY 65536;

-- One row for each run of a hub: its id is the fencing token of all the flows that it holds.
CREATE TABLE hubs (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL,
  until timestamptz NOT NULL, gone boolean NOT NULL DEFAULT false);
CREATE INDEX hubs_alive ON hubs (until) WHERE NOT gone;
CREATE TABLE leases (flow text COLLATE "C" PRIMARY KEY, hub int NOT NULL REFERENCES hubs (id));
CREATE INDEX leases_hub ON leases (hub);

-- Called first in every transaction of a hub. Its lock is shared among the hub's own transactions;
-- whoever takes over takes it alone, and so waits for the one that is under way.
CREATE FUNCTION fence(me int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(1315332196, me);
  PERFORM 1 FROM hubs WHERE id = me AND NOT gone;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'another hub took over the flows of this one' USING ERRCODE = 'NV001';
  END IF;
END $$;

CREATE TABLE flows (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  accepted bigint NOT NULL DEFAULT 0,
  pending bigint NOT NULL DEFAULT 0, delivered bigint NOT NULL DEFAULT 0,
  unchanged bigint NOT NULL DEFAULT 0, filtered bigint NOT NULL DEFAULT 0,
  parked bigint NOT NULL DEFAULT 0, dead bigint NOT NULL DEFAULT 0,
  links bigint NOT NULL DEFAULT 0, parked_fields bigint NOT NULL DEFAULT 0,
  open_commands bigint NOT NULL DEFAULT 0) WITH (fillfactor = 50);

CREATE TABLE cursors (name text COLLATE "C" PRIMARY KEY, value text NOT NULL);

CREATE TABLE changes (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  flow int NOT NULL, side smallint NOT NULL, entity_id text COLLATE "C" NOT NULL,
  disposition smallint NOT NULL, attempts int NOT NULL, next_at bigint NOT NULL,
  received_at bigint NOT NULL, waiting_since bigint NOT NULL, ended_at bigint NOT NULL,
  link bigint NOT NULL, reason text COLLATE "C" NOT NULL, version text NOT NULL,
  origin text NOT NULL, correlation text NOT NULL, config_hash text NOT NULL,
  replay bigint NOT NULL DEFAULT 0);
CREATE INDEX changes_entity ON changes (flow, side, entity_id);
CREATE INDEX changes_pending ON changes (seq) INCLUDE (next_at) WHERE disposition = 0;
CREATE INDEX changes_next ON changes (next_at, seq) WHERE disposition = 0;
CREATE INDEX changes_oldest ON changes (flow, received_at) WHERE disposition = 0;
CREATE INDEX changes_waiting ON changes (flow, reason, waiting_since)
  WHERE disposition = 0 AND reason <> '';
CREATE INDEX changes_trouble ON changes (disposition, seq) WHERE disposition >= 4;
CREATE INDEX changes_replay ON changes (replay, seq) WHERE replay <> 0;

-- Apart, since a row of `changes` is written anew when it ends, and this is not.
CREATE TABLE payloads (change bigint PRIMARY KEY, payload text NOT NULL);
CREATE TABLE edits (change bigint PRIMARY KEY, payload text NOT NULL, at bigint NOT NULL);

CREATE TABLE replays (
  id bigint PRIMARY KEY, open smallint NOT NULL, state text NOT NULL,
  created_at bigint NOT NULL, updated_at bigint NOT NULL);
CREATE INDEX replays_open ON replays (id) WHERE open = 1;

CREATE TABLE configs (
  hash text COLLATE "C" PRIMARY KEY, text text NOT NULL, at bigint NOT NULL);

CREATE TABLE links (
  id bigint PRIMARY KEY, flow int NOT NULL,
  client_id text COLLATE "C" NOT NULL, provider_id text COLLATE "C" NOT NULL,
  parked int NOT NULL, created_at bigint NOT NULL, updated_at bigint NOT NULL,
  state text NOT NULL);
CREATE UNIQUE INDEX links_client ON links (flow, client_id) WHERE client_id <> '';
CREATE UNIQUE INDEX links_provider ON links (flow, provider_id) WHERE provider_id <> '';
CREATE INDEX links_flow ON links (flow, id);
CREATE INDEX links_parked ON links (id, flow) WHERE parked > 0;

CREATE TABLE children (
  id bigint PRIMARY KEY, link bigint NOT NULL REFERENCES links (id) ON DELETE CASCADE,
  kind text COLLATE "C" NOT NULL, client_id text COLLATE "C" NOT NULL,
  provider_id text COLLATE "C" NOT NULL, state text NOT NULL);
CREATE INDEX children_link ON children (link, id);
CREATE UNIQUE INDEX children_client ON children (link, kind, client_id) WHERE client_id <> '';
CREATE UNIQUE INDEX children_provider ON children (link, kind, provider_id)
  WHERE provider_id <> '';

CREATE TABLE commands (
  id bigint PRIMARY KEY, flow int NOT NULL, link bigint NOT NULL, side smallint NOT NULL,
  kind text NOT NULL, phase text COLLATE "C" NOT NULL, attempts int NOT NULL,
  created_at bigint NOT NULL, updated_at bigint NOT NULL, key text COLLATE "C" NOT NULL,
  correlation text NOT NULL, outcome text NOT NULL, payload text NOT NULL);
CREATE UNIQUE INDEX commands_key ON commands (key) WHERE key <> '';
CREATE INDEX commands_link ON commands (link, id);
CREATE INDEX commands_open ON commands (id) WHERE phase = 'intended';
CREATE INDEX commands_open_link ON commands (link, id) WHERE phase = 'intended';

CREATE TABLE events (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at bigint NOT NULL, flow int NOT NULL,
  link bigint NOT NULL, kind text NOT NULL, correlation text NOT NULL, data text NOT NULL);
CREATE INDEX events_link ON events (link, seq);
CREATE INDEX events_unlinked ON events (correlation, seq) WHERE link = 0;

CREATE FUNCTION count_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE flows f SET accepted = f.accepted + d.added, pending = f.pending + d.n0,
      delivered = f.delivered + d.n1, unchanged = f.unchanged + d.n2,
      filtered = f.filtered + d.n3, parked = f.parked + d.n4, dead = f.dead + d.n5
      FROM (SELECT flow, count(*) AS added,
              count(*) FILTER (WHERE disposition = 0) AS n0,
              count(*) FILTER (WHERE disposition = 1) AS n1,
              count(*) FILTER (WHERE disposition = 2) AS n2,
              count(*) FILTER (WHERE disposition = 3) AS n3,
              count(*) FILTER (WHERE disposition = 4) AS n4,
              count(*) FILTER (WHERE disposition = 5) AS n5
            FROM now GROUP BY flow) d
      WHERE f.id = d.flow;
  ELSE
    UPDATE flows f SET pending = f.pending + d.n0,
      delivered = f.delivered + d.n1, unchanged = f.unchanged + d.n2,
      filtered = f.filtered + d.n3, parked = f.parked + d.n4, dead = f.dead + d.n5
      FROM (SELECT flow,
              coalesce(sum(step) FILTER (WHERE disposition = 0), 0) AS n0,
              coalesce(sum(step) FILTER (WHERE disposition = 1), 0) AS n1,
              coalesce(sum(step) FILTER (WHERE disposition = 2), 0) AS n2,
              coalesce(sum(step) FILTER (WHERE disposition = 3), 0) AS n3,
              coalesce(sum(step) FILTER (WHERE disposition = 4), 0) AS n4,
              coalesce(sum(step) FILTER (WHERE disposition = 5), 0) AS n5
            FROM (SELECT flow, disposition, 1 AS step FROM now
                  UNION ALL SELECT flow, disposition, -1 FROM was) x
            GROUP BY flow) d
      WHERE f.id = d.flow
        AND (d.n0 <> 0 OR d.n1 <> 0 OR d.n2 <> 0 OR d.n3 <> 0 OR d.n4 <> 0 OR d.n5 <> 0);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER changes_in AFTER INSERT ON changes REFERENCING NEW TABLE AS now
  FOR EACH STATEMENT EXECUTE FUNCTION count_changes();
CREATE TRIGGER changes_moved AFTER UPDATE ON changes
  REFERENCING OLD TABLE AS was NEW TABLE AS now
  FOR EACH STATEMENT EXECUTE FUNCTION count_changes();

CREATE FUNCTION count_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE flows f SET links = f.links + d.n, parked_fields = f.parked_fields + d.p
      FROM (SELECT flow, count(*) AS n, sum(parked) AS p FROM now GROUP BY flow) d
      WHERE f.id = d.flow;
  ELSIF TG_OP = 'DELETE' THEN
    UPDATE flows f SET links = f.links - d.n, parked_fields = f.parked_fields - d.p
      FROM (SELECT flow, count(*) AS n, sum(parked) AS p FROM was GROUP BY flow) d
      WHERE f.id = d.flow;
  ELSE
    UPDATE flows f SET links = f.links + d.n, parked_fields = f.parked_fields + d.p
      FROM (SELECT flow, sum(step) AS n, sum(step * parked) AS p
            FROM (SELECT flow, parked, 1 AS step FROM now
                  UNION ALL SELECT flow, parked, -1 FROM was) x GROUP BY flow) d
      WHERE f.id = d.flow AND (d.n <> 0 OR d.p <> 0);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER links_in AFTER INSERT ON links REFERENCING NEW TABLE AS now
  FOR EACH STATEMENT EXECUTE FUNCTION count_links();
CREATE TRIGGER links_moved AFTER UPDATE ON links REFERENCING OLD TABLE AS was NEW TABLE AS now
  FOR EACH STATEMENT EXECUTE FUNCTION count_links();
CREATE TRIGGER links_out AFTER DELETE ON links REFERENCING OLD TABLE AS was
  FOR EACH STATEMENT EXECUTE FUNCTION count_links();

CREATE FUNCTION count_commands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE flows f SET open_commands = f.open_commands + d.n
      FROM (SELECT flow, count(*) AS n FROM now WHERE phase = 'intended' GROUP BY flow) d
      WHERE f.id = d.flow;
  ELSE
    UPDATE flows f SET open_commands = f.open_commands + d.n
      FROM (SELECT flow, sum(step) AS n
            FROM (SELECT flow, 1 AS step FROM now WHERE phase = 'intended'
                  UNION ALL SELECT flow, -1 FROM was WHERE phase = 'intended') x
            GROUP BY flow) d
      WHERE f.id = d.flow AND d.n <> 0;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER commands_in AFTER INSERT ON commands REFERENCING NEW TABLE AS now
  FOR EACH STATEMENT EXECUTE FUNCTION count_commands();
CREATE TRIGGER commands_moved AFTER UPDATE ON commands
  REFERENCING OLD TABLE AS was NEW TABLE AS now
  FOR EACH STATEMENT EXECUTE FUNCTION count_commands();
)sql";

// What was pruned stays counted; a payload says when it was.
constexpr const char* kVersion2 = R"sql(
ALTER TABLE payloads ADD COLUMN pruned_at bigint NOT NULL DEFAULT 0;

CREATE TABLE pruned (
  id bigint PRIMARY KEY, flow int NOT NULL, disposition smallint NOT NULL,
  changes bigint NOT NULL);
)sql";

// What is taken next, as in store/schema.cc.
constexpr const char* kVersion3 = R"sql(
ALTER TABLE changes ADD COLUMN lane smallint NOT NULL DEFAULT 0;
ALTER TABLE flows ADD COLUMN pending_repair bigint NOT NULL DEFAULT 0;
ALTER TABLE flows ADD COLUMN pending_backfill bigint NOT NULL DEFAULT 0;
ALTER TABLE flows ADD COLUMN stall text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE flows ADD COLUMN stalled_at bigint NOT NULL DEFAULT 0;

UPDATE changes SET lane = CASE WHEN replay <> 0 OR origin IN ('sweep', 'replay', 'repair') THEN 1
  WHEN origin = 'backfill' THEN 2 ELSE 0 END WHERE disposition = 0;
DROP INDEX changes_next;
CREATE INDEX changes_turn ON changes (flow, lane, next_at, seq) WHERE disposition = 0;
CREATE INDEX changes_deferred ON changes (flow, side, entity_id, next_at DESC, seq DESC)
  WHERE disposition = 0 AND next_at > 0;
UPDATE flows f SET pending_repair = d.r, pending_backfill = d.b
  FROM (SELECT flow, count(*) FILTER (WHERE lane = 1) AS r, count(*) FILTER (WHERE lane = 2) AS b
        FROM changes WHERE disposition = 0 GROUP BY flow) d WHERE f.id = d.flow;

CREATE OR REPLACE FUNCTION count_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE flows f SET accepted = f.accepted + d.added, pending = f.pending + d.n0,
      delivered = f.delivered + d.n1, unchanged = f.unchanged + d.n2,
      filtered = f.filtered + d.n3, parked = f.parked + d.n4, dead = f.dead + d.n5,
      pending_repair = f.pending_repair + d.r, pending_backfill = f.pending_backfill + d.b
      FROM (SELECT flow, count(*) AS added,
              count(*) FILTER (WHERE disposition = 0 AND lane = 1) AS r,
              count(*) FILTER (WHERE disposition = 0 AND lane = 2) AS b,
              count(*) FILTER (WHERE disposition = 0) AS n0,
              count(*) FILTER (WHERE disposition = 1) AS n1,
              count(*) FILTER (WHERE disposition = 2) AS n2,
              count(*) FILTER (WHERE disposition = 3) AS n3,
              count(*) FILTER (WHERE disposition = 4) AS n4,
              count(*) FILTER (WHERE disposition = 5) AS n5
            FROM now GROUP BY flow) d
      WHERE f.id = d.flow;
  ELSE
    UPDATE flows f SET pending = f.pending + d.n0,
      delivered = f.delivered + d.n1, unchanged = f.unchanged + d.n2,
      filtered = f.filtered + d.n3, parked = f.parked + d.n4, dead = f.dead + d.n5,
      pending_repair = f.pending_repair + d.r, pending_backfill = f.pending_backfill + d.b
      FROM (SELECT flow,
              coalesce(sum(step) FILTER (WHERE disposition = 0 AND lane = 1), 0) AS r,
              coalesce(sum(step) FILTER (WHERE disposition = 0 AND lane = 2), 0) AS b,
              coalesce(sum(step) FILTER (WHERE disposition = 0), 0) AS n0,
              coalesce(sum(step) FILTER (WHERE disposition = 1), 0) AS n1,
              coalesce(sum(step) FILTER (WHERE disposition = 2), 0) AS n2,
              coalesce(sum(step) FILTER (WHERE disposition = 3), 0) AS n3,
              coalesce(sum(step) FILTER (WHERE disposition = 4), 0) AS n4,
              coalesce(sum(step) FILTER (WHERE disposition = 5), 0) AS n5
            FROM (SELECT flow, lane, disposition, 1 AS step FROM now
                  UNION ALL SELECT flow, lane, disposition, -1 FROM was) x
            GROUP BY flow) d
      WHERE f.id = d.flow
        AND (d.n0 <> 0 OR d.n1 <> 0 OR d.n2 <> 0 OR d.n3 <> 0 OR d.n4 <> 0 OR d.n5 <> 0
             OR d.r <> 0 OR d.b <> 0);
  END IF;
  RETURN NULL;
END $$;
)sql";

constexpr std::array kMigrations = {Migration{1, kVersion1}, Migration{2, kVersion2},
                                    Migration{3, kVersion3}};

// Any number will do, as long as it is ours: held while the tables are made.
constexpr const char* kMigrationLock = "SELECT pg_advisory_xact_lock(5640719422331)";

Error misfit(const Session& session, const std::string& cause) {
  return {Fault::kMisconfigured, "open store " + session.place() + ": " + cause};
}

// 0: there are no tables.
Result<int> schema_version(Session& session) {
  auto table = session.ask(
      "SELECT count(*) FROM pg_catalog.pg_tables"
      " WHERE schemaname = 'navette' AND tablename = 'meta'");
  if (!table) return table.error();
  if (table->integer(0, 0) == 0) return 0;
  auto version = session.ask("SELECT value FROM meta WHERE key = 'schema'");
  if (!version) return version.error();
  if (version->size() == 0) return misfit(session, "its schema \"navette\" is of another program");
  return static_cast<int>(version->integer(0, 0));
}

Error too_new(const Session& session, int found, int known) {
  return misfit(session, "it has schema version " + std::to_string(found) +
                             ", and this navette knows versions up to " + std::to_string(known) +
                             ": a newer navette wrote it; run that one, or restore the backup "
                             "from before the upgrade");
}

Status apply(Session& session, std::span<const Migration> list) {
  NAVETTE_TRY(session.do_run(kMigrationLock));
  NAVETTE_TRY(session.script("CREATE SCHEMA IF NOT EXISTS navette"));
  auto found = schema_version(session);
  if (!found) return found.error();
  if (*found > list.back().version) return too_new(session, *found, list.back().version);
  for (const Migration& migration : list) {
    if (migration.version <= *found) continue;
    NAVETTE_TRY(session.script(migration.sql));
    Values version;
    version.add(std::int64_t{migration.version});
    NAVETTE_TRY(session.do_run("UPDATE meta SET value = $1 WHERE key = 'schema'", version));
  }
  return {};
}

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

Status migrate(Session& session, std::span<const Migration> list) {
  // Looked at outside the transaction first: an up-to-date store is not written to.
  auto found = schema_version(session);
  if (!found) return found.error();
  if (*found == list.back().version) return {};
  NAVETTE_TRY(session.begin());
  Status done = apply(session, list);
  if (!done) {
    session.roll_back();
    return done;
  }
  Ended ended{};
  return session.commit(&ended);
}

Status require_current(Session& session, std::span<const Migration> list) {
  auto found = schema_version(session);
  if (!found) return found.error();
  const int known = list.back().version;
  if (*found > known) return too_new(session, *found, known);
  if (*found == known) return {};
  if (*found == 0) {
    return misfit(session, "there are no tables yet: start the hub, it makes them");
  }
  return misfit(session, "it has schema version " + std::to_string(*found) +
                             ", and this navette reads version " + std::to_string(known) +
                             ": start the hub of this version once, it migrates the store");
}

}  // namespace navette::postgres
