// What the tests of both peers share.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "navette/connector.h"

namespace navette::test {

inline Json where_of(const std::string& name, const std::string& value) {
  Json where = Json::object();
  where.set(name, value);
  return where;
}

inline Json rich(const std::string& markup, const std::string& text) {
  Json value = Json::object();
  value.set("markup", markup);
  value.set("text", text);
  return value;
}

inline Command create_command(const Json& where, std::vector<FieldWrite> fields) {
  Command command;
  command.key = "create-1";
  command.kind = CommandKind::kCreate;
  command.where = where;
  command.fields = std::move(fields);
  return command;
}

inline Command update_command(const std::string& id, const Json& where,
                              std::vector<FieldWrite> fields) {
  Command command = create_command(where, std::move(fields));
  command.kind = CommandKind::kUpdate;
  command.id = id;
  return command;
}

inline Command comment_command(const std::string& id, const Json& where, Visibility visibility,
                               const std::string& text, const std::string& key = "comment-1") {
  Command command;
  command.key = key;
  command.kind = CommandKind::kComment;
  command.id = id;
  command.where = where;
  command.comment.visibility = visibility;
  command.comment.text = text;
  return command;
}

inline Command attach_command(const std::string& id, const Json& where, Visibility visibility,
                              const std::string& name, std::int64_t size) {
  Command command;
  command.key = "attach-1";
  command.kind = CommandKind::kAttach;
  command.id = id;
  command.where = where;
  command.attachment.visibility = visibility;
  command.attachment.name = name;
  command.attachment.size = size;
  command.attachment.content_type = "application/octet-stream";
  return command;
}

// Every byte value, so that no text conversion goes unnoticed.
inline std::string every_byte(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>((i * 7 + i / 256) & 0xff);
  return out;
}

inline std::string describe(const Outcome& outcome) {
  std::string out =
      "verdict " + std::to_string(static_cast<int>(outcome.verdict)) + ": " + outcome.message;
  for (const Refusal& refusal : outcome.refused) {
    out += "\n  " + refusal.path + ": " + refusal.reason + " wanted " + refusal.wanted.dump() +
           " found " + refusal.found.dump();
  }
  return out;
}

// Poll until there are no more pages; the ids in their order.
inline std::vector<std::string> poll_all(Connector& connector, PollRequest& request) {
  std::vector<std::string> ids;
  for (int pages = 0; pages < 200; ++pages) {
    Result<Page> page = connector.poll(request);
    EXPECT_TRUE(page) << page.error().message;
    if (!page) break;
    for (const Record& record : page->records) ids.push_back(record.id);
    request.cursor = page->cursor;
    if (!page->more) break;
  }
  return ids;
}

}  // namespace navette::test
