// The structs of navette/connector.h as JSON, as docs/bus-protocol.md describes them.
//
// Strict in what is there: a member of a wrong type, a missing id or an unknown word is an error
// that names its path. Lenient in what is not: a missing member has its default, and an unknown
// one is ignored, so that either side may be newer than the other.
//
// What is written is read back equal. Members that are empty are left out.

#pragma once

#include <string>
#include <vector>

#include "navette/connector.h"
#include "navette/json.h"
#include "navette/result.h"

namespace navette::wire {

Json encode(const Description& value);
Json encode(const PollRequest& value);
Json encode(const Page& value);
Json encode(const Record& value);
Json encode(const Command& value);
Json encode(const Outcome& value);

// Errors: kRejected, "read record: comments[2].visibility: ...".
Result<Description> decode_description(const Json& json);
Result<PollRequest> decode_poll_request(const Json& json);
Result<Page> decode_page(const Json& json);
Result<Record> decode_record(const Json& json);
Result<Command> decode_command(const Json& json);
Result<Outcome> decode_outcome(const Json& json);

// {"ids": ["1", "2"]}
Json encode_ids(const std::vector<std::string>& ids);
Result<std::vector<std::string>> decode_ids(const Json& json);

}  // namespace navette::wire
