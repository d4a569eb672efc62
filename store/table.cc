#include "store/table.h"

#include <array>

#include "store/backends.h"
#include "store/store.h"

namespace navette {
namespace {

// Counters are left out: the rows that they count bring them along.
constexpr std::array kFlows = {Column{"id", false}, Column{"name", true}, Column{"stall", true},
                               Column{"stalled_at", false}};
constexpr std::array kCursors = {Column{"name", true}, Column{"value", true}};
constexpr std::array kConfigs = {Column{"hash", true}, Column{"text", true}, Column{"at", false}};
constexpr std::array kReplays = {Column{"id", false}, Column{"open", false}, Column{"state", true},
                                 Column{"created_at", false}, Column{"updated_at", false}};
constexpr std::array kChanges = {
    Column{"seq", false},        Column{"flow", false},        Column{"side", false},
    Column{"entity_id", true},   Column{"disposition", false}, Column{"attempts", false},
    Column{"next_at", false},    Column{"received_at", false}, Column{"waiting_since", false},
    Column{"ended_at", false},   Column{"link", false},        Column{"reason", true},
    Column{"version", true},     Column{"origin", true},       Column{"correlation", true},
    Column{"config_hash", true}, Column{"replay", false},      Column{"lane", false}};
constexpr std::array kPayloads = {Column{"change", false}, Column{"payload", true},
                                  Column{"pruned_at", false}};
constexpr std::array kPruned = {Column{"id", false}, Column{"flow", false},
                                Column{"disposition", false}, Column{"changes", false}};
constexpr std::array kEdits = {Column{"change", false}, Column{"payload", true},
                               Column{"at", false}};
constexpr std::array kLinks = {Column{"id", false},         Column{"flow", false},
                               Column{"client_id", true},   Column{"provider_id", true},
                               Column{"parked", false},     Column{"created_at", false},
                               Column{"updated_at", false}, Column{"state", true}};
constexpr std::array kChildren = {Column{"id", false},         Column{"link", false},
                                  Column{"kind", true},        Column{"client_id", true},
                                  Column{"provider_id", true}, Column{"state", true}};
constexpr std::array kCommands = {
    Column{"id", false},       Column{"flow", false},       Column{"link", false},
    Column{"side", false},     Column{"kind", true},        Column{"phase", true},
    Column{"attempts", false}, Column{"created_at", false}, Column{"updated_at", false},
    Column{"key", true},       Column{"correlation", true}, Column{"outcome", true},
    Column{"payload", true}};
constexpr std::array kEvents = {
    Column{"seq", false}, Column{"at", false},         Column{"flow", false}, Column{"link", false},
    Column{"kind", true}, Column{"correlation", true}, Column{"data", true}};

constexpr std::array kTables = {
    StoreTable{"flows", kFlows},       StoreTable{"cursors", kCursors},
    StoreTable{"configs", kConfigs},   StoreTable{"replays", kReplays},
    StoreTable{"changes", kChanges},   StoreTable{"payloads", kPayloads},
    StoreTable{"edits", kEdits},       StoreTable{"links", kLinks},
    StoreTable{"children", kChildren}, StoreTable{"commands", kCommands},
    StoreTable{"events", kEvents},     StoreTable{"pruned", kPruned}};

}  // namespace

std::span<const StoreTable> store_tables() {
  return kTables;
}

Result<std::unique_ptr<TableSource>> open_source(const std::string& where, bool half) {
  return is_postgres(where) ? open_postgres_source(where, half) : open_sqlite_source(where, half);
}

Result<std::unique_ptr<TableSink>> open_sink(const std::string& where) {
  return is_postgres(where) ? open_postgres_sink(where) : open_sqlite_sink(where);
}

}  // namespace navette
