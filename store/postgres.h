// A thin cover over libpqxx: one connection to PostgreSQL, its statements, and transactions whose
// end is known. Turns exceptions and SQLSTATEs into Errors that tell an operator what to do.
//
// Threads: one thread at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "navette/result.h"

namespace navette::postgres {

// A text as a `text` column can hold it, and back. PostgreSQL takes neither NUL nor what is not
// UTF-8: such bytes, and ESC itself, become ESC and two hexadecimal digits.
std::string to_column(std::string_view text);
std::string from_column(std::string text);

// The place without its password, for messages.
std::string without_password(const std::string& where);

// The parameters of a statement, in their order.
class Values {
 public:
  Values& add(std::int64_t value);
  Values& add(std::string_view text);  // as to_column() makes it
  Values& append(const Values& more);
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
};

// What a query found. Texts come back as they went in.
class Rows {
 public:
  Rows();
  Rows(Rows&&) noexcept;
  Rows& operator=(Rows&&) noexcept;
  ~Rows();

  int size() const;
  std::int64_t changed() const;  // rows that a writing statement touched
  std::int64_t integer(int row, int column) const;
  std::string text(int row, int column) const;

 private:
  friend class Session;
  struct Held;
  std::unique_ptr<Held> held_;
};

enum class Mode : unsigned char { kReadOnly, kReadWrite };

// How a transaction ended.
enum class Ended : unsigned char {
  kCommitted,
  kRolledBack,
  kUnknown,  // the connection broke while it was committed, and the server could not be asked since
};

class Session {
 public:
  // `where`: "postgresql://USER:PASSWORD@HOST:PORT/DATABASE", or what else libpq takes as a URI.
  // Errors: kMisconfigured (no such database or role, wrong password, encoding that is not UTF8),
  // kRetryLater (nobody there, starting up, too many connections).
  static Result<std::unique_ptr<Session>> open(const std::string& where, Mode mode);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // A question outside of any transaction; asked once more when the connection turns out broken.
  // Errors: kRetryLater, kMisconfigured.
  Result<Rows> ask(const std::string& sql, const Values& values = {});

  // One transaction: begin(), any number of run()s, then commit() or roll_back().
  // begin() connects again when the connection is broken.
  Status begin();
  // Errors: kRejected (a rule of the tables: unique, foreign key), kCancelled (another hub took
  // over), kRetryLater, kMisconfigured.
  // After an error only roll_back(), or run() of a ROLLBACK TO, makes sense.
  Result<Rows> run(const std::string& sql, const Values& values = {});
  Status do_run(const std::string& sql, const Values& values = {});
  // As above, of statements without parameters that are not kept prepared.
  Status script(const std::string& sql);
  // kCommitted or an error: then `*ended` says whether the transaction is undone or in doubt.
  Status commit(Ended* ended);
  void roll_back();
  bool in_transaction() const;
  // Whether the connection is gone; the next begin() or ask() makes a new one.
  bool broken() const;

  const std::string& place() const { return place_; }
  // The texts of all statements that were prepared so far, for whoever wants to see their plans.
  std::vector<std::string> kept() const;

 private:
  Session(std::string where, Mode mode);
  Status connect();
  Status tune();
  // Whether the transaction of that id committed, asked on a new connection.
  Ended look_up(const std::string& transaction);
  Error failed(const std::string& doing);

  struct Link;
  std::string where_;
  std::string place_;  // without the password
  Mode mode_;
  std::unique_ptr<Link> link_;
};

}  // namespace navette::postgres
