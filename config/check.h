// A YAML tree held against a Shape.

#pragma once

#include <string>

#include "config/report.h"
#include "config/shape.h"
#include "config/yaml.h"

namespace navette {

// Report everything under `node` that is not as `shape` says. `what` names the value in messages:
// "\"poll\"", "item 2 of \"fields\"". Values that could not be resolved are skipped: that was
// reported where it happened. REQUIRES: references in `node` were resolved.
void check_shape(const YamlNode& node, const Shape& shape, const std::string& what, Report& report);

// The part of a kAnyOf that the value was meant to be; any other shape is itself.
const Shape& choose_part(const YamlNode& node, const Shape& shape);

// How a value is named in a message: in quotes, or as the reference that it came from, whose value
// is not shown since it may be a secret in the wrong place.
std::string shown(const YamlNode& scalar);

// An object's values by name. Reads what can be read and says nothing: check_shape() did.
class Reader {
 public:
  // Both outlive the reader. `node` may be null: everything has its default then.
  Reader(const YamlNode* node, const Shape& shape) : node_(node), shape_(shape) {}

  // The value, under its present or an old name; null when it is missing or null.
  const YamlNode* find(const std::string& name) const;
  // A scalar's text, else its default's, else nothing. Nothing too for what was not resolved.
  std::optional<std::string> text(const std::string& name) const;
  std::string text_or_empty(const std::string& name) const { return text(name).value_or(""); }
  bool boolean(const std::string& name) const { return text(name) == "true"; }
  // Where it stands, else where the object does.
  Place place(const std::string& name) const;

 private:
  const YamlNode* node_;
  const Shape& shape_;
};

}  // namespace navette
