// What people and robots did in the simulated world, and what the promises then allow the hub to
// do.
//
// Every value that somebody sets is an edit with a number, and knows the edit that it replaced: so
// it can be told whether a write of the hub carries something on, decides between two edits that
// did not know of each other, or undoes what came later. Each write is judged when it reaches a
// system, not only at the end: a leak that is mended later is a leak.
//
// A sentence in wrong() begins with the promise that it breaks: "lost:", "doubled:", "leak:", ...

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "navette/connector.h"

namespace navette::test {

// "title", "status", "severity": a field's name on either side.
using Edits = std::map<std::string, int>;  // field -> number of the edit that it holds

struct Edit {
  std::string ticket;  // "desk-a:12"
  std::string field;
  std::string value;           // in the client's words; "-": none
  int before = 0;              // the edit that it replaced; 0: none
  std::int64_t shown_at = -1;  // ms: when the hub was first given a record with it; -1: never
  bool gone = false;           // overwritten by the hub, rightly: it need not be anywhere
  // Of a twin that the hub had made and not read yet: nobody can tell it from what the system made
  // of the value.
  bool unclear = false;
};

struct Said {
  std::string ticket;
  Visibility visibility = Visibility::kInternal;
  int version = 1;
  std::map<int, int> copies;  // by version
};

struct KnownTicket {
  std::string flow;
  std::string twin;  // empty: none yet
  bool by_hub = false;
  bool deleted = false;
  bool poisoned = false;          // its twin is refused, always
  bool unsure = false;            // a write to it was never answered
  Edits edits;                    // what it holds now
  std::set<std::string> excuses;  // fields, comments and files that may be parked
};

class Model {
 public:
  // What people do.
  void born(const std::string& ticket, const std::string& flow);
  void edited(const std::string& ticket, const std::string& field, const std::string& value);
  int said(const std::string& ticket, Visibility visibility);
  void rephrased(int comment) { ++comments_[comment].version; }
  int attached(const std::string& ticket, Visibility visibility);
  void removed(const std::string& ticket) { tickets_[ticket].deleted = true; }
  void poisoned(const std::string& ticket) { tickets_[ticket].poisoned = true; }
  // A system does not take it as it should, or a robot fights for it: it may end up parked.
  void excuse(const std::string& ticket, const std::string& what);

  // What the hub does, as the systems see it.
  void was_shown(const Edits& edits, std::int64_t now);
  // A write to it has no answer: whether it was carried out is told by the values alone.
  void unanswered(const std::string& ticket) { tickets_[ticket].unsure = true; }
  // What is judged next was sent then.
  void sent_at(std::int64_t at) { sent_at_ = at; }
  void hub_created(const std::string& source, const std::string& ticket);
  void hub_wrote(const std::string& ticket, const std::string& field, const std::string& value);
  void hub_said(const std::string& ticket, const std::string& text, Visibility visibility);
  void hub_attached(const std::string& ticket, const std::string& name, Visibility visibility);

  // Whether the hub has that ticket in a link, and has stored that it saw the field as it made it.
  std::function<bool(const std::string& ticket)> linked;
  std::function<bool(const std::string& ticket, const std::string& field)> settled;

  void fail(std::string sentence);
  const std::vector<std::string>& wrong() const { return wrong_; }

  bool knows(const std::string& ticket) const { return tickets_.contains(ticket); }
  const KnownTicket& ticket(const std::string& name) const { return tickets_.at(name); }
  const std::map<std::string, KnownTicket>& tickets() const { return tickets_; }
  const std::map<int, Said>& comments() const { return comments_; }
  const std::map<int, Said>& files() const { return files_; }
  // Whether it or its twin has that excuse.
  bool excused(const std::string& ticket, const std::string& what) const;
  // How often people set that field on either side.
  int times_edited(const std::string& ticket, const std::string& field) const;
  // The two edits that the sides hold know nothing of each other.
  bool concurrent(const std::string& ticket, const std::string& field) const;

  // The text of a comment, and back: its number and version, 0 when there is none in it.
  static std::string text_of(int comment, int version);
  static std::pair<int, int> comment_in(const std::string& text);
  static std::string file_name(int file) { return "file-" + std::to_string(file) + ".txt"; }
  static int file_in(const std::string& text);

 private:
  bool after(int later, int earlier) const;
  int edit_with(const std::string& ticket, const std::string& field,
                const std::string& value) const;
  bool comes_again(const std::string& name, int number) const;
  void judge_place(const std::string& ticket, const std::string& source, const std::string& what);

  std::map<std::string, KnownTicket> tickets_;
  std::vector<Edit> edits_ = std::vector<Edit>(1);  // number 0 is none
  std::map<int, Said> comments_;
  std::map<int, Said> files_;
  std::vector<std::string> wrong_;
  std::int64_t sent_at_ = 0;
};

}  // namespace navette::test
