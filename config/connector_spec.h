// What a connector declares to the configuration, so that a mistake in a file is found before
// anything is started.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "navette/connector.h"

#include "config/shape.h"

namespace navette {

// One setting of a system that uses the connector. Its name must not be one that every system has
// (connector, poll, concurrency, external, bus_public_key, webhook_secret).
struct SettingSpec {
  std::string name;         // "token"
  Kind kind = Kind::kText;  // a scalar kind; kSecret may only come by reference
  std::string about;        // one sentence
  std::string example = {};
  bool required = false;
  std::optional<std::string> fallback = {};
  std::vector<std::string> choices = {};  // kChoice
  std::optional<std::int64_t> min = {};   // kInteger; kDuration in ms; kSize in bytes
  std::optional<std::int64_t> max = {};
};

// A filter that a flow's `where` may name.
struct FilterSpec {
  std::string name;   // "Queue"
  std::string about;  // one sentence
  std::string example = {};
  bool required = false;  // without it no ticket can be made
};

struct ConnectorSpec {
  std::string name;     // "request-tracker"
  std::string title;    // "Request Tracker 5"
  std::string about;    // one sentence
  std::string version;  // of the connector
  std::vector<SettingSpec> settings;
  std::vector<FilterSpec> filters;
  // What rules may name. Empty: not known beforehand, every path passes. "CustomFields.*" stands
  // for any member; "custom_fields[name=*].value" for any item told by that member.
  std::vector<FieldInfo> fields;
};

// Threads: safe from any thread while nobody adds to it.
class ConnectorCatalog {
 public:
  virtual ~ConnectorCatalog() = default;
  // Null when there is no such connector. The pointer lives as long as the catalog.
  virtual const ConnectorSpec* find(const std::string& name) const = 0;
  virtual std::vector<std::string> names() const = 0;  // sorted
};

}  // namespace navette
