#include <CLI/CLI.hpp>

#include "bus/context.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/text.h"

namespace navette::tools {

void add_keys(CLI::App& root, Chosen& chosen) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = new_command(
      root, "keys",
      "Makes a pair of keys for the bus (CURVE, Z85) and prints it. The hub needs one, and so does "
      "each connector that runs as a process of its own: the public keys stand in navette.yaml, a "
      "secret key stays with its process.",
      "  navette keys\n"
      "  navette keys --json | jq -r .secret_key > tracker.key");
  add_json(*command, *json);
  command->callback([json, &chosen] {
    chosen = [json]() -> int {
      const auto keys = bus::make_keys();
      if (!keys) return fail(keys.error());
      if (*json) {
        print_json(
            Json(Json::Object{{"public_key", keys->public_key}, {"secret_key", keys->secret_key}}));
      } else {
        print("public_key: " + keys->public_key + "\nsecret_key: " + keys->secret_key + "\n");
      }
      return kOk;
    };
  });
}

}  // namespace navette::tools
