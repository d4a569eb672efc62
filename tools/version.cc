#include <CLI/CLI.hpp>

#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/text.h"

namespace navette::tools {

void add_version(CLI::App& root, Chosen& chosen) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = new_command(root, "version", "Prints the version.",
                                  "  navette version\n"
                                  "  navette version --json");
  add_json(*command, *json);
  command->callback([json, &chosen] {
    chosen = [json] {
      if (*json) {
        print_json(Json(Json::Object{{"version", NAVETTE_VERSION}}));
      } else {
        print("navette " NAVETTE_VERSION "\n");
      }
      return kOk;
    };
  });
}

}  // namespace navette::tools
