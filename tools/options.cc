#include "tools/options.h"

#include <CLI/CLI.hpp>

#include "tools/setup.h"

namespace navette::tools {

CLI::App* new_command(CLI::App& root, const std::string& name, const std::string& about,
                      const std::string& examples) {
  CLI::App* command = root.add_subcommand(name, about);
  command->allow_extras(false);
  command->footer("Examples:\n" + examples);
  return command;
}

void add_config(CLI::App& command, ConfigOption& option) {
  command
      .add_option("-c,--config", option.path,
                  "The configuration: navette.yaml, or the folder that holds it")
      ->type_name("PATH")
      ->capture_default_str();
}

void add_json(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "Print JSON");
}

void add_store(CLI::App& command, StoreOption& option) {
  add_config(command, option.config);
  command
      .add_option("--store", option.store,
                  "Read this store and no configuration, e.g. sqlite:/var/lib/navette/navette.db")
      ->type_name("PLACE");
}

Result<std::string> store_place(const StoreOption& option) {
  if (!option.store.empty()) return option.store;
  const LoadResult config = load(option.config);
  if (!config.hub.store.empty()) return config.hub.store;
  return Error{Fault::kMisconfigured,
               "find the store: " + option.config.path +
                   " does not tell where it is; mend that, or name it with --store\n" +
                   render(config.diagnostics)};
}

Result<std::unique_ptr<Store>> open_for_reading(const StoreOption& option) {
  const auto place = store_place(option);
  if (!place) return place.error();
  return open_store(*place, {.read_only = true});
}

}  // namespace navette::tools
