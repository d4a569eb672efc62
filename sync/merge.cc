#include "sync/merge.h"

#include <algorithm>
#include <cstdio>

#include "sync/sightings.h"

namespace navette {
namespace {

constexpr std::size_t kPastWritesMax = 8;
constexpr std::int64_t kSwingWindowMs = 600'000;
constexpr int kSwingsMax = 2;  // earlier writes of the same value that are still fine

using Action = FieldDecision::Action;

// FNV-1a, 128 bits as two lanes: not against malice, only to tell whether a record changed.
class Digest {
 public:
  void add(std::string_view text) {
    for (const char c : text) step(static_cast<unsigned char>(c));
    step(0x1F);
  }
  std::string text() const {
    char out[33];
    std::snprintf(out, sizeof out, "%016llx%016llx", static_cast<unsigned long long>(a_),
                  static_cast<unsigned long long>(b_));
    return out;
  }

 private:
  void step(unsigned char byte) {
    a_ = (a_ ^ byte) * 1099511628211ULL;
    b_ = (b_ ^ (byte + 0x9E3779B97F4A7C15ULL)) * 14029467366897019727ULL;
    b_ ^= b_ >> 29;
  }
  std::uint64_t a_ = 14695981039346656037ULL;
  std::uint64_t b_ = 0x243F6A8885A308D3ULL;
};

const Record& record_of(const MergeInput& input, Side side) {
  return side == Side::kClient ? input.client : input.provider;
}

// Which side wins a field that both changed. Nothing: park it.
std::optional<Side> winner(const MergeInput& input, const FieldRule& rule, std::string* why) {
  switch (rule.conflict.value_or(input.flow.conflict)) {
    case ConflictPolicy::kClient:
      *why = "both sides changed it; policy: client";
      return Side::kClient;
    case ConflictPolicy::kProvider:
      *why = "both sides changed it; policy: provider";
      return Side::kProvider;
    case ConflictPolicy::kPark:
      return std::nullopt;
    case ConflictPolicy::kNewest: {
      // Equal times: the client's, so that every run decides alike.
      const Side side = earlier(input.client.updated_at, input.provider.updated_at)
                            ? Side::kProvider
                            : Side::kClient;
      *why = std::string("both sides changed it; policy: newest (") + to_text(side) + " at " +
             record_of(input, side).updated_at + ")";
      return side;
    }
  }
  return std::nullopt;
}

// Carry the source's value over: a write, an agreement, or a reason why not.
void carry(const MergeInput& input, Side source, FieldDecision& decision) {
  const Side target = other(source);
  const FieldRule& rule = input.mapping.rule(decision.rule);
  decision.target = target;
  if ((rule.only_towards && *rule.only_towards != target) ||
      (input.flow.only_towards && *input.flow.only_towards != target)) {
    decision.action = Action::kAgree;  // this side may differ: remembered, not written
    return;
  }
  const ConvertContext context{record_of(input, source).id, false};
  if (path_of(rule, target).empty()) return;  // a text of several fields is not taken apart here
  // Not remembered either: when the condition comes to hold, the value is still news.
  if (!input.mapping.applies(decision.rule, source, record_of(input, source))) return;
  Converted converted = input.mapping.convert(decision.rule, source, decision.now[source], context);
  decision.losses = std::move(converted.losses);
  switch (converted.kind) {
    case Converted::Kind::kKeep:
      decision.action = Action::kAgree;
      decision.reason = converted.reason;
      return;
    case Converted::Kind::kReject:
      decision.action = Action::kPark;
      decision.reason = converted.reason;
      return;
    case Converted::Kind::kValue:
      break;
  }
  const bool there =
      input.mapping.same(decision.rule, target, converted.value, decision.now[target]);
  decision.action = there ? Action::kAgree : Action::kWrite;
  decision.value = std::move(converted.value);
}

// What the other side would hold is what it holds: no conflict then, whoever changed it.
bool agree(const MergeInput& input, const FieldDecision& decision) {
  const ConvertContext context{input.client.id, false};
  const Converted towards =
      input.mapping.convert(decision.rule, Side::kClient, decision.now.client, context);
  return towards.kind == Converted::Kind::kValue &&
         input.mapping.same(decision.rule, Side::kProvider, towards.value, decision.now.provider);
}

void decide_both_changed(const MergeInput& input, FieldDecision& decision, bool known) {
  if (agree(input, decision)) {
    decision.action = Action::kAgree;
    return;
  }
  decision.conflict = true;
  std::string why;
  const auto side = winner(input, input.mapping.rule(decision.rule), &why);
  if (!side) {
    decision.action = Action::kPark;
    decision.reason = known ? "both sides changed it, to different values"
                            : "the sides differ, and nothing tells which one is right";
    return;
  }
  carry(input, *side, decision);
  if (decision.action != Action::kPark) decision.reason = why;
}

FieldDecision decide(const MergeInput& input, std::size_t index) {
  const FieldRule& rule = input.mapping.rule(index);
  FieldDecision decision;
  decision.rule = index;
  decision.now = {input.mapping.read(index, Side::kClient, input.client),
                  input.mapping.read(index, Side::kProvider, input.provider)};
  if (rule.create_only) return decision;
  const Ownership owner = input.mapping.owner(index, input.client, input.provider);
  if (owner != Ownership::kBoth) {
    carry(input, owner == Ownership::kClient ? Side::kClient : Side::kProvider, decision);
    const auto parked = input.state.parked.find(rule.name);
    if (decision.action == Action::kWrite && parked != input.state.parked.end() &&
        input.mapping.same(index, Side::kClient, parked->second.client, decision.now.client) &&
        input.mapping.same(index, Side::kProvider, parked->second.provider,
                           decision.now.provider)) {
      decision.action = Action::kNone;  // it was refused just so: nothing new to try
    }
    return decision;
  }
  // A parked field is measured against what it was parked with: who edits it next settles it.
  const auto parked = input.state.parked.find(rule.name);
  const auto base = input.state.base.find(rule.name);
  Sides<Json> before;
  bool known = true;
  if (parked != input.state.parked.end()) {
    before = {parked->second.client, parked->second.provider};
  } else if (base != input.state.base.end()) {
    before = base->second;
  } else {
    known = false;
  }
  const bool client =
      !known || !input.mapping.same(index, Side::kClient, before.client, decision.now.client);
  const bool provider =
      !known || !input.mapping.same(index, Side::kProvider, before.provider, decision.now.provider);
  if (client && provider) {
    decide_both_changed(input, decision, known);
  } else if (client || provider) {
    carry(input, client ? Side::kClient : Side::kProvider, decision);
  }
  return decision;
}

// A mark is Navette's own: it names the twin, and is put back when somebody changes it.
void decide_mark(const MergeInput& input, Side marked, std::vector<FieldDecision>& decisions) {
  const auto index = input.mapping.mark_of(marked);
  if (!index) return;
  FieldDecision decision;
  decision.rule = *index;
  decision.target = marked;
  decision.now[marked] = input.mapping.read(*index, marked, record_of(input, marked));
  const std::string wanted = input.mapping.mark_text(*index, record_of(input, other(marked)).id);
  decision.now[other(marked)] = Json(wanted);
  const auto parked = input.state.parked.find(input.mapping.rule(*index).name);
  const bool stuck = parked != input.state.parked.end() &&
                     parked->second.client == decision.now.client &&
                     parked->second.provider == decision.now.provider;
  if (decision.now[marked].text() != wanted && !stuck) {
    decision.action = Action::kWrite;
    decision.value = Json(wanted);
  }
  decisions.push_back(std::move(decision));
}

bool is_mark(const Mapping& mapping, std::size_t index) {
  return mapping.mark_of(Side::kClient) == index || mapping.mark_of(Side::kProvider) == index;
}

}  // namespace

OpenSettled settle_open(const Mapping& mapping, LinkState& state, const Record& client,
                        const Record& provider, bool early) {
  OpenSettled settled;
  if (state.open.empty()) return settled;
  for (std::size_t i = 0; i < mapping.size(); ++i) {
    const std::string& name = mapping.rule(i).name;
    const auto found = state.open.find(name);
    if (found == state.open.end()) continue;
    const OpenWrite one = found->second;
    const Json holds = mapping.read(i, one.side, one.side == Side::kClient ? client : provider);
    const bool written = mapping.same(i, one.side, one.wanted, holds);
    if (one.create && !written && !one.wanted.is_null()) {
      if (holds.is_null()) {
        // Made half way: the source's value is still to be carried over.
        state.base[name][one.side] = holds;
        state.base[name][other(one.side)] = Json();
      } else {
        settled.unclear.push_back(name);
      }
    } else if (written || one.create || !mapping.same(i, one.side, one.was, holds)) {
      // Written, and perhaps somebody has set something else since: that is a change to it.
      state.base[name][one.side] = one.wanted;
      state.base[name][other(one.side)] = one.from;
      state.parked.erase(name);
    } else if (one.answered) {
      if (early) {
        settled.wait = true;
        continue;
      }
      settled.dropped.push_back(name);
    }
    state.open.erase(name);
  }
  return settled;
}

std::vector<FieldDecision> merge_fields(const MergeInput& input) {
  std::vector<FieldDecision> decisions;
  for (std::size_t i = 0; i < input.mapping.size(); ++i) {
    if (!is_mark(input.mapping, i)) decisions.push_back(decide(input, i));
  }
  decide_mark(input, Side::kProvider, decisions);
  decide_mark(input, Side::kClient, decisions);
  return decisions;
}

CreatePlan plan_create(const FlowConfig& flow, const Mapping& mapping, Side source,
                       const Record& record) {
  CreatePlan plan;
  const Side target = other(source);
  for (std::size_t i = 0; i < mapping.size(); ++i) {
    const FieldRule& rule = mapping.rule(i);
    FieldDecision decision;
    decision.rule = i;
    decision.target = target;
    if (is_mark(mapping, i)) {
      if (mapping.mark_of(target) != i) continue;
      plan.fields.push_back({path_of(rule, target), Json(mapping.mark_text(i, record.id))});
      continue;
    }
    if (rule.only_towards && *rule.only_towards != target) continue;
    if (path_of(rule, target).empty() || !mapping.applies(i, source, record)) continue;
    decision.now[source] = mapping.read(i, source, record);
    Converted converted = mapping.convert(i, source, decision.now[source], {record.id, true});
    decision.losses = std::move(converted.losses);
    decision.reason = std::move(converted.reason);
    if (converted.kind == Converted::Kind::kReject) decision.action = Action::kPark;
    if (converted.kind == Converted::Kind::kKeep) decision.action = Action::kAgree;
    if (converted.kind == Converted::Kind::kValue) {
      decision.action = converted.value.is_null() ? Action::kAgree : Action::kWrite;
      if (!converted.value.is_null())
        plan.fields.push_back({path_of(rule, target), converted.value});
      decision.value = std::move(converted.value);
    }
    plan.decisions.push_back(std::move(decision));
  }
  static_cast<void>(flow);
  return plan;
}

std::string digest_of(const Mapping& mapping, Side side, const Record& record) {
  Digest digest;
  for (std::size_t i = 0; i < mapping.size(); ++i) digest.add(mapping.read(i, side, record).dump());
  for (const Comment& comment : record.comments) {
    digest.add(comment.id);
    digest.add(comment.text);
    digest.add(comment.visibility == Visibility::kInternal ? "i" : "p");
  }
  digest.add("files");
  for (const Attachment& file : record.attachments) {
    digest.add(file.id);
    digest.add(file.name);
  }
  if (record.deleted) digest.add("deleted");
  return digest.text();
}

bool note_write(LinkState& state, const std::string& rule, Side side, const Json& value,
                std::int64_t now) {
  auto& past = state.writes[rule];
  std::erase_if(past, [&](const PastWrite& write) { return write.at < now - kSwingWindowMs; });
  int same = 0;
  bool between = false;
  for (const PastWrite& write : past) {
    const bool equal = write.side == side && write.value == value;
    if (equal) ++same;
    if (!equal && same > 0) between = true;
  }
  past.push_back({side, value, now});
  if (past.size() > kPastWritesMax) past.erase(past.begin());
  return between && same > kSwingsMax;
}

}  // namespace navette
