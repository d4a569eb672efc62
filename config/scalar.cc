#include "config/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/clock.h"
#include "base/text.h"

namespace navette {
namespace {

struct KindWord {
  Kind kind;
  const char* word;
  const char* about;
};
constexpr std::array kKinds = {
    KindWord{Kind::kText, "text", "a text"},
    KindWord{Kind::kUrl, "url", "an address such as https://helpdesk.example"},
    KindWord{Kind::kDuration, "duration", "a duration such as 250ms, 5s, 10m, 2h or 3d"},
    KindWord{Kind::kInteger, "integer", "a whole number"},
    KindWord{Kind::kSize, "size", "a size such as 200 bytes, 64 kB or 20 MB"},
    KindWord{Kind::kRate, "rate", "a rate such as 10/s, 600/min, 5000/h or 100000/d"},
    KindWord{Kind::kLimit, "limit", "a number of characters such as 255, or bytes: 200 bytes"},
    KindWord{Kind::kBoolean, "boolean", "true or false"},
    KindWord{Kind::kChoice, "choice", "one of a few words"},
    KindWord{Kind::kSecret, "secret", "a reference: ${env:NAME} or ${file:/path}"},
    KindWord{Kind::kFile, "file", "the path of a file"},
    KindWord{Kind::kField, "field",
             "the path of a field such as Subject, CustomFields.Severity or "
             "custom_fields[name='External ref'].value"},
    KindWord{Kind::kTemplate, "template",
             "a text with {id}, {value} or paths in braces, such as RT-{id}"},
    KindWord{Kind::kDate, "date", "a date such as 2026-01-31 or 2026-01-31T08:00:00Z"},
    KindWord{Kind::kAddress, "address", "host:port such as 127.0.0.1:8700"},
    KindWord{Kind::kValue, "value", "a single value: text, number, true, false or null"},
    KindWord{Kind::kObject, "object", "a map of settings"},
    KindWord{Kind::kMap, "map", "a map"},
    KindWord{Kind::kList, "list", "a list"},
    KindWord{Kind::kAnyOf, "any", "one of several forms"},
    KindWord{Kind::kJson, "json", "any value, a map or a list too"},
};

const KindWord& word_of(Kind kind) {
  return *std::find_if(kKinds.begin(), kKinds.end(),
                       [kind](const KindWord& word) { return word.kind == kind; });
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || stop != end || text.empty()) return std::nullopt;
  return value;
}

// A number, and the unit after it in lower case.
struct Quantity {
  std::int64_t count = 0;
  std::string unit;
};
std::optional<Quantity> parse_quantity(std::string_view text) {
  const std::size_t digits = std::min(text.size(), text.find_first_not_of("0123456789"));
  const auto count = parse_integer(text.substr(0, digits));
  if (!count) return std::nullopt;
  return Quantity{*count, lower_ascii(trim(text.substr(digits)))};
}

std::string url_trouble(const std::string& text) {
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return "does not begin with http:// or https://";
  }
  if (rest.find_first_of(" \t\r\n\"<>") != std::string_view::npos) return "has a blank in it";
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) {
    return "carries a user name; credentials have settings of their own";
  }
  if (authority.empty() || authority.front() == ':') return "has no host";
  if (rest.find_first_of("?#") != std::string_view::npos) return "has a \"?\" or \"#\" in it";
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.back() != ']') {
    const auto port = parse_integer(authority.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) return "has no proper port";
  }
  return {};
}

std::string template_trouble(const std::string& text) {
  std::size_t places = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '}') return "has a } without its {";
    if (text[at] != '{') continue;
    const std::size_t end = text.find('}', at);
    if (end == std::string::npos) return "has a { without its }";
    const std::string inner = text.substr(at + 1, end - at - 1);
    if (inner.empty() || !parse_field_path(inner)) return "has {" + inner + "}, which is no path";
    ++places;
    at = end;
  }
  return places == 0 ? "has no {...} in it" : "";
}

// `name=literal` or an index, between the brackets.
bool is_selector(std::string_view body) {
  if (parse_integer(body)) return true;
  const std::size_t equals = body.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  const std::string_view value = trim(body.substr(equals + 1));
  if (value.empty()) return false;
  const char quote = value.front();
  return (quote != '\'' && quote != '"') || (value.size() >= 2 && value.back() == quote);
}

// The end of the bracket that opens at `from`, quotes respected.
std::size_t bracket_end(std::string_view text, std::size_t from) {
  char quote = '\0';
  for (std::size_t i = from; i < text.size(); ++i) {
    if (quote != '\0') {
      if (text[i] == quote) quote = '\0';
    } else if (text[i] == '\'' || text[i] == '"') {
      quote = text[i];
    } else if (text[i] == ']') {
      return i;
    }
  }
  return std::string_view::npos;
}

// The end of the name at `from`. In backquotes a name may hold anything.
std::size_t name_end(std::string_view text, std::size_t from) {
  if (from < text.size() && text[from] == '`') {
    const std::size_t quote = text.find('`', from + 1);
    return quote == std::string_view::npos ? from : quote + 1;
  }
  return std::min(text.size(), text.find_first_of(".[]'\"`", from));
}

std::string describe_object(const Shape& shape) {
  constexpr std::size_t kNamedMax = 5;
  if (shape.members.empty()) return "a map of settings";
  std::vector<std::string> names;
  for (const Member& member : shape.members) names.push_back(member.name);
  const bool more = names.size() > kNamedMax;
  if (more) names.resize(kNamedMax);
  return "a map with " + join(names, ", ") + (more ? ", ..." : "");
}

}  // namespace

const char* to_text(Kind kind) {
  return word_of(kind).word;
}

std::optional<Kind> scalar_kind(const std::string& word) {
  for (const KindWord& known : kKinds) {
    if (word == known.word && known.kind < Kind::kObject) return known.kind;
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  const auto quantity = parse_quantity(text);
  if (!quantity) return std::nullopt;
  int shift = -1;
  const std::string& unit = quantity->unit;
  if (unit.empty() || unit == "b" || unit == "byte" || unit == "bytes") shift = 0;
  if (unit == "kb" || unit == "kib") shift = 10;
  if (unit == "mb" || unit == "mib") shift = 20;
  if (unit == "gb" || unit == "gib") shift = 30;
  if (shift < 0) return std::nullopt;
  if (quantity->count > (std::numeric_limits<std::int64_t>::max() >> shift)) return std::nullopt;
  return quantity->count << shift;
}

std::optional<Rate> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto count = parse_integer(std::string(text.substr(0, slash)));
  const std::string_view unit = text.substr(slash + 1);
  std::chrono::seconds period{0};
  if (unit == "s") period = std::chrono::seconds(1);
  if (unit == "min") period = std::chrono::minutes(1);
  if (unit == "h") period = std::chrono::hours(1);
  if (unit == "d") period = std::chrono::hours(24);
  if (!count || *count < 1 || *count > 1'000'000'000 || period.count() == 0) return std::nullopt;
  return Rate{*count, period};
}

std::string rate_text(const Rate& rate) {
  const std::int64_t seconds = rate.period.count();
  const char* unit = seconds == 1 ? "s" : seconds == 60 ? "min" : seconds == 3600 ? "h" : "d";
  return std::to_string(rate.count) + "/" + unit;
}

std::string size_text(std::int64_t bytes) {
  constexpr std::array kUnits = {" GB", " MB", " kB"};
  int shift = 30;
  for (const char* unit : kUnits) {
    if (bytes > 0 && bytes % (std::int64_t{1} << shift) == 0) {
      return std::to_string(bytes >> shift) + unit;
    }
    shift -= 10;
  }
  return std::to_string(bytes) + " bytes";
}

std::optional<TextLimit> parse_limit(std::string_view text) {
  const auto quantity = parse_quantity(text);
  if (!quantity || quantity->count < 1) return std::nullopt;
  const std::string& unit = quantity->unit;
  if (unit == "bytes" || unit == "byte" || unit == "b") return TextLimit{quantity->count, true};
  if (unit.empty() || unit == "characters" || unit == "character") {
    return TextLimit{quantity->count, false};
  }
  return std::nullopt;
}

std::optional<HostPort> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_integer(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // IPv6 without brackets: where the port begins is anybody's guess
  }
  if (host.empty() || host.find_first_of(" \t/[]@") != std::string_view::npos) return std::nullopt;
  return HostPort{std::string(host), static_cast<int>(*port)};
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::optional<std::vector<std::string>> parse_field_path(std::string_view text) {
  std::vector<std::string> pieces;
  std::size_t at = 0;
  bool name_next = true;
  while (at < text.size() || name_next) {
    if (name_next) {
      const std::size_t end = name_end(text, at);
      const std::string_view name = text.substr(at, end - at);
      if (name.empty() || trim(name) != name) return std::nullopt;
      pieces.emplace_back(name);
      at = end;
      name_next = false;
    } else if (text[at] == '[') {
      const std::size_t end = bracket_end(text, at + 1);
      if (end == std::string_view::npos || !is_selector(text.substr(at + 1, end - at - 1))) {
        return std::nullopt;
      }
      pieces.emplace_back(text.substr(at, end - at + 1));
      at = end + 1;
    } else if (text[at] == '.') {
      ++at;
      name_next = true;
    } else {
      return std::nullopt;
    }
  }
  return pieces;
}

std::string scalar_trouble(const Shape& shape, const std::string& text) {
  switch (shape.kind) {
    case Kind::kUrl:
      return url_trouble(text);
    case Kind::kDuration:
      return parse_duration(text) ? "" : "is no duration";
    case Kind::kInteger:
      return parse_integer(text) ? "" : "is no whole number";
    case Kind::kSize:
      return parse_size(text) ? "" : "is no size";
    case Kind::kRate:
      return parse_rate(text) ? "" : "is no rate";
    case Kind::kLimit:
      return parse_limit(text) ? "" : "is no limit";
    case Kind::kBoolean:
      return text == "true" || text == "false" ? "" : "is neither true nor false";
    case Kind::kField:
      return parse_field_path(text) ? "" : "is no path of a field";
    case Kind::kTemplate:
      return template_trouble(text);
    case Kind::kDate:
      return parse_rfc3339(text) ? "" : "is no date";
    case Kind::kAddress:
      return parse_address(text) ? "" : "is no host:port";
    case Kind::kFile:
      return text.empty() ? "is no path" : "";
    case Kind::kSecret:
      return text.empty() ? "is empty" : "";
    default:
      return {};
  }
}

std::optional<std::int64_t> measure(const Shape& shape, const std::string& text) {
  if (shape.kind == Kind::kInteger) return parse_integer(text);
  if (shape.kind == Kind::kSize) return parse_size(text);
  if (shape.kind == Kind::kRate) {
    const auto rate = parse_rate(text);
    if (rate) return rate->count * 3600 / rate->period.count();
  }
  if (shape.kind == Kind::kText) return static_cast<std::int64_t>(utf8_length(text));
  if (shape.kind == Kind::kDuration) {
    const auto duration = parse_duration(text);
    if (duration) return duration->count();
  }
  return std::nullopt;
}

std::string bound_text(Kind kind, std::int64_t bound) {
  if (kind == Kind::kDuration) return to_text(std::chrono::milliseconds(bound));
  if (kind == Kind::kSize) return size_text(bound);
  if (kind == Kind::kRate) return std::to_string(bound) + "/h";
  return std::to_string(bound);
}

std::string describe(const Shape& shape) {
  switch (shape.kind) {
    case Kind::kChoice:
      return "one of: " + join(shape.choices, ", ");
    case Kind::kMap:
      return "a map" + (shape.key_about.empty() ? "" : " of " + shape.key_about);
    case Kind::kList: {
      if (shape.min && shape.min == shape.max) {
        return "a list of exactly " + std::to_string(*shape.min);
      }
      const bool of_maps = !shape.parts.empty() && shape.parts[0].kind == Kind::kObject;
      return of_maps ? "a list, each item " + describe(shape.parts[0]) : "a list";
    }
    case Kind::kObject:
      return describe_object(shape);
    case Kind::kAnyOf: {
      std::string all;
      for (const Shape& part : shape.parts) all += (all.empty() ? "" : ", or ") + describe(part);
      return all;
    }
    default:
      break;
  }
  std::string about = word_of(shape.kind).about;
  if (shape.min && shape.max && shape.kind != Kind::kText) {
    about +=
        " from " + bound_text(shape.kind, *shape.min) + " to " + bound_text(shape.kind, *shape.max);
  } else if (shape.min && *shape.min != 0 && shape.kind != Kind::kText) {
    about += ", at least " + bound_text(shape.kind, *shape.min);
  }
  return about;
}

bool is_name(std::string_view text) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::size_t kNameMax = 64;
  if (text.empty() || text.size() > kNameMax) return false;
  if (kLetters.find(text.front()) == std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [kLetters](char c) {
    return kLetters.find(c) != std::string_view::npos || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace navette
