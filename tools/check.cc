#include <cstdio>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "config/load.h"
#include "mapping/check/check_mapping.h"
#include "mapping/mapping.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/live.h"
#include "tools/options.h"
#include "tools/setup.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

constexpr std::chrono::seconds kLiveMax{120};

struct Asked {
  ConfigOption config;
  std::string flow;
  bool live = false;
  bool portable = false;
  bool print = false;
  bool json = false;
};

// What one side of one flow asks its system for.
struct Question {
  std::string system;
  std::string flow;
  Side side = Side::kClient;
  Endpoint endpoint;
  std::string trouble;
};

std::vector<Question> questions_of(const LoadResult& config) {
  std::vector<Question> questions;
  std::map<std::string, bool> asked;
  for (const FlowConfig& flow : config.flows) {
    for (const Side side : {Side::kClient, Side::kProvider}) {
      const Endpoint& endpoint = flow.side(side);
      questions.push_back({endpoint.system, flow.name, side, endpoint, {}});
      asked[endpoint.system] = true;
    }
  }
  for (const auto& [name, system] : config.hub.systems) {
    if (!asked[name]) questions.push_back({name, {}, Side::kClient, {}, {}});
  }
  return questions;
}

// One small page of each side: that shows the credentials, the rights and the `where`.
bool ask_all(LiveSystems& live, std::vector<Question>& questions) {
  std::size_t open = questions.size();
  if (open == 0) return true;
  for (Question& question : questions) {
    PollRequest request;
    request.entity = question.endpoint.entity;
    request.where = question.endpoint.where;
    request.limit = 1;
    live.peers().poll(question.system, request, [&](const Result<Page>& page) {
      // Without a flow there is no `where` to ask with: the connection alone is of interest.
      if (!page && !(question.flow.empty() && live.peers().description(question.system))) {
        question.trouble = page.error().message;
      }
      if (--open == 0) live.done();
    });
  }
  return live.run(kLiveMax);
}

Json guarantees(const Description& system, const FlowConfig& flow, Side side) {
  Json lines = Json::array();
  const auto mapping = Mapping::compile(flow);
  const auto mark = mapping ? mapping->mark_of(side) : std::nullopt;
  if (mark) {
    const FieldRule& rule = mapping->rule(*mark);
    lines.push("new tickets: exactly once; one whose answer was lost is found again by " +
               (side == Side::kClient ? rule.client : rule.provider));
  } else {
    lines.push(
        "new tickets: at most once; no rule marks them with the other side's number, so one whose "
        "answer was lost waits for a person. Add a rule {" +
        std::string(to_text(other(side))) + ": id, " + to_text(side) +
        ": FIELD, template: \"...{id}\"}");
  }
  lines.push("changed fields: as often as needed; writing a value twice changes nothing");
  lines.push(system.comment_keys
                 ? "comments: exactly once; each carries our key"
                 : "comments: found again by author, time and text when an answer was lost");
  lines.push(
      system.internal_comments
          ? "internal comments: stay internal, and that is read back"
          : "internal comments: not written here, since this system can't keep them internal");
  return lines;
}

Json report_of(LiveSystems& live, const LoadResult& config,
               const std::vector<Question>& questions) {
  Json systems = Json::array();
  for (const auto& [name, system] : config.hub.systems) {
    Json& line = systems.push(Json::object());
    line.set("system", name);
    Json trouble = Json::array();
    Json flows = Json::array();
    const Description* found = live.peers().description(name);
    for (const Question& question : questions) {
      if (question.system != name) continue;
      if (!question.trouble.empty()) trouble.push(question.trouble);
      const FlowConfig* flow = find_flow(config, question.flow);
      if (found == nullptr || flow == nullptr) continue;
      Json& one = flows.push(Json::object());
      one.set("flow", flow->name);
      one.set("side", to_text(question.side));
      one.set("guarantees", guarantees(*found, *flow, question.side));
    }
    if (found != nullptr) {
      line.set("product", found->system);
      line.set("account", found->self.login);
      Json& warnings = line.set("warnings", Json::array());
      for (const std::string& warning : found->warnings) warnings.push(warning);
    } else if (trouble.size() == 0) {
      trouble.push(live.peers().trouble(name));
    }
    line.set("ok", trouble.size() == 0);
    line.set("trouble", std::move(trouble));
    line.set("flows", std::move(flows));
  }
  return systems;
}

std::string live_text(const Json& systems) {
  std::string out;
  for (const Json& system : systems.items()) {
    out += brief(system.at("system")) + ": ";
    if (system.at("ok").as_bool()) {
      out += brief(system.at("product")) + ", as " + brief(system.at("account")) + "\n";
    } else {
      out += "does not work\n";
    }
    for (const Json& line : system.at("trouble").items())
      out += "  error: " + brief(line, 1000) + "\n";
    if (system.find("warnings") != nullptr) {
      for (const Json& line : system.at("warnings").items()) {
        out += "  warning: " + brief(line, 1000) + "\n";
      }
    }
    for (const Json& flow : system.at("flows").items()) {
      out += "  as " + flow.at("side").text() + " of " + brief(flow.at("flow")) + "\n";
      for (const Json& line : flow.at("guarantees").items()) {
        out += "    " + brief(line, 1000) + "\n";
      }
    }
  }
  return out;
}

// What the systems say; null when none could be asked.
Result<Json> look_live(const LoadResult& config) {
  const SystemClock clock;
  Log log(clock, {.level = Level::kError});
  LiveSystems live(log);
  NAVETTE_TRY(live.open(config.hub.systems));
  std::vector<Question> questions = questions_of(config);
  if (!ask_all(live, questions)) {
    return Error{Fault::kRetryLater, "ask the systems: some gave no answer within 2 minutes"};
  }
  return report_of(live, config, questions);
}

bool all_ok(const Json& systems) {
  for (const Json& system : systems.items()) {
    if (!system.at("ok").as_bool()) return false;
  }
  return true;
}

int check(const Asked& asked) {
  LoadResult config;
  if (asked.flow.empty()) {
    config = load_config(asked.config.path, catalog(), process_environment(), {});
  } else {
    config = load_flow_file(asked.flow, process_environment());
  }
  check_mappings(&config, asked.portable);
  Json report = Json::object();
  report.set("ok", config.ok());
  report.set("diagnostics", to_json(config.diagnostics));
  if (asked.print) report.set("config", config.printed);
  if (!asked.json) std::fputs(render(config.diagnostics).c_str(), stderr);
  int code = config.ok() ? kOk : kUsage;
  if (config.ok() && asked.live) {
    auto systems = look_live(config);
    if (!systems) return fail(systems.error());
    if (!all_ok(*systems)) code = kFailed;
    report.set("ok", code == kOk);
    if (!asked.json) print(live_text(*systems));
    report.set("systems", std::move(*systems));
  }
  if (asked.json) {
    print_json(report);
  } else if (asked.print && config.ok()) {
    print_json(config.printed);
  } else if (config.ok() && !asked.flow.empty()) {
    print("The flow is good: " + counted(config.flows.front().fields.size(), "rule") + ".\n");
  } else if (config.ok() && !asked.live) {
    print("The configuration is good: " + counted(config.flows.size(), "flow") + ", " +
          counted(config.hub.systems.size(), "system") + ".\n");
  }
  return code;
}

}  // namespace

void add_check(CLI::App& root, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      root, "check",
      "Checks the configuration and reports every mistake of every file, inside expressions too; "
      "docs/diagnostics.md explains the codes. With --live it connects "
      "to the systems too, reads a little, writes nothing, and says which rights are missing and "
      "what is guaranteed for each kind of write.",
      "  navette check\n"
      "  navette check --flow orders.yaml\n"
      "  navette check --live\n"
      "  navette check --print | jq .systems\n"
      "  navette check --json | jq -r '.diagnostics[].code'");
  add_config(*command, asked->config);
  CLI::Option* flow = command->add_option(
      "--flow", asked->flow, "Check this flow's file by itself, as `navette map` takes it");
  command->add_flag("--portable", asked->portable,
                    "Report what other JSONata processors do not have");
  command->add_flag("--live", asked->live, "Connect to the systems")->excludes(flow);
  command->add_flag("--print", asked->print,
                    "Print what was understood, defaults filled in, secrets as ***");
  add_json(*command, asked->json);
  command->callback([asked, &chosen] { chosen = [asked] { return check(*asked); }; });
}

}  // namespace navette::tools
