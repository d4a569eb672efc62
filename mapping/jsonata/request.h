// One evaluation asked for in one line of JSON, and answered in one: what `navette eval --ndjson`
// speaks, and what the comparison with the reference implementation runs on.
//
//   {"expr": "a + 1", "input"?: .., "bindings"?: {name: ..}, "timelimit"?: ms, "depth"?: levels}
//   {"result": ..} | {"undefined": true} |
//   {"error": {"code", "position"?, "token"?, "value"?, "message"}}
//
// Without "input" there is no input at all, which differs from null. A function as a result is "".
// Lone surrogates in the request, written as "\uD800", reach the expression; in the answer U+FFFD
// stands for each. A line that is no request is answered with an error, too: U1101 (no JSON; the
// message has the byte offset), U1102 (no "expr" text, or a member of another type).
//
// Pure functions, safe from any thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mapping/jsonata/jsonata.h"

namespace navette::jsonata {

// `limits`: of requests that say nothing else. `functions`: what expressions have beside the
// language's own. The answer has no line end.
std::string answer_request(std::string_view line, const Limits& limits = {},
                           const std::vector<HostFunction>& functions = {});

// {"code", "position"?, "token"?, "value"?, "message"}
Json error_json(const JsonataError& error);

}  // namespace navette::jsonata
