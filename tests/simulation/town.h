// The simulated town: two clients' helpdesks, one tracker that both share, a store, and the hub.
// People, faults and crashes are steps (see history.h); the model judges what comes of them.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/town_hub.h"

namespace navette::test {

// What a history is made with, by name: "tracker.lost" = 7. What is not named is 0.
using Knobs = std::map<std::string, int>;

class Town {
 public:
  Town(std::uint64_t seed, const Knobs& knobs, bool tells);
  ~Town();
  Town(const Town&) = delete;
  Town& operator=(const Town&) = delete;

  // Lets so much time go by. A hub that dies meanwhile is started again a little later.
  void run(milliseconds span);
  void start_hub();
  void kill_hub();
  // Another hub takes the flows over. The old one does not know, and goes on for a while.
  void take_over();
  void heal();
  // Heals everything, lets it come to rest and judges the promises; with the knob "dead_last" one
  // helpdesk stays dead for a while, and the other client must not feel it.
  void finish();

  int knob(const std::string& name) const;
  TownSystem& system(const std::string& name) { return *systems_.at(name); }
  const std::map<std::string, TownSystem*>& systems() const { return systems_; }
  void tell(const std::string& line);
  const std::vector<std::string>& story() const { return story_; }
  bool failed() const { return !model.wrong().empty(); }
  Hub* hub() { return hub_.get(); }
  int writes() const;

  SimLoop loop;
  Model model;
  std::vector<FlowConfig> flows;
  std::unique_ptr<Store> store;

 private:
  void set_up(TownSystem& one);
  void bury(std::unique_ptr<Hub> hub);
  bool settle(const std::vector<std::string>& names, milliseconds span);
  bool reached(const std::vector<std::string>& names);
  std::int64_t pending(const std::vector<std::string>& names);
  void judge_all(const std::vector<std::string>& names);
  void judge_counts(const std::vector<std::string>& names);
  void judge_ticket(const FlowConfig& flow, Side side, const std::string& id);
  void judge_link(const FlowConfig& flow, const LinkRow& link);
  void judge_parked(const FlowConfig& flow, const LinkRow& link, const std::string& name);
  void judge_said(const FlowConfig& flow, const LinkRow& link);
  bool may_be_parked(const FlowConfig& flow, const LinkRow& link, const std::string& field);

  Knobs knobs_;
  std::uint64_t seed_;
  bool tells_;
  std::vector<std::string> story_;
  std::vector<std::unique_ptr<TownSystem>> owned_;
  std::map<std::string, TownSystem*> systems_;
  std::unique_ptr<Hub> hub_;
  std::vector<std::unique_ptr<Hub>> zombies_;    // lost the lease, and run still
  std::vector<std::unique_ptr<Hub>> graveyard_;  // requests of theirs may be under way
  std::uint64_t hubs_ = 0;
  milliseconds answers_at_{0};  // until then a system that was silent keeps requests waiting
};

}  // namespace navette::test
