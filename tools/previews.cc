#include "tools/previews.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "sync/engine.h"
#include "tools/live.h"
#include "tools/setup.h"
#include "tools/text.h"
#include "tools/view_store.h"

namespace navette::tools {
namespace {

// For all of them together, and for each one more.
constexpr std::chrono::seconds kPreviewsMax{180};
constexpr std::chrono::seconds kPreviewMax{10};

std::map<std::string, SystemConfig> systems_of(const LoadResult& config,
                                               const std::vector<Previewed>& tickets) {
  std::map<std::string, SystemConfig> systems;
  for (const Previewed& one : tickets) {
    const FlowConfig* flow = find_flow(config, one.ticket.flow);
    if (flow == nullptr) continue;
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
  Previews(LiveSystems& live, Engine& engine, const std::vector<Previewed>& tickets,
           const std::function<void(std::size_t)>& progress)
      : live_(live), engine_(engine), tickets_(tickets), progress_(progress) {}

  Result<Json> run() {
    live_.reactor().post([this] { next(); });
    if (!live_.run(kPreviewsMax + kPreviewMax * tickets_.size())) {
      return Error{Fault::kRetryLater, "preview: the systems gave no answer in time"};
    }
    if (trouble_) return *trouble_;
    return reports_;
  }

 private:
  void next() {
    if (progress_) progress_(reports_.size());
    if (reports_.size() == tickets_.size()) return live_.done();
    const Previewed& one = tickets_[reports_.size()];
    engine_.preview(
        one.ticket.flow, one.ticket.side, one.ticket.id,
        [this](const Result<Preview>& preview) { take(preview); }, one.patch);
  }

  void take(const Result<Preview>& preview) {
    if (!preview && tickets_.size() == 1) {
      trouble_ = preview.error();
      return live_.done();
    }
    if (preview) {
      reports_.push(preview->report);
    } else {
      const FlowTicket& ticket = tickets_[reports_.size()].ticket;
      Json& line = reports_.push(Json::object());
      line.set("flow", ticket.flow);
      line.set("side", to_text(ticket.side));
      line.set("id", ticket.id);
      line.set("error", preview.error().message);
    }
    next();
  }

  LiveSystems& live_;
  Engine& engine_;
  const std::vector<Previewed>& tickets_;
  const std::function<void(std::size_t)>& progress_;
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

}  // namespace

std::string preview_text(const Json& report) {
  if (report.find("error") != nullptr) {
    return "Flow " + brief(report.at("flow")) + ", " + report.at("side").text() + " " +
           brief(report.at("id")) + ": " + brief(report.at("error"), 300) + "\n";
  }
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

// The links and bases that the hub has by now; a store that is not there yet is an empty one.
Result<std::unique_ptr<Store>> view_of(const std::string& place) {
  constexpr std::string_view kFile = "sqlite:";
  std::error_code ignored;
  if (place.starts_with(kFile) && !std::filesystem::exists(place.substr(kFile.size()), ignored)) {
    return std::unique_ptr<Store>(std::make_unique<ViewStore>(nullptr));
  }
  auto under = open_store(place, {.read_only = true});
  if (!under) return under.error();
  return std::unique_ptr<Store>(std::make_unique<ViewStore>(std::move(*under)));
}

Result<Json> preview_all(const LoadResult& config, Store& store,
                         const std::vector<Previewed>& tickets,
                         const std::function<void(std::size_t)>& progress) {
  const SystemClock clock;
  Log log(clock, {.level = Level::kError});
  LiveSystems live(log);
  NAVETTE_TRY(live.open(systems_of(config, tickets)));
  Random random;
  Engine engine({live.reactor(), random, store, live.peers(), log});
  NAVETTE_TRY(engine.configure(config.hub.systems, config.flows));
  return Previews(live, engine, tickets, progress).run();
}

}  // namespace navette::tools
