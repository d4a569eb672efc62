#include "tests/simulation/town_system.h"

#include <algorithm>
#include <utility>

namespace navette::test {
namespace {

struct Words {
  const char* field;
  const char* client;
  const char* provider;
};
constexpr Words kPaths[] = {{"title", "title", "subject"},
                            {"status", "status", "status"},
                            {"severity", "severity", "priority"}};
constexpr Words kStatuses[] = {
    {"new", "new", "new"}, {"open", "open", "progress"}, {"done", "done", "closed"}};

}  // namespace

std::string TownSystem::path_of(const std::string& field) const {
  for (const Words& one : kPaths) {
    if (field == one.field) return client_ ? one.client : one.provider;
  }
  return field;
}

std::string TownSystem::field_of(const std::string& path) const {
  for (const Words& one : kPaths) {
    if (path == (client_ ? one.client : one.provider)) return one.field;
  }
  return {};
}

Json TownSystem::as_written(const std::string& field, const std::string& value) const {
  if (value == "-") return {};
  for (const Words& one : kStatuses) {
    if (field == "status" && value == one.field) return Json(client_ ? one.client : one.provider);
  }
  return Json(value);
}

std::string TownSystem::canonical(const std::string& field, const Json& value) const {
  if (value.is_null()) return "-";
  for (const Words& one : kStatuses) {
    if (field == "status" && value.text() == (client_ ? one.client : one.provider))
      return one.field;
  }
  return value.text();
}

std::string TownSystem::shown_value(const std::string& id, const std::string& field) {
  return canonical(field, tickets_[id].now.doc.at(path_of(field)));
}

std::vector<std::string> TownSystem::ids(bool live) const {
  std::vector<std::string> found;
  for (const auto& [id, ticket] : tickets_) {
    if (!live || !ticket.now.deleted) found.push_back(id);
  }
  return found;
}

// Keeps how it is now for the replicas, before it changes.
TownTicket& TownSystem::remember(const std::string& id) {
  TownTicket& ticket = tickets_[id];
  const milliseconds now = loop_.steady();
  while (!ticket.past.empty() && ticket.past.front().until + kLagMax < now) ticket.past.pop_front();
  ticket.past.push_back({now, ticket.now, ticket.edits});
  return ticket;
}

void TownSystem::touch(const std::string& id) {
  auto at = loop_.true_now() + skew;
  if (whole_seconds) at = std::chrono::floor<std::chrono::seconds>(at);
  tickets_[id].now.updated_at = to_rfc3339(at);
  feed_.push_back({id, loop_.steady()});
  if (on_change) on_change(id);
}

std::string TownSystem::create(const std::string& project, const std::string& flow,
                               const std::string& title, bool poison) {
  const std::string id = std::to_string(next_++);
  TownTicket& ticket = remember(id);
  ticket.past.back().record.id = id;
  ticket.past.back().record.deleted = true;
  ticket.now.id = id;
  ticket.now.doc = Json::object();
  ticket.now.doc.set("id", id);
  ticket.project = project;
  ticket.poison = poison;
  model_.born(key(id), flow);
  if (poison) model_.poisoned(key(id));
  set(id, "status", "new");
  set(id, "title", title);
  return id;
}

void TownSystem::set(const std::string& id, const std::string& field, const std::string& value) {
  if (shown_value(id, field) == value && tickets_[id].edits.contains(field)) return;
  TownTicket& ticket = remember(id);
  ticket.now.doc.set(path_of(field), as_written(field, value));
  model_.edited(key(id), field, value);
  ticket.edits = model_.ticket(key(id)).edits;
  touch(id);
}

int TownSystem::comment(const std::string& id, Visibility visibility, bool by_our_account) {
  TownTicket& ticket = remember(id);
  const int number = model_.said(key(id), visibility);
  Comment comment;
  comment.id = "c" + std::to_string(next_++);
  comment.author.name = by_our_account ? "navette" : "someone";
  comment.own = by_our_account;
  comment.created_at = to_rfc3339(loop_.true_now() + skew);
  comment.visibility = visibility;
  comment.text = Model::text_of(number, 1);
  ticket.now.comments.push_back(std::move(comment));
  touch(id);
  return number;
}

void TownSystem::rephrase(const std::string& id, std::size_t which) {
  std::vector<std::size_t> theirs;
  TownTicket& ticket = tickets_[id];
  for (std::size_t i = 0; i < ticket.now.comments.size(); ++i) {
    const int number = Model::comment_in(ticket.now.comments[i].text).first;
    if (number != 0 && model_.comments().at(number).ticket == key(id)) theirs.push_back(i);
  }
  if (theirs.empty()) return;
  remember(id);
  Comment& comment = ticket.now.comments[theirs[which % theirs.size()]];
  const int number = Model::comment_in(comment.text).first;
  model_.rephrased(number);
  comment.text = Model::text_of(number, model_.comments().at(number).version);
  if (!quiet_edits) touch(id);
}

int TownSystem::attach(const std::string& id, Visibility visibility) {
  TownTicket& ticket = remember(id);
  const int number = model_.attached(key(id), visibility);
  Attachment file;
  file.id = "f" + std::to_string(next_++);
  file.name = Model::file_name(number);
  ticket.contents[file.id] = "what is in " + file.name;
  file.size = static_cast<std::int64_t>(ticket.contents[file.id].size());
  file.created_at = to_rfc3339(loop_.true_now() + skew);
  file.visibility = visibility;
  ticket.now.attachments.push_back(std::move(file));
  touch(id);
  return number;
}

void TownSystem::remove(const std::string& id) {
  TownTicket& ticket = remember(id);
  ticket.now.deleted = true;
  model_.removed(key(id));
  touch(id);
}

milliseconds TownSystem::lag() {
  if (loop_.random().below(100) >= static_cast<std::uint64_t>(faults.stale)) return milliseconds(0);
  return milliseconds(loop_.random().below(static_cast<std::uint64_t>(kLagMax.count())));
}

Page TownSystem::poll(const PollRequest& request) {
  Page page;
  std::size_t at = request.cursor.empty() ? 0 : std::stoul(request.cursor);
  if (loop_.random().below(100) < static_cast<std::uint64_t>(faults.repeated))
    at -= std::min<std::size_t>(at, loop_.random().below(6));
  std::vector<std::string> seen;
  const milliseconds visible = loop_.steady() - feed_lag;
  for (; at < feed_.size() && feed_[at].at <= visible && seen.size() < 10; ++at) {
    const Json* project = request.where.find("project");
    if (project != nullptr && tickets_[feed_[at].id].project != project->text()) continue;
    if (std::find(seen.begin(), seen.end(), feed_[at].id) == seen.end())
      seen.push_back(feed_[at].id);
  }
  for (const std::string& id : seen) {
    Record record;
    record.id = id;
    record.version = std::to_string(at);
    record.updated_at = tickets_[id].now.updated_at;
    page.records.push_back(std::move(record));
  }
  page.cursor = std::to_string(at);
  page.more = at < feed_.size() && feed_[at].at <= visible;
  return page;
}

std::pair<Record, Edits> TownSystem::fetch(const std::string& id, const Json& where) {
  const auto found = tickets_.find(id);
  std::pair<Record, Edits> answer;
  if (found == tickets_.end()) {
    answer.first.id = id;
    answer.first.deleted = true;
    return answer;
  }
  const TownTicket& ticket = found->second;
  answer = {ticket.now, ticket.edits};
  const milliseconds as_of = loop_.steady() - lag();
  for (const TownTicket::Past& past : ticket.past) {
    if (past.until < as_of) continue;
    if (past.until > as_of) answer = {past.record, past.edits};
    break;
  }
  const Json* project = where.find("project");
  answer.first.in_scope = project == nullptr || ticket.project == project->text();
  if (answer.first.deleted) {
    Record gone;
    gone.id = id;
    gone.deleted = true;
    gone.in_scope = answer.first.in_scope;
    answer = {gone, {}};
  }
  return answer;
}

std::vector<std::string> TownSystem::find(const std::string& path, const std::string& value) {
  std::vector<std::string> found;
  for (const auto& [id, ticket] : tickets_) {
    const Record seen = fetch(id, Json::object()).first;
    if (!seen.deleted && seen.doc.at(path).text() == value) found.push_back(id);
  }
  return found;
}

Outcome TownSystem::execute(const Command& command, const std::string& content, bool half) {
  if (command.kind != CommandKind::kCreate &&
      (!tickets_.contains(command.id) || tickets_[command.id].now.deleted)) {
    Outcome outcome;
    outcome.verdict = Verdict::kGone;
    outcome.message = "no such ticket";
    return outcome;
  }
  switch (command.kind) {
    case CommandKind::kCreate:
      return create_by_hub(command, half);
    case CommandKind::kUpdate:
      return update_by_hub(command, half);
    case CommandKind::kComment:
      return comment_by_hub(command);
    case CommandKind::kAttach:
      return attach_by_hub(command, content);
  }
  return {};
}

void TownSystem::set_by_hub(const std::string& id, const FieldWrite& field) {
  TownTicket& ticket = tickets_[id];
  const std::string name = field_of(field.path);
  if (name == "status" && canonical(name, field.value) == "done" && refuses_done) {
    model_.excuse(key(id), name);
    return;
  }
  if (field.value.is_null()) {
    ticket.now.doc.erase(field.path);
  } else {
    ticket.now.doc.set(field.path, field.value);
  }
  if (name.empty()) return;
  model_.hub_wrote(key(id), name, canonical(name, field.value));
  ticket.edits = model_.ticket(key(id)).edits;
  wake_robot(id, name);
}

void TownSystem::wake_robot(const std::string& id, const std::string& field) {
  const auto found = robots_.find(id);
  if (found == robots_.end() || found->second.field != field || found->second.times == 0) return;
  const milliseconds soon(200 + loop_.random().below(2000));
  loop_.after(soon, [this, id] {
    Robot& robot = robots_[id];
    if (robot.times == 0 || tickets_[id].now.deleted) return;
    if (shown_value(id, robot.field) == robot.value) return;
    --robot.times;
    set(id, robot.field, robot.value);
  });
}

Outcome TownSystem::create_by_hub(const Command& command, bool half) {
  Outcome outcome;
  std::string source;
  for (const FieldWrite& field : command.fields) {
    if (field.value.text().find("poison") != std::string::npos) {
      outcome.verdict = Verdict::kRejected;
      outcome.message = "such a title is not allowed";
      return outcome;
    }
    if (field.path == "reference") source = field.value.text();
  }
  const std::string id = std::to_string(next_++);
  TownTicket& ticket = remember(id);
  ticket.past.back().record.id = id;
  ticket.past.back().record.deleted = true;
  ticket.now.id = id;
  ticket.now.doc = Json::object();
  ticket.now.doc.set("id", id);
  ticket.now.doc.set("status", as_written("status", "new"));
  const Json* project = command.where.find("project");
  if (project != nullptr) ticket.project = project->text();
  model_.hub_created(source, key(id));
  for (const FieldWrite& field : command.fields) {
    const bool mark = field.path == "reference";
    if (mark ? !marks_late : !half) set_by_hub(id, field);
  }
  touch(id);
  if (marks_late) {
    loop_.after(milliseconds(loop_.random().below(500)), [this, id, command] {
      remember(id);
      for (const FieldWrite& field : command.fields) {
        if (field.path == "reference") set_by_hub(id, field);
      }
      touch(id);
    });
  }
  outcome.id = id;
  if (half) {
    model_.excuse(key(id), "status");  // its own: nobody can tell it from somebody's
    outcome.verdict = Verdict::kAmbiguous;
    outcome.message = "made, and could not be completed";
  }
  return outcome;
}

Outcome TownSystem::update_by_hub(const Command& command, bool half) {
  Outcome outcome;
  outcome.id = command.id;
  remember(command.id);
  std::size_t left = half ? command.fields.size() / 2 : command.fields.size();
  for (const FieldWrite& field : command.fields) {
    if (left-- == 0) break;
    set_by_hub(command.id, field);
  }
  touch(command.id);
  if (half) {
    outcome.verdict = Verdict::kAmbiguous;
    outcome.message = "stopped half way";
  }
  return outcome;
}

Outcome TownSystem::comment_by_hub(const Command& command) {
  Outcome outcome;
  const int number = Model::comment_in(command.comment.text).first;
  if (rejects_comments && number % 7 == 0 && number != 0) {
    model_.excuse(key(command.id), "comment " + std::to_string(number));
    outcome.verdict = Verdict::kRejected;
    outcome.message = "such words are not allowed";
    return outcome;
  }
  TownTicket& ticket = remember(command.id);
  model_.hub_said(key(command.id), command.comment.text, command.comment.visibility);
  Comment comment;
  comment.id = "c" + std::to_string(next_++);
  if (takes_keys) comment.key = command.key;
  comment.author.name = "navette";
  comment.own = true;
  comment.created_at = to_rfc3339(loop_.true_now() + skew);
  comment.visibility = command.comment.visibility;
  comment.text = command.comment.text;
  outcome.id = comment.id;
  ticket.now.comments.push_back(std::move(comment));
  touch(command.id);
  return outcome;
}

Outcome TownSystem::attach_by_hub(const Command& command, const std::string& content) {
  Outcome outcome;
  TownTicket& ticket = remember(command.id);
  model_.hub_attached(key(command.id), command.attachment.name, command.attachment.visibility);
  if (content != "what is in " + command.attachment.name)
    model_.fail("lost: the content of " + command.attachment.name + " is another");
  Attachment file = command.attachment;
  file.id = "f" + std::to_string(next_++);
  if (takes_keys) file.key = command.key;
  file.own = true;
  file.created_at = to_rfc3339(loop_.true_now() + skew);
  ticket.contents[file.id] = content;
  outcome.id = file.id;
  ticket.now.attachments.push_back(std::move(file));
  touch(command.id);
  return outcome;
}

}  // namespace navette::test
