// Reads the configuration for a command, and says what is wrong with it.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "navette/result.h"

#include "config/load.h"
#include "tools/options.h"

namespace navette {
class Catalog;
}

namespace navette::tools {

// The connectors that this build has.
const Catalog& built_in();
const ConnectorCatalog& catalog();

// The configuration at `path`, its notes and mistakes unprinted.
LoadResult load(const ConfigOption& option, const LoadOptions& options = {});

// As load(); prints what is wrong with it to standard error. Nothing: it has errors.
std::optional<LoadResult> load_or_explain(const ConfigOption& option,
                                          const LoadOptions& options = {});

// The values of all settings that are secret, those of the bus and of webhooks included.
std::vector<std::string> secrets_of(const HubConfig& hub);

// The flow of that name, or nullptr.
const FlowConfig* find_flow(const LoadResult& config, const std::string& name);

// The folder in which the file of a store lies; empty for a store without a file.
std::string store_folder(const std::string& place);
// Where a hub keeps what is its own: its admin token, its tap. Empty: nowhere.
std::string hub_folder(const HubConfig& hub);

// Why nothing can be written in a folder that this process may write in: it is on a full or
// read-only file system, or not there. Empty: it can, or the folder is empty.
std::string folder_trouble(const std::string& folder);

}  // namespace navette::tools
