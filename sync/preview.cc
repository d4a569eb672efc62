// What a run would write: the same plans, rendered by the connectors, and nothing sent.

#include "sync/reconciler.h"

namespace navette {
namespace {

Json field_line(const Mapping& mapping, const FieldDecision& decision) {
  using Action = FieldDecision::Action;
  Json line = Json::object();
  line.set("rule", mapping.rule(decision.rule).name);
  line.set("client", decision.now.client);
  line.set("provider", decision.now.provider);
  switch (decision.action) {
    case Action::kNone:
      line.set("result", "nothing new");
      break;
    case Action::kAgree:
      line.set("result", "agrees");
      break;
    case Action::kWrite:
      line.set("result", std::string("write to ") + to_text(decision.target));
      line.set("value", decision.value);
      break;
    case Action::kPark:
      line.set("result", "parked");
      break;
  }
  if (!decision.reason.empty()) line.set("reason", decision.reason);
  for (const std::string& loss : decision.losses) {
    if (line.find("losses") == nullptr) line.set("losses", Json::array());
    line.find("losses")->push(loss);
  }
  return line;
}

Json record_summary(const Record& record) {
  Json out = Json::object();
  out.set("id", record.id);
  out.set("doc", record.doc);
  out.set("comments", Json(static_cast<std::int64_t>(record.comments.size())));
  out.set("attachments", Json(static_cast<std::int64_t>(record.attachments.size())));
  return out;
}

Command update_of(const Mapping& mapping, const std::vector<FieldDecision>& decisions, Side target,
                  const std::string& id) {
  Command command;
  command.kind = CommandKind::kUpdate;
  command.id = id;
  for (const FieldDecision& decision : decisions) {
    if (decision.action == FieldDecision::Action::kWrite && decision.target == target)
      command.fields.push_back({path_of(mapping.rule(decision.rule), target), decision.value});
  }
  return command;
}

}  // namespace

Task<Status> Reconciler::render(Side target, Command command, Json& requests) {
  command.key = "preview";
  Result<Json> rendered = co_await core_.preview(system(target), std::move(command));
  if (!rendered) co_return rendered.error();
  if (rendered->is_array()) {
    for (Json& request : rendered->items()) {
      if (request.is_object()) request.set("system", system(target));
      requests.push(std::move(request));
    }
  }
  co_return Status();
}

Task<Status> Reconciler::preview_create(Json& report) {
  const Side target = other(side_);
  const CreatePlan plan = plan_create(flow_->config, flow_->mapping, side_, record(side_));
  Json& fields = report.set("fields", Json::array());
  for (const FieldDecision& decision : plan.decisions)
    fields.push(field_line(flow_->mapping, decision));
  Command command;
  command.kind = CommandKind::kCreate;
  command.where = flow_->config.side(target).where;
  command.fields = plan.fields;
  report.set("action", "create a ticket on " + system(target));
  co_return co_await render(target, std::move(command), *report.find("requests"));
}

Task<Status> Reconciler::preview_update(Json& report) {
  const Description* client = core_.context().peers.description(system(Side::kClient));
  const Description* provider = core_.context().peers.description(system(Side::kProvider));
  const std::vector<FieldDecision> decisions =
      merge_fields({flow_->config, flow_->mapping, state_, client_, provider_, core_.now_ms()});
  Json& fields = report.set("fields", Json::array());
  for (const FieldDecision& decision : decisions) fields.push(field_line(flow_->mapping, decision));
  report.set("action", "bring " + link_.client_id + " and " + link_.provider_id + " together");
  for (const Side target : {Side::kProvider, Side::kClient}) {
    Command command = update_of(flow_->mapping, decisions, target, link_.id_of(target));
    if (command.fields.empty()) continue;
    Status done = co_await render(target, std::move(command), *report.find("requests"));
    if (!done) co_return done;
  }
  if (client == nullptr || provider == nullptr) co_return Status();
  const std::vector<ChildStep> steps =
      plan_children({flow_->config, flow_->mapping, rows_, client_, provider_, *client, *provider});
  Json& notes = report.set("notes", Json::array());
  for (const ChildStep& step : steps) {
    Json line = Json::object();
    line.set("of", system(step.source) + ":" + step.id);
    if (!step.reason.empty()) line.set("reason", step.reason);
    const bool posts = step.kind == ChildStep::Kind::kComment ||
                       step.kind == ChildStep::Kind::kEdited || step.kind == ChildStep::Kind::kStub;
    line.set("result", posts                                    ? "post"
                       : step.kind == ChildStep::Kind::kAttach  ? "attach " + step.file.name
                       : step.kind == ChildStep::Kind::kBlocked ? std::string("parked")
                                                                : std::string("stays"));
    if (posts) {
      const Side target = other(step.source);
      line.set("visibility", step.visibility == Visibility::kInternal ? "internal" : "public");
      Command command;
      command.kind = CommandKind::kComment;
      command.id = link_.id_of(target);
      command.comment.visibility = step.visibility;
      command.comment.markup = (target == Side::kClient ? client : provider)->comment_markup;
      command.comment.text = step.text;
      Status done = co_await render(target, std::move(command), *report.find("requests"));
      if (!done) co_return done;
    }
    notes.push(std::move(line));
  }
  co_return Status();
}

Task<Result<Json>> Reconciler::preview() {
  Json report = Json::object();
  report.set("flow", flow_->config.name);
  report.set("side", to_text(side_));
  report.set("requests", Json::array());
  Result<Record> source = co_await read(side_, id_);
  if (!source) co_return source.error();
  record(side_) = std::move(*source);
  report.set("source", record_summary(record(side_)));
  if (record(side_).deleted) {
    report.set("action", "none: it is deleted or not visible to our account");
    co_return report;
  }
  if (!record(side_).in_scope) {
    report.set("action", "none: outside the flow's where");
    co_return report;
  }
  auto link = core_.context().store.link_of(flow_->config.name, side_, id_);
  if (!link) co_return link.error();
  Status done;
  if (!*link || (*link)->id_of(other(side_)).empty()) {
    done = co_await preview_create(report);
  } else {
    link_ = std::move(**link);
    auto state = LinkState::parse(link_.state);
    auto rows = core_.context().store.children(link_.id);
    if (!state) co_return state.error();
    if (!rows) co_return rows.error();
    state_ = std::move(*state);
    rows_ = std::move(*rows);
    Result<Record> twin = co_await core_.fetch(flow_, other(side_), link_.id_of(other(side_)));
    if (!twin) co_return twin.error();
    record(other(side_)) = std::move(*twin);
    report.set("target", record_summary(record(other(side_))));
    done = co_await preview_update(report);
  }
  if (!done) co_return done.error();
  co_return report;
}

}  // namespace navette
