// Counters and gauges for Prometheus.
//
// Counters come from the same events as the log lines: navette_events_total by event, level, flow
// and system. Gauges are read when they are asked for.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/event.h"

namespace navette {

// A flow or system beyond this many different counters is counted under "other": names that come
// from outside can't fill the memory.
inline constexpr std::size_t kCounterSeriesMax = 5000;

struct Sample {
  std::vector<std::pair<std::string, std::string>> labels = {};
  double value = 0;
};

enum class MetricKind : unsigned char { kGauge, kCounter };

// Threads: safe from any thread. A reader is called by exposition(), on its thread, with no lock
// held; it must not call back.
class Metrics final : public EventSink {
 public:
  using Reader = std::function<std::vector<Sample>()>;

  Metrics();
  ~Metrics() override;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void emit(const Event& event) noexcept override;

  // A family of values that are read when asked for. The same name again replaces the reader.
  // REQUIRES: name is [a-zA-Z_:][a-zA-Z0-9_:]*.
  void add(std::string name, std::string help, MetricKind kind, Reader read);

  // Text exposition format 0.0.4; families and series in the order of their names.
  std::string exposition() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The Content-Type of exposition().
inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace navette
