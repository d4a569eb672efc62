// Carries commands out: compares before it writes, looks up what names stand for, runs the file's
// steps, and reads back what became of it.
//
// Threads: none of its own; one call at a time.

#pragma once

#include <string>
#include <vector>

#include "connectors/declarative/reader.h"
#include "connectors/declarative/runner.h"
#include "connectors/declarative/spec.h"

namespace navette::declarative {

class Writer {
 public:
  // All outlive it. `base` holds settings, self and features.
  Writer(const EntitySpec& entity, Runner& runner, const Scope& base)
      : entity_(entity), runner_(runner), base_(base) {}

  Outcome execute(const Command& command, const std::string& content);

 private:
  // A field to write: what is asked, what it is compared by, and what of the system it becomes.
  struct Wish {
    std::string path;
    Json value;
    FieldMatch match;
    Json expected;          // what the document should hold; `value` until it was looked up
    Json wire;              // what goes into the request
    bool deferred = false;  // at a create: not in its request
    bool refused = false;
  };

  Trouble create(const Command& command, Outcome& outcome);
  Trouble update(const Command& command, Outcome& outcome);
  Trouble comment(const Command& command, Outcome& outcome);
  Trouble attach(const Command& command, const std::string& content, Outcome& outcome);

  std::vector<Wish> wishes(const Command& command, Outcome& outcome) const;
  Trouble prepare(const Scope& scope, bool creating, Wish& wish, Outcome& outcome);
  Json wire_of(const std::vector<Wish>& wishes, Json base) const;
  // Write those wishes that differ from what `record` holds. `scope` is the one it was read in.
  Trouble write_differences(Scope& scope, const Record& record, std::vector<Wish>& wishes,
                            Json& brought, Outcome& outcome);
  Trouble read_back(const Command& command, const std::string& id, Scope& scope, Record& record);
  void settle(const Scope& scope, const Record& record, const std::vector<Wish>& wishes,
              const Json& brought, Outcome& outcome);
  Scope scope_of(const Command& command, const std::string& id) const;

  const EntitySpec& entity_;
  Runner& runner_;
  const Scope& base_;
};

}  // namespace navette::declarative
