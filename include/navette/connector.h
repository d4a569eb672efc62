// A Connector speaks to one account of one outside system.
//
// Life cycle, as its host calls it:  create -> connect -> { poll | fetch | find | execute | preview
// | download }* -> destroy. connect() is called again after any call that answered
// Fault::kReconnect or Verdict::kAuth.
//
// Threads: one instance is never called from two threads at once, but may be called from different
// threads over time. A host may keep several instances of one system and call them in parallel.
//
// Time: read and spent only through Host (navette/host.h), so that tests run hours in milliseconds.
//
// Failure: no method throws. An Error's Fault or an Outcome's Verdict says what the host does next.
//
// Ownership: everything is passed and returned by value; nothing refers to the connector's memory.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

namespace navette {

// Who may see a comment or a file. The order is from narrow to wide.
enum class Visibility : unsigned char {
  kInternal,  // the staff of that system only
  kShared,    // both organisations' staff
  kPublic,    // the requestor too
};

struct Person {
  std::string id;     // what a write needs to name this person; empty: nobody
  std::string login;  // may be empty when our account may not see it
  std::string name;
  std::string email;
};

struct Comment {
  std::string id;
  std::string key;  // idempotency key of ours that the system carried; empty when it carries none
  Person author;
  bool own = false;        // written by the account that this connector uses
  std::string created_at;  // RFC 3339, UTC
  Visibility visibility = Visibility::kInternal;
  std::string markup = "text";  // "text", "html", "textile", "markdown", "jira"
  std::string text;             // in that markup, as the system holds it
};

struct Attachment {
  std::string id;
  std::string key;  // as Comment::key
  std::string name;
  std::string content_type;
  std::int64_t size = -1;  // bytes; -1: not known before it is downloaded
  Person author;
  bool own = false;
  std::string created_at;
  Visibility visibility = Visibility::kInternal;
  std::string comment_id;  // the comment it came with; empty: with the ticket itself
};

// One entity as it is now. A thin record (from poll) has id, version and updated_at only.
struct Record {
  std::string entity = "ticket";
  std::string id;          // never empty
  std::string version;     // changes when the entity may have changed; opaque
  std::string updated_at;  // RFC 3339, UTC
  std::string url;         // for people, may be empty
  bool deleted = false;    // it is gone, or was merged into another: see merged_into
  std::string merged_into;
  bool in_scope = true;  // whether it lies within the `where` that was asked
  // The fields, in the words of the catalog page of this connector. Rich text is an object
  // {"markup": "html", "text": "..."}; a person is the name that a write accepts, or null.
  Json doc;
  std::vector<Comment> comments;        // oldest first
  std::vector<Attachment> attachments;  // oldest first
};

struct PollRequest {
  std::string entity = "ticket";
  Json where;          // {"Queue": "Helpdesk"}: the filters that this connector declares
  std::string since;   // RFC 3339; with an empty cursor: how far back to begin. Empty: from now on
  std::string cursor;  // empty: the beginning. Opaque to the host
  int limit = 100;     // records a page, at the most
};

struct Page {
  std::vector<Record> records;  // thin; in the order of change; one entity once
  std::string cursor;           // where the next poll starts
  bool more = false;            // another page is ready now
};

struct FieldWrite {
  std::string path;
  Json value;  // null clears the field
};

enum class CommandKind : unsigned char { kCreate, kUpdate, kComment, kAttach };

// One intended write.
struct Command {
  std::string key;  // idempotency key: stable across retries and restarts
  CommandKind kind = CommandKind::kUpdate;
  std::string entity = "ticket";
  std::string id;                  // the ticket; empty for kCreate
  Json where;                      // kCreate: where the new ticket is put
  std::vector<FieldWrite> fields;  // kCreate, kUpdate
  Comment comment;                 // kComment: visibility, markup, text
  Attachment attachment;           // kAttach: name, content_type, size, visibility
};

enum class Verdict : unsigned char {
  kOk,             // done, and verified by reading it back
  kRetryable,      // nothing was written; try again later
  kThrottled,      // as kRetryable, after retry_after
  kConflict,       // somebody else wrote meanwhile: read again, merge, try again
  kDuplicate,      // it exists already: Outcome::id names it
  kAuth,           // credentials no longer accepted: connect again, then tell the operator
  kRejected,       // this record will never be accepted as it is
  kMisconfigured,  // no record will be accepted before an operator acts
  kGone,           // the ticket is deleted or was never there
  kAmbiguous,      // it may or may not have been written: look before any other try. With an id:
                   // it was made, and could not be read back or completed
};

// A field, comment or file that the system did not take as we asked though it said "ok".
struct Refusal {
  std::string path;  // field path, or "comment", "attachment"
  std::string reason;
  Json wanted;
  Json found;
};

struct Outcome {
  Verdict verdict = Verdict::kOk;
  std::string message;  // for people; no secrets
  std::chrono::milliseconds retry_after{0};
  std::string id;                // of the ticket, comment or attachment that was made
  std::vector<Refusal> refused;  // kOk only: what is not as we asked
  std::optional<Record> after;   // kCreate, kUpdate with kOk: the record read back, complete
};

struct FieldInfo {
  std::string path;   // as rules name it; "CustomFields.*" stands for any member
  std::string about;  // one sentence
  bool writable = true;
  bool create_only = false;    // can be set when the ticket is made, never after
  bool required = false;       // a create without it is refused
  std::int64_t bytes_max = 0;  // 0: no limit known
  std::string markup;          // rich text: what it is written in
};

// What connect() found.
struct Description {
  std::string connector;  // "redmine"
  std::string version;    // of the connector
  std::string system;     // product and version of the peer, where it tells
  Person self;            // the account we use
  std::vector<FieldInfo> fields;
  bool internal_comments = false;      // comments can be kept internal, and that is verified
  bool comment_keys = false;           // it carries our idempotency key with a comment
  bool attachment_visibility = false;  // files can be kept internal
  bool quiet_changes = false;          // some changes (an edited comment, say) no poll shows: the
                                       // hub reads recent tickets again from time to time
  bool can_poll = true;
  std::string comment_markup = "text";    // what comments are written in
  std::int64_t attachment_bytes_max = 0;  // 0: no limit known
  std::vector<std::string> warnings;      // rights that are missing, and what will not work without
};

class Connector {
 public:
  Connector() = default;
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;
  virtual ~Connector() = default;

  // Open a session and prove that the credentials work. Idempotent.
  // Errors: kMisconfigured (bad credentials, wrong address), kRetryLater, kCancelled.
  virtual Result<Description> connect() noexcept = 0;

  // What changed since the cursor. The same cursor may be asked again and must still work. An
  // entity may come again though it did not change; a changed one must come.
  // Errors: kRetryLater, kReconnect, kMisconfigured, kRejected (cursor not understood).
  virtual Result<Page> poll(const PollRequest& request) noexcept = 0;

  // The complete record, comments and attachments included. One that is not there comes with
  // `deleted` set, and is no error.
  virtual Result<Record> fetch(const std::string& entity, const std::string& id,
                               const Json& where) noexcept = 0;

  // The ids of the entities within `where` whose field equals `value` exactly, open or closed.
  virtual Result<std::vector<std::string>> find(const std::string& entity, const Json& where,
                                                const std::string& path,
                                                const std::string& value) noexcept = 0;

  // Carry a command out and verify it. `content` is the file of a kAttach, else empty.
  virtual Outcome execute(const Command& command, const std::string& content) noexcept = 0;

  // The requests that execute() would send: [{"method", "url", "body"}], secrets left out. May
  // read from the system; writes nothing.
  virtual Result<Json> preview(const Command& command) noexcept = 0;

  // The bytes of a file. Errors: kRejected when it is gone or larger than bytes_max.
  virtual Result<std::string> download(const std::string& ticket, const std::string& attachment,
                                       std::int64_t bytes_max) noexcept = 0;
};

}  // namespace navette
