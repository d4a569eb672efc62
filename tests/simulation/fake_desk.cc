#include "tests/simulation/fake_desk.h"

#include <algorithm>

namespace navette::test {

void FakeDesk::touch(const std::string& id) {
  tickets_[id].updated_at = to_rfc3339(loop_.now());
  feed_.push_back(id);
}

void FakeDesk::apply(FakeTicket& ticket, const FieldWrite& field) const {
  if (field.path == "status" && field.value.text() == refused_status) return;
  if (field.value.is_null()) {
    ticket.doc.erase(field.path);
  } else {
    ticket.doc.set(field.path, field.value);
  }
}

std::string FakeDesk::edit(const std::string& given, const std::vector<FieldWrite>& fields) {
  std::string id = given;
  if (id.empty()) {
    id = std::to_string(next_++);
    tickets_[id].doc.set("id", id);
    tickets_[id].doc.set("status", "new");
  }
  for (const FieldWrite& field : fields) apply(tickets_[id], field);
  touch(id);
  return id;
}

std::string FakeDesk::comment(const std::string& id, const std::string& text, Visibility visibility,
                              bool own, const std::string& key) {
  Comment comment;
  comment.id = "c" + std::to_string(next_++);
  comment.key = takes_keys ? key : std::string();
  comment.author.name = own ? "navette" : "someone";
  comment.own = own;
  comment.created_at = to_rfc3339(loop_.now());
  comment.visibility = visibility;
  comment.text = text;
  tickets_[id].comments.push_back(comment);
  touch(id);
  return comment.id;
}

std::string FakeDesk::attach(const std::string& id, const std::string& name,
                             const std::string& content, Visibility visibility, bool own) {
  Attachment file;
  file.id = "f" + std::to_string(next_++);
  file.name = name;
  file.size = static_cast<std::int64_t>(content.size());
  file.own = own;
  file.created_at = to_rfc3339(loop_.now());
  file.visibility = visibility;
  tickets_[id].contents[file.id] = content;
  tickets_[id].files.push_back(file);
  touch(id);
  return file.id;
}

void FakeDesk::edit_comment(const std::string& id, const std::string& comment,
                            const std::string& text, bool quietly) {
  for (Comment& one : tickets_[id].comments) {
    if (one.id == comment) one.text = text;
  }
  if (!quietly) touch(id);
}

void FakeDesk::remove(const std::string& id) {
  tickets_[id].deleted = true;
  touch(id);
}

Page FakeDesk::poll(const PollRequest& request) const {
  Page page;
  std::size_t at = request.cursor.empty() ? 0 : std::stoul(request.cursor);
  std::vector<std::string> seen;
  for (; at < feed_.size() && seen.size() < 10; ++at) {
    if (std::find(seen.begin(), seen.end(), feed_[at]) == seen.end()) seen.push_back(feed_[at]);
  }
  for (const std::string& id : seen) {
    Record record;
    record.id = id;
    record.version = std::to_string(at);
    page.records.push_back(std::move(record));
  }
  page.cursor = std::to_string(at);
  page.more = at < feed_.size();
  return page;
}

Record FakeDesk::fetch(const std::string& id) const {
  Record record;
  record.id = id;
  const auto found = tickets_.find(id);
  if (found == tickets_.end() || found->second.deleted) {
    record.deleted = true;
    return record;
  }
  record.doc = found->second.doc;
  record.comments = found->second.comments;
  record.attachments = found->second.files;
  record.updated_at = found->second.updated_at;
  return record;
}

std::vector<std::string> FakeDesk::find(const std::string& path, const std::string& value) const {
  std::vector<std::string> ids;
  for (const auto& [id, ticket] : tickets_) {
    if (!ticket.deleted && ticket.doc.at(path).text() == value) ids.push_back(id);
  }
  return ids;
}

Outcome FakeDesk::execute(const Command& command, const std::string& content) {
  Outcome outcome;
  if (command.kind != CommandKind::kCreate &&
      (!tickets_.contains(command.id) || tickets_[command.id].deleted)) {
    outcome.verdict = Verdict::kGone;
    return outcome;
  }
  switch (command.kind) {
    case CommandKind::kCreate:
    case CommandKind::kUpdate:
      outcome.id = edit(command.id, command.fields);
      if (marks_late && command.kind == CommandKind::kCreate)
        tickets_[outcome.id].doc.erase("reference");
      outcome.after = fetch(outcome.id);
      break;
    case CommandKind::kComment:
      outcome.id =
          comment(command.id, command.comment.text, command.comment.visibility, true, command.key);
      break;
    case CommandKind::kAttach:
      outcome.id =
          attach(command.id, command.attachment.name, content, command.attachment.visibility, true);
      break;
  }
  return outcome;
}

void FakeDesk::mark_now(const Command& command, const std::string& id) {
  for (const FieldWrite& field : command.fields) {
    if (field.path == "reference") edit(id, {field});
  }
}

const Description* FakePeers::description(const std::string& system) const {
  return &desks_.at(system)->description;
}

std::string FakePeers::trouble(const std::string&) const {
  return {};
}

bool FakePeers::chance(int percent) {
  return loop_.random().below(100) < static_cast<std::uint64_t>(percent);
}

std::chrono::milliseconds FakePeers::delay_of(const FakeDesk& desk) {
  const auto usual = std::chrono::milliseconds(
      1 + loop_.random().below(static_cast<std::uint64_t>(desk.faults.delay_ms_max)));
  return std::max(usual, desk.silent_until - loop_.steady());
}

template <class T, class Work>
void FakePeers::answer(FakeDesk& desk, Done<T> done, Work work) {
  const auto delay = delay_of(desk);
  const bool fails = desk.down || chance(desk.faults.down_percent);
  unreachable += fails ? 1 : 0;
  loop_.after(delay, [fails, done, work] {
    if (fails) {
      done(Error{Fault::kRetryLater, "connection refused"});
    } else {
      done(work());
    }
  });
}

void FakePeers::poll(const std::string& system, PollRequest request, Done<Page> done) {
  FakeDesk& desk = *desks_.at(system);
  answer<Page>(desk, std::move(done),
               [&desk, request]() -> Result<Page> { return desk.poll(request); });
}

void FakePeers::fetch(const std::string& system, std::string, std::string id, Json,
                      Done<Record> done) {
  FakeDesk& desk = *desks_.at(system);
  answer<Record>(desk, std::move(done), [&desk, id]() -> Result<Record> { return desk.fetch(id); });
}

void FakePeers::find(const std::string& system, std::string, Json, std::string path,
                     std::string value, Done<std::vector<std::string>> done) {
  FakeDesk& desk = *desks_.at(system);
  answer<std::vector<std::string>>(desk, std::move(done),
                                   [&desk, path, value]() -> Result<std::vector<std::string>> {
                                     return desk.find(path, value);
                                   });
}

void FakePeers::execute(const std::string& system, Command command, std::string content,
                        std::function<void(Outcome)> done) {
  FakeDesk& desk = *desks_.at(system);
  if (before_write) before_write();
  ++writes;
  const auto delay = delay_of(desk);
  const bool unsent = desk.down || chance(desk.faults.down_percent);
  unreachable += unsent ? 1 : 0;
  const bool never = chance(desk.faults.unsent_percent);
  const bool lost = chance(desk.faults.lost_percent);
  loop_.after(delay, [this, &desk, command, content, done, unsent, never, lost, delay] {
    Outcome outcome;
    if (unsent) {
      outcome.verdict = Verdict::kRetryable;
      outcome.message = "connection refused";
    } else {
      if (!never) outcome = desk.execute(command, content);
      if (never || lost) {
        outcome = Outcome{};
        outcome.verdict = Verdict::kAmbiguous;
        outcome.message = "no answer";
      }
    }
    loop_.after(delay, [&desk, command, done, outcome]() mutable {
      if (desk.marks_late && command.kind == CommandKind::kCreate && !outcome.id.empty()) {
        desk.mark_now(command, outcome.id);
        outcome.after = desk.fetch(outcome.id);
      }
      done(outcome);
    });
  });
}

void FakePeers::preview(const std::string&, Command command, Done<Json> done) {
  loop_.post([command, done] {
    Json list = Json::array();
    Json& one = list.push(Json::object());
    one.set("method", "POST");
    one.set("fields", Json(static_cast<std::int64_t>(command.fields.size())));
    done(std::move(list));
  });
}

void FakePeers::download(const std::string& system, std::string ticket, std::string attachment,
                         std::int64_t, Done<std::string> done) {
  FakeDesk& desk = *desks_.at(system);
  answer<std::string>(desk, std::move(done), [&desk, ticket, attachment]() -> Result<std::string> {
    const auto found = desk.tickets().find(ticket);
    if (found == desk.tickets().end() || !found->second.contents.contains(attachment))
      return Error{Fault::kRejected, "download: gone"};
    return found->second.contents.at(attachment);
  });
}

}  // namespace navette::test
