#include "tools/reads.h"

#include <algorithm>
#include <utility>

namespace navette::tools {

Task<Result<Record>> Reads::fetch(FlowPtr flow, Side side, std::string id) {
  for (int i = 1;; ++i) {
    ++calls_;
    Result<Record> record = co_await core_.fetch(flow, side, id);
    if (record || record.error().fault != Fault::kRetryLater || i == kTries) co_return record;
    co_await pause(std::max(record.error().retry_after, kPauseFirst * i));
  }
}

Task<Result<Page>> Reads::list(std::string system, PollRequest request) {
  for (int i = 1;; ++i) {
    ++calls_;
    Result<Page> page = co_await core_.poll(system, request);
    if (page || page.error().fault != Fault::kRetryLater || i == kTries) co_return page;
    co_await pause(std::max(page.error().retry_after, kPauseFirst * i));
  }
}

Task<> Reads::pause(std::chrono::milliseconds span) {
  Call<bool> call(
      [this, span](std::function<void(bool)> done) { core_.after(span, [done] { done(true); }); });
  static_cast<void>(co_await call);
}

Task<> Reads::worker(Next& next, int& running, std::function<void(bool)> done) {
  while (std::optional<Task<>> task = next()) co_await std::move(*task);
  if (--running == 0) core_.post([done] { done(true); });
}

Task<> Reads::side_by_side(Next next) {
  int running = kAtOnce;
  Call<bool> all([&](const std::function<void(bool)>& done) {
    for (int i = 0; i < kAtOnce; ++i) core_.spawn(worker(next, running, done));
  });
  static_cast<void>(co_await all);
}

}  // namespace navette::tools
