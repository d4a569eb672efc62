#include "tests/simulation/town_hub.h"

#include <algorithm>
#include <cstdio>

namespace navette::test {
namespace {

std::vector<Status> all_fail(std::size_t count, Fault fault, const char* why) {
  return {count, Status(Error{fault, why})};
}

}  // namespace

std::vector<Status> HubStore::commit(std::span<const Batch> batches) {
  if (fate_->dead || fate_->cross()) return all_fail(batches.size(), Fault::kRetryLater, "dead");
  if (fate_->lease_lost)
    return all_fail(batches.size(), Fault::kCancelled, "another hub has the flows");
  if (fate_->store_trouble_until > loop_.steady()) {
    for (const Batch& batch : batches) note_commands(batch, false);
    return all_fail(batches.size(), Fault::kRetryLater, "disk full");
  }
  std::vector<Status> answers = pass_on(batches);
  for (std::size_t i = 0; i < batches.size(); ++i)
    note_commands(batches[i], static_cast<bool>(answers[i]));
  fate_->cross();
  return answers;
}

void HubStore::note_commands(const Batch& batch, bool stored) {
  for (const Operation& one : batch) {
    const auto* put = std::get_if<PutCommand>(&one);
    if (put == nullptr) continue;
    const bool intended = put->command.phase == "intended";
    if (stored && intended) fate_->intended.insert(put->command.key);
    if (!stored && !intended && fate_->unsaved) fate_->unsaved(put->command.link);
  }
}

// Some batches of a group may be refused while the others are taken.
std::vector<Status> HubStore::pass_on(std::span<const Batch> batches) {
  std::vector<Status> answers(batches.size(), Status(Error{Fault::kRetryLater, "locked"}));
  std::vector<Batch> taken;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const bool refused =
        loop_.random().below(100) < static_cast<std::uint64_t>(fate_->flaky_percent);
    if (refused) continue;
    taken.push_back(batches[i]);
    places.push_back(i);
  }
  if (taken.empty()) return answers;
  const std::vector<Status> some = store_.commit(std::span<const Batch>(taken));
  for (std::size_t i = 0; i < places.size(); ++i) answers[places[i]] = some[i];
  return answers;
}

milliseconds HubPeers::delay_of(const TownSystem& system) {
  const milliseconds usual(
      1 + loop_.random().below(static_cast<std::uint64_t>(system.faults.delay_ms_max)));
  return std::max(usual, system.silent_until - loop_.steady());
}

template <class T, class Work>
void HubPeers::answer(TownSystem& system, Done<T> done, Work work) {
  if (fate_->dead || fate_->cross()) return;
  const bool fails = chance(system.faults.refused);
  loop_.after(delay_of(system), [&system, fails, fate = fate_, done = std::move(done), work] {
    if (fate->dead) return;
    if (fails || system.down) {
      done(Error{Fault::kRetryLater, "connection refused"});
    } else {
      done(work());
    }
  });
}

void HubPeers::poll(const std::string& name, PollRequest request, Done<Page> done) {
  TownSystem& system = *systems_.at(name);
  answer<Page>(system, std::move(done),
               [&system, request]() -> Result<Page> { return system.poll(request); });
}

void HubPeers::fetch(const std::string& name, std::string, std::string id, Json where,
                     Done<Record> done) {
  TownSystem& system = *systems_.at(name);
  answer<Record>(system, std::move(done), [this, &system, id, where]() -> Result<Record> {
    auto [record, edits] = system.fetch(id, where);
    model_.was_shown(edits, loop_.steady().count());
    return record;
  });
}

void HubPeers::find(const std::string& name, std::string, Json, std::string path, std::string value,
                    Done<std::vector<std::string>> done) {
  TownSystem& system = *systems_.at(name);
  answer<std::vector<std::string>>(system, std::move(done),
                                   [&system, path, value]() -> Result<std::vector<std::string>> {
                                     return system.find(path, value);
                                   });
}

void HubPeers::download(const std::string& name, std::string ticket, std::string attachment,
                        std::int64_t, Done<std::string> done) {
  TownSystem& system = *systems_.at(name);
  answer<std::string>(system, std::move(done),
                      [&system, ticket, attachment]() -> Result<std::string> {
                        const auto& contents = system.tickets()[ticket].contents;
                        const auto found = contents.find(attachment);
                        if (found == contents.end() || system.tickets()[ticket].now.deleted)
                          return Error{Fault::kRejected, "download: gone"};
                        return found->second;
                      });
}

void HubPeers::preview(const std::string&, Command, Done<Json> done) {
  loop_.post([done] { done(Json::array()); });
}

// What a hub may send: what it has written down, once, and while the flows are its own.
void HubPeers::judge_send(const std::string& system, const Command& command) {
  ++fate_->writes;
  if (fate_->intended.erase(command.key) == 0)
    model_.fail("lost: a command was sent to " + system + " that was not written down before");
  if (fate_->lease_lost)
    model_.fail("doubled: a hub that lost its lease sent a command to " + system);
}

HubPeers::Fate HubPeers::fate_of(const TownSystem& system) {
  const TownFaults& faults = system.faults;
  if (system.down || chance(faults.refused)) return Fate::kRefused;
  if (chance(faults.throttled)) return Fate::kThrottled;
  if (chance(faults.conflict)) return Fate::kConflict;
  if (chance(faults.unsent)) return Fate::kUnsent;
  if (chance(faults.lost)) return Fate::kLost;
  if (chance(faults.late)) return Fate::kLate;
  if (chance(faults.half)) return Fate::kHalf;
  return Fate::kWell;
}

Outcome HubPeers::outcome_of(TownSystem& system, const Command& command, const std::string& content,
                             Fate fate) {
  Outcome outcome;
  switch (fate) {
    case Fate::kRefused:
      outcome.verdict = Verdict::kRetryable;
      outcome.message = "connection refused";
      return outcome;
    case Fate::kThrottled:
      outcome.verdict = Verdict::kThrottled;
      outcome.message = "too many requests";
      outcome.retry_after = milliseconds(1000 + loop_.random().below(4000));
      return outcome;
    case Fate::kConflict:
      outcome.verdict = Verdict::kConflict;
      outcome.message = "somebody else wrote meanwhile";
      return outcome;
    case Fate::kWell:
    case Fate::kHalf:
    case Fate::kLost:
      outcome = system.execute(command, content, fate == Fate::kHalf);
      break;
    case Fate::kUnsent:
    case Fate::kLate:
      break;
  }
  if (fate != Fate::kWell && fate != Fate::kHalf) {
    outcome = Outcome{};
    outcome.verdict = Verdict::kAmbiguous;
    outcome.message = "no answer";
  }
  return outcome;
}

void HubPeers::execute(const std::string& name, Command command, std::string content,
                       std::function<void(Outcome)> done) {
  TownSystem& system = *systems_.at(name);
  if (fate_->dead || fate_->cross()) return;
  judge_send(name, command);
  const milliseconds delay = delay_of(system);
  const Fate fate = fate_of(system);
  const bool bare = chance(system.faults.bare);
  const std::int64_t sent_at = loop_.steady().count();
  loop_.after(delay, [this, &system, &model = model_, &loop = loop_, hub = fate_, command, content,
                      done, fate, bare, delay, sent_at] {
    if (hub->gone_at.count() >= 0 && loop.steady() > hub->gone_at + TownSystem::kLateMax) return;
    model.sent_at(sent_at);
    Outcome outcome = outcome_of(system, command, content, fate);
    if ((outcome.verdict == Verdict::kAmbiguous || bare) && !command.id.empty())
      model.unanswered(system.key(command.id));
    if (fate == Fate::kLate) {
      const auto rest = static_cast<std::uint64_t>(TownSystem::kLateMax.count());
      loop.after(delay + milliseconds(loop.random().below(rest)),
                 [&system, &model, command, content, sent_at] {
                   model.sent_at(sent_at);
                   static_cast<void>(system.execute(command, content, false));
                 });
    }
    // Read back by the connector, which reads what it wrote.
    const bool sets = command.kind == CommandKind::kCreate || command.kind == CommandKind::kUpdate;
    Edits edits;
    if (sets && outcome.verdict == Verdict::kOk && !bare) {
      outcome.after = system.tickets()[outcome.id].now;
      edits = system.tickets()[outcome.id].edits;
    }
    loop.after(delay, [hub, &model, &loop, &system, id = command.id, done, outcome, edits] {
      if (hub->dead || hub->cross()) {
        if (!id.empty()) model.unanswered(system.key(id));
        return;
      }
      model.was_shown(edits, loop.steady().count());
      done(outcome);
    });
  });
  fate_->cross();
}

void HubEvents::emit(const Event& event) noexcept {
  if (!fate_->tell || fate_->dead) return;
  std::string line(event.name);
  for (const auto& [key, value] : event.fields) line += " " + std::string(key) + "=" + value;
  fate_->tell(line);
}

Hub::Hub(SimLoop& loop, Model& model, Store& store,
         const std::map<std::string, TownSystem*>& systems, std::uint64_t seed)
    : fate(std::make_shared<HubFate>(loop)),
      hub_loop(loop, fate),
      random(seed),
      hub_store(store, loop, fate),
      peers(loop, model, systems, fate),
      events(fate) {
  for (const auto& [name, system] : systems) names_.push_back(name);
}

void Hub::start(const std::vector<FlowConfig>& flows) {
  engine = std::make_unique<Engine>(EngineContext{hub_loop, random, hub_store, peers, events});
  std::map<std::string, SystemConfig> configs;
  for (const std::string& name : names_) {
    configs[name].name = name;
    configs[name].poll = milliseconds(500);
  }
  const Status configured = engine->configure(configs, flows);
  if (!configured) std::fprintf(stderr, "%s\n", configured.error().message.c_str());
  engine->start();
}

}  // namespace navette::test
