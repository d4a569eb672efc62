// What both backends say alike about what may be pruned.

#pragma once

// After a copy: the rows that were pruned count as well.
#define NAVETTE_COUNT_PRUNED                                                                 \
  "UPDATE flows SET accepted = accepted + (SELECT coalesce(sum(p.changes), 0) FROM pruned p" \
  "  WHERE p.flow = flows.id),"                                                              \
  " delivered = delivered + (SELECT coalesce(sum(p.changes), 0) FROM pruned p"               \
  "  WHERE p.flow = flows.id AND p.disposition = 1),"                                        \
  " unchanged = unchanged + (SELECT coalesce(sum(p.changes), 0) FROM pruned p"               \
  "  WHERE p.flow = flows.id AND p.disposition = 2),"                                        \
  " filtered = filtered + (SELECT coalesce(sum(p.changes), 0) FROM pruned p"                 \
  "  WHERE p.flow = flows.id AND p.disposition = 3)"

// A change that ended well, and that no replay is about to run again. Of `changes c`.
#define NAVETTE_PRUNABLE_CHANGE              \
  "c.disposition IN (1, 2, 3)"               \
  " AND NOT EXISTS (SELECT 1 FROM replays r" \
  "                 WHERE r.id = c.replay AND r.open = 1)"

// Whether a dead change tells of this link: what explains it stays. Few are dead.
#define NAVETTE_LINK_HAS_DEAD(link)                                                            \
  "EXISTS (SELECT 1 FROM changes d WHERE d.disposition >= 4 AND d.disposition = 5 AND d.link " \
  "= " link ")"

// A command that is neither under way nor a dead letter's. Of `commands c`.
#define NAVETTE_PRUNABLE_COMMAND        \
  "c.phase NOT IN ('intended', 'dead')" \
  " AND NOT (c.kind = 'create' AND c.phase = 'failed' AND " NAVETTE_LINK_HAS_DEAD("c.link") ")"

// An event that explains neither a parked field nor a dead letter. Of `events e`.
#define NAVETTE_PRUNABLE_EVENT                                              \
  "NOT EXISTS (SELECT 1 FROM links l WHERE l.id = e.link AND l.parked > 0)" \
  " AND NOT (e.kind = 'dead' AND " NAVETTE_LINK_HAS_DEAD("e.link") ")"
