#include "store/postgres_filter.h"

#include "navette/json.h"

namespace navette::postgres {
namespace {

// Without regard to the case of ASCII letters.
std::string holds(const char* column) {
  return std::string("strpos(lower(") + column + " COLLATE \"C\"), lower(";
}

constexpr const char* kEnd = "::text COLLATE \"C\")) > 0";

}  // namespace

void add_filter(const ChangeFilter& filter, Question& question) {
  question.say(
      " FROM changes c JOIN flows f ON f.id = c.flow"
      " LEFT JOIN payloads p ON p.change = c.seq LEFT JOIN edits e ON e.change = c.seq");
  question.with(" WHERE c.seq > ", filter.after_seq);
  if (!filter.flow.empty()) {
    question.with(" AND c.flow = (SELECT id FROM flows WHERE name = ", filter.flow, ")");
  }
  if (filter.side) question.with(" AND c.side = ", static_cast<std::int64_t>(*filter.side));
  if (!filter.entity_id.empty()) question.with(" AND c.entity_id = ", filter.entity_id);
  if (filter.disposition) {
    // As text of the query, since a partial index is chosen when the query is planned.
    const int wanted = static_cast<int>(*filter.disposition);
    question.say(" AND c.disposition = " + std::to_string(wanted));
    if (wanted >= static_cast<int>(Disposition::kParked)) question.say(" AND c.disposition >= 4");
  }
  if (filter.replay != 0) {
    question.with(" AND c.replay <> 0 AND c.replay = ", filter.replay);
  }
  if (!filter.seqs.empty()) {
    Json list = Json::array();
    for (const std::int64_t seq : filter.seqs) list.push(seq);
    question.with(" AND c.seq = ANY (ARRAY(SELECT value::bigint FROM json_array_elements_text(",
                  list.dump(), "::json)))");
  }
  if (!filter.sides.empty()) {
    Json list = Json::array();
    for (const auto& [flow, side] : filter.sides) {
      list.push(Json::Array{flow, static_cast<std::int64_t>(side)});
    }
    question.with(" AND EXISTS (SELECT 1 FROM json_array_elements(", list.dump(),
                  "::json) one WHERE f.name = one.value ->> 0"
                  " AND c.side = (one.value ->> 1)::int)");
  }
  if (!filter.reason.empty()) question.with(" AND " + holds("c.reason"), filter.reason, kEnd);
  if (!filter.text.empty()) {
    question.with(" AND (" + holds("c.reason"), filter.text, kEnd);
    question.with(" OR " + holds("p.payload"), filter.text, kEnd);
    question.with(" OR " + holds("e.payload"), filter.text, kEnd).say(")");
  }
  const std::string when = " AND CASE c.disposition WHEN 0 THEN c.received_at ELSE c.ended_at END";
  if (filter.since != 0) question.with(when + " >= ", filter.since);
  if (filter.until != 0) question.with(when + " < ", filter.until);
}

}  // namespace navette::postgres
