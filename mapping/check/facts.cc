#include "mapping/check/facts.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "base/text.h"

namespace navette {
namespace {

constexpr int kDepthMax = 24;
constexpr std::size_t kAlternativesMax = 32;
constexpr std::size_t kValuesMax = 200;
constexpr int kPartsMax = 2000;  // of a schema that are looked at for one place

using Parts = std::vector<const Json*>;
using Alternatives = std::vector<Parts>;

// Each of the one with each of the other.
Alternatives product(const Alternatives& left, const Alternatives& right) {
  Alternatives out;
  for (const Parts& a : left) {
    for (const Parts& b : right) {
      if (out.size() == kAlternativesMax) return out;
      out.push_back(a);
      out.back().insert(out.back().end(), b.begin(), b.end());
    }
  }
  return out;
}

unsigned kinds_of_word(std::string_view word) {
  if (word == "null") return kNullValue;
  if (word == "boolean") return kBooleanValue;
  if (word == "integer") return kIntegerValue;
  if (word == "number") return kNumberValue;
  if (word == "string") return kTextValue;
  if (word == "array") return kListValue;
  if (word == "object") return kObjectValue;
  return kAnyValue;
}

// What one part of an alternative lets stand there.
unsigned kinds_of_part(const Json& part) {
  unsigned kinds = kAnyValue;
  if (const Json* type = part.find("type")) {
    kinds = 0;
    if (type->is_string()) kinds = kinds_of_word(type->as_string());
    if (type->is_array()) {
      for (const Json& word : type->items()) kinds |= kinds_of_word(word.as_string());
    }
  }
  unsigned listed = 0;
  if (const Json* choices = part.find("enum"); choices != nullptr && choices->is_array()) {
    for (const Json& choice : choices->items()) listed |= kind_of_value(choice);
    kinds &= listed;
  }
  if (const Json* only = part.find("const")) kinds &= kind_of_value(*only);
  return kinds;
}

unsigned kinds_of(const Parts& parts) {
  unsigned kinds = kAnyValue;
  for (const Json* part : parts) kinds &= kinds_of_part(*part);
  return kinds;
}

void unfold(const Json& value, std::vector<const Json*>* out) {
  if (!value.is_array()) {
    out->push_back(&value);
    return;
  }
  for (const Json& item : value.items()) unfold(item, out);
}

bool has_text(const Json* list, std::string_view text) {
  if (list == nullptr || !list->is_array()) return false;
  return std::any_of(list->items().begin(), list->items().end(),
                     [text](const Json& item) { return item.as_string() == text; });
}

}  // namespace

unsigned kind_of_value(const Json& value) {
  if (value.is_null()) return kNullValue;
  if (value.is_bool()) return kBooleanValue;
  if (value.is_int()) return kIntegerValue;
  if (value.is_number()) return kFractionValue;
  if (value.is_string()) return kTextValue;
  return value.is_array() ? kListValue : kObjectValue;
}

std::string kinds_text(unsigned kinds) {
  std::vector<std::string> words;
  if ((kinds & kTextValue) != 0) words.emplace_back("a text");
  if ((kinds & kFractionValue) != 0) {
    words.emplace_back("a number");
  } else if ((kinds & kIntegerValue) != 0) {
    words.emplace_back("a whole number");
  }
  if ((kinds & kBooleanValue) != 0) words.emplace_back("true or false");
  if ((kinds & kListValue) != 0) words.emplace_back("a list");
  if ((kinds & kObjectValue) != 0) words.emplace_back("an object");
  if ((kinds & kNullValue) != 0) words.emplace_back("null");
  return words.empty() ? "nothing" : join(words, " or ");
}

Facts::Facts(const Endpoint& endpoint) : endpoint_(endpoint) {}

const Json* Facts::resolve(std::string_view reference) const {
  if (!reference.starts_with("#")) return nullptr;
  const Json* at = &*endpoint_.schema;
  if (reference.size() == 1) return at;
  for (std::string piece : split(reference.substr(2), '/')) {
    for (const auto& [escape, sign] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}}) {
      for (std::size_t found = piece.find(escape); found != std::string::npos;
           found = piece.find(escape, found + 1)) {
        piece.replace(found, 2, sign);
      }
    }
    at = at->find(piece);
    if (at == nullptr) return nullptr;
  }
  return at;
}

Alternatives Facts::expand(const Json& schema) const {
  int budget = kPartsMax;
  return expand(schema, 0, &budget);
}

// A schema may refer to itself, in several ways at once.
Alternatives Facts::expand(const Json& schema, int depth, int* budget) const {
  Alternatives out = {{}};
  if (!schema.is_object() || depth > kDepthMax || --*budget < 0) return out;
  out = {{&schema}};
  if (const Json* reference = schema.find("$ref")) {
    const Json* target = resolve(reference->as_string());
    if (target != nullptr) out = product(out, expand(*target, depth + 1, budget));
  }
  if (const Json* all = schema.find("allOf"); all != nullptr && all->is_array()) {
    for (const Json& part : all->items()) out = product(out, expand(part, depth + 1, budget));
  }
  for (const char* word : {"anyOf", "oneOf"}) {
    const Json* any = schema.find(word);
    if (any == nullptr || !any->is_array()) continue;
    Alternatives either;
    for (const Json& part : any->items()) {
      for (Parts& one : expand(part, depth + 1, budget)) either.push_back(std::move(one));
    }
    if (!either.empty()) out = product(out, either);
  }
  return out;
}

Spot Facts::root() const {
  Spot spot;
  if (endpoint_.schema) spot.schemas = expand(*endpoint_.schema);
  for (const Example& sample : endpoint_.samples) unfold(sample.document, &spot.samples);
  spot.constant = !any();
  return spot;
}

Spot Facts::items(const Spot& spot) const {
  Spot out;
  out.constant = spot.constant;
  for (const Json* sample : spot.samples) unfold(*sample, &out.samples);
  for (const Parts& parts : spot.schemas) {
    Alternatives found = {{}};
    bool list = false;
    for (const Json* part : parts) {
      const Json* items = part->find("items");
      if (items == nullptr) continue;
      list = true;
      found = product(found, expand(*items));
    }
    if (!list) {
      out.schemas.push_back(parts);
    } else {
      for (Parts& one : found) out.schemas.push_back(std::move(one));
    }
  }
  return out;
}

Facts::Member Facts::member(const Spot& list, std::string_view name) const {
  using How = Member::How;
  const Spot spot = items(list);
  Member out;
  out.spot.constant = spot.constant;
  std::set<std::string> known;
  for (const Json* sample : spot.samples) {
    if (!sample->is_object()) continue;
    for (const auto& [key, value] : sample->members()) known.insert(key);
    if (const Json* value = sample->find(name)) {
      out.seen = true;
      out.spot.samples.push_back(value);
    }
  }
  if (spot.constant) return out;
  if (!has_schema() || spot.schemas.empty()) {
    out.how = out.seen ? How::kKnown : has_samples() ? How::kUnseen : How::kKnown;
    out.known.assign(known.begin(), known.end());
    if (!out.seen && !has_samples()) out.spot.constant = true;
    return out;
  }
  How best = How::kNoObject;
  for (const Parts& parts : spot.schemas) {
    if ((kinds_of(parts) & kObjectValue) == 0) continue;
    Alternatives found = {{}};
    bool declared = false;
    bool says_members = false;
    How room = How::kUndeclared;
    for (const Json* part : parts) {
      const Json* properties = part->find("properties");
      if (properties != nullptr && properties->is_object()) {
        says_members = true;
        for (const auto& [key, value] : properties->members()) known.insert(key);
        if (const Json* member = properties->find(name)) {
          declared = true;
          found = product(found, expand(*member));
        }
      }
      const Json* additional = part->find("additionalProperties");
      if (part->find("patternProperties") != nullptr) room = How::kKnown;
      if (additional == nullptr) continue;
      if (additional->is_object()) {
        room = How::kKnown;
        if (!declared) found = product(found, expand(*additional));
      } else {
        room = additional->as_bool() ? How::kAllowed : How::kForbidden;
      }
    }
    if (!says_members && room == How::kUndeclared) room = How::kKnown;
    const How how = declared ? How::kKnown : room;
    if (how < best) best = how;
    if (how != How::kKnown) continue;
    for (Parts& one : found) {
      if (!one.empty()) out.spot.schemas.push_back(std::move(one));
    }
  }
  out.how = best;
  out.known.assign(known.begin(), known.end());
  if (out.spot.schemas.empty() && out.spot.samples.empty()) out.spot.constant = true;
  return out;
}

unsigned Facts::kinds(const Spot& spot) const {
  if (spot.schemas.empty()) return kAnyValue;
  unsigned kinds = 0;
  for (const Parts& parts : spot.schemas) kinds |= kinds_of(parts);
  return kinds;
}

std::optional<std::vector<Json>> Facts::choices(const Spot& spot) const {
  std::vector<Json> out;
  for (const Parts& parts : spot.schemas) {
    const Json* listed = nullptr;
    const Json* only = nullptr;
    for (const Json* part : parts) {
      if (const Json* choices = part->find("enum"); choices != nullptr && choices->is_array()) {
        listed = choices;
      }
      if (const Json* one = part->find("const")) only = one;
    }
    if (only != nullptr) {
      out.push_back(*only);
    } else if (listed != nullptr) {
      out.insert(out.end(), listed->items().begin(), listed->items().end());
    } else if (kinds_of(parts) == kNullValue) {
      out.emplace_back();
    } else {
      return std::nullopt;
    }
  }
  if (out.empty()) return std::nullopt;
  return out;
}

std::optional<std::size_t> Facts::length_max(const Spot& spot) const {
  std::optional<std::size_t> longest;
  for (const Parts& parts : spot.schemas) {
    if ((kinds_of(parts) & kTextValue) == 0) continue;
    std::optional<std::size_t> here;
    for (const Json* part : parts) {
      const Json* limit = part->find("maxLength");
      if (limit == nullptr || !limit->is_int()) continue;
      const auto count = static_cast<std::size_t>(std::max<std::int64_t>(0, limit->as_int()));
      here = here ? std::min(*here, count) : count;
    }
    if (!here) return std::nullopt;
    longest = longest ? std::max(*longest, *here) : *here;
  }
  return longest;
}

std::string Facts::word(const Spot& spot, std::string_view key) const {
  std::string out;
  for (const Parts& parts : spot.schemas) {
    for (const Json* part : parts) {
      if (const Json* word = part->find(key)) out = word->as_string();
    }
  }
  return out;
}

bool Facts::read_only(const Spot& spot) const {
  return std::any_of(spot.schemas.begin(), spot.schemas.end(), [](const Parts& parts) {
    return std::any_of(parts.begin(), parts.end(),
                       [](const Json* part) { return part->at("readOnly").as_bool(); });
  });
}

std::vector<std::string> Facts::declared(const Spot& list) const {
  const Spot spot = items(list);
  std::vector<std::string> out;
  for (const Parts& parts : spot.schemas) {
    for (const Json* part : parts) {
      const Json* properties = part->find("properties");
      if (properties == nullptr || !properties->is_object()) continue;
      for (const auto& [name, unused] : properties->members()) {
        if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
      }
    }
  }
  return out;
}

std::vector<std::string> Facts::required(const Spot& list) const {
  const Spot spot = items(list);
  std::vector<std::string> out;
  if (spot.schemas.empty()) return out;
  for (const Json* part : spot.schemas.front()) {
    const Json* names = part->find("required");
    if (names == nullptr || !names->is_array()) continue;
    for (const Json& name : names->items()) {
      const bool always =
          std::all_of(spot.schemas.begin(), spot.schemas.end(), [&](const Parts& parts) {
            return std::any_of(parts.begin(), parts.end(), [&](const Json* one) {
              return has_text(one->find("required"), name.as_string());
            });
          });
      if (always) out.emplace_back(name.as_string());
    }
  }
  return out;
}

Json Facts::make(const Spot& spot, std::string_view name) const {
  int budget = kPartsMax;
  return make(spot, name, 0, &budget);
}

Json Facts::make(const Spot& spot, std::string_view name, int depth, int* budget) const {
  if (const auto choices = this->choices(spot)) {
    for (const Json& choice : *choices) {
      if (!choice.is_null()) return choice;
    }
    return {};
  }
  const unsigned kinds = this->kinds(spot);
  if ((kinds & kObjectValue) != 0 && (kinds != kAnyValue || !declared(spot).empty())) {
    Json out = Json::object();
    if (depth > kDepthMax / 2 || --*budget < 0) return out;
    for (const std::string& key : declared(spot)) {
      out.set(key, make(member(spot, key).spot, key, depth + 1, budget));
    }
    return out;
  }
  if ((kinds & kListValue) != 0 && kinds != kAnyValue) {
    Json out = Json::array();
    if (depth > kDepthMax / 2 || --*budget < 0) return out;
    Json item = make(items(spot), name, depth + 1, budget);
    out.push(std::move(item));
    return out;
  }
  if ((kinds & kTextValue) != 0) {
    const std::string format = this->format(spot);
    if (format == "date-time") return "2026-03-29T10:30:15Z";
    if (format == "date") return "2026-03-29";
    if (format == "email") return "someone@example.org";
    if (format == "uri") return "https://example.org/1";
    return std::string(name);
  }
  if ((kinds & kNumberValue) != 0) return 7;
  if ((kinds & kBooleanValue) != 0) return true;
  return {};
}

std::vector<Json> Facts::examples(const Spot& spot) const {
  std::vector<Json> out;
  for (const Json* sample : spot.samples) out.push_back(*sample);
  if (out.empty() && !spot.schemas.empty()) out.push_back(make(spot, "text"));
  return out;
}

std::vector<Json> Facts::values(const Spot& spot) const {
  std::vector<Json> out;
  const auto add = [&out](const Json& value) {
    if (out.size() < kValuesMax && std::find(out.begin(), out.end(), value) == out.end()) {
      out.push_back(value);
    }
  };
  if (const auto choices = this->choices(spot)) {
    for (const Json& choice : *choices) add(choice);
  }
  for (const Json* sample : spot.samples) add(*sample);
  if (out.empty() && !spot.schemas.empty()) add(make(spot, "text"));
  return out;
}

}  // namespace navette
