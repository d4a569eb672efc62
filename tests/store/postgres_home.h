// A PostgreSQL server for the tests of this process, and a fresh database in it for each of them.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/store/store_suite.h"

namespace navette::test {

// Asks again and again; false when it still does not hold after a minute.
bool wait_until(const std::function<bool()>& holds);

// One server, started on first use by tests/systems/postgresql.sh, ended with the process.
class PostgresServer {
 public:
  // The one of this process. Its absence() says why it cannot run, when it cannot.
  static PostgresServer& instance();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  const std::string& absence() const { return absence_; }
  std::string where(const std::string& database) const;
  // As a crash of the machine: every process of it is killed. start() brings it back.
  void kill_all();
  void start();

 private:
  PostgresServer();

  std::string folder_;
  std::string absence_;
  pid_t pid_ = 0;
};

class PostgresHome final : public StoreHome {
 public:
  PostgresHome();
  PostgresHome(const PostgresHome&) = delete;
  PostgresHome& operator=(const PostgresHome&) = delete;
  ~PostgresHome() override;

  std::string where() const override { return PostgresServer::instance().where(name_); }
  // Forbids the server's processes for this database files of more than a megabyte.
  void make_full() override;
  void make_room() override;
  // Waits until the server has noticed that killed clients are gone.
  void settle() override;

  // What an operator's psql would answer: every value of the first column.
  std::vector<std::string> ask(const std::string& sql) const;
  std::string one(const std::string& sql) const;

 private:
  std::vector<pid_t> processes() const;
  void limit_files(const std::string& bytes);

  std::string name_;
};

inline std::unique_ptr<StoreHome> make_postgres_home() {
  return std::make_unique<PostgresHome>();
}

}  // namespace navette::test
