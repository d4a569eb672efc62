#include "connectors/declarative/writer.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace navette::declarative {

namespace {

constexpr int kReadBackTries = 3;

// Objects member by member, lists end to end; anything else is replaced.
void merge_into(Json& target, const Json& value) {
  if (target.is_object() && value.is_object()) {
    for (const auto& [name, member] : value.members()) {
      if (Json* known = target.find(name)) {
        merge_into(*known, member);
      } else {
        target.set(name, member);
      }
    }
  } else if (target.is_array() && value.is_array()) {
    for (const Json& item : value.items()) target.push(item);
  } else {
    target = value;
  }
}

const char* word_of(Visibility visibility) {
  switch (visibility) {
    case Visibility::kPublic:
      return "public";
    case Visibility::kShared:
      return "shared";
    case Visibility::kInternal:
      break;
  }
  return "internal";
}

Outcome to_outcome(Outcome outcome, const Failure& failure) {
  outcome.verdict = failure.verdict;
  outcome.message = failure.message;
  outcome.retry_after = failure.retry_after;
  outcome.after.reset();
  return outcome;
}

// What would be "not done, try again" for the request that failed is not so for a command of which
// another request was done already: the note is there, only the look at it was throttled.
void mind_what_was_written(const Caller& caller, Failure& failure) {
  const bool passing = failure.verdict == Verdict::kRetryable ||
                       failure.verdict == Verdict::kThrottled ||
                       failure.verdict == Verdict::kAuth || failure.verdict == Verdict::kConflict;
  if (!caller.wrote() || !passing) return;
  failure.verdict = Verdict::kAmbiguous;
  failure.message = "written, but then: " + failure.message;
}

}  // namespace

Outcome Writer::execute(const Command& command, const std::string& content) {
  Outcome outcome;
  Trouble trouble;
  runner_.caller().start_command();
  switch (command.kind) {
    case CommandKind::kCreate:
      trouble = create(command, outcome);
      break;
    case CommandKind::kUpdate:
      trouble = update(command, outcome);
      break;
    case CommandKind::kComment:
      trouble = comment(command, outcome);
      break;
    case CommandKind::kAttach:
      trouble = attach(command, content, outcome);
      break;
  }
  if (!trouble) return outcome;
  mind_what_was_written(runner_.caller(), *trouble);
  return to_outcome(std::move(outcome), *trouble);
}

Scope Writer::scope_of(const Command& command, const std::string& id) const {
  Scope scope(&base_);
  scope.set("where", command.where);
  scope.set("id", id);
  scope.set("key", command.key);
  scope.set("creating", command.kind == CommandKind::kCreate);
  return scope;
}

// Which fields the command names; what can't be written at all is refused here.
std::vector<Writer::Wish> Writer::wishes(const Command& command, Outcome& outcome) const {
  std::vector<Wish> out;
  const bool creating = command.kind == CommandKind::kCreate;
  for (const FieldWrite& write : command.fields) {
    const std::optional<FieldMatch> match = match_field(entity_, write.path);
    std::string reason;
    if (!match) {
      reason = "this connector has no such field";
    } else if (!match->field->info.writable) {
      reason = "this field can only be read";
    } else if (match->field->info.create_only && !creating) {
      reason = "this field can be set only when the " + entity_.name + " is made";
    }
    if (!reason.empty()) {
      outcome.refused.push_back(Refusal{write.path, reason, write.value, nullptr});
      continue;
    }
    Wish wish;
    wish.path = write.path;
    wish.value = write.value;
    wish.match = *match;
    wish.expected = write.value;
    out.push_back(std::move(wish));
  }
  return out;
}

// Look up what the value stands for and make what goes into the request.
Trouble Writer::prepare(const Scope& outer, bool creating, Wish& wish, Outcome& outcome) {
  const FieldSpec& field = *wish.match.field;
  Scope scope(&outer);
  scope.set("value", wish.value);
  scope.set("name", wish.match.name);
  const auto refuse = [&](const std::string& reason) {
    wish.refused = true;
    const Json* document = outer.find("doc");
    Json found = document == nullptr ? Json() : field_of(wish.match, outer, *document);
    outcome.refused.push_back(Refusal{wish.path, reason, wish.value, std::move(found)});
  };
  if (creating && field.create_if && !field.create_if->holds(scope)) {
    wish.deferred = true;
    return {};
  }
  if (field.lookup) {
    Hit hit;
    NAVETTE_STEP(runner_.look_up(*field.lookup, scope, hit));
    const std::string key = field.lookup->key.text_of(scope);
    if (hit.rows == 0 && !key.empty() && !field.lookup_optional) {
      if (creating && !field.lookup_at_create) {
        wish.deferred = true;
      } else {
        refuse("\"" + key + "\" is not among the " + field.lookup->table + " of this system");
      }
      return {};
    }
    if (hit.rows > 1) {
      refuse(std::to_string(hit.rows) + " of the " + field.lookup->table + " are called \"" + key +
             "\"");
      return {};
    }
    scope.set("row", std::move(hit.row));
  }
  for (const auto& [when, reason] : field.refuse) {
    if (!when.holds(scope)) continue;
    refuse(reason.text_of(scope));
    return {};
  }
  wish.deferred = false;
  wish.wire = field.wire.evaluate(scope);
  wish.expected = field.expect ? field.expect->evaluate(scope) : wish.value;
  return {};
}

Json Writer::wire_of(const std::vector<Wish>& wishes, Json base) const {
  Json wire = base.is_object() ? std::move(base) : Json::object();
  for (const Wish& wish : wishes) {
    if (!wish.deferred && !wish.refused) merge_into(wire, wish.wire);
  }
  return wire;
}

Trouble Writer::read_back(const Command& command, const std::string& id, Scope& scope,
                          Record& record) {
  Trouble trouble;
  std::chrono::milliseconds wait{100};
  for (int attempt = 1; attempt <= kReadBackTries; ++attempt) {
    scope = scope_of(command, id);
    trouble = fetch_record(entity_, runner_, scope, record);
    const bool passing = trouble && (trouble->verdict == Verdict::kRetryable ||
                                     trouble->verdict == Verdict::kThrottled);
    if (!passing) break;
    if (!runner_.caller().host().pause(std::max(wait, trouble->retry_after))) break;
    wait *= 3;
  }
  if (trouble) {
    // It was written; what became of it is not known.
    return Failure{Verdict::kAmbiguous, "written, but not read back: " + trouble->message,
                   trouble->retry_after};
  }
  scope.set("doc", record.doc);
  return {};
}

Trouble Writer::write_differences(Scope& scope, const Record& record, std::vector<Wish>& wishes,
                                  Json& brought, Outcome& outcome) {
  std::vector<Wish> different;
  for (Wish& wish : wishes) {
    if (wish.refused || wish.match.field->info.create_only) continue;
    const Json found = comparable(wish.match, scope, field_of(wish.match, scope, record.doc));
    if (comparable(wish.match, scope, wish.expected) == found) continue;
    // What was refused at a create may be possible now, so it is looked up again.
    NAVETTE_STEP(prepare(scope, false, wish, outcome));
    if (wish.refused || comparable(wish.match, scope, wish.expected) == found) continue;
    different.push_back(wish);
  }
  if (different.empty()) return {};
  Json paths = Json::array();
  for (const Wish& wish : different) paths.push(wish.path);
  scope.set("wire", wire_of(different, Json()));
  scope.set("paths", std::move(paths));
  NAVETTE_STEP(runner_.run(entity_.update, scope));
  brought = scope.at("brought");
  return {};
}

// Compare what was asked with what is there now.
void Writer::settle(const Scope& scope, const Record& record, const std::vector<Wish>& wishes,
                    const Json& brought, Outcome& outcome) {
  for (const Wish& wish : wishes) {
    if (wish.refused) continue;
    Json found = field_of(wish.match, scope, record.doc);
    if (comparable(wish.match, scope, wish.expected) == comparable(wish.match, scope, found)) {
      continue;
    }
    Scope inner(&scope);
    inner.set("brought", brought);
    inner.set("path", wish.path);
    inner.set("wanted", wish.expected);
    inner.set("found", found);
    std::string reason = entity_.reason.text_of(inner);
    if (reason.empty()) reason = "it was not taken, though the system said ok";
    outcome.refused.push_back(Refusal{wish.path, reason, wish.expected, std::move(found)});
  }
  outcome.after = record;
}

Trouble Writer::create(const Command& command, Outcome& outcome) {
  if (entity_.create.empty()) {
    return Failure{Verdict::kMisconfigured, "create " + entity_.name + ": not supported"};
  }
  std::vector<Wish> wanted = wishes(command, outcome);
  Scope scope = scope_of(command, {});
  for (Wish& wish : wanted) NAVETTE_STEP(prepare(scope, true, wish, outcome));
  scope.set("base", nullptr);
  Json base = entity_.create_base.evaluate(scope);
  scope.set("wire", wire_of(wanted, std::move(base)));
  NAVETTE_STEP(runner_.run(entity_.create, scope));
  if (runner_.caller().pretending()) {
    std::vector<Wish> later;
    for (Wish& wish : wanted) {
      if (wish.deferred) later.push_back(wish);
    }
    Json brought;
    if (later.empty()) return {};
    return write_differences(scope, Record{}, later, brought, outcome);
  }
  outcome.id = entity_.created_id.text_of(scope);
  if (outcome.id.empty()) {
    return Failure{Verdict::kAmbiguous,
                   "create " + entity_.name + ": made, but its id is not told"};
  }
  Scope after(&base_);
  Record record;
  NAVETTE_STEP(read_back(command, outcome.id, after, record));
  // What the create could not carry, or did not take, gets a second try as a change.
  Json brought;
  std::vector<Refusal> first = std::move(outcome.refused);
  outcome.refused.clear();
  std::erase_if(wanted, [](const Wish& wish) { return wish.refused; });
  if (Trouble trouble = write_differences(after, record, wanted, brought, outcome)) {
    trouble->message = "made as " + outcome.id + ", but not complete: " + trouble->message;
    trouble->verdict = Verdict::kAmbiguous;
    return trouble;
  }
  outcome.refused.insert(outcome.refused.begin(), first.begin(), first.end());
  if (after.find("wire") != nullptr) NAVETTE_STEP(read_back(command, outcome.id, after, record));
  settle(after, record, wanted, brought, outcome);
  return {};
}

Trouble Writer::update(const Command& command, Outcome& outcome) {
  outcome.id = command.id;
  std::vector<Wish> wanted = wishes(command, outcome);
  Scope scope = scope_of(command, command.id);
  Record record;
  NAVETTE_STEP(fetch_record(entity_, runner_, scope, record));
  if (record.deleted) {
    return Failure{
        Verdict::kGone,
        "update " + entity_.name + " " + command.id + ": it is gone" +
            (record.merged_into.empty() ? std::string() : ", merged into " + record.merged_into)};
  }
  scope.set("doc", record.doc);
  Json brought;
  NAVETTE_STEP(write_differences(scope, record, wanted, brought, outcome));
  if (runner_.caller().pretending()) return {};
  if (scope.find("wire") != nullptr) {
    NAVETTE_STEP(read_back(command, command.id, scope, record));
  }
  settle(scope, record, wanted, brought, outcome);
  return {};
}

Trouble Writer::comment(const Command& command, Outcome& outcome) {
  if (entity_.comment.empty()) {
    return Failure{Verdict::kMisconfigured, "comment: this connector writes none"};
  }
  if (trim(command.comment.text).empty()) {
    return Failure{Verdict::kRejected, "comment: its text is empty"};
  }
  Scope scope = scope_of(command, command.id);
  Json comment = Json::object();
  comment.set("visibility", word_of(command.comment.visibility));
  comment.set("internal", command.comment.visibility != Visibility::kPublic);
  comment.set("markup", command.comment.markup);
  comment.set("text", command.comment.text);
  scope.set("comment", std::move(comment));
  NAVETTE_STEP(runner_.run(entity_.comment, scope));
  if (runner_.caller().pretending()) return {};
  outcome.id = entity_.comment_id.text_of(scope);
  const Json refused = entity_.comment_refused.evaluate(scope);
  if (refused.is_array()) {
    for (const Json& item : refused.items()) {
      outcome.refused.push_back(Refusal{item.at("path").text(), item.at("reason").text(),
                                        item.at("wanted"), item.at("found")});
    }
  }
  return {};
}

Trouble Writer::attach(const Command& command, const std::string& content, Outcome& outcome) {
  if (entity_.attach.empty()) {
    return Failure{Verdict::kMisconfigured, "attach: this connector writes no files"};
  }
  Scope scope = scope_of(command, command.id);
  Json file = Json::object();
  file.set("name", command.attachment.name);
  file.set("content_type", command.attachment.content_type);
  file.set("size", static_cast<std::int64_t>(content.size()));
  file.set("visibility", word_of(command.attachment.visibility));
  file.set("internal", command.attachment.visibility != Visibility::kPublic);
  scope.set("file", std::move(file));
  scope.set("content", content);
  NAVETTE_STEP(runner_.run(entity_.attach, scope));
  if (runner_.caller().pretending()) return {};
  outcome.id = entity_.attachment_id.text_of(scope);
  return {};
}

}  // namespace navette::declarative
