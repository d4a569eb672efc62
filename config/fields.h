// Field paths against what a connector declares.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "navette/connector.h"

namespace navette {

// The declared field that a path names, or lies in: "CustomFields.*" has "CustomFields.Severity",
// "custom_fields" has "custom_fields[name='x'].value". The longest that fits; null when none does.
const FieldInfo* find_field(const std::vector<FieldInfo>& fields, const std::string& path);

// The declared field that was probably meant, its "*" taken from the path.
std::optional<std::string> nearest_field(const std::vector<FieldInfo>& fields,
                                         const std::string& path);

}  // namespace navette
