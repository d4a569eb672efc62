#include <CLI/CLI.hpp>

#include "base/text.h"
#include "config/publish.h"
#include "connectors/declarative/catalog.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/setup.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

std::string option_name(const CLI::Option& option) {
  std::string name = option.get_positional() ? option.get_type_name()
                                             : join(split(option.get_name(false, true), ','), ", ");
  if (!option.get_positional() && !option.get_type_name().empty() &&
      option.get_items_expected_max() > 0) {
    name += " " + option.get_type_name();
  }
  return name;
}

std::string option_row(const CLI::Option& option) {
  std::string about = option.get_description();
  if (!option.get_default_str().empty()) about += " (default: `" + option.get_default_str() + "`)";
  if (option.get_required()) about += " (required)";
  return "| `" + option_name(option) + "` | " + about + " |\n";
}

std::string command_page(const CLI::App& command, const std::string& path) {
  std::string out = "\n## " + path + "\n\n" + command.get_description() + "\n";
  std::string rows;
  for (const CLI::Option* option : command.get_options()) {
    if (option != command.get_help_ptr()) rows += option_row(*option);
  }
  if (!rows.empty()) out += "\n| | |\n|---|---|\n" + rows;
  const std::string footer = command.get_footer();
  const auto examples = footer.find('\n');
  if (examples != std::string::npos) {
    out += "\n```sh\n";
    for (const std::string& line : split(footer.substr(examples + 1), '\n')) {
      out += std::string(trim(line)) + "\n";
    }
    out += "```\n";
  }
  for (const CLI::App* inner : command.get_subcommands([](const CLI::App*) { return true; })) {
    out += command_page(*inner, path + " " + inner->get_name());
  }
  return out;
}

std::string commands_page(const CLI::App& root) {
  std::string out =
      "<!-- Made by `navette docs commands`; do not edit. -->\n"
      "# Commands\n\n" +
      root.get_description() +
      "\n\nThe build puts the command into `build/<preset>/bin/navette`. Every list has `--json`. "
      "Exit codes: 0 ok, 1 the thing asked about is bad, 2 wrong use or a broken configuration, "
      "3 the machine or a system failed. Ticket names are `client:12`, `provider:7` or "
      "`SYSTEM:12`.\n";
  for (const CLI::App* command : root.get_subcommands([](const CLI::App*) { return true; })) {
    out += command_page(*command, "navette " + command->get_name());
  }
  return out;
}

CLI::App* add_page(CLI::App& group, Chosen& chosen, const std::string& name,
                   const std::string& about, const std::function<std::string()>& page) {
  CLI::App* command = new_command(group, name, about, "  navette docs " + name);
  command->callback([page, &chosen] {
    chosen = [page] {
      print(page());
      return kOk;
    };
  });
  return command;
}

void add_schema(CLI::App& group, Chosen& chosen) {
  auto of = std::make_shared<std::string>();
  CLI::App* command =
      new_command(group, "schema", "Prints the JSON Schema of a kind of file, for editors.",
                  "  navette docs schema hub > navette.schema.json\n"
                  "  navette docs schema flow");
  command->add_option("kind", *of, "hub, flow, people or cases")
      ->type_name("KIND")
      ->required()
      ->check(CLI::IsMember({"hub", "flow", "people", "cases"}));
  command->callback([of, &chosen] {
    chosen = [of] {
      print_json(*of == "hub"     ? json_schema_hub(catalog())
                 : *of == "flow"  ? json_schema_flow()
                 : *of == "cases" ? json_schema_cases()
                                  : json_schema_people());
      return kOk;
    };
  });
}

void add_connector_page(CLI::App& group, Chosen& chosen) {
  auto name = std::make_shared<std::string>();
  CLI::App* command = new_command(group, "connector",
                                  "Prints the page of a connector; without a name, their names.",
                                  "  navette docs connector\n"
                                  "  navette docs connector redmine");
  command->add_option("name", *name, "The connector")->type_name("NAME");
  command->callback([name, &chosen] {
    chosen = [name]() -> int {
      if (name->empty()) {
        for (const std::string& known : catalog().names()) print(known + "\n");
        return kOk;
      }
      if (catalog().find(*name) == nullptr) {
        return fail({Fault::kMisconfigured,
                     "find connector '" + *name + "': there are " + join(catalog().names(), ", ")});
      }
      print(built_in().reference(*name));
      return kOk;
    };
  });
}

}  // namespace

void add_docs(CLI::App& root, Chosen& chosen) {
  CLI::App* group = new_command(root, "docs",
                                "Prints reference pages and schemas, made from the same "
                                "descriptions as the checks.",
                                "  navette docs configuration\n"
                                "  navette docs schema flow");
  group->require_subcommand(1);
  add_page(*group, chosen, "commands", "Prints the page about every command.",
           [&root] { return commands_page(root); });
  add_page(*group, chosen, "configuration", "Prints the page about the configuration files.",
           [] { return reference_page(); });
  add_schema(*group, chosen);
  add_connector_page(*group, chosen);
}

}  // namespace navette::tools
