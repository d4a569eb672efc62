#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "sync/engine.h"
#include "tools/commands.h"
#include "tools/exit.h"
#include "tools/live.h"
#include "tools/options.h"
#include "tools/setup.h"
#include "tools/text.h"
#include "tools/ticket.h"
#include "tools/view_store.h"

namespace navette::tools {
namespace {

constexpr std::chrono::seconds kTryMax{180};

struct Asked {
  ConfigOption config;
  std::string ticket;
  std::string flow;
  bool json = false;
};

// The links and bases that the hub has by now; a store that is not there yet is an empty one.
Result<std::unique_ptr<Store>> view_of(const std::string& place) {
  const auto colon = place.find(':');
  std::error_code ignored;
  if (colon == std::string::npos || !std::filesystem::exists(place.substr(colon + 1), ignored)) {
    return std::unique_ptr<Store>(std::make_unique<ViewStore>(nullptr));
  }
  auto under = open_store(place, {.read_only = true});
  if (!under) return under.error();
  return std::unique_ptr<Store>(std::make_unique<ViewStore>(std::move(*under)));
}

std::map<std::string, SystemConfig> systems_of(const LoadResult& config,
                                               const std::vector<FlowTicket>& tickets) {
  std::map<std::string, SystemConfig> systems;
  for (const FlowTicket& ticket : tickets) {
    const FlowConfig* flow = find_flow(config, ticket.flow);
    for (const Side side : {Side::kClient, Side::kProvider}) {
      const std::string& name = flow->side(side).system;
      systems[name] = config.hub.systems.at(name);
    }
  }
  return systems;
}

// The engine asks the systems through the loop: one preview after the other.
class Previews {
 public:
  Previews(LiveSystems& live, Engine& engine, std::vector<FlowTicket> tickets)
      : live_(live), engine_(engine), tickets_(std::move(tickets)) {}

  Result<Json> run() {
    live_.reactor().post([this] { next(); });
    if (!live_.run(kTryMax)) {
      return Error{Fault::kRetryLater, "try: the systems gave no answer within 3 minutes"};
    }
    if (trouble_) return *trouble_;
    return reports_;
  }

 private:
  void next() {
    if (reports_.size() == tickets_.size()) return live_.done();
    const FlowTicket& ticket = tickets_[reports_.size()];
    engine_.preview(ticket.flow, ticket.side, ticket.id, [this](const Result<Preview>& preview) {
      if (!preview) {
        trouble_ = preview.error();
        return live_.done();
      }
      reports_.push(preview->report);
      next();
    });
  }

  LiveSystems& live_;
  Engine& engine_;
  std::vector<FlowTicket> tickets_;
  Json reports_ = Json::array();
  std::optional<Error> trouble_;
};

std::string field_text(const Json& field) {
  std::string out = "  " + brief(field.at("rule")) + ": " + field.at("result").text() + "\n";
  out += "      client:   " + brief(field.at("client")) + "\n";
  out += "      provider: " + brief(field.at("provider")) + "\n";
  if (field.find("value") != nullptr) out += "      writes:   " + brief(field.at("value")) + "\n";
  if (field.find("reason") != nullptr)
    out += "      since:    " + brief(field.at("reason"), 300) + "\n";
  if (field.find("losses") != nullptr) {
    for (const Json& loss : field.at("losses").items())
      out += "      loses:    " + brief(loss) + "\n";
  }
  return out;
}

std::string request_text(const Json& request) {
  std::string out = "  " + brief(request.at("method")) + " " + brief(request.at("url"), 500) + "\n";
  if (request.find("body") == nullptr || request.at("body").is_null()) return out;
  const Json& body = request.at("body");
  const auto parsed = body.is_string() ? Json::parse(body.as_string()) : Result<Json>(body);
  return out + outline(parsed ? *parsed : body, "      ");
}

std::string report_text(const Json& report) {
  std::string out =
      "Flow " + brief(report.at("flow")) + ", " + report.at("side").text() + " side\n";
  for (const char* part : {"source", "target"}) {
    if (report.find(part) == nullptr) continue;
    out += std::string("\n") + (std::string_view(part) == "source" ? "Source " : "Target ") +
           brief(report.at(part).at("id")) + "\n" + outline(report.at(part).at("doc"), "  ");
  }
  if (report.find("fields") != nullptr) {
    out += "\nFields\n";
    for (const Json& field : report.at("fields").items()) out += field_text(field);
  }
  if (report.find("notes") != nullptr && report.at("notes").size() > 0) {
    out += "\nComments and files\n" + outline(report.at("notes"), "  ");
  }
  out += "\nWould do: " + brief(report.at("action"), 300) + "\n";
  const Json& requests = report.at("requests");
  out += requests.size() == 0 ? "No request would be sent.\n"
                              : "Requests that would be sent; none was:\n";
  for (const Json& request : requests.is_array() ? requests.items() : Json::Array{}) {
    out += request_text(request);
  }
  return out;
}

int try_ticket(const Asked& asked) {
  const auto config = load_or_explain(asked.config);
  if (!config) return kUsage;
  const auto name = parse_ticket(asked.ticket);
  if (!name) return fail(name.error());
  const auto tickets = tickets_of(*name, asked.flow, config->flows);
  if (!tickets) return fail(tickets.error());
  auto store = view_of(config->hub.store);
  if (!store) return fail(store.error());
  const SystemClock clock;
  Log log(clock, {.level = Level::kError});
  LiveSystems live(log);
  const auto systems = systems_of(*config, *tickets);
  if (const Status opened = live.open(systems); !opened) return fail(opened.error());
  Random random;
  Engine engine({live.reactor(), random, **store, live.peers(), log});
  if (const Status taken = engine.configure(config->hub.systems, config->flows); !taken) {
    return fail(taken.error());
  }
  const auto reports = Previews(live, engine, *tickets).run();
  if (!reports) return fail(reports.error());
  if (asked.json) {
    print_json(*reports);
    return kOk;
  }
  std::string out;
  for (const Json& report : reports->items())
    out += (out.empty() ? "" : "\n") + report_text(report);
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
