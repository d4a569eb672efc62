#include <cstdio>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "tools/commands.h"
#include "tools/exit.h"

namespace navette::tools {
namespace {

constexpr const char* kFooter =
    "Exit codes:\n"
    "  0  ok\n"
    "  1  the thing asked about is bad\n"
    "  2  wrong use, or a broken configuration\n"
    "  3  the machine or a system failed\n"
    "\n"
    "Examples:\n"
    "  navette init acme && cd acme\n"
    "  navette check\n"
    "  navette run\n"
    "\n"
    "`navette COMMAND --help` tells more about each.";

// The word that was given in place of a command, when there is one.
std::string strange_command(const CLI::App& app) {
  const auto words = app.remaining();
  if (!app.get_subcommands().empty() || words.empty() || words.front().rfind('-', 0) == 0)
    return {};
  return words.front();
}

int wrong_use(const CLI::App& app, const std::string& message) {
  std::string command = "navette";
  if (!app.get_subcommands().empty()) command += " " + app.get_subcommands().front()->get_name();
  std::fprintf(stderr, "navette: %s\nSee `%s --help`.\n", message.c_str(), command.c_str());
  return kUsage;
}

int unknown_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  std::string message = "there is no command '" + word + "'";
  if (const auto meant = nearest(word, names)) message += "; did you mean '" + *meant + "'?";
  return wrong_use(app, message);
}

int parse_and_run(int argc, char** argv) {
  CLI::App app("Navette keeps the tickets of two systems in step.", "navette");
  Chosen chosen;
  app.footer(kFooter);
  app.allow_extras();  // so that an unknown command can be told from a wrong option
  for (const auto add : {add_init,    add_check,          add_test,      add_try,
                         add_run,     add_status,         add_links,     add_why,
                         add_verify,  add_resume,         add_shadow,    add_dead,
                         add_replay,  add_store_commands, add_tail,      add_map,
                         add_explain, add_eval,           add_connector, add_keys,
                         add_docs,    add_report,         add_version}) {
    add(app, chosen);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& wrong) {
    return wrong_use(app, wrong.what());
  }
  if (const std::string word = strange_command(app); !word.empty()) {
    return unknown_command(app, word);
  }
  if (!app.remaining().empty()) {
    return wrong_use(app, "there is no option '" + app.remaining().front() + "' here");
  }
  if (!chosen) {
    std::fputs(app.help().c_str(), stderr);
    return kUsage;
  }
  return chosen();
}

}  // namespace

int run_command_line(int argc, char** argv) noexcept {
  try {
    return parse_and_run(argc, argv);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "navette: %s\n", problem.what());
    return kFailed;
  }
}

}  // namespace navette::tools
