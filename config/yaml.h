// A YAML file as a tree in which every key and value knows its place.
//
// Stricter than YAML: one document a file, keys are scalars, a key stands once. Anchors, aliases
// and merge keys (<<) work. Size, depth and number of nodes are limited, expanded aliases included.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "navette/json.h"

#include "config/diagnostic.h"
#include "config/model.h"

namespace navette {

inline constexpr std::size_t kYamlBytesMax = 1 << 20;
inline constexpr int kYamlDepthMax = 50;
inline constexpr std::size_t kYamlNodesMax = 100'000;

struct YamlMember;

struct YamlNode {
  enum class Type : unsigned char { kNull, kScalar, kList, kMap };

  Type type = Type::kNull;
  Place place;
  int length = 1;           // characters to underline
  std::string text;         // kScalar; references are replaced by config/reference.h
  std::string raw;          // kScalar: as the file has it
  bool plain = false;       // kScalar: without quotes, so that true, 5 and null are no texts
  bool referenced = false;  // it has ${...} in it
  bool unresolved = false;  // ... that could not be replaced: `text` is meaningless
  std::vector<std::string> resolved;  // what its references stood for
  std::vector<YamlNode> items;        // kList
  std::vector<YamlMember> members;    // kMap

  bool is_null() const { return type == Type::kNull; }
  bool is_scalar() const { return type == Type::kScalar; }
  bool is_list() const { return type == Type::kList; }
  bool is_map() const { return type == Type::kMap; }
  // "nothing", "a text", "a list", "a map": for messages.
  std::string_view type_name() const;
  // A member's value; null when it is missing or this is no map.
  const YamlNode* find(std::string_view key) const;
  YamlNode* find(std::string_view key);
};

struct YamlMember {
  YamlNode key;  // always a scalar
  YamlNode value;
};

// A scalar by its looks: without quotes, `true`, `false`, `null` and JSON numbers are what they
// look like; everything else, 007 and 2026-01-01 included, is text. REQUIRES: a scalar or null.
Json to_json(const YamlNode& scalar);

// The tree, or nothing when there is none; what is wrong is added to `diagnostics`. A duplicate key
// is an error; the tree keeps both members, and find() gives the first. Never throws.
std::optional<YamlNode> parse_yaml(const std::string& file, const std::string& text,
                                   std::vector<Diagnostic>& diagnostics);

}  // namespace navette
