// The contract of every connector, asked of the real peers through the bus.

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "connectors/declarative/catalog.h"
#include "connectors/host/service.h"
#include "tests/connectors/contract_suite.h"
#include "tests/connectors/declarative/systems_main.h"

namespace navette::test {
namespace {

using Settings = std::map<std::string, std::string>;

ContractRun run_connector(const ContractDoor& door, const std::string& connector,
                          const Settings& settings) {
  struct Parts {
    Parts(const ContractDoor& door, const std::string& connector, const Settings& settings)
        : service(
              door.context, clock, options(door, connector),
              [connector, settings](Host& host) {
                auto made = make_connector(connector, settings, host);
                EXPECT_TRUE(made) << made.error().message;
                return *std::move(made);
              },
              [settings] { return std::make_unique<PocoHttp>(*origin_of(settings)); }) {}
    static ServiceOptions options(const ContractDoor& door, const std::string& connector) {
      ServiceOptions made;
      made.address = door.address;
      made.system = door.system;
      made.connector = connector;
      made.version = "1";
      return made;
    }
    SystemClock clock;
    ConnectorService service;
    std::jthread thread;
  };
  auto parts = std::make_shared<Parts>(door, connector, settings);  // shared by both functions
  parts->thread = std::jthread([service = &parts->service](const std::stop_token& stop) {
    const Status ended = service->run(stop);
    EXPECT_TRUE(ended) << ended.error().message;
  });
  return {[parts] { parts->thread.request_stop(); }, [parts] { parts->thread.join(); }};
}

ContractWorld request_tracker_world() {
  ContractWorld world;
  world.name = "RequestTracker";
  world.where.set("Queue", "Helpdesk");
  world.title = "Subject";
  world.clearable = "Due";
  world.clearable_value = "2026-12-24T10:00:00Z";
  world.mark = "CustomFields.External ref";
  world.empty_files = false;
  world.shared = true;
  world.start = [](const ContractDoor& door) {
    return run_connector(
        door, "request-tracker",
        {{"url", request_tracker()["RT_URL"]}, {"token", request_tracker()["RT_TOKEN"]}});
  };
  return world;
}

ContractWorld redmine_world() {
  ContractWorld world;
  world.name = "Redmine";
  world.where.set("project", "support-acme");
  world.title = "subject";
  world.clearable = "due_date";
  world.mark = "custom_fields[name='External ref'].value";
  world.odd_name = "résumé (1) 😀.txt";  // Redmine replaces quotes
  world.shared = true;
  world.start = [](const ContractDoor& door) {
    return run_connector(
        door, "redmine",
        {{"url", redmine()["REDMINE_URL"]}, {"api_key", redmine()["REDMINE_ALICE_KEY"]}});
  };
  return world;
}

ContractWorld tryton_world() {
  ContractWorld world;
  world.name = "Tryton";
  world.where.set("project", "Maintenance 2025");
  world.title = "name";
  world.clearable = "description";
  world.clearable_value = Json(Json::Object{{"markup", "text"}, {"text", "every 5 min\n\nor so"}});
  world.mark = "external_ref";
  world.shared = true;
  world.start = [](const ContractDoor& door) {
    return run_connector(door, "tryton",
                         {{"url", tryton()["TRYTON_URL"]},
                          {"user", tryton()["TRYTON_LOGIN"]},
                          {"password", tryton()["TRYTON_PASSWORD"]},
                          {"internal_comments", "write"}});
  };
  return world;
}

INSTANTIATE_TEST_SUITE_P(Real, ConnectorContract,
                         testing::Values(request_tracker_world(), redmine_world(), tryton_world()),
                         contract_name);

}  // namespace
}  // namespace navette::test
