// A catalog file, read and checked: what the engine needs to speak to one kind of system.
//
// Everything that differs between systems is data here; what a file may say is described in
// docs/connectors/writing.md. In each place there is a closed set of kinds; another word is an
// error with its place when the file is loaded.
//
// Thread safety: plain values, immutable after read_spec().

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "navette/connector.h"
#include "navette/result.h"

#include "config/connector_spec.h"
#include "connectors/declarative/expression.h"
#include "connectors/declarative/template.h"

namespace navette::declarative {

// What an answer means. The first rule that fits decides; see caller.h for those that every
// connector has.
struct ErrorRule {
  std::vector<int> statuses;             // empty: any; 5 stands for 500 to 599
  std::vector<std::string> methods;      // empty: any
  std::optional<Expression> when;        // over `answer`
  Verdict verdict = Verdict::kRejected;  // kOk: it is a success
  Template message;                      // empty: one is made of the answer
};

enum class BodyKind : unsigned char { kNone, kJson, kBytes };
enum class AnswerKind : unsigned char { kJson, kBytes };

// What is done to a JSON answer before anybody reads it.
enum class Codec : unsigned char {
  kPlain,
  kTagged,  // typed values become plain ones: see tagged.h
};

struct RequestSpec {
  std::string method = "GET";
  Template path;
  std::vector<std::pair<Template, Template>> query;  // null: left out; a list: repeated
  std::vector<std::pair<Template, Template>> headers;
  BodyKind body_kind = BodyKind::kNone;
  Template body;
  AnswerKind answer = AnswerKind::kJson;
  std::vector<int> accept;  // statuses taken as success beside 200 to 299
  std::vector<ErrorRule> errors;
  bool immutable = false;   // its answer never changes: it is kept
  bool repeatable = false;  // sending it twice does no harm: without an answer it is retryable
  bool reads = false;       // it changes nothing, whatever its method
  int conflict_tries = 1;   // how often it is sent while the answer is a conflict
  std::optional<Expression> bytes_max;  // the largest answer that is read
  Template preview;                     // what preview() takes for the answer's body
};

// How a list is read to its end.
enum class PageKind : unsigned char {
  kPageNumber,  // page.number: 1, 2, ...
  kOffset,      // page.offset: 0, size, 2 size, ...
};
struct PagesSpec {
  PageKind kind = PageKind::kPageNumber;
  int size = 100;
  int pages_max = 100;
  bool short_page_ends = false;  // a page that is not full is the last one; else an empty one is
  std::optional<Expression> ends_if;  // over `answer`: it was the last page
  Expression items;
};

struct LookupUse {
  std::string table;
  Template key;
};

struct Step {
  enum class Kind : unsigned char { kRequest, kPages, kLookup, kLet, kCheck };
  Kind kind = Kind::kLet;
  std::string id;  // the name under which later steps find what came of it
  std::optional<Expression> when;
  std::optional<Expression> for_each;  // once for each item; what came of it is a list then
  std::string item_name = "item";
  RequestSpec request;                   // kRequest, kPages
  PagesSpec pages;                       // kPages
  LookupUse lookup;                      // kLookup
  std::optional<Template> value;         // kLet; kRequest: what is kept instead of the answer
  Verdict verdict = Verdict::kRejected;  // kCheck: when `when` holds
  Template message;                      // kCheck
  Place place;
};
using Steps = std::vector<Step>;

// A log-in whose result goes with every request, until the peer takes it no longer.
struct SessionSpec {
  Steps login;                                       // sent without a session
  Template value;                                    // what is kept of it: `session` in requests
  Steps logout;                                      // at the end of the connector
  std::chrono::milliseconds refused_pause{600'000};  // no log-in that long after a refused one
};

// A table that is read from the peer and kept: names to ids, mostly.
struct TableSpec {
  std::string name;
  Steps steps;
  Template rows;
  Template scope;                 // one table for each of its values; may use `key`
  std::vector<std::string> keys;  // members that a key may equal; the first that hits wins
  std::chrono::milliseconds keep{600'000};
};

struct FieldSpec {
  FieldInfo info;
  std::string before_star;  // of a path with a *; else the whole path
  std::string after_star;
  bool pattern = false;
  std::optional<Template> found;        // what the document holds; default: the member of that path
  std::optional<LookupUse> lookup;      // `row` for `wire` and `expect`
  bool lookup_at_create = true;         // a row that is missing at a create is looked for after it
  bool lookup_optional = false;         // `row` may be null
  std::optional<Expression> create_if;  // whether the create itself can carry `value`
  std::vector<std::pair<Expression, Template>> refuse;  // when, reason: before anything is sent
  Template wire;                   // merged into `wire`: objects by member, lists end to end
  std::optional<Template> expect;  // what the document should hold after; default: `value`
  std::optional<Template> same;    // a form in which equal values are equal
  std::optional<Steps> find;
  std::optional<Template> find_ids;  // over what `find` brought
  Place place;
};

enum class CursorKind : unsigned char {
  kTimestamp,    // rows sorted by a time: see poll_timestamp.cc
  kMonotonicId,  // a feed of events with rising numbers: see poll_feed.cc
};

// A request whose answer has rows.
struct RowsSpec {
  RequestSpec request;
  Expression items;
  // kTimestamp: {"id", "updated_at", "content", "key"}; of a feed: {"sequence", "id", "version",
  // "updated_at"}; of a backfill: {"id", "version", "updated_at"}
  Template row;
};

struct PollSpec {
  CursorKind kind = CursorKind::kTimestamp;
  RowsSpec changes;  // kTimestamp: cursor.since, page.offset, page.size; kMonotonicId: cursor.after
  RowsSpec newest;   // newest first; what "from now on" means
  std::optional<RowsSpec> backfill;  // kMonotonicId: cursor.since, cursor.after (an id)
  Template sources;  // kTimestamp: a list; `changes` and `newest` are asked for each `source`
  int page_size = 100;
  std::chrono::milliseconds hot{2000};       // kTimestamp: a row is shown again that much later
  std::chrono::milliseconds overlap{0};      // kTimestamp: how long a row may come late
  std::chrono::milliseconds settle{30'000};  // kMonotonicId: how long a lower number may come late
  Steps steps;                               // before each poll
};

struct EntitySpec {
  std::string name;
  std::vector<FilterSpec> filters;
  std::vector<FieldSpec> fields;
  PollSpec poll;
  Steps fetch;
  Template record;  // {"id", "version", "updated_at", "url", "deleted", "merged_into", "in_scope"}
  Template document;
  Template comments;     // a list
  Template attachments;  // a list
  Template create_base;  // where `wire` starts from at a create
  Steps create;
  Template created_id;
  Steps update;
  Template reason;  // of a refusal: over what update brought, `path`, `wanted`, `found`
  Steps comment;
  Template comment_id;
  Template comment_refused;  // a list of {"path", "reason", "wanted", "found"}
  Steps attach;
  Template attachment_id;
  Steps download;
  Template download_bytes;
};

struct Spec {
  ConnectorSpec declared;
  std::string file;
  Template base_url;
  std::vector<std::pair<Template, Template>> headers;
  std::vector<ErrorRule> errors;
  Codec codec = Codec::kPlain;
  std::optional<SessionSpec> session;
  Template retry_after;  // over `answer`: seconds or an HTTP date; empty: the header Retry-After
  std::map<std::string, TableSpec> tables;
  Steps connect;
  Template self;  // {"id", "login", "name", "email"}
  Template system;
  Template features;  // see Description; and whatever else the file's own expressions use
  Template warnings;
  std::map<std::string, EntitySpec> entities;
};

// Errors: kMisconfigured; every mistake on a line of its own, with its place.
Result<std::shared_ptr<const Spec>> read_spec(const std::string& file, const std::string& text);

}  // namespace navette::declarative
