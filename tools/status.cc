#include <cstdio>

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/setup.h"
#include "tools/status_report.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

struct Asked {
  StoreOption store;
  std::string flow;
  bool json = false;
};

int show_status(const Asked& asked) {
  auto store = open_for_reading(asked.store);
  if (!store) return fail(store.error());
  auto report = status_report(**store, SystemClock().now());
  if (!report) return fail(report.error());
  const auto place = store_place(asked.store);
  const std::string trouble = place ? folder_trouble(store_folder(*place)) : std::string();
  if (!trouble.empty()) report->set("store_trouble", trouble);
  if (!asked.flow.empty() && !keep_flow(*report, asked.flow)) {
    std::fprintf(stderr, "navette: nothing ever came in for a flow '%s'\n", asked.flow.c_str());
    return kBad;
  }
  if (asked.json) {
    print_json(*report);
  } else {
    print(status_text(*report));
  }
  return balances(*report) ? kOk : kBad;
}

}  // namespace

void add_status(CLI::App& root, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      root, "status",
      "Says for each flow what came in and how it ended. Works beside a running hub. Ends with 1 "
      "when what came in is not the sum of how it ended.",
      "  navette status\n"
      "  navette status --flow acme-support\n"
      "  navette status --json | jq '.flows[] | select(.dead > 0)'");
  add_store(*command, asked->store);
  command->add_option("--flow", asked->flow, "Only this flow")->type_name("NAME");
  add_json(*command, asked->json);
  command->callback([asked, &chosen] { chosen = [asked] { return show_status(*asked); }; });
}

}  // namespace navette::tools
