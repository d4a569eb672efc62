// The scalar kinds of config/shape.h: reading them, and saying what they look like.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.h"
#include "config/shape.h"

namespace navette {

// Bytes: "200", "200 bytes", "64 kB", "20 MB", "1 GB", "20 MiB". A kB is 1024 bytes, as the systems
// that Navette speaks to count.
std::optional<std::int64_t> parse_size(std::string_view text);
std::string size_text(std::int64_t bytes);

// "10/s", "600/min", "5000/h", "100000/d".
std::optional<Rate> parse_rate(std::string_view text);
std::string rate_text(const Rate& rate);

// "255" or "255 characters", "200 bytes".
std::optional<TextLimit> parse_limit(std::string_view text);

struct HostPort {
  std::string host;  // without the brackets of IPv6
  int port = 0;
};
std::optional<HostPort> parse_address(std::string_view text);
// Whether only this machine can reach it: 127.0.0.0/8, ::1, localhost.
bool is_loopback(const std::string& host);

// The pieces of a field path: `custom_fields[name='External ref'].value` is "custom_fields",
// "[name='External ref']", "value". Nothing when it is no path.
std::optional<std::vector<std::string>> parse_field_path(std::string_view text);

// Why `text` is no value of the shape's kind, to follow "which ": "is no duration". Empty: it is
// one. Bounds are not looked at. REQUIRES: a scalar kind.
std::string scalar_trouble(const Shape& shape, const std::string& text);

// kInteger, kDuration (ms), kSize (bytes), kRate (an hour), kText (characters): the number that
// bounds apply to.
std::optional<std::int64_t> measure(const Shape& shape, const std::string& text);
// A bound as people write it: "1s", "20 MB", "3".
std::string bound_text(Kind kind, std::int64_t bound);

// What may stand there: "a duration such as 5s", "one of: newest, client", "a list of ...".
std::string describe(const Shape& shape);

// Names of systems, flows, tables and rules are used in addresses, logs and keys.
bool is_name(std::string_view text);

}  // namespace navette
