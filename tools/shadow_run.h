// `navette shadow`: what was journalled, through the configuration of then and through a new one.
// Reads tickets; writes and sends nothing.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "navette/json.h"
#include "navette/result.h"

#include "config/model.h"
#include "sync/engine.h"

namespace navette::tools {

struct ShadowOptions {
  std::int64_t since = 0;  // changes that came in then or later, ms since 1970
  std::string flow;        // empty: all
  int tickets_max = 10'000;
};

// {"at", "since", "changes", "tickets", "left_out", "same", "compared", "not_compared": {why: n},
//  "groups": [group], "overwrites", "deletes", "calls", "failed"?}. `same`: tickets that were
// handled with the configuration that the flow has now. A group is {"flow", "kind", "side",
// "system", "path"?, "rule"?, "at"?, "count", "overwrites", "deletes", "samples": [{"ticket",
// "twin"?, "before"?, "after"?, "reason"?}]}; kinds are those of tools/shadow_compare.h, and "newly
// filtered", "newly taken in", "flow removed".
//
// Threads: the loop's.
class Shadow {
 public:
  static constexpr std::size_t kSamplesMax = 3;

  // The flow that the store keeps under a hash, as it was.
  using FlowThen = std::function<Result<FlowConfig>(const std::string& hash)>;

  // `flows`: of the new configuration.
  Shadow(const EngineContext& context, std::vector<FlowConfig> flows, FlowThen then,
         std::vector<std::string> secrets, ShadowOptions options);
  ~Shadow();
  Shadow(const Shadow&) = delete;
  Shadow& operator=(const Shadow&) = delete;

  void on_progress(std::function<void(std::size_t done, std::size_t all)> progress);
  // Once. Errors: kMisconfigured, kRetryLater (the store can't be read).
  void run(std::function<void(Result<Json>)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace navette::tools
