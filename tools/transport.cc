#include "tools/transport.h"

#include "connectors/declarative/catalog.h"
#include "connectors/declarative/http_poco.h"

namespace navette::tools {

Result<HttpFactory> transport_of(const SystemConfig& system) {
  const auto origin = origin_of(system.settings);
  if (!origin) {
    return Error{origin.error().fault, "reach " + system.name + ": " + origin.error().message};
  }
  return HttpFactory([origin = *origin] { return std::make_unique<PocoHttp>(origin); });
}

}  // namespace navette::tools
