#include "tests/store/sqlite_home.h"

#include <csignal>
#include <filesystem>
#include <system_error>

#include <sys/resource.h>

namespace navette::test {
namespace {

void limit_file_size(rlim_t bytes) {
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = bytes;
  setrlimit(RLIMIT_FSIZE, &limit);
}

}  // namespace

SqliteHome::SqliteHome() {
  std::string pattern = (std::filesystem::temp_directory_path() / "navette-store-XXXXXX").string();
  if (mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
}

SqliteHome::~SqliteHome() {
  make_room();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void SqliteHome::make_full() {
  // The system also sends a signal, which ends the process by default, to tell it of the limit.
  static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
  limit_file_size(std::filesystem::file_size(file() + "-wal"));
}

void SqliteHome::make_room() {
  limit_file_size(RLIM_INFINITY);
}

}  // namespace navette::test
