// What the process itself costs, under the names that Prometheus' own libraries use.

#pragma once

#include "base/metrics.h"

namespace navette::tools {

void add_process_metrics(Metrics& metrics);

}  // namespace navette::tools
