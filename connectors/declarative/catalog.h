// The catalog: every connector that is data. The files of connectors/catalog/ are built in; those
// of a folder are added, and replace built-in ones of the same name.
//
// Thread safety: a Catalog is immutable.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "navette/connector.h"
#include "navette/host.h"
#include "navette/result.h"

#include "config/connector_spec.h"

namespace navette {

namespace declarative {
struct Spec;
}

class Catalog final : public ConnectorCatalog {
 public:
  const ConnectorSpec* find(const std::string& name) const override;
  std::vector<std::string> names() const override;

  // A connector for one system. `host` outlives it; nothing is sent before connect().
  // Errors: kMisconfigured (no such connector; a setting is missing or unknown).
  Result<std::unique_ptr<Connector>> make_connector(
      const std::string& connector, const std::map<std::string, std::string>& settings,
      Host& host) const;

  // The page of docs/connectors/ about a connector, in Markdown. REQUIRES: find(name) != nullptr.
  std::string reference(const std::string& name) const;

 private:
  friend Result<Catalog> load_catalog(const std::optional<std::string>& folder);
  // Shared: a connector keeps its spec when the catalog goes.
  std::map<std::string, std::shared_ptr<const declarative::Spec>> specs_;
};

// Errors: kMisconfigured; every mistake of the first file that has any, with its place.
Result<Catalog> load_catalog(const std::optional<std::string>& folder = std::nullopt);

// As Catalog::make_connector(), of the built-in catalog.
Result<std::unique_ptr<Connector>> make_connector(
    const std::string& connector, const std::map<std::string, std::string>& settings, Host& host);

// The origin ("https://tracker.example:8443") that a system's settings name, for its transport.
// Errors: kMisconfigured.
Result<std::string> origin_of(const std::map<std::string, std::string>& settings);

}  // namespace navette
