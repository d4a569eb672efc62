#include "sync/reconciler.h"

#include <algorithm>

namespace navette {
namespace {

// A pair that is still not settled after so many rounds is being edited right now.
constexpr int kRoundsMax = 6;

using Action = FieldDecision::Action;

const Refusal* refusal_of(const Outcome& outcome, const std::string& path) {
  const auto found = std::find_if(outcome.refused.begin(), outcome.refused.end(),
                                  [&](const Refusal& one) { return one.path == path; });
  return found == outcome.refused.end() ? nullptr : &*found;
}

}  // namespace

Reconciler::Reconciler(Core& core, Locks& locks, FlowPtr flow, Side side, std::string id,
                       std::string correlation, std::int64_t seen_at, RunOrder order)
    : core_(core),
      locks_(locks),
      flow_(order.flow ? order.flow : std::move(flow)),
      side_(side),
      id_(std::move(id)),
      correlation_(std::move(correlation)),
      seen_at_(seen_at),
      order_(std::move(order)) {}

Task<Result<Record>> Reconciler::read(Side side, std::string id) {
  Result<Record> found = co_await core_.fetch(flow_, side, id);
  if (found) lay_patch(side, *found);
  co_return found;
}

void Reconciler::lay_patch(Side side, Record& found) {
  if (side != side_ || order_.patch.is_null()) return;
  unpatched_ = found.doc;
  apply_merge_patch(found.doc, order_.patch);
}

void Reconciler::forget_patch() {
  if (order_.patch.is_null() || unpatched_.is_null()) return;
  const Record edited = record(side_);
  record(side_).doc = unpatched_;
  for (std::size_t i = 0; i < flow_->mapping.size(); ++i) {
    const auto base = state_.base.find(flow_->mapping.rule(i).name);
    if (base == state_.base.end()) continue;
    const Json sent = flow_->mapping.read(i, side_, edited);
    if (base->second[side_] == sent) {
      base->second[side_] = flow_->mapping.read(i, side_, record(side_));
    }
  }
}

std::string Reconciler::as_read() const {
  const Record& source = side_ == Side::kClient ? client_ : provider_;
  if (source.id.empty()) return {};
  Json out = Json::object();
  out.set("id", source.id);
  out.set("version", source.version);
  out.set("updated_at", source.updated_at);
  out.set("doc", unpatched_.is_null() ? source.doc : unpatched_);
  return core_.hide(out.dump());
}

Task<RunResult> Reconciler::run() {
  if (!core_.limits().held(flow_->config.name).empty()) co_return held();
  auto link = core_.context().store.link_of(flow_->config.name, side_, id_);
  if (!link) co_return deferred("store: " + link.error().message, std::chrono::seconds(2));
  if (!*link) co_return co_await run_unlinked();
  link_ = std::move(**link);
  co_return co_await run_linked();
}

Task<RunResult> Reconciler::run_linked() {
  auto state = LinkState::parse(link_.state);
  auto rows = core_.context().store.children(link_.id);
  if (!state || !rows)
    co_return deferred("store: " + (state ? rows.error() : state.error()).message,
                       std::chrono::seconds(5));
  state_ = std::move(*state);
  rows_ = std::move(*rows);

  std::optional<RunResult> stop = co_await settle_commands();
  if (stop) co_return std::move(*stop);
  if (link_.id_of(Side::kClient).empty() || link_.id_of(Side::kProvider).empty()) {
    // Its create was never sent, or never happened: begin anew.
    Batch drop;
    drop.push_back(DropLink{link_.id});
    Status dropped = co_await core_.commit(std::move(drop));
    if (!dropped) co_return deferred("store: " + dropped.error().message, std::chrono::seconds(2));
    RunResult again;
    again.kind = RunResult::Kind::kAgain;
    co_return again;
  }

  // One read tells most echoes: nothing that is synced differs from when the sides agreed.
  if (!state_.digest[side_].empty() && state_.open.empty()) {
    stop = co_await look(side_);
    if (stop) co_return std::move(*stop);
    if (digest_of(flow_->mapping, side_, record(side_)) == state_.digest[side_]) {
      stop = nothing_new_yet();
      if (stop) co_return std::move(*stop);
      co_return ended(Disposition::kUnchanged, "as last agreed");
    }
    stop = co_await look(other(side_));
  } else {
    stop = co_await read_both();
  }
  if (stop) co_return std::move(*stop);
  stop = co_await agree();
  if (stop) co_return std::move(*stop);
  if (written_ == 0 && newly_parked_.empty()) {
    stop = nothing_new_yet();
    if (stop) co_return std::move(*stop);
  }
  co_return finish();
}

// A run that found nothing to do: whether it has to look once more.
std::optional<RunResult> Reconciler::nothing_new_yet() {
  const std::string& id = link_.id_of(side_);
  const auto wait = core_.sightings().doubt_nothing_new(key_of(flow_->config.name, side_, id));
  if (wait.count() == 0) return std::nullopt;
  return deferred(
      system(side_) + ": ticket " + id + " does not show yet what changed; it is read again", wait);
}

Task<std::optional<RunResult>> Reconciler::read_both() {
  for (const Side side : {Side::kClient, Side::kProvider}) {
    std::optional<RunResult> stop = co_await look(side);
    if (stop) co_return stop;
  }
  co_return std::nullopt;
}

Task<std::optional<RunResult>> Reconciler::look(Side side) {
  const std::string id = link_.id_of(side).empty() ? id_ : link_.id_of(side);
  Result<Record> found = co_await read(side, id);
  if (!found) co_return deferred(found.error(), side);
  const bool known_gone = found->deleted && !state_.broken.empty();
  const auto wait =
      core_.sightings().doubt(key_of(flow_->config.name, side, id), *found, state_.seen[side]);
  if (wait.count() > 0 && !known_gone) {
    co_return deferred(system(side) + ": ticket " + id +
                           (found->deleted ? " is not there, or not yet" : " was read as it was") +
                           "; it is read again",
                       wait);
  }
  record(side) = std::move(*found);
  if (!record(side).deleted) state_.seen[side] = record(side).updated_at;
  stale_[side] = false;
  co_return std::nullopt;
}

std::optional<RunResult> Reconciler::settle_open_writes() {
  const OpenSettled settled =
      settle_open(flow_->mapping, state_, client_, provider_,
                  core_.sent_ago_ms(flow_->config.name, link_.id) < Sightings::kLagMax.count());
  const auto has = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  for (std::size_t i = 0; i < flow_->mapping.size(); ++i) {
    const std::string& name = flow_->mapping.rule(i).name;
    const char* why = nullptr;
    if (has(settled.dropped, name)) why = "it was not taken, though the answer said so";
    if (has(settled.unclear, name)) {
      why =
          "the new ticket has another value than it was made with, and the answer was lost: it "
          "was not taken, or somebody changed it since; edit one of the two";
    }
    if (why == nullptr) continue;
    park(name, why, flow_->mapping.read(i, Side::kClient, client_),
         flow_->mapping.read(i, Side::kProvider, provider_));
  }
  if (!settled.wait) return std::nullopt;
  return deferred("until it can be read what was written", std::chrono::milliseconds(500));
}

void Reconciler::open_writes(const std::vector<const FieldDecision*>& sent, Side target) {
  for (const FieldDecision* decision : sent) {
    state_.open[flow_->mapping.rule(decision->rule).name] = {target,
                                                             decision->now[other(target)],
                                                             decision->value,
                                                             decision->now[target],
                                                             core_.now_ms(),
                                                             false,
                                                             false};
  }
}

// Rounds of "plan, write, read back" until nothing is left to write. Nothing returned: they agree.
Task<std::optional<RunResult>> Reconciler::agree() {
  for (int round = 0; round < kRoundsMax; ++round) {
    for (const Side side : {Side::kClient, Side::kProvider}) {
      if (!record(side).deleted) continue;
      const std::string merged = record(side).merged_into;
      const std::string why = system(side) + ": ticket " + link_.id_of(side) +
                              (merged.empty() ? " was deleted" : " was merged into " + merged);
      if (state_.broken != why) {
        state_.broken = why;
        park("ticket", why, Json(link_.client_id), Json(link_.provider_id));
      }
      co_return std::nullopt;
    }
    if (!state_.broken.empty()) {
      state_.broken.clear();  // it is there again
      forget_parked("ticket");
    }
    const Description* client = core_.context().peers.description(system(Side::kClient));
    const Description* provider = core_.context().peers.description(system(Side::kProvider));
    if (client == nullptr || provider == nullptr) {
      const Side down = client == nullptr ? Side::kClient : Side::kProvider;
      co_return deferred(system(down) + ": " + core_.trouble_of(system(down)),
                         std::chrono::milliseconds(0), system(down));
    }
    std::optional<RunResult> early = settle_open_writes();
    if (early) co_return early;
    const int written = written_;
    claim_carriers(Side::kClient);
    claim_carriers(Side::kProvider);
    std::vector<ChildStep> steps = plan_children(
        {flow_->config, flow_->mapping, rows_, client_, provider_, *client, *provider});
    std::optional<RunResult> stop = co_await write_children(std::move(steps));
    if (stop) co_return stop;
    const std::vector<FieldDecision> decisions =
        merge_fields({flow_->config, flow_->mapping, state_, client_, provider_, core_.now_ms()});
    stop = co_await write_fields(decisions);
    if (stop) co_return stop;
    if (written == written_ && !stale_.client && !stale_.provider) co_return std::nullopt;
    for (const Side side : {Side::kClient, Side::kProvider}) {
      if (!stale_[side]) continue;
      stop = co_await look(side);
      if (stop) co_return stop;
    }
  }
  co_return deferred("still being edited after " + std::to_string(kRoundsMax) + " rounds",
                     std::chrono::seconds(2));
}

void Reconciler::apply(const std::vector<FieldDecision>& decisions) {
  for (const FieldDecision& decision : decisions) {
    const std::string& name = flow_->mapping.rule(decision.rule).name;
    if (decision.action == Action::kAgree) {
      state_.base[name] = decision.now;
      forget_parked(name);
    } else if (decision.action == Action::kPark) {
      park(name, decision.reason, decision.now.client, decision.now.provider);
    }
  }
}

Task<std::optional<RunResult>> Reconciler::write_fields(
    const std::vector<FieldDecision>& decisions) {
  std::optional<RunResult> over = co_await count_overwritten(decisions);
  if (over) co_return over;
  apply(decisions);
  for (const Side target : {Side::kProvider, Side::kClient}) {
    Command command;
    command.kind = CommandKind::kUpdate;
    command.id = link_.id_of(target);
    std::vector<const FieldDecision*> sent;
    Json merged = Json::array();
    for (const FieldDecision& decision : decisions) {
      if (decision.action != Action::kWrite || decision.target != target) continue;
      const FieldRule& rule = flow_->mapping.rule(decision.rule);
      if (note_write(state_, rule.name, target, decision.value, core_.now_ms())) {
        park(rule.name,
             "it swings: the same value was written here again and again; somebody or "
             "something on the other side keeps changing it back",
             decision.now.client, decision.now.provider);
        continue;
      }
      command.fields.push_back({path_of(rule, target), decision.value});
      sent.push_back(&decision);
      merged.push(written_line(decision, target));
    }
    if (sent.empty()) continue;
    CommandRow row = row_for(command, target, nullptr);
    Json data = Json::object();
    data.set("target", system(target));
    data.set("config", flow_->config.hash);
    data.set("fields", std::move(merged));
    batch_.push_back(event("merged", data));
    open_writes(sent, target);
    batch_.push_back(put_link());
    Outcome outcome = co_await carry_out(std::move(command), {}, row);
    if (outcome.verdict != Verdict::kOk) {
      if (outcome.verdict != Verdict::kAmbiguous) count_back(sent);
      std::optional<RunResult> stop = co_await field_trouble(std::move(outcome), sent, target, row);
      if (stop) co_return stop;
      continue;
    }
    take_in(outcome, sent, target);
    row.phase = "done";
    batch_.push_back(PutCommand{row});
    Status stored = co_await core_.commit(checkpoint());
    if (!stored) co_return deferred("store: " + stored.error().message, std::chrono::seconds(2));
  }
  co_return std::nullopt;
}

void Reconciler::take_in(Outcome& outcome, const std::vector<const FieldDecision*>& sent,
                         Side target) {
  if (outcome.after) {
    record(target) = std::move(*outcome.after);
    lay_patch(target, record(target));
    core_.sightings().wrote(key_of(flow_->config.name, target, link_.id_of(target)),
                            record(target).updated_at, state_.seen[target]);
    state_.seen[target] = record(target).updated_at;
  } else {
    stale_[target] = true;
  }
  const bool unread = !outcome.after;
  for (const FieldDecision* decision : sent) {
    const FieldRule& rule = flow_->mapping.rule(decision->rule);
    Sides<Json> now = decision->now;
    const auto open = state_.open.find(rule.name);
    if (unread && open != state_.open.end()) {
      open->second.answered = true;  // the next read tells
    } else {
      state_.open.erase(rule.name);
    }
    if (!unread) now[target] = flow_->mapping.read(decision->rule, target, record(target));
    const Refusal* refusal = refusal_of(outcome, path_of(rule, target));
    const bool taken =
        unread ? refusal == nullptr
               : flow_->mapping.same(decision->rule, target, decision->value, now[target]);
    if (taken) {
      if (!unread) state_.base[rule.name] = now;
      forget_parked(rule.name);
    } else {
      state_.open.erase(rule.name);
      park(rule.name,
           system(target) + " did not take it: " +
               (refusal != nullptr ? refusal->reason : "it reads back as " + now[target].dump()),
           now.client, now.provider);
    }
  }
}

// An update that was not done: who has to wait, and for what.
Task<std::optional<RunResult>> Reconciler::field_trouble(
    Outcome outcome, const std::vector<const FieldDecision*>& sent, Side target, CommandRow row) {
  // One that may have happened, or may happen yet, stays open: see settle_commands().
  const bool unknown = outcome.verdict == Verdict::kAmbiguous;
  if (!unknown) row.phase = "failed";
  for (const FieldDecision* decision : sent) {
    if (!unknown) state_.open.erase(flow_->mapping.rule(decision->rule).name);
  }
  batch_.push_back(PutCommand{row});
  std::optional<RunResult> stop;
  switch (outcome.verdict) {
    case Verdict::kRejected:
      if (sent.size() > 1) {
        // One refusal never fails its neighbours: each field on its own now.
        Status stored = co_await core_.commit(checkpoint());
        if (!stored)
          co_return deferred("store: " + stored.error().message, std::chrono::seconds(2));
        for (const FieldDecision* decision : sent) {
          std::vector<FieldDecision> one{*decision};
          stop = co_await write_fields(one);
          if (stop) co_return stop;
        }
        co_return std::nullopt;
      }
      park(flow_->mapping.rule(sent.front()->rule).name,
           system(target) + " refused it: " + outcome.message, sent.front()->now.client,
           sent.front()->now.provider);
      break;
    case Verdict::kGone:
      stale_[target] = true;  // the next round reads it as deleted
      break;
    case Verdict::kConflict:
    case Verdict::kDuplicate:
    case Verdict::kOk:
      stale_ = {true, true};
      break;
    case Verdict::kMisconfigured:
      stop = deferred(system(target) + ": " + outcome.message, std::chrono::seconds(60));
      break;
    case Verdict::kRetryable:
    case Verdict::kThrottled:
    case Verdict::kAuth:
    case Verdict::kAmbiguous:
      // Reading both sides again tells whether an ambiguous one happened.
      stop = deferred(system(target) + ": " + outcome.message, outcome.retry_after, system(target));
      break;
  }
  Status stored = co_await core_.commit(checkpoint());
  if (!stored) co_return deferred("store: " + stored.error().message, std::chrono::seconds(2));
  co_return stop;
}

// What has been decided so far, to be stored now.
Batch Reconciler::checkpoint() {
  Batch batch = std::exchange(batch_, {});
  batch.push_back(put_link());
  return batch;
}

RunResult Reconciler::finish() {
  forget_patch();
  for (const Side side : {Side::kClient, Side::kProvider})
    state_.digest[side] = digest_of(flow_->mapping, side, record(side));
  RunResult result;
  const std::string before = link_.state;
  const PutLink changed = put_link();
  if (changed.link.state != before) batch_.push_back(changed);
  result = ended(written_ > 0 ? Disposition::kDelivered : Disposition::kUnchanged,
                 written_ > 0 ? std::to_string(written_) + " written" : "nothing new");
  if (!newly_parked_.empty()) {
    result.disposition = Disposition::kParked;
    result.reason = newly_parked_;
  } else if (!state_.broken.empty()) {
    result.disposition = Disposition::kParked;
    result.reason = state_.broken;
  }
  return result;
}

RunResult Reconciler::ended(Disposition disposition, std::string reason) {
  RunResult result;
  result.disposition = disposition;
  result.reason = std::move(reason);
  result.link = link_.id;
  result.batch = std::exchange(batch_, {});
  if (disposition == Disposition::kDead) result.read = as_read();
  return result;
}

RunResult Reconciler::deferred(const Error& error, Side where) {
  return deferred(system(where) + ": " + error.message, error.retry_after,
                  error.fault == Fault::kRejected ? std::string() : system(where));
}

RunResult Reconciler::deferred(std::string reason, std::chrono::milliseconds delay,
                               std::string system) {
  RunResult result;
  result.kind = RunResult::Kind::kDefer;
  result.reason = std::move(reason);
  result.delay = delay;
  result.system = std::move(system);
  result.link = link_.id;
  if (result.system.empty() && delay.count() == 0) result.read = as_read();
  return result;
}

}  // namespace navette
