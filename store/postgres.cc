#include "store/postgres.h"

#include <charconv>
#include <chrono>
#include <optional>
#include <unordered_map>
#include <utility>

#include <pqxx/pqxx>

#include "base/text.h"

namespace navette::postgres {
namespace {

constexpr char kEscape = '\x1b';

// What the server itself ends, so that a hub that stands still holds up no other one.
constexpr const char* kTune =
    "SET client_encoding = 'UTF8'; SET application_name = 'navette';"
    " SET client_min_messages = warning; SET synchronous_commit = on;"
    " SET idle_in_transaction_session_timeout = '3s'; SET lock_timeout = '5s';"
    " SET statement_timeout = '60s'; SET tcp_user_timeout = '5s';"
    // Every question has its index; without statistics yet, the planner would not believe it.
    " SET enable_seqscan = off; SET search_path = navette, pg_catalog";

constexpr const char* kConnect = "connect_timeout=4";

constexpr const char* kHex = "0123456789abcdef";

void put_escaped(char c, std::string& out) {
  const auto byte = static_cast<unsigned char>(c);
  out.push_back(kEscape);
  out.push_back(kHex[byte >> 4]);
  out.push_back(kHex[byte & 15]);
}

// A character that is well-formed UTF-8 at `at`: its length; 0: none is there.
std::size_t character_at(std::string_view text, std::size_t at) {
  for (std::size_t size = 1; size <= 4 && at + size <= text.size(); ++size) {
    if (is_utf8(text.substr(at, size))) return size;
  }
  return 0;
}

bool contains_any(std::string_view text, std::initializer_list<const char*> words) {
  for (const char* word : words) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  return false;
}

// The first line of what the server said, without its label.
std::string first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  for (const std::string_view label : {"ERROR:  ", "FATAL:  "}) {
    if (text.starts_with(label)) text.remove_prefix(label.size());
  }
  return std::string(text);
}

// What the function fence() raises; see postgres_schema.cc.
constexpr std::string_view kFenced = "NV001";

struct Advice {
  Fault fault;
  const char* remedy;
};

Advice advice_of(std::string_view state) {
  const std::string_view kind = state.substr(0, 2);
  if (kind == "23") return {Fault::kRejected, ""};
  if (state == kFenced)
    return {Fault::kCancelled, "it must end; what it had in hand goes on there"};
  if (state == "53100") return {Fault::kRetryLater, "free space on the server's disk"};
  if (kind == "53") return {Fault::kRetryLater, "give the server more of it"};
  if (state == "25006") return {Fault::kRetryLater, "let this connection write"};
  if (state == "42501" || kind == "28") {
    return {Fault::kMisconfigured, "give the role the rights in docs/store.md"};
  }
  if (kind == "42" || kind == "3D" || kind == "3F") {
    return {Fault::kMisconfigured, "is this database a store of this version of navette?"};
  }
  return {Fault::kRetryLater, "look at the server's log"};
}

Advice advice_of_connect(std::string_view said) {
  if (contains_any(said, {"authentication failed", "no password supplied", "pg_hba.conf",
                          "permission denied", "certificate"})) {
    return {Fault::kMisconfigured, "correct user, password or rights in `store` of navette.yaml"};
  }
  if (contains_any(said, {"does not exist", "invalid port", "missing \"=\"", "invalid URI",
                          "invalid connection option", "could not translate host name"})) {
    return {Fault::kMisconfigured, "correct `store` in navette.yaml, or make what is missing"};
  }
  return {Fault::kRetryLater, "is the server up, and does it listen there?"};
}

}  // namespace

// ---- texts -------------------------------------------------------------------------------------

std::string to_column(std::string_view text) {
  if (text.find('\0') == std::string_view::npos && text.find(kEscape) == std::string_view::npos &&
      is_utf8(text)) {
    return std::string(text);
  }
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = character_at(text, at);
    if (size == 0 || text[at] == '\0' || text[at] == kEscape) {
      put_escaped(text[at], out);
      ++at;
    } else {
      out.append(text.substr(at, size));
      at += size;
    }
  }
  return out;
}

std::string from_column(std::string text) {
  std::size_t read = text.find(kEscape);
  if (read == std::string::npos) return text;
  std::size_t write = read;
  while (read < text.size()) {
    unsigned byte = 0;
    if (text[read] == kEscape && read + 2 < text.size() &&
        std::from_chars(&text[read + 1], &text[read + 3], byte, 16).ptr == &text[read + 3]) {
      text[write++] = static_cast<char>(byte);
      read += 3;
    } else {
      text[write++] = text[read++];
    }
  }
  text.resize(write);
  return text;
}

std::string without_password(const std::string& where) {
  const auto start = where.find("://");
  if (start == std::string::npos) return where;
  const auto path = where.find('/', start + 3);
  const auto at = where.rfind('@', path);
  std::string out = where;
  if (at != std::string::npos && at > start) {
    const auto colon = where.find(':', start + 3);
    if (colon < at) out.erase(colon, at - colon);
  }
  // `?password=...&x=y`
  for (auto key = out.find("password="); key != std::string::npos;
       key = out.find("password=", key + 10)) {
    const auto value = key + 9;
    out.replace(value, out.find_first_of("& ", value) - value, "*");
  }
  return out;
}

Values& Values::add(std::int64_t value) {
  texts_.push_back(std::to_string(value));
  return *this;
}

Values& Values::add(std::string_view text) {
  texts_.push_back(to_column(text));
  return *this;
}

Values& Values::append(const Values& more) {
  texts_.insert(texts_.end(), more.texts_.begin(), more.texts_.end());
  return *this;
}

// ---- rows --------------------------------------------------------------------------------------

struct Rows::Held {
  pqxx::result result;
};

Rows::Rows() = default;
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;
Rows::~Rows() = default;

int Rows::size() const {
  return held_ == nullptr ? 0 : static_cast<int>(held_->result.size());
}

std::int64_t Rows::changed() const {
  return held_ == nullptr ? 0 : static_cast<std::int64_t>(held_->result.affected_rows());
}

std::int64_t Rows::integer(int row, int column) const {
  const pqxx::field field = held_->result[row][column];
  std::int64_t value = 0;
  const std::string_view text(field.c_str(), field.size());
  static_cast<void>(std::from_chars(text.data(), text.data() + text.size(), value));
  return value;
}

std::string Rows::text(int row, int column) const {
  const pqxx::field field = held_->result[row][column];
  return from_column(std::string(field.c_str(), field.size()));
}

// ---- the connection ----------------------------------------------------------------------------

struct Session::Link {
  std::optional<pqxx::connection> connection;
  std::unordered_map<std::string, std::string> names;  // text of a statement -> its name
  std::optional<pqxx::nontransaction> wire;            // what runs statements on the connection
  bool begun = false;
  std::string transaction;  // its number, while one is under way

  void drop() {
    wire.reset();
    connection.reset();
    names.clear();
    begun = false;
  }

  // Throws what libpqxx throws.
  pqxx::result exec(const std::string& sql, const Values& values) {
    auto name = names.find(sql);
    if (name == names.end()) {
      name = names.emplace(sql, "navette" + std::to_string(names.size())).first;
      connection->prepare(name->second, sql);
    }
#if PQXX_VERSION_MAJOR < 7
    return wire->exec_prepared(name->second, pqxx::prepare::make_dynamic_params(values.texts()));
#else
    pqxx::params parameters;
    for (const std::string& text : values.texts()) parameters.append(text);
    return wire->exec(pqxx::prepped{name->second}, parameters);
#endif
  }
};

Session::Session(std::string where, Mode mode)
    : where_(std::move(where)),
      place_(without_password(where_)),
      mode_(mode),
      link_(std::make_unique<Link>()) {}

Session::~Session() {
  link_->drop();
}

Result<std::unique_ptr<Session>> Session::open(const std::string& where, Mode mode) {
  std::unique_ptr<Session> session(new Session(where, mode));
  NAVETTE_TRY(session->connect());
  return session;
}

// Called in a catch block: what went wrong, as an Error.
Error Session::failed(const std::string& doing) {
  const std::string head = doing + " " + place_ + ": ";
  try {
    throw;
  } catch (const pqxx::broken_connection& error) {
    const bool was_up = link_->wire.has_value();
    link_->drop();
    const std::string said = first_line(error.what());
    const Advice advice = was_up ? Advice{Fault::kRetryLater, "the hub connects again by itself"}
                                 : advice_of_connect(error.what());
    return {advice.fault,
            head + (said.empty() ? "the connection broke" : said) + ": " + advice.remedy};
  } catch (const pqxx::sql_error& error) {
    const Advice advice = advice_of(error.sqlstate());
    // 57P: the server ends this connection.
    if (error.sqlstate().starts_with("57P") || error.sqlstate() == "25P03") link_->drop();
    std::string text = head + first_line(error.what());
    if (!error.sqlstate().empty()) text += " (" + error.sqlstate() + ")";
    if (*advice.remedy != '\0') text += std::string(": ") + advice.remedy;
    return {advice.fault, text};
  } catch (const std::exception& error) {
    link_->drop();
    return {Fault::kRetryLater, head + first_line(error.what())};
  }
}

Status Session::connect() {
  link_->drop();
  try {
    const char mark = where_.find('?') == std::string::npos ? '?' : '&';
    link_->connection.emplace(where_ + mark + kConnect);
  } catch (const std::exception&) {
    return failed("open store");
  }
  return tune();
}

Status Session::tune() {
  try {
    link_->wire.emplace(*link_->connection);
    const auto encoding = link_->wire->exec("SHOW server_encoding")[0][0].as<std::string>();
    if (encoding != "UTF8") {
      return Error{Fault::kMisconfigured, "open store " + place_ +
                                              ": this database has the encoding " + encoding +
                                              ": make one with ENCODING 'UTF8'"};
    }
    link_->wire->exec(kTune);
    if (mode_ == Mode::kReadOnly) {
      link_->wire->exec("SET default_transaction_read_only = on");
    }
  } catch (const std::exception&) {
    return failed("open store");
  }
  return {};
}

bool Session::broken() const {
  return !link_->wire || !link_->connection->is_open();
}

bool Session::in_transaction() const {
  return link_->begun;
}

Result<Rows> Session::ask(const std::string& sql, const Values& values) {
  for (int attempt = 0;; ++attempt) {
    if (broken()) NAVETTE_TRY(connect());
    try {
      Rows rows;
      rows.held_ = std::make_unique<Rows::Held>(Rows::Held{link_->exec(sql, values)});
      return rows;
    } catch (const std::exception&) {
      Error error = failed("read store");
      if (attempt > 0 || !broken()) return error;
    }
  }
}

// ---- transactions ------------------------------------------------------------------------------

Status Session::begin() {
  for (int attempt = 0;; ++attempt) {
    if (broken()) NAVETTE_TRY(connect());
    try {
      link_->wire->exec("BEGIN");
      link_->begun = true;
      link_->transaction.clear();
      return {};
    } catch (const std::exception&) {
      Error error = failed("write store");
      if (attempt > 0 || !broken()) return error;
    }
  }
}

Result<Rows> Session::run(const std::string& sql, const Values& values) {
  if (broken() || !link_->begun) {
    return Error{Fault::kRetryLater, "write store " + place_ +
                                         ": the connection broke: the hub "
                                         "connects again by itself"};
  }
  try {
    Rows rows;
    rows.held_ = std::make_unique<Rows::Held>(Rows::Held{link_->exec(sql, values)});
    return rows;
  } catch (const std::exception&) {
    return failed("write store");
  }
}

Status Session::do_run(const std::string& sql, const Values& values) {
  auto rows = run(sql, values);
  return rows ? Status() : Status(rows.error());
}

Status Session::script(const std::string& sql) {
  try {
    link_->wire->exec(sql);
    return {};
  } catch (const std::exception&) {
    return failed("write store");
  }
}

Status Session::commit(Ended* ended) {
  *ended = Ended::kRolledBack;
  try {
    const auto found = link_->wire->exec("SELECT pg_current_xact_id_if_assigned()");
    const auto number = found[0][0];
    link_->transaction = number.is_null() ? std::string() : number.as<std::string>();
  } catch (const std::exception&) {
    Error error = failed("write store");
    roll_back();
    return error;
  }
  const std::string transaction = link_->transaction;
  try {
    link_->wire->exec("COMMIT");
    link_->begun = false;
    *ended = Ended::kCommitted;
    return {};
  } catch (const std::exception&) {
    Error error = failed("write store");
    if (!broken()) {
      roll_back();
      return error;
    }
    *ended = transaction.empty() ? Ended::kRolledBack : look_up(transaction);
    if (*ended == Ended::kCommitted) return {};
    return error;
  }
}

Ended Session::look_up(const std::string& transaction) {
  Values values;
  values.add(std::string_view(transaction));
  // The server may take a moment to see that our old connection is gone; until then the
  // transaction counts as under way.
  for (int attempt = 0; attempt < 50; ++attempt) {
    auto rows = ask("SELECT coalesce(pg_xact_status($1::xid8), ''), pg_sleep(0.1)", values);
    if (!rows || rows->size() == 0) return Ended::kUnknown;
    const std::string status = rows->text(0, 0);
    if (status == "committed") return Ended::kCommitted;
    if (status == "aborted") return Ended::kRolledBack;
    if (status.empty()) return Ended::kUnknown;
  }
  return Ended::kUnknown;
}

void Session::roll_back() {
  if (!link_->begun) return;
  link_->begun = false;
  if (broken()) return;
  try {
    link_->wire->exec("ROLLBACK");
  } catch (const std::exception&) {
    link_->drop();  // a new connection has no transaction
  }
}

std::vector<std::string> Session::kept() const {
  std::vector<std::string> texts;
  for (const auto& [text, name] : link_->names) texts.push_back(text);
  return texts;
}

}  // namespace navette::postgres
