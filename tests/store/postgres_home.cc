#include "tests/store/postgres_home.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <poll.h>
#include <pqxx/pqxx>
#include <sys/wait.h>
#include <unistd.h>

namespace navette::test {
namespace {

const std::string kScript = NAVETTE_SOURCE_DIR "/tests/systems/postgresql.sh";

// Becomes the script in a process of its own.
pid_t run_script(const std::vector<std::string>& words) {
  const pid_t child = fork();
  if (child != 0) return child;
  std::vector<char*> arguments = {const_cast<char*>(kScript.c_str())};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv(kScript.c_str(), arguments.data());
  _exit(127);
}

bool ends_well(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool server_installed() {
  std::error_code ignored;
  return std::filesystem::exists("/usr/lib/postgresql", ignored);
}

}  // namespace

bool wait_until(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    poll(nullptr, 0, 2);
  }
  return true;
}

// ---- the server --------------------------------------------------------------------------------

PostgresServer& PostgresServer::instance() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer() {
  if (!server_installed()) {
    absence_ = "a PostgreSQL server (tests/systems/postgresql.sh install)";
    return;
  }
  std::string pattern = (std::filesystem::temp_directory_path() / "navette-pg-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) return;
  folder_ = pattern + "/server";
  std::filesystem::permissions(pattern, std::filesystem::perms::others_exec,
                               std::filesystem::perm_options::add);
  EXPECT_TRUE(ends_well(run_script({"make", folder_})));
  start();
}

PostgresServer::~PostgresServer() {
  if (folder_.empty()) return;
  if (pid_ > 0) {
    kill(pid_, SIGQUIT);
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(std::filesystem::path(folder_).parent_path(), ignored);
}

void PostgresServer::start() {
  pid_ = run_script({"run", folder_});
  const auto answers = [this] {
    try {
      const pqxx::connection probe(where("postgres"));
      return true;
    } catch (const std::exception&) {
      return false;
    }
  };
  if (wait_until(answers)) return;
  ADD_FAILURE() << "PostgreSQL does not start: see " << folder_ << "/server.log";
}

void PostgresServer::kill_all() {
  // Its children notice by themselves that their parent is gone.
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

std::string PostgresServer::where(const std::string& database) const {
  return "postgresql:///" + database + "?host=" + folder_ + "&user=navette";
}

// ---- a database --------------------------------------------------------------------------------

PostgresHome::PostgresHome() {
  static int count = 0;
  name_ = "store" + std::to_string(++count);
  pqxx::connection connection(PostgresServer::instance().where("postgres"));
  pqxx::nontransaction(connection).exec("CREATE DATABASE " + name_);
}

PostgresHome::~PostgresHome() {
  pqxx::connection connection(PostgresServer::instance().where("postgres"));
  pqxx::nontransaction(connection).exec("DROP DATABASE " + name_ + " WITH (FORCE)");
}

std::vector<std::string> PostgresHome::ask(const std::string& sql) const {
  std::vector<std::string> values;
  pqxx::connection connection(where());
  pqxx::nontransaction work(connection);
  work.exec("SET search_path = navette");
  work.exec("SET enable_seqscan = off");
  for (const pqxx::row& row : work.exec(sql)) {
    values.emplace_back(row[0].is_null() ? "NULL" : row[0].c_str());
  }
  return values;
}

std::string PostgresHome::one(const std::string& sql) const {
  const auto rows = ask(sql);
  return rows.size() == 1 ? rows[0] : std::to_string(rows.size()) + " rows";
}

std::vector<pid_t> PostgresHome::processes() const {
  std::vector<pid_t> pids;
  for (const std::string& pid : ask("SELECT pid FROM pg_stat_activity WHERE datname ="
                                    " current_database() AND pid <> pg_backend_pid()"
                                    " AND backend_type = 'client backend'")) {
    pids.push_back(static_cast<pid_t>(std::stoi(pid)));
  }
  return pids;
}

void PostgresHome::limit_files(const std::string& bytes) {
  std::vector<std::string> words = {"limit", bytes};
  for (const pid_t pid : processes()) words.push_back(std::to_string(pid));
  EXPECT_TRUE(ends_well(run_script(words)));
}

void PostgresHome::make_full() {
  limit_files("1048576");
}

void PostgresHome::make_room() {
  limit_files("unlimited");
}

void PostgresHome::settle() {
  EXPECT_TRUE(wait_until([this] { return processes().empty(); }));
}

}  // namespace navette::test
