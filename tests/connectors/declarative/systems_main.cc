#include "tests/connectors/declarative/systems_main.h"

#include <gtest/gtest.h>

namespace navette::test {

namespace {

std::unique_ptr<RealSystem> rt_peer;
std::unique_ptr<RealSystem> redmine_peer;
std::unique_ptr<RealSystem> tryton_peer;

class Peers final : public testing::Environment {
 public:
  void TearDown() override {
    rt_peer.reset();
    redmine_peer.reset();
    tryton_peer.reset();
  }
};

const testing::Environment* const kPeers = testing::AddGlobalTestEnvironment(new Peers);

}  // namespace

RealSystem& request_tracker() {
  if (!rt_peer) rt_peer = std::make_unique<RealSystem>("rt");
  return *rt_peer;
}

RealSystem& redmine() {
  if (!redmine_peer) redmine_peer = std::make_unique<RealSystem>("redmine");
  return *redmine_peer;
}

RealSystem& tryton() {
  if (!tryton_peer) tryton_peer = std::make_unique<RealSystem>("tryton");
  return *tryton_peer;
}

}  // namespace navette::test
