// Short words for building shapes. Not for other folders.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/shape.h"

namespace navette {

inline Shape scalar(Kind kind, std::optional<std::int64_t> min = {},
                    std::optional<std::int64_t> max = {}) {
  Shape shape;
  shape.kind = kind;
  shape.min = min;
  shape.max = max;
  return shape;
}
inline Shape text() {
  return scalar(Kind::kText, 1);
}
inline Shape choice(std::vector<std::string> choices) {
  Shape shape = scalar(Kind::kChoice);
  shape.choices = std::move(choices);
  return shape;
}
inline Shape object(std::string name, std::vector<Member> members) {
  Shape shape = scalar(Kind::kObject);
  shape.name = std::move(name);
  shape.members = std::move(members);
  return shape;
}
inline Shape any_of(std::vector<Shape> parts) {
  Shape shape = scalar(Kind::kAnyOf);
  shape.parts = std::move(parts);
  return shape;
}
inline Shape map_of(Shape value, std::string key_about) {
  Shape shape = scalar(Kind::kMap);
  shape.parts.push_back(std::move(value));
  shape.key_about = std::move(key_about);
  return shape;
}
inline Shape list_of(Shape item) {
  Shape shape = scalar(Kind::kList);
  shape.parts.push_back(std::move(item));
  return shape;
}
inline Shape pair_of(Shape item) {
  Shape shape = list_of(std::move(item));
  shape.min = 2;
  shape.max = 2;
  return shape;
}

inline Shape policy() {
  return choice({"newest", "client", "provider", "park"});
}
inline Shape direction() {
  return choice({"to-provider", "to-client"});
}
// {client, provider}, each of one shape.
inline Shape sides(std::string name, const Shape& one, const std::string& client_about,
                   const std::string& provider_about, std::string client_example = {},
                   std::string provider_example = {}) {
  return object(std::move(name), {{.name = "client",
                                   .about = client_about,
                                   .shape = one,
                                   .example = std::move(client_example)},
                                  {.name = "provider",
                                   .about = provider_about,
                                   .shape = one,
                                   .example = std::move(provider_example)}});
}

// One line under `fields:`, and what its parts are; in shapes_rule.cc.
Shape field_rule();

}  // namespace navette
