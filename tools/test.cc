#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "config/cases.h"
#include "config/load.h"
#include "mapping/cases/run_case.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/flow_file.h"
#include "tools/options.h"
#include "tools/test_report.h"
#include "tools/test_update.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

namespace fs = std::filesystem;

struct Asked {
  std::vector<std::string> paths;
  std::string filter;
  std::string junit;
  bool json = false;
  bool update = false;
  bool coverage = false;
  int coverage_min = 0;
};

struct Target {
  std::string flow_file;
  std::string case_file;
  bool named = false;  // by itself: without tests it is a mistake
};

// The flows whose tests are in a folder that holds no configuration.
std::vector<Target> in_folder(const std::string& folder) {
  std::vector<Target> targets;
  std::error_code failure;
  fs::directory_iterator entry(folder, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    const std::string path = entry->path().generic_string();
    if (is_case_file(path)) targets.push_back({flow_file_of(path), path, true});
  }
  std::sort(targets.begin(), targets.end(),
            [](const Target& a, const Target& b) { return a.case_file < b.case_file; });
  return targets;
}

// What the words of the command line name; nothing: what is wrong was printed.
std::optional<std::vector<Target>> find_targets(const std::vector<std::string>& paths) {
  std::vector<Target> targets;
  for (const std::string& path : paths) {
    std::error_code failure;
    const bool folder = fs::is_directory(path, failure);
    if (folder && !fs::exists(fs::path(path) / "navette.yaml", failure)) {
      const std::vector<Target> found = in_folder(path);
      if (found.empty()) {
        fail({Fault::kMisconfigured, "test " + path + ": no file there ends with .test.yaml, and " +
                                         "there is no navette.yaml"});
        return std::nullopt;
      }
      targets.insert(targets.end(), found.begin(), found.end());
    } else if (folder || fs::path(path).filename() == "navette.yaml") {
      const FlowFiles found = find_flow_files(path, process_environment());
      std::fputs(render(found.diagnostics).c_str(), stderr);
      if (has_errors(found.diagnostics)) return std::nullopt;
      for (const std::string& file : found.files) targets.push_back({file, case_file_of(file)});
    } else if (is_case_file(path)) {
      targets.push_back({flow_file_of(path), path, true});
    } else {
      targets.push_back({path, case_file_of(path), true});
    }
  }
  return targets;
}

// Nothing: what is wrong was printed.
std::optional<TestedFlow> run_flow(const Target& target, const std::string& filter) {
  const auto flow = read_flow({.path = target.flow_file});
  if (!flow) return std::nullopt;
  auto runner = CaseRunner::compile(*flow);
  if (!runner) {
    fail(runner.error());
    return std::nullopt;
  }
  TestedFlow tested{flow->name, target.flow_file, target.case_file, true, {}, runner->coverage()};
  std::error_code failure;
  if (!target.named && !fs::exists(target.case_file, failure)) {
    tested.has_cases = false;
    return tested;
  }
  const CaseFile file = load_cases(target.case_file);
  std::fputs(render(file.diagnostics).c_str(), stderr);
  if (!file.ok()) return std::nullopt;
  for (const MappingCase& one : file.cases) {
    if (one.name.find(filter) == std::string::npos) continue;
    auto result = runner->run(one);
    if (!result) {
      fail(result.error());
      return std::nullopt;
    }
    tested.cases.push_back({one, std::move(*result)});
  }
  tested.coverage = runner->coverage();
  return tested;
}

Status write_junit(const std::string& path, const std::vector<TestedFlow>& flows) {
  std::ofstream out(path, std::ios::binary);
  out << test_junit(flows);
  out.close();
  if (out) return {};
  return Error{Fault::kRetryLater, "write " + path + ": the system refused it"};
}

// Says which flows are below the threshold; none: true.
bool covers(const Asked& asked, const std::vector<TestedFlow>& flows) {
  bool enough = true;
  for (const TestedFlow& flow : flows) {
    const int percent = flow.coverage.total().percent();
    if (percent >= asked.coverage_min) continue;
    enough = false;
    std::fprintf(stderr, "navette: %s: coverage is %d %%, below %d %%; see --coverage\n",
                 printable(flow.flow_file).c_str(), percent, asked.coverage_min);
  }
  return enough;
}

int test(const Asked& asked) {
  const auto targets = find_targets(asked.paths);
  if (!targets) return kUsage;
  std::vector<TestedFlow> flows;
  bool usable = true;
  for (const Target& target : *targets) {
    if (auto tested = run_flow(target, asked.filter)) {
      flows.push_back(std::move(*tested));
    } else {
      usable = false;
    }
  }
  if (asked.update) {
    if (const Status done = update_cases(flows); !done) return fail(done.error());
  }
  const TestCount count = count_cases(flows);
  if (asked.json) {
    Json report = test_json(flows);
    if (!usable || count.all == 0) report.set("ok", false);
    print_json(report);
  } else if (!flows.empty()) {
    print(test_text(flows, asked.coverage));
  }
  if (!asked.junit.empty()) {
    if (const Status done = write_junit(asked.junit, flows); !done) return fail(done.error());
  }
  if (!usable) return kUsage;
  if (count.all == 0) {
    return fail({Fault::kMisconfigured,
                 asked.filter.empty() ? "test: there is no case; write flows/NAME.test.yaml"
                                      : "test: no case's name has \"" + asked.filter + "\" in it"});
  }
  return covers(asked, flows) && count.failed == 0 ? kOk : kBad;
}

}  // namespace

void add_test(CLI::App& root, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  asked->paths = {"navette.yaml"};
  CLI::App* command = new_command(
      root, "test",
      "Runs the tests of flows: documents through the rules, and what comes out held against what "
      "is expected.\n"
      "flows/acme.test.yaml has those of flows/acme.yaml. Nothing is sent, and no secret is "
      "needed. "
      "Exit code 1 when a case fails, 2 when a file cannot be used.",
      "  navette test\n"
      "  navette test flows/acme.yaml --coverage\n"
      "  navette test --filter 'a new ticket'\n"
      "  navette test --update\n"
      "  navette test --junit report.xml --coverage-min 100");
  command
      ->add_option("paths", asked->paths,
                   "Flows, files of tests, navette.yaml for all its flows, or a folder")
      ->type_name("PATH")
      ->default_str("navette.yaml");
  auto* filter =
      command->add_option("--filter", asked->filter, "Only cases whose name has this text in it");
  command->add_flag("--update", asked->update,
                    "Write what the rules made into each `expect` that differs; look at the change "
                    "before you keep it");
  command->add_flag("--coverage", asked->coverage,
                    "List the rules, table rows and branches that no case exercised");
  command
      ->add_option("--coverage-min", asked->coverage_min,
                   "Exit code 1 when a flow's cases exercise less, in percent")
      ->type_name("PERCENT")
      ->check(CLI::Range(0, 100))
      ->excludes(filter);
  command->add_option("--junit", asked->junit, "Write a report for CI systems too, JUnit's XML")
      ->type_name("FILE");
  add_json(*command, asked->json);
  command->callback([asked, &chosen] { chosen = [asked] { return test(*asked); }; });
}

}  // namespace navette::tools
