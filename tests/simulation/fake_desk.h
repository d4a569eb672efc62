// A ticket system in memory, and Peers over two of them, with the faults that real ones show: lost
// answers, refused connections, dropped fields, slow calls.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/host/peers.h"
#include "tests/simulation/sim_loop.h"

namespace navette::test {

struct FakeTicket {
  Json doc = Json::object();
  std::vector<Comment> comments;
  std::vector<Attachment> files;
  std::map<std::string, std::string> contents;  // by file id
  std::string updated_at;
  bool deleted = false;
};

struct FakeFaults {
  int down_percent = 0;    // calls that find nobody there
  int lost_percent = 0;    // writes done whose answer is lost
  int unsent_percent = 0;  // writes that time out and were not done
  int delay_ms_max = 20;
};

class FakeDesk {
 public:
  FakeDesk(std::string name, SimLoop& loop) : name_(std::move(name)), loop_(loop) {}

  // What people and robots there do. An empty id: a new ticket.
  std::string edit(const std::string& id, const std::vector<FieldWrite>& fields);
  std::string comment(const std::string& id, const std::string& text, Visibility visibility,
                      bool own = false, const std::string& key = {});
  std::string attach(const std::string& id, const std::string& name, const std::string& content,
                     Visibility visibility, bool own = false);
  // `quietly`: no poll shows it.
  void edit_comment(const std::string& id, const std::string& comment, const std::string& text,
                    bool quietly = false);
  void remove(const std::string& id);

  // What a connector does.
  Page poll(const PollRequest& request) const;
  Record fetch(const std::string& id) const;
  std::vector<std::string> find(const std::string& path, const std::string& value) const;
  Outcome execute(const Command& command, const std::string& content);
  void mark_now(const Command& command, const std::string& id);

  Description description;
  FakeFaults faults;
  bool down = false;
  std::chrono::milliseconds silent_until{0};  // calls get their answer only then
  // Statuses that are refused silently, as real trackers do.
  std::string refused_status;
  bool takes_keys = false;
  // A new ticket shows without its mark until the answer to its create is on its way.
  bool marks_late = false;

  const std::map<std::string, FakeTicket>& tickets() const { return tickets_; }
  std::int64_t version() const { return static_cast<std::int64_t>(feed_.size()); }
  const std::string& name() const { return name_; }

 private:
  void touch(const std::string& id);
  void apply(FakeTicket& ticket, const FieldWrite& field) const;

  std::string name_;
  SimLoop& loop_;
  std::map<std::string, FakeTicket> tickets_;
  std::vector<std::string> feed_;  // ids of changed tickets, in order: the cursor counts them
  int next_ = 1;
};

class FakePeers final : public Peers {
 public:
  FakePeers(SimLoop& loop, FakeDesk& client, FakeDesk& provider)
      : loop_(loop), desks_{{client.name(), &client}, {provider.name(), &provider}} {}

  const Description* description(const std::string& system) const override;
  std::string trouble(const std::string& system) const override;
  void poll(const std::string& system, PollRequest request, Done<Page> done) override;
  void fetch(const std::string& system, std::string entity, std::string id, Json where,
             Done<Record> done) override;
  void find(const std::string& system, std::string entity, Json where, std::string path,
            std::string value, Done<std::vector<std::string>> done) override;
  void execute(const std::string& system, Command command, std::string content,
               std::function<void(Outcome)> done) override;
  void preview(const std::string& system, Command command, Done<Json> done) override;
  void download(const std::string& system, std::string ticket, std::string attachment,
                std::int64_t bytes_max, Done<std::string> done) override;

  // Called before each write that reaches a system: a place to crash at.
  std::function<void()> before_write;
  int writes = 0;
  int unreachable = 0;  // calls to a system that was down

 private:
  template <class T, class Work>
  void answer(FakeDesk& desk, Done<T> done, Work work);
  bool chance(int percent);
  std::chrono::milliseconds delay_of(const FakeDesk& desk);

  SimLoop& loop_;
  std::map<std::string, FakeDesk*> desks_;
};

}  // namespace navette::test
