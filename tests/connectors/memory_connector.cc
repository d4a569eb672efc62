#include "tests/connectors/memory_connector.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace navette::test {
namespace {

constexpr std::string_view kFields[] = {"subject",  "description", "status", "priority",
                                        "assignee", "due",         "queue",  "mark"};

bool is_field(std::string_view path) {
  return std::find(std::begin(kFields), std::end(kFields), path) != std::end(kFields);
}

bool within(const Json& doc, const Json& where) {
  if (!where.is_object()) return true;
  return std::all_of(
      where.members().begin(), where.members().end(),
      [&](const Json::Member& member) { return doc.at(member.first) == member.second; });
}

Outcome verdict(Verdict verdict, std::string message) {
  Outcome outcome;
  outcome.verdict = verdict;
  outcome.message = std::move(message);
  return outcome;
}

Person service_account() {
  return {"1", "navette", "Navette", "navette@example.com"};
}

Json blank_doc() {
  Json doc = Json::object();
  for (const std::string_view field : kFields) doc.set(field, Json());
  doc.set("status", "new");
  return doc;
}

}  // namespace

MemoryDesk::MemoryDesk(const Clock& clock) : clock_(clock) {}

MemoryDesk::Ticket& MemoryDesk::touch(const std::string& id) {
  Ticket& ticket = tickets_.at(id);
  ticket.changed = ++changes_;
  ticket.record.version = std::to_string(ticket.changed);
  ticket.record.updated_at = to_rfc3339(clock_.now());
  return ticket;
}

std::string MemoryDesk::create(const Json& fields) {
  const std::scoped_lock lock(mutex_);
  const std::string id = std::to_string(++last_ticket_);
  Ticket& ticket = tickets_[id];
  ticket.record.id = id;
  ticket.record.url = "memory://desk/" + id;
  ticket.record.doc = blank_doc();
  for (const auto& [path, value] : fields.members()) ticket.record.doc.set(path, value);
  touch(id).created = changes_;
  return id;
}

void MemoryDesk::edit(const std::string& id, const std::string& path, Json value) {
  const std::scoped_lock lock(mutex_);
  touch(id).record.doc.set(path, std::move(value));
}

std::string MemoryDesk::comment(const std::string& id, const std::string& text,
                                Visibility visibility) {
  Comment comment;
  comment.author = {"2", "alice", "Alice", "alice@example.com"};
  comment.visibility = visibility;
  comment.text = text;
  const std::scoped_lock lock(mutex_);
  return add_comment(id, std::move(comment));
}

std::string MemoryDesk::attach(const std::string& id, const std::string& name,
                               const std::string& content) {
  Attachment attachment;
  attachment.author = {"2", "alice", "Alice", "alice@example.com"};
  attachment.visibility = Visibility::kPublic;
  attachment.name = name;
  const std::scoped_lock lock(mutex_);
  return add_attachment(id, std::move(attachment), content);
}

void MemoryDesk::erase(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  touch(id).record.deleted = true;
}

// REQUIRES: mutex_ held.
std::string MemoryDesk::add_comment(const std::string& id, Comment comment) {
  Ticket& ticket = touch(id);
  comment.id = "c" + std::to_string(++last_part_);
  comment.created_at = ticket.record.updated_at;
  ticket.record.comments.push_back(comment);
  return comment.id;
}

// REQUIRES: mutex_ held.
std::string MemoryDesk::add_attachment(const std::string& id, Attachment attachment,
                                       std::string content) {
  Ticket& ticket = touch(id);
  attachment.id = "a" + std::to_string(++last_part_);
  attachment.created_at = ticket.record.updated_at;
  attachment.size = static_cast<std::int64_t>(content.size());
  contents_[attachment.id] = std::move(content);
  ticket.record.attachments.push_back(attachment);
  return attachment.id;
}

Record MemoryDesk::complete(const Ticket& ticket, const Json& where) const {
  Record record = ticket.record;
  record.in_scope = within(record.doc, where);
  return record;
}

std::optional<Record> MemoryDesk::look(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = tickets_.find(id);
  if (found == tickets_.end()) return std::nullopt;
  return found->second.record;
}

std::vector<std::string> MemoryDesk::ids() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, ticket] : tickets_) ids.push_back(id);
  return ids;
}

std::string MemoryDesk::content(const std::string& attachment) const {
  const std::scoped_lock lock(mutex_);
  const auto found = contents_.find(attachment);
  return found == contents_.end() ? std::string() : found->second;
}

std::uint64_t MemoryDesk::changes() const {
  const std::scoped_lock lock(mutex_);
  return changes_;
}

void MemoryDesk::set_faults(DeskFaults faults) {
  const std::scoped_lock lock(mutex_);
  faults_ = std::move(faults);
}

DeskFaults MemoryDesk::faults() const {
  const std::scoped_lock lock(mutex_);
  return faults_;
}

void MemoryDesk::set_attachment_bytes_max(std::int64_t bytes) {
  const std::scoped_lock lock(mutex_);
  attachment_bytes_max_ = bytes;
}

Page MemoryDesk::poll(const PollRequest& request) const {
  const std::scoped_lock lock(mutex_);
  std::uint64_t after = 0;
  std::string since;
  if (request.cursor.empty()) {
    if (request.since.empty()) after = changes_;
    since = request.since;
  } else {
    std::from_chars(request.cursor.data(), request.cursor.data() + request.cursor.size(), after);
  }
  const auto begin = parse_rfc3339(since).value_or(TimePoint{});
  std::map<std::uint64_t, const Ticket*> in_order;
  for (const auto& [id, ticket] : tickets_) {
    if (ticket.changed <= after || !within(ticket.record.doc, request.where)) continue;
    if (parse_rfc3339(ticket.record.updated_at).value_or(begin) < begin) continue;
    in_order.emplace(ticket.changed, &ticket);
  }
  Page page;
  for (const auto& [changed, ticket] : in_order) {
    if (page.records.size() >= static_cast<std::size_t>(std::max(1, request.limit))) {
      page.more = true;
      break;
    }
    Record thin;
    thin.id = ticket->record.id;
    thin.version = ticket->record.version;
    thin.updated_at = ticket->record.updated_at;
    thin.deleted = ticket->record.deleted;
    page.records.push_back(std::move(thin));
    after = changed;
  }
  page.cursor = std::to_string(after);
  return page;
}

// REQUIRES: mutex_ held.
Outcome MemoryDesk::write_fields(const Command& command) {
  for (const FieldWrite& field : command.fields) {
    if (!is_field(field.path)) {
      return verdict(Verdict::kMisconfigured, "there is no field \"" + field.path + "\"");
    }
  }
  std::string id = command.id;
  if (command.kind == CommandKind::kCreate) {
    id = std::to_string(++last_ticket_);
    Ticket& made = tickets_[id];
    made.record.id = id;
    made.record.url = "memory://desk/" + id;
    made.record.doc = blank_doc();
    if (command.where.is_object()) {
      for (const auto& [path, value] : command.where.members()) made.record.doc.set(path, value);
    }
    made.created = changes_ + 1;
  }
  Json& doc = tickets_.at(id).record.doc;
  bool differs = command.kind == CommandKind::kCreate;
  for (const FieldWrite& field : command.fields) {
    differs = differs || !(doc.at(field.path) == field.value);
    doc.set(field.path, field.value);
  }
  if (differs) touch(id);
  Outcome outcome;
  outcome.id = id;
  outcome.after = complete(tickets_.at(id), command.where);
  return outcome;
}

Outcome MemoryDesk::write(const Command& command, const std::string& content) {
  const std::scoped_lock lock(mutex_);
  if (command.kind != CommandKind::kCreate) {
    const auto found = tickets_.find(command.id);
    if (found == tickets_.end() || found->second.record.deleted) {
      return verdict(Verdict::kGone, "there is no ticket " + command.id);
    }
  }
  if (command.kind == CommandKind::kCreate || command.kind == CommandKind::kUpdate) {
    return write_fields(command);
  }
  Outcome outcome;
  if (command.kind == CommandKind::kComment) {
    Comment comment = command.comment;
    comment.key = command.key;
    comment.author = service_account();
    comment.own = true;
    outcome.id = add_comment(command.id, std::move(comment));
    return outcome;
  }
  if (attachment_bytes_max_ > 0 &&
      static_cast<std::int64_t>(content.size()) > attachment_bytes_max_) {
    return verdict(Verdict::kRejected, "the file is larger than the desk takes");
  }
  Attachment attachment = command.attachment;
  attachment.key = command.key;
  attachment.author = service_account();
  attachment.own = true;
  outcome.id = add_attachment(command.id, std::move(attachment), content);
  return outcome;
}

// ---- MemoryConnector ---------------------------------------------------------------------------

Result<Description> MemoryConnector::connect() noexcept {
  if (const auto faults = desk_.faults(); faults.read) {
    if (auto error = faults.read("connect")) return *error;
  }
  Description description;
  description.connector = "memory";
  description.version = "1";
  description.system = "Desk in memory";
  description.self = service_account();
  for (const std::string_view path : kFields) {
    FieldInfo field;
    field.path = path;
    field.required = path == "subject";
    if (path == "description") field.markup = "text";
    description.fields.push_back(std::move(field));
  }
  description.internal_comments = true;
  description.comment_keys = true;
  description.attachment_visibility = true;
  return description;
}

Result<Page> MemoryConnector::poll(const PollRequest& request) noexcept {
  if (const auto faults = desk_.faults(); faults.read) {
    if (auto error = faults.read("poll")) return *error;
  }
  return desk_.poll(request);
}

Result<Record> MemoryConnector::fetch(const std::string&, const std::string& id,
                                      const Json& where) noexcept {
  if (const auto faults = desk_.faults(); faults.read) {
    if (auto error = faults.read("fetch")) return *error;
  }
  const std::scoped_lock lock(desk_.mutex_);
  const auto found = desk_.tickets_.find(id);
  if (found != desk_.tickets_.end() && !found->second.record.deleted) {
    return desk_.complete(found->second, where);
  }
  Record gone;
  gone.id = id;
  gone.deleted = true;
  return gone;
}

Result<std::vector<std::string>> MemoryConnector::find(const std::string&, const Json& where,
                                                       const std::string& path,
                                                       const std::string& value) noexcept {
  if (const auto faults = desk_.faults(); faults.read) {
    if (auto error = faults.read("find")) return *error;
  }
  const std::scoped_lock lock(desk_.mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, ticket] : desk_.tickets_) {
    const Json& doc = ticket.record.doc;
    if (!ticket.record.deleted && within(doc, where) && doc.at(path).text() == value) {
      ids.push_back(id);
    }
  }
  return ids;
}

Outcome MemoryConnector::execute(const Command& command, const std::string& content) noexcept {
  const auto faults = desk_.faults();
  if (faults.before_write) {
    if (auto outcome = faults.before_write(command)) return *outcome;
  }
  Outcome outcome = desk_.write(command, content);
  if (faults.after_write) faults.after_write(command, outcome);
  return outcome;
}

Result<Json> MemoryConnector::preview(const Command& command) noexcept {
  Json request = Json::object();
  request.set("method", command.kind == CommandKind::kUpdate ? "PUT" : "POST");
  request.set("url", "memory://desk/" + command.id);
  Json body = Json::object();
  for (const FieldWrite& field : command.fields) body.set(field.path, field.value);
  request.set("body", std::move(body));
  return Json(Json::Array{std::move(request)});
}

Result<std::string> MemoryConnector::download(const std::string& ticket,
                                              const std::string& attachment,
                                              std::int64_t bytes_max) noexcept {
  if (const auto faults = desk_.faults(); faults.read) {
    if (auto error = faults.read("download")) return *error;
  }
  const std::scoped_lock lock(desk_.mutex_);
  const auto found = desk_.contents_.find(attachment);
  if (found == desk_.contents_.end() || !desk_.tickets_.contains(ticket)) {
    return Error{Fault::kRejected, "download " + attachment + ": it is gone"};
  }
  if (static_cast<std::int64_t>(found->second.size()) > bytes_max) {
    return Error{Fault::kRejected, "download " + attachment + ": it is larger than allowed"};
  }
  return found->second;
}

}  // namespace navette::test
