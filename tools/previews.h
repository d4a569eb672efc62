// What tickets would cause: looked at with the real systems, and nothing written.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

#include "config/load.h"
#include "store/store.h"
#include "tools/ticket.h"

namespace navette::tools {

struct Previewed {
  FlowTicket ticket;
  Json patch;  // laid over what is read of it; null: nothing is
};

// The links and bases that the hub has by now; a store that is not there yet is an empty one.
// Errors: as open_store().
Result<std::unique_ptr<Store>> view_of(const std::string& place);

// One report for each, in their order (Engine::preview()). One that could not be made is
// {"flow", "side", "id", "error"} when there are several. `store` takes no write that matters.
// `progress`, when there is one, is told how many are done.
// Errors: kMisconfigured, kRetryLater (no answer in time).
Result<Json> preview_all(const LoadResult& config, Store& store,
                         const std::vector<Previewed>& tickets,
                         const std::function<void(std::size_t)>& progress);

std::string preview_text(const Json& report);

}  // namespace navette::tools
