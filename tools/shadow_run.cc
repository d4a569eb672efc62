#include "tools/shadow_run.h"

#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "tools/reads.h"
#include "tools/shadow_compare.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

constexpr int kPage = 500;

// One ticket and the configuration that handled it; the newest of its changes.
struct Item {
  std::string flow;
  Side side = Side::kClient;
  std::string id;
  std::string hash;
  std::string payload;
};

struct Group {
  Json head = Json::object();
  std::int64_t count = 0;
  std::int64_t overwrites = 0;
  std::int64_t deletes = 0;
  Json samples = Json::array();
};

}  // namespace

struct Shadow::Impl {
  Impl(const EngineContext& context, std::vector<FlowConfig> the_flows, FlowThen the_then,
       ShadowOptions the_options)
      : reads(context),
        core(reads.core()),
        flows(std::move(the_flows)),
        then(std::move(the_then)),
        options(std::move(the_options)) {}

  Task<> run_all(std::function<void(Result<Json>)> done);
  Status compile();
  Status choose();
  Task<> look(const Item& item);
  Task<std::optional<Record>> source_of(const Item& item, const FlowPtr& before,
                                        const FlowPtr& after);
  Task<Result<bool>> was_in_scope(const Item& item, const FlowPtr& before, const FlowPtr& after,
                                  const Record& record);
  Result<FlowPtr> flow_then(const std::string& hash);
  void not_compared(const std::string& why) { ++reasons[core.hide(why)]; }
  void add_fields(const Item& item, const FlowPtr& after,
                  const std::vector<ShadowDifference>& found, const Record* twin);
  Group& group(const Item& item, const std::string& kind, const Flow& flow,
               const std::string& path);
  void add_scope(const Item& item, const std::string& kind, const Flow& flow);
  Json report();

  Reads reads;
  Core& core;
  std::vector<FlowConfig> flows;
  FlowThen then;
  ShadowOptions options;
  std::function<void(std::size_t, std::size_t)> progress;

  std::map<std::string, FlowPtr> now;                // by name
  std::map<std::string, Result<FlowPtr>> then_read;  // by hash
  std::vector<Item> items;
  std::size_t at = 0;
  std::int64_t changes = 0;
  std::int64_t left_out = 0;
  std::int64_t same = 0;
  std::int64_t compared = 0;
  std::map<std::string, std::int64_t> reasons;
  std::map<std::tuple<std::string, std::string, std::string, std::string>, Group> groups;
  std::optional<Error> trouble;
};

Status Shadow::Impl::compile() {
  for (const FlowConfig& config : flows) {
    Result<Mapping> mapping = Mapping::compile(config);
    if (!mapping) return mapping.error();
    now[config.name] = std::make_shared<const Flow>(Flow{config, std::move(*mapping)});
  }
  return {};
}

// The journal, each ticket once for each configuration that handled it.
Status Shadow::Impl::choose() {
  std::map<std::tuple<std::string, Side, std::string, std::string>, std::size_t> known;
  ChangeFilter filter;
  filter.flow = options.flow;
  filter.limit = kPage;
  filter.since = options.since;
  for (;;) {
    auto page = core.context().store.changes(filter);
    if (!page) return page.error();
    for (ChangeRow& change : *page) {
      ++changes;
      const auto [found, fresh] = known.emplace(
          std::tuple{change.flow, change.side, change.entity_id, change.config_hash}, items.size());
      if (!fresh) {
        if (found->second < items.size() && !change.payload.empty())
          items[found->second].payload = std::move(change.payload);
        continue;
      }
      const auto flow = now.find(change.flow);
      if (flow != now.end() && flow->second->config.hash == change.config_hash) {
        ++same;
        found->second = static_cast<std::size_t>(-1);
        continue;
      }
      if (items.size() >= static_cast<std::size_t>(options.tickets_max)) {
        ++left_out;
        found->second = static_cast<std::size_t>(-1);
        continue;
      }
      items.push_back({change.flow, change.side, change.entity_id, change.config_hash,
                       std::move(change.payload)});
    }
    if (page->size() < static_cast<std::size_t>(kPage)) return {};
    filter.after_seq = page->back().seq;
  }
}

Result<FlowPtr> Shadow::Impl::flow_then(const std::string& hash) {
  const auto known = then_read.find(hash);
  if (known != then_read.end()) return known->second;
  Result<FlowPtr> read = Error{Fault::kRejected, "no configuration"};
  if (auto config = then(hash); !config) {
    read = config.error();
  } else if (auto mapping = Mapping::compile(*config); !mapping) {
    read = mapping.error();
  } else {
    read = FlowPtr(std::make_shared<const Flow>(Flow{*config, std::move(*mapping)}));
  }
  then_read.emplace(hash, read);
  return read;
}

// As it is now; with the document that the journal kept, where it kept one.
Task<std::optional<Record>> Shadow::Impl::source_of(const Item& item, const FlowPtr& before,
                                                    const FlowPtr& after) {
  if (before->system(item.side) != after->system(item.side)) {
    not_compared("its tickets are on another system now");
    co_return std::nullopt;
  }
  Result<Record> record = co_await reads.fetch(after, item.side, item.id);
  if (!record) {
    if (record.error().fault != Fault::kRejected) trouble = record.error();
    not_compared(record.error().message);
    co_return std::nullopt;
  }
  if (record->deleted) {
    not_compared("the ticket is gone");
    co_return std::nullopt;
  }
  const auto kept = Json::parse(item.payload.empty() ? "null" : item.payload, "payload");
  if (kept && kept->at("doc").is_object()) record->doc = kept->at("doc");
  co_return std::move(*record);
}

Task<Result<bool>> Shadow::Impl::was_in_scope(const Item& item, const FlowPtr& before,
                                              const FlowPtr& after, const Record& record) {
  if (before->config.side(item.side).where == after->config.side(item.side).where)
    co_return record.in_scope;
  Result<Record> seen = co_await reads.fetch(before, item.side, item.id);
  if (!seen) co_return seen.error();
  co_return !seen->deleted && seen->in_scope;
}

Task<> Shadow::Impl::look(const Item& item) {
  Result<FlowPtr> before = flow_then(item.hash);
  if (!before) {
    not_compared(before.error().message);
    co_return;
  }
  const auto found = now.find(item.flow);
  if (found == now.end()) {
    ++compared;
    add_scope(item, "flow removed", **before);
    co_return;
  }
  const FlowPtr after = found->second;
  std::optional<Record> record = co_await source_of(item, *before, after);
  if (!record) co_return;
  Result<bool> was = co_await was_in_scope(item, *before, after, *record);
  if (!was) {
    trouble = was.error();
    co_return;
  }
  auto link = core.context().store.link_of(item.flow, item.side, item.id);
  const bool linked = link && *link && !(*link)->id_of(other(item.side)).empty();
  // A flow that writes the other way only takes in none of these.
  const auto takes = [&](const Flow& flow, bool in_scope) {
    return in_scope &&
           (linked || !flow.config.only_towards || *flow.config.only_towards != item.side);
  };
  const bool took = takes(**before, *was);
  const bool takes_now = takes(*after, record->in_scope);
  if (took != takes_now) add_scope(item, takes_now ? "newly taken in" : "newly filtered", *after);
  ++compared;
  if (!took || !takes_now) co_return;
  Record twin;
  if (linked) {
    Result<Record> there =
        co_await reads.fetch(after, other(item.side), (*link)->id_of(other(item.side)));
    if (!there && there.error().fault != Fault::kRejected) {
      trouble = there.error();
      co_return;
    }
    if (there) twin = std::move(*there);
  }
  const Record* there = linked ? &twin : nullptr;
  add_fields(item, after, shadow_compare(**before, *after, item.side, *record, there), there);
}

Group& Shadow::Impl::group(const Item& item, const std::string& kind, const Flow& flow,
                           const std::string& path) {
  const Side target = path.empty() ? item.side : other(item.side);
  Group& one = groups[{item.flow, to_text(target), path, kind}];
  if (one.count++ == 0) {
    one.head.set("flow", item.flow);
    one.head.set("kind", kind);
    one.head.set("side", to_text(target));
    one.head.set("system", flow.system(target));
    if (!path.empty()) one.head.set("path", path);
  }
  return one;
}

void Shadow::Impl::add_scope(const Item& item, const std::string& kind, const Flow& flow) {
  Group& one = group(item, kind, flow, {});
  if (one.samples.size() >= kSamplesMax) return;
  one.samples.push(Json(Json::Object{{"ticket", std::string(to_text(item.side)) + ":" + item.id}}));
}

void Shadow::Impl::add_fields(const Item& item, const FlowPtr& after,
                              const std::vector<ShadowDifference>& found, const Record* twin) {
  for (const ShadowDifference& difference : found) {
    Group& one = group(item, to_text(difference.kind), *after, difference.path);
    one.head.set("rule", difference.rule);
    if (difference.place.line > 0) {
      one.head.set("at", difference.place.file + ":" + std::to_string(difference.place.line));
    }
    one.overwrites += difference.overwrites ? 1 : 0;
    one.deletes += difference.deletes ? 1 : 0;
    if (one.samples.size() >= kSamplesMax) continue;
    Json& sample = one.samples.push(Json::object());
    sample.set("ticket", std::string(to_text(item.side)) + ":" + item.id);
    if (twin != nullptr) {
      sample.set("twin", std::string(to_text(other(item.side))) + ":" + twin->id);
    }
    if (difference.before) sample.set("before", *difference.before);
    if (difference.after) sample.set("after", *difference.after);
    if (!difference.reason.empty()) sample.set("reason", difference.reason);
  }
}

Json Shadow::Impl::report() {
  Json out = Json::object();
  out.set("at", core.now_text());
  out.set("since", moment(options.since));
  out.set("changes", changes);
  out.set("tickets", static_cast<std::int64_t>(items.size()));
  out.set("left_out", left_out);
  out.set("same", same);
  out.set("compared", compared);
  Json& why = out.set("not_compared", Json::object());
  for (const auto& [reason, times] : reasons) why.set(reason, times);
  std::int64_t overwrites = 0;
  std::int64_t deletes = 0;
  Json list = Json::array();
  for (auto& [key, one] : groups) {
    Json& line = list.push(one.head);
    line.set("count", one.count);
    line.set("overwrites", one.overwrites);
    line.set("deletes", one.deletes);
    line.set("samples", one.samples);
    overwrites += one.overwrites;
    deletes += one.deletes;
  }
  auto hidden = Json::parse(core.hide(list.dump()), "groups");
  out.set("groups", hidden ? std::move(*hidden) : Json::array());
  out.set("overwrites", overwrites);
  out.set("deletes", deletes);
  out.set("calls", reads.calls());
  if (trouble) out.set("failed", core.hide(trouble->message));
  return out;
}

Task<> Shadow::Impl::run_all(std::function<void(Result<Json>)> done) {
  Status ready = compile();
  if (ready) ready = choose();
  if (!ready) {
    done(ready.error());
    co_return;
  }
  co_await reads.side_by_side([this]() -> std::optional<Task<>> {
    if (progress) progress(at, items.size());
    if (trouble || at == items.size()) return std::nullopt;
    return look(items[at++]);
  });
  done(report());
}

Shadow::Shadow(const EngineContext& context, std::vector<FlowConfig> flows, FlowThen then,
               std::vector<std::string> secrets, ShadowOptions options)
    : impl_(
          std::make_unique<Impl>(context, std::move(flows), std::move(then), std::move(options))) {
  impl_->core.set_secrets(std::move(secrets));
}

Shadow::~Shadow() = default;

void Shadow::on_progress(std::function<void(std::size_t done, std::size_t all)> progress) {
  impl_->progress = std::move(progress);
}

void Shadow::run(std::function<void(Result<Json>)> done) {
  impl_->core.spawn(impl_->run_all(std::move(done)));
}

}  // namespace navette::tools
