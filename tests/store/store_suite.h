// Every backend of the Store must pass this suite. Its own test file supplies a home (where a store
// lives, and how to take its space away); the suite supplies the questions.
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreSuite, ::testing::Values(StoreKind{"sqlite", make}));

#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "store/store.h"

namespace navette::test {

// A place that outlives the stores opened in it, empty at first, gone with this object.
class StoreHome {
 public:
  virtual ~StoreHome() = default;
  virtual std::string where() const = 0;  // for open_store()
  // From now on no more than a little can be stored; until make_room().
  virtual void make_full() = 0;
  virtual void make_room() = 0;
  // Waits until nothing of a killed process is under way any more.
  virtual void settle() {}
};

struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<StoreHome>()> make_home;
};

inline void PrintTo(const StoreKind& kind, std::ostream* out) {  // NOLINT: GoogleTest's name
  *out << kind.name;
}

// Fails the test and gives an empty value when there is none.
template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  ADD_FAILURE() << result.error().message;
  return T{};
}

inline std::string message(const Status& status) {
  return status ? std::string() : status.error().message;
}

inline AddChange pending(const std::string& flow, const std::string& entity,
                         std::int64_t received_at = 1000) {
  ChangeRow row;
  row.flow = flow;
  row.entity_id = entity;
  row.version = "v1";
  row.origin = "poll";
  row.correlation = "c-" + entity;
  row.config_hash = "hash";
  row.payload = "{\"id\":\"" + entity + "\"}";
  row.received_at = received_at;
  return {row};
}

inline PutLink put_link(std::int64_t id, const std::string& flow, const std::string& client,
                        const std::string& provider) {
  LinkRow row;
  row.id = id;
  row.flow = flow;
  row.client_id = client;
  row.provider_id = provider;
  row.state = "{}";
  return {row};
}

inline PutCommand put_command(std::int64_t id, const std::string& flow, std::int64_t link,
                              const std::string& phase) {
  CommandRow row;
  row.id = id;
  row.key = "key-" + std::to_string(id);
  row.flow = flow;
  row.link = link;
  row.kind = "update";
  row.phase = phase;
  row.payload = "{}";
  return {row};
}

class StoreSuite : public ::testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override { reopen(); }

  void reopen() {
    store_.reset();
    store_ = must(open_store(home_->where()));
    ASSERT_NE(store_, nullptr);
  }

  void commit(const Batch& batch) {
    const Status done = store_->commit(batch);
    EXPECT_TRUE(done) << message(done);
  }

  std::vector<std::string> entities(const ChangeFilter& filter = {}) {
    std::vector<std::string> found;
    for (const ChangeRow& row : must(store_->changes(filter))) found.push_back(row.entity_id);
    return found;
  }

  static std::vector<std::string> names(const std::vector<ChangeRow>& rows) {
    std::vector<std::string> found;
    for (const ChangeRow& row : rows) found.push_back(row.entity_id);
    return found;
  }

  FlowCounts counts(const std::string& flow) {
    for (const FlowCounts& row : must(store_->counts())) {
      if (row.flow == flow) return row;
    }
    return {};
  }

  std::unique_ptr<StoreHome> home_ = GetParam().make_home();
  std::unique_ptr<Store> store_;
};

}  // namespace navette::test
