// Orders about dead letters, replays and repairs, as the command line gives them and as they come
// over the hub's HTTP API: the same words, the same answers.
//
//   GET  dead                list: {"total", "reasons": [...], "letters": [...]}
//   GET  dead/ID             one letter whole
//   POST dead/ID/edit        {"set": {path: value}} | {"message": {...}} | {"undo": true}
//   POST dead/drop           {"because", filters}
//   GET  replay              the last replays
//   GET  replay/ID           how far it is
//   POST replay              {"from", "config", "rate", "state", filters}
//   POST replay/ID/stop      {"because"}
//   POST repair              {"tickets": [{"flow", "side", "id"}]}: {"journalled"}
//   POST resume              {"flow", "for"?: a duration without limits}: {"flow", "held": why it
//                            was held, or empty}
//
// Filters: "flow", "system", "entity", "ticket", "reason", "text", "since", "until", "ids", and for
// lists "state", "after", "limit".

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

#include "base/clock.h"
#include "config/model.h"
#include "store/store.h"
#include "sync/dead_letters.h"

namespace CLI {
class App;
}

namespace navette::tools {

// What of a flow the filters ask for.
struct FlowSides {
  std::string name;
  Sides<std::string> system;
  Sides<std::string> entity;
  std::string hash;
};
std::vector<FlowSides> sides_of(const std::vector<FlowConfig>& flows);

struct LetterContext {
  Store& store;
  const std::vector<FlowSides>& flows;
  TimePoint now;
};

struct LetterOrder {
  std::string method;  // "GET" or "POST"
  std::string path;    // "dead/12/edit"
  Json arguments = Json::object();
};

// Errors: kRejected (a wrong word, nothing found), as the store's.
Result<Json> answer_letters(const LetterContext& context, const LetterOrder& order);

// Whether answer_letters() only reads for this order.
inline bool only_reads(const LetterOrder& order) {
  return order.method == "GET";
}

// Errors: kRejected, with what was expected.
Result<ChangeFilter> filter_of(const LetterContext& context, const Json& arguments);
// Errors: kRejected.
Result<ReplayOrder> replay_order_of(const LetterContext& context, const Json& arguments);

// The filters as options. They are put into `arguments` when the command line is read; it must
// outlive the parsing.
void add_letter_filters(CLI::App& command, Json& arguments);

}  // namespace navette::tools
