#include "store/sqlite_filter.h"

#include <utility>

#include "navette/json.h"

namespace navette::sqlite {

ChangeWhere::ChangeWhere(const ChangeFilter& filter) {
  sql_ = " FROM changes c";
  if (filter.replay != 0) sql_ += " INDEXED BY changes_replay";
  sql_ +=
      " JOIN flows f ON f.id = c.flow LEFT JOIN payloads p ON p.change = c.seq"
      " LEFT JOIN edits e ON e.change = c.seq WHERE";
  add(" c.seq > ?", filter.after_seq);
  if (!filter.flow.empty()) {
    add(" AND c.flow = (SELECT id FROM flows WHERE name = ?)", filter.flow);
  }
  if (filter.side) add(" AND c.side = ?", static_cast<std::int64_t>(*filter.side));
  if (!filter.entity_id.empty()) add(" AND c.entity_id = ?", filter.entity_id);
  if (filter.disposition) {
    // As text of the query, since a partial index is chosen when the query is compiled.
    const int wanted = static_cast<int>(*filter.disposition);
    sql_ += " AND c.disposition = " + std::to_string(wanted);
    if (wanted >= static_cast<int>(Disposition::kParked)) sql_ += " AND c.disposition >= 4";
  }
  if (filter.replay != 0) add(" AND c.replay <> 0 AND c.replay = ?", filter.replay);
  if (!filter.seqs.empty()) {
    Json list = Json::array();
    for (const std::int64_t seq : filter.seqs) list.push(seq);
    add(" AND c.seq IN (SELECT value FROM json_each(?))", list.dump());
  }
  if (!filter.sides.empty()) {
    Json list = Json::array();
    for (const auto& [flow, side] : filter.sides) {
      list.push(Json::Array{flow, static_cast<std::int64_t>(side)});
    }
    add(" AND EXISTS (SELECT 1 FROM json_each(?) AS one WHERE f.name = one.value ->> 0"
        " AND c.side = one.value ->> 1)",
        list.dump());
  }
  if (!filter.reason.empty()) add(" AND instr(lower(c.reason), lower(?)) > 0", filter.reason);
  if (!filter.text.empty()) {
    add(" AND (instr(lower(c.reason), lower(?)) > 0 OR instr(lower(p.payload), lower(?)) > 0"
        " OR instr(lower(e.payload), lower(?)) > 0)",
        filter.text, 3);
  }
  if (filter.since != 0)
    add(" AND iif(c.disposition = 0, c.received_at, c.ended_at) >= ?", filter.since);
  if (filter.until != 0)
    add(" AND iif(c.disposition = 0, c.received_at, c.ended_at) < ?", filter.until);
}

void ChangeWhere::add(const char* condition, std::int64_t value) {
  sql_ += condition;
  values_.emplace_back(value);
}

void ChangeWhere::add(const char* condition, std::string value, int times) {
  sql_ += condition;
  for (int i = 1; i < times; ++i) values_.emplace_back(value);
  values_.emplace_back(std::move(value));
}

void ChangeWhere::bind(Query& query) const {
  for (const auto& value : values_) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      query.bind(*number);
    } else {
      query.bind(std::string_view(std::get<std::string>(value)));
    }
  }
}

}  // namespace navette::sqlite
