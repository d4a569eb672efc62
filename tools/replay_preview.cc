#include "tools/replay_preview.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <unistd.h>

#include "base/clock.h"
#include "sync/dead_letters.h"
#include "tools/exit.h"
#include "tools/letters.h"
#include "tools/past_config.h"
#include "tools/previews.h"
#include "tools/setup.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

constexpr int kPage = 500;

// What is to be looked at, by the configuration that handles it; "" is the one of now.
struct Choice {
  std::map<std::string, std::vector<Previewed>> by_config;
  std::vector<std::int64_t> letters;  // one for each ticket
  std::size_t tickets = 0;
  std::int64_t changes = 0;
};

Result<Json> patch_of(Store& store, const ChangeRow& change) {
  auto edit = store.edit(change.seq);
  if (!edit) return edit.error();
  if (!*edit) return Json();
  auto original = Json::parse(change.payload, "payload");
  auto edited = Json::parse((*edit)->payload, "edit");
  if (!original || !edited) return Json();
  return merge_patch(original->at("doc"), edited->at("doc"));
}

Result<Choice> choose(Store& store, const ReplayOrder& order, int tickets_max) {
  Choice choice;
  std::set<std::tuple<std::string, Side, std::string>> seen;
  ChangeFilter filter = order.filter;
  filter.limit = kPage;
  for (;;) {
    auto page = store.changes(filter);
    if (!page) return page.error();
    for (const ChangeRow& change : *page) {
      if (change.disposition == Disposition::kPending) continue;
      ++choice.changes;
      if (!seen.emplace(change.flow, change.side, change.entity_id).second) continue;
      if (choice.letters.size() >= static_cast<std::size_t>(tickets_max)) continue;
      auto patch = patch_of(store, change);
      if (!patch) return patch.error();
      choice.letters.push_back(change.seq);
      choice.by_config[order.config_then ? change.config_hash : ""].push_back(
          {{change.flow, change.side, change.entity_id}, std::move(*patch)});
    }
    if (page->size() < static_cast<std::size_t>(kPage)) break;
    filter.after_seq = page->back().seq;
  }
  choice.tickets = seen.size();
  return choice;
}

// The configuration as it was under this hash, for the flow that has it.
Result<LoadResult> config_under(const StoreOption& option, Store& store, const LoadResult& now,
                                const std::string& hash) {
  LoadResult config = now;
  if (hash.empty()) return config;
  auto text = store.config(hash);
  if (!text) return text.error();
  if (!*text) {
    return Error{Fault::kRejected, "the configuration of then (" + hash + ") is not in the store"};
  }
  auto flow = config_of_then(hash, **text, [&](const std::map<std::string, std::string>& files) {
    return load(option.config, {.in_place_of = files});
  });
  if (!flow) return flow.error();
  for (FlowConfig& one : config.flows) {
    if (one.name == flow->name) one = *flow;
  }
  return config;
}

Result<Json> look(const StoreOption& option, Store& store, const LoadResult& config,
                  const Choice& choice) {
  Json previews = Json::array();
  std::size_t before = 0;
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  for (const auto& [hash, tickets] : choice.by_config) {
    auto with = config_under(option, store, config, hash);
    if (!with) return with.error();
    const auto reports = preview_all(*with, store, tickets, [&](std::size_t done) {
      if (terminal) {
        std::fprintf(stderr, "\r%zu of %zu\x1b[K", before + done, choice.letters.size());
      }
    });
    if (!reports) return reports.error();
    for (const Json& report : reports->items()) previews.push(report);
    before += tickets.size();
  }
  if (terminal) std::fputs("\r\x1b[K", stderr);
  return previews;
}

// From mapped or command: the create that was kept is what would be sent, unless the ticket has its
// twin by now.
Result<Json> kept_commands(Store& store, const Choice& choice) {
  Json out = Json::array();
  for (const std::int64_t seq : choice.letters) {
    auto letter = letter_whole(store, seq);
    if (!letter) return letter.error();
    Json& line = out.push(Json::object());
    line.set("id", seq);
    for (const Json& command : letter->at("commands").items()) {
      if (command.at("kind").text() == "create") line.set("command", command);
    }
  }
  return out;
}

}  // namespace

int preview_replay(const StoreOption& option, const Json& arguments, int tickets_max, bool json) {
  const auto config = load_or_explain(option.config);
  if (!config) return kUsage;
  auto store = view_of(option.store.empty() ? config->hub.store : option.store);
  if (!store) return fail(store.error());
  const std::vector<FlowSides> flows = sides_of(config->flows);
  const auto order = replay_order_of({**store, flows, SystemClock().now()}, arguments);
  if (!order) return fail(order.error());
  const auto choice = choose(**store, *order, tickets_max);
  if (!choice) return fail(choice.error());
  Json out = Json::object();
  out.set("chosen", choice->changes);
  out.set("tickets", static_cast<std::int64_t>(choice->tickets));
  out.set("looked_at", static_cast<std::int64_t>(choice->letters.size()));
  if (!choice->letters.empty()) {
    auto previews = look(option, **store, *config, *choice);
    if (!previews) return fail(previews.error());
    out.set("previews", std::move(*previews));
    if (order->from != ReplayFrom::kRaw) {
      auto kept = kept_commands(**store, *choice);
      if (!kept) return fail(kept.error());
      out.set("commands", std::move(*kept));
    }
  }
  if (json) {
    print_json(out);
    return choice->changes > 0 ? kOk : kBad;
  }
  for (const Json& report : choice->letters.empty() ? Json::Array() : out.at("previews").items())
    print(preview_text(report) + "\n");
  if (out.find("commands") != nullptr) {
    print("Commands that were kept, and would be sent for tickets without a twin:\n" +
          outline(out.at("commands"), "  "));
  }
  print(std::to_string(choice->changes) + " changes of " + std::to_string(choice->tickets) +
        " tickets would be replayed; " + std::to_string(choice->letters.size()) +
        " tickets were looked at, and nothing was written.\n");
  return choice->changes > 0 ? kOk : kBad;
}

}  // namespace navette::tools
