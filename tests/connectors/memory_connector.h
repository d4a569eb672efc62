// A helpdesk in memory, and the connector to it: for tests of whatever drives connectors.
//
// Its tickets have the fields subject, description (rich text), status, priority, assignee, due,
// queue and mark; a ticket in a queue is in scope of {"queue": that queue}.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "navette/connector.h"
#include "navette/host.h"

#include "base/clock.h"

namespace navette::test {

// What goes wrong, and when. Each is called on the connector's thread, with no lock held, and may
// block; an empty one is skipped.
struct DeskFaults {
  // Before anything is done: an error, or nothing to go on.
  std::function<std::optional<Error>(std::string_view method)> read;
  // Instead of the write, or nothing to go on.
  std::function<std::optional<Outcome>(const Command&)> before_write;
  // After the write: may change what is told of it.
  std::function<void(const Command&, Outcome&)> after_write;
};

// Threads: safe from any thread.
class MemoryDesk {
 public:
  explicit MemoryDesk(const Clock& clock);

  // As its users do it, outside of any connector. `fields` as in Record::doc.
  std::string create(const Json& fields);
  void edit(const std::string& id, const std::string& path, Json value);
  std::string comment(const std::string& id, const std::string& text, Visibility visibility);
  std::string attach(const std::string& id, const std::string& name, const std::string& content);
  void erase(const std::string& id);

  // The complete record; nothing for an id that never was.
  std::optional<Record> look(const std::string& id) const;
  std::vector<std::string> ids() const;
  std::string content(const std::string& attachment) const;
  // Changes of any ticket so far: quiet means that it stays.
  std::uint64_t changes() const;

  void set_faults(DeskFaults faults);
  void set_attachment_bytes_max(std::int64_t bytes);  // 0: no limit

 private:
  friend class MemoryConnector;
  struct Ticket {
    Record record;
    std::uint64_t changed = 0;  // number of its last change
    std::uint64_t created = 0;
  };

  Ticket& touch(const std::string& id);  // REQUIRES: mutex_ held
  Record complete(const Ticket& ticket, const Json& where) const;
  std::string add_comment(const std::string& id, Comment comment);
  std::string add_attachment(const std::string& id, Attachment attachment, std::string content);
  DeskFaults faults() const;
  Outcome write(const Command& command, const std::string& content);
  Outcome write_fields(const Command& command);
  Page poll(const PollRequest& request) const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  DeskFaults faults_;
  std::map<std::string, Ticket> tickets_;
  std::map<std::string, std::string> contents_;
  std::uint64_t changes_ = 0;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t last_part_ = 0;
  std::int64_t attachment_bytes_max_ = 0;
};

class MemoryConnector final : public Connector {
 public:
  // Borrows the desk.
  explicit MemoryConnector(MemoryDesk& desk) : desk_(desk) {}

  Result<Description> connect() noexcept override;
  Result<Page> poll(const PollRequest& request) noexcept override;
  Result<Record> fetch(const std::string& entity, const std::string& id,
                       const Json& where) noexcept override;
  Result<std::vector<std::string>> find(const std::string& entity, const Json& where,
                                        const std::string& path,
                                        const std::string& value) noexcept override;
  Outcome execute(const Command& command, const std::string& content) noexcept override;
  Result<Json> preview(const Command& command) noexcept override;
  Result<std::string> download(const std::string& ticket, const std::string& attachment,
                               std::int64_t bytes_max) noexcept override;

 private:
  MemoryDesk& desk_;
};

}  // namespace navette::test
