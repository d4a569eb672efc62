// What a flow's limits let a run overwrite.

#include "sync/reconciler.h"

namespace navette {
namespace {

bool nothing(const Json& value) {
  if (value.is_array() || value.is_object()) return value.size() == 0;
  return value.is_null() || value.text().empty();
}

void add(WriteCount& count, const FieldDecision& decision) {
  if (decision.action != FieldDecision::Action::kWrite || nothing(decision.now[decision.target]))
    return;
  (nothing(decision.value) ? count.clears : count.overwrites) += 1;
}

}  // namespace

// Waits until the flow goes on, as for a system that is away.
RunResult Reconciler::held() {
  const std::string& flow = flow_->config.name;
  return deferred(core_.limits().held(flow), std::chrono::milliseconds(0),
                  WriteLimits::name_of(flow));
}

// Before anything of these decisions is written. Something returned: nothing of it may be.
Task<std::optional<RunResult>> Reconciler::count_overwritten(
    const std::vector<FieldDecision>& decisions) {
  WriteCount count;
  for (const FieldDecision& decision : decisions) add(count, decision);
  const std::string& flow = flow_->config.name;
  Batch held_now;
  const auto answer =
      core_.limits().take(flow, count, key_of(flow, side_, id_), core_.now_ms(), held_now);
  if (answer == WriteLimits::Answer::kTaken) {
    for (Operation& one : held_now) batch_.push_back(std::move(one));
    co_return std::nullopt;
  }
  if (answer == WriteLimits::Answer::kHolds) {
    // In memory it is held either way; a store that does not take it is in trouble, and stops all.
    static_cast<void>(core_.commit_now(held_now));
    core_.emit(
        Level::kError, "flow_held",
        "A flow would overwrite more than its limits allow: it writes nothing until somebody "
        "lets it go on.",
        {{"flow", flow}, {"cause", core_.limits().held(flow)}});
  }
  Status stored = co_await core_.commit(checkpoint());
  if (!stored) co_return deferred("store: " + stored.error().message, std::chrono::seconds(2));
  co_return held();
}

void Reconciler::count_back(const std::vector<const FieldDecision*>& sent) {
  WriteCount count;
  for (const FieldDecision* decision : sent) add(count, *decision);
  core_.limits().give_back(flow_->config.name, count);
}

}  // namespace navette
