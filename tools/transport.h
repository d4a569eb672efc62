// The HTTP transport of a configured system.

#pragma once

#include "navette/result.h"

#include "config/model.h"
#include "connectors/host/system_host.h"

namespace navette::tools {

// Makes transports that reach the origin of that system and no other.
// Errors: kMisconfigured.
Result<HttpFactory> transport_of(const SystemConfig& system);

}  // namespace navette::tools
