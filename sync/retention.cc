#include "sync/retention.h"

#include <utility>

#include "base/clock.h"

namespace navette {
namespace {

constexpr const char* kMarks = "retention";
// So much stays whatever the size of the store.
constexpr std::int64_t kYoungMs = 3'600'000;

std::string moment(std::int64_t ms) {
  return to_rfc3339(TimePoint(std::chrono::milliseconds(ms)));
}

}  // namespace

const char* to_text(Prunable what) {
  switch (what) {
    case Prunable::kPayloads:
      return "payloads";
    case Prunable::kChanges:
      return "changes";
    case Prunable::kCommands:
      return "commands";
    case Prunable::kEvents:
      return "events";
  }
  return "";
}

std::vector<PruneWalk> prune_walks(const RetentionConfig& retention, std::int64_t now) {
  std::vector<PruneWalk> walks;
  const auto add = [&](Prunable what, const std::optional<std::chrono::milliseconds>& keep) {
    if (keep) walks.push_back({what, now - keep->count()});
  };
  add(Prunable::kPayloads, retention.payload);
  add(Prunable::kChanges, retention.metadata);
  add(Prunable::kCommands, retention.metadata);
  add(Prunable::kEvents, retention.audit);
  return walks;
}

std::vector<PruneWalk> prune_walks_for_size(std::int64_t now) {
  return {{Prunable::kPayloads, now - kYoungMs},
          {Prunable::kCommands, now - kYoungMs},
          {Prunable::kChanges, now - kYoungMs}};
}

Result<Json> retention_marks(Store& store) {
  auto text = store.cursor(kMarks);
  if (!text) return text.error();
  if (text->empty()) return Json::object();
  return Json::parse(*text, "what was pruned");
}

SetCursor retention_marks_of(const RetentionConfig& retention, std::int64_t now) {
  Json marks = Json::object();
  const auto add = [&](const char* name, const std::optional<std::chrono::milliseconds>& keep) {
    if (!keep) return;
    Json& mark = marks.set(name, Json::object());
    mark.set("keep", to_text(*keep));
    mark.set("before", now - keep->count());
    mark.set("at", now);
  };
  add("payload", retention.payload);
  add("metadata", retention.metadata);
  add("audit", retention.audit);
  return {kMarks, marks.dump()};
}

std::string pruned_text(const Json& marks, const char* which) {
  const Json* mark = marks.find(which);
  if (mark == nullptr) return {};
  return "what is older than " + moment(mark->at("before").as_int()) +
         " was pruned (retention of " + mark->at("keep").text() + ")";
}

std::string payload_pruned_text(const Json& marks, std::int64_t at) {
  std::string text = "pruned at " + moment(at);
  const Json* mark = marks.find("payload");
  if (mark != nullptr) text += ", retention of " + mark->at("keep").text();
  return text;
}

void Retention::tick() {
  if (in_round_) return step();
  const bool any =
      retention_.payload || retention_.metadata || retention_.audit || retention_.bytes_max;
  if (any && core_.steady_ms() >= round_at_) begin_round();
}

bool Retention::too_large() {
  if (!retention_.bytes_max) return false;
  const auto bytes = core_.context().store.bytes();
  return bytes && *bytes && **bytes > *retention_.bytes_max;
}

void Retention::begin_round() {
  in_round_ = true;
  for_size_ = false;
  walks_ = prune_walks(retention_, core_.now_ms());
  after_ = 0;
  pruned_.clear();
}

void Retention::step() {
  Store& store = core_.context().store;
  // What a replay is about to run again stays as it is until it is done.
  const auto open = store.replays(true, 1);
  if (!open || !open->empty()) return;
  if (walks_.empty()) {
    if (for_size_ || !too_large()) return end_round();
    for_size_ = true;
    walks_ = prune_walks_for_size(core_.now_ms());
    after_ = 0;
  }
  const PruneWalk walk = walks_.front();
  auto look = store.prunable(walk.what, walk.before, after_, kRowsAtOnce);
  if (!look) return;
  if (!look->rows.empty()) {
    if (!core_.commit_now({PruneRows{walk.what, look->rows, core_.now_ms()}})) return;
    pruned_[to_text(walk.what)] += static_cast<std::int64_t>(look->rows.size());
    if (for_size_ && !too_large()) return end_round();
  }
  after_ = look->next;
  if (!look->end) return;
  walks_.erase(walks_.begin());
  after_ = 0;
}

void Retention::end_round() {
  in_round_ = false;
  walks_.clear();
  round_at_ = core_.steady_ms() + kPauseMs;
  if (for_size_ && too_large()) {
    core_.emit(Level::kWarn, "store_too_large",
               "The store is larger than `retention` says, and nothing that is left may be pruned.",
               {});
  }
  if (pruned_.empty()) return;
  static_cast<void>(core_.commit_now({retention_marks_of(retention_, core_.now_ms())}));
  Core::Fields fields;
  for (const auto& [what, rows] : pruned_) fields.emplace_back(what, std::to_string(rows));
  core_.emit(Level::kInfo, "pruned", "What `retention` does not keep was taken away.",
             std::move(fields));
}

}  // namespace navette
