#include "store/postgres_rows.h"

#include <array>
#include <utility>

namespace navette::postgres {
namespace {

constexpr std::array kChangeTypes = {"int",    "smallint", "text",   "smallint", "int",  "bigint",
                                     "bigint", "bigint",   "bigint", "bigint",   "text", "text",
                                     "text",   "text",     "text",   "smallint"};
constexpr std::array kPayloadTypes = {"bigint", "text"};
constexpr std::array kCursorTypes = {"text", "text"};
constexpr std::array kEndTypes = {"bigint", "smallint", "text", "bigint", "bigint"};
constexpr std::array kDeferTypes = {"bigint", "text", "bigint", "bigint", "int", "bigint"};
constexpr std::array kHastenTypes = {"text", "bigint", "bigint"};
constexpr std::array kStallTypes = {"text", "text", "bigint"};
constexpr std::array kReviveTypes = {"bigint", "bigint"};
constexpr std::array kLinkTypes = {"bigint", "int",    "text",   "text",
                                   "int",    "bigint", "bigint", "text"};
constexpr std::array kDropTypes = {"bigint"};
constexpr std::array kChildTypes = {"bigint", "bigint", "text", "text", "text", "text"};
constexpr std::array kCommandTypes = {"bigint", "int",  "bigint", "smallint", "text",
                                      "text",   "int",  "bigint", "bigint",   "text",
                                      "text",   "text", "text"};
constexpr std::array kEventTypes = {"bigint", "int", "bigint", "text", "text", "text"};
constexpr std::array kMoveTypes = {"bigint", "smallint", "smallint", "text", "bigint"};
constexpr std::array kEditTypes = {"bigint", "text", "bigint"};
constexpr std::array kReplayTypes = {"bigint", "smallint", "text", "bigint", "bigint"};
constexpr std::array kConfigTypes = {"text", "text", "bigint"};

constexpr std::size_t kRowsMax = 64;

std::int64_t number(Side side) {
  return static_cast<std::int64_t>(side);
}

std::int64_t number(Disposition disposition) {
  return static_cast<std::int64_t>(disposition);
}

}  // namespace

const Kind kChanges = {
    "INSERT INTO changes (flow, side, entity_id, disposition, attempts, next_at, received_at,"
    " waiting_since, ended_at, link, reason, version, origin, correlation, config_hash, lane)"
    " VALUES ",
    kChangeTypes, " RETURNING seq"};
const Kind kPayloads = {"INSERT INTO payloads (change, payload) VALUES ", kPayloadTypes, ""};
const Kind kCursors = {"INSERT INTO cursors (name, value) VALUES ", kCursorTypes,
                       " ON CONFLICT (name) DO UPDATE SET value = excluded.value"};
const Kind kEnds = {
    "UPDATE changes c SET disposition = v.disposition, reason = v.reason, ended_at = v.at,"
    " next_at = 0, waiting_since = 0, link = coalesce(nullif(v.link, 0), c.link) FROM (VALUES ",
    kEndTypes,
    ") v (seq, disposition, reason, at, link) WHERE c.seq = v.seq AND c.disposition = 0"};
const Kind kDefers = {
    "UPDATE changes c SET waiting_since = CASE WHEN c.reason = v.reason AND c.waiting_since <> 0"
    " THEN c.waiting_since ELSE v.since END, reason = v.reason, next_at = v.next_at,"
    " attempts = c.attempts + v.tries, link = coalesce(nullif(v.link, 0), c.link) FROM (VALUES ",
    kDeferTypes,
    ") v (seq, reason, since, next_at, tries, link) WHERE c.seq = v.seq AND c.disposition = 0"};
const Kind kRevives = {
    "UPDATE changes c SET disposition = 0, reason = '', attempts = 0, next_at = v.at,"
    " waiting_since = 0, ended_at = 0, lane = 1 FROM (VALUES ",
    kReviveTypes, ") v (seq, at) WHERE c.seq = v.seq AND c.disposition <> 0"};
const Kind kHastens = {"UPDATE changes c SET next_at = v.at FROM (VALUES ", kHastenTypes,
                       ") v (flow, after, at) JOIN flows f ON f.name = v.flow WHERE c.flow = f.id"
                       " AND c.lane IN (0, 1, 2) AND c.disposition = 0 AND c.next_at > v.after"};
const Kind kStalls = {
    "UPDATE flows f SET stall = v.reason, stalled_at = CASE WHEN v.reason = '' THEN 0"
    " WHEN f.stall = v.reason THEN f.stalled_at ELSE v.at END FROM (VALUES ",
    kStallTypes, ") v (flow, reason, at) WHERE f.name = v.flow"};
const Kind kLinks = {
    "INSERT INTO links (id, flow, client_id, provider_id, parked, created_at, updated_at, state)"
    " VALUES ",
    kLinkTypes,
    " ON CONFLICT (id) DO UPDATE SET flow = excluded.flow, client_id = excluded.client_id,"
    " provider_id = excluded.provider_id, parked = excluded.parked,"
    " created_at = excluded.created_at, updated_at = excluded.updated_at, state = excluded.state"};
const Kind kDrops = {"DELETE FROM links l USING (VALUES ", kDropTypes,
                     ") v (id) WHERE l.id = v.id"};
const Kind kChildren = {
    "INSERT INTO children (id, link, kind, client_id, provider_id, state) VALUES ", kChildTypes,
    " ON CONFLICT (id) DO UPDATE SET link = excluded.link, kind = excluded.kind,"
    " client_id = excluded.client_id, provider_id = excluded.provider_id, state = excluded.state"};
const Kind kCommands = {
    "INSERT INTO commands (id, flow, link, side, kind, phase, attempts, created_at, updated_at,"
    " key, correlation, outcome, payload) VALUES ",
    kCommandTypes,
    " ON CONFLICT (id) DO UPDATE SET flow = excluded.flow, link = excluded.link,"
    " side = excluded.side, kind = excluded.kind, phase = excluded.phase,"
    " attempts = excluded.attempts, created_at = excluded.created_at,"
    " updated_at = excluded.updated_at, key = excluded.key, correlation = excluded.correlation,"
    " outcome = excluded.outcome, payload = excluded.payload"};
const Kind kEvents = {"INSERT INTO events (at, flow, link, kind, correlation, data) VALUES ",
                      kEventTypes, ""};
const Kind kMoves = {
    "UPDATE changes c SET disposition = v.disposition, reason = v.reason, ended_at = v.at"
    " FROM (VALUES ",
    kMoveTypes,
    ") v (seq, was, disposition, reason, at) WHERE c.seq = v.seq AND c.disposition = v.was"};
const Kind kPayloadSets = {
    "INSERT INTO payloads (change, payload) SELECT c.seq, v.payload FROM (VALUES ", kPayloadTypes,
    ") v (seq, payload) JOIN changes c ON c.seq = v.seq"
    " ON CONFLICT (change) DO UPDATE SET payload = excluded.payload, pruned_at = 0"};
const Kind kPayloadDrops = {"DELETE FROM payloads p USING (VALUES ", kDropTypes,
                            ") v (seq) WHERE p.change = v.seq"};
const Kind kEdits = {
    "INSERT INTO edits (change, payload, at) SELECT c.seq, v.payload, v.at FROM (VALUES ",
    kEditTypes,
    ") v (seq, payload, at) JOIN changes c ON c.seq = v.seq"
    " ON CONFLICT (change) DO UPDATE SET payload = excluded.payload, at = excluded.at"};
const Kind kEditDrops = {"DELETE FROM edits e USING (VALUES ", kDropTypes,
                         ") v (seq) WHERE e.change = v.seq"};
const Kind kReplays = {
    "INSERT INTO replays (id, open, state, created_at, updated_at) VALUES ", kReplayTypes,
    " ON CONFLICT (id) DO UPDATE SET open = excluded.open, state = excluded.state,"
    " created_at = excluded.created_at, updated_at = excluded.updated_at"};
const Kind kReleases = {"UPDATE changes c SET replay = 0 FROM (VALUES ", kDropTypes,
                        ") v (seq) WHERE c.seq = v.seq"};
const Kind kConfigs = {"INSERT INTO configs (hash, text, at) VALUES ", kConfigTypes,
                       " ON CONFLICT (hash) DO NOTHING"};

// ---- statements --------------------------------------------------------------------------------

std::size_t Statements::rows_of(std::size_t left) {
  for (std::size_t size = kRowsMax; size > 1; size /= 2) {
    if (left >= size) return size;
  }
  return 1;
}

const std::string& Statements::text(const Kind& kind, std::size_t rows) {
  std::string& text = texts_[&kind][rows];
  if (!text.empty()) return text;
  text = kind.head;
  std::size_t parameter = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    text += row == 0 ? "(" : ", (";
    for (std::size_t column = 0; column < kind.types.size(); ++column) {
      text += (column == 0 ? "$" : ", $") + std::to_string(++parameter);
      text += std::string("::") + kind.types[column];
    }
    text += ")";
  }
  text += kind.tail;
  return text;
}

// ---- rows --------------------------------------------------------------------------------------

const std::string* flow_of(const Operation& operation) {
  if (const auto* add = std::get_if<AddChange>(&operation)) return &add->change.flow;
  if (const auto* put = std::get_if<PutLink>(&operation)) return &put->link.flow;
  if (const auto* put = std::get_if<PutCommand>(&operation)) return &put->command.flow;
  if (const auto* add = std::get_if<AddEvent>(&operation)) return &add->event.flow;
  if (const auto* hasten = std::get_if<HastenChanges>(&operation)) return &hasten->flow;
  if (const auto* put = std::get_if<PutStall>(&operation)) return &put->flow;
  return nullptr;
}

void RowsOf::add(const Operation& operation) {
  std::visit([this](const auto& one) { take(one); }, operation);
}

void RowsOf::once(char kind, std::int64_t id) {
  if (id <= 0 || !seen_[kind].emplace(id, true).second) independent_ = false;
}

Values RowsOf::values_of(const ChangeRow& row) const {
  Values values;
  values.add(number_(row.flow)).add(number(row.side)).add(row.entity_id);
  values.add(number(row.disposition)).add(std::int64_t{row.attempts}).add(row.next_at);
  values.add(row.received_at).add(row.waiting_since).add(row.ended_at).add(row.link);
  values.add(row.reason).add(row.version).add(row.origin).add(row.correlation);
  values.add(row.config_hash).add(static_cast<std::int64_t>(lane_of(row.origin)));
  return values;
}

void RowsOf::take(const AddChange& operation) {
  changes.push_back(&operation.change);
}

void RowsOf::take(const SetCursor& operation) {
  Values values;
  values.add(operation.name).add(operation.value);
  const auto [row, is_new] = cursor_rows_.emplace(operation.name, cursors.size());
  if (is_new) {
    cursors.push_back(std::move(values));
  } else {
    cursors[row->second] = std::move(values);  // the last one counts
  }
}

void RowsOf::take(const EndChanges& operation) {
  if (operation.disposition == Disposition::kPending) independent_ = false;
  for (const std::int64_t seq : operation.seqs) {
    once('c', seq);
    Values values;
    values.add(seq).add(number(operation.disposition)).add(operation.reason);
    values.add(operation.at).add(operation.link);
    ends.push_back(std::move(values));
  }
}

void RowsOf::take(const DeferChanges& operation) {
  for (const std::int64_t seq : operation.seqs) {
    once('c', seq);
    Values values;
    values.add(seq).add(operation.reason);
    values.add(operation.reason.empty() ? 0 : operation.at).add(operation.next_at);
    values.add(std::int64_t{operation.tries}).add(operation.link);
    defers.push_back(std::move(values));
  }
}

void RowsOf::take(const ReviveChanges& operation) {
  for (const std::int64_t seq : operation.seqs) {
    once('c', seq);
    Values values;
    values.add(seq).add(operation.at);
    revives.push_back(std::move(values));
  }
}

void RowsOf::take(const PutLink& operation) {
  const LinkRow& row = operation.link;
  once('l', row.id);
  Values values;
  values.add(row.id).add(number_(row.flow)).add(row.client_id).add(row.provider_id);
  values.add(std::int64_t{row.parked}).add(row.created_at).add(row.updated_at).add(row.state);
  links.push_back(std::move(values));
}

void RowsOf::take(const DropLink& operation) {
  independent_ = false;
  Values values;
  values.add(operation.id);
  drops.push_back(std::move(values));
}

void RowsOf::take(const PutChild& operation) {
  const ChildRow& row = operation.child;
  once('k', row.id);
  Values values;
  values.add(row.id).add(row.link).add(row.kind).add(row.client_id).add(row.provider_id);
  values.add(row.state);
  children.push_back(std::move(values));
}

void RowsOf::take(const PutCommand& operation) {
  const CommandRow& row = operation.command;
  once('o', row.id);
  Values values;
  values.add(row.id).add(number_(row.flow)).add(row.link).add(number(row.side)).add(row.kind);
  values.add(row.phase).add(std::int64_t{row.attempts}).add(row.created_at).add(row.updated_at);
  values.add(row.key).add(row.correlation).add(row.outcome).add(row.payload);
  commands.push_back(std::move(values));
}

void RowsOf::take(const AddEvent& operation) {
  const EventRow& row = operation.event;
  Values values;
  values.add(row.at).add(number_(row.flow)).add(row.link).add(row.kind).add(row.correlation);
  values.add(row.data);
  events.push_back(std::move(values));
}

void RowsOf::take(const MoveChanges& operation) {
  if (operation.disposition == Disposition::kPending || operation.from == Disposition::kPending) {
    independent_ = false;
  }
  for (const std::int64_t seq : operation.seqs) {
    once('c', seq);
    Values values;
    values.add(seq).add(number(operation.from)).add(number(operation.disposition));
    values.add(operation.reason).add(operation.at);
    moves.push_back(std::move(values));
  }
}

void RowsOf::take(const SetPayload& operation) {
  independent_ = false;
  Values values;
  values.add(operation.seq);
  if (operation.payload.empty()) return payload_drops.push_back(std::move(values));
  values.add(operation.payload);
  payload_sets.push_back(std::move(values));
}

void RowsOf::take(const PutEdit& operation) {
  independent_ = false;
  Values values;
  values.add(operation.edit.change);
  if (operation.edit.payload.empty()) return edit_drops.push_back(std::move(values));
  values.add(operation.edit.payload).add(operation.edit.at);
  edits.push_back(std::move(values));
}

void RowsOf::take(const PutReplay& operation) {
  const ReplayRow& row = operation.replay;
  once('r', row.id);
  Values values;
  values.add(row.id).add(std::int64_t{row.open ? 1 : 0}).add(row.state);
  values.add(row.created_at).add(row.updated_at);
  replays.push_back(std::move(values));
}

// PostgresStore::choose() knows how.
void RowsOf::take(const ChooseChanges& /*operation*/) {
  independent_ = false;
}

void RowsOf::take(const ReleaseChanges& operation) {
  for (const std::int64_t seq : operation.seqs) {
    Values values;
    values.add(seq);
    releases.push_back(std::move(values));
  }
}

// PostgresStore::take_away() knows how.
void RowsOf::take(const PruneRows& /*operation*/) {
  independent_ = false;
}

void RowsOf::take(const HastenChanges& operation) {
  independent_ = false;
  Values values;
  values.add(operation.flow).add(operation.after).add(operation.at);
  hastens.push_back(std::move(values));
}

void RowsOf::take(const PutStall& operation) {
  if (!stalled_.insert(operation.flow).second) independent_ = false;
  Values values;
  values.add(operation.flow).add(operation.reason).add(operation.at);
  stalls.push_back(std::move(values));
}

void RowsOf::take(const PutConfig& operation) {
  Values values;
  values.add(operation.hash).add(operation.text).add(operation.at);
  configs.push_back(std::move(values));
}

}  // namespace navette::postgres
