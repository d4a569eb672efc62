#include <cstdio>

#include <CLI/CLI.hpp>

#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/previews.h"
#include "tools/setup.h"
#include "tools/text.h"
#include "tools/ticket.h"

namespace navette::tools {
namespace {

struct Asked {
  ConfigOption config;
  std::string ticket;
  std::string flow;
  bool json = false;
};

int try_ticket(const Asked& asked) {
  const auto config = load_or_explain(asked.config);
  if (!config) return kUsage;
  const auto name = parse_ticket(asked.ticket);
  if (!name) return fail(name.error());
  const auto tickets = tickets_of(*name, asked.flow, config->flows);
  if (!tickets) return fail(tickets.error());
  auto store = view_of(config->hub.store);
  if (!store) return fail(store.error());
  std::vector<Previewed> wanted;
  for (const FlowTicket& ticket : *tickets) wanted.push_back({ticket, Json()});
  const auto reports = preview_all(*config, **store, wanted, {});
  if (!reports) return fail(reports.error());
  if (asked.json) {
    print_json(*reports);
    return kOk;
  }
  std::string out;
  for (const Json& report : reports->items())
    out += (out.empty() ? "" : "\n") + preview_text(report);
  print(out);
  return kOk;
}

}  // namespace

void add_try(CLI::App& root, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      root, "try",
      "Shows what Navette would do with a ticket: what it reads, what each field would become, and "
      "the requests that it would send. Sends none of them, and stores nothing.",
      "  navette try client:12\n"
      "  navette try tracker:7 --flow acme-support\n"
      "  navette try acme-helpdesk:12 --json | jq '.[].requests'");
  command->add_option("ticket", asked->ticket, "client:ID, provider:ID or SYSTEM:ID")
      ->type_name("TICKET")
      ->required();
  add_config(*command, asked->config);
  command->add_option("--flow", asked->flow, "Only this flow")->type_name("NAME");
  add_json(*command, asked->json);
  command->callback([asked, &chosen] { chosen = [asked] { return try_ticket(*asked); }; });
}

}  // namespace navette::tools
