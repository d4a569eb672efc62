#include "tools/verify_run.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sync/digest.h"
#include "tools/reads.h"
#include "tools/verify_record.h"

namespace navette::tools {
namespace {

using What = PairDifference::What;
using Known = PairDifference::Known;

constexpr int kPage = 500;
constexpr int kListPage = 100;
constexpr int kListPagesMax = 1'000'000;
constexpr std::chrono::minutes kFresh{10};
// Clocks of systems differ; what was looked at so long after its last change was seen as it is.
constexpr std::chrono::minutes kClocksApart{2};

const char* word_of(What what) {
  switch (what) {
    case What::kField:
      return "field";
    case What::kMissing:
      return "missing";
    case What::kComment:
      return "comment";
    case What::kFile:
      return "file";
    case What::kRemoved:
      return "removed";
  }
  return "";
}

// What is being done with one flow.
struct Walk {
  FlowPtr flow;
  std::int64_t links = 0;
  std::int64_t equal = 0;
  std::int64_t by_digest = 0;
  std::int64_t looked_at = 0;
  std::int64_t left_out = 0;
  Sides<std::int64_t> listed;
  Sides<std::int64_t> absent;
  Sides<bool> whole;                                   // its list shows whole tickets
  Sides<DigestBuckets> held;                           // as the lists show
  Sides<DigestBuckets> agreed;                         // as the links say
  Sides<std::map<std::string, std::string>> unlinked;  // id -> updated_at
  std::map<std::string, std::string> marks;            // of unlinked tickets: mark -> ticket
  std::vector<std::int64_t> suspects;                  // links that are looked at again
  bool fresh = false;  // something that is suspect was changed just now
  Json findings = Json::array();
  std::optional<Error> trouble;
  Json stopped;

  bool over() const { return trouble || !stopped.is_null(); }
};

}  // namespace

struct Verifier::Impl {
  Impl(const EngineContext& context, const std::map<std::string, SystemConfig>& the_systems,
       std::vector<FlowConfig> the_flows, VerifyOptions the_options)
      : reads(context),
        core(reads.core()),
        systems(the_systems),
        flows(std::move(the_flows)),
        options(the_options) {}

  Task<> run_all(std::function<void(Result<Json>)> done);
  Task<> verify(Walk& walk);
  Task<> list(Walk& walk, Side side);
  void take_listed(Walk& walk, Side side, const Record& record);
  Status sum_links(Walk& walk);
  Task<> look_at_links(Walk& walk);
  Task<> look(Walk& walk, std::int64_t id, bool again);
  void take_pair(Walk& walk, const PairInput& input, const Sides<std::string>& unseen, bool again);
  void half_made(Walk& walk, const LinkRow& link);
  void judge_absence(Walk& walk);
  Task<> look_again(Walk& walk);
  Task<> look_at_unlinked(Walk& walk, Side side);
  Task<> look_unlinked(Walk& walk, Side side, std::string id, std::string updated_at);
  void take_unlinked(Walk& walk, Side side, const Record& record, const Recorded& recorded);
  bool doubled(Walk& walk, Side side, const Record& record, const Recorded& recorded);
  void add(Walk& walk, Json finding);
  bool is_fresh(const std::string& updated_at) const;
  std::chrono::milliseconds settle_of(const Flow& flow) const;
  Json flow_line(Walk& walk) const;

  Reads reads;
  Core& core;
  std::map<std::string, SystemConfig> systems;
  std::vector<FlowConfig> flows;
  VerifyOptions options;
  std::function<void(const std::string&, std::int64_t, std::int64_t)> progress;
};

// ---- lists -------------------------------------------------------------------------------------

void Verifier::Impl::take_listed(Walk& walk, Side side, const Record& record) {
  auto link = core.context().store.link_of(walk.flow->config.name, side, record.id);
  if (!link || record.deleted) return;
  if (!*link) {
    std::string& updated_at = walk.unlinked[side][record.id];
    updated_at = std::max(updated_at, record.updated_at);
    return;
  }
  if (!record.doc.is_object() || record.doc.size() == 0) {
    walk.whole[side] = false;
    return;
  }
  const auto state = LinkState::parse((*link)->state);
  if (!state) return;
  walk.held[side].add((*link)->id, held_digest(walk.flow->mapping, **link, *state, side, record));
}

// Every ticket that the flow's filter finds.
Task<> Verifier::Impl::list(Walk& walk, Side side) {
  auto since = list_since(core.context().store, walk.flow->config);
  if (!since) {
    walk.trouble = since.error();
    co_return;
  }
  if (since->empty()) co_return;  // nothing ever came in
  walk.whole[side] = true;
  PollRequest request;
  request.entity = walk.flow->config.side(side).entity;
  request.where = walk.flow->config.side(side).where;
  request.since = *since;
  request.limit = kListPage;
  for (int pages = 0; pages < kListPagesMax; ++pages) {
    Result<Page> page = co_await reads.list(walk.flow->system(side), request);
    if (!page) {
      walk.trouble = page.error();
      co_return;
    }
    walk.listed[side] += static_cast<std::int64_t>(page->records.size());
    for (const Record& record : page->records) take_listed(walk, side, record);
    if (!page->more) co_return;
    request.cursor = page->cursor;
  }
}

// ---- links -------------------------------------------------------------------------------------

Status Verifier::Impl::sum_links(Walk& walk) {
  LinkFilter filter{walk.flow->config.name, false, 0, kPage};
  for (;;) {
    auto page = core.context().store.links(filter);
    if (!page) return page.error();
    for (const LinkRow& link : *page) {
      ++walk.links;
      if (!walk.whole.client || !walk.whole.provider) continue;
      const auto state = LinkState::parse(link.state);
      if (!state) continue;
      for (const Side side : {Side::kClient, Side::kProvider})
        walk.agreed[side].add(link.id, agreed_digest(walk.flow->mapping, link, *state, side));
    }
    if (page->size() < static_cast<std::size_t>(kPage)) return {};
    filter.after_id = page->back().id;
  }
}

Task<> Verifier::Impl::look_at_links(Walk& walk) {
  const bool listed = walk.whole.client && walk.whole.provider && !options.full;
  LinkFilter filter{walk.flow->config.name, false, 0, kPage};
  std::vector<std::int64_t> page;
  std::size_t at = 0;
  bool last = false;
  co_await reads.side_by_side([&]() -> std::optional<Task<>> {
    while (!walk.over()) {
      if (at == page.size()) {
        if (last) return std::nullopt;
        auto links = core.context().store.links(filter);
        if (!links) {
          walk.trouble = links.error();
          return std::nullopt;
        }
        last = links->size() < static_cast<std::size_t>(kPage);
        if (!links->empty()) filter.after_id = links->back().id;
        page.clear();
        at = 0;
        for (const LinkRow& link : *links) page.push_back(link.id);
        continue;
      }
      const std::int64_t id = page[at++];
      if (progress) progress(walk.flow->config.name, walk.by_digest + walk.looked_at, walk.links);
      if (listed && DigestBuckets::equal(walk.held.client, walk.agreed.client, id) &&
          DigestBuckets::equal(walk.held.provider, walk.agreed.provider, id)) {
        ++walk.by_digest;
        ++walk.equal;
        continue;
      }
      ++walk.looked_at;
      return look(walk, id, false);
    }
    return std::nullopt;
  });
}

Task<> Verifier::Impl::look(Walk& walk, std::int64_t id, bool again) {
  Store& store = core.context().store;
  auto link = store.link(id);
  if (!link || !*link) co_return;
  if ((*link)->client_id.empty() || (*link)->provider_id.empty()) {
    half_made(walk, **link);
    co_return;
  }
  Sides<Record> records;
  Sides<std::string> unseen;
  for (const Side side : {Side::kClient, Side::kProvider}) {
    Result<Record> record = co_await reads.fetch(walk.flow, side, (*link)->id_of(side));
    if (!record && record.error().fault != Fault::kRejected) {
      walk.trouble = record.error();
      co_return;
    }
    if (record) {
      records[side] = std::move(*record);
    } else {
      records[side].deleted = true;
      unseen[side] = record.error().message;
    }
  }
  // As the link is now: a hub may have worked on it while we read.
  auto fresh = store.link(id);
  auto rows = store.children(id);
  if (!fresh || !*fresh || !rows) co_return;
  auto state = LinkState::parse((*fresh)->state);
  const Description* client = core.context().peers.description(walk.flow->system(Side::kClient));
  const Description* provider =
      core.context().peers.description(walk.flow->system(Side::kProvider));
  if (!state || client == nullptr || provider == nullptr) {
    walk.trouble = state ? Error{Fault::kRetryLater, "a system went away"} : state.error();
    co_return;
  }
  take_pair(walk,
            {walk.flow->config, walk.flow->mapping, **fresh, *state, *rows, records.client,
             records.provider, *client, *provider, core.now_ms()},
            unseen, again);
}

void Verifier::Impl::take_pair(Walk& walk, const PairInput& input, const Sides<std::string>& unseen,
                               bool again) {
  std::vector<PairDifference> found = compare_pair(input);
  const auto unknown = [](const PairDifference& one) { return one.known == Known::kNo; };
  const bool suspect = std::any_of(found.begin(), found.end(), unknown);
  if (suspect && !again) {
    walk.suspects.push_back(input.link.id);
    walk.fresh =
        walk.fresh || is_fresh(input.client.updated_at) || is_fresh(input.provider.updated_at);
    for (const PairDifference& one : found) {
      if (one.what == What::kMissing) ++walk.absent[one.side];
    }
    judge_absence(walk);
    return;
  }
  const bool all_agreed = std::all_of(found.begin(), found.end(), [](const PairDifference& one) {
    return one.known == Known::kAgreed;
  });
  if (all_agreed) ++walk.equal;
  const Recorded recorded = recorded_of(core.context().store, input.link);
  for (PairDifference& one : found) {
    if (one.what == What::kMissing && one.known == Known::kNo && !unseen[one.side].empty())
      one.why = "it is not visible to our account: " + unseen[one.side];
    Json line = Json::object();
    line.set("flow", walk.flow->config.name);
    line.set("what", word_of(one.what));
    line.set("state", state_of(one.known, recorded));
    line.set("link", input.link.id);
    line.set("client", input.link.client_id);
    line.set("provider", input.link.provider_id);
    line.set("side", to_text(one.side));
    line.set("system", walk.flow->system(one.side));
    line.set("name", one.name);
    if (one.place.line > 0) line.set("at", one.place.file + ":" + std::to_string(one.place.line));
    if (one.what == What::kField) {
      line.set("client_value", one.now.client);
      line.set("provider_value", one.now.provider);
      if (!one.wanted.is_null()) line.set("wanted", one.wanted);
    }
    add_record(line, one, recorded);
    add(walk, std::move(line));
  }
}

// A twin that was begun and that the link does not name yet.
void Verifier::Impl::half_made(Walk& walk, const LinkRow& link) {
  const Side lacks = link.client_id.empty() ? Side::kClient : Side::kProvider;
  const Recorded recorded = recorded_of(core.context().store, link);
  Json line = Json::object();
  line.set("flow", walk.flow->config.name);
  line.set("what", "missing");
  line.set("state", state_of(Known::kNo, recorded));
  line.set("link", link.id);
  line.set("client", link.client_id);
  line.set("provider", link.provider_id);
  line.set("side", to_text(lacks));
  line.set("system", walk.flow->system(lacks));
  line.set("name", "ticket");
  PairDifference one;
  one.what = What::kMissing;
  one.why = "it was begun, and it is not known whether it was made";
  add_record(line, one, recorded);
  add(walk, std::move(line));
}

// A large part of a side gone is not taken for deletions.
void Verifier::Impl::judge_absence(Walk& walk) {
  if (options.accept_absence) return;
  for (const Side side : {Side::kClient, Side::kProvider}) {
    const std::int64_t absent = walk.absent[side];
    const bool all = absent == walk.links && walk.links > 1;
    const bool large =
        absent > kAbsentAnyway && absent * 100 > walk.links * options.absent_percent_max;
    if (!all && !large) continue;
    Json stopped = Json::object();
    stopped.set("side", to_text(side));
    stopped.set("system", walk.flow->system(side));
    stopped.set("absent", absent);
    stopped.set("links", walk.links);
    stopped.set("why", "so many tickets of " + walk.flow->system(side) +
                           " are absent that it is taken for a fault of the system or of our "
                           "account's rights; nothing more was looked at");
    walk.stopped = std::move(stopped);
    walk.suspects.clear();
    return;
  }
}

// What differs may be what a hub is just about to see.
Task<> Verifier::Impl::look_again(Walk& walk) {
  for (const Side side : {Side::kClient, Side::kProvider}) {
    for (const auto& [id, updated_at] : walk.unlinked[side])
      walk.fresh = walk.fresh || is_fresh(updated_at);
  }
  const std::vector<std::int64_t> suspects = std::exchange(walk.suspects, {});
  if (walk.fresh) co_await reads.pause(settle_of(*walk.flow));
  std::size_t at = 0;
  co_await reads.side_by_side([&]() -> std::optional<Task<>> {
    if (walk.over() || at == suspects.size()) return std::nullopt;
    return look(walk, suspects[at++], true);
  });
}

// ---- tickets without a link --------------------------------------------------------------------

Task<> Verifier::Impl::look_at_unlinked(Walk& walk, Side side) {
  auto next = walk.unlinked[side].begin();
  const auto end = walk.unlinked[side].end();
  co_await reads.side_by_side([&]() -> std::optional<Task<>> {
    if (walk.over() || next == end) return std::nullopt;
    const auto& [id, updated_at] = *next++;
    return look_unlinked(walk, side, id, updated_at);
  });
}

Task<> Verifier::Impl::look_unlinked(Walk& walk, Side side, std::string id,
                                     std::string updated_at) {
  Store& store = core.context().store;
  auto link = store.link_of(walk.flow->config.name, side, id);
  if (link && *link) co_return;  // it got one meanwhile
  const Recorded recorded = recorded_of(store, walk.flow->config.name, side, id);
  const auto changed = parse_rfc3339(updated_at);
  const bool stands = recorded.last == Disposition::kFiltered && changed &&
                      (*changed + kClocksApart).time_since_epoch().count() < recorded.last_at;
  if (stands && !recorded.pending) co_return;  // it was looked at, and left out
  Result<Record> record = co_await reads.fetch(walk.flow, side, id);
  if (!record && record.error().fault != Fault::kRejected) walk.trouble = record.error();
  if (!record || record->deleted || !record->in_scope) co_return;
  link = store.link_of(walk.flow->config.name, side, id);
  if (link && !*link) take_unlinked(walk, side, *record, recorded);
}

// A mark of ours on a ticket that is nobody's twin.
bool Verifier::Impl::doubled(Walk& walk, Side side, const Record& record,
                             const Recorded& recorded) {
  const Mapping& mapping = walk.flow->mapping;
  const auto mark = mapping.mark_of(side);
  if (!mark) return false;
  const std::string text = mapping.read(*mark, side, record).text();
  const auto twin = mapping.id_of_mark(*mark, text);
  if (!twin) return false;
  auto link = core.context().store.link_of(walk.flow->config.name, other(side), *twin);
  std::string first = link && *link ? (*link)->id_of(side) : std::string();
  if (first.empty()) {
    const auto [known, fresh] = walk.marks.emplace(std::string(to_text(side)) + text, record.id);
    if (fresh) return false;
    first = known->second;
  }
  Json line = Json::object();
  line.set("flow", walk.flow->config.name);
  line.set("what", "doubled");
  line.set("state", state_of(Known::kNo, recorded));
  line.set(to_text(side), record.id);
  line.set("side", to_text(side));
  line.set("system", walk.flow->system(side));
  line.set("name", mapping.rule(*mark).name);
  PairDifference one;
  one.why = "it carries the mark " + text + ", as ticket " + first + " does";
  add_record(line, one, recorded);
  add(walk, std::move(line));
  return true;
}

void Verifier::Impl::take_unlinked(Walk& walk, Side side, const Record& record,
                                   const Recorded& recorded) {
  if (doubled(walk, side, record, recorded)) return;
  if (walk.flow->config.only_towards && *walk.flow->config.only_towards == side) return;
  Json line = Json::object();
  line.set("flow", walk.flow->config.name);
  line.set("what", "intake");
  line.set("state", state_of(Known::kNo, recorded));
  line.set(to_text(side), record.id);
  line.set("side", to_text(other(side)));
  line.set("system", walk.flow->system(other(side)));
  line.set("name", "ticket");
  PairDifference one;
  one.why =
      recorded.last_at == 0
          ? "the flow's filter finds it, it has no twin, and no change of it was ever seen"
          : "the flow's filter finds it and it has no twin; what was last seen of it ended as " +
                std::string(to_text(recorded.last)) + ": " + recorded.last_reason;
  add_record(line, one, recorded);
  add(walk, std::move(line));
}

// ---- flows -------------------------------------------------------------------------------------

void Verifier::Impl::add(Walk& walk, Json finding) {
  if (walk.findings.size() >= kFindingsMax) {
    ++walk.left_out;
    return;
  }
  auto hidden = Json::parse(core.hide(finding.dump()), "finding");
  walk.findings.push(hidden ? std::move(*hidden) : std::move(finding));
}

bool Verifier::Impl::is_fresh(const std::string& updated_at) const {
  const auto changed = parse_rfc3339(updated_at);
  return !changed || core.now_ms() - changed->time_since_epoch().count() <
                         std::chrono::milliseconds(kFresh).count();
}

std::chrono::milliseconds Verifier::Impl::settle_of(const Flow& flow) const {
  if (options.settle.count() >= 0) return options.settle;
  std::chrono::milliseconds poll{0};
  for (const Side side : {Side::kClient, Side::kProvider}) {
    const auto found = systems.find(flow.system(side));
    if (found != systems.end()) poll = std::max(poll, found->second.poll);
  }
  return poll * 2 + std::chrono::seconds(5);
}

Task<> Verifier::Impl::verify(Walk& walk) {
  for (const Side side : {Side::kClient, Side::kProvider}) {
    co_await list(walk, side);
    if (walk.over()) co_return;
  }
  const Status summed = sum_links(walk);
  if (!summed) {
    walk.trouble = summed.error();
    co_return;
  }
  co_await look_at_links(walk);
  if (walk.over()) co_return;
  co_await look_again(walk);
  for (const Side side : {Side::kClient, Side::kProvider}) {
    if (!walk.over()) co_await look_at_unlinked(walk, side);
  }
}

Json Verifier::Impl::flow_line(Walk& walk) const {
  Json line = Json::object();
  line.set("flow", walk.flow->config.name);
  line.set("links", walk.links);
  line.set("equal", walk.equal);
  line.set("by_digest", walk.by_digest);
  Json& listed = line.set("listed", Json::object());
  listed.set("client", walk.listed.client);
  listed.set("provider", walk.listed.provider);
  line.set("tickets_unlinked",
           static_cast<std::int64_t>(walk.unlinked.client.size() + walk.unlinked.provider.size()));
  line.set("findings", std::move(walk.findings));
  line.set("left_out", walk.left_out);
  if (!walk.stopped.is_null()) line.set("stopped", walk.stopped);
  if (walk.trouble) line.set("failed", core.hide(walk.trouble->message));
  return line;
}

Task<> Verifier::Impl::run_all(std::function<void(Result<Json>)> done) {
  Json report = Json::object();
  report.set("at", core.now_text());
  Json lines = Json::array();
  for (const FlowConfig& config : flows) {
    Result<Mapping> mapping = Mapping::compile(config);
    if (!mapping) {
      done(mapping.error());
      co_return;
    }
    Walk walk;
    walk.flow = std::make_shared<const Flow>(Flow{config, std::move(*mapping)});
    co_await verify(walk);
    lines.push(flow_line(walk));
  }
  report.set("flows", std::move(lines));
  report.set("calls", reads.calls());
  done(std::move(report));
}

Verifier::Verifier(const EngineContext& context, const std::map<std::string, SystemConfig>& systems,
                   std::vector<FlowConfig> flows, std::vector<std::string> secrets,
                   VerifyOptions options)
    : impl_(std::make_unique<Impl>(context, systems, std::move(flows), options)) {
  impl_->core.set_secrets(std::move(secrets));
}

Verifier::~Verifier() = default;

void Verifier::on_progress(
    std::function<void(const std::string& flow, std::int64_t done, std::int64_t all)> progress) {
  impl_->progress = std::move(progress);
}

void Verifier::run(std::function<void(Result<Json>)> done) {
  impl_->core.spawn(impl_->run_all(std::move(done)));
}

}  // namespace navette::tools
