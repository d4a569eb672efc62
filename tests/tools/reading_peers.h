// Peers that only read: a write through them fails the test. They can list whole tickets, hide
// some, and fail.

#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "connectors/host/peers.h"
#include "tests/simulation/fake_desk.h"

namespace navette::test {

class ReadingPeers final : public Peers {
 public:
  ReadingPeers(SimLoop& loop, FakeDesk& client, FakeDesk& provider)
      : loop_(loop),
        desks_{{client.name(), &client}, {provider.name(), &provider}},
        under_(loop, client, provider) {}

  const Description* description(const std::string& system) const override {
    return under_.description(system);
  }
  std::string trouble(const std::string& system) const override { return under_.trouble(system); }
  void poll(const std::string& system, PollRequest request, Done<Page> done) override {
    ++polls;
    under_.poll(system, std::move(request), [this, system, done](Result<Page> page) {
      if (!page) return done(page);
      std::erase_if(page->records, [this, &system](const Record& record) {
        return hidden.contains(system + ":" + record.id);
      });
      for (Record& record : page->records) {
        const FakeDesk& desk = *desks_.at(system);
        const Record whole = desk.fetch(record.id);
        record.updated_at = whole.updated_at;
        record.deleted = whole.deleted;
        if (lists_whole) record.doc = whole.doc;
      }
      done(std::move(page));
    });
  }
  void fetch(const std::string& system, std::string entity, std::string id, Json where,
             Done<Record> done) override {
    ++fetches;
    const Json asked = where;
    if (hidden.contains(system + ":" + id)) {
      loop_.post([done] { done(Error{Fault::kRejected, "the account may not see this ticket"}); });
      return;
    }
    under_.fetch(system, std::move(entity), std::move(id), std::move(where),
                 [this, asked, done](Result<Record> record) {
                   if (record && in_scope) record->in_scope = in_scope(*record);
                   if (record && in_scope_of) record->in_scope = in_scope_of(asked, *record);
                   done(std::move(record));
                 });
  }
  void find(const std::string& system, std::string entity, Json where, std::string path,
            std::string value, Done<std::vector<std::string>> done) override {
    under_.find(system, std::move(entity), std::move(where), std::move(path), std::move(value),
                std::move(done));
  }
  void execute(const std::string& system, Command command, std::string,
               std::function<void(Outcome)>) override {
    ADD_FAILURE() << "something was sent to " << system << ":" << command.id;
  }
  void preview(const std::string& system, Command, Done<Json>) override {
    ADD_FAILURE() << "a write to " << system << " was begun";
  }
  void download(const std::string& system, std::string, std::string, std::int64_t,
                Done<std::string>) override {
    ADD_FAILURE() << "a file of " << system << " was read";
  }

  bool lists_whole = false;
  std::set<std::string> hidden;  // "tracker:12": neither listed nor to be read
  std::function<bool(const Record&)> in_scope;
  std::function<bool(const Json& where, const Record&)> in_scope_of;
  int polls = 0;
  int fetches = 0;

 private:
  SimLoop& loop_;
  std::map<std::string, FakeDesk*> desks_;
  FakePeers under_;
};

}  // namespace navette::test
