// The contract, kept by the memory connector in a thread and in a process, and by the example
// connector in another language.

#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include <signal.h>

#include "base/clock.h"
#include "connectors/host/service.h"
#include "tests/bus/child.h"
#include "tests/connectors/contract_suite.h"
#include "tests/connectors/memory_connector.h"

namespace navette::test {
namespace {

ContractRun run_in_thread(const ContractDoor& door) {
  struct Parts {
    explicit Parts(const ContractDoor& door)
        : service(door.context, clock, options(door),
                  [this](Host&) { return std::make_unique<MemoryConnector>(desk); }, {}) {}
    static ServiceOptions options(const ContractDoor& door) {
      ServiceOptions made;
      made.address = door.address;
      made.system = door.system;
      made.connector = "memory";
      made.version = "1";
      return made;
    }
    SystemClock clock;
    MemoryDesk desk{clock};
    ConnectorService service;
    std::jthread thread;
  };
  auto parts = std::make_shared<Parts>(door);  // shared by the two functions of the run
  parts->thread = std::jthread([service = &parts->service](const std::stop_token& stop) {
    const Status ended = service->run(stop);
    EXPECT_TRUE(ended) << ended.error().message;
  });
  return {[parts] { parts->thread.request_stop(); }, [parts] { parts->thread.join(); }};
}

ContractRun run_as_process(std::vector<std::string> argv, const ContractDoor& door) {
  const std::map<std::string, std::string> environment{
      {"NAVETTE_BUS", door.address},
      {"NAVETTE_SYSTEM", door.system},
      {"NAVETTE_HUB_KEY", door.hub_key},
      {"NAVETTE_PUBLIC_KEY", door.own.public_key},
      {"NAVETTE_SECRET_KEY", door.own.secret_key},
      {"NAVETTE_TICKETS", door.folder + "/tickets.json"}};
  auto child = std::make_shared<Child>(std::move(argv), environment);  // as above
  return {[child] { child->end(SIGTERM); }, [child] { EXPECT_EQ(child->wait(), 0); }};
}

ContractWorld in_thread() {
  ContractWorld world;
  world.name = "Thread";
  world.start = run_in_thread;
  return world;
}

ContractWorld as_process(std::string name, std::string transport, bool encrypted) {
  ContractWorld world;
  world.name = std::move(name);
  world.external = true;
  world.encrypted = encrypted;
  world.transport = std::move(transport);
  world.start = [](const ContractDoor& door) {
    return run_as_process({NAVETTE_CONNECTOR_PROCESS}, door);
  };
  return world;
}

// The interpreter that has ZeroMQ; empty when none has.
std::string python() {
  for (const char* candidate : {"/usr/bin/python3", "python3"}) {
    Child probe({candidate, "-c", "try:\n import zmq\nexcept ImportError:\n exit(1)"}, {});
    if (probe.wait() == 0) return candidate;
  }
  return {};
}

ContractWorld in_python(const std::string& interpreter, std::string name, std::string transport,
                        bool encrypted) {
  ContractWorld world = as_process(std::move(name), std::move(transport), encrypted);
  world.start = [interpreter](const ContractDoor& door) {
    const std::string script = NAVETTE_SOURCE_DIR "/examples/connector-python/ticket_file.py";
    return run_as_process({interpreter, script}, door);
  };
  return world;
}

// None where its runtime is absent, which is said aloud.
std::vector<ContractWorld> python_worlds() {
  const std::string interpreter = python();
  if (interpreter.empty()) {
    std::cerr << "The connector in Python is not tested: there is no python3 with ZeroMQ here; "
                 "install python3-zmq.\n";
    return {};
  }
  return {in_python(interpreter, "Ipc", "ipc", false),
          in_python(interpreter, "TcpCurve", "tcp", true)};
}

INSTANTIATE_TEST_SUITE_P(Memory, ConnectorContract,
                         testing::Values(in_thread(), as_process("ProcessIpc", "ipc", false),
                                         as_process("ProcessTcpCurve", "tcp", true)),
                         contract_name);
INSTANTIATE_TEST_SUITE_P(Python, ConnectorContract, testing::ValuesIn(python_worlds()),
                         contract_name);

}  // namespace
}  // namespace navette::test
