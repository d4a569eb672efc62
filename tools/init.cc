#include <cstdio>
#include <filesystem>
#include <fstream>

#include <CLI/CLI.hpp>

#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/template.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

namespace fs = std::filesystem;

// The example's own comments call it by its place in the source.
std::string at_home(std::string text) {
  constexpr std::string_view kPlace = " --config examples/rt-redmine";
  for (auto at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace)) {
    text.erase(at, kPlace.size());
  }
  return text;
}

Status write_file(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!error && file) return {};
  return Error{Fault::kRetryLater, "write " + path.string() + ": " +
                                       (error ? error.message() : "the system refused it")};
}

int init(const std::string& folder) {
  const auto files = template_files();
  for (const auto& [name, text] : files) {
    const fs::path path = fs::path(folder) / name;
    std::error_code ignored;
    if (fs::exists(path, ignored)) {
      std::fprintf(stderr,
                   "navette: write %s: it is there already, and nothing is overwritten; choose "
                   "another folder\n",
                   path.c_str());
      return kUsage;
    }
  }
  std::string written;
  for (const auto& [name, text] : files) {
    const fs::path path = fs::path(folder) / name;
    if (const Status done = write_file(path, at_home(text)); !done) return fail(done.error());
    written += "  " + path.string() + "\n";
  }
  print("Wrote a configuration for Request Tracker and Redmine:\n" + written +
        "\nNext:\n"
        "  1. Set what it takes from the environment:\n"
        "       export RT_URL=... RT_TOKEN=... REDMINE_URL=... REDMINE_API_KEY=...\n"
        "       export NAVETTE_DATA=/var/lib/navette    # a folder for the store\n"
        "  2. Put your queue, project, fields and people into the files above.\n"
        "  3. cd " +
        folder +
        "\n"
        "     navette check          # every mistake, with its place\n"
        "     navette test           # the rules, by the cases in flows/*.test.yaml\n"
        "     navette check --live   # rights and guarantees\n"
        "     navette try client:12  # what would happen to ticket 12; writes nothing\n"
        "     navette run\n");
  return kOk;
}

}  // namespace

void add_init(CLI::App& root, Chosen& chosen) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = new_command(
      root, "init",
      "Writes a commented configuration that works, to start from: Request Tracker and Redmine. "
      "Overwrites nothing.",
      "  navette init acme");
  command->add_option("folder", *folder, "Where to; made when it is not there")
      ->type_name("DIR")
      ->required();
  command->callback([folder, &chosen] { chosen = [folder] { return init(*folder); }; });
}

}  // namespace navette::tools
