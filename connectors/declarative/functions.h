// The functions that expressions may call; listed, with what they do, in
// docs/connectors/writing.md.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "navette/json.h"

namespace navette::declarative {

struct Function {
  const char* name;
  std::size_t arguments_min;
  std::size_t arguments_max;
  Json (*call)(const std::vector<Json>& arguments);
  const char* about;  // one sentence, for the documentation
};

// Nullptr when there is no such function.
const Function* find_function(std::string_view name);
const std::vector<Function>& functions();

// Text with everything percent-encoded that is not unreserved (RFC 3986).
std::string percent_encode(std::string_view text);
// A hash (FNV-1a, 64 bits) of the value's JSON text, as a decimal number.
std::string fingerprint_of(const Json& value);
std::string base64_encode(std::string_view bytes);
// Blanks and line breaks are skipped; what follows a wrong character is dropped.
std::string base64_decode(std::string_view text);
// "Tue, 24 Nov 2026 02:18:22 GMT" (RFC 9110).
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

}  // namespace navette::declarative
