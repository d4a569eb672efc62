#include "connectors/declarative/functions.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "connectors/declarative/tagged.h"

namespace navette::declarative {

namespace {

using Arguments = std::vector<Json>;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  if (from.empty()) return text;
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t hit = text.find(from, at);
    if (hit == std::string::npos) break;
    out.append(text, at, hit - at).append(to);
    at = hit + from.size();
  }
  return out.append(text, at, std::string::npos);
}

Json to_text(const Arguments& a) {
  return a[0].text();
}
Json to_lower(const Arguments& a) {
  return lower_ascii(a[0].text());
}
Json trimmed(const Arguments& a) {
  return std::string(trim(a[0].text()));
}
Json line_feeds(const Arguments& a) {
  return replaced(replaced(a[0].text(), "\r\n", "\n"), "\r", "\n");
}
Json url(const Arguments& a) {
  return percent_encode(a[0].text());
}
Json to_base64(const Arguments& a) {
  return base64_encode(a[0].text());
}
Json from_base64(const Arguments& a) {
  return base64_decode(a[0].text());
}
Json utf8(const Arguments& a) {
  return to_utf8(a[0].text());
}

// RT's TicketSQL: the only special characters within quotes are the quote and the backslash.
Json ticket_sql(const Arguments& a) {
  return "'" + replaced(replaced(a[0].text(), "\\", "\\\\"), "'", "\\'") + "'";
}

// A header value beyond ASCII as encoded words of at most 45 bytes each (RFC 2047).
Json rfc2047(const Arguments& a) {
  const std::string text = a[0].text();
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (plain && text.find("=?") == std::string::npos) return text;
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string_view piece = utf8_prefix_bytes(rest, 45);
    if (piece.empty()) piece = rest.substr(0, 1);
    if (!out.empty()) out += ' ';
    out += "=?UTF-8?B?" + base64_encode(piece) + "?=";
    rest.remove_prefix(piece.size());
  }
  return out;
}

// A file name that no system takes for a path, and that no header can be broken with.
Json file_name(const Arguments& a) {
  std::string out = to_utf8(a[0].text());
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '/' || c == '\\') c = '_';
  }
  return std::string(utf8_prefix_bytes(out, 200));
}

Json replace(const Arguments& a) {
  return replaced(a[0].text(), a[1].text(), a[2].text());
}
Json split_text(const Arguments& a) {
  const std::string separator = a[1].text();
  Json out = Json::array();
  for (std::string& piece : split(a[0].text(), separator.empty() ? ' ' : separator[0])) {
    out.push(std::move(piece));
  }
  return out;
}
Json join_texts(const Arguments& a) {
  std::string out;
  if (!a[0].is_array()) return out;
  for (const Json& item : a[0].items()) {
    const std::string piece = item.text();
    if (piece.empty()) continue;
    if (!out.empty()) out += a[1].text();
    out += piece;
  }
  return out;
}
Json starts_with(const Arguments& a) {
  return a[0].text().starts_with(a[1].text());
}
Json without_start(const Arguments& a) {
  const std::string text = a[0].text();
  const std::string start = a[1].text();
  return text.starts_with(start) ? text.substr(start.size()) : text;
}
Json after_last(const Arguments& a) {
  const std::string text = a[0].text();
  const std::string mark = a[1].text();
  const std::size_t at = text.rfind(mark);
  return at == std::string::npos ? text : text.substr(at + mark.size());
}
Json same_text(const Arguments& a) {
  return lower_ascii(a[0].text()) == lower_ascii(a[1].text());
}

Json number(const Arguments& a) {
  if (a[0].is_number()) return a[0];
  const std::string text(trim(a[0].text()));
  if (text.empty()) return {};
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (*end != '\0' || !std::isfinite(value)) return {};
  if (value == std::floor(value) && std::abs(value) < 9e15) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}
Json whole(const Arguments& a) {
  Json value = number(a);
  if (!value.is_number()) return {};
  if (value.is_int()) return value;
  const double rounded = std::round(value.as_double());
  return std::abs(rounded) < 9e15 ? Json(static_cast<std::int64_t>(rounded)) : Json();
}

std::string two_digits(int value) {
  std::array<char, 16> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%02d", value);
  return buffer.data();
}

// time(value, format): RFC 3339 text in, "rfc3339", "sql" (UTC, a blank and no zone), "date",
// "epoch" or "epoch_ms" out.
Json time_text(const Arguments& a) {
  const std::optional<TimePoint> time = parse_rfc3339(a[0].as_string());
  if (!time) return {};
  const std::string format = a[1].text();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*time);
  if (format == "epoch") return std::int64_t{seconds.time_since_epoch().count()};
  if (format == "epoch_ms") return std::int64_t{time->time_since_epoch().count()};
  if (format == "rfc3339") return to_rfc3339(TimePoint(seconds));
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::string text = std::to_string(static_cast<int>(date.year())) + "-" +
                           two_digits(static_cast<int>(static_cast<unsigned>(date.month()))) + "-" +
                           two_digits(static_cast<int>(static_cast<unsigned>(date.day())));
  if (format == "date") return text;
  if (format != "sql") return {};
  const std::chrono::hh_mm_ss clock(seconds - day);
  return text + " " + two_digits(static_cast<int>(clock.hours().count())) + ":" +
         two_digits(static_cast<int>(clock.minutes().count())) + ":" +
         two_digits(static_cast<int>(clock.seconds().count()));
}
// time_add(value, seconds)
Json time_add(const Arguments& a) {
  const std::optional<TimePoint> time = parse_rfc3339(a[0].as_string());
  const std::int64_t seconds = a[1].as_int();
  if (!time || std::abs(seconds) > 4'000'000'000) return {};
  return to_rfc3339(*time + std::chrono::seconds(seconds));
}

Json unless(const Arguments& a) {
  return a[0] == a[1] ? Json() : a[0];
}
Json or_null(const Arguments& a) {
  return a[0].is_string() && a[0].as_string().empty() ? Json() : a[0];
}
Json length(const Arguments& a) {
  if (a[0].is_string()) return static_cast<std::int64_t>(a[0].as_string().size());
  return static_cast<std::int64_t>(a[0].size());
}
Json first(const Arguments& a) {
  return a[0].is_array() && a[0].size() > 0 ? a[0].items().front() : Json();
}
Json last(const Arguments& a) {
  return a[0].is_array() && a[0].size() > 0 ? a[0].items().back() : Json();
}
Json concat(const Arguments& a) {
  Json out = Json::array();
  for (const Json& list : a) {
    if (!list.is_array()) continue;
    for (const Json& item : list.items()) out.push(item);
  }
  return out;
}
// flatten([[1], [2, 3]]) == [1, 2, 3]
Json flatten(const Arguments& a) {
  return a[0].is_array() ? concat(a[0].items()) : Json::array();
}
Json unique(const Arguments& a) {
  Json out = Json::array();
  if (!a[0].is_array()) return out;
  for (const Json& item : a[0].items()) {
    if (std::find(out.items().begin(), out.items().end(), item) == out.items().end()) {
      out.push(item);
    }
  }
  return out;
}
// pairs("a=1, b=2") == {"a": "1", "b": "2"}
Json pairs(const Arguments& a) {
  Json out = Json::object();
  for (const std::string& piece : split(a[0].text(), ',')) {
    const std::size_t at = piece.rfind('=');
    if (at == std::string::npos) continue;
    out.set(trim(std::string_view(piece).substr(0, at)),
            std::string(trim(std::string_view(piece).substr(at + 1))));
  }
  return out;
}
// entries({"a": 1}) == [{"name": "a", "value": 1}]
Json entries(const Arguments& a) {
  Json out = Json::array();
  if (!a[0].is_object()) return out;
  for (const auto& [name, value] : a[0].members()) {
    out.push(Json(Json::Object{{"name", name}, {"value", value}}));
  }
  return out;
}
// Members of later objects win.
Json merge(const Arguments& a) {
  Json out = Json::object();
  for (const Json& object : a) {
    if (!object.is_object()) continue;
    for (const auto& [name, value] : object.members()) out.set(name, value);
  }
  return out;
}
Json has(const Arguments& a) {
  return a[0].find(a[1].text()) != nullptr;
}

Json tagged(const Arguments& a) {
  return to_tagged(a[0], a[1].text());
}
Json fingerprint(const Arguments& a) {
  return fingerprint_of(a[0]);
}

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

const std::vector<Function>& functions() {
  static const std::vector<Function> kFunctions = {
      {"after_last", 2, 2, after_last, "The text after the last occurrence of the second text."},
      {"base64", 1, 1, to_base64, "Bytes in base64."},
      {"base64_decode", 1, 1, from_base64, "The bytes of a base64 text."},
      {"concat", 1, 8, concat, "One list of the items of several."},
      {"entries", 1, 1, entries, "An object's members as a list of {name, value}."},
      {"file_name", 1, 1, file_name, "A name without slashes and control characters, 200 bytes."},
      {"fingerprint", 1, 1, fingerprint, "A short text that differs when the value does."},
      {"first", 1, 1, first, "The first item of a list."},
      {"flatten", 1, 1, flatten, "One list of the items of a list of lists."},
      {"has", 2, 2, has, "Whether an object has a member of that name."},
      {"join", 2, 2, join_texts, "The non-empty texts of a list, with a separator between."},
      {"last", 1, 1, last, "The last item of a list."},
      {"length", 1, 1, length, "Bytes of a text, items of a list, members of an object."},
      {"lines", 1, 1, line_feeds, "A text with every line end as a line feed."},
      {"lower", 1, 1, to_lower, "ASCII letters in lower case."},
      {"merge", 1, 8, merge, "One object of the members of several; later ones win."},
      {"number", 1, 1, number, "A number, or a text that holds one; else null."},
      {"or_null", 1, 1, or_null, "Null for an empty text, else the value itself."},
      {"pairs", 1, 1, pairs, "\"a=1, b=2\" as an object."},
      {"replace", 3, 3, replace, "Every occurrence of the second text replaced by the third."},
      {"rfc2047", 1, 1, rfc2047, "A header value: encoded words when it is not plain ASCII."},
      {"same_text", 2, 2, same_text, "Whether two texts are equal but for ASCII case."},
      {"split", 2, 2, split_text, "The pieces of a text between a one-character separator."},
      {"starts_with", 2, 2, starts_with, "Whether a text begins with another."},
      {"tagged", 2, 2, tagged,
       "A value as \"datetime\", \"date\", \"timedelta\", \"Decimal\" or \"bytes\" of the codec "
       "`tagged`; "
       "else null."},
      {"text", 1, 1, to_text, "A scalar as text; null as the empty text."},
      {"ticket_sql", 1, 1, ticket_sql, "A text quoted for Request Tracker's TicketSQL."},
      {"time", 2, 2, time_text,
       "A time (RFC 3339) as \"rfc3339\", \"sql\", \"date\", \"epoch\" or \"epoch_ms\"; else "
       "null."},
      {"time_add", 2, 2, time_add, "A time (RFC 3339) so many seconds later."},
      {"trim", 1, 1, trimmed, "A text without outer blanks."},
      {"unique", 1, 1, unique, "A list without repeated items."},
      {"unless", 2, 2, unless, "The first value, or null when both are equal."},
      {"url", 1, 1, url, "A text percent-encoded for a path or a query."},
      {"utf8", 1, 1, utf8, "Bytes as text: what is not UTF-8 becomes U+FFFD."},
      {"without_start", 2, 2, without_start, "A text without the second text, if it begins so."},
      {"whole", 1, 1, whole, "A number rounded to an integer; else null."},
  };
  return kFunctions;
}

const Function* find_function(std::string_view name) {
  for (const Function& function : functions()) {
    if (name == function.name) return &function;
  }
  return nullptr;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::string fingerprint_of(const Json& value) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : value.dump()) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  return std::to_string(hash);
}

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t bits = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += i <= count ? kBase64[bits >> (18 - 6 * i) & 63] : '=';
    }
  }
  return out;
}

std::string base64_decode(std::string_view text) {
  std::array<signed char, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kBase64.size(); ++i) {
    values[static_cast<unsigned char>(kBase64[i])] = static_cast<signed char>(i);
  }
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == ' ' || c == '\t') continue;
    const signed char value = values[static_cast<unsigned char>(c)];
    if (value < 0) break;
    bits = bits << 6 | static_cast<unsigned char>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xff);
    }
  }
  return out;
}

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  int day = 0;
  int year = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::array<char, 4> month{};
  const std::string line(text);
  const int count = std::sscanf(line.c_str(), "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &day,
                                month.data(), &year, &hour, &minute, &second);
  const auto* found = std::find(kMonths.begin(), kMonths.end(), std::string_view(month.data()));
  if (count != 6 || found == kMonths.end() || hour > 23 || minute > 59 || second > 60) return {};
  const auto number = static_cast<unsigned>(found - kMonths.begin()) + 1;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(number),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return {};
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

}  // namespace navette::declarative
