// The Store in one SQLite file. docs/store.md describes it for operators.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/sqlite.h"
#include "store/store.h"
#include "store/writer_lock.h"

namespace navette {

class SqliteStore final : public Store {
 public:
  // REQUIRES: the schema of `database` is current; `lock` is held unless it is read-only or in
  // memory.
  SqliteStore(std::unique_ptr<sqlite::Database> database, WriterLock lock);

  // Reads where the numbers of new_id() go on. To be called once, before any other method.
  Status start();

  using Store::commit;
  std::int64_t new_id() override;
  std::vector<Status> commit(std::span<const Batch> batches) override;

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
  Status write(const Batch& batch);
  Status write_all(std::span<const Batch> batches, std::vector<Status>& answers);
  Status write_one(const Batch& batch);
  Status apply(const AddChange& operation);
  Status apply(const SetCursor& operation);
  Status apply(const EndChanges& operation);
  Status apply(const DeferChanges& operation);
  Status apply(const ReviveChanges& operation);
  Status apply(const PutLink& operation);
  Status apply(const DropLink& operation);
  Status apply(const PutChild& operation);
  Status apply(const PutCommand& operation);
  Status apply(const AddEvent& operation);
  Status apply(const MoveChanges& operation);
  Status apply(const SetPayload& operation);
  Status apply(const PutEdit& operation);
  Status apply(const PutReplay& operation);
  Status apply(const ChooseChanges& operation);
  Status apply(const ReleaseChanges& operation);
  Status apply(const PutConfig& operation);
  // sqlite_prune.cc
  Status apply(const PruneRows& operation);
  Status prune_change(std::int64_t seq);
  Status prune_payload(std::int64_t seq, std::int64_t at);
  Status apply(const HastenChanges& operation);
  Status apply(const PutStall& operation);

  // The number that stands for a flow's name in the tables; makes one for a new name.
  Result<std::int64_t> flow_number(const std::string& name);
  // Records that every number below `next_id_` plus a reserve may have been given.
  Status reserve_ids();
  Error command_error(const CommandRow& command, const Error& refused);

  WriterLock lock_;  // given back after the database is closed
  std::unique_ptr<sqlite::Database> database_;
  // Names of flows whose number is known. Emptied by every roll-back, which may take one back.
  std::unordered_map<std::string, std::int64_t> flows_;
  std::int64_t next_id_ = 1;
  std::int64_t reserved_ids_ = 1;  // numbers from here on are not on record as given
};

}  // namespace navette
