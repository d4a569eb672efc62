#include "sync/core.h"

#include <algorithm>
#include <cstdio>

namespace navette {
namespace {

constexpr std::int64_t kRetryFirstMs = 500;
constexpr std::int64_t kRetryMaxMs = 10'000;

}  // namespace

std::string Core::new_correlation() {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx",
                static_cast<unsigned long long>(context_.random.next()));
  return text;
}

Task<Status> Core::commit(Batch batch) {
  Call<Status> call([this, &batch](std::function<void(Status)> done) {
    if (waiting_.empty()) post([this] { flush(); });
    waiting_.push_back({std::move(batch), std::move(done)});
  });
  co_return co_await call;
}

void Core::flush() {
  std::vector<Waiting> taken = std::exchange(waiting_, {});
  std::vector<Batch> batches;
  batches.reserve(taken.size());
  for (Waiting& one : taken) batches.push_back(std::move(one.batch));
  std::vector<Status> answers = context_.store.commit(batches);
  for (const Status& answer : answers) note_store(answer);
  for (std::size_t i = 0; i < taken.size(); ++i) taken[i].done(answers[i]);
}

Status Core::commit_now(const Batch& batch) {
  Status stored = context_.store.commit(batch);
  note_store(stored);
  return stored;
}

// What contradicts the store says nothing about its health.
void Core::note_store(const Status& stored) {
  if (!stored && stored.error().fault == Fault::kRejected) {
    emit(Level::kWarn, "store_refused", "The store did not take a batch.",
         {{"error", stored.error().message}});
  } else if (!stored) {
    if (store_trouble_.empty()) {
      store_trouble_since_ = steady_ms();
      emit(Level::kError, "store_down",
           "The store can't be written; nothing is taken in or sent until it can.",
           {{"error", stored.error().message}});
    }
    store_trouble_ = stored.error().message;
  } else if (!store_trouble_.empty()) {
    store_trouble_.clear();
    emit(Level::kInfo, "store_up", "The store can be written again.",
         {{"down_ms", std::to_string(steady_ms() - store_trouble_since_)}});
    if (store_back_) post(store_back_);
  }
}

void Core::set_secrets(std::vector<std::string> secrets) {
  constexpr std::size_t kBytesMin = 4;  // shorter ones would hide half of every text
  std::vector<std::string> escaped;
  for (const std::string& secret : secrets) {
    const std::string quoted = Json(secret).dump();  // as it looks within JSON
    escaped.push_back(quoted.substr(1, quoted.size() - 2));
  }
  secrets.insert(secrets.end(), escaped.begin(), escaped.end());
  std::erase_if(secrets, [](const std::string& one) { return one.size() < kBytesMin; });
  std::sort(secrets.begin(), secrets.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  secrets.erase(std::unique(secrets.begin(), secrets.end()), secrets.end());
  secrets_ = std::move(secrets);
}

std::string Core::hide(std::string text) const {
  constexpr std::string_view kHidden = "***";
  for (const std::string& secret : secrets_) {
    for (auto at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + kHidden.size())) {
      text.replace(at, secret.size(), kHidden);
    }
  }
  return text;
}

void Core::spawn(Task<> task) {
  if (tasks_.size() >= sweep_at_) {
    std::erase_if(tasks_, [](const Task<>& one) { return one.done(); });
    sweep_at_ = std::max<std::size_t>(64, tasks_.size() * 2);
  }
  tasks_.push_back(std::move(task));
  // The frame does not move with the handle: starting it may spawn more.
  Task<>& mine = tasks_.back();
  mine.start();
}

void Core::post(Loop::Work work) {
  context_.loop.post([alive = std::weak_ptr<bool>(alive_), work = std::move(work)] {
    if (!alive.expired()) work();
  });
}

Loop::TimerId Core::after(std::chrono::milliseconds delay, Loop::Work work) {
  return context_.loop.after(delay, [alive = std::weak_ptr<bool>(alive_), work = std::move(work)] {
    if (!alive.expired()) work();
  });
}

void Core::note_sent(std::int64_t link) {
  const std::int64_t now = steady_ms();
  if (sent_.size() > 10'000) {
    std::erase_if(sent_, [&](const auto& one) { return now - one.second > 2 * kInFlightMs; });
  }
  sent_[link] = now;
}

std::int64_t Core::sent_ago_ms(const std::string& flow, std::int64_t link) const {
  const auto sent = sent_.find(link);
  if (sent != sent_.end()) return steady_ms() - sent->second;
  const auto begun = begun_.find(flow);
  return begun == begun_.end() ? 0 : steady_ms() - begun->second;
}

void Core::begin_create(const std::string& flow, Side target, const std::string& source_key) {
  creates_[flow + "/" + to_text(target)][source_key] = now_ms();
}

void Core::end_create(const std::string& flow, Side target, const std::string& source_key) {
  creates_[flow + "/" + to_text(target)].erase(source_key);
}

std::string Core::creating(const std::string& flow, Side target, std::int64_t seen_at) const {
  const auto found = creates_.find(flow + "/" + to_text(target));
  if (found == creates_.end()) return {};
  for (const auto& [source, begun] : found->second) {
    // Begun in the future: the clock was set back since, and which came first is not known.
    if (begun <= seen_at || begun > now_ms()) return source;
  }
  return {};
}

std::uint64_t Core::begin_call(const std::string& system) {
  calls_[system].begun[next_call_] = steady_ms();
  return next_call_++;
}

void Core::end_call(const std::string& system, std::uint64_t call) {
  Calls& calls = calls_[system];
  calls.begun.erase(call);
  calls.answered_at = steady_ms();
}

bool Core::silent(const std::string& system) const {
  const auto found = calls_.find(system);
  if (found == calls_.end() || found->second.begun.empty()) return false;
  const std::int64_t since =
      std::max(found->second.begun.begin()->second, found->second.answered_at);
  return steady_ms() - since > kSilentMs;
}

std::string Core::trouble_of(const std::string& system) {
  if (const std::string flow = WriteLimits::flow_in(system); !flow.empty())
    return limits_.held(flow);
  if (context_.peers.description(system) == nullptr) {
    const std::string why = context_.peers.trouble(system);
    return why.empty() ? "not connected yet" : why;
  }
  if (silent(system)) return "it takes requests and does not answer";
  const auto found = health_.find(system);
  if (found == health_.end() || found->second.trouble.empty()) return {};
  return found->second.retry_at > steady_ms() ? found->second.trouble : std::string();
}

std::string Core::waits_for(const std::string& system) {
  std::string trouble = trouble_of(system);
  if (!trouble.empty()) return trouble;
  const auto found = health_.find(system);
  return found == health_.end() ? std::string() : found->second.trouble;
}

bool Core::trying(const std::string& system) const {
  const auto found = health_.find(system);
  return found != health_.end() && !found->second.trouble.empty() &&
         found->second.retry_at <= steady_ms();
}

bool Core::calling(const std::string& system) const {
  const auto found = calls_.find(system);
  return found != calls_.end() && !found->second.begun.empty();
}

void Core::note_failure(const std::string& system, const std::string& message,
                        std::chrono::milliseconds retry_after) {
  Health& health = health_[system];
  if (health.trouble.empty()) {
    health.since = now_ms();
    emit(Level::kWarn, "system_down", "A system does not answer; what is for it waits.",
         {{"system", system}, {"error", message}});
  }
  // The first words for it stay while it lasts, so that all that waits for it waits for one reason.
  if (health.trouble.empty()) health.trouble = message;
  const int step = std::min(health.failures++, 6);
  std::int64_t delay = std::min(kRetryMaxMs, kRetryFirstMs << step);
  delay = std::max(delay - static_cast<std::int64_t>(
                               context_.random.below(static_cast<std::uint64_t>(delay / 4 + 1))),
                   static_cast<std::int64_t>(retry_after.count()));
  health.retry_at = steady_ms() + delay;
  after(std::chrono::milliseconds(delay), [this, system] {
    if (recovered_) recovered_(system);
  });
}

void Core::note_success(const std::string& system) {
  Health& health = health_[system];
  if (health.trouble.empty()) return;
  emit(Level::kInfo, "system_up", "A system answers again.",
       {{"system", system}, {"down_ms", std::to_string(now_ms() - health.since)}});
  health = Health{};
  if (recovered_) recovered_(system);
}

Task<Result<Record>> Core::fetch(const FlowPtr& flow, Side side, std::string id) {
  const Endpoint end = flow->config.side(side);
  Call<Result<Record>> call([&](Done<Record> done) {
    context_.peers.fetch(end.system, end.entity, id, end.where, std::move(done));
  });
  const std::uint64_t number = begin_call(end.system);
  Result<Record> record = co_await call;
  end_call(end.system, number);
  hide_in(record);
  if (record) {
    note_success(end.system);
  } else if (record.error().fault != Fault::kRejected) {
    note_failure(end.system, record.error().message, record.error().retry_after);
  }
  co_return record;
}

Task<Result<std::vector<std::string>>> Core::find(const FlowPtr& flow, Side side, std::string path,
                                                  std::string value) {
  const Endpoint end = flow->config.side(side);
  Call<Result<std::vector<std::string>>> call([&](Done<std::vector<std::string>> done) {
    context_.peers.find(end.system, end.entity, end.where, path, value, std::move(done));
  });
  const std::uint64_t number = begin_call(end.system);
  Result<std::vector<std::string>> ids = co_await call;
  end_call(end.system, number);
  hide_in(ids);
  if (!ids && ids.error().fault != Fault::kRejected)
    note_failure(end.system, ids.error().message, ids.error().retry_after);
  co_return ids;
}

Task<Outcome> Core::execute(std::string system, Command command, std::string content) {
  Call<Outcome> call([&](std::function<void(Outcome)> done) {
    context_.peers.execute(system, std::move(command), std::move(content), std::move(done));
  });
  const std::uint64_t number = begin_call(system);
  Outcome outcome = co_await call;
  end_call(system, number);
  outcome.message = hide(std::move(outcome.message));
  for (Refusal& refusal : outcome.refused) refusal.reason = hide(std::move(refusal.reason));
  switch (outcome.verdict) {
    case Verdict::kRetryable:
    case Verdict::kThrottled:
    case Verdict::kAuth:
    case Verdict::kAmbiguous:
      note_failure(system, outcome.message, outcome.retry_after);
      break;
    case Verdict::kOk:
      note_success(system);
      break;
    default:
      break;
  }
  co_return outcome;
}

Task<Result<std::string>> Core::download(std::string system, std::string ticket, std::string file,
                                         std::int64_t bytes_max) {
  Call<Result<std::string>> call([&](Done<std::string> done) {
    context_.peers.download(system, ticket, file, bytes_max, std::move(done));
  });
  const std::uint64_t number = begin_call(system);
  Result<std::string> content = co_await call;
  end_call(system, number);
  hide_in(content);
  if (!content && content.error().fault != Fault::kRejected)
    note_failure(system, content.error().message, content.error().retry_after);
  co_return content;
}

Task<Result<Page>> Core::poll(std::string system, PollRequest request) {
  Call<Result<Page>> call(
      [&](Done<Page> done) { context_.peers.poll(system, std::move(request), std::move(done)); });
  const std::uint64_t number = begin_call(system);
  Result<Page> page = co_await call;
  end_call(system, number);
  hide_in(page);
  if (page) {
    note_success(system);
  } else if (page.error().fault != Fault::kRejected) {
    note_failure(system, page.error().message, page.error().retry_after);
  }
  co_return page;
}

Task<Result<Json>> Core::preview(std::string system, Command command) {
  Call<Result<Json>> call([&](Done<Json> done) {
    context_.peers.preview(system, std::move(command), std::move(done));
  });
  co_return co_await call;
}

void Core::emit(Level level, std::string_view name, std::string_view sentence, Fields fields) {
  context_.events.emit(Event{level, name, sentence, std::move(fields)});
}

}  // namespace navette
