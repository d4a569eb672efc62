#include "mapping/jsonata/convert.h"

#include <array>
#include <cmath>
#include <string_view>

#include "mapping/jsonata/eval.h"
#include "mapping/jsonata/text.h"

namespace navette::jsonata {
namespace {

constexpr int kDepthMax = 1000;

Json number_json(double number) {
  constexpr double kExact = 9007199254740992.0;
  if (!std::isfinite(number)) return Json();
  if (number == std::floor(number) && std::fabs(number) <= kExact) {
    return Json(static_cast<std::int64_t>(number));
  }
  return Json(number);
}

// JSON is UTF-8, which has no lone surrogates: U+FFFD stands for each.
std::string well_formed(std::string_view text) {
  std::string out(text);
  for (std::size_t at = 0; at + 2 < out.size(); ++at) {
    if (out[at] == '\xED' && static_cast<unsigned char>(out[at + 1]) >= 0xA0) {
      out.replace(at, 3, "\xEF\xBF\xBD");
    }
  }
  return out;
}

enum class Keep : bool { kProper, kRaw };

std::string text_of(std::string_view text, Keep keep) {
  return keep == Keep::kRaw ? std::string(text) : well_formed(text);
}

bool convert(Value value, Json& out, int depth, Keep keep) {
  if (depth > kDepthMax) return false;
  switch (value.tag()) {
    case Tag::kBool:
      out = Json(value.flag());
      return true;
    case Tag::kNumber:
      out = number_json(value.number());
      return true;
    case Tag::kString:
      out = Json(text_of(value.text(), keep));
      return true;
    case Tag::kFunction:
    case Tag::kTail:
      out = Json(std::string());
      return true;
    case Tag::kTuple:
      return convert(value.tuple()->context, out, depth + 1, keep);
    case Tag::kArray: {
      Json::Array items(value.array()->size);
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (!convert(value.array()->items[i], items[i], depth + 1, keep)) return false;
      }
      out = Json(std::move(items));
      return true;
    }
    case Tag::kObject: {
      Json::Object members;
      members.reserve(value.object()->size);
      for (const Member& member : *value.object()) {
        if (member.value.undefined()) continue;
        members.emplace_back(text_of(member.key.text(), keep), Json());
        if (!convert(member.value, members.back().second, depth + 1, keep)) return false;
      }
      out = Json(std::move(members));
      return true;
    }
    default:
      out = Json();
      return true;
  }
}

void write_string(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    const std::size_t named = std::string_view("\"\\\b\f\n\r\t").find(text[at]);
    if (named != std::string_view::npos) {
      out += '\\';
      out += "\"\\bfnrt"[named];
    } else if (c < 0x20) {
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    } else if (c == 0xED && at + 2 < text.size() &&
               static_cast<unsigned char>(text[at + 1]) >= 0xA0) {
      std::size_t end = at;
      const std::uint32_t unit = next_code_point(text, end);
      out += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(unit >> shift) & 15];
      at = end - 1;
    } else {
      out += text[at];
    }
  }
  out += '"';
}

class Writer {
 public:
  Writer(bool pretty, std::string& out) : pretty_(pretty), out_(out) {}

  Written value(Value value) {
    switch (value.tag()) {
      case Tag::kBool:
        out_ += value.flag() ? "true" : "false";
        break;
      case Tag::kNumber: {
        if (std::isnan(value.number())) {
          out_ += "null";
          break;
        }
        if (std::isinf(value.number())) return Written::kBadNumber;
        std::array<char, 40> text;
        out_.append(text.data(), write_number(round_to_15_digits(value.number()), text.data()));
        break;
      }
      case Tag::kString:
        write_string(value.text(), out_);
        break;
      case Tag::kFunction:
      case Tag::kTail:
        out_ += "\"\"";
        break;
      case Tag::kArray:
        return array(*value.array());
      case Tag::kObject:
        return object(*value.object());
      case Tag::kTuple:
        return this->value(value.tuple()->context);
      default:
        out_ += "null";
    }
    return Written::kDone;
  }

 private:
  Written array(const Array& array) {
    if (array.size == 0) {
      out_ += "[]";
      return Written::kDone;
    }
    if (++depth_ > kDepthMax) return Written::kTooDeep;
    char before = '[';
    for (const Value item : array) {
      out_ += before;
      line();
      if (const Written written = value(item); written != Written::kDone) return written;
      before = ',';
    }
    --depth_;
    line();
    out_ += ']';
    return Written::kDone;
  }

  Written object(const Object& object) {
    if (++depth_ > kDepthMax) return Written::kTooDeep;
    char before = '{';
    for (const Member& member : object) {
      if (member.value.undefined()) continue;
      out_ += before;
      line();
      write_string(member.key.text(), out_);
      out_ += pretty_ ? ": " : ":";
      if (const Written written = value(member.value); written != Written::kDone) return written;
      before = ',';
    }
    --depth_;
    if (before == '{') {
      out_ += "{}";
    } else {
      line();
      out_ += '}';
    }
    return Written::kDone;
  }

  void line() {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(depth_) * 2, ' ');
  }

  bool pretty_;
  std::string& out_;
  int depth_ = 0;
};

}  // namespace

bool to_json(Value value, std::optional<Json>& out) {
  out.reset();
  if (value.undefined()) return true;
  return convert(value, out.emplace(), 0, Keep::kProper);
}

bool to_raw_json(Value value, std::optional<Json>& out) {
  out.reset();
  if (value.undefined()) return true;
  return convert(value, out.emplace(), 0, Keep::kRaw);
}

Written write_text(Value value, bool pretty, std::string& out) {
  return Writer(pretty, out).value(value);
}

Value Evaluator::text_of(Value value, bool pretty) {
  if (value.is_string() || value.undefined()) return value;
  if (is_callable(value)) return Value(std::string_view());
  if (value.is_number()) {
    if (!std::isfinite(value.number())) return fail("D3001", value);
    char* room = arena_.array<char>(32);
    return Value(std::string_view(room, write_number(round_to_15_digits(value.number()), room)));
  }
  if (value.is_array() && value.array()->outer_wrapper) value = value.array()->items[0];
  std::string out;
  switch (write_text(value, pretty, out)) {
    case Written::kTooDeep:
      return exceed("depth");
    case Written::kBadNumber:
      return fail("D1001", Value(HUGE_VAL));
    case Written::kDone:
      break;
  }
  if (!room_for(out.size())) return Value::fail();
  return new_text(arena_, out);
}

// A copy that shares nothing; numbers and functions become what $string makes of them.
Value Evaluator::clone(Value value) {
  if (!stack_left() || !tick()) return Value::fail();
  switch (value.tag()) {
    case Tag::kNumber:
      if (std::isnan(value.number())) return Value::null();
      if (!finite(value.number())) return Value::fail();
      return Value(round_to_15_digits(value.number()));
    case Tag::kFunction:
    case Tag::kTail:
      return Value(std::string_view());
    case Tag::kUndefined:
      return Value::null();
    case Tag::kArray: {
      if (value.array()->outer_wrapper) return clone(value.array()->items[0]);
      Array* copy = new_array(arena_);
      copy->reserve(arena_, value.array()->size + 1);
      for (const Value item : *value.array()) {
        const Value own = clone(item);
        if (own.failed()) return own;
        copy->push(arena_, own);
      }
      return Value(copy);
    }
    case Tag::kObject: {
      auto* copy = arena_.make<Object>();
      for (const Member& member : *value.object()) {
        if (member.value.undefined()) continue;
        const Value own = clone(member.value);
        if (own.failed()) return own;
        copy->add(arena_, member.key, own);
      }
      return Value(copy);
    }
    default:
      return value;
  }
}

Value Evaluator::from_json(const Json& json) {
  if (json.is_null()) return Value::null();
  if (json.is_bool()) return Value(json.as_bool());
  if (json.is_string()) return Value(json.as_string());
  if (json.is_array()) {
    Array* array = new_array(arena_);
    array->reserve(arena_, json.items().size() + 1);
    for (const Json& item : json.items()) array->push(arena_, from_json(item));
    return Value(array);
  }
  if (json.is_object()) {
    auto* object = arena_.make<Object>();
    object->reserve(arena_, json.members().size() + 1);
    for (const auto& [key, value] : json.members()) {
      object->add(arena_, Value(std::string_view(key)), from_json(value));
    }
    return Value(object);
  }
  return Value(json.as_double());
}

}  // namespace navette::jsonata
