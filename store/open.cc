#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "store/backends.h"
#include "store/postgres.h"
#include "store/schema.h"
#include "store/sqlite_store.h"
#include "store/store.h"

namespace navette {
namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kMemory = ":memory:";

Error misfit(const std::string& where, const std::string& cause) {
  return {Fault::kMisconfigured, "open store " + where + ": " + cause};
}

// The one name of the file, however it was named: two names must not get two locks.
Result<std::string> resolve(const std::string& file, bool read_only) {
  std::error_code trouble;
  const std::filesystem::path path =
      std::filesystem::weakly_canonical(std::filesystem::absolute(file, trouble), trouble);
  if (trouble) return misfit(file, trouble.message());
  if (std::filesystem::is_directory(path, trouble)) {
    return misfit(path.string(), "this is a folder: expected the name of a file in it");
  }
  if (!std::filesystem::is_directory(path.parent_path(), trouble)) {
    return misfit(path.string(), "there is no folder " + path.parent_path().string() +
                                     ": make it, or correct `store` in navette.yaml");
  }
  if (read_only && !std::filesystem::exists(path, trouble)) {
    return misfit(path.string(), "there is no such file: the hub makes it when it first runs");
  }
  return path.string();
}

// It holds people's tickets, so it is made for its owner only; SQLite gives its -wal the same mode.
Status make_file(const std::string& file) {
  // Never opened when it is there: closing it again would drop the locks that another connection
  // of this process holds on it.
  const int handle = open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (handle < 0 && errno == EEXIST) return {};
  if (handle < 0) {
    return misfit(file, std::string(std::strerror(errno)) +
                            ": let this user read and write it, or name another file");
  }
  close(handle);
  return {};
}

Result<std::unique_ptr<Store>> finish(std::unique_ptr<sqlite::Database> database, WriterLock lock) {
  auto store = std::make_unique<SqliteStore>(std::move(database), std::move(lock));
  NAVETTE_TRY(store->start());
  return std::unique_ptr<Store>(std::move(store));
}

// The file that "sqlite:FILE" names.
Result<std::string> file_named(const std::string& where) {
  if (where.starts_with(kSqlite) && where.size() > kSqlite.size()) {
    return where.substr(kSqlite.size());
  }
  return misfit("\"" + shown_place(where) + "\"",
                "this kind is not known: expected sqlite:FILE, for example "
                "sqlite:/var/lib/navette/navette.db, or postgresql://USER@HOST/DATABASE");
}

Status require_whole(sqlite::Database& database) {
  auto mark = database.number("SELECT count(*) FROM meta WHERE key = 'copying'");
  if (!mark) return mark.error();
  return *mark == 0 ? Status() : Status(half_copied(database.file()));
}

Result<std::unique_ptr<Store>> open_writer(const std::string& file, WriterLock lock) {
  auto database = sqlite::Database::open(file, sqlite::Mode::kReadWrite);
  if (!database) return database.error();
  NAVETTE_TRY(sqlite::migrate(**database, sqlite::migrations()));
  NAVETTE_TRY(require_whole(**database));
  return finish(std::move(*database), std::move(lock));
}

Result<std::unique_ptr<sqlite::Database>> open_read_only(const std::string& file, bool half) {
  auto database = sqlite::Database::open(file, sqlite::Mode::kReadOnly);
  if (!database) return database.error();
  NAVETTE_TRY(sqlite::require_current(**database, sqlite::migrations()));
  if (!half) NAVETTE_TRY(require_whole(**database));
  return database;
}

Result<std::unique_ptr<Store>> open_reader(const std::string& file) {
  auto database = open_read_only(file, false);
  if (!database) return database.error();
  return finish(std::move(*database), WriterLock());
}

}  // namespace

std::string shown_place(const std::string& where) {
  return where.find("://") == std::string::npos ? where : postgres::without_password(where);
}

bool is_postgres(const std::string& where) {
  return where.starts_with("postgresql://") || where.starts_with("postgres://");
}

Error half_copied(const std::string& where) {
  return misfit(shown_place(where),
                "a copy into it was begun and did not end: remove it, and copy again");
}

Error not_empty(const std::string& where) {
  return misfit(shown_place(where),
                "there is something in it: name one that does not exist yet, or is empty");
}

Result<std::unique_ptr<Store>> open_store(const std::string& where, const OpenOptions& options) {
  return is_postgres(where) ? open_postgres(where, options) : open_sqlite(where, options);
}

Result<std::unique_ptr<Store>> open_sqlite(const std::string& where, const OpenOptions& options) {
  auto name = file_named(where);
  if (!name) return name.error();
  if (*name == kMemory) {
    if (options.read_only) return misfit(where, "a store in memory cannot be read by others");
    return open_writer(*name, WriterLock());
  }
  auto file = resolve(*name, options.read_only);
  if (!file) return file.error();
  if (options.read_only) return open_reader(*file);
  auto lock = WriterLock::take(*file);
  if (!lock) return lock.error();
  NAVETTE_TRY(make_file(*file));
  return open_writer(*file, std::move(*lock));
}

Result<std::unique_ptr<TableSource>> open_sqlite_source(const std::string& where, bool half) {
  auto name = file_named(where);
  if (!name) return name.error();
  auto file = resolve(*name, true);
  if (!file) return file.error();
  auto database = open_read_only(*file, half);
  if (!database) return database.error();
  return make_sqlite_source(std::move(*database));
}

Result<std::unique_ptr<TableSink>> open_sqlite_sink(const std::string& where) {
  auto name = file_named(where);
  if (!name) return name.error();
  auto file = resolve(*name, false);
  if (!file) return file.error();
  auto lock = WriterLock::take(*file);
  if (!lock) return lock.error();
  NAVETTE_TRY(make_file(*file));
  auto database = sqlite::Database::open(*file, sqlite::Mode::kReadWrite);
  if (!database) return database.error();
  NAVETTE_TRY(sqlite::migrate(**database, sqlite::migrations()));
  NAVETTE_TRY(require_whole(**database));
  return make_sqlite_sink(std::move(*database), std::move(*lock));
}

}  // namespace navette
