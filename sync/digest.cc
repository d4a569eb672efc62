#include "sync/digest.h"

#include <set>
#include <string_view>
#include <utility>

#include "sync/children.h"
#include "sync/merge.h"

namespace navette {
namespace {

using Action = FieldDecision::Action;
using What = PairDifference::What;
using Known = PairDifference::Known;

std::uint64_t mixed(std::uint64_t value) {
  value ^= value >> 30;
  value *= 0xBF58476D1CE4E5B9ULL;
  value ^= value >> 27;
  value *= 0x94D049BB133111EBULL;
  return value ^ (value >> 31);
}

// Of one value of one field of one link: FNV-1a twice, from different beginnings.
FieldDigest digest_of(std::int64_t link, std::string_view name, const std::string& value) {
  FieldDigest digest{14695981039346656037ULL ^ mixed(static_cast<std::uint64_t>(link)),
                     0x243F6A8885A308D3ULL + mixed(static_cast<std::uint64_t>(link) + 1)};
  const auto step = [&digest](unsigned char byte) {
    digest.a = (digest.a ^ byte) * 1099511628211ULL;
    digest.b = (digest.b ^ (byte + 0x9EULL)) * 14029467366897019727ULL;
  };
  for (const char c : name) step(static_cast<unsigned char>(c));
  step(0x1F);
  for (const char c : value) step(static_cast<unsigned char>(c));
  return {mixed(digest.a), mixed(digest.b)};
}

bool is_mark(const Mapping& mapping, std::size_t index) {
  return mapping.mark_of(Side::kClient) == index || mapping.mark_of(Side::kProvider) == index;
}

const Record& record_of(const PairInput& input, Side side) {
  return side == Side::kClient ? input.client : input.provider;
}

// Whether the rule may write to that side at all.
bool writes_to(const PairInput& input, const FieldRule& rule, Side target) {
  return (!rule.only_towards || *rule.only_towards == target) &&
         (!input.flow.only_towards || *input.flow.only_towards == target);
}

// Whether what `source` holds makes what the other side holds, or leaves it as it is.
bool fits(const PairInput& input, const FieldDecision& decision, Side source) {
  const Converted made = input.mapping.convert(decision.rule, source, decision.now[source],
                                               {record_of(input, source).id, false});
  if (made.kind != Converted::Kind::kValue) return made.kind == Converted::Kind::kKeep;
  return input.mapping.same(decision.rule, other(source), made.value, decision.now[other(source)]);
}

// Neither side was touched since they agreed. Would the mapping of now agree, too?
bool stands_apart(const PairInput& input, const FieldDecision& decision) {
  const FieldRule& rule = input.mapping.rule(decision.rule);
  if (rule.create_only || rule.client.empty() || rule.provider.empty()) return false;
  bool any = false;
  for (const Side source : {Side::kClient, Side::kProvider}) {
    if (!writes_to(input, rule, other(source))) continue;
    if (!input.mapping.applies(decision.rule, source, record_of(input, source))) return false;
    if (fits(input, decision, source)) return false;
    any = true;
  }
  return any;
}

void add_field(const PairInput& input, const FieldDecision& decision,
               std::vector<PairDifference>& found) {
  const FieldRule& rule = input.mapping.rule(decision.rule);
  const auto parked = input.state.parked.find(rule.name);
  PairDifference one;
  one.name = rule.name;
  one.place = rule.place;
  one.now = decision.now;
  one.side = decision.target;
  if (decision.action == Action::kWrite || decision.action == Action::kPark) {
    one.wanted = decision.value;
    one.why = decision.reason;
    // Parked, and somebody has changed it since: that change is not taken up yet.
    if (decision.action == Action::kPark && parked != input.state.parked.end()) {
      one.known = Known::kParked;
      one.since = parked->second.since;
    }
  } else if (parked != input.state.parked.end()) {
    one.known = Known::kParked;
    one.why = parked->second.reason;
    one.since = parked->second.since;
  } else if (decision.action == Action::kNone && !is_mark(input.mapping, decision.rule) &&
             stands_apart(input, decision)) {
    one.known = Known::kAgreed;
    one.why = "both hold what they last agreed on, and the mapping would now make another value";
  } else {
    return;
  }
  found.push_back(std::move(one));
}

void add_missing(const PairInput& input, std::vector<PairDifference>& found) {
  for (const Side side : {Side::kClient, Side::kProvider}) {
    const Record& record = record_of(input, side);
    if (!record.deleted) continue;
    PairDifference one;
    one.what = What::kMissing;
    one.side = side;
    one.name = "ticket";
    one.why = record.merged_into.empty() ? "it is deleted, or not visible to our account"
                                         : "it was merged into " + record.merged_into;
    if (!input.state.broken.empty()) {
      one.known = Known::kParked;
      one.why = input.state.broken;
      const auto parked = input.state.parked.find("ticket");
      if (parked != input.state.parked.end()) one.since = parked->second.since;
    }
    found.push_back(std::move(one));
  }
}

void add_child(const PairInput& input, const ChildStep& step, std::vector<PairDifference>& found) {
  if (step.kind == ChildStep::Kind::kWithhold || step.kind == ChildStep::Kind::kRemember) return;
  const bool file = !step.file.name.empty();
  PairDifference one;
  one.what = file ? What::kFile : What::kComment;
  one.side = other(step.source);
  one.name = std::string(file ? "file " : "comment ") + to_text(step.source) + ":" + step.id;
  one.why = step.kind == ChildStep::Kind::kEdited ? "its new text is not there yet"
            : step.reason.empty()                 ? "it has no copy there"
                                                  : step.reason;
  const auto parked = input.state.parked.find(one.name);
  if (parked != input.state.parked.end()) {
    one.known = Known::kParked;
    one.why = parked->second.reason;
    one.since = parked->second.since;
  }
  found.push_back(std::move(one));
}

std::set<std::string> ids_of(const Record& record, bool files) {
  std::set<std::string> ids;
  if (files) {
    for (const Attachment& file : record.attachments) ids.insert(file.id);
  } else {
    for (const Comment& comment : record.comments) ids.insert(comment.id);
  }
  return ids;
}

void add_removed(const PairInput& input, std::vector<PairDifference>& found) {
  for (const bool files : {false, true}) {
    const Sides<std::set<std::string>> there = {ids_of(input.client, files),
                                                ids_of(input.provider, files)};
    for (const ChildRow& row : input.rows) {
      if ((row.kind == "attachment") != files) continue;
      if (row.client_id.empty() || row.provider_id.empty()) continue;
      for (const Side side : {Side::kClient, Side::kProvider}) {
        const Side stays = other(side);
        if (there[side].contains(id_of(row, side)) || !there[stays].contains(id_of(row, stays))) {
          continue;
        }
        PairDifference one;
        one.what = What::kRemoved;
        one.known = Known::kAgreed;
        one.side = side;
        one.name =
            std::string(files ? "file " : "comment ") + to_text(stays) + ":" + id_of(row, stays);
        one.why = "its twin " + id_of(row, side) + " was removed; it stays";
        found.push_back(std::move(one));
      }
    }
  }
}

}  // namespace

FieldDigest agreed_digest(const Mapping& mapping, const LinkRow& link, const LinkState& state,
                          Side side) {
  FieldDigest sum;
  for (const auto& [name, values] : state.base) {
    sum.add(digest_of(link.id, name, values[side].dump()));
  }
  if (const auto mark = mapping.mark_of(side)) {
    sum.add(digest_of(link.id, mapping.rule(*mark).name,
                      Json(mapping.mark_text(*mark, link.id_of(other(side)))).dump()));
  }
  // What is held back is always looked at.
  if (!state.parked.empty() || !state.broken.empty()) sum.add(digest_of(link.id, "parked", {}));
  return sum;
}

FieldDigest held_digest(const Mapping& mapping, const LinkRow& link, const LinkState& state,
                        Side side, const Record& record) {
  FieldDigest sum;
  for (std::size_t i = 0; i < mapping.size(); ++i) {
    const std::string& name = mapping.rule(i).name;
    if (mapping.mark_of(side) == i || state.base.contains(name)) {
      sum.add(digest_of(link.id, name, mapping.read(i, side, record).dump()));
    }
  }
  return sum;
}

std::size_t DigestBuckets::bucket_of(std::int64_t link) {
  return static_cast<std::size_t>(mixed(static_cast<std::uint64_t>(link)) % kCount);
}

std::vector<PairDifference> compare_pair(const PairInput& input) {
  std::vector<PairDifference> found;
  add_missing(input, found);
  if (!found.empty()) return found;
  for (const FieldDecision& decision : merge_fields(
           {input.flow, input.mapping, input.state, input.client, input.provider, input.now})) {
    add_field(input, decision, found);
  }
  for (const ChildStep& step :
       plan_children({input.flow, input.mapping, input.rows, input.client, input.provider,
                      input.client_system, input.provider_system})) {
    add_child(input, step, found);
  }
  add_removed(input, found);
  return found;
}

}  // namespace navette
