// The Store in a PostgreSQL database, which several hubs may share. docs/store.md describes it for
// operators.
//
// A commit sends all rows of one kind in a few statements, whatever number of batches they come
// from: a round trip costs more than a row. Only when something in it is refused, or batches depend
// on each other's order, does each batch run on its own behind a savepoint.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/postgres.h"
#include "store/postgres_rows.h"
#include "store/store.h"

namespace navette {

class PostgresStore final : public Store {
 public:
  // REQUIRES: the schema of the database is current.
  explicit PostgresStore(std::unique_ptr<postgres::Session> session);

  // Takes the first numbers for new_id(). To be called once, before any other method; not for a
  // session that only reads.
  Status start();

  using Store::commit;
  // 0 when there are no numbers left and the database cannot be reached; a batch that carries it
  // fails with kRetryLater.
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
  Result<std::vector<std::string>> lease(const std::vector<std::string>& flows,
                                         const std::string& name,
                                         std::chrono::milliseconds span) override;
  Status release() override;
  bool shared() const override { return true; }
  Result<std::vector<FlowCounts>> counts() override;
  Result<std::vector<WaitingReason>> waiting() override;

 private:
  // Begins a transaction in which this hub, if it is one, is known to live.
  Status begin();
  // postgres_lease.cc; each within a transaction.
  Status live(const std::string& name, std::chrono::milliseconds span);
  Status bury_the_dead();
  Result<std::vector<std::string>> take(const std::vector<std::string>& flows);
  // One whole transaction. `*again`: nothing was stored, since the connection broke.
  std::vector<Status> commit_once(std::span<const Batch> batches, bool* again);
  // All rows, by kind.
  Status write_rows(const postgres::RowsOf& rows);
  Status write_changes(const postgres::RowsOf& rows);
  Status write_kind(const postgres::Kind& kind, const std::vector<postgres::Values>& rows);
  // Each batch behind a savepoint. An error: nothing of any batch can be stored.
  Status write_apart(std::span<const Batch> batches, std::vector<Status>& answers);
  Status write_one(const Batch& batch);
  Status choose(const ChooseChanges& operation);
  Status take_away(const PruneRows& operation);  // postgres_prune.cc
  Status refusal(const Operation& operation) const;
  Error explain(const Operation& operation, const Error& refused);
  Error command_error(const CommandRow& command, const Error& refused);

  // The number that stands for a flow's name in the tables; makes one for a new name.
  Result<std::int64_t> flow_number(const std::string& name);
  Status number_flows(std::span<const Batch> batches);
  Status reserve_ids();

  std::unique_ptr<postgres::Session> session_;
  postgres::Statements statements_;
  // Names of flows whose number is known. Emptied by every roll-back, which may take one back.
  std::unordered_map<std::string, std::int64_t> flows_;
  std::int64_t hub_ = 0;  // our row in `hubs`; 0: no lease was asked for
  std::int64_t next_id_ = 1;
  std::int64_t ids_end_ = 1;     // the first number that is not ours
  std::int64_t next_block_ = 0;  // where our next numbers begin; 0: not taken yet
};

}  // namespace navette
