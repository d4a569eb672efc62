#include "sync/repair.h"

#include "sync/link_state.h"

namespace navette {
namespace {

Result<bool> waits_already(Store& store, const RepairTicket& ticket) {
  auto pending = store.changes({.flow = ticket.flow,
                                .side = ticket.side,
                                .entity_id = ticket.id,
                                .disposition = Disposition::kPending,
                                .limit = 1});
  if (!pending) return pending.error();
  return !pending->empty();
}

ChangeRow change_of(Store& store, const RepairTicket& ticket, std::int64_t now) {
  ChangeRow change;
  change.flow = ticket.flow;
  change.side = ticket.side;
  change.entity_id = ticket.id;
  change.origin = "repair";
  change.correlation = "repair-" + std::to_string(store.new_id());
  change.config_hash = ticket.config_hash;
  change.received_at = now;
  return change;
}

}  // namespace

Result<std::int64_t> begin_repair(Store& store, const std::vector<RepairTicket>& tickets,
                                  std::int64_t now) {
  Batch batch;
  std::int64_t journalled = 0;
  for (const RepairTicket& ticket : tickets) {
    auto waits = waits_already(store, ticket);
    if (!waits) return waits.error();
    auto link = store.link_of(ticket.flow, ticket.side, ticket.id);
    if (!link) return link.error();
    if (*link) {
      auto state = LinkState::parse((*link)->state);
      if (!state) return state.error();
      state->digest = {};
      (*link)->state = state->dump();
      batch.push_back(PutLink{**link});
    }
    if (*waits) continue;
    batch.push_back(AddChange{change_of(store, ticket, now)});
    ++journalled;
  }
  if (!batch.empty()) NAVETTE_TRY(store.commit(batch));
  return journalled;
}

}  // namespace navette
