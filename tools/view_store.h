// A store that can be read and takes every write without keeping it: for looking at what would
// happen.

#pragma once

#include <memory>

#include "store/store.h"

namespace navette::tools {

// Reads see `under`, or nothing at all when that is null. Threads: as Store.
class ViewStore final : public Store {
 public:
  explicit ViewStore(std::unique_ptr<Store> under) : under_(std::move(under)) {}

  std::int64_t new_id() override { return ++last_id_; }
  std::vector<Status> commit(std::span<const Batch> batches) override {
    return std::vector<Status>(batches.size());
  }

  Result<std::string> cursor(const std::string& name) override;
  Result<std::optional<ChangeRow>> change(std::int64_t seq) override;
  Result<std::vector<ChangeRow>> changes(const ChangeFilter& filter) override;
  Result<std::vector<ChangeRow>> fresh(const std::string& flow, Lane lane, std::int64_t after_seq,
                                       int limit) override;
  Result<std::vector<ChangeRow>> due(const std::string& flow, Lane lane, std::int64_t now,
                                     int limit) override;
  Result<std::optional<std::int64_t>> next_due(const std::string& flow, Lane lane,
                                               std::int64_t now) override;
  Result<std::vector<ChangeRow>> deferred(const std::string& flow, Side side,
                                          const std::string& entity_id, int limit) override;
  Result<std::optional<LinkRow>> link(std::int64_t id) override;
  Result<std::optional<LinkRow>> link_of(const std::string& flow, Side side,
                                         const std::string& entity_id) override;
  Result<std::vector<LinkRow>> links(const LinkFilter& filter) override;
  Result<std::vector<ChildRow>> children(std::int64_t link) override;
  Result<std::vector<CommandRow>> commands(std::int64_t link, bool open_only) override;
  Result<std::vector<CommandRow>> open_commands(std::int64_t after_id, int limit) override;
  Result<std::vector<EventRow>> events(std::int64_t link, int limit) override;
  Result<std::vector<EventRow>> unlinked_events(const std::string& correlation, int limit) override;
  Result<std::vector<ReasonCount>> reasons(const ChangeFilter& filter) override;
  Result<std::optional<EditRow>> edit(std::int64_t change) override;
  Result<std::optional<ReplayRow>> replay(std::int64_t id) override;
  Result<std::vector<ReplayRow>> replays(bool open_only, int limit) override;
  Result<std::optional<std::string>> config(const std::string& hash) override;
  Result<PruneLook> prunable(Prunable what, std::int64_t before, std::int64_t after,
                             int rows_max) override;
  Result<std::optional<std::int64_t>> bytes() override;
  Result<std::vector<FlowCounts>> counts() override;
  Result<std::vector<WaitingReason>> waiting() override;

 private:
  std::unique_ptr<Store> under_;
  std::int64_t last_id_ = 0;
};

}  // namespace navette::tools
