// The descriptions of config/shapes.h as JSON Schemas, for editors, and as the reference page.

#pragma once

#include <string>

#include "navette/json.h"

#include "config/connector_spec.h"

namespace navette {

// JSON Schema, draft 2020-12, of navette.yaml. With the settings of every connector of the catalog;
// with an empty catalog any settings pass.
Json json_schema_hub(const ConnectorCatalog& catalog);
// ... of a flow's file, of a people file, and of a flow's tests.
Json json_schema_flow();
Json json_schema_people();
Json json_schema_cases();

// docs/configuration.md, in Markdown.
std::string reference_page();

// A catalog without connectors.
class EmptyCatalog final : public ConnectorCatalog {
 public:
  const ConnectorSpec* find(const std::string& /*name*/) const override { return nullptr; }
  std::vector<std::string> names() const override { return {}; }
};

}  // namespace navette
