#include "tools/front.h"

#include <utility>

#include "tools/hub.h"
#include "tools/status_report.h"

namespace navette::tools {
namespace {

constexpr std::chrono::seconds kGaugesWaitMax{2};
constexpr std::chrono::seconds kReloadWaitMax{20};
constexpr std::chrono::seconds kLettersWaitMax{50};

Error stopping() {
  return {Fault::kRetryLater, "the hub is stopping"};
}
Error busy() {
  return {Fault::kRetryLater, "the hub is too busy to answer in time"};
}

AdminAnswer refusal(int status, const std::string& why) {
  return {status, Json(Json::Object{{"error", why}})};
}

}  // namespace

HubFront::HubFront(Loop& loop, Engine& engine, Metrics& metrics, const Clock& clock, Store& store,
                   std::unique_ptr<Store> reader, std::function<Status()> reload)
    : bridge_(loop),
      engine_(engine),
      metrics_(metrics),
      clock_(clock),
      store_(store),
      reload_(std::move(reload)),
      reader_(std::move(reader)) {
  add_gauges();
}

ConsoleHandlers HubFront::handlers() {
  ConsoleHandlers handlers;
  handlers.webhook_secret = [this](const std::string& system) { return secret_of(system); };
  handlers.hook = [this](const Hook& hook) { return take(hook); };
  handlers.health = [this] { return health(); };
  handlers.metrics = [this] { return metrics_text(); };
  handlers.status = [this] { return status(); };
  handlers.reload = [this]() -> Status {
    if (draining_) return stopping();
    return bridge_.ask<Status>(reload_, kReloadWaitMax).value_or(busy());
  };
  handlers.poll = [this](const std::string& system) { return poll(system); };
  handlers.admin = [this](const AdminOrder& order) { return admin(order); };
  return handlers;
}

void HubFront::set_systems(const std::map<std::string, SystemConfig>& systems) {
  std::map<std::string, std::string> secrets;
  for (const auto& [name, system] : systems) secrets[name] = system.webhook_secret;
  const std::scoped_lock lock(systems_mutex_);
  secrets_ = std::move(secrets);
}

std::optional<std::string> HubFront::secret_of(const std::string& system) {
  const std::scoped_lock lock(systems_mutex_);
  const auto known = secrets_.find(system);
  if (known == secrets_.end()) return std::nullopt;
  return known->second;
}

Status HubFront::take(const Hook& hook) {
  if (draining_) return stopping();
  const auto work = [this, hook](std::function<void(Status)> done) {
    engine_.hint(hook.system, hook.ticket, hook.payload, std::move(done));
  };
  Status taken = bridge_.ask_later<Status>(work, kHandlerWaitMax).value_or(busy());
  if (!taken && taken.error().fault == Fault::kRejected && elsewhere_ != Elsewhere::kNothing) {
    return Error{Fault::kRetryLater, "another hub runs the flows of this system: send it there"};
  }
  return taken;
}

std::optional<Json> HubFront::ask_gauges() {
  return bridge_.ask<Json>([this] { return engine_.gauges(); }, kGaugesWaitMax);
}

HealthReport HubFront::health() {
  HealthReport health;
  Json reasons = Json::array();
  const auto gauges = ask_gauges();
  if (draining_) reasons.push("the hub is stopping");
  if (!gauges) reasons.push("the hub's loop does not answer");
  {
    const std::scoped_lock lock(reader_mutex_);
    const auto counts = reader_->counts();
    if (!counts) reasons.push("the store can't be read: " + counts.error().message);
  }
  if (gauges && !gauges->at("store_trouble").text().empty())
    reasons.push("the store can't be written: " + gauges->at("store_trouble").text());
  health.works = reasons.size() == 0;
  // A system that is down is no reason to restart the hub: what is for it waits.
  bool degraded = false;
  for (const Json& system :
       gauges && gauges->at("systems").is_array() ? gauges->at("systems").items() : Json::Array{}) {
    const auto trouble = system.at("trouble").as_string();
    if (trouble.empty()) continue;
    degraded = true;
    reasons.push(system.at("system").text() + ": " + std::string(trouble));
  }
  for (const Json& flow :
       gauges && gauges->at("flows").is_array() ? gauges->at("flows").items() : Json::Array{}) {
    if (flow.at("held").as_string().empty()) continue;
    degraded = true;
    reasons.push(flow.at("flow").text() + ": " + flow.at("held").text());
  }
  const bool standby = elsewhere_ == Elsewhere::kAll;
  if (standby)
    reasons.push("another hub runs the flows; this one takes over when that one is gone");
  health.report.set("status", !health.works ? "down"
                              : standby     ? "standby"
                              : degraded    ? "degraded"
                                            : "ok");
  health.report.set("reasons", std::move(reasons));
  return health;
}

Result<Json> HubFront::status() {
  const auto gauges = ask_gauges();
  const std::scoped_lock lock(reader_mutex_);
  auto report = status_report(*reader_, clock_.now());
  if (report && gauges && !gauges->at("store_trouble").text().empty())
    report->set("store_trouble", gauges->at("store_trouble"));
  return report;
}

Status HubFront::poll(const std::string& system) {
  if (draining_) return stopping();
  std::vector<std::string> names;
  {
    const std::scoped_lock lock(systems_mutex_);
    for (const auto& [name, secret] : secrets_) {
      if (system.empty() || name == system) names.push_back(name);
    }
  }
  if (names.empty()) return Error{Fault::kRejected, "no system of this name is configured"};
  const auto work = [this, names] {
    for (const std::string& name : names) engine_.poll_now(name);
    return true;
  };
  if (!bridge_.ask<bool>(work, kHandlerWaitMax)) return busy();
  return {};
}

void HubFront::set_flows(const std::vector<FlowConfig>& flows) {
  const std::scoped_lock lock(systems_mutex_);
  flows_ = sides_of(flows);
}

std::vector<FlowSides> HubFront::flows() {
  const std::scoped_lock lock(systems_mutex_);
  return flows_;
}

Result<Json> HubFront::answer_on_loop(const LetterOrder& order) {
  if (draining_) return stopping();
  const auto work = [this, order, all = flows()]() -> Result<Json> {
    auto answer = answer_letters({store_, all, clock_.now()}, order);
    engine_.take_replays();
    engine_.take_in();
    return answer;
  };
  auto answer = bridge_.ask<Result<Json>>(work, kLettersWaitMax);
  if (!answer) return busy();
  return std::move(*answer);
}

AdminAnswer HubFront::admin(const AdminOrder& order) {
  LetterOrder letters{order.method, order.path, Json::object()};
  for (const auto& [name, value] : order.query) letters.arguments.set(name, value);
  if (!order.body.empty()) {
    auto body = Json::parse(order.body, "body");
    if (!body || !body->is_object()) return refusal(400, "expected a JSON object as body");
    letters.arguments = std::move(*body);
  }
  Result<Json> answer = Json();
  if (only_reads(letters)) {
    const std::vector<FlowSides> all = flows();
    const std::scoped_lock lock(reader_mutex_);
    answer = answer_letters({*reader_, all, clock_.now()}, letters);
  } else {
    answer = answer_on_loop(letters);
  }
  if (answer) return {200, std::move(*answer)};
  if (answer.error().fault == Fault::kRejected) return refusal(404, answer.error().message);
  return refusal(503, answer.error().message);
}

std::string HubFront::metrics_text() {
  Seen seen;
  if (auto gauges = ask_gauges()) seen.gauges = std::move(*gauges);
  {
    const std::scoped_lock lock(reader_mutex_);
    if (auto counts = reader_->counts()) seen.counts = std::move(*counts);
  }
  {
    const std::scoped_lock lock(seen_mutex_);
    seen_ = std::move(seen);
  }
  return metrics_.exposition();
}

void HubFront::add_gauges() {
  const auto of_flows = [this](const char* name, const char* help, auto value) {
    metrics_.add(name, help, MetricKind::kGauge, [this, value] {
      const std::scoped_lock lock(seen_mutex_);
      std::vector<Sample> samples;
      for (const FlowCounts& flow : seen_.counts) {
        samples.push_back({{{"flow", flow.flow}}, static_cast<double>(value(flow))});
      }
      return samples;
    });
  };
  of_flows("navette_links", "Pairs of tickets.", [](const FlowCounts& c) { return c.links; });
  of_flows("navette_parked_fields", "Fields that are held back.",
           [](const FlowCounts& c) { return c.parked_fields; });
  of_flows("navette_open_commands", "Writes that were begun and have no outcome yet.",
           [](const FlowCounts& c) { return c.open_commands; });
  of_flows("navette_accepted_changes", "Changes that ever came in.",
           [](const FlowCounts& c) { return c.accepted; });
  of_flows("navette_oldest_pending_seconds", "Age of the oldest change that has not ended.",
           [now = &clock_](const FlowCounts& c) {
             const auto at = now->now().time_since_epoch().count();
             return c.oldest_pending_at == 0 ? 0 : (at - c.oldest_pending_at) / 1000;
           });
  metrics_.add("navette_changes", "Changes by how they ended.", MetricKind::kGauge, [this] {
    const std::scoped_lock lock(seen_mutex_);
    std::vector<Sample> samples;
    for (const FlowCounts& flow : seen_.counts) {
      for (int i = 0; i < kDispositionCount; ++i) {
        samples.push_back({{{"flow", flow.flow},
                            {"disposition", std::string(to_text(static_cast<Disposition>(i)))}},
                           static_cast<double>(flow.by[i])});
      }
    }
    return samples;
  });
  metrics_.add("navette_store_up", "1 while the store takes what is written.", MetricKind::kGauge,
               [this] {
                 const std::scoped_lock lock(seen_mutex_);
                 const Json* trouble = seen_.gauges.find("store_trouble");
                 if (trouble == nullptr) return std::vector<Sample>{};
                 return std::vector<Sample>{{{}, trouble->text().empty() ? 1.0 : 0.0}};
               });
  metrics_.add("navette_flow_held", "1 while a flow waits for a person, beyond its limits.",
               MetricKind::kGauge, [this] {
                 const std::scoped_lock lock(seen_mutex_);
                 std::vector<Sample> samples;
                 const Json* flows = seen_.gauges.find("flows");
                 if (flows == nullptr || !flows->is_array()) return samples;
                 for (const Json& flow : flows->items()) {
                   samples.push_back({{{"flow", flow.at("flow").text()}},
                                      flow.at("held").as_string().empty() ? 0.0 : 1.0});
                 }
                 return samples;
               });
  metrics_.add("navette_system_up", "1 while the system answers.", MetricKind::kGauge, [this] {
    const std::scoped_lock lock(seen_mutex_);
    std::vector<Sample> samples;
    const Json* systems = seen_.gauges.find("systems");
    if (systems == nullptr || !systems->is_array()) return samples;
    for (const Json& system : systems->items()) {
      samples.push_back({{{"system", system.at("system").text()}},
                         system.at("trouble").as_string().empty() ? 1.0 : 0.0});
    }
    return samples;
  });
}

}  // namespace navette::tools
