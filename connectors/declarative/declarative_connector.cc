#include "connectors/declarative/declarative_connector.h"

#include <exception>
#include <utility>

#include "connectors/declarative/poller.h"
#include "connectors/declarative/reader.h"
#include "connectors/declarative/writer.h"

namespace navette::declarative {

namespace {

std::vector<std::string> secrets_of(const Spec& spec,
                                    const std::map<std::string, std::string>& settings) {
  std::vector<std::string> secrets;
  for (const SettingSpec& setting : spec.declared.settings) {
    if (setting.kind != Kind::kSecret) continue;
    const auto found = settings.find(setting.name);
    if (found != settings.end()) secrets.push_back(found->second);
  }
  return secrets;
}

Json settings_of(const Spec& spec, const std::map<std::string, std::string>& settings) {
  Json out = Json::object();
  for (const SettingSpec& setting : spec.declared.settings) {
    const auto found = settings.find(setting.name);
    if (found != settings.end()) {
      out.set(setting.name, found->second);
    } else if (setting.fallback) {
      out.set(setting.name, *setting.fallback);
    }
  }
  return out;
}

Error to_error(const Failure& failure) {
  switch (failure.verdict) {
    case Verdict::kAuth:
      return Error{Fault::kReconnect, failure.message};
    case Verdict::kRetryable:
    case Verdict::kThrottled:
    case Verdict::kConflict:
    case Verdict::kAmbiguous:
      return Error{Fault::kRetryLater, failure.message, failure.retry_after};
    case Verdict::kMisconfigured:
      return Error{Fault::kMisconfigured, failure.message};
    case Verdict::kOk:
    case Verdict::kDuplicate:
    case Verdict::kRejected:
    case Verdict::kGone:
      break;
  }
  return Error{Fault::kRejected, failure.message};
}

}  // namespace

DeclarativeConnector::DeclarativeConnector(std::shared_ptr<const Spec> spec,
                                           const std::map<std::string, std::string>& settings,
                                           Host& host)
    : spec_(std::move(spec)),
      caller_(*spec_, host, secrets_of(*spec_, settings)),
      runner_(*spec_, caller_) {
  scope_.set("settings", settings_of(*spec_, settings));
}

DeclarativeConnector::~DeclarativeConnector() {
  try {
    constexpr std::chrono::seconds kFarewell{2};
    caller_.hurry(kFarewell);
    runner_.log_out(scope_);
  } catch (const std::exception&) {
    // The peer forgets the session by itself, later.
  }
}

Trouble DeclarativeConnector::open() {
  Scope scope(&scope_);
  runner_.forget_tables();
  NAVETTE_STEP(runner_.run(spec_->connect, scope));
  scope.set("session", runner_.session());
  Json self = spec_->self.evaluate(scope);
  if (self.at("id").text().empty()) {
    return Failure{Verdict::kMisconfigured, "connect: the system does not say who we are"};
  }
  scope.set("self", self);
  Json features = spec_->features.evaluate(scope);
  scope.set("features", features);
  warnings_ = spec_->warnings.evaluate(scope);
  system_ = spec_->system.evaluate(scope);
  scope_.set("self", std::move(self));
  scope_.set("features", std::move(features));
  open_ = true;
  return {};
}

Description DeclarativeConnector::describe() const {
  Description out;
  out.connector = spec_->declared.name;
  out.version = spec_->declared.version;
  out.system = system_.text();
  const Json& self = scope_.at("self");
  out.self = Person{self.at("id").text(), self.at("login").text(), self.at("name").text(),
                    self.at("email").text()};
  out.fields = spec_->declared.fields;
  const Json& features = scope_.at("features");
  out.internal_comments = features.at("internal_comments").as_bool();
  out.comment_keys = features.at("comment_keys").as_bool();
  out.attachment_visibility = features.at("attachment_visibility").as_bool();
  out.quiet_changes = features.at("quiet_changes").as_bool();
  out.comment_markup = features.at("comment_markup").as_string("text");
  out.attachment_bytes_max = features.at("attachment_bytes_max").as_int();
  if (warnings_.is_array()) {
    for (const Json& warning : warnings_.items()) {
      if (!warning.text().empty()) out.warnings.push_back(warning.text());
    }
  }
  return out;
}

Result<Description> DeclarativeConnector::connect() noexcept {
  try {
    open_ = false;
    if (Trouble trouble = open()) {
      Error error = to_error(*trouble);
      // A session was renewed already: what does not work now, an operator must mend.
      if (error.fault == Fault::kReconnect || error.fault == Fault::kRejected) {
        error.fault = Fault::kMisconfigured;
      }
      return error;
    }
    return describe();
  } catch (const std::exception& trouble) {
    return Error{Fault::kRetryLater, std::string("connect: ") + trouble.what()};
  }
}

Trouble DeclarativeConnector::begin(const std::string& entity, const EntitySpec** found) {
  const auto known = spec_->entities.find(entity);
  if (known == spec_->entities.end()) {
    return Failure{Verdict::kMisconfigured, "this connector (" + spec_->declared.name +
                                                ") has no entity \"" + entity + "\""};
  }
  *found = &known->second;
  if (open_) return {};
  return Failure{Verdict::kAuth, "not connected"};
}

Result<Page> DeclarativeConnector::poll(const PollRequest& request) noexcept {
  try {
    const EntitySpec* entity = nullptr;
    if (Trouble trouble = begin(request.entity, &entity)) return to_error(*trouble);
    Scope scope(&scope_);
    scope.set("where", request.where);
    Page page;
    if (Trouble trouble = declarative::poll(entity->poll, runner_, scope, request, page)) {
      return to_error(*trouble);
    }
    for (Record& record : page.records) record.entity = request.entity;
    return page;
  } catch (const std::exception& trouble) {
    return Error{Fault::kRetryLater, std::string("poll: ") + trouble.what()};
  }
}

Result<Record> DeclarativeConnector::fetch(const std::string& entity_name, const std::string& id,
                                           const Json& where) noexcept {
  try {
    const EntitySpec* entity = nullptr;
    if (Trouble trouble = begin(entity_name, &entity)) return to_error(*trouble);
    Scope scope(&scope_);
    scope.set("where", where);
    scope.set("id", id);
    Record record;
    if (Trouble trouble = fetch_record(*entity, runner_, scope, record)) return to_error(*trouble);
    return record;
  } catch (const std::exception& trouble) {
    return Error{Fault::kRetryLater, std::string("fetch: ") + trouble.what()};
  }
}

Result<std::vector<std::string>> DeclarativeConnector::find(const std::string& entity_name,
                                                            const Json& where,
                                                            const std::string& path,
                                                            const std::string& value) noexcept {
  try {
    const EntitySpec* entity = nullptr;
    if (Trouble trouble = begin(entity_name, &entity)) return to_error(*trouble);
    Scope scope(&scope_);
    scope.set("where", where);
    std::vector<std::string> ids;
    if (Trouble trouble = find_records(*entity, runner_, scope, path, value, ids)) {
      return to_error(*trouble);
    }
    return ids;
  } catch (const std::exception& trouble) {
    return Error{Fault::kRetryLater, std::string("find: ") + trouble.what()};
  }
}

Outcome DeclarativeConnector::execute(const Command& command, const std::string& content) noexcept {
  Outcome outcome;
  try {
    const EntitySpec* entity = nullptr;
    if (Trouble trouble = begin(command.entity, &entity)) {
      outcome.verdict = trouble->verdict;
      outcome.message = trouble->message;
      return outcome;
    }
    return Writer(*entity, runner_, scope_).execute(command, content);
  } catch (const std::exception& trouble) {
    outcome.verdict = Verdict::kAmbiguous;
    outcome.message = trouble.what();
    return outcome;
  }
}

Result<Json> DeclarativeConnector::preview(const Command& command) noexcept {
  try {
    const EntitySpec* entity = nullptr;
    if (Trouble trouble = begin(command.entity, &entity)) return to_error(*trouble);
    // The file itself is not needed to show the requests; its size is.
    constexpr std::int64_t kSampleBytesMax = 64;
    const std::int64_t size = command.attachment.size;
    const std::string content(
        static_cast<std::size_t>(size < 0 || size > kSampleBytesMax ? kSampleBytesMax : size), '.');
    caller_.start_preview();
    const Outcome outcome = Writer(*entity, runner_, scope_).execute(command, content);
    Json requests = caller_.end_preview();
    if (outcome.verdict != Verdict::kOk) {
      return to_error(Failure{outcome.verdict, outcome.message, outcome.retry_after});
    }
    return requests;
  } catch (const std::exception& trouble) {
    caller_.end_preview();
    return Error{Fault::kRetryLater, std::string("preview: ") + trouble.what()};
  }
}

Result<std::string> DeclarativeConnector::download(const std::string& ticket,
                                                   const std::string& attachment,
                                                   std::int64_t bytes_max) noexcept {
  try {
    const EntitySpec* entity = nullptr;
    if (Trouble trouble = begin("ticket", &entity)) return to_error(*trouble);
    Scope scope(&scope_);
    scope.set("id", ticket);
    scope.set("attachment", attachment);
    scope.set("bytes_max", bytes_max);
    if (Trouble trouble = runner_.run(entity->download, scope)) {
      if (trouble->verdict == Verdict::kGone) trouble->verdict = Verdict::kRejected;
      return to_error(*trouble);
    }
    std::string content = entity->download_bytes.text_of(scope);
    if (static_cast<std::int64_t>(content.size()) > bytes_max) {
      return Error{Fault::kRejected, "download file " + attachment + ": it has " +
                                         std::to_string(content.size()) + " bytes, the limit is " +
                                         std::to_string(bytes_max)};
    }
    return content;
  } catch (const std::exception& trouble) {
    return Error{Fault::kRetryLater, std::string("download: ") + trouble.what()};
  }
}

}  // namespace navette::declarative
