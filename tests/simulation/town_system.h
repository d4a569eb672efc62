// A ticket system of the simulated town: what people, robots and connectors do to it, with its own
// clock, replicas that lag behind, and the ways in which real ones fail.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "connectors/host/peers.h"
#include "tests/simulation/model.h"
#include "tests/simulation/sim_loop.h"

namespace navette::test {

using std::chrono::milliseconds;

// In percent of the calls, where nothing else is said.
struct TownFaults {
  int refused = 0;    // nobody there
  int throttled = 0;  // 429 with a time
  int conflict = 0;   // somebody else wrote meanwhile
  int unsent = 0;     // a write that times out and was not done
  int lost = 0;       // a write whose answer is lost
  int late = 0;       // a write that is done only after the answer was given up
  int half = 0;       // a write of several steps that stops in between
  int bare = 0;       // a write answered without the record
  int stale = 0;      // reads from a replica that lags
  int repeated = 0;   // polls that begin a little earlier than asked
  int hints = 0;      // changes that send a webhook
  int delay_ms_max = 20;
};

struct TownTicket {
  Record now;
  std::map<std::string, std::string> contents;  // by file id
  std::string project;
  Edits edits;
  bool poison = false;
  // How it was before, for replicas: until when (simulated time), and how.
  struct Past {
    milliseconds until;
    Record record;
    Edits edits;
  };
  std::deque<Past> past;
};

struct Robot {
  std::string field;
  std::string value;
  int times = 0;  // that it still sets it back
};

class TownSystem {
 public:
  // A replica lags so much at the most, and a late write comes so late at the most. Together less
  // than the time for which the engine takes a request without answer to be on its way.
  static constexpr milliseconds kLagMax{1200};
  static constexpr milliseconds kLateMax{1200};

  TownSystem(std::string name, bool client, SimLoop& loop, Model& model)
      : name_(std::move(name)), client_(client), loop_(loop), model_(model) {}

  // What people do; fields by their names in the model.
  std::string create(const std::string& project, const std::string& flow, const std::string& title,
                     bool poison);
  void set(const std::string& id, const std::string& field, const std::string& value);
  int comment(const std::string& id, Visibility visibility, bool by_our_account);
  void rephrase(const std::string& id, std::size_t which);
  int attach(const std::string& id, Visibility visibility);
  void remove(const std::string& id);
  // Sets the field back whenever the hub writes it, so many times.
  void post_robot(const std::string& id, const Robot& robot) { robots_[id] = robot; }

  // What a connector does. `read` gives what the hub sees of it to the model when it is delivered.
  Page poll(const PollRequest& request);
  std::pair<Record, Edits> fetch(const std::string& id, const Json& where);
  std::vector<std::string> find(const std::string& path, const std::string& value);
  // `half`: stop in the middle.
  Outcome execute(const Command& command, const std::string& content, bool half);

  std::string key(const std::string& id) const { return name_ + ":" + id; }
  const std::string& name() const { return name_; }
  std::map<std::string, TownTicket>& tickets() { return tickets_; }
  std::vector<std::string> ids(bool live) const;
  std::uint64_t changes() const { return feed_.size(); }
  std::string path_of(const std::string& field) const;
  std::string field_of(const std::string& path) const;
  std::string shown_value(const std::string& id, const std::string& field);

  Description description;
  TownFaults faults;
  bool down = false;
  milliseconds silent_until{0};
  milliseconds skew{0};           // of its clock
  milliseconds feed_lag{0};       // polls show a change only so much later
  bool whole_seconds = false;     // its time stamps have no finer ones
  bool takes_keys = false;        // a comment carries our idempotency key
  bool marks_late = false;        // a mark is set a moment after its ticket was made
  bool quiet_edits = false;       // an edited comment moves no time stamp
  bool refuses_done = false;      // status "done" is dropped with a friendly answer
  bool rejects_comments = false;  // a comment that has a number divisible by 7 is refused
  std::function<void(const std::string& id)> on_change;
  std::function<void(const std::string& line)> tell;

 private:
  struct Entry {
    std::string id;
    milliseconds at;
  };
  TownTicket& remember(const std::string& id);
  void touch(const std::string& id);
  std::string status_word(const std::string& value) const;
  std::string canonical(const std::string& field, const Json& value) const;
  Json as_written(const std::string& field, const std::string& value) const;
  milliseconds lag();
  Outcome create_by_hub(const Command& command, bool half);
  Outcome update_by_hub(const Command& command, bool half);
  Outcome comment_by_hub(const Command& command);
  Outcome attach_by_hub(const Command& command, const std::string& content);
  void set_by_hub(const std::string& id, const FieldWrite& field);
  void wake_robot(const std::string& id, const std::string& field);

  std::string name_;
  bool client_;
  SimLoop& loop_;
  Model& model_;
  std::map<std::string, TownTicket> tickets_;
  std::map<std::string, Robot> robots_;
  std::vector<Entry> feed_;
  int next_ = 1;
};

}  // namespace navette::test
