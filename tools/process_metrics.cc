#include "tools/process_metrics.h"

#include <chrono>
#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

namespace navette::tools {
namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void add_process_metrics(Metrics& metrics) {
  const auto add = [&metrics](const char* name, const char* help, MetricKind kind, auto read) {
    metrics.add(name, help, kind, [read] { return std::vector<Sample>{{{}, read()}}; });
  };
  const double started =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  add("process_cpu_seconds_total", "Processor time that was used.", MetricKind::kCounter,
      [] { return cpu_seconds(); });
  add("process_resident_memory_bytes", "Memory in use.", MetricKind::kGauge,
      [] { return resident_bytes(); });
  add("process_start_time_seconds", "When the process started, since 1970.", MetricKind::kGauge,
      [started] { return started; });
  metrics.add("navette_build_info", "Always 1; the version is a label.", MetricKind::kGauge, [] {
    return std::vector<Sample>{{{{"version", NAVETTE_VERSION}}, 1}};
  });
}

}  // namespace navette::tools
