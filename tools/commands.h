// The subcommands of `navette`. Each function adds one to `root`; when the user asked for it, what
// is to be done is put into `chosen`. That gives an exit code (tools/exit.h).

#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace navette::tools {

using Chosen = std::function<int()>;

void add_run(CLI::App& root, Chosen& chosen);
void add_check(CLI::App& root, Chosen& chosen);
void add_try(CLI::App& root, Chosen& chosen);
void add_status(CLI::App& root, Chosen& chosen);
void add_links(CLI::App& root, Chosen& chosen);
void add_why(CLI::App& root, Chosen& chosen);
void add_resume(CLI::App& root, Chosen& chosen);
void add_verify(CLI::App& root, Chosen& chosen);
void add_shadow(CLI::App& root, Chosen& chosen);
void add_store_commands(CLI::App& root, Chosen& chosen);
void add_dead(CLI::App& root, Chosen& chosen);
void add_replay(CLI::App& root, Chosen& chosen);
void add_report(CLI::App& root, Chosen& chosen);
void add_tail(CLI::App& root, Chosen& chosen);
void add_connector(CLI::App& root, Chosen& chosen);
void add_keys(CLI::App& root, Chosen& chosen);
void add_init(CLI::App& root, Chosen& chosen);
void add_map(CLI::App& root, Chosen& chosen);
void add_explain(CLI::App& root, Chosen& chosen);
void add_test(CLI::App& root, Chosen& chosen);
void add_eval(CLI::App& root, Chosen& chosen);
void add_docs(CLI::App& root, Chosen& chosen);
void add_version(CLI::App& root, Chosen& chosen);

// The whole command. Never throws.
int run_command_line(int argc, char** argv) noexcept;

}  // namespace navette::tools
