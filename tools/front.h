// What the console's threads may ask of a running hub.

#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "config/model.h"
#include "console/console.h"
#include "store/store.h"
#include "sync/engine.h"
#include "tools/bridge.h"
#include "tools/letters.h"

namespace navette::tools {

// Threads: safe from any thread; the engine is only touched on the loop's. All that is borrowed
// outlives it; the loop runs for as long as a console uses it.
class HubFront {
 public:
  // `reader`: an own connection to the store, for reading. `reload` runs on the loop's thread.
  // `store` is the engine's, for orders that write; only the loop's thread touches it.
  HubFront(Loop& loop, Engine& engine, Metrics& metrics, const Clock& clock, Store& store,
           std::unique_ptr<Store> reader, std::function<Status()> reload);

  ConsoleHandlers handlers();
  // Whose webhooks are taken from now on, and which secret they must show.
  void set_systems(const std::map<std::string, SystemConfig>& systems);
  void set_flows(const std::vector<FlowConfig>& flows);
  // From now on nothing is taken any more.
  void set_draining() { draining_ = true; }
  // Another hub runs some of the flows, or all of them.
  enum class Elsewhere : unsigned char { kNothing, kSome, kAll };
  void set_elsewhere(Elsewhere what) { elsewhere_ = what; }

 private:
  struct Seen {
    std::vector<FlowCounts> counts;
    Json gauges = Json::object();  // Engine::gauges()
  };

  std::optional<std::string> secret_of(const std::string& system);
  Status take(const Hook& hook);
  HealthReport health();
  Result<Json> status();
  std::string metrics_text();
  Status poll(const std::string& system);
  AdminAnswer admin(const AdminOrder& order);
  Result<Json> answer_on_loop(const LetterOrder& order);
  std::vector<FlowSides> flows();
  std::optional<Json> ask_gauges();
  void add_gauges();

  Bridge bridge_;
  Engine& engine_;
  Metrics& metrics_;
  const Clock& clock_;
  Store& store_;
  std::function<Status()> reload_;
  std::atomic<bool> draining_{false};
  std::atomic<Elsewhere> elsewhere_{Elsewhere::kNothing};

  std::mutex reader_mutex_;
  std::unique_ptr<Store> reader_;  // guarded by reader_mutex_

  std::mutex systems_mutex_;
  std::map<std::string, std::string> secrets_;  // guarded by systems_mutex_
  std::vector<FlowSides> flows_;                // guarded by systems_mutex_

  std::mutex seen_mutex_;
  Seen seen_;  // guarded by seen_mutex_
};

}  // namespace navette::tools
