#include "tools/store_prune.h"

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "sync/retention.h"
#include "tools/exit.h"
#include "tools/options.h"
#include "tools/setup.h"
#include "tools/text.h"

namespace navette::tools {
namespace {

constexpr int kRowsAtOnce = 1000;

struct Asked {
  ConfigOption config;
  bool dry_run = false;
  bool json = false;
};

Error nothing_said() {
  return {Fault::kMisconfigured,
          "prune: navette.yaml has no `retention` with an age: everything is kept"};
}

// How many rows it found. `take`: they go.
Result<std::int64_t> walk(Store& store, const PruneWalk& one, std::int64_t now, bool take) {
  std::int64_t found = 0;
  std::int64_t after = 0;
  for (;;) {
    const auto look = take ? store.prune(one.what, one.before, after, kRowsAtOnce, now)
                           : store.prunable(one.what, one.before, after, kRowsAtOnce);
    if (!look) return look.error();
    found += static_cast<std::int64_t>(look->rows.size());
    after = look->next;
    if (look->end) return found;
  }
}

Result<Json> prune(const RetentionConfig& retention, const std::string& place, bool dry_run) {
  const std::int64_t now = SystemClock().now().time_since_epoch().count();
  const std::vector<PruneWalk> walks = prune_walks(retention, now);
  if (walks.empty()) return nothing_said();
  auto store = open_store(place, {.read_only = dry_run});
  if (!store) return store.error();
  const auto open = (*store)->replays(true, 1);
  if (!open) return open.error();
  if (!open->empty() && !dry_run) {
    return Error{Fault::kRetryLater, "prune: replay " + std::to_string(open->front().id) +
                                         " is not done; start the hub, or stop the replay"};
  }
  Json report = Json::object();
  report.set("dry_run", dry_run);
  Json& rows = report.set("rows", Json::array());
  for (const PruneWalk& one : walks) {
    const auto found = walk(**store, one, now, !dry_run);
    if (!found) return found.error();
    Json& line = rows.push(Json::object());
    line.set("what", to_text(one.what));
    line.set("before", moment(one.before));
    line.set("rows", *found);
  }
  if (!dry_run) NAVETTE_TRY((*store)->commit({retention_marks_of(retention, now)}));
  return report;
}

int prune_store(const Asked& asked) {
  const auto config = load_or_explain(asked.config);
  if (!config) return kUsage;
  const auto report = prune(config->hub.retention, config->hub.store, asked.dry_run);
  if (!report) return fail(report.error());
  if (asked.json) {
    print_json(*report);
    return kOk;
  }
  Table table({"what", "older than", "rows"});
  for (const Json& line : report->at("rows").items())
    table.add({line.at("what").text(), line.at("before").text(), line.at("rows").text()});
  print(table.text());
  print(asked.dry_run ? "Nothing was taken away: this is what would be.\n" : "Taken away.\n");
  return kOk;
}

}  // namespace

void add_store_prune(CLI::App& group, Chosen& chosen) {
  auto asked = std::make_shared<Asked>();
  CLI::App* command = new_command(
      group, "prune",
      "Takes away what is older than `retention` keeps, by age, all at once. A hub does so by "
      "itself, in small steps; while one runs, only --dry-run is possible.",
      "  navette store prune --dry-run");
  command->add_flag("--dry-run", asked->dry_run,
                    "Only say how much would go; works beside a running hub");
  add_config(*command, asked->config);
  add_json(*command, asked->json);
  command->callback([asked, &chosen] { chosen = [asked] { return prune_store(*asked); }; });
}

}  // namespace navette::tools
