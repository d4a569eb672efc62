// The document that is left when only what an analysis says is read stays in it.

#pragma once

#include <string>
#include <vector>

#include "navette/json.h"

#include "mapping/jsonata/jsonata.h"

namespace navette::jsonata {

inline Json prune(const Json& value, const std::vector<const Read*>& reads, std::size_t depth) {
  for (const Read* read : reads) {
    if (read->whole && read->names.size() <= depth) return value;
  }
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& item : value.items()) out.push(prune(item, reads, depth));
    return out;
  }
  if (!value.is_object()) return value;
  Json out = Json::object();
  for (const auto& [name, member] : value.members()) {
    std::vector<const Read*> below;
    for (const Read* read : reads) {
      if (read->names.size() > depth && read->names[depth] == name) below.push_back(read);
    }
    if (!below.empty()) out.set(name, prune(member, below, depth + 1));
  }
  return out;
}

inline Json prune(const Json& document, const Analysis& analysis) {
  std::vector<const Read*> reads;
  for (const Read& read : analysis.reads) reads.push_back(&read);
  return prune(document, reads, 0);
}

}  // namespace navette::jsonata
