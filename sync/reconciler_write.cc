// One command: written down, sent, and its outcome written down.

#include "sync/reconciler.h"

namespace navette {
namespace {

const char* kind_text(CommandKind kind) {
  switch (kind) {
    case CommandKind::kCreate:
      return "create";
    case CommandKind::kUpdate:
      return "update";
    case CommandKind::kComment:
      return "comment";
    case CommandKind::kAttach:
      return "attach";
  }
  return "";
}

const char* verdict_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kRetryable:
      return "retryable";
    case Verdict::kThrottled:
      return "throttled";
    case Verdict::kConflict:
      return "conflict";
    case Verdict::kDuplicate:
      return "duplicate";
    case Verdict::kAuth:
      return "auth";
    case Verdict::kRejected:
      return "rejected";
    case Verdict::kMisconfigured:
      return "misconfigured";
    case Verdict::kGone:
      return "gone";
    case Verdict::kAmbiguous:
      return "ambiguous";
  }
  return "";
}

}  // namespace

CommandRow Reconciler::row_for(const Command& command, Side target, const ChildStep* child) {
  CommandRow row;
  row.id = core_.context().store.new_id();
  row.key = "nv-" + std::to_string(row.id) + "-" + core_.new_correlation();
  row.flow = flow_->config.name;
  row.link = link_.id;
  row.side = target;
  row.kind = kind_text(command.kind);
  row.correlation = correlation_;
  row.created_at = core_.now_ms();
  Json payload = Json::object();
  payload.set("system", system(target));
  if (!command.id.empty()) payload.set("id", command.id);
  if (!command.fields.empty()) {
    Json& fields = payload.set("fields", Json::array());
    for (const FieldWrite& field : command.fields)
      fields.push(Json(Json::Array{Json(field.path), field.value}));
  }
  if (child != nullptr) {
    payload.set("source", child->id);
    if (!child->hash.empty()) payload.set("hash", child->hash);
    payload.set("visibility", child->visibility == Visibility::kInternal ? "internal" : "public");
    if (command.kind == CommandKind::kAttach) {
      payload.set("name", command.attachment.name);
      payload.set("size", command.attachment.size);
    } else {
      payload.set("text", command.comment.text);
      payload.set("step", child->kind == ChildStep::Kind::kStub     ? "stub"
                          : child->kind == ChildStep::Kind::kEdited ? "edited"
                                                                    : "comment");
    }
  }
  row.payload = payload.dump();
  return row;
}

// The row is stored before the command is sent. A store that does not take it: nothing is sent.
Task<Outcome> Reconciler::carry_out(Command command, std::string content, CommandRow& row) {
  command.key = row.key;
  row.phase = "intended";
  row.attempts += 1;
  row.updated_at = core_.now_ms();
  Batch batch = std::exchange(batch_, {});
  batch.push_back(PutCommand{row});
  Status stored = co_await core_.commit(std::move(batch));
  Outcome outcome;
  if (!stored) {
    outcome.verdict =
        stored.error().fault == Fault::kRejected ? Verdict::kConflict : Verdict::kRetryable;
    outcome.message = "store: " + stored.error().message;
    co_return outcome;
  }
  const std::string target = system(row.side);
  outcome = co_await core_.execute(target, std::move(command), std::move(content));
  core_.note_sent(row.link);
  row.outcome = verdict_text(outcome.verdict);
  if (!outcome.message.empty()) row.outcome += ": " + outcome.message;
  row.updated_at = core_.now_ms();
  if (outcome.verdict == Verdict::kOk) ++written_;
  Json data = Json::object();
  data.set("target", target);
  data.set("kind", row.kind);
  data.set("key", row.key);
  data.set("attempt", std::int64_t{row.attempts});
  data.set("outcome", row.outcome);
  if (!outcome.id.empty()) data.set("id", outcome.id);
  batch_.push_back(event("sent", data));
  const bool well = outcome.verdict == Verdict::kOk || outcome.verdict == Verdict::kDuplicate;
  core_.emit(well ? Level::kDebug : Level::kWarn, well ? "command_done" : "command_failed",
             well ? "A write was carried out." : "A write was not carried out.",
             {{"flow", row.flow},
              {"system", target},
              {"kind", row.kind},
              {"link", std::to_string(row.link)},
              {"outcome", row.outcome},
              {"correlation", correlation_}});
  co_return outcome;
}

// What a look for an unknown outcome has shown.
AddEvent Reconciler::looked(const CommandRow& row) const {
  Json data = Json::object();
  data.set("target", system(row.side));
  data.set("kind", row.kind);
  data.set("key", row.key);
  data.set("attempt", std::int64_t{row.attempts});
  data.set("outcome", row.outcome);
  return event("looked", data);
}

// A rule's line in the journal: what came from where, and by which line of which file.
Json Reconciler::written_line(const FieldDecision& decision, Side target) const {
  const FieldRule& rule = flow_->mapping.rule(decision.rule);
  Json line = Json::object();
  line.set("rule", rule.name);
  if (rule.place.line > 0) {
    line.set("at", rule.place.file + ":" + std::to_string(rule.place.line));
  }
  line.set("from", decision.now[other(target)]);
  if (!decision.now[target].is_null()) line.set("was", decision.now[target]);
  line.set("to", decision.value);
  if (!decision.reason.empty()) line.set("why", decision.reason);
  for (const std::string& loss : decision.losses) {
    if (line.find("losses") == nullptr) line.set("losses", Json::array());
    line.find("losses")->push(loss);
  }
  return line;
}

AddEvent Reconciler::event(std::string kind, const Json& data) const {
  EventRow row;
  row.at = core_.now_ms();
  row.flow = flow_->config.name;
  row.link = link_.id;
  row.kind = std::move(kind);
  row.correlation = correlation_;
  row.data = core_.hide(data.dump());
  return AddEvent{std::move(row)};
}

void Reconciler::park(const std::string& name, const std::string& reason, const Json& client,
                      const Json& provider) {
  const auto before = state_.parked.find(name);
  const bool known = before != state_.parked.end() && before->second.reason == reason;
  Parked parked{reason, known ? before->second.since : core_.now_ms(), client, provider};
  state_.parked[name] = std::move(parked);
  if (known) return;
  newly_parked_ += (newly_parked_.empty() ? "" : "; ") + name + ": " + reason;
  Json data = Json::object();
  data.set("name", name);
  data.set("reason", reason);
  data.set("client", client);
  data.set("provider", provider);
  batch_.push_back(event("parked", data));
  core_.emit(Level::kWarn, "field_parked", "A field is held back; everything else goes on.",
             {{"flow", flow_->config.name},
              {"link", std::to_string(link_.id)},
              {"name", name},
              {"reason", reason}});
}

void Reconciler::forget_parked(const std::string& name) {
  if (state_.parked.erase(name) == 0) return;
  Json data = Json::object();
  data.set("name", name);
  batch_.push_back(event("settled", data));
}

PutLink Reconciler::put_link() {
  link_.state = state_.dump();
  link_.parked = static_cast<int>(state_.parked.size());
  link_.updated_at = core_.now_ms();
  return PutLink{link_};
}

}  // namespace navette
