// What the parts of Rule share about values. Not for other folders.

#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "navette/json.h"

#include "config/model.h"

namespace navette {

// {"markup", "text"}: see mapping.h.
inline bool is_rich(const Json& value) {
  return value.at("markup").is_string() && value.at("text").is_string();
}
inline Json rich(std::string_view markup, std::string text) {
  if (text.empty()) return {};
  Json value = Json::object();
  value.set("markup", markup);
  value.set("text", std::move(text));
  return value;
}

// What read() gives for an expression that failed: no document can hold it, and convert() rejects
// it, so that a failure never looks like an empty value.
inline constexpr std::string_view kFailure = "\x01 failed";
inline Json failure(const std::string& reason) {
  Json value = Json::object();
  value.set(kFailure, reason);
  return value;
}

inline std::string duration_of(const FieldRule& rule, Side side) {
  return rule.duration ? (*rule.duration)[side] : std::string();
}

}  // namespace navette
