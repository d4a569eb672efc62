#include "tools/live.h"

#include <utility>

namespace navette::tools {

LiveSystems::LiveSystems(EventSink& events)
    : events_(events), reactor_(clock_), hub_(reactor_, context_, {}) {}

LiveSystems::~LiveSystems() {
  if (connectors_) connectors_->request_stop();
  hub_.close();
}

Status LiveSystems::open(std::map<std::string, SystemConfig> systems) {
  std::map<std::string, bus::SystemAccess> access;
  for (auto& [name, system] : systems) {
    system.external = false;
    access[name] = {};
  }
  peers_ = std::make_unique<BusPeers>(reactor_, hub_);
  NAVETTE_TRY(hub_.open());
  hub_.allow(std::move(access));
  connectors_ = std::make_unique<ConnectorThreads>(context_, clock_, events_);
  return connectors_->run(systems);
}

bool LiveSystems::run(std::chrono::milliseconds how_long) {
  done_ = false;
  const auto timer = reactor_.after(how_long, [this] { reactor_.stop(); });
  reactor_.run();
  reactor_.cancel(timer);
  return done_;
}

void LiveSystems::done() {
  done_ = true;
  reactor_.stop();
}

}  // namespace navette::tools
