// Puts records together out of several requests, and reads single fields of them.
//
// Threads: none of its own; one call at a time.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connectors/declarative/runner.h"
#include "connectors/declarative/spec.h"

namespace navette::declarative {

// Run the entity's fetch. `scope` has `id` and `where`; what the steps brought stays in it, so that
// a write can use it. A record that is gone is a record with `deleted`, and no failure.
Trouble fetch_record(const EntitySpec& entity, Runner& runner, Scope& scope, Record& record);

// A field that a path names, and what the * of its pattern stands for.
struct FieldMatch {
  const FieldSpec* field = nullptr;
  std::string name;
};
std::optional<FieldMatch> match_field(const EntitySpec& entity, const std::string& path);

// What the document holds of a field; null when it is missing.
Json field_of(const FieldMatch& match, const Scope& outer, const Json& document);

// A form in which every spelling of a value is equal: null for the empty ones, line feeds for line
// ends, whatever else the field's `same` says.
Json comparable(const FieldMatch& match, const Scope& outer, const Json& value);

// The ids of the records whose field equals `value`. Failure kRejected: the field can't be
// searched.
Trouble find_records(const EntitySpec& entity, Runner& runner, const Scope& outer,
                     const std::string& path, const std::string& value,
                     std::vector<std::string>& ids);

}  // namespace navette::declarative
