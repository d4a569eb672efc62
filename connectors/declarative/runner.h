// Runs the steps of a catalog file, and keeps the tables that it looks things up in.
//
// Threads: none of its own; one call at a time.

#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "connectors/declarative/caller.h"
#include "connectors/declarative/spec.h"

namespace navette::declarative {

// What a key hits in a table.
struct Hit {
  Json row;      // null: none, or several
  int rows = 0;  // how many fit
};

class Runner {
 public:
  static constexpr std::chrono::seconds kReloadPause{5};  // between two reads of one table

  // Both outlive it.
  Runner(const Spec& spec, Caller& caller) : spec_(spec), caller_(caller) {}

  // Run the steps in order; what comes of each is set in `scope` under its id. The first failure
  // ends it.
  Trouble run(const Steps& steps, Scope& scope);

  // Find a row by one of the table's keys: equal first, then equal but for ASCII case. A key that
  // is not there makes the table be read again, at most every kReloadPause.
  Trouble look_up(const LookupUse& use, const Scope& scope, Hit& hit);

  // Send a request of the catalog file with the session, if the file has one: log in before the
  // first, and once more when the peer takes the session no longer. The request that met that was
  // not carried out, so it is sent again.
  Trouble call(const RequestSpec& request, const Scope& scope, Json& answer);

  // What was kept of the last log-in; null when there is none.
  const Json& session() const { return session_; }
  // Tell the peer that the session ends; whether it hears that or not.
  void log_out(const Scope& scope);

  void forget_tables() { tables_.clear(); }
  Caller& caller() { return caller_; }

 private:
  struct Table {
    Json rows;
    std::chrono::system_clock::time_point read_at;
  };

  // A log-in that was refused: asking again soon may lock the account.
  struct Refused {
    Failure failure;
    std::chrono::system_clock::time_point at;
  };

  Trouble log_in(const Scope& scope);
  Trouble run_once(const Step& step, Scope& scope, Json& value);
  Trouble run_pages(const Step& step, const Scope& scope, Json& items);
  Trouble load(const TableSpec& spec, const Scope& scope, Table& table);

  static constexpr std::size_t kTablesMax = 5000;

  const Spec& spec_;
  Caller& caller_;
  std::map<std::pair<std::string, std::string>, Table> tables_;  // by name and scope
  Json session_;
  bool bare_ = false;  // logging in or out: requests go without a session of ours
  std::optional<Refused> refused_;
};

}  // namespace navette::declarative
