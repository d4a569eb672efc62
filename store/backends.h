// What each backend offers to open.cc and table.cc.

#pragma once

#include <memory>
#include <string>

#include "store/sqlite.h"
#include "store/store.h"
#include "store/table.h"
#include "store/writer_lock.h"

namespace navette {

bool is_postgres(const std::string& where);

Result<std::unique_ptr<Store>> open_sqlite(const std::string& where, const OpenOptions& options);
Result<std::unique_ptr<TableSource>> open_sqlite_source(const std::string& where, bool half);
Result<std::unique_ptr<TableSink>> open_sqlite_sink(const std::string& where);

Result<std::unique_ptr<Store>> open_postgres(const std::string& where, const OpenOptions& options);
Result<std::unique_ptr<TableSource>> open_postgres_source(const std::string& where, bool half);
Result<std::unique_ptr<TableSink>> open_postgres_sink(const std::string& where);

// table_sqlite.cc. REQUIRES: the schema is current.
Result<std::unique_ptr<TableSource>> make_sqlite_source(std::unique_ptr<sqlite::Database> database);
Result<std::unique_ptr<TableSink>> make_sqlite_sink(std::unique_ptr<sqlite::Database> database,
                                                    WriterLock lock);

// Of a store whose copy was begun and not finished.
Error half_copied(const std::string& where);
// Of one that is to be filled and has something in it.
Error not_empty(const std::string& where);

}  // namespace navette
