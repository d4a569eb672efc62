#include "tools/view_store.h"

namespace navette::tools {
Result<std::string> ViewStore::cursor(const std::string& name) {
  if (!under_) return std::string();
  return under_->cursor(name);
}

Result<std::optional<ChangeRow>> ViewStore::change(std::int64_t seq) {
  if (!under_) return std::optional<ChangeRow>();
  return under_->change(seq);
}

Result<std::vector<ChangeRow>> ViewStore::changes(const ChangeFilter& filter) {
  if (!under_) return std::vector<ChangeRow>();
  return under_->changes(filter);
}

Result<std::vector<ChangeRow>> ViewStore::fresh(const std::string& flow, Lane lane,
                                                std::int64_t after_seq, int limit) {
  if (!under_) return std::vector<ChangeRow>();
  return under_->fresh(flow, lane, after_seq, limit);
}

Result<std::vector<ChangeRow>> ViewStore::due(const std::string& flow, Lane lane, std::int64_t now,
                                              int limit) {
  if (!under_) return std::vector<ChangeRow>();
  return under_->due(flow, lane, now, limit);
}

Result<std::optional<std::int64_t>> ViewStore::next_due(const std::string& flow, Lane lane,
                                                        std::int64_t now) {
  if (!under_) return std::optional<std::int64_t>();
  return under_->next_due(flow, lane, now);
}

Result<std::vector<ChangeRow>> ViewStore::deferred(const std::string& flow, Side side,
                                                   const std::string& entity_id, int limit) {
  if (!under_) return std::vector<ChangeRow>();
  return under_->deferred(flow, side, entity_id, limit);
}

Result<std::optional<LinkRow>> ViewStore::link(std::int64_t id) {
  if (!under_) return std::optional<LinkRow>();
  return under_->link(id);
}

Result<std::optional<LinkRow>> ViewStore::link_of(const std::string& flow, Side side,
                                                  const std::string& entity_id) {
  if (!under_) return std::optional<LinkRow>();
  return under_->link_of(flow, side, entity_id);
}

Result<std::vector<LinkRow>> ViewStore::links(const LinkFilter& filter) {
  if (!under_) return std::vector<LinkRow>();
  return under_->links(filter);
}

Result<std::vector<ChildRow>> ViewStore::children(std::int64_t link) {
  if (!under_) return std::vector<ChildRow>();
  return under_->children(link);
}

Result<std::vector<CommandRow>> ViewStore::commands(std::int64_t link, bool open_only) {
  if (!under_) return std::vector<CommandRow>();
  return under_->commands(link, open_only);
}

Result<std::vector<CommandRow>> ViewStore::open_commands(std::int64_t after_id, int limit) {
  if (!under_) return std::vector<CommandRow>();
  return under_->open_commands(after_id, limit);
}

Result<std::vector<EventRow>> ViewStore::events(std::int64_t link, int limit) {
  if (!under_) return std::vector<EventRow>();
  return under_->events(link, limit);
}

Result<std::vector<EventRow>> ViewStore::unlinked_events(const std::string& correlation,
                                                         int limit) {
  if (!under_) return std::vector<EventRow>();
  return under_->unlinked_events(correlation, limit);
}

Result<std::vector<ReasonCount>> ViewStore::reasons(const ChangeFilter& filter) {
  if (!under_) return std::vector<ReasonCount>();
  return under_->reasons(filter);
}

Result<std::optional<EditRow>> ViewStore::edit(std::int64_t change) {
  if (!under_) return std::optional<EditRow>();
  return under_->edit(change);
}

Result<std::optional<ReplayRow>> ViewStore::replay(std::int64_t id) {
  if (!under_) return std::optional<ReplayRow>();
  return under_->replay(id);
}

Result<std::vector<ReplayRow>> ViewStore::replays(bool open_only, int limit) {
  if (!under_) return std::vector<ReplayRow>();
  return under_->replays(open_only, limit);
}

Result<std::optional<std::string>> ViewStore::config(const std::string& hash) {
  if (!under_) return std::optional<std::string>();
  return under_->config(hash);
}

Result<PruneLook> ViewStore::prunable(Prunable what, std::int64_t before, std::int64_t after,
                                      int rows_max) {
  if (!under_) return PruneLook{{}, after, 0, true};
  return under_->prunable(what, before, after, rows_max);
}

Result<std::optional<std::int64_t>> ViewStore::bytes() {
  if (!under_) return std::optional<std::int64_t>();
  return under_->bytes();
}

Result<std::vector<FlowCounts>> ViewStore::counts() {
  if (!under_) return std::vector<FlowCounts>();
  return under_->counts();
}

Result<std::vector<WaitingReason>> ViewStore::waiting() {
  if (!under_) return std::vector<WaitingReason>();
  return under_->waiting();
}

}  // namespace navette::tools
