#include "connectors/declarative/reader.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace navette::declarative {

namespace {

Person to_person(const Json& json) {
  if (!json.is_object()) return Person{json.text(), {}, json.text(), {}};
  return Person{json.at("id").text(), json.at("login").text(), json.at("name").text(),
                json.at("email").text()};
}

// Anything but "public" and "shared" is internal: what is not known is not shown.
Visibility to_visibility(const Json& json) {
  const std::string text = json.text();
  if (text == "public") return Visibility::kPublic;
  return text == "shared" ? Visibility::kShared : Visibility::kInternal;
}

Comment to_comment(const Json& json) {
  Comment comment;
  comment.id = json.at("id").text();
  comment.key = json.at("key").text();
  comment.author = to_person(json.at("author"));
  comment.own = json.at("own").as_bool();
  comment.created_at = json.at("created_at").text();
  comment.visibility = to_visibility(json.at("visibility"));
  comment.markup = json.at("markup").as_string("text");
  comment.text = to_utf8(json.at("text").text());
  return comment;
}

Attachment to_attachment(const Json& json) {
  Attachment file;
  file.id = json.at("id").text();
  file.key = json.at("key").text();
  file.name = json.at("name").text();
  file.content_type = json.at("content_type").text();
  file.size = json.at("size").as_int(-1);
  file.author = to_person(json.at("author"));
  file.own = json.at("own").as_bool();
  file.created_at = json.at("created_at").text();
  file.visibility = to_visibility(json.at("visibility"));
  file.comment_id = json.at("comment_id").text();
  return file;
}

// "name='External ref'" or "name=External ref" without quotes around the value.
std::string unquoted(std::string text) {
  if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"' || text.front() == '`') &&
      text.back() == text.front()) {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

Json canonical(const Json& value) {
  if (value.is_string()) {
    std::string out;
    const std::string_view text = value.as_string();
    if (text.empty()) return {};
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] != '\r') {
        out += text[at];
      } else {
        out += '\n';
        if (at + 1 < text.size() && text[at + 1] == '\n') ++at;
      }
    }
    return out;
  }
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& item : value.items()) out.push(canonical(item));
    return out;
  }
  if (!value.is_object()) return value;
  Json out = Json::object();
  for (const auto& [name, member] : value.members()) out.set(name, canonical(member));
  // Rich text without text is no text.
  if (out.find("markup") != nullptr && out.at("text").is_null()) return {};
  return out;
}

}  // namespace

Trouble fetch_record(const EntitySpec& entity, Runner& runner, Scope& scope, Record& record) {
  record = Record{};
  record.entity = entity.name;
  record.id = scope.at("id").text();
  if (Trouble trouble = runner.run(entity.fetch, scope)) {
    if (trouble->verdict != Verdict::kGone) return trouble;
    record.deleted = true;
    return {};
  }
  const Json head = entity.record.evaluate(scope);
  if (!head.at("id").text().empty()) record.id = head.at("id").text();
  record.version = head.at("version").text();
  record.updated_at = head.at("updated_at").text();
  record.url = head.at("url").text();
  record.deleted = head.at("deleted").as_bool();
  record.merged_into = head.at("merged_into").text();
  record.in_scope = head.at("in_scope").as_bool(true);
  record.doc = entity.document.evaluate(scope);
  const Json comments = entity.comments.evaluate(scope);
  if (comments.is_array()) {
    for (const Json& comment : comments.items()) record.comments.push_back(to_comment(comment));
  }
  const Json files = entity.attachments.evaluate(scope);
  if (files.is_array()) {
    for (const Json& file : files.items()) record.attachments.push_back(to_attachment(file));
  }
  return {};
}

std::optional<FieldMatch> match_field(const EntitySpec& entity, const std::string& path) {
  for (const FieldSpec& field : entity.fields) {
    if (!field.pattern) {
      if (field.info.path == path) return FieldMatch{&field, {}};
      continue;
    }
    if (path.size() <= field.before_star.size() + field.after_star.size()) continue;
    if (!path.starts_with(field.before_star) || !path.ends_with(field.after_star)) continue;
    return FieldMatch{&field, unquoted(path.substr(field.before_star.size(),
                                                   path.size() - field.before_star.size() -
                                                       field.after_star.size()))};
  }
  return std::nullopt;
}

Json field_of(const FieldMatch& match, const Scope& outer, const Json& document) {
  if (!match.field->found) return document.at(match.field->info.path);
  Scope scope(&outer);
  scope.set("doc", document);
  scope.set("name", match.name);
  return match.field->found->evaluate(scope);
}

Json comparable(const FieldMatch& match, const Scope& outer, const Json& value) {
  Json out = value;
  if (match.field->same) {
    Scope scope(&outer);
    scope.set("value", value);
    scope.set("name", match.name);
    out = match.field->same->evaluate(scope);
  }
  return canonical(out);
}

Trouble find_records(const EntitySpec& entity, Runner& runner, const Scope& outer,
                     const std::string& path, const std::string& value,
                     std::vector<std::string>& ids) {
  const std::optional<FieldMatch> match = match_field(entity, path);
  if (!match || !match->field->find) {
    return Failure{Verdict::kRejected,
                   "find " + entity.name + " by " + path + ": this field can't be searched"};
  }
  Scope scope(&outer);
  scope.set("name", match->name);
  scope.set("value", value);
  NAVETTE_STEP(runner.run(*match->field->find, scope));
  const Json found = match->field->find_ids->evaluate(scope);
  if (!found.is_array()) return {};
  for (const Json& id : found.items()) {
    if (std::find(ids.begin(), ids.end(), id.text()) == ids.end()) ids.push_back(id.text());
  }
  return {};
}

}  // namespace navette::declarative
