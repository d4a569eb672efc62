#include "navette/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <unordered_map>

#include <simdjson.h>

#include "base/text.h"

namespace navette {
namespace {

constexpr int kDepthMax = 512;

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

std::uint32_t hex4(std::string_view text, std::size_t at) {
  constexpr std::size_t kDigits = 4;
  std::uint32_t code = 0;
  if (at + kDigits > text.size()) throw simdjson::simdjson_error(simdjson::STRING_ERROR);
  const char* const end = text.data() + at + kDigits;
  const auto [stop, error] = std::from_chars(text.data() + at, end, code, 16);
  if (error != std::errc{} || stop != end) throw simdjson::simdjson_error(simdjson::STRING_ERROR);
  return code;
}

// The text of a string token that simdjson refuses for a lone surrogate: each becomes U+FFFD.
// Throws for what is no escape sequence.
std::string unescape_leniently(std::string_view raw) {
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\' || i + 1 >= raw.size()) {
      out += raw[i];
      continue;
    }
    const char kind = raw[++i];
    constexpr std::string_view kNames = "bfnrt\"\\/";
    constexpr std::string_view kValues = "\b\f\n\r\t\"\\/";
    if (kind != 'u') {
      const auto known = kNames.find(kind);
      if (known == std::string_view::npos) throw simdjson::simdjson_error(simdjson::STRING_ERROR);
      out += kValues[known];
      continue;
    }
    std::uint32_t code = hex4(raw, i + 1);
    i += 4;
    if (code >= 0xD800 && code < 0xDC00 && raw.substr(i + 1, 2) == "\\u") {
      const std::uint32_t low = hex4(raw, i + 3);
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        i += 6;
      }
    }
    append_utf8(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
  }
  return out;
}

// The grammar of RFC 8259: no leading zero, no plus, digits on both sides of the point.
bool is_number(std::string_view token) {
  const auto digits = [&] {
    std::size_t count = 0;
    while (!token.empty() && token.front() >= '0' && token.front() <= '9') {
      token.remove_prefix(1);
      ++count;
    }
    return count;
  };
  if (token.starts_with('-')) token.remove_prefix(1);
  const bool zero = token.starts_with('0');
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (token.starts_with('e') || token.starts_with('E')) {
    token.remove_prefix(1);
    if (token.starts_with('+') || token.starts_with('-')) token.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return token.empty();
}

// simdjson's token and whatever follows it up to the next one: no more than blanks may.
std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto from = text.find_first_not_of(kBlanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

Json word_of(std::string_view token) {
  token = without_blanks(token);
  if (token == "null") return Json();
  if (token == "true" || token == "false") return Json(token == "true");
  throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
}

Json number_of(std::string_view token) {
  token = without_blanks(token);
  if (!is_number(token)) throw simdjson::simdjson_error(simdjson::NUMBER_ERROR);
  if (token == "-0") return Json(-0.0);  // no integer has this sign
  const char* end = token.data() + token.size();
  if (token.find_first_of(".eE") == std::string_view::npos) {
    std::int64_t integer = 0;
    const auto [stop, error] = std::from_chars(token.data(), end, integer);
    if (error == std::errc{} && stop == end) return Json(integer);
    return Json(Json::BigNumber{std::string(token)});
  }
  double number = 0;
  const auto [stop, error] = std::from_chars(token.data(), end, number);
  if (error != std::errc{} || stop != end) return Json(Json::BigNumber{std::string(token)});
  // More digits than a double carries: keep what was written.
  const auto digits =
      std::count_if(token.begin(), token.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits > 17) return Json(Json::BigNumber{std::string(token)});
  return Json(number);
}

std::string string_of(simdjson::ondemand::value value) {
  std::string_view text;
  const std::string_view raw = value.raw_json_token();
  if (value.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
  const auto last = raw.rfind('"');
  if (raw.size() < 2 || last == 0) throw simdjson::simdjson_error(simdjson::STRING_ERROR);
  return unescape_leniently(raw.substr(1, last - 1));
}

// REQUIRES: `raw` starts after a quote, in a text in which each string has its end.
std::string_view up_to_quote(const char* raw) {
  const char* end = raw;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  return {raw, static_cast<std::size_t>(end - raw)};
}

std::string name_of(simdjson::simdjson_result<simdjson::ondemand::field>& field) {
  const simdjson::ondemand::raw_json_string raw = field.key();
  std::string_view name;
  if (field.unescaped_key().get(name) == simdjson::SUCCESS) return std::string(name);
  return unescape_leniently(up_to_quote(raw.raw()));
}

// The members of one object by name; of the few that most objects have none is remembered.
class KnownNames {
 public:
  // Where the name stands already, or the end.
  std::size_t find(const Json::Object& members, const std::string& name) {
    if (members.size() < kFew) {
      const auto same = [&name](const Json::Member& member) { return member.first == name; };
      const auto found = std::find_if(members.begin(), members.end(), same);
      return static_cast<std::size_t>(found - members.begin());
    }
    for (; seen_ < members.size(); ++seen_) places_.emplace(members[seen_].first, seen_);
    const auto found = places_.find(name);
    return found == places_.end() ? members.size() : found->second;
  }

 private:
  static constexpr std::size_t kFew = 24;
  std::unordered_map<std::string, std::size_t> places_;
  std::size_t seen_ = 0;
};

Json convert(simdjson::ondemand::value value, int depth);

Json convert_object(simdjson::ondemand::object object, int depth) {
  Json::Object members;
  KnownNames names;
  for (auto field : object) {
    std::string name = name_of(field);
    Json member = convert(field.value(), depth);
    const std::size_t known = names.find(members, name);
    if (known < members.size()) {
      members[known].second = std::move(member);
    } else {
      members.emplace_back(std::move(name), std::move(member));
    }
  }
  return Json(std::move(members));
}

Json convert(simdjson::ondemand::value value, int depth) {
  if (depth > kDepthMax) throw simdjson::simdjson_error(simdjson::DEPTH_ERROR);
  switch (value.type()) {
    case simdjson::ondemand::json_type::object:
      return convert_object(value.get_object(), depth + 1);
    case simdjson::ondemand::json_type::array: {
      Json::Array items;
      for (auto item : value.get_array()) items.push_back(convert(item.value(), depth + 1));
      return Json(std::move(items));
    }
    case simdjson::ondemand::json_type::number:
      return number_of(value.raw_json_token());
    case simdjson::ondemand::json_type::string:
      return Json(string_of(value));
    case simdjson::ondemand::json_type::boolean:
    case simdjson::ondemand::json_type::null: {
      const std::string_view token = value.raw_json_token();
      if (value.is_null()) return word_of(token);
      (void)bool(value.get_bool());  // steps over it
      return word_of(token);
    }
  }
  return Json();
}

void write_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kHex[static_cast<unsigned char>(c) >> 4];
          out += kHex[static_cast<unsigned char>(c) & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

std::string number_text(double number) {
  if (!std::isfinite(number)) return "null";
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return error == std::errc{} ? std::string(buffer.data(), end) : "null";
}

// indent < 0: compact.
void write(std::string& out, const Json& value, int indent) {
  const auto line = [&](int level) {
    if (indent < 0) return;
    out += '\n';
    out.append(static_cast<std::size_t>(level) * 2, ' ');
  };
  if (value.is_array()) {
    out += '[';
    bool first = true;
    for (const Json& item : value.items()) {
      if (!first) out += ',';
      first = false;
      line(indent + 1);
      write(out, item, indent < 0 ? indent : indent + 1);
    }
    if (!first) line(indent);
    out += ']';
  } else if (value.is_object()) {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : value.members()) {
      if (!first) out += ',';
      first = false;
      line(indent + 1);
      write_string(out, key);
      out += indent < 0 ? ":" : ": ";
      write(out, member, indent < 0 ? indent : indent + 1);
    }
    if (!first) line(indent);
    out += '}';
  } else if (value.is_string()) {
    write_string(out, value.as_string());
  } else {
    out += value.is_null() ? "null" : value.text();
  }
}

}  // namespace

namespace {

// Of a document that is nothing but a text.
std::string text_of(simdjson::ondemand::document& document) {
  const std::string_view raw = document.raw_json_token();
  std::string_view text;
  if (document.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
  return unescape_leniently(up_to_quote(raw.data() + 1));
}

}  // namespace

Result<Json> Json::parse(std::string_view text, std::string_view what) {
  text = without_byte_order_mark(text);
  // One is enough; simdjson skips another from 3.8 on, and not before.
  if (without_byte_order_mark(text).size() != text.size()) {
    return Error{Fault::kRejected, "parse " + std::string(what) + ": two byte order marks"};
  }
  simdjson::padded_string padded(text);
  simdjson::ondemand::parser parser(std::numeric_limits<std::uint32_t>::max() - 1);
  simdjson::ondemand::document document;
  bool begun = false;
  try {
    if (auto error = parser.allocate(padded.size() + 64, kDepthMax + 8))
      throw simdjson::simdjson_error(error);
    document = parser.iterate(padded);
    begun = true;
    Json result;
    if (bool(document.is_scalar())) {
      simdjson::ondemand::json_type type = document.type();
      if (type == simdjson::ondemand::json_type::number) {
        // The whole text, not simdjson's token, which ends before anything that follows.
        return number_of(text);
      }
      if (type == simdjson::ondemand::json_type::string) {
        result = Json(text_of(document));
      } else {
        return word_of(text);
      }
    } else {
      result = convert(document.get_value(), 0);
    }
    const char* rest = nullptr;
    if (document.current_location().get(rest) == simdjson::SUCCESS)
      throw simdjson::simdjson_error(simdjson::TAPE_ERROR);
    return result;
  } catch (const simdjson::simdjson_error& error) {
    std::string where;
    const char* at = nullptr;
    // A document that never began has no location to ask for.
    if (begun && document.current_location().get(at) == simdjson::SUCCESS && at >= padded.data() &&
        at <= padded.data() + padded.size()) {
      where = " at byte " + std::to_string(at - padded.data());
    }
    return Error{Fault::kRejected, "parse " + std::string(what) + ": " + error.what() + where};
  }
}

std::string Json::dump() const {
  std::string out;
  write(out, *this, -1);
  return out;
}

std::string Json::pretty() const {
  std::string out;
  write(out, *this, 0);
  return out;
}

std::string_view Json::type_name() const {
  if (is_null()) return "null";
  if (is_bool()) return "boolean";
  if (is_number()) return "number";
  if (is_string()) return "string";
  return is_array() ? "array" : "object";
}

bool Json::as_bool(bool fallback) const {
  const bool* value = std::get_if<bool>(&value_);
  return value != nullptr ? *value : fallback;
}

std::int64_t Json::as_int(std::int64_t fallback) const {
  if (const auto* integer = std::get_if<std::int64_t>(&value_)) return *integer;
  if (const auto* number = std::get_if<double>(&value_)) {
    constexpr double kLimit = 9.2e18;
    if (*number > -kLimit && *number < kLimit) return static_cast<std::int64_t>(*number);
  }
  return fallback;
}

double Json::as_double(double fallback) const {
  if (const auto* number = std::get_if<double>(&value_)) return *number;
  if (const auto* integer = std::get_if<std::int64_t>(&value_))
    return static_cast<double>(*integer);
  if (const auto* big = std::get_if<BigNumber>(&value_)) {
    return std::strtod(big->text.c_str(), nullptr);  // beyond what a double holds: infinite, or 0
  }
  return fallback;
}

std::string_view Json::as_string(std::string_view fallback) const {
  const auto* text = std::get_if<std::string>(&value_);
  return text != nullptr ? std::string_view(*text) : fallback;
}

std::string Json::text() const {
  if (const auto* text = std::get_if<std::string>(&value_)) return *text;
  if (const auto* integer = std::get_if<std::int64_t>(&value_)) return std::to_string(*integer);
  if (const auto* number = std::get_if<double>(&value_)) return number_text(*number);
  if (const auto* big = std::get_if<BigNumber>(&value_)) return big->text;
  if (const auto* truth = std::get_if<bool>(&value_)) return *truth ? "true" : "false";
  return is_null() ? std::string() : dump();
}

const Json* Json::find(std::string_view key) const {
  const auto* members = std::get_if<Object>(&value_);
  if (members == nullptr) return nullptr;
  for (const auto& [name, value] : *members) {
    if (name == key) return &value;
  }
  return nullptr;
}

Json* Json::find(std::string_view key) {
  return const_cast<Json*>(std::as_const(*this).find(key));
}

const Json& Json::at(std::string_view key) const {
  static const Json kNull;
  const Json* found = find(key);
  return found != nullptr ? *found : kNull;
}

Json& Json::set(std::string_view key, Json value) {
  if (is_null()) value_ = Object{};
  if (Json* known = find(key)) {
    *known = std::move(value);
    return *known;
  }
  return members().emplace_back(std::string(key), std::move(value)).second;
}

bool Json::erase(std::string_view key) {
  auto* object = std::get_if<Object>(&value_);
  if (object == nullptr) return false;
  return std::erase_if(*object, [&](const Member& member) { return member.first == key; }) > 0;
}

Json& Json::push(Json value) {
  if (is_null()) value_ = Array{};
  return items().emplace_back(std::move(value));
}

std::size_t Json::size() const {
  if (is_array()) return items().size();
  return is_object() ? members().size() : 0;
}

bool operator==(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) {
    if (a.value_.index() == b.value_.index()) return a.value_ == b.value_;
    return a.as_double() == b.as_double();
  }
  if (a.value_.index() != b.value_.index()) return false;
  if (!a.is_object()) return a.value_ == b.value_;
  if (a.size() != b.size()) return false;
  return std::all_of(a.members().begin(), a.members().end(), [&](const Json::Member& member) {
    const Json* twin = b.find(member.first);
    return twin != nullptr && *twin == member.second;
  });
}

}  // namespace navette
