// A fresh folder with a SQLite store in it.

#pragma once

#include <memory>
#include <string>

#include "tests/store/store_suite.h"

namespace navette::test {

class SqliteHome final : public StoreHome {
 public:
  SqliteHome();
  SqliteHome(const SqliteHome&) = delete;
  SqliteHome& operator=(const SqliteHome&) = delete;
  ~SqliteHome() override;

  std::string where() const override { return "sqlite:" + file(); }
  std::string file() const { return folder_ + "/navette.db"; }
  const std::string& folder() const { return folder_; }
  // Forbids this process to write beyond the end that the store's files have now.
  void make_full() override;
  void make_room() override;

 private:
  std::string folder_;
};

inline std::unique_ptr<StoreHome> make_sqlite_home() {
  return std::make_unique<SqliteHome>();
}

}  // namespace navette::test
