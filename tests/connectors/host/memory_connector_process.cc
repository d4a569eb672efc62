// The memory connector as a process. It takes the same environment as the example connectors:
// NAVETTE_BUS, NAVETTE_SYSTEM, and with encryption NAVETTE_HUB_KEY, NAVETTE_PUBLIC_KEY,
// NAVETTE_SECRET_KEY.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "connectors/host/service.h"
#include "tests/connectors/memory_connector.h"

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

int main() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);

  navette::ServiceOptions options;
  options.address = variable("NAVETTE_BUS");
  options.system = variable("NAVETTE_SYSTEM");
  options.hub_key = variable("NAVETTE_HUB_KEY");
  options.own = {variable("NAVETTE_PUBLIC_KEY"), variable("NAVETTE_SECRET_KEY")};
  options.connector = "memory";
  options.version = "1";

  const navette::SystemClock clock;
  navette::test::MemoryDesk desk(clock);
  navette::bus::Context context;
  navette::ConnectorService service(
      context, clock, options,
      [&desk](navette::Host&) { return std::make_unique<navette::test::MemoryConnector>(desk); },
      {});
  navette::Status outcome;
  std::jthread thread([&](const std::stop_token& stop) {
    outcome = service.run(stop);
    ::kill(getpid(), SIGTERM);
  });
  int signal = 0;
  sigwait(&ending, &signal);
  thread.request_stop();
  thread.join();
  if (!outcome) std::fprintf(stderr, "%s\n", outcome.error().message.c_str());
  return outcome ? 0 : 3;
}
