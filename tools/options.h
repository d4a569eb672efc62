// Options that several commands have, said the same way everywhere.

#pragma once

#include <memory>
#include <string>

#include "navette/result.h"

#include "store/store.h"

namespace CLI {
class App;
}

namespace navette::tools {

// A new command with its examples at the end of its help. The answer belongs to `root`.
CLI::App* new_command(CLI::App& root, const std::string& name, const std::string& about,
                      const std::string& examples);

struct ConfigOption {
  std::string path = "navette.yaml";
};
void add_config(CLI::App& command, ConfigOption& option);

void add_json(CLI::App& command, bool& json);

// Commands that only look into the store beside a running hub need nothing else of the
// configuration, and no secrets.
struct StoreOption {
  ConfigOption config;
  std::string store;  // as `store:` in navette.yaml; empty: the one that it names
};
void add_store(CLI::App& command, StoreOption& option);

// The place of the store. Problems of the configuration that do not touch it are no obstacle.
// Errors: kMisconfigured, with diagnostics.
Result<std::string> store_place(const StoreOption& option);

// Opened for reading only. Errors: as open_store().
Result<std::unique_ptr<Store>> open_for_reading(const StoreOption& option);

}  // namespace navette::tools
