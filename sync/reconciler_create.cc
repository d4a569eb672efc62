// Tickets without a link: is it out of scope, is it the twin of one that is there, or does it need
// a twin?

#include <algorithm>

#include "sync/reconciler.h"

namespace navette {
namespace {

using Action = FieldDecision::Action;

constexpr int kOpenCommandsMax = 1000;

RunResult again(std::string wait_for) {
  RunResult result;
  result.kind = RunResult::Kind::kAgain;
  result.wait_for = std::move(wait_for);
  return result;
}

}  // namespace

Task<RunResult> Reconciler::run_unlinked() {
  std::optional<RunResult> early = co_await look(side_);
  if (early) co_return std::move(*early);
  auto linked = core_.context().store.link_of(flow_->config.name, side_, id_);
  if (linked && *linked) co_return again({});  // it was linked while we read
  if (record(side_).deleted)
    co_return ended(Disposition::kFiltered, "deleted or merged before it had a twin");
  if (!record(side_).in_scope) co_return ended(Disposition::kFiltered, "outside the flow's where");
  std::optional<RunResult> known = co_await follow_mark(record(side_));
  if (known) co_return std::move(*known);
  if (flow_->config.only_towards && *flow_->config.only_towards == side_)
    co_return ended(Disposition::kFiltered, "the flow makes tickets on this side only");
  known = wait_for_creates(record(side_));
  if (known) co_return std::move(*known);
  known = co_await look_for_twin(record(side_));
  if (known) co_return std::move(*known);
  Record source = record(side_);
  co_return co_await create(std::move(source));
}

// A ticket without a mark may be one that we are just making: some systems take the mark in a
// second step only. Nothing: it can't be.
std::optional<RunResult> Reconciler::wait_for_creates(const Record& found) {
  const std::string& flow = flow_->config.name;
  const auto mark = flow_->mapping.mark_of(side_);
  if (mark && !flow_->mapping.read(*mark, side_, found).text().empty()) return std::nullopt;
  const std::string source = core_.creating(flow, side_, seen_at_);
  if (!source.empty() && locks_.held(source)) return again(source);
  auto open = core_.context().store.open_commands(0, kOpenCommandsMax);
  if (!open) return deferred("store: " + open.error().message, std::chrono::seconds(2));
  for (const CommandRow& row : *open) {
    const bool before = row.created_at <= seen_at_ || row.created_at > core_.now_ms();
    if (row.kind == "create" && row.flow == flow && row.side == side_ && before)
      return deferred("until it is known whether this is a ticket that we made ourselves",
                      std::chrono::seconds(2));
  }
  return std::nullopt;
}

// Our own mark on this ticket names its twin. Nothing: it has none, or names one that is not ours.
Task<std::optional<RunResult>> Reconciler::follow_mark(const Record& found) {
  const auto mark = flow_->mapping.mark_of(side_);
  if (!mark) co_return std::nullopt;
  const Json text = flow_->mapping.read(*mark, side_, found);
  const auto twin = flow_->mapping.id_of_mark(*mark, text.text());
  if (!twin) co_return std::nullopt;
  const std::string& flow = flow_->config.name;
  const std::string key = key_of(flow, other(side_), *twin);
  auto link = core_.context().store.link_of(flow, other(side_), *twin);
  if (!link) co_return deferred("store: " + link.error().message, std::chrono::seconds(2));
  if (*link && !(*link)->id_of(side_).empty()) {
    // The twin named has another twin already: this ticket is a copy, mark and all. It gets a twin
    // of its own, which rewrites the mark.
    co_return std::nullopt;
  }
  if (locks_.held(key)) co_return again(key);  // it is being made at this moment
  if (*link) {
    // Made, but the answer was lost: the link's own run finds us by the mark.
    if (!locks_.take(key)) co_return again(key);
    link_ = std::move(**link);
    co_return co_await run_linked();
  }
  Result<Record> there = co_await core_.fetch(flow_, other(side_), *twin);
  if (!there) co_return deferred(there.error(), other(side_));
  if (there->deleted || !there->in_scope) co_return std::nullopt;
  record(other(side_)) = std::move(*there);
  co_return co_await adopt(*twin);
}

// Does a ticket over there carry our mark? (Paired by hand, or made by a run whose record is lost.)
Task<std::optional<RunResult>> Reconciler::look_for_twin(const Record& found) {
  const Side target = other(side_);
  const auto mark = flow_->mapping.mark_of(target);
  if (!mark) co_return std::nullopt;
  const std::string text = flow_->mapping.mark_text(*mark, found.id);
  Result<std::vector<std::string>> ids =
      co_await core_.find(flow_, target, path_of(flow_->mapping.rule(*mark), target), text);
  if (!ids) co_return deferred(ids.error(), target);
  std::vector<std::string> free;
  for (const std::string& id : *ids) {
    auto link = core_.context().store.link_of(flow_->config.name, target, id);
    if (link && !*link) free.push_back(id);
  }
  if (free.empty()) co_return std::nullopt;
  if (free.size() > 1) {
    co_return ended(Disposition::kDead, "several tickets of " + system(target) + " carry " + text +
                                            ": " + free[0] + ", " + free[1] +
                                            (free.size() > 2 ? ", ..." : "") +
                                            "; clear the mark on all but its twin, then replay");
  }
  Result<Record> there = co_await core_.fetch(flow_, target, free.front());
  if (!there) co_return deferred(there.error(), target);
  if (there->deleted) co_return std::nullopt;
  record(target) = std::move(*there);
  co_return co_await adopt(free.front());
}

Task<RunResult> Reconciler::adopt(std::string other_id) {
  const std::string key = key_of(flow_->config.name, other(side_), other_id);
  if (!locks_.take(key)) co_return again(key);
  link_ = LinkRow{};
  link_.id = core_.context().store.new_id();
  link_.flow = flow_->config.name;
  (side_ == Side::kClient ? link_.client_id : link_.provider_id) = id_;
  (side_ == Side::kClient ? link_.provider_id : link_.client_id) = other_id;
  link_.created_at = core_.now_ms();
  state_ = LinkState{};
  match_children();
  Json data = Json::object();
  data.set("client", link_.client_id);
  data.set("provider", link_.provider_id);
  Batch batch;
  batch.push_back(put_link());
  for (const ChildRow& row : rows_) batch.push_back(PutChild{row});
  batch.push_back(event("adopted", data));
  Status stored = co_await core_.commit(std::move(batch));
  if (!stored) co_return deferred("store: " + stored.error().message, std::chrono::seconds(2));
  core_.emit(Level::kInfo, "ticket_adopted", "Two tickets that were paired already are linked.",
             {{"flow", link_.flow}, {"client", link_.client_id}, {"provider", link_.provider_id}});
  std::optional<RunResult> stop = co_await agree();
  if (stop) co_return std::move(*stop);
  co_return finish();
}

// Comments and files that both sides of an adopted pair hold already are not copied again.
void Reconciler::match_children() {
  rows_.clear();
  std::vector<bool> used(provider_.comments.size(), false);
  const auto plain = [&](const Comment& comment) {
    return flow_->mapping.comment_text(comment, "text", "");
  };
  for (const Comment& comment : client_.comments) {
    for (std::size_t i = 0; i < provider_.comments.size(); ++i) {
      if (used[i] || !same_text(plain(comment), plain(provider_.comments[i]))) continue;
      used[i] = true;
      ChildRow row{core_.context().store.new_id(), link_.id,     "comment", comment.id,
                   provider_.comments[i].id,       std::string()};
      set_hash(row, Side::kClient, text_hash(comment.text));
      set_hash(row, Side::kProvider, text_hash(provider_.comments[i].text));
      rows_.push_back(std::move(row));
      break;
    }
  }
  std::vector<bool> taken(provider_.attachments.size(), false);
  for (const Attachment& file : client_.attachments) {
    for (std::size_t i = 0; i < provider_.attachments.size(); ++i) {
      const Attachment& twin = provider_.attachments[i];
      if (taken[i] || twin.name != file.name || twin.size != file.size) continue;
      taken[i] = true;
      rows_.push_back({core_.context().store.new_id(), link_.id, "attachment", file.id, twin.id,
                       std::string()});
      break;
    }
  }
}

// The number that an earlier, refused try had: what happened to it is told under one number.
std::int64_t Reconciler::number_for_link() {
  if (order_.link != 0) {
    auto held = core_.context().store.link(order_.link);
    if (held && !*held) return order_.link;
  }
  return core_.context().store.new_id();
}

// The values of the create that was kept, in place of those that are mapped now; from the command:
// that very command, key and all.
// Errors: kRejected, when there is none that may be sent.
Status Reconciler::take_kept_command(CreatePlan& plan, CommandRow& row) {
  auto commands = core_.context().store.commands(order_.link, false);
  if (!commands) return commands.error();
  const auto kept = std::find_if(commands->rbegin(), commands->rend(),
                                 [](const CommandRow& one) { return one.kind == "create"; });
  if (kept == commands->rend() || kept->side != other(side_)) {
    return Error{Fault::kRejected, "no command was kept for it: replay it from raw"};
  }
  const bool refused = kept->outcome.starts_with("rejected");
  if (!refused && !flow_->mapping.mark_of(other(side_))) {
    return Error{Fault::kRejected,
                 "it is not known whether the command was carried out, and the flow has no mark to "
                 "look for: nothing is sent blindly"};
  }
  auto payload = Json::parse(kept->payload, "command");
  if (!payload) return payload.error();
  plan.fields.clear();
  if (const Json* fields = payload->find("fields"); fields != nullptr && fields->is_array()) {
    for (const Json& field : fields->items()) {
      if (field.is_array() && field.size() == 2) {
        plan.fields.push_back({field.items()[0].text(), field.items()[1]});
      }
    }
  }
  for (FieldDecision& decision : plan.decisions) {
    const std::string& path = path_of(flow_->mapping.rule(decision.rule), other(side_));
    for (const FieldWrite& field : plan.fields) {
      if (field.path != path) continue;
      decision.action = Action::kWrite;
      decision.value = field.value;
    }
  }
  if (order_.from == ReplayFrom::kCommand) {
    row = *kept;
    row.link = link_.id;
    row.correlation = correlation_;
  }
  return {};
}

Task<RunResult> Reconciler::create(Record source) {
  const Side target = other(side_);
  CreatePlan plan = plan_create(flow_->config, flow_->mapping, side_, source);
  link_ = LinkRow{};
  link_.id = number_for_link();
  link_.flow = flow_->config.name;
  (side_ == Side::kClient ? link_.client_id : link_.provider_id) = id_;
  link_.created_at = core_.now_ms();
  state_ = LinkState{};
  state_.created_on = to_text(target);
  rows_.clear();

  CommandRow row;
  if (order_.from != ReplayFrom::kRaw) {
    const Status taken = take_kept_command(plan, row);
    if (!taken) {
      link_.id = 0;
      co_return ended(Disposition::kDead, taken.error().message);
    }
  }
  Command command;
  command.kind = CommandKind::kCreate;
  command.where = flow_->config.side(target).where;
  command.fields = plan.fields;
  if (row.id == 0) row = row_for(command, target, nullptr);
  state_.seen[side_] = source.updated_at;
  open_create(plan, target);
  batch_.push_back(put_link());
  const std::string key = key_of(link_.flow, side_, id_);
  core_.begin_create(link_.flow, target, key);
  Outcome outcome = co_await carry_out(std::move(command), {}, row);
  // Ambiguous with an id: it was made, only not read back.
  const bool made = outcome.verdict == Verdict::kOk || outcome.verdict == Verdict::kDuplicate ||
                    (outcome.verdict == Verdict::kAmbiguous && !outcome.id.empty());
  RunResult result;
  if (made) {
    result = co_await created(plan, source, std::move(outcome), std::move(row));
  } else {
    result = co_await not_created(std::move(outcome), std::move(row));
  }
  core_.end_create(flow_->config.name, target, key);
  co_return result;
}

// Until the new ticket is read: what it is made with, and that the rest is empty on both sides.
void Reconciler::open_create(const CreatePlan& plan, Side target) {
  for (const FieldDecision& decision : plan.decisions) {
    const FieldRule& rule = flow_->mapping.rule(decision.rule);
    const bool empty =
        decision.action == Action::kAgree && decision.reason.empty() && decision.value.is_null();
    if (rule.create_only || (decision.action != Action::kWrite && !empty)) continue;
    state_.open[rule.name] = {
        target, decision.now[other(target)], decision.value, Json(), core_.now_ms(), true, false};
  }
}

Task<RunResult> Reconciler::created(const CreatePlan& plan, const Record& source, Outcome outcome,
                                    CommandRow row) {
  const Side target = other(side_);
  (target == Side::kClient ? link_.client_id : link_.provider_id) = outcome.id;
  record(side_) = source;
  if (outcome.after) {
    record(target) = *outcome.after;
    state_.seen[target] = record(target).updated_at;
    state_.open.clear();
  }
  for (const FieldDecision& decision : plan.decisions) {
    if (!outcome.after) break;  // the first round reads and compares
    const FieldRule& rule = flow_->mapping.rule(decision.rule);
    if (rule.create_only) continue;
    Sides<Json> now = decision.now;
    now[target] = flow_->mapping.read(decision.rule, target, record(target));
    const bool written = decision.action == Action::kWrite;
    if (decision.action == Action::kPark) {
      park(rule.name, decision.reason, now.client, now.provider);
    } else if (written &&
               !flow_->mapping.same(decision.rule, target, decision.value, now[target])) {
      std::string reason = system(target) + " did not take it";
      for (const Refusal& refusal : outcome.refused) {
        if (refusal.path == path_of(rule, target)) reason += ": " + refusal.reason;
      }
      park(rule.name, reason, now.client, now.provider);
    } else {
      state_.base[rule.name] = now;
    }
  }
  row.phase = "done";
  Json data = Json::object();
  data.set("on", system(target));
  data.set("id", outcome.id);
  data.set("from", system(side_) + ":" + id_);
  data.set("config", flow_->config.hash);
  Json& fields = data.set("fields", Json::array());
  for (const FieldDecision& decision : plan.decisions) {
    if (decision.action == Action::kWrite) fields.push(written_line(decision, target));
  }
  if (const auto mark = flow_->mapping.mark_of(target)) {
    FieldDecision decision;
    decision.rule = *mark;
    decision.now[side_] = id_;
    decision.value = flow_->mapping.mark_text(*mark, id_);
    fields.push(written_line(decision, target));
  }
  batch_.push_back(PutCommand{row});
  batch_.push_back(event("created", data));
  Status stored = co_await core_.commit(checkpoint());
  if (!stored) co_return deferred("store: " + stored.error().message, std::chrono::seconds(2));
  core_.emit(Level::kInfo, "ticket_created", "A ticket got its twin.",
             {{"flow", link_.flow},
              {"client", link_.client_id},
              {"provider", link_.provider_id},
              {"on", system(target)},
              {"correlation", correlation_}});
  if (!outcome.after) stale_[target] = true;
  std::optional<RunResult> stop;
  if (stale_[target]) {
    stop = co_await read_both();
    if (stop) co_return std::move(*stop);
    if (outcome.verdict == Verdict::kAmbiguous) complete(target);
  }
  stop = co_await agree();
  if (stop) co_return std::move(*stop);
  co_return finish();
}

// The new ticket was made half way, and read at once: what differs was not written yet.
void Reconciler::complete(Side target) {
  for (std::size_t i = 0; i < flow_->mapping.size(); ++i) {
    const std::string& name = flow_->mapping.rule(i).name;
    const auto open = state_.open.find(name);
    if (open == state_.open.end() || open->second.wanted.is_null()) continue;
    const Json holds = flow_->mapping.read(i, target, record(target));
    if (flow_->mapping.same(i, target, open->second.wanted, holds)) continue;
    state_.base[name][target] = holds;
    state_.base[name][other(target)] = Json();
    state_.open.erase(open);
  }
}

Task<RunResult> Reconciler::not_created(Outcome outcome, CommandRow row) {
  const std::string target = system(other(side_));
  const std::string reason = target + ": " + outcome.message;
  if (outcome.verdict == Verdict::kAmbiguous) {
    // The link stays, half made, and its command open: the next run looks before it sends again.
    co_return deferred(reason, std::chrono::seconds(3), target);
  }
  row.phase = outcome.verdict == Verdict::kRejected ? "dead" : "failed";
  Batch batch = std::exchange(batch_, {});
  batch.push_back(PutCommand{row});
  batch.push_back(DropLink{link_.id});
  Status stored = co_await core_.commit(std::move(batch));
  if (!stored) {
    link_.id = 0;
    co_return deferred("store: " + stored.error().message, std::chrono::seconds(2));
  }
  // Its number stays with the change: the command and its answer are told under it.
  switch (outcome.verdict) {
    case Verdict::kRejected:
      co_return ended(Disposition::kDead, target + " refused the new ticket: " + outcome.message);
    case Verdict::kMisconfigured:
      co_return deferred(reason, std::chrono::seconds(60));
    case Verdict::kConflict:
      co_return deferred(reason, std::chrono::seconds(1));
    default:
      co_return deferred(reason, outcome.retry_after, target);
  }
}

}  // namespace navette
